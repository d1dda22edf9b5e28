# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks from files: a trainer's checkpoint or an exported safetensors."""
import re

import torch

import context
from nets import ConditionalNAFNet
import tensorfile


def _stack_sizes(names, part):
    """How many blocks each level of "encoders" or "decoders" has, read off the arrays' names."""
    found = [re.match(part + r"\.(\d+)\.(\d+)\.", n) for n in names]
    blocks = sorted({(int(m[1]), int(m[2])) for m in found if m})
    return [sum(level == i for level, _ in blocks) for i in range(1 + max(b[0] for b in blocks))]


def config_of(arrays, attention):
    """The network's constructor arguments, from the arrays' names and shapes."""
    width, planes = arrays["intro.weight"].shape[:2]
    table = arrays.get("task_embedding")
    middle = {m[1] for m in (re.match(r"middle_blks\.(\d+)\.", n) for n in arrays) if m}
    seen = arrays.get("context.weight")
    return dict(width=width, enc=_stack_sizes(arrays, "encoders"), middle=len(middle),
                dec=_stack_sizes(arrays, "decoders"), inputs=planes // 3,
                n_tasks=0 if table is None else len(table) - 1, attention=attention,
                context=0 if seen is None else seen.shape[1])


def load(path, plain=False):
    """(network in evaluation mode, names of its tasks, the mean's name, steps trained). plain: of a
    checkpoint the weights as they are, not their moving average. A network that takes a context
    vector carries the encoder that makes it: net.encoder."""
    if path.endswith(".safetensors"):
        arrays, meta = tensorfile.read(path)
        config, tasks = config_of(arrays, meta["mend.attention"]), meta["mend.tasks"].split(",")
        mean, step = meta["mend.mean"], 0
        state = {k: torch.from_numpy(v).float() for k, v in arrays.items()}
        encoder = {k[8:]: v for k, v in state.items() if k.startswith("encoder.")}
        state = {k: v for k, v in state.items() if not k.startswith("encoder.")}
    else:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        config, tasks, state = saved["config"], saved["tasks"], saved["net" if plain else "ema"]
        mean, step = saved.get("mean", "identity"), saved["step"]
        encoder = saved.get("encoder")
    net = ConditionalNAFNet(**config)
    net.load_state_dict(state)
    if net.context:
        net.encoder = context.from_arrays(encoder)
    return net.eval().requires_grad_(False), tasks, mean, step
