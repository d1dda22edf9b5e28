# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks from files: a trainer's checkpoint or an exported safetensors."""
import functools
import re
import struct

import torch

import checkpoint
import context
import means
from nets import ConditionalNAFNet
import overview
import tensorfile
import wiener


def _stack_sizes(names, part):
    """How many blocks each level of "encoders" or "decoders" has, read off the arrays' names; a level
    may have none."""
    found = [re.match(part + r"\.(\d+)\.(\d+)\.", n) for n in names]
    blocks = {(int(m[1]), int(m[2])) for m in found if m}
    n_levels = len({n for n in names if re.fullmatch(r"downs\.\d+\.weight", n)})
    return [sum(level == i for level, _ in blocks) for i in range(n_levels)]


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


def read_exported(path, keys=("mend.attention", "mend.mean", "mend.tasks")):
    """(arrays, metadata, {"encoder": arrays, "overview", "wiener"}) of a model file; the last are those
    of the networks that go along, under their own names, empty where there is none. keys: of the metadata
    that there must be. SystemExit where the file is none of ours, or damaged."""
    try:
        arrays, meta = tensorfile.read(path)
        arrays = {k: torch.from_numpy(v).float() for k, v in arrays.items()}
        for key in keys:
            meta[key].strip()
        config_of(arrays, "pixel")
    except OSError as e:
        raise SystemExit("%s cannot be read: %s" % (path, e.strerror or e)) from e
    except (KeyError, TypeError, ValueError, AttributeError, struct.error) as e:
        raise SystemExit("%s is damaged, or no model file of this trainer" % path) from e
    inner = {}
    for part in ("encoder", "overview", "wiener"):
        names = [k for k in arrays if k.startswith(part + ".")]
        inner[part] = {k[len(part) + 1:]: arrays.pop(k) for k in names}
    return arrays, meta, inner


def load(path, plain=False):
    """(network in evaluation mode, names of its tasks, the mean's name, steps trained). plain: of a
    checkpoint the weights as they are, not their moving average. A network that takes a context
    vector carries the encoder that makes it, net.encoder; one whose mean is learned carries
    net.overview or net.wiener. SystemExit says what is wrong with a file."""
    if path.endswith(".safetensors"):
        state, meta, inner = read_exported(path)
        tasks, mean, step = meta["mend.tasks"].split(","), meta["mend.mean"], 0
        saved = {"net": state, "config": config_of(state, meta["mend.attention"])}
        net = checkpoint.network(path, saved, "net")
    else:
        inner = saved = checkpoint.load(path)
        net = checkpoint.network(path, saved, "net" if plain else "ema")
        tasks, mean, step = saved["tasks"], saved["mean"], saved["step"]
    if net.context:
        net.encoder = context.from_arrays(inner["encoder"])
    if inner.get("overview"):
        net.overview = overview_from(inner["overview"])
    if inner.get("wiener"):
        net.wiener = wiener_from(path, inner["wiener"])
    return net.eval().requires_grad_(False), tasks, mean, step


def starting_point(path):
    """What checkpoint.adopt() takes, of a trainer's checkpoint or of a model file."""
    if not path.endswith(".safetensors"):
        return checkpoint.load(path)
    arrays, meta, _ = read_exported(path)
    return {"ema": arrays, "tasks": meta["mend.tasks"].split(","),
            "config": config_of(arrays, meta["mend.attention"])}


def overview_from(arrays):
    net = ConditionalNAFNet(**config_of(arrays, "global"))
    net.load_state_dict(arrays)
    return net.eval().requires_grad_(False)


def load_overview(path, tasks):
    """The overview of a checkpoint of train_overview.py, or of a restoration network that has one;
    its rows of the task table are brought into the order of tasks, all of which it must know."""
    if path.endswith(".safetensors"):
        _, meta, inner = read_exported(path)
        known, arrays = meta["mend.tasks"].split(","), inner["overview"]
    else:
        saved = checkpoint.load(path)
        known, arrays = saved["tasks"], saved.get("overview")
        if saved["config"].get("attention") == "global":
            arrays = saved["ema"]
    if not arrays:
        raise SystemExit("%s holds no overview: give a checkpoint of train_overview.py" % path)
    for task in tasks:
        if task not in known:
            raise SystemExit("the overview of %s was not trained for '%s': it knows %s"
                             % (path, task, ", ".join(known)))
    if "task_embedding" in arrays:
        rows = [known.index(task) for task in tasks] + [len(known)]
        arrays = dict(arrays, task_embedding=arrays["task_embedding"][rows])
    return overview_from(arrays)


def wiener_from(path, arrays):
    choice = wiener.Choice()
    try:
        choice.load_state_dict(arrays)
    except (TypeError, RuntimeError) as e:
        raise SystemExit("%s holds no choice of filters that this version knows" % path) from e
    return choice.eval().requires_grad_(False)


def load_wiener(path, tasks):
    """The choice of filters of a checkpoint of train_wiener.py, or of a network that has one."""
    if tasks != ["motion-blur"]:
        raise SystemExit("filters are chosen for motion-blur alone, not for %s" % ",".join(tasks))
    if path.endswith(".safetensors"):
        arrays = read_exported(path)[2]["wiener"]
    else:
        arrays = checkpoint.unpacked(path).get("wiener")
    if not arrays:
        raise SystemExit("%s holds no choice of filters: give a checkpoint of train_wiener.py" % path)
    return wiener_from(path, arrays)


def learned_of(net):
    """What makes the mean of a network of load(), where that is learned, or None."""
    return getattr(net, "wiener", None) or getattr(net, "overview", None)


def estimator(learned, tasks, mean):
    """(task, picture) -> the mean that a network with tasks and mean, as of load(), reverts to; None
    where it is the picture itself. learned: learned_of() it."""
    if mean == "identity":
        return None
    if mean == means.names_of(tasks):
        return means.mean_of
    if learned and mean == wiener.MEAN:
        return wiener.Estimator(learned)
    if learned and mean == means.names_of(tasks, "overview:"):
        return functools.partial(overview.estimate, learned, tasks)
    raise SystemExit("the mean '%s' is not one that this trainer has for %s" % (mean, ",".join(tasks)))
