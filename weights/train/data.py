# SPDX-License-Identifier: GPL-3.0-or-later
"""Training samples: clean photographs in memory, damaged on the fly.

A sample is a function of (seed, index) alone, so a run can be repeated and resumed whatever the
number of workers.
"""
import numpy as np
from PIL import Image
import torch

from degrade import TASKS
from degrade.common import clouds, convolve, linear, srgb
import pictures

# Share of a task's crops that are enlarged first: noise is removed from pictures at a camera's full
# resolution, which are softer, pixel by pixel, than the reduced photographs of most collections. The
# same goes for motion blur, whose real truths are frames of a video.
ENLARGED = {"noise": 0.8, "jpeg": 0.15, "motion-blur": 0.6}
GRAINLESS = {"noise": 0.97}
DEFOCUSED = {"raindrop": 0.35}
MARGIN = 16  # pixels damaged around a patch and cut off again: no degradation ends at its edge


def enlarged(picture, size, rng):
    """A random part of the picture at 1.2 to 3.5 times its size, size x size pixels. The median
    power above 0.3 cycles per pixel is then that of real full-size photographs (22 dB before)."""
    side = int(size / np.exp(rng.uniform(np.log(1.2), np.log(3.5))))
    y, x = (rng.integers(0, n - side + 1) for n in picture.shape[:2])
    part = Image.fromarray(picture[y:y + side, x:x + side])
    return np.asarray(part.resize((size, size), Image.Resampling.BICUBIC))


def without_grain(picture, level=5.5):
    """The picture (uint8) without its faint grain: 8 x 8 cosine coefficients below 2.7 level are
    dropped on four shifted grids and the results averaged. The truth of a noisy photograph is the
    mean of many shots and has no grain; with grainy truths a network learns to keep weak noise."""
    n = np.arange(8)
    basis = np.sqrt(np.where(n == 0, 1, 2) / 8)[:, None] * np.cos(np.pi * (n + 0.5) * n[:, None] / 8)
    basis = basis.astype(np.float32)
    h, w = picture.shape[:2]
    padded = np.pad(picture.astype(np.float32), ((8, 16 - h % 8), (8, 16 - w % 8), (0, 0)), "reflect")
    total = np.zeros((h, w, 3), np.float32)
    for dy in (2, 6):
        for dx in (2, 6):
            part = padded[dy:dy + (h // 8 + 2) * 8, dx:dx + (w // 8 + 2) * 8]
            blocks = part.reshape(part.shape[0] // 8, 8, part.shape[1] // 8, 8, 3)
            c = np.einsum("ui,aibjc,vj->abcuv", basis, blocks, basis, optimize=True)
            keep = np.abs(c) > 2.7 * level
            keep[..., 0, 0] = True
            blocks = np.einsum("ui,abcuv,vj->aibjc", basis, c * keep, basis, optimize=True)
            total += blocks.reshape(part.shape)[8 - dy:8 - dy + h, 8 - dx:8 - dx + w]
    return np.clip(total / 4 + 0.5, 0, 255).astype(np.uint8)


def out_of_focus(picture, rng):
    """The picture (0..1) where the lens is set to something near: parts of it through a disc, in linear
    light, often in the dark and with lamps, which are discs then. With sharp truths alone a network
    takes round soft things for drops."""
    h, w = picture.shape[:2]
    light = linear(picture) * np.exp(rng.uniform(np.log(0.05), 0.7))
    radius = np.exp(rng.uniform(np.log(2), np.log(14)))
    reach = int(radius) + 2
    y, x = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    far = np.hypot(y, x)
    disc = np.clip(radius + 0.5 - far, 0, 1) * (1 + rng.uniform(-0.3, 0.5) * (far / radius) ** 4)
    lamps = np.zeros_like(light)
    for _ in range(rng.poisson(rng.choice([0, 0, 2, 8]) * h * w / 128 ** 2)):
        colour = np.exp(rng.normal(0, 0.4, 3)) * np.exp(rng.uniform(np.log(0.03), np.log(1.5)))
        lamps[rng.integers(h), rng.integers(w)] += colour * disc.sum()
    far = np.clip(convolve(light + lamps, disc / disc.sum()), 0, 1)
    field = clouds(h, w, rng, 1.8)
    edge = np.quantile(field, max(0, rng.uniform(-0.3, 0.6)))
    there = np.clip((field - edge) * 12 + 1, 0, 1)[..., None]
    return srgb(np.clip(light, 0, 1) * (1 - there) + far * there).astype(np.float32)


def load_pictures(folder, least):
    """pictures.load() without the files' names."""
    return [picture for _, picture in pictures.load(folder, least)]


class Patches(torch.utils.data.Dataset):
    """index -> (clean, mean, degraded [3][P][P] float32, task row, context vector).

    With each = 1 every patch is damaged by itself. With more, a crop of `crop` pixels is damaged
    (and its mean computed) once for `each` patches; POOL crops take turns, so that a batch mixes
    them. mean: (task, damaged) -> mean, or None where the mean is the damaged picture.
    context: damaged crop -> its vector, or None: then the vectors are empty.
    smooth: the pictures without grain, or None; GRAINLESS says how often a task takes them.
    """

    POOL = 64

    def __init__(self, pictures, tasks, patch, seed, start, count, identity=0.05, each=1, crop=256,
                 mean=None, smooth=None, context=None):
        self.smooth = smooth or pictures
        self.pictures, self.tasks, self.patch = pictures, tasks, patch
        self.seed, self.start, self.count, self.identity = seed, start, count, identity
        self.each, self.mean, self.context = each, mean, context
        self.crop = crop if each > 1 else patch + MARGIN
        self.pool, self.block = {}, None

    def __len__(self):
        return self.count

    def damage(self, rng):
        """(clean, mean, damaged [H][W][3] float32, task row, vector) for a random crop."""
        row = int(rng.integers(len(self.tasks)))
        grainless = rng.uniform() < GRAINLESS.get(self.tasks[row], 0)
        picture = (self.smooth if grainless else self.pictures)[rng.integers(len(self.pictures))]
        if rng.uniform() < ENLARGED.get(self.tasks[row], 0):
            clean = enlarged(picture, self.crop, rng)
        else:
            y, x = (rng.integers(0, n - self.crop + 1) for n in picture.shape[:2])
            clean = picture[y:y + self.crop, x:x + self.crop]
        if rng.uniform() < 0.5:
            clean = clean[:, ::-1]
        clean = clean.astype(np.float32) / 255
        if rng.uniform() < DEFOCUSED.get(self.tasks[row], 0):
            clean = out_of_focus(clean, rng)
        damaged = clean if rng.uniform() < self.identity else TASKS[self.tasks[row]](clean, rng)
        vector = self.context(damaged) if self.context else torch.zeros(0)
        mean = self.mean(self.tasks[row], damaged) if self.mean else damaged
        return clean, mean, damaged, row, vector

    def pooled(self, number):
        """The crop for patch `number`: POOL crops are gone through `each` times. Made when first
        asked for, forgotten when the next POOL crops begin."""
        block, place = divmod(number, self.POOL * self.each)
        if block != self.block:
            self.pool, self.block = {}, block
        crop = block * self.POOL + place % self.POOL
        if crop not in self.pool:
            self.pool[crop] = self.damage(np.random.default_rng([self.seed, crop]))
        return self.pool[crop]

    def __getitem__(self, index):
        number = self.start + index
        if self.each > 1:
            clean, mean, damaged, row, vector = self.pooled(number)
            rng = np.random.default_rng([self.seed, number, 1])
        else:
            rng = np.random.default_rng([self.seed, number])
            clean, mean, damaged, row, vector = self.damage(rng)
        dy, dx = rng.integers(0, self.crop - self.patch + 1, 2)

        def cut(a):
            a = a[dy:dy + self.patch, dx:dx + self.patch].transpose(2, 0, 1)
            return torch.from_numpy(np.ascontiguousarray(a, dtype=np.float32))
        return cut(clean), cut(mean), cut(damaged), row, vector
