# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion blur: the camera shakes, or something in the picture moves, while light is collected."""
import math

import numpy as np

from .common import (clouds, convolve, encode_jpeg, gaussian_blur, line, linear, path_kernel, quantise,
                     srgb)

N_POINTS = 200


def shake(length, rng):
    """A path of the given length: a velocity that wanders, is pulled back and sometimes reverses
    (Boracchi and Foi, Modeling the performance of image restoration from motion blur, 2012)."""
    wander, pull = rng.uniform(0, 0.3), rng.uniform(0, 0.04)
    turn = rng.uniform(0, 0.015)
    velocity = np.exp(2j * np.pi * rng.uniform())
    kicks = rng.normal(size=(N_POINTS, 2)) @ [1, 1j]
    turns = rng.uniform(size=N_POINTS) < turn
    points = np.zeros(N_POINTS, complex)
    for i in range(1, N_POINTS):
        velocity += wander * kicks[i] - pull * points[i - 1] / length * 4
        if turns[i]:
            velocity = -velocity * np.exp(1j * rng.uniform(-0.5, 0.5))
        velocity /= abs(velocity)
        points[i] = points[i - 1] + velocity * length / N_POINTS
    return points


def random_path(rng):
    """Half camera shake of 8 to 60 pixels, the rest straight moves and slight shakes."""
    kind = rng.uniform()
    if kind < 0.3:
        return line(np.exp(rng.uniform(np.log(5), np.log(45))), rng.uniform(0, 180))
    return shake(rng.uniform(2, 5) if kind < 0.5 else np.exp(rng.uniform(np.log(8), np.log(60))), rng)


def turned(light, path, rng):
    """The camera also rolls about a distant point: the path differs from corner to corner. Four
    blurred pictures, one for each corner's path, are blended."""
    h, w = light.shape[:2]
    time = np.linspace(0, 1, len(path))
    roll = time - 0.5 + 0.3 * np.sin(rng.uniform(1, 9) * time)
    roll = roll * math.radians(rng.uniform(0.5, 3))
    centre = complex(rng.uniform(-1, 2) * w, rng.uniform(-1, 2) * h)
    y, x = np.linspace(0, 1, h)[:, None, None], np.linspace(0, 1, w)[None, :, None]
    total = 0
    for corner, share in ((0, (1 - x) * (1 - y)), (w, x * (1 - y)), (1j * h, (1 - x) * y),
                          (w + 1j * h, x * y)):
        total = total + share * convolve(light, path_kernel(path + 1j * roll * (corner - centre)))
    return total


def move_something(y, light, rng):
    """Before the blurred y something passes on a path of its own."""
    field = clouds(*light.shape[:2], rng, 2)
    inside = field > np.quantile(field, rng.uniform(0.4, 0.8))
    mask = gaussian_blur(inside.astype(np.float32), 1)
    both = np.concatenate([light * mask[..., None], mask[..., None]], -1)
    moved = convolve(both, path_kernel(random_path(rng)))
    return moved[..., :3] + (1 - moved[..., 3:]) * y


def motion_blur(x, rng):
    """Half are blurred in linear light, where lights brighter than white leave streaks; half in the
    developed picture, as where frames of a video were averaged. Slight noise, or none, and now and
    then a camera's JPEG follow."""
    light = x
    in_light = rng.uniform() < 0.5
    if in_light:
        light = linear(x)
        light = np.where(light > 0.95, light * rng.uniform(1, 1.6), light)
    path = random_path(rng)
    y = turned(light, path, rng) if rng.uniform() < 0.4 else convolve(light, path_kernel(path))
    if rng.uniform() < 0.35:
        y = move_something(y, light, rng)
    y = srgb(y) if in_light else y
    if rng.uniform() < 0.5:
        y = y + rng.normal(0, rng.uniform(0, 0.01), x.shape)
    if rng.uniform() < 0.15:
        return encode_jpeg(y, rng.integers(75, 97), rng.choice([0, 2]))
    return quantise(y)
