# SPDX-License-Identifier: GPL-3.0-or-later
"""The mean for motion blur: Wiener filters for straight paths, between which a small network chooses.

A picture is gone through in overlapping windows. Straight motion of a length and a direction multiplies
a window's spectrum by a known profile, and so adds to the logarithm of its power: stripes, seen along
each direction as dark bands, and in the cepstrum as a dip at the length. The network sees both, by
direction, for the window and for those around it, and answers with the shares of filters: profiles
over the frequency along a direction (one for each length, with more or less fear of noise), profiles
over the frequency in all directions, and leaving the window as it is. Their sum is one filter, applied
by one transform. The profiles begin as Wiener's for a straight path and are learned along.
What is trained is the mean squared error itself, which for a filter H is a sum over frequencies:
|G|^2 - 2 Re(conj(Y) G) H + |Y|^2 H^2. The C twin is compute/wiener.c.
"""
import numpy as np
import torch
from torch import nn
from torch.nn.functional import pad

MEAN = "wiener"  # in a model file's mend.mean
N = 256       # side of a window, pixels
INNER = 192   # its part that is used, faded out; windows lie half of that apart
HOP = INNER // 2
ANGLES = 24
KNOTS = 65    # of a profile, over frequencies 0 .. sqrt(1/2) cycles a pixel
AROUND = 2    # windows on each side whose mean is seen too
FLOOR = 1e-7  # added to powers before their logarithm: a sixth of what 8 bits leave in luma
LUMA = np.array([0.299, 0.587, 0.114])
HALF = N // 2 + 1
# Where the power, in cycles a pixel, and the cepstrum, in pixels, are looked at along each direction,
# and the deviations of these looks.
POWER = [(0.012 + 0.008 * i, 0.004) for i in range(11)] + [(0.11 + 0.026 * i, 0.013) for i in range(15)]
CEPSTRUM = [(2.0 + 2 * i, 1.0) for i in range(25)]
SEEN = len(POWER) + len(CEPSTRUM)
LENGTHS = (3, 5, 7, 9, 12, 15, 19, 24, 30, 38, 48)  # of the paths that filters begin with, pixels
FEARS = (0.03, 0.15)                                # noise over signal that they begin with
ROUND = (3, 6, 10, 16)                              # breadths of those for all directions
HIDDEN = 64


def hann(n):
    return 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)


def taper():
    """[N]: 1 on INNER, falling to 0 outside, so that a window may be taken for periodic."""
    v, edge = np.ones(N), (N - INNER) // 2
    v[:edge] = hann(2 * edge)[:edge]
    return np.minimum(v, v[::-1])


def looks(y, x, places):
    """For each direction and place along it a Gaussian over points y, x, no narrower across the direction
    than half of the way to the next one, cut off at 1 %: (points, their shares, where each begins), one
    after the other. Shares have the sum 1."""
    points, shares = [], []
    for angle in np.arange(ANGLES) * np.pi / ANGLES:
        along, across = np.abs(x * np.cos(angle) + y * np.sin(angle)), y * np.cos(angle) - x * np.sin(angle)
        for at, spread in places:
            wide = max(spread, at * np.pi / ANGLES / 2)
            power = ((along - at) / spread) ** 2 / 2 + (across / wide) ** 2 / 2
            points.append(np.flatnonzero(power < np.log(100)))
            g = np.exp(-power[points[-1]])
            shares.append(g / g.sum())
    begins = np.cumsum([0] + [len(v) for v in points[:-1]])
    return np.concatenate(points), np.concatenate(shares), begins


class Looks:
    """looks() at power and cepstrum."""

    def __init__(self):
        fy, fx = np.meshgrid(np.fft.fftfreq(N), np.fft.rfftfreq(N), indexing="ij")
        self.power = looks(fy.ravel(), fx.ravel(), POWER)
        self.cepstrum = looks((fy * N).ravel(), (fx * N).ravel(), CEPSTRUM)
        self.window = hann(N)[:, None] * hann(N)

    @staticmethod
    def means(values, rows):
        """[n][points] -> [n][ANGLES][places]."""
        points, shares, begins = rows
        return np.add.reduceat(values[:, points] * shares, begins, 1).reshape(len(values), ANGLES, -1)

    def features(self, luma):
        """luma [n][N][N] -> [n][SEEN][ANGLES]."""
        n, w = len(luma), self.window
        luma = luma - (luma * w).sum((1, 2), keepdims=True) / w.sum()
        power = np.abs(np.fft.rfft2(luma * w)) ** 2 / (w ** 2).sum()
        cepstrum = np.fft.irfft2(np.log(power + FLOOR), (N, N))[:, :, :HALF]
        seen = np.log(self.means(power.reshape(n, -1), self.power) + FLOOR)
        lags = self.means(cepstrum.reshape(n, -1), self.cepstrum)
        return np.concatenate([seen, lags], 2).transpose(0, 2, 1)


def mirrored(i, n):
    i = i % (2 * n)
    return np.where(i < n, i, 2 * n - 1 - i)


def windows(picture):
    """(windows [rows][columns][N][N][3] of a picture, mirrored beyond its edges; their centres)."""
    h, w = picture.shape[:2]
    centres = [np.arange(0, n + HOP, HOP) for n in (h, w)]
    y, x = (mirrored(c[:, None] + np.arange(-N // 2, N // 2), n) for c, n in zip(centres, (h, w)))
    return picture[y[:, None, :, None], x[None, :, None, :]], centres


def with_surroundings(features):
    """[rows][columns][SEEN][ANGLES] -> [rows][columns][2 SEEN][ANGLES]: behind each window's own the mean
    of those around it."""
    h, w = features.shape[:2]
    wide = np.empty_like(features)
    for y in range(h):
        for x in range(w):
            wide[y, x] = features[max(y - AROUND, 0):y + AROUND + 1,
                                  max(x - AROUND, 0):x + AROUND + 1].mean((0, 1))
    return np.concatenate([features, wide], 2)


def knots():
    return np.arange(KNOTS) / (KNOTS - 1) * np.sqrt(0.5)


def places(f):
    """(lower knot, share of the next) of frequencies."""
    at = np.clip(f / np.sqrt(0.5) * (KNOTS - 1), 0, KNOTS - 1 - 1e-9)
    return torch.from_numpy(at.astype(int)), torch.from_numpy((at % 1).astype(np.float32))


def read_off(table, place):
    """[rows][KNOTS] at places -> [rows][points]."""
    low, share = place
    return table[:, low] * (1 - share) + table[:, low + 1] * share


def wiener(length, fear):
    k = np.sinc(length * knots())
    return k * (1 + fear) / (k * k + fear) - 1


def rounded(breadth):
    return np.minimum(np.expm1(np.minimum((knots() * breadth) ** 2, 3) / 2), 1.5)


class Choice(nn.Module):
    """forward(features [n][2 SEEN][ANGLES]) -> shares [n][paths * ANGLES + round + 1] of filters, of sum 1;
    the last one leaves the window as it is."""

    def __init__(self):
        super().__init__()
        n_paths, n_round = len(LENGTHS) * len(FEARS), len(ROUND)
        self.register_buffer("centre", torch.zeros(2 * SEEN))
        self.register_buffer("scale", torch.ones(2 * SEEN))
        self.first = nn.Conv1d(2 * SEEN + 4, HIDDEN, 5, padding=2, padding_mode="circular")
        self.second = nn.Conv1d(HIDDEN, HIDDEN, 5, padding=2, padding_mode="circular")
        self.paths = nn.Conv1d(HIDDEN, n_paths, 3, padding=1, padding_mode="circular")
        self.others = nn.Linear(2 * HIDDEN, n_round + 1)
        for layer in (self.paths, self.others):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.others.bias.data[-1] = 6  # half is left as it is
        table = [wiener(length, fear) for length in LENGTHS for fear in FEARS]
        self.path_profiles = nn.Parameter(torch.tensor(np.array(table), dtype=torch.float32))
        self.round_profiles = nn.Parameter(torch.tensor(np.array([rounded(b) for b in ROUND]),
                                                        dtype=torch.float32))
        self.gain = nn.Parameter(torch.zeros(1, KNOTS))  # logarithm: all paths, by frequency

    def forward(self, features):
        angle = torch.arange(ANGLES) * (np.pi / ANGLES)
        turn = torch.stack([f(n * angle) for n in (2, 4) for f in (torch.cos, torch.sin)])
        v = (features - self.centre[:, None]) / self.scale[:, None]
        v = torch.cat([v, turn.float().expand(len(v), -1, -1)], 1)
        v = torch.relu(self.second(torch.relu(self.first(v))))
        others = self.others(torch.cat([v.mean(2), v.amax(2)], 1))
        return torch.softmax(torch.cat([self.paths(v).flatten(1), others], 1), 1)

    def filters(self, fy, fx):
        """What each filter but the last adds to 1, at frequencies [points]."""
        radius = places(np.hypot(fy, fx))
        gain = torch.exp(read_off(self.gain, radius))
        along = [read_off(self.path_profiles,
                          places(np.abs(fx * np.cos(a) + fy * np.sin(a))))
                 for a in np.arange(ANGLES) * np.pi / ANGLES]
        paths = torch.stack(along, 1) * gain
        return torch.cat([paths.flatten(0, 1), read_off(self.round_profiles, radius)])


class Estimator:
    """(task, picture [H][W][3]) -> its mean, float32, by a network Choice."""

    def __init__(self, choice):
        self.choice, self.looks = choice.eval().requires_grad_(False), Looks()
        fy, fx = np.meshgrid(np.fft.fftfreq(N), np.fft.rfftfreq(N), indexing="ij")
        self.filters = self.choice.filters(fy.ravel(), fx.ravel())
        self.taper = taper()[:, None] * taper()
        self.fade = (hann(INNER)[:, None] * hann(INNER))[..., None]

    def shares(self, parts):
        seen = np.stack([self.looks.features(row @ LUMA) for row in parts])
        seen = with_surroundings(seen)
        flat = torch.from_numpy(seen.reshape(-1, *seen.shape[2:]).astype(np.float32))
        return self.choice(flat)

    def __call__(self, task, picture):
        h, w = picture.shape[:2]
        parts, (rows, columns) = windows(picture.astype(np.float64))
        shares = self.shares(parts)
        filters = (1 + shares[:, :-1] @ self.filters).numpy().reshape(len(rows), len(columns), 1, N, HALF)
        edge, reach = (N - INNER) // 2, INNER // 2
        total = np.zeros((h + 2 * N, w + 2 * N, 3))
        for i, y in enumerate(rows + N):
            planes = np.ascontiguousarray(np.moveaxis(parts[i], 3, 1))
            tone = planes.mean((2, 3), keepdims=True)
            spectrum = np.fft.rfft2((planes - tone) * self.taper) * filters[i]
            made = np.moveaxis(np.fft.irfft2(spectrum, (N, N)) + tone, 1, 3)
            for part, x in zip(made, columns + N):
                total[y - reach:y + reach, x - reach:x + reach] += part[edge:-edge, edge:-edge] * self.fade
        return np.float32(np.clip(total[N:N + h, N:N + w], 0, 1))
