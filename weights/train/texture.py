# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures: the tiles that are learned, what describes one, and the network that draws them; the
twin of its use is compute/texture.c.

The network is a NAFNet whose convolutions wrap around, so a picture is a torus and no pixel knows
where it lies. It is preconditioned as in Karras et al. 2022 (table 1). It draws plain pictures, of
mean 0 and deviation 1 along the main axes of a texture's colours; a paint, x = c + A u, gives them
their colours. It is told the material, and a style: a few numbers of the whole tile, such as its
paint and the power of its octaves. It sees too little at once to agree with itself on these over a
large canvas.
"""
import os

import numpy as np
from PIL import Image
import torch

from context import VECTOR
from nets import ConditionalNAFNet

MATERIALS = {
    "brick": ("Bricks",),
    "paving": ("PavingStones",),
    "stone": ("Rock", "Rocks", "Granite", "Travertine", "Clay"),
    "marble": ("Marble", "Onyx"),
    "wood": ("Wood", "Bark", "Bamboo", "Chipboard", "Logs", "WoodChips"),
    "planks": ("Planks", "WoodFloor", "WoodSiding"),
    "fabric": ("Fabric", "Carpet", "Tatami", "Wallpaper", "Net"),
    "ground": ("Ground", "Gravel", "Asphalt", "Road", "ScatteredLeaves", "PineNeedles"),
    "grass": ("Grass", "Moss"),
    "snow": ("Snow",),
    "metal": ("Metal", "DiamondPlate", "CorrugatedSteel", "Chainmail", "Foil", "Rust", "SolarPanel"),
    "plaster": ("Plaster", "Concrete", "Paint", "OfficeCeiling"),
    "tiles": ("Tiles", "Terrazzo", "GlazedTerracotta", "Porcelain"),
    "roof": ("RoofingTiles", "ThatchedRoof"),
    "plastic": ("Plastic", "Rubber"),
    "paper": ("Paper", "Cardboard", "Cork"),
}
SIDE = 128        # of a tile's file, which shows a whole texture; learned at half of that, because a
                  # small network then sees bricks and planks whole, and the tiles' chroma is sharp
SEAMLESS = 1.8    # jump across the wrap over the jump inside: above it a tile's edges do not match
MARGIN = 8        # halved pixels next to such edges, which are not learned from
OCTAVES = 4
FEATURES = 3 + 3 + OCTAVES + 2
TIME = (50.0, 100.0)  # t = a + b ln(sigma) / 4


def seam_ratio(v):
    """[H][W][3]: mean squared jump across the worse wrap over that between neighbours inside."""
    v, worst = v.astype(np.float32), 0.0
    for axis in (0, 1):
        inner = np.square(np.diff(v, axis=axis)).mean()
        jump = np.square(v.take(0, axis) - v.take(-1, axis)).mean()
        worst = max(worst, jump / max(inner, 1e-6))
    return worst


def load(folder):
    """(tiles [N][128][128][3] uint8, material rows [N], seamless [N], names), ordered by material
    and name. FOLDER/ANY/CLASS/NAME.jpg, as textures are kept; what has another size is left out."""
    rows = {kind: row for row, kinds in enumerate(MATERIALS.values()) for kind in kinds}
    found = []
    for parent, _, names in os.walk(folder):
        row = rows.get(os.path.basename(parent))
        if row is None:
            continue
        for name in names:
            with Image.open(os.path.join(parent, name)) as picture:
                tile = np.asarray(picture.convert("RGB"))
            if tile.shape[:2] == (SIDE, SIDE):
                found.append((row, os.path.basename(parent) + "/" + name, tile))
    if not found:
        raise SystemExit("no tile of %d x %d pixels in folders of known names below %s" % (SIDE, SIDE, folder))
    found.sort(key=lambda f: f[:2])
    tiles = np.stack([f[2] for f in found])
    return (tiles, np.array([f[0] for f in found]),
            np.array([seam_ratio(tile) < SEAMLESS for tile in tiles]), [f[1] for f in found])


def plain(v):
    """[N][3][H][W] of 0..1 -> (u, c [N][3], A [N][3][3], deviations [N][3]) with v = c + A u: u lies along
    the main axes of the colours, the first the brightness in most, and each is divided by its
    deviation, or where that is next to nothing by a fifth of the first's."""
    c = v.mean((2, 3))
    flat = (v - c[:, :, None, None]).flatten(2)
    values, axes = torch.linalg.eigh(flat @ flat.transpose(1, 2) / flat.shape[2])
    deviation, axes = values.clamp(min=0).sqrt().flip(1), axes.flip(2)  # largest first
    axes = axes * torch.where(axes.sum(1, keepdim=True) < 0, -1.0, 1.0)
    unit = torch.maximum(deviation, torch.clamp(deviation[:, :1] / 5, min=0.004))
    u = (axes / unit[:, None]).transpose(1, 2) @ flat
    return u.view_as(v), c, axes * unit[:, None], deviation


def painted(u, c, a):
    return c[:, :, None, None] + (a @ u.flatten(2)).view_as(u)


def features(u, c, deviation):
    """[N][12]: mean colour; log of the first axis' deviation, and of the others relative to it; of the
    first plane of u the log power of its octaves, the log ratio of the power of its vertical and
    horizontal steps, and its skewness."""
    log, first = torch.log, u[:, :1]
    ratios = (deviation[:, 1:] / (deviation[:, :1] + 1e-3)).clamp(0.02)
    parts = [c, log(deviation[:, :1] + 3e-3), log(ratios)]
    steps = [(first - first.roll(1, axis)).square().mean((1, 2, 3)) + 1e-4 for axis in (2, 3)]
    skewness = first.pow(3).mean((1, 2, 3)).clamp(-3, 3)
    for _ in range(OCTAVES):
        small = torch.nn.functional.avg_pool2d(first, 2)
        coarse = small.repeat_interleave(2, 2).repeat_interleave(2, 3)
        parts.append(log((first - coarse).std((1, 2, 3)) + 1e-2)[:, None])
        first = small
    return torch.cat(parts + [(log(steps[0]) - log(steps[1]))[:, None], skewness[:, None]], 1)


def style(f, scale):
    """Features [N][12] -> what the network sees, [N][64]: normal numbers, and waves of them, because
    the layer that reads them is linear. scale [2][12]: mean and deviation. No style is zeros."""
    f = ((f - scale[0]) / scale[1]).clamp(-3, 3)
    out = torch.cat([f] + [wave(f * k) for k in (1.0, 2.0) for wave in (torch.sin, torch.cos)], 1)
    return torch.nn.functional.pad(out, (0, VECTOR - out.shape[1]))


class TextureNet(ConditionalNAFNet):
    """forward(x, sigma [N], material [N], style [N][64]) -> D(x; sigma), the clean plain picture."""

    def __init__(self, n_materials, **size):
        super().__init__(inputs=1, n_tasks=n_materials, context=VECTOR, **size)
        for layer in self.modules():
            if isinstance(layer, torch.nn.Conv2d) and layer.padding == (1, 1):
                layer.padding_mode = "circular"

    def raw(self, x, sigma, material, style_vector):
        """(F(c_in x), c_skip, c_out), for data of deviation 1."""
        s = sigma[:, None, None, None]
        whole = (s * s + 1).sqrt()
        t = TIME[0] + TIME[1] * sigma.log() / 4
        return (self.run(x / whole, self.embed(t, material, style_vector)), 1 / whole ** 2, s / whole)

    def forward(self, x, sigma, material, style_vector):
        out, skip, gain = self.raw(x, sigma, material, style_vector)
        return skip * x + gain * out.float()


def detail(u):
    """Standard deviation of the diagonal Haar details of plain pictures: what a judge of the noise
    level must not take for noise."""
    hh = (u[..., ::2, ::2] - u[..., 1::2, ::2] - u[..., ::2, 1::2] + u[..., 1::2, 1::2]) / 2
    return float(hh.square().mean().sqrt())


def held(clean):
    """Plain pictures have a deviation of 1 at most along each axis, and means of them have less: an answer
    that has more is weakened to that. compute/texture.c is the twin."""
    return clean / clean.square().mean((2, 3), keepdim=True).sqrt().clamp(min=1)


@torch.no_grad()
def draw(net, noise, material, style_vector, steps, sigma_max, sigma_min=0.02):
    """Plain pictures from noise [N][3][H][W] of deviation 1: Heun's method on the probability flow
    (Karras et al. 2022, algorithm 1), 2 steps - 1 evaluations."""
    ramp = torch.linspace(0, 1, steps)
    levels = (sigma_max ** (1 / 7) + ramp * (sigma_min ** (1 / 7) - sigma_max ** (1 / 7))) ** 7
    x = noise * sigma_max

    def slope(x, sigma):
        return (x - held(net(x, sigma.expand(len(x)), material, style_vector))) / sigma
    for i in range(steps):
        now, then = levels[i], levels[i + 1] if i + 1 < steps else torch.tensor(0.0)
        first = slope(x, now)
        ahead = x + (then - now) * first
        if i + 1 < steps:
            ahead = x + (then - now) * (first + slope(ahead, then)) / 2
        x = ahead
    return x
