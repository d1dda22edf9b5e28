#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a model file for Mend of published weights of mean-reverting diffusion: a PyTorch checkpoint
(or safetensors) of the conditional NAFNet of Refusion, whose arrays keep their names.

    convert.py derain.pth -o my-derain.safetensors --tasks rain --licence "CC BY 4.0" --source URL

Its width and depths are read off the arrays. What the file does not say are the schedule and what the
network predicts: the defaults are those of Refusion and IR-SDE's configurations (T 100, max_sigma 50,
eps 0.005, cosine, noise); IR-SDE's has max_sigma 10 for rain. Nothing in the file is run. U-Nets with attention (IR-SDE's
first ones, DA-CLIP) are other networks, which Mend does not have. See weights/train/README.md.
"""
import argparse
import os

import torch

import checkpoint
from export import to_arrays
import models
from nets import ConditionalNAFNet
import tensorfile

INSIDE = ("params_ema", "ema", "params", "state_dict", "model", "net")  # where others keep the arrays


def arguments(words=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("checkpoint", help="FILE.pth, or .safetensors")
    p.add_argument("-o", "--output", required=True)
    p.add_argument("--tasks", required=True, help="what it restores, such as rain or noise,jpeg")
    p.add_argument("--id", help="short name by which the model is chosen (default: the file's)")
    p.add_argument("--label", help="name in menus (default: the id)")
    p.add_argument("--prediction", default="noise", choices=("noise", "clean", "velocity"))
    p.add_argument("--theta", default="cosine", choices=("cosine", "linear", "constant"))
    p.add_argument("--tables", default="shifted", choices=("shifted", "unshifted"))
    p.add_argument("--T", type=int, default=100, help="steps of the schedule")
    p.add_argument("--max-sigma", type=float, default=50, help="of 255")
    p.add_argument("--eps", type=float, default=0.005)
    p.add_argument("--attention", default="global", choices=("global", "pixel"),
                   help="over the whole picture, as published, or pixel by pixel")
    p.add_argument("--sampler", default="mr-ode-2")
    p.add_argument("--steps", default="5,10,20", help="evaluations for Fast, Good, Best")
    p.add_argument("--licence", default="not stated")
    p.add_argument("--source", default="converted; not by the Mend project")
    p.add_argument("--f32", action="store_true", help="32-bit floats instead of 16")
    return p.parse_args(words)


def arrays_of(path):
    """name -> tensor, whatever the checkpoint wraps them in, without the "module." of parallel training."""
    if path.endswith(".safetensors"):
        try:
            found = {k: torch.from_numpy(v) for k, v in tensorfile.read(path)[0].items()}
        except OSError as e:
            raise SystemExit("%s cannot be read: %s" % (path, e.strerror or e)) from e
        except Exception as e:  # whatever a damaged header leads to
            raise SystemExit("%s is damaged, or no safetensors file" % path) from e
    else:
        found = checkpoint.unpacked(path)
        if checkpoint.is_one(found):
            raise SystemExit("%s is this trainer's own: export.py is for it" % path)
        for key in INSIDE:
            if isinstance(found.get(key), dict):
                found = found[key]
                break
    arrays = {k.removeprefix("module."): v.float() for k, v in found.items() if isinstance(v, torch.Tensor)}
    if not arrays:
        raise SystemExit("%s holds no arrays, but: %s" % (path, ", ".join(map(str, list(found)[:8]))))
    return arrays


def network_of(path, arrays, attention):
    """The network that exactly these arrays make, or SystemExit with what does not fit."""
    if "init_conv.weight" in arrays:
        raise SystemExit("%s is a U-Net (IR-SDE, DA-CLIP): Mend has the conditional NAFNet only" % path)
    try:
        net = ConditionalNAFNet(**models.config_of(arrays, attention))
        net.load_state_dict(arrays)
    except (KeyError, IndexError, AttributeError, TypeError, ValueError, RuntimeError) as e:
        raise SystemExit("%s is no conditional NAFNet: %s" % (path, " ".join(str(e).split())[:400])) from e
    if net.config["inputs"] != 2 or net.config["n_tasks"] or net.context:
        raise SystemExit("%s does not see x - mean and mean alone: export.py is for networks of this trainer"
                         % path)
    return net


def metadata(a):
    name = a.id or os.path.splitext(os.path.basename(a.output))[0]
    meta = {"format": "1", "id": name, "label": a.label or name, "network": "nafnet", "tasks": a.tasks,
            "offered": a.tasks, "attention": a.attention, "residual": "none", "mean": "identity",
            "prediction": a.prediction, "theta": a.theta, "tables": a.tables, "T": str(a.T),
            "max_sigma": "%g" % a.max_sigma, "eps": "%g" % a.eps, "sampler": a.sampler,
            "grid": "linspace", "steps": a.steps, "licence": a.licence, "source": a.source,
            "training": "converted from %s" % os.path.basename(a.checkpoint)}
    return {"mend." + k: v for k, v in meta.items()}


def main(words=None):
    a = arguments(words)
    net = network_of(a.checkpoint, arrays_of(a.checkpoint), a.attention)
    arrays = to_arrays(net, "float32" if a.f32 else "float16")
    try:
        tensorfile.write(a.output, arrays, metadata(a))
    except OSError as e:
        raise SystemExit("%s cannot be written: %s" % (a.output, e.strerror or e)) from e
    print("%s: %d parameters, %d bytes. Now: ./dev mend check %s"
          % (a.output, sum(v.size for v in arrays.values()), os.path.getsize(a.output), a.output))


if __name__ == "__main__":
    main()
