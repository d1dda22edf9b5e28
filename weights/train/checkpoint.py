# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: written whole or not at all, read with suspicion.

A checkpoint is a dict: net and ema (name -> array), optimizer, step, tasks (list of names), config
(the network's constructor arguments), mean, encoder, overview and wiener (arrays of the networks that go
along, or None), seed, cooling (the step at which the rate began to fall, or None). Those of the
overview's trainer and older ones lack what follows config.
"""
import io

import torch
from torch.nn.functional import pad

import atomic
from nets import ConditionalNAFNet


def save(path, state):
    """Raises OSError where the disk is full or may not be written; then the old file is still there."""
    whole = io.BytesIO()
    torch.save(state, whole)
    atomic.write(path, whole.getbuffer())


def is_one(state):
    def arrays(part):
        return isinstance(part, dict) and all(isinstance(v, torch.Tensor) for v in part.values())
    kinds = {"step": int, "tasks": list, "config": dict, "mean": str}
    return (isinstance(state, dict) and arrays(state.get("net")) and arrays(state.get("ema"))
            and all(isinstance(state.get(k, ""), kind) for k, kind in kinds.items())
            and {"step", "tasks", "config"} <= set(state)
            and all(isinstance(task, str) for task in state["tasks"]))


def unpacked(path, device="cpu"):
    """Whatever dict the file holds; SystemExit says in one line what is wrong with the file. No code
    in it is run."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except OSError as e:
        raise SystemExit("%s cannot be read: %s" % (path, e.strerror or e)) from e
    except Exception as e:  # damaged archives raise nearly everything there is
        raise SystemExit("%s is damaged, or no checkpoint" % path) from e
    if not isinstance(state, dict):
        raise SystemExit("%s is no checkpoint of this trainer" % path)
    return state


def load(path, device="cpu"):
    """The dict of a restoration network or an overview; SystemExit as above."""
    state = unpacked(path, device)
    if not is_one(state):
        raise SystemExit("%s is no checkpoint of this trainer" % path)
    state.setdefault("mean", "identity")
    return state


def network(path, state, part):
    """A new network with the checkpoint's "net" or "ema"; part may lack nothing and hold no more."""
    try:
        net = ConditionalNAFNet(**state["config"])
        net.load_state_dict(state[part])
    except (KeyError, TypeError, ValueError, RuntimeError) as e:
        raise SystemExit("%s does not hold the network it describes: it is damaged, or from "
                         "another version" % path) from e
    return net


def demand_same(path, state, tasks, config, mean):
    """Refuses, by name, to go on with a run for other tasks, another network or another mean."""
    if state["tasks"] != tasks:
        raise SystemExit("%s was trained for %s, not for %s. Give --tasks %s; or begin a new run (--run) "
                         "from its weights (--init)"
                         % (path, ",".join(state["tasks"]), ",".join(tasks), ",".join(state["tasks"])))
    if state["mean"] != mean:
        raise SystemExit("%s was trained for %s with the mean %s, not %s: with or without --mean as then"
                         % (path, ",".join(tasks), state["mean"], mean))
    if state["config"] != config:
        differ = ", ".join("%s %s instead of %s" % (k, state["config"].get(k), v)
                           for k, v in ({"context": 0} | config).items()
                           if state["config"].get(k, 0) != v)
        raise SystemExit("%s was trained for %s with another network: %s"
                         % (path, ",".join(tasks), differ or "of another version"))


def adopt(net, tasks, state):
    """Starts net (for tasks) from the averaged weights of another run's checkpoint: what has the same
    name and shape, and of the task table the rows of the tasks that both know and of "any task"; a
    net without a table takes its task's row into the bias that it was added to. Where only net has
    planes for the degraded picture, these begin without effect. Returns the names of what keeps its
    fresh start."""
    own, new = net.state_dict(), {}
    for name, v in state["ema"].items():
        if name == "intro.weight" and v.dim() == 4:
            v = pad(v, (0, 0, 0, 0, 0, max(0, own[name].shape[1] - v.shape[1])))
        if name == "task_embedding" and name in own and v.shape[1:] == own[name].shape[1:]:
            theirs = state["tasks"] + [None]
            table = own[name].clone()
            for row, task in enumerate(tasks + [None]):
                if task in theirs:
                    table[row] = v[theirs.index(task)]
            new[name] = table
        elif name in own and v.shape == own[name].shape:
            new[name] = v
    table = state["ema"].get("task_embedding")
    bias = new.get("time_mlp.3.bias")
    if "task_embedding" not in own and table is not None and bias is not None \
            and table.shape == (len(state["tasks"]) + 1, len(bias)):
        row = state["tasks"].index(tasks[0]) if tasks[0] in state["tasks"] else -1
        new["time_mlp.3.bias"] = bias + table[row]
    net.load_state_dict(new, strict=False)
    return [name for name in own if name not in new]
