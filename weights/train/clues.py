# SPDX-License-Identifier: GPL-3.0-or-later
"""Clues: numbers in which damage shows, counted in the context encoder's two small pictures; twin of
compute/clues.c and its parts, equal to 1e-5.

Values are 255ths. The mosaic's four tiles of full resolution are never looked at across their seams.
Logarithms keep all clues of some size; what is added in them is what 8 bits leave anyway.
"""
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])
SPECK = 20.3          # 255ths; no clue's limit is a number that pixels of 8 bits can have
NEXT_TO_NOTHING = 1.003  # what rounding to 8 bits leaves of a wave of JPEG's that was 0
N_CLUES = 240


def quantile(values, q):
    """The value at place floor(q n) of n in order."""
    values = np.sort(values, axis=None)
    return values[int(q * len(values))]


def log_mean(values, more):
    return np.log((values.mean() if values.size else 0) + more)


def colours(x):
    """[3][H][W] in 0..1 -> luma, blue and red less luma, in 255ths."""
    x = np.asarray(x, np.float64) * 255
    y = np.tensordot(LUMA, x, 1)
    return y, 0.564 * (x[2] - y), 0.713 * (x[0] - y)


def tiles(plane):
    """[2 n][2 n] -> [4][n][n]."""
    n = plane.shape[0] // 2
    return plane.reshape(2, n, 2, n).transpose(0, 2, 1, 3).reshape(4, n, n)


def halved(t):
    n, h, w = t.shape
    return t.reshape(n, h // 2, 2, w // 2, 2).mean((2, 4))


def detail(t):
    """Each inner pixel less the mean of its four neighbours."""
    return t[:, 1:-1, 1:-1] - (t[:, :-2, 1:-1] + t[:, 2:, 1:-1] + t[:, 1:-1, :-2] + t[:, 1:-1, 2:]) / 4


def framed_detail(t):
    return np.pad(detail(t), ((0, 0), (1, 1), (1, 1)))


def steps(t, lags, shape):
    """How much the picture changes over some pixels, across and down; shape: along the diagonals too,
    and how evenly. Blur makes short steps small, and in its direction; noise makes all large."""
    out = []
    h, w = t.shape[1:]
    for lag in lags:
        for dy, dx in ((0, lag), (lag, 0), (lag, lag), (lag, -lag))[:4 if shape else 2]:
            d = (t[:, dy:, max(dx, 0):w + min(dx, 0)] - t[:, :h - dy, max(-dx, 0):w - max(dx, 0)])
            m2 = (d * d).mean()
            out.append(np.log(m2 + 0.01))
            if shape:
                out.append(np.log(m2 + 0.01) - 2 * log_mean(abs(d), 0.1))
    return out


def specks(t, levels):
    """The detail's strength, skewness, tails, bright and dark specks, at full and at halved sizes: snow
    and rain are bright."""
    out = []
    for _ in range(levels):
        d = detail(t)
        m2, m3, m4 = ((d ** k).mean() for k in (2, 3, 4))
        m2 += 0.01
        out += [np.log(m2), np.arcsinh(m3 / m2 ** 1.5), np.log(m4 / m2 ** 2 + 0.1),
                log_mean(d > SPECK, 1e-3), log_mean(d < -SPECK, 1e-3)]
        t = halved(t)
    return out


def cosines():
    n = np.arange(8)
    return np.sqrt(np.where(n == 0, 1, 2) / 8)[:, None] * np.cos(np.pi * (n + 0.5) * n[:, None] / 8)


def band(v, u):
    """0 .. 11: ring of the larger frequency, in it across, along and diagonal; -1 for the mean."""
    most, least = max(u, v), min(u, v)
    if most == 0:
        return -1
    ring = 0 if most == 1 else most // 2
    return 3 * ring + (2 if 2 * least > most else 0 if u > v else 1)


BANDS = np.array([[band(v, u) for u in range(8)] for v in range(8)])
RINGS = np.where(BANDS < 0, -1, BANDS // 3)


def waves(t, off, groups, quantiles):
    """Blocks of 8 x 8 that begin at off: the power of a band in weak, middle and strong blocks, and the
    share of waves that are next to nothing, as JPEG leaves many on its own grid."""
    t = t[:, off:t.shape[1] - off, off:t.shape[2] - off]
    n, h, w = t.shape
    blocks = t.reshape(n, h // 8, 8, w // 8, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 8, 8)
    c, out = cosines() @ blocks @ cosines().T, []
    for g in range(groups.max() + 1):
        mine = c[:, groups == g]
        power = (mine * mine).mean(1)
        out += [np.log(quantile(power, q) + 0.05) for q in quantiles]
        out.append((abs(mine) < NEXT_TO_NOTHING).mean())
    return out


def grid(t):
    """How much larger steps are from one of JPEG's blocks to the next, and on any other grid of 8."""
    out = []
    for axis in (1, 2):
        d = abs(np.diff(t, axis=axis)).mean((0, 3 - axis))
        phases = [d[k::8].mean() + 0.05 for k in range(8)]
        others = np.mean(phases[:7])
        out += [np.log(phases[7] / others), np.log(max(phases[:7]) / others)]
    return out


def sharpness(t):
    """Over squares: how fine detail compares with coarse, and how much there is. Drops on the lens blur
    some squares, motion all."""
    levels, edge = [], 16
    for _ in range(4):
        d = framed_detail(t)
        n, h, w = d.shape
        squares = (d * d).reshape(n, h // edge, edge, w // edge, edge).mean((2, 4)).ravel()
        levels.append(np.log(squares + 0.3))
        t, edge = halved(t), edge // 2
    ratios = levels[0] - levels[2], levels[1] - levels[3], levels[0], levels[2]
    return [quantile(v, k / 10) for v in ratios for k in (1, 3, 5, 7, 9)]


def eroded(plane, reach):
    """The smallest value within reach."""
    for axis in (0, 1):
        n = plane.shape[axis]
        moved = [plane.take(np.clip(np.arange(n) + k, 0, n - 1), axis) for k in range(-reach, reach + 1)]
        plane = np.min(moved, 0)
    return plane


def tone(small):
    """Of the thumbnail: luma, dark channel (haze), saturation, colour."""
    x = np.asarray(small, np.float64) * 255
    y, blue, red = colours(small)
    low, high = x.min(0), x.max(0)
    dark, saturation = eroded(low, 3), (high - low) / (high + 8)
    out = [quantile(y, q) / 64 for q in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)]
    out += [np.log(quantile(dark, q) + 4) for q in (0.05, 0.25, 0.5, 0.75, 0.95)]
    out += [np.log(quantile(high, q) + 4) for q in (0.05, 0.5, 0.95)]
    out += [quantile(saturation, q) for q in (0.1, 0.25, 0.5, 0.75, 0.9)]
    out += [v.mean() / 16 for v in (blue, red)] + [np.log(v.std() + 1) for v in (y, blue, red)]
    return out + specks(y[None], 3)


def holes(near):
    """Blocks of 3 x 3 that are white, or constant; how many edges the white ones have, and whether they
    end at once, as a painted hole, or fade, as light."""
    x = np.stack([tiles(p) for p in np.asarray(near, np.float64) * 255], 1)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (-2, -1))
    white = (x > 254.5).all(1)
    block = np.lib.stride_tricks.sliding_window_view(white, (3, 3), (-2, -1)).all((-1, -2))
    constant = (windows.max((-1, -2)) - windows.min((-1, -2)) < 0.6).all(1) & ~block
    y = np.tensordot(x, LUMA, (1, 0))[:, 1:-1]
    begins, ends = block[:, :, 3:-2] & ~block[:, :, 2:-3], block[:, :, 2:-3] & ~block[:, :, 3:-2]
    next_to = 255 - np.concatenate([y[:, :, 2:-5][begins], y[:, :, 5:-2][ends]])
    beyond = 255 - np.concatenate([y[:, :, :-7][begins], y[:, :, 7:][ends]])
    jump = log_mean(next_to, 4)
    return [log_mean(block, 1e-4), log_mean(constant, 1e-3), np.log(len(next_to) / block.size + 1e-4), jump,
            log_mean(beyond, 4) - jump, log_mean(white, 1e-4)]


def best_cut(order):
    """(place, share of the variance): where to cut values in order so that the means of the two parts
    are farthest apart (Otsu, A threshold selection method from gray-level histograms, 1979)."""
    n = len(order)
    at = np.arange(n // 16, n - n // 16, 32)
    below = np.cumsum(order)[at - 1]
    between = at * (n - at) / n ** 2 * ((order.sum() - below) / (n - at) - below / at) ** 2
    best = between.argmax() if between.max() > 1e-9 else None  # else of one luma
    return (n // 2, 0) if best is None else (at[best], between[best] / (order.var() + 1e-4))


def pairs(plane, apart):
    """(first, second) of pixels so far apart, down and then across."""
    return [(plane[:-apart], plane[apart:]), (plane[:, :-apart], plane[:, apart:])]


def shade(small):
    """Of the thumbnail's logarithms: two groups of luma, as shadow and light, what tells them apart, the
    texture in each, and what changes over the border between them."""
    x = np.log(np.asarray(small, np.float64) + 0.03)
    planes = np.tensordot(LUMA, x, 1), x[0] - x[1], x[2] - x[1]
    order = np.sort(planes[0], axis=None)
    cut, share = best_cut(order)
    dark = planes[0] < order[cut]
    both = 0 < dark.sum() < dark.size
    out = [share, cut / dark.size] + [p[~dark].mean() - p[dark].mean() if both else 0 for p in planes]
    for group in (dark, ~dark):
        d = [abs(b - a)[g & h] for (a, b), (g, h) in zip(pairs(planes[0], 1), pairs(group, 1))]
        out.append(log_mean(np.concatenate(d), 0.01))
    border = [g ^ h for g, h in pairs(dark, 3)]
    out.append(np.log(sum(b.sum() for b in border) / dark.size + 1e-3))
    signs = [np.sign(b - a) for a, b in pairs(planes[0], 3)]
    for p in planes:
        across = np.concatenate([(s * (b - a))[o] for (a, b), s, o in zip(pairs(p, 3), signs, border)])
        out += [across.mean() if across.size else 0, np.log((across.std() if across.size else 0) + 0.01)]
    return out


def likeness(near):
    """How alike the channels' finest detail is, in the flattest quarter of the squares of 8 x 8 and in
    all: edges are alike, noise is not."""
    d = [framed_detail(tiles(p * 255)) for p in np.asarray(near, np.float64)]
    n = d[0].shape[1] // 8
    squares = [p.reshape(4, n, 8, n, 8).transpose(0, 1, 3, 2, 4).reshape(-1, 64) for p in d]
    power = sum((s * s).sum(1) for s in squares)
    out = []
    for most in (quantile(power, 0.25), np.inf):
        red, green, blue = (s[power <= most] for s in squares)
        for a, b in ((red, green), (green, blue)):
            out.append((a * b).mean() / (np.sqrt((a * a).mean() * (b * b).mean()) + 0.05))
    return out


def find_clues(small, near):
    """(thumbnail [3][96][96], mosaic [3][256][256]) in 0..1 -> [N_CLUES] float32."""
    y, blue, red = (tiles(p) for p in colours(near))
    out = steps(y, (1, 2, 4, 8), True) + steps(blue, (1, 2, 4), False) + steps(red, (1, 2, 4), False)
    out += specks(y, 4)
    out += waves(y, 0, BANDS, (0.1, 0.5, 0.9)) + waves(y, 4, BANDS, ())
    out += waves(blue, 0, RINGS, (0.1, 0.5)) + waves(red, 0, RINGS, (0.1, 0.5))
    out += grid(y) + grid(blue) + sharpness(y)
    out += tone(small) + holes(near) + shade(small) + likeness(near)
    return np.array(out, np.float32)
