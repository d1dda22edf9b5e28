# SPDX-License-Identifier: GPL-3.0-or-later
"""The context encoder: one look at a whole picture gives a vector of its tone and damage for a
restoration network, and the probabilities of the tasks; its C twins are compute/context.c (inputs)
and compute/networks/context.c (network).

It sees two small pictures that are functions of the picture alone: a thumbnail of all of it and a
mosaic of four crops in full resolution. For detection it is also told clues that are counted in them
(clues.py).
"""
import struct

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

import checkpoint
from clues import N_CLUES, find_clues
import tensorfile

CLASSES = ("motion-blur", "haze", "jpeg", "low-light", "noise", "raindrop", "rain", "shadow", "snow",
           "inpainting", "clean")
SIDE = 96    # of the thumbnail
CROP = 128   # side of each crop
VECTOR = 64  # of the context vector
GRID = 8     # crops begin on JPEG's grid, as it lies in a picture that was not cut since
FARTHEST = 3  # deviations from its mean that are seen of a clue


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
    """The 256 rows (columns) of a side of n pixels that the mosaic shows: 128 about each quarter
    point, mirrored without repeating the edge where they leave the picture."""
    starts = [quarter * n // 4 - CROP // 2 for quarter in (1, 3)]
    at = np.concatenate([s // GRID * GRID + np.arange(CROP) for s in starts])
    if n == 1:
        return np.zeros_like(at)
    return (n - 1) - abs((n - 1) - np.mod(at, 2 * (n - 1)))


def crops(picture):
    """[H][W][3] float32 -> [3][256][256], two by two crops in full resolution."""
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


def open_gate(bias):
    """Training starts with what passes times one: a product of two small numbers learns nothing."""
    with torch.no_grad():
        bias[len(bias) // 2:] += 1


def cosines():
    """[32][3][8][8]: products of cosines, in luma and a few in chroma. The mean is made small beside
    the differences, for weak noise lies far below the picture's tone."""
    n = np.arange(8)
    wave = np.cos(np.pi * (n + 0.5) * n[:, None] / 8) * np.sqrt(np.where(n == 0, 1, 2) / 8)[:, None]
    luma, red, blue = (0.299, 0.587, 0.114), (0.5, -0.42, -0.08), (-0.17, -0.33, 0.5)
    some = [(u, v, luma) for u in (0, 1, 2, 4, 7) for v in (0, 1, 2, 4, 7)] + [(3, 3, luma)]
    some += [(u, u, c) for u in (0, 1, 4) for c in (red, blue)]
    bank = [np.array(c)[:, None, None] * wave[u][:, None] * wave[v] * (3 if u + v else 1 / 32)
            for u, v, c in some]
    return torch.tensor(np.stack(bank), dtype=torch.float32)


class Trunk(nn.ModuleDict):
    """Halves a picture level by level; answers the means of each level's products of filters. Level 0
    is a plain bank of filters of 4 or 8 pixels, half of that apart; every other is a norm, a strided
    bank twice as wide, and a gate."""

    def __init__(self, widths, side):
        super().__init__()
        self["0"] = nn.ModuleDict({"conv": nn.Conv2d(3, widths[0], side, side // 2)})
        for i, (c, d) in enumerate(zip(widths, widths[1:]), 1):
            self[str(i)] = nn.ModuleDict({"norm": Norm(c), "conv": nn.Conv2d(c, 2 * d, 3, 2, 1)})
            open_gate(self[str(i)]["conv"].bias)
        if side == 8 and widths[:2] == [32, 64]:
            self.begin_as_spectrum()

    @torch.no_grad()
    def begin_as_spectrum(self):
        """Training starts from the power of 32 waves relative to each other, in the blocks of JPEG's
        grid and in those that lie across four of them."""
        self["0"]["conv"].weight.copy_(cosines())
        self["0"]["conv"].bias.zero_()
        second, waves = self["1"]["conv"], torch.arange(32)
        second.weight.mul_(0.1)
        second.bias.zero_()
        for at, first in ((1, 0), (2, 32)):
            for half in (0, 64):
                second.weight[waves + first + half, waves, at, at] += 1

    def forward(self, x):
        x, means = self["0"]["conv"](x), []
        for i in range(1, len(self)):
            level = self[str(i)]
            x = gate(level["conv"](level["norm"](x)))
            means.append(x.mean((2, 3), keepdim=True))
        return torch.cat(means, 1)


class Clues(nn.Module):
    """Clues as the network wants them: less their mean, times their gain, none of them far out."""

    def __init__(self, n):
        super().__init__()
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("gain", torch.ones(n))

    def fit(self, clues):
        self.mean.copy_(clues.mean(0))
        self.gain.copy_(1 / (clues.std(0) + 1e-3))

    def forward(self, clues):
        return ((clues - self.mean) * self.gain).clamp(-FARTHEST, FARTHEST)[:, :, None, None]


class ContextNet(nn.Module):
    """forward(thumbnail [N][3][96][96], crops [N][3][256][256]) -> (vector [N][64], logits [N][11]).
    With n_clues it counts them itself.

    What is only there in training: the features' statistics are made standard, which folded() puts
    into the weights; clean_tone() guesses mean and spread of the clean picture's channels from the
    vector.
    """

    def __init__(self, wide=(24, 24, 48, 64), near=(32, 64, 48, 56), hidden=64, training=False, n_clues=0):
        super().__init__()
        self.wide, self.near = Trunk(list(wide), 4), Trunk(list(near), 8)
        self.clues = Clues(n_clues) if n_clues else None
        n = sum(wide[1:]) + sum(near[1:]) + 6 + n_clues
        self.mix = nn.ModuleDict({"0": nn.Conv2d(n, 2 * hidden, 1), "norm": Norm(2 * hidden),
                                  "1": nn.Conv2d(hidden, VECTOR, 1)})
        self.classes = nn.ModuleDict({"norm": Norm(VECTOR), "0": nn.Conv2d(VECTOR, 2 * hidden, 1),
                                      "1": nn.Conv2d(hidden, len(CLASSES), 1)})
        open_gate(self.mix["norm"].table[0, :2 * hidden])
        open_gate(self.classes["0"].bias)
        self.standard = (nn.BatchNorm2d(n, eps=1e-9, affine=False, momentum=0.05) if training
                         else None)
        self.clean_tone = nn.Linear(VECTOR, 6) if training else None

    def features(self, small, near):
        tone = [v.mean((2, 3), keepdim=True) for v in (small, small * small)]
        return torch.cat([self.wide(small), self.near(near)] + tone + self.told(small, near), 1)

    def told(self, small, near):
        if not self.clues:
            return []
        found = [find_clues(a, b) for a, b in zip(small.numpy(), near.numpy())]
        return [self.clues(torch.from_numpy(np.stack(found)))]

    def head(self, features):
        if self.standard:
            features = F.dropout(self.standard(features), 0.25, self.training)
        vector, logits = self.last_layers(features)
        return vector.flatten(1), logits.flatten(1)

    def last_layers(self, features):
        vector = self.mix["1"](gate(self.mix["norm"](self.mix["0"](features))))
        logits = self.classes["1"](gate(self.classes["0"](self.classes["norm"](vector))))
        return vector, logits

    def forward(self, small, near):
        return self.head(self.features(small, near))


def folded(arrays):
    """The arrays of a network in training as those of a model file."""
    out = {k: v for k, v in arrays.items() if "standard." not in k and not k.startswith("clean_tone.")}
    gain = (arrays["standard.running_var"] + 1e-9).rsqrt()
    shift = -arrays["standard.running_mean"] * gain
    weight, bias = out["mix.0.weight"], out["mix.0.bias"]
    out["mix.0.bias"] = bias + (weight * shift[:, None, None]).sum((1, 2, 3))
    out["mix.0.weight"] = weight * gain[:, None, None]
    return out


def from_arrays(arrays):
    """The encoder of a model file's arrays (name -> tensor), for evaluation."""
    widths = []
    for part in ("wide.", "near."):
        levels = sorted(k for k in arrays if k.startswith(part) and k.endswith(".conv.weight"))
        widths.append([len(arrays[k]) // (1 if i == 0 else 2) for i, k in enumerate(levels)])
    n_clues = len(arrays.get("clues.mean", ()))
    if n_clues not in (0, N_CLUES):
        raise SystemExit("this encoder expects %d clues, clues.py finds %d" % (n_clues, N_CLUES))
    net = ContextNet(*widths, arrays["mix.1.weight"].shape[1], n_clues=n_clues)
    net.load_state_dict(arrays)
    return net.eval().requires_grad_(False)


def random_network(tiny, n_clues=0):
    """Every array away from its initial zeros, so that a test sees each of them."""
    torch.manual_seed(3)
    net = ContextNet((4, 4, 6), (4, 6), 8, n_clues=n_clues) if tiny else ContextNet()
    for name, v in net.named_parameters():
        if name.endswith((".g", ".table")):
            v.data += 0.1 * torch.randn(v.shape)
    return net.eval().requires_grad_(False)


def adopt(net, path):
    """Gives net, made for training, the averaged weights of a checkpoint of train_context.py, or those
    of a safetensors file with the same names (weights/unfinished)."""
    try:
        if path.endswith(".safetensors"):
            arrays = {k: torch.from_numpy(v) for k, v in tensorfile.read(path)[0].items()}
            own = net.state_dict()
            counts = {k: v for k, v in own.items() if not v.is_floating_point()}  # of batches seen
            net.load_state_dict(counts | arrays)
        else:
            net.load_state_dict(checkpoint.unpacked(path)["ema"])
    except OSError as e:
        raise SystemExit("%s cannot be read: %s" % (path, e.strerror or e)) from e
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as e:
        raise SystemExit("%s is no checkpoint of train_context.py, or of another version" % path) from e


def load(path):
    """The encoder of context.safetensors, of a restoration model that carries one, or of a
    checkpoint of train_context.py."""
    if not path.endswith(".safetensors"):
        saved = checkpoint.unpacked(path).get("ema", {})
        net = ContextNet(training=True, n_clues=len(saved.get("clues.mean", ())))
        adopt(net, path)
        return from_arrays(folded(net.state_dict()))
    try:
        arrays = {k: torch.from_numpy(v).float() for k, v in tensorfile.read(path)[0].items()}
        inner = {k[8:]: v for k, v in arrays.items() if k.startswith("encoder.")}
        return from_arrays(inner or arrays)
    except OSError as e:
        raise SystemExit("%s cannot be read: %s" % (path, e.strerror or e)) from e
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError, struct.error) as e:
        raise SystemExit("%s holds no context encoder" % path) from e


@torch.no_grad()
def vector_of(net, picture):
    """The context vector [64] of a picture [H][W][3], float32 0..1."""
    return net(*inputs(picture))[0][0]
