#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a model file for Mend: one safetensors whose metadata says all that the program must know.

    export.py runs/a/last.pt -o mend-noise.safetensors --id first-light --label "First light"
              --offered noise,jpeg --quality "noise=PSNR 38.9 dB (input 36.9)" --training "..."
    export.py --tiny -o tiny.safetensors --io tiny-io.safetensors     (random weights, for tests)

compute/model.h lists the metadata keys. --io writes what the network answers to a random input, so
that the C twin can be compared: arrays x, mean, degraded [3][H][W], t [1], context [64] where the
network takes one, and out.<task> for each task and out.any; where it has an overview, also a picture
[3][H][W] and its mean.<task>.
"""
import argparse
import hashlib
import os
import re

import numpy as np
import torch

import context
import means
import models
from nets import ConditionalNAFNet
import overview
import tensorfile
import wiener

LICENCE = "CC-BY-SA-4.0"
LICENCE_OF_TEXTURES = "CC0-1.0"
PRESET = r"[a-z0-9-]+:[0-9]+(:[a-z-]+(:mirror)?)?"
PRESETS = PRESET + "(,%s){2}" % PRESET


def arguments(words=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("checkpoint", nargs="?", help="RUN/last.pt")
    p.add_argument("--plain", action="store_true",
                   help="the weights as they are, not their moving average")
    p.add_argument("-o", "--output", required=True)
    p.add_argument("--id", help="short name by which the model is chosen (default: the file's)")
    p.add_argument("--label", help="name in menus (default: the id)")
    p.add_argument("--offered", help="tasks good enough to offer (default: all it was trained for)")
    p.add_argument("--quality", action="append", default=[], metavar="TASK=TEXT",
                   help="one measured line for a task")
    p.add_argument("--training", help="how it was trained, one line")
    p.add_argument("--licence", default=LICENCE)
    p.add_argument("--source", default="trained by the Mend project; see weights/README.md")
    p.add_argument("--steps", default="1,2,5", help="evaluations for Fast, Good, Best")
    p.add_argument("--preset", action="append", default=[], metavar="TASK=F,G,B",
                   help="Fast, Good, Best of a task, each SAMPLER:STEPS[:GRID[:mirror]], such as "
                        "noise=mr-ode-2:1,mr-ode-2:2:linspace:mirror,mr-sde-1:5")
    p.add_argument("--dct", action="append", default=[], metavar="TASK=TIMES",
                   help="denoise what the network leaves by cosine transforms (compute/dct.h), sigma being so\n"
                        "many times what it took, such as noise=1.2")
    p.add_argument("--everywhere", action="append", default=[], metavar="TASK=CHANGE",
                   help="such damage lies over all of a picture: where the network changes the middle of its\n"
                   "windows by no more than so many 255ths there is none (compute/presence.h), such as rain=4")
    p.add_argument("--coarse", action="append", default=[], metavar="TASK=FACTOR",
                   help="restore the result's colours once more in a picture made so many times smaller\n"
                   "(compute/coarse.h), such as noise=4")
    p.add_argument("--f32", action="store_true", help="32-bit floats instead of 16")
    p.add_argument("--random", action="store_true", help="random weights, full size")
    p.add_argument("--tiny", action="store_true", help="random weights, a few kB")
    p.add_argument("--means-only", metavar="TASKS", help="a network of a few kB that leaves the classical estimates\n"
                   "of these tasks as they are, for where none has learned to improve on them yet")
    p.add_argument("--context", action="store_true",
                   help="random weights with a context encoder (a checkpoint has one or not)")
    p.add_argument("--overview", metavar="FILE", help="revert to the learned mean of this checkpoint of\n"
                   "train_overview.py (a checkpoint trained so has its own), or, with\n"
                   "random weights, of a network called random")
    p.add_argument("--wiener", metavar="FILE", help="for --means-only: revert to what filters make that this\n"
                   "checkpoint of train_wiener.py chooses; with --tiny, \"random\"")
    p.add_argument("--io", help="also write an input and the network's answers")
    a = p.parse_args(words)
    if (a.checkpoint is None) != bool(a.random or a.tiny or a.means_only):
        p.error("give a checkpoint, or one of --random, --tiny and --means-only")
    if a.wiener and (a.checkpoint or (a.means_only is None and a.wiener != "random")):
        p.error("--wiener goes with --means-only, or is \"random\" with --random and --tiny; a checkpoint has its own")
    return a


def stir(net):
    """Moves every array away from its initial zeros, so that a test sees each of them."""
    for name, v in net.named_parameters():
        if v.dim() == 4 and name.endswith((".g", ".beta", ".gamma")):
            v.data += 0.1 * torch.randn(v.shape)
        elif name in ("task_embedding", "context.weight", "ending.weight", "ending.bias"):
            v.data = 0.1 * torch.randn(v.shape)
    return net


def random_choice():
    """A choice of filters that likes some more than leaving all as it is."""
    choice = wiener.Choice()
    for v in choice.state_dict().values():
        v += 0.05 * torch.randn(v.shape)
    choice.others.bias.data[-1] = 1
    return choice.eval().requires_grad_(False)


def random_network(tiny, seen, learned, filtered=False):
    """(network, tasks, mean), with an encoder where seen, with an overview where learned, with filters
    where filtered."""
    torch.manual_seed(1)
    tasks = list(overview.TASKS) if learned else ["motion-blur"] if filtered else ["noise", "jpeg"]
    size = dict(width=8, enc=(1, 1), middle=1, dec=(1, 1)) if tiny else {}
    net = stir(ConditionalNAFNet(n_tasks=0 if filtered else len(tasks), inputs=3 if learned or filtered else 2,
                                 context=context.VECTOR if seen else 0, **size))
    if seen:
        net.encoder = context.random_network(tiny)
    if learned:
        net.overview = stir(overview.network(len(tasks), **size))
        for v in net.overview.ending.parameters():
            v.data *= 1.7  # so far from the estimates that shadow's counts in part (overview.accord)
    if filtered:
        net.wiener = random_choice()
    return (net.eval().requires_grad_(False), tasks,
            wiener.MEAN if filtered else means.names_of(tasks, "overview:" if learned else ""))


def means_only(tasks, filters):
    """(network, tasks, mean): its last layer is zero, so the mean is the answer. filters: a file, or None."""
    for task in tasks:
        if task not in means.MEANS:
            raise SystemExit("there is no classical estimate for '%s': there is for %s"
                             % (task, ", ".join(means.MEANS)))
    torch.manual_seed(1)
    net = ConditionalNAFNet(8, (1,), 1, (1,), inputs=3, n_tasks=len(tasks) if len(tasks) > 1 else 0)
    if filters:
        net.wiener = models.load_wiener(filters, tasks)
    return net.eval().requires_grad_(False), tasks, wiener.MEAN if filters else means.names_of(tasks)


def to_arrays(net, kind):
    """name -> numpy array; stops where a value is not finite or does not fit the type."""
    arrays = {k: v.detach().cpu().numpy().astype(kind) for k, v in net.state_dict().items()}
    for name, v in arrays.items():
        if not np.isfinite(v).all():
            raise SystemExit("%s holds a value that is not finite as %s" % (name, v.dtype))
    return arrays


def metadata(a, net, tasks, mean, step):
    name = a.id or os.path.splitext(os.path.basename(a.output))[0]
    quality = dict(q.split("=", 1) for q in a.quality)
    offered = a.offered.split(",") if a.offered else tasks
    presets = dict(p.split("=", 1) for p in a.preset)
    numbers = {"dct." + key: (value, 10) for key, value in (d.split("=", 1) for d in a.dct)}
    numbers |= {"everywhere." + key: (value, 255) for key, value in (e.split("=", 1) for e in a.everywhere)}
    numbers |= {"coarse." + key: (value, 16) for key, value in (c.split("=", 1) for c in a.coarse)}
    for task in list(quality) + list(presets) + [n.split(".")[1] for n in numbers] + offered:
        if task not in tasks:
            raise SystemExit("the network was not trained for '%s': it knows %s"
                             % (task, ", ".join(tasks)))
    meta = {"format": "1", "id": name, "label": a.label or name, "network": "nafnet",
            "tasks": ",".join(tasks), "offered": ",".join(offered),
            "attention": net.config["attention"], "residual": "mean", "mean": mean,
            "prediction": "clean", "theta": "cosine", "tables": "shifted", "T": "100",
            "max_sigma": "50", "eps": "0.005", "sampler": "mr-ode-2", "grid": "linspace",
            "steps": a.steps, "licence": a.licence, "source": a.source,
            "training": a.training or ("%d steps" % step if step else "random weights")}
    meta.update(("quality." + task, quality.get(task, "not measured")) for task in tasks)
    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3}){2}", a.steps):
        raise SystemExit("--steps %s: expected three numbers, as in 1,2,5" % a.steps)
    for task, text in presets.items():
        odd = any(part.split(":")[3:] and int(part.split(":")[1]) % 2 for part in text.split(","))
        if odd or not re.fullmatch(PRESETS, text):
            raise SystemExit("--preset %s=%s: expected three of SAMPLER:STEPS[:GRID[:mirror]], even STEPS if mirrored" % (task, text))
    meta.update(("preset." + task, text) for task, text in presets.items())
    for key, (value, most) in numbers.items():
        if not re.fullmatch(r"\d{1,3}(\.\d+)?", value) or not 0 < float(value) <= most:
            raise SystemExit("--%s=%s: expected a number above 0, up to %d"
                             % (key.replace(".", " "), value, most))
        if key.startswith("coarse.") and (not value.isdigit() or value == "1"):
            raise SystemExit("--%s=%s: expected a whole number from 2" % (key.replace(".", " "), value))
        meta[key] = value
    return {"mend." + k: v for k, v in meta.items()}


def write_answers(path, net, tasks, mean):
    """24 x 16 random pixels through the network at t = 37.5, once for each task row."""
    g = torch.Generator().manual_seed(2)
    mu = torch.rand(1, 3, 16, 24, generator=g)
    x = mu + 0.2 * torch.randn(mu.shape, generator=g)
    degraded = torch.rand(mu.shape, generator=g)
    t = torch.tensor([37.5])
    arrays = {"x": x[0], "mean": mu[0], "degraded": degraded[0], "t": t}
    seen = torch.randn(1, context.VECTOR, generator=g) if net.context else None
    if net.context:
        arrays["context"] = seen[0]
    for row, task in enumerate(tasks + ["any"] * bool(net.config["n_tasks"])):
        arrays["out." + task] = net(x, mu, degraded, t, torch.tensor([row]), seen)[0]
    if hasattr(net, "overview"):
        coarse = torch.rand(1, 3, 4, 9, generator=g)
        smooth = torch.nn.functional.interpolate(coarse, (15, 101), mode="bilinear")[0]
        arrays["picture"] = 0.02 + 0.2 * smooth ** 2 + 0.04 * torch.rand(smooth.shape, generator=g)
        arrays["picture"][:, 4:8, 40:60] += 0.6  # a lamp in the dark
    if hasattr(net, "wiener"):
        coarse = torch.rand(1, 3, 20, 36, generator=g)
        smooth = torch.nn.functional.interpolate(coarse, (60, 110), mode="bilinear")[0]
        arrays["picture"] = 0.1 + 0.7 * smooth + 0.2 * torch.rand(smooth.shape, generator=g)
    if "picture" in arrays:
        picture = arrays["picture"].permute(1, 2, 0).numpy()
        estimate = models.estimator(models.learned_of(net), tasks, mean)
        for task in tasks:
            arrays["mean." + task] = torch.from_numpy(estimate(task, picture)).permute(2, 0, 1)
    tensorfile.write(path, {k: v.numpy().astype(np.float32) for k, v in arrays.items()},
                     {"made_by": "weights/train/export.py"})


def main(words=None):
    a = arguments(words)
    if a.checkpoint:
        net, tasks, mean, step = models.load(a.checkpoint, a.plain)
        if a.overview:
            net.overview = models.load_overview(a.overview, tasks)
            mean = means.names_of(tasks, "overview:")
    elif a.means_only:
        (net, tasks, mean), step = means_only(a.means_only.split(","), a.wiener), 0
    else:
        words = a.tiny, a.context, a.overview == "random", a.wiener == "random"
        (net, tasks, mean), step = random_network(*words), 0
    arrays = to_arrays(net, np.float32 if a.f32 else np.float16)
    try:
        tensorfile.write(a.output, arrays, metadata(a, net, tasks, mean, step))
    except OSError as e:
        raise SystemExit("%s cannot be written: %s" % (a.output, e.strerror or e)) from e
    with open(a.output, "rb") as f:
        data = f.read()
    print("%s: %d bytes, %d arrays, %d parameters, sha256 %s"
          % (a.output, len(data), len(arrays), sum(v.size for v in arrays.values()),
             hashlib.sha256(data).hexdigest()))
    if a.io:
        write_answers(a.io, models.load(a.output)[0], tasks, mean)
        print("%s: %d bytes" % (a.io, os.path.getsize(a.io)))


if __name__ == "__main__":
    main()
