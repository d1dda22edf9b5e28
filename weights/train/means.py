# SPDX-License-Identifier: GPL-3.0-or-later
"""Classical estimates of the clean picture: the means to which the diffusion reverts.

mean_of(task, degraded) -> mean, both float32 [H][W][3], sRGB-encoded, 0..1. Where no estimate is
better than the picture itself, the picture is the mean. Every estimate is a fixed sequence of sums,
minima and bilinear steps, so that another program can repeat it to rounding; sums are in double
precision. MEANS gives each its name in a model file's mend.mean. Mean PSNR on the evaluation pairs:
haze 20.3 dB (input 10.9), low light 18.3 (8.5), inpainting 32.7 (10.8), motion blur 23.2 (23.1).
"""
import functools

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])


def window_sum(a, r):
    """Sum over the (2r + 1)^2 window of one plane, cut off at the edges."""
    for axis in (0, 1):
        n = a.shape[axis]
        total = np.concatenate([np.zeros_like(np.take(a, [0], axis)), np.cumsum(a, axis)], axis)
        high, low = np.minimum(np.arange(n) + r + 1, n), np.maximum(np.arange(n) - r, 0)
        a = np.take(total, high, axis) - np.take(total, low, axis)
    return a


def window_least(a, r):
    """Minimum over the (2r + 1)^2 window, cut off at the edges."""
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (r, r)
        wide, n = np.pad(a, pad, constant_values=np.inf), a.shape[axis]
        a = np.take(wide, range(n), axis)
        for i in range(1, 2 * r + 1):
            a = np.minimum(a, np.take(wide, range(i, i + n), axis))
    return a


def guided(guide, a, r, eps):
    """He, Sun and Tang, Guided image filtering (2013), box windows, grey guide."""
    n = window_sum(np.ones_like(guide), r)
    mean_g, mean_a = window_sum(guide, r) / n, window_sum(a, r) / n
    variance = window_sum(guide * guide, r) / n - mean_g * mean_g
    slope = (window_sum(guide * a, r) / n - mean_g * mean_a) / (variance + eps)
    offset = mean_a - slope * mean_g
    return window_sum(slope, r) / n * guide + window_sum(offset, r) / n


def dark_channel(y, omega=0.9, r=7, smooth=30, eps=1e-3, least=0.1):
    """Haze: He, Sun and Tang, Single image haze removal using dark channel prior (2009). The air's
    light is the mean of the pixels whose dark channel is among the highest thousandth."""
    y = y.astype(np.float64)
    dark = window_least(y.min(2), r)
    n = max(1, dark.size // 1000)
    air = y[dark >= np.partition(dark.ravel(), -n)[-n]].mean(0)
    air = np.maximum(air, 0.1)
    t = 1 - omega * window_least((y / air).min(2), r)
    t = np.maximum(guided(y @ LUMA, t, smooth, eps), least)[..., None]
    return np.clip((y - air) / t + air, 0, 1)


def smooth_step(x, low, high):
    x = np.clip((x - low) / (high - low), 0, 1)
    return x * x * (3 - 2 * x)


def haze_presence(y, clean, r=3, none=0.16, some=0.22):
    """0 to 1. Haze lies over all of a picture, so hardly anything in it is black, and much changes
    without it: 0.3 of how dark the darkest twentieth of the windows is, beside white, and the RMS of
    what the network changes, clean [H][W][3] being its answer. Of 200 clear photographs 15 % come to
    0.16, of 200 with made haze 98 %."""
    def largest(v, n):  # from 1
        return float(np.sort(v.ravel())[-n])
    dark, light = window_least(y.min(2), r), y.max(2)
    black, white = largest(dark, dark.size - dark.size // 20), largest(light, max(1, light.size // 100))
    change = np.sqrt(np.square(np.float64(clean) - y).mean())
    return smooth_step(0.3 * black / max(white, 0.1) + change, none, some)


def linear(x):
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def srgb(x):
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)


def exposure_gain(y, target=0.45, most=64.0):
    """The gain in linear light, the same for all, that brings the mean luma, as displayed, to target.
    Found by 24 halvings of its logarithm between 1 and most."""
    y = y.astype(np.float64)
    light, low, high = linear(y), 0.0, np.log(most)
    for _ in range(24):
        middle = (low + high) / 2
        shown = srgb(np.minimum(light * np.exp(middle), 1)) @ LUMA
        low, high = (middle, high) if shown.mean() < target else (low, middle)
    return np.exp(low)


def exposed(y, gain):
    """What is brighter than white stays so."""
    return srgb(linear(y.astype(np.float64)) * gain)


def exposure(y):
    """Low light: exposed by that gain, clipped at white."""
    return np.minimum(exposed(y, exposure_gain(y)), 1)


def neighbours(a, reach):
    """The planes of a [H][W] bool, moved by up to one pixel: 4 and itself, or (reach "8") all 9."""
    h, w = a.shape
    p = np.pad(a, 1, constant_values=False)
    moves = range(9) if reach == "8" else (1, 3, 4, 5, 7)
    return [p[i // 3:i // 3 + h, i % 3:i % 3 + w] for i in moves]


def white_hole(y):
    """What is painted over in white, not a lone highlight: all-white 3 x 3 blocks, and the white
    pixels that are at most two steps up, down or sideways from them (the corners of strokes)."""
    white = (y >= 254.5 / 255).all(2)
    hole = np.any(neighbours(np.all(neighbours(white, "8"), 0), "8"), 0)
    for _ in range(2):
        hole = white & np.any(neighbours(hole, "4"), 0)
    return hole


def halved(a):
    """Sums of 2 x 2 blocks; an odd last row or column is a block of its own."""
    a = np.pad(a, ((0, a.shape[0] % 2), (0, a.shape[1] % 2)) + ((0, 0),) * (a.ndim - 2))
    return a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2]


def doubled(a, h, w):
    """Bilinear, pixel centres aligned, edges repeated: h x w pixels from half as many."""
    for axis, n in ((0, h), (1, w)):
        at = np.clip((np.arange(n) - 0.5) / 2, 0, a.shape[axis] - 1)
        i = np.minimum(at.astype(int), max(a.shape[axis] - 2, 0))
        share = (at - i).reshape((-1,) + (1,) * (a.ndim - 1 - axis))
        next_one = np.minimum(i + 1, a.shape[axis] - 1)
        a = np.take(a, i, axis) * (1 - share) + np.take(a, next_one, axis) * share
    return a


def relax(a, hole, sweeps):
    """Red-black Gauss-Seidel on Laplace's equation in the hole; edges are mirrored."""
    y, x = np.indices(hole.shape)
    for i in range(2 * sweeps):
        p = np.pad(a, ((1, 1), (1, 1), (0, 0)), mode="edge")
        around = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]) / 4
        a = np.where((hole & ((y + x) % 2 == i % 2))[..., None], around, a)
    return a


def harmonic(y, sweeps=30):
    """Inpainting: the white hole filled with the harmonic continuation of its surroundings, from
    coarse to fine: known pixels are averaged down until no hole is left, each finer level starts
    from the coarser one."""
    hole = white_hole(y)
    if not hole.any() or hole.all():
        return y
    levels, known = [], (~hole).astype(np.float64)
    total = y.astype(np.float64) * known[..., None]
    while not known.all():
        levels.append((total, known))
        total, known = halved(total), halved(known)
    a = total / known[..., None]
    for total, known in reversed(levels):
        given = total / np.maximum(known, 1)[..., None]
        a = np.where((known > 0)[..., None], given, doubled(a, *known.shape))
        a = relax(a, known == 0, sweeps)
    return a


def unsharp(y, r=4, amount=0.25):
    """Motion blur: an unsharp mask, the blur being three running means (deviation 4.5 pixels)."""
    y = y.astype(np.float64)
    n = window_sum(np.ones(y.shape[:2]), r)[..., None]
    blurred = y
    for _ in range(3):
        blurred = window_sum(blurred, r) / n
    return np.clip(y + amount * (y - blurred), 0, 1)


def otsu(v, bins=256):
    """The threshold between two classes of values 0..1 (Otsu, A threshold selection method from
    gray-level histograms, 1979): the upper edge of the last bin of the lower class."""
    share = np.histogram(v, bins, (0, 1))[0] / v.size
    below, moment = np.cumsum(share), np.cumsum(share * np.arange(bins))
    between = (moment[-1] * below - moment) ** 2 / np.maximum(below * (1 - below), 1e-9)
    return (between.argmax() + 1) / bins


def softened(v, r=1):
    n = window_sum(np.ones_like(v), r)
    for _ in range(2):
        v = window_sum(v, r) / n
    return v


def shadow_match(y, ring=12, least=20):
    """Shadow: what is darker than Otsu's threshold on log light gets the mean, and half way the
    spread, of what lies within ring pixels around it, channel by channel. The picture itself where
    either part has fewer than least pixels."""
    y = y.astype(np.float64)
    tone = softened(np.log(linear(y) + 0.01) @ LUMA)
    tone = (tone - tone.min()) / max(tone.max() - tone.min(), 1e-9)
    dark = tone < otsu(tone)
    around = (window_sum(dark.astype(np.float64), ring) > 0.5) & ~dark
    if min(dark.sum(), around.sum()) < least:
        return y
    inside, outside = y[dark], y[around]
    slope = outside.std(0) / np.maximum(inside.std(0), 1e-3)
    slope = 1 + (np.clip(slope, 0.5, 4) - 1) / 2
    lit = (y - inside.mean(0)) * slope + outside.mean(0)
    edge = softened(dark.astype(np.float64))[..., None]
    return np.clip(y + (lit - y) * edge, 0, 1)


def lightened(before, after, dark=0.02):
    """How much lighter, in logarithms of all three channels [...][3]; dark: so that noise in what is
    dark does not count."""
    return np.log((np.float64(after) + dark) / (np.float64(before) + dark)).mean(-1)


def shadow_presence(y, clean, none=0.2, some=0.3):
    """0 to 1: by how much the network lightens the hundredth of the picture that it lightens most. Where
    that is little it mostly errs."""
    light = np.sort(lightened(y, clean).ravel())
    return smooth_step(light[-(light.size // 100 + 1)], none, some)


MEANS = {"haze": ("dark-channel", dark_channel), "low-light": ("exposure", exposure),
         "inpainting": ("harmonic", harmonic), "motion-blur": ("unsharp", unsharp)}
# The same for a thumbnail of 96 pixels, which overview.py improves on.
SMALL = {"haze": ("dark-channel-small", functools.partial(dark_channel, r=3, smooth=10)),
         "low-light": MEANS["low-light"], "shadow": ("shadow-match", shadow_match)}
TRUST = {"haze": 0.5, "low-light": 0.25}  # their part in an overview; the rest is learned
ACCORD = {"shadow": 0.65}  # the same where the two agree; 0 where they do not
GAIN = {"low-light": exposure_gain}  # where an overview improves on the exposed picture
# How surely there is any of the damage in a thumbnail.
PRESENCE = {"haze": haze_presence, "shadow": shadow_presence}


def names_of(tasks, before=""):
    """What a model file's mend.mean says: one name for each task, or "identity" for all. before:
    "overview:" where overview.py improves on the estimates."""
    table = SMALL if before else MEANS
    names = [before + (table[task][0] if task in table else "identity") for task in tasks]
    return ",".join(names) if set(names) != {"identity"} else "identity"


def mean_of(task, degraded, table=None):
    table = MEANS if table is None else table
    return np.float32(table[task][1](degraded)) if task in table else degraded
