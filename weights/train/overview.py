# SPDX-License-Identifier: GPL-3.0-or-later
"""The overview: a learned mean for damage of tone (haze, low light, shadow), which no patch shows.

A small network sees the whole picture as a thumbnail beside the classical estimate of it and
answers with the clean thumbnail. For haze half way between the two is taken, for low light a
quarter of the way, for they err in different ways (haze 20.2 and 20.4 dB, their middle 20.7; low light
18.6 and 19.8, 20.9).
For shadow the estimate counts where both lighten the same places (accord), for it is right on plain
ground and takes dark things for shadows elsewhere. In each window of 3 x 3 pixels the best straight
line from the damaged to that thumbnail is found, channel by channel (He and Sun, Fast guided filter,
2015, the guide being the channel itself); the lines, enlarged, are applied to the picture in full
resolution, so detail survives and the mean of a picture of any size costs one run on 96 x 96. For low
light they lead from the exposed thumbnail, and are applied to the picture exposed as much (shown).
The C twin is compute/overview.c.
"""
import numpy as np
import torch

from context import SIDE, thumbnail
import means
from nets import ConditionalNAFNet
from process import cosine_tables

TASKS = ("haze", "low-light", "shadow")
SIZE = dict(width=16, enc=(1, 2, 2), middle=4, dec=(1, 1, 1), attention="global")
EPS = 1e-4  # of the guided filter: slopes are damped where a window's variance is below it
ACCORDS = (0.5, 0.8)  # below and above, estimates agree not at all and entirely
VIEWS = ((), 2, 1, (1, 2))  # axes mirrored: none, left to right, upside down, both
TIME = len(cosine_tables()[0]) - 1.0


def network(n_tasks, **size):
    """Inputs: the damaged thumbnail as x, its classical estimate as the mean; always at t = T."""
    return ConditionalNAFNet(**dict(SIZE, **size), n_tasks=n_tasks if n_tasks > 1 else 0)


def run(net, damaged, classical, row):
    """Batches of thumbnails [N][3][S][S] -> clean thumbnails; row: task rows [N]."""
    return net(damaged, classical, damaged, damaged.new_full((len(damaged),), TIME), row)


def answer(net, damaged, classical, row):
    """The mean of what the network makes of a thumbnail [3][S][S] and of its three mirror images."""
    views = [torch.from_numpy(np.stack([np.flip(v, axes) for axes in VIEWS])) for v in (damaged, classical)]
    with torch.no_grad():
        answers = run(net, *views, torch.full((len(VIEWS),), row)).float().numpy()
    return np.mean([np.flip(v, axes) for v, axes in zip(answers, VIEWS)], 0)


def lines(damaged, clean):
    """(slope, offset), each [3][S][S] float64: clean ~ slope damaged + offset around each pixel."""
    def mean(v):
        return means.window_sum(v, 1) / means.window_sum(np.ones_like(v), 1)
    slopes, offsets = [], []
    for y, x in zip(damaged.astype(np.float64), clean.astype(np.float64)):
        my, mx = mean(y), mean(x)
        slope = (mean(y * x) - my * mx) / (mean(y * y) - my * my + EPS)
        slopes.append(mean(slope))
        offsets.append(mean(mx - slope * my))
    return np.stack(slopes), np.stack(offsets)


def enlarged(plane, n, axis):
    """Bilinear from SIDE to n, pixel centres aligned, edges repeated."""
    at = np.clip((np.arange(n) + 0.5) * plane.shape[axis] / n - 0.5, 0, plane.shape[axis] - 1)
    low = np.minimum(at.astype(int), plane.shape[axis] - 2)
    share = (at - low).reshape((-1, 1) if axis == 0 else (1, -1))
    return np.take(plane, low, axis) * (1 - share) + np.take(plane, low + 1, axis) * share


def thumbnails(task, picture):
    """(damaged, classical) thumbnails [3][S][S] float32 of a picture [H][W][3]."""
    damaged = thumbnail(picture)
    classical = means.mean_of(task, damaged.transpose(1, 2, 0), means.SMALL).transpose(2, 0, 1)
    return damaged, np.float32(classical)


def shown(task, damaged, picture):
    """(guide, picture): a thumbnail and the picture that lines lead from and are applied to. These are
    the damaged ones, but for what is dark, whose slopes EPS would damp: exposed by the thumbnail's gain."""
    if task not in means.GAIN:
        return damaged, picture
    gain = means.GAIN[task](damaged.transpose(1, 2, 0))
    return means.exposed(damaged, gain), means.exposed(picture, gain)


def accord(damaged, classical, learned):
    """0 to 1: how far two thumbnails lighten the same places of a third, [3][S][S] each, as much: what is
    lightened in both over what is in either."""
    a, b = (np.maximum(means.lightened(damaged.transpose(1, 2, 0), v.transpose(1, 2, 0)), 0)
            for v in (classical, learned))
    return np.minimum(a, b).sum() / max(np.maximum(a, b).sum(), 1e-9)


def trust_in(task, damaged, classical, learned):
    """The classical estimate's part in the clean thumbnail."""
    if task not in means.ACCORD:
        return means.TRUST.get(task, 0)
    return means.ACCORD[task] * means.smooth_step(accord(damaged, classical, learned), *ACCORDS)


def estimate(net, tasks, task, picture):
    """The mean of a picture [H][W][3] float32, of the same shape. tasks: the network's rows, in
    order; a task that is not among them is "any"."""
    row = tasks.index(task) if task in tasks else len(tasks)
    damaged, classical = thumbnails(task, picture)
    learned = np.clip(answer(net, damaged, classical, row), 0, 1)
    trust = trust_in(task, damaged, classical, learned)
    clean = trust * classical + (1 - trust) * learned
    if task in means.PRESENCE:
        before, after = (v.transpose(1, 2, 0) for v in (damaged, learned))
        clean = damaged + means.PRESENCE[task](before, after) * (clean - damaged)
    guide, picture = shown(task, damaged, picture)
    h, w = picture.shape[:2]
    out = np.empty(picture.shape, np.float32)
    for c, (slope, offset) in enumerate(zip(*lines(guide, clean))):
        slope, offset = (enlarged(enlarged(v, h, 0), w, 1) for v in (slope, offset))
        out[..., c] = np.clip(slope * picture[..., c] + offset, 0, 1)
    return out
