# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the lens, on the ground or on the print: raindrops, shadows, holes."""
import math

import numpy as np
from PIL import Image, ImageDraw

from .common import clouds, gaussian_blur, linear, quantise, soft_blur, srgb


def mirrored(v, n):
    """Indices beyond 0..n - 1 reflected back into it."""
    return ((n - 1) - abs((n - 1) - np.mod(v, 2 * (n - 1)))).astype(int)


class Drops:
    """Water on the lens: how much of each pixel is covered, and where a covered pixel looks."""

    def __init__(self, h, w):
        self.cover = np.zeros((h, w), np.float32)
        self.glint = np.zeros((h, w), np.float32)
        self.y, self.x = (v.astype(np.float32) for v in np.mgrid[0:h, 0:w])
        self.look_y, self.look_x = self.y.copy(), self.x.copy()
        self.below = np.zeros((h, w), np.float32)  # a drop's centre, in its radii

    def add(self, cx, cy, r, opacity, rng):
        """A blob of one to three merged discs; it shows a wide field of view upside down."""
        h, w = self.cover.shape
        box = (slice(int(max(0, cy - 3 * r)), int(max(0, min(h, cy + 3 * r + 1)))),
               slice(int(max(0, cx - 3 * r)), int(max(0, min(w, cx + 3 * r + 1)))))
        y, x = self.y[box] - cy, self.x[box] - cx
        field = 0
        for _ in range(rng.integers(1, 4)):
            dx, dy = rng.normal(0, 0.35 * r), rng.normal(0, 0.45 * r)
            field = field + ((r * rng.uniform(0.6, 1)) ** 2
                             / ((x - dx) ** 2 + ((y - dy) / rng.uniform(1, 1.4)) ** 2 + 1e-3))
        blob = np.clip((field - 0.75) * 2.2, 0, 1) * opacity
        over, wide = blob > self.cover[box], rng.uniform(3.5, 7)
        self.look_x[box] = np.where(over, cx - x * wide, self.look_x[box])
        self.look_y[box] = np.where(over, cy - y * wide, self.look_y[box])
        self.below[box] = np.where(over, y / r, self.below[box])
        self.glint[box] += (np.exp(-((x + 0.3 * r) ** 2 + (y - 0.35 * r) ** 2) / (0.12 * r * r))
                            * rng.uniform(0, 0.35) * blob)
        self.cover[box] = np.maximum(self.cover[box], blob)


def smears(x, sky, rng):
    """Drops so near that they are but large soft spots: the scene without its detail, paler."""
    h, w = x.shape[:2]
    rows, columns = (v.astype(np.float32) for v in np.mgrid[0:h, 0:w])
    sigma = rng.uniform(4, 12)
    blurred = np.stack([soft_blur(np.ascontiguousarray(x[..., i]), sigma) for i in range(3)], 2)
    for _ in range(rng.poisson(rng.uniform(0.3, 2) * 1e-4 * h * w)):
        r, cy, cx = math.exp(rng.uniform(math.log(10), math.log(45))), rng.uniform(0, h), rng.uniform(0, w)
        far = np.hypot((rows - cy) / rng.uniform(0.9, 1.3), columns - cx) / r
        soft = rng.uniform(0.2, 0.6)
        share = (np.clip((1 - far) / soft + 0.5, 0, 1) * rng.uniform(0.25, 0.8))[..., None]
        pale = rng.uniform(0, 0.6)
        x = x * (1 - share) + (blurred * (1 - pale) + sky * pale) * share
    return x


def raindrop(x, rng):
    """Drops out of focus on the glass in front of the lens, and large faint ones. What they show
    is upside down: often the sky below and dark ground above, wherever the crop may be from."""
    h, w = x.shape[:2]
    drops, scale = Drops(h, w), rng.uniform(0.5, 1.6)
    for _ in range(rng.poisson(rng.uniform(1.5e-4, 7e-4) * h * w / scale ** 1.5)):
        r = min(scale * math.exp(rng.normal(1.9, 0.45)), 26)
        drops.add(rng.uniform(0, w), rng.uniform(0, h), r, rng.uniform(0.85, 1), rng)
    if rng.uniform() < 0.4:
        for _ in range(rng.poisson(1.5e-4 * h * w)):
            drops.add(rng.uniform(0, w), rng.uniform(0, h), rng.uniform(15, 40),
                      rng.uniform(0.3, 0.6), rng)
    defocus = scale * rng.uniform(0.6, 2.4)
    field = gaussian_blur(x, 2.5)[mirrored(drops.look_y, h), mirrored(drops.look_x, w)]
    inside = gaussian_blur(field, 1.6 * scale)
    sky = rng.uniform(0.55, 1) * (1 + rng.normal(0, 0.03, 3)).astype(np.float32)
    around = np.clip(rng.uniform(0.8, 2) * gaussian_blur(drops.below, defocus) + 0.5, 0, 1)[..., None]
    around = around * sky + (1 - around) * x.mean((0, 1)) * rng.uniform(0.2, 0.9)
    known = rng.uniform() < 0.35 or rng.uniform()
    inside = inside * known + around * (1 - known)
    cover = np.clip(gaussian_blur(drops.cover, defocus) * 1.05, 0, 1)
    rim = np.clip(gaussian_blur(cover, 1.5 * defocus) - cover, 0, 0.5)
    inside = (inside * rng.uniform(0.8, 1.1) + rng.uniform(-0.02, 0.08)
              + (gaussian_blur(drops.glint, defocus * 0.6) - 0.25 * rim)[..., None])
    share = (cover * rng.uniform(0.7, 1))[..., None]
    y = x * (1 - share) + inside * share
    return quantise(smears(y, sky, rng) if rng.uniform() < 0.4 else y)


def figure(h, w, rng):
    """The shadow of somebody, or of some thing with limbs."""
    sheet = Image.new("L", (w, h))
    draw, side = ImageDraw.Draw(sheet), min(h, w)
    cx, cy = rng.uniform(0.2, 0.8) * w, rng.uniform(0.2, 0.8) * h
    for _ in range(rng.integers(3, 8)):
        x, y = cx + rng.normal(0, 0.16) * side, cy + rng.normal(0, 0.22) * side
        r = rng.uniform(0.05, 0.16) * side / 2
        draw.line([cx, cy, x, y], fill=255, width=max(1, int(2 * r)))
        draw.ellipse([x - r, y - r, x + r, y + r], fill=255)
    return np.asarray(sheet, np.float32) / 255


def polygon(h, w, rng):
    sheet, n = Image.new("L", (w, h)), int(rng.integers(3, 8))
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    radii = rng.uniform(0.2, 0.6, n) * min(h, w)
    cx, cy = rng.uniform(0.2, 0.8) * w, rng.uniform(0.2, 0.8) * h
    ImageDraw.Draw(sheet).polygon([(cx + r * math.cos(a), cy + r * math.sin(a))
                                   for r, a in zip(radii, angles)], fill=255)
    return np.asarray(sheet, np.float32) / 255


def half_plane(h, w, rng):
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.25, 0.25)
    y, x = np.mgrid[0:h, 0:w]
    across = (x / w - 0.5) * math.cos(angle) + (y / h - 0.5) * math.sin(angle)
    return (across > offset).astype(np.float32)


def leaves(h, w, rng):
    field = clouds(h, w, rng, 1.3)
    return (field > np.quantile(field, rng.uniform(0.4, 0.7))).astype(np.float32)


def shadow(x, rng):
    """Sunlight is missing where the mask is 1: what is left is the sky's, weaker and bluer. The
    edge is the softer the farther away the thing that casts it."""
    h, w = x.shape[:2]
    mask = (figure, polygon, half_plane, leaves)[rng.integers(4)](h, w, rng)
    if rng.uniform() < 0.05:
        mask = 1 - mask
    near, far = rng.uniform(0.5, 1.5), math.exp(rng.uniform(0, math.log(25)))
    share = np.linspace(0, 1, h)[::rng.choice([-1, 1]), None]
    mask = (gaussian_blur(mask, near) * (1 - share) + soft_blur(mask, far) * share)[..., None]
    sky = rng.uniform(0.15, 0.6) * np.array([rng.uniform(0.82, 1), rng.uniform(0.92, 1),
                                             rng.uniform(1, 1.22)])
    light = linear(x)
    dark = light * sky + rng.uniform(0, 0.012) * np.array([0.8, 0.9, 1.1])
    return quantise(srgb(light * (1 - mask) + dark * mask))


def stroke(draw, h, w, width, rng):
    """A broken line as one draws over something, with random turns."""
    x, y, angle = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, 2 * np.pi)
    for _ in range(rng.integers(1, 9)):
        length = rng.uniform(8, 40)
        angle += rng.uniform(-1.6, 1.6)
        nx, ny = x + length * math.cos(angle), y + length * math.sin(angle)
        draw.line([x, y, nx, ny], fill=255, width=width)
        draw.ellipse([nx - width / 2, ny - width / 2, nx + width / 2, ny + width / 2], fill=255)
        x, y = nx, ny


def hole(h, w, rng):
    """1 where the picture is to be filled: brush strokes, boxes, or lines of lettering."""
    sheet = Image.new("L", (w, h))
    draw, kind = ImageDraw.Draw(sheet), rng.uniform()
    wanted, width = rng.uniform(0.05, 0.5) * h * w, int(rng.integers(6, 31))
    for _ in range(60):
        if kind < 0.8:
            stroke(draw, h, w, max(4, int(width * rng.uniform(0.7, 1.2))), rng)
        elif kind < 0.9:
            left, top = rng.uniform(0, w), rng.uniform(0, h)
            width, height = rng.uniform(8, 0.4 * min(h, w) + 8, 2)
            draw.rectangle([left, top, left + width, top + height], fill=255)
        else:
            text = "".join(chr(c) for c in rng.integers(33, 127, 24))
            draw.text((rng.uniform(-40, w / 2), rng.uniform(0, h)), text, fill=255,
                      font_size=rng.uniform(10, 40))
        if np.asarray(sheet).sum() / 255 >= wanted:
            break
    return np.asarray(sheet) > 127


def inpainting(x, rng):
    """The hole is painted white; all else is untouched."""
    return np.where(hole(*x.shape[:2], rng)[..., None], np.float32(1), x)
