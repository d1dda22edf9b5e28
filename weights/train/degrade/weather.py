# SPDX-License-Identifier: GPL-3.0-or-later
"""What hangs in the air between the camera and the scene: haze, rain, snow."""
import math

import numpy as np
from PIL import Image, ImageDraw

from .common import clouds, convolve, encode_jpeg, gaussian_blur, line, path_kernel, quantise, soft_blur


def guided(guide, a, radius, eps):
    """Guided filter with a Gaussian window: a made smooth, but with the guide's edges."""
    mean_g, mean_a = soft_blur(guide, radius), soft_blur(a, radius)
    variance = soft_blur(guide * guide, radius) - mean_g * mean_g
    slope = (soft_blur(guide * a, radius) - mean_g * mean_a) / (variance + eps)
    return soft_blur(slope, radius) * guide + soft_blur(mean_a - slope * mean_g, radius)


def distance(x, rng):
    """A plausible distance, 0..1, for a picture that has none: a tilted ground, sky, regions of
    like brightness at one distance, a little mist; its edges follow the picture's."""
    h, w = x.shape[:2]
    height = np.linspace(1, 0, h, dtype=np.float32)[:, None]
    grey = np.asarray(x.mean(2), np.float32)
    tilt = rng.uniform(-0.5, 0.5) * np.linspace(-0.5, 0.5, w, dtype=np.float32)[None]
    ground = np.clip(height + tilt, 0, 1) ** rng.uniform(0.6, 1.8)
    sky = np.clip(2 * grey - 0.9, 0, 1) * np.clip(1 - 2 * (x.max(2) - x.min(2)), 0, 1) * height
    steps = int(rng.integers(3, 8))
    band = np.minimum((gaussian_blur(grey, 2) * steps).astype(int), steps - 1)
    region = rng.uniform(size=steps)[band]
    d = (rng.uniform(0.1, 1) * ground + rng.uniform(0, 0.5) * sky + rng.uniform(0, 0.6) * region
         + rng.uniform(0, 0.4) * clouds(h, w, rng, 1.5))
    d = guided(grey, d.astype(np.float32), max(3, min(h, w) // 24), 10 ** rng.uniform(-3, -2))
    d = d - d.min()
    return d / (d.max() + 1e-6)


def haze(x, rng, most=3.2):
    """x t + A (1 - t) with t = exp(-beta distance) (Koschmieder), beta up to most; some smoke
    without distance."""
    h, w = x.shape[:2]
    kind = rng.uniform()
    if kind < 0.15:
        d = np.full((h, w), rng.uniform(0.2, 1))
    elif kind < 0.3:
        d = clouds(h, w, rng, 1.5) * rng.uniform(0.4, 1) + rng.uniform(0, 0.4)
    else:  # a patch of a larger picture need not reach from the nearest to the farthest
        d = rng.uniform(0, 0.5) + rng.uniform(0.3, 1) * distance(x, rng)
    t = np.clip(np.exp(-rng.uniform(0.4, most) * d), 0.05, 1)[..., None]
    air = np.clip(rng.uniform(0.7, 1) * (1 + rng.normal(0, 0.02, 3)), 0.5, 1)
    return quantise(x * t + air * (1 - t))


def streaks(h, w, rng, density, length, degrees, width):
    """One layer of falling drops as streaks, 0..1 and, where they cross, more."""
    edge = int(length) // 2 + 2
    size = (h + 2 * edge, w + 2 * edge)
    seeds = np.where(rng.uniform(size=size) < density, rng.uniform(0.3, 1, size), 0)
    trace = convolve(gaussian_blur(seeds.astype(np.float32), width)[..., None],
                     path_kernel(line(length, 90 + degrees)))
    trace = trace[edge:edge + h, edge:edge + w, 0]
    return trace / (np.percentile(trace, 99.5) + 1e-6)


def veiled(x, rng):
    veil = rng.uniform(0, 0.25)
    return x * (1 - veil) + rng.uniform(0.6, 0.9) * veil


def heavy_rain(x, rng, degrees):
    """As the usual data sets have it: dense, crossing, nearly opaque; brightness is added and clipped."""
    h, w = x.shape[:2]
    total = np.zeros((h, w, 1), np.float32)
    for _ in range(rng.integers(2, 5)):
        layer = streaks(h, w, rng, rng.uniform(0.003, 0.012), rng.uniform(14, 50),
                        degrees + rng.normal(0, 8), rng.uniform(0.4, 1.0))
        total += (layer * rng.uniform(0.25, 0.65))[..., None]
    y = veiled(x, rng)
    return quantise(y + total * rng.uniform(0.7, 1.3))


def few_streaks(x, rng, degrees):
    """Single bright streaks in a veil."""
    h, w = x.shape[:2]
    total = np.zeros((h, w, 1), np.float32)
    for _ in range(rng.integers(1, 4)):
        layer = streaks(h, w, rng, math.exp(rng.uniform(-7.1, -5.1)), rng.uniform(8, 45),
                        degrees + rng.normal(0, 3), rng.uniform(0.4, 1.0))
        total += (layer * rng.uniform(0.2, 0.65))[..., None]
    y = veiled(x, rng)
    drops = np.clip(total, 0, 1) * rng.uniform(0.5, 1)
    y = quantise(y + drops * (1 - y * rng.uniform(0, 0.6)))
    return haze(y, rng, 2) if rng.uniform() < 0.1 else y


def fine_rain(x, rng, degrees):
    """What photographs of a rainy day have: thin, faint streaks all over, which are the sky's light
    before the scene, so dark ground shows them; half of it through a JPEG encoder."""
    h, w = x.shape[:2]
    clear = np.ones((h, w), np.float32)
    for _ in range(rng.integers(1, 4)):
        layer = streaks(h, w, rng, math.exp(rng.uniform(math.log(0.003), math.log(0.03))),
                        math.exp(rng.uniform(math.log(8), math.log(70))),
                        degrees + rng.normal(0, 3), rng.uniform(0.35, 0.9))
        clear *= 1 - np.clip(layer, 0, 1.5) * rng.uniform(0.06, 0.35)
    veil = rng.uniform(0, 0.12)
    clear = clear[..., None] * (1 - veil)
    y = quantise(x * clear + rng.uniform(0.55, 1) * (1 - clear))
    if rng.uniform() < 0.5:  # what the encoder does to the rain alone: the truth keeps its own traces
        how = rng.integers(60, 96), int(rng.integers(0, 3))
        y = quantise(x + encode_jpeg(y, *how) - encode_jpeg(x, *how))
    return y


def rain(x, rng):
    """One of the three kinds, most often fine rain."""
    kind = rng.uniform()
    degrees = rng.uniform(-40, 40)
    fall = heavy_rain if kind < 0.3 else fine_rain if kind < 0.7 else few_streaks
    return fall(x, rng, degrees)


# radius from, to (pixels); flakes per pixel; defocus (pixels)
FLAKES = ((0.5, 1.1, 4e-3, 0.4), (1.2, 2.4, 1e-3, 0.7), (3, 7, 1e-4, 1.8))


def flakes(h, w, rng, low, high, density, defocus):
    """Irregular polygons, drawn at twice the size: their coverage, 0..1."""
    sheet = Image.new("L", (2 * w, 2 * h))
    draw = ImageDraw.Draw(sheet)
    for _ in range(rng.poisson(density * h * w)):
        n = int(rng.integers(5, 9))
        angles = rng.uniform(0, 2 * np.pi) + np.arange(n) * 2 * np.pi / n
        radii = 2 * rng.uniform(low, high) * rng.uniform(0.65, 1.15, n)
        x, y = 2 * rng.uniform(-9, w + 9), 2 * rng.uniform(-9, h + 9)
        flat = rng.uniform(0.6, 1)
        corners = [(x + r * math.cos(v), y + r * flat * math.sin(v)) for r, v in zip(radii, angles)]
        draw.polygon(corners, fill=int(255 * rng.uniform(0.6, 1)))
    cover = np.asarray(sheet.resize((w, h), Image.BOX), np.float32) / 255
    return gaussian_blur(cover, defocus)


def snow(x, rng):
    """Mostly opaque flakes of three sizes, each with its defocus and fall; often a veil or haze."""
    h, w = x.shape[:2]
    if rng.uniform() < 0.3:
        x = haze(x, rng, 2) if rng.uniform() < 0.5 else x * 0.85 + 0.15 * rng.uniform(0.8, 1)
    veil = rng.uniform(0, 0.18)
    y, fall, amount = x * (1 - veil) + 0.92 * veil, rng.uniform(50, 130), rng.uniform(0.6, 3.2)
    for low, high, density, defocus in FLAKES:
        cover = flakes(h, w, rng, low, high, density * amount * rng.uniform(0.6, 1.4),
                       defocus * rng.uniform(0.7, 1.5))
        if rng.uniform() < 0.8:
            path = line(rng.uniform(1, 1 + 2.5 * high), fall + rng.normal(0, 8))
            cover = convolve(cover[..., None], path_kernel(path))[..., 0]
        opaque = np.clip(cover * rng.uniform(1.1, 2.4), 0, rng.uniform(0.8, 0.98))[..., None]
        y = y * (1 - opaque) + opaque * np.array([0.96, 0.97, 1]) * rng.uniform(0.88, 1)
    return quantise(y)
