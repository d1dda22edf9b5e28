# SPDX-License-Identifier: GPL-3.0-or-later
"""The context encoder: one look at a whole picture gives a vector of its tone and damage for a
restoration network, and the probabilities of the tasks; its C twins are compute/context.c (inputs)
and compute/networks/context.c (network).

It sees two small pictures that are functions of the picture alone: a thumbnail of all of it and a
mosaic of four crops in full resolution.
"""
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

import tensorfile

CLASSES = ("motion-blur", "haze", "jpeg", "low-light", "noise", "raindrop", "rain", "shadow", "snow",
           "inpainting", "clean")
SIDE = 96    # of the thumbnail and of each crop
VECTOR = 64  # of the context vector
GRID = 8     # crops begin on JPEG's grid, as it lies in a picture that was not cut since


def resampling(n, side=SIDE):
    """[side][n] float32: area averages where n >= side, else linear interpolation between pixel
    centres. Rows sum to 1."""
    m = np.zeros((side, n))
    for i in range(side):
        if n >= side:
            low, high = i * n / side, (i + 1) * n / side
            first, last = int(low), min(int(np.ceil(high)), n)
            for k in range(first, last):
                m[i, k] = (min(high, k + 1) - max(low, k)) * side / n
        else:
            at = min(max((i + 0.5) * n / side - 0.5, 0), n - 1)
            k = min(int(at), max(n - 2, 0))
            m[i, k] = 1 - (at - k)
            m[i, min(k + 1, n - 1)] += at - k
    return m.astype(np.float32)


def thumbnail(picture):
    """[H][W][3] float32 -> [3][96][96]: the whole picture, its aspect not kept."""
    rows, columns = (resampling(n) for n in picture.shape[:2])
    narrow = np.einsum("jx,yxc->yjc", columns, picture, optimize=True)
    return np.einsum("iy,yjc->cij", rows, narrow, optimize=True)


def crop_pixels(n):
    """The 192 rows (columns) of a side of n pixels that the mosaic shows: 96 about each quarter
    point, mirrored without repeating the edge where they leave the picture."""
    starts = [quarter * n // 4 - SIDE // 2 for quarter in (1, 3)]
    at = np.concatenate([s // GRID * GRID + np.arange(SIDE) for s in starts])
    if n == 1:
        return np.zeros_like(at)
    return (n - 1) - abs((n - 1) - np.mod(at, 2 * (n - 1)))


def crops(picture):
    """[H][W][3] float32 -> [3][192][192], two by two crops in full resolution."""
    rows, columns = (crop_pixels(n) for n in picture.shape[:2])
    return picture[rows[:, None], columns].transpose(2, 0, 1)


def inputs(picture):
    """(thumbnail, crops) of a picture [H][W][3], float32 0..1, as tensors [1][3][..][..]."""
    return tuple(torch.from_numpy(np.ascontiguousarray(v[None], np.float32))
                 for v in (thumbnail(picture), crops(picture)))


class Norm(nn.Module):
    """Normalises over channels at each pixel; table holds shift and scale for the gain g."""

    def __init__(self, c):
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, c, 1, 1))
        self.table = nn.Parameter(torch.zeros(1, 2 * c))

    def forward(self, x):
        shift, scale = self.table[0].chunk(2)
        y = F.layer_norm(x.permute(0, 2, 3, 1), (x.shape[1],), self.g.view(-1) * (1 + scale), shift,
                         1e-5)
        return y.permute(0, 3, 1, 2)


def gate(x):
    a, b = x.chunk(2, 1)
    return a * b


class Trunk(nn.ModuleDict):
    """Halves a picture level by level; answers the means of each level's products of filters. Level 0
    is a plain filter bank; every other is a norm, a strided filter bank twice as wide, and a gate."""

    def __init__(self, widths):
        super().__init__()
        self["0"] = nn.ModuleDict({"conv": nn.Conv2d(3, widths[0], 4, 2, 1)})
        for i, (c, d) in enumerate(zip(widths, widths[1:]), 1):
            self[str(i)] = nn.ModuleDict({"norm": Norm(c), "conv": nn.Conv2d(c, 2 * d, 3, 2, 1)})
        with torch.no_grad():  # differences first: weak noise lies far below the picture's tone
            w = self["0"]["conv"].weight
            n = 3 * len(w) // 4
            w[:n] -= w[:n].mean((2, 3), keepdim=True)
            w[:n] *= 6

    def forward(self, x):
        x, means = self["0"]["conv"](x), []
        for i in range(1, len(self)):
            level = self[str(i)]
            x = gate(level["conv"](level["norm"](x)))
            means.append(x.mean((2, 3), keepdim=True))
        return torch.cat(means, 1)


class ContextNet(nn.Module):
    """forward(thumbnail [N][3][96][96], crops [N][3][192][192]) -> (vector [N][64], logits [N][11]).

    clean_tone() guesses mean and spread of the clean picture's channels from the vector; it is for
    training alone and not exported.
    """

    def __init__(self, widths=(24, 24, 48, 64), hidden=64):
        super().__init__()
        self.config = dict(widths=list(widths), hidden=hidden)
        self.wide, self.near = Trunk(widths), Trunk(widths)
        n = 2 * sum(widths[1:]) + 6
        self.mix = nn.ModuleList([nn.Conv2d(n, 2 * hidden, 1), nn.Conv2d(hidden, VECTOR, 1)])
        self.classes = nn.ModuleList([nn.Conv2d(VECTOR, 2 * hidden, 1),
                                      nn.Conv2d(hidden, len(CLASSES), 1)])
        self.clean_tone = nn.Linear(VECTOR, 6)

    def forward(self, small, near):
        tone = [v.mean((2, 3), keepdim=True) for v in (small, small * small)]
        features = torch.cat([self.wide(small), self.near(near)] + tone, 1)
        vector = self.mix[1](gate(self.mix[0](features)))
        logits = self.classes[1](gate(self.classes[0](vector)))
        return vector.flatten(1), logits.flatten(1)


def from_arrays(arrays):
    """The encoder of a model file's arrays (name -> tensor), for evaluation."""
    levels = sorted(k for k in arrays if k.startswith("wide.") and k.endswith(".conv.weight"))
    widths = [len(arrays[k]) // (1 if i == 0 else 2) for i, k in enumerate(levels)]
    net = ContextNet(widths, arrays["mix.1.weight"].shape[1])
    del net.clean_tone
    net.load_state_dict({k: v for k, v in arrays.items() if not k.startswith("clean_tone.")})
    return net.eval().requires_grad_(False)


def random_network(tiny):
    """Every array away from its initial zeros, so that a test sees each of them."""
    torch.manual_seed(3)
    net = ContextNet((4, 4, 6), 8) if tiny else ContextNet()
    for name, v in net.named_parameters():
        if name.endswith((".g", ".table")):
            v.data += 0.1 * torch.randn(v.shape)
    del net.clean_tone
    return net.eval().requires_grad_(False)


def load(path):
    """The encoder of context.safetensors, of a restoration model that carries one, or of a
    checkpoint of train_context.py."""
    if not path.endswith(".safetensors"):
        return from_arrays(torch.load(path, map_location="cpu", weights_only=True)["ema"])
    arrays = {k: torch.from_numpy(v).float() for k, v in tensorfile.read(path)[0].items()}
    inner = {k[8:]: v for k, v in arrays.items() if k.startswith("encoder.")}
    return from_arrays(inner or arrays)


@torch.no_grad()
def vector_of(net, picture):
    """The context vector [64] of a picture [H][W][3], float32 0..1."""
    return net(*inputs(picture))[0][0]
