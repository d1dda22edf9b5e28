# SPDX-License-Identifier: GPL-3.0-or-later
"""What a camera and its files do: JPEG artefacts, noise, too little light."""
import math

import numpy as np

from .common import LUMA, encode_jpeg, gaussian_blur, linear, quantise, srgb


def jpeg(x, rng):
    """Quality 4 to 95, more often low; one picture in four was saved twice on a shifted grid."""
    if rng.uniform() < 0.25:
        dy, dx = rng.integers(0, 8, 2)
        y = np.roll(encode_jpeg(x, rng.integers(30, 96), int(rng.choice([0, 2]))), (dy, dx), (0, 1))
        y = encode_jpeg(y, rng.integers(8, 71), 2)
        return np.roll(y, (-dy, -dx), (0, 1))
    quality = math.exp(rng.uniform(math.log(4), math.log(60 if rng.uniform() < 0.8 else 95)))
    return encode_jpeg(x, max(1, round(quality)), 2 if rng.uniform() < 0.75 else 0)


def _unit_noise(shape, rng, sigma):
    n = gaussian_blur(rng.normal(size=shape).astype(np.float32), sigma)
    return n / (n.std() + 1e-6)


def camera_noise(x, rng):
    """Shot and read noise in linear light, then what a camera does to it: demosaicking (correlation),
    a colour matrix (chroma noise), tone curve, 8-bit JPEG of high quality."""
    a = 10 ** rng.uniform(-4.5, -2.0)
    b = 0.02 * a ** 1.1 * math.exp(rng.normal(0, 0.5))
    balance = np.array([rng.uniform(1.2, 2.4), 1, rng.uniform(1.2, 2.2)])
    light = linear(x)
    fine = _unit_noise(x.shape, rng, rng.uniform(0, 0.9))
    if rng.uniform() < 0.6:
        share = rng.uniform(0, 0.7)
        fine = math.sqrt(1 - share ** 2) * fine + share * _unit_noise(x.shape, rng, rng.uniform(0.8, 3))
    noise = fine * np.sqrt(a * light / balance + b) * balance
    off = rng.uniform(0, 0.35, (3, 3)) * (1 - np.eye(3))
    matrix = np.diag(1 + off.sum(1)) - off
    return srgb(light + noise @ matrix.T)


_FROM_YCC = np.array([[1, 1, 1], [0, -0.344, 1.772], [1.402, -0.714, 0]])


def developed_noise(x, rng):
    """What is left in a camera's own JPEG: fine-grained in luma, weaker and coarse in chroma, for
    the camera has smoothed it; a little stronger in shadows or in lights."""
    fine, coarse = rng.uniform(0.45, 0.85), rng.uniform(1.2, 5)
    share = rng.uniform(0, 0.5)
    shape = x.shape[:2]
    luma = (math.sqrt(1 - share ** 2) * _unit_noise(shape, rng, fine)
            + share * _unit_noise(shape, rng, coarse))
    chroma = [_unit_noise(shape, rng, rng.uniform(0.8, 1) * coarse) * rng.uniform(0.15, 1.1)
              + _unit_noise(shape, rng, rng.uniform(0.6, 1.2)) * rng.uniform(0, 0.3)
              for _ in range(2)]
    n = np.stack([luma] + chroma, -1) @ _FROM_YCC
    level = math.exp(rng.uniform(math.log(1), math.log(11))) / 255
    grey = x.mean(-1, keepdims=True)
    return np.clip(x + n * level * (0.08 + grey) ** rng.uniform(-0.5, 0.3), 0, 1)


def noise(x, rng):
    """Half developed in the camera, the rest raw camera noise and plain Gaussian (sigma 3 to 50)."""
    kind = rng.uniform()
    if kind < 0.15:
        sigma = math.exp(rng.uniform(math.log(3), math.log(50))) / 255
        y = np.clip(x + rng.normal(0, sigma, x.shape), 0, 1)
    elif kind < 0.4:
        y = camera_noise(x, rng)
    else:
        y = developed_noise(x, rng)
    if rng.uniform() < 0.6:
        return encode_jpeg(y, rng.integers(80, 100), int(rng.choice([0, 0, 2])))
    return (np.round(y * 255) / 255).astype(np.float32)


def low_light(x, rng):
    """Underexposed by 3 to 6 stops, a third by half a stop to 3, with the noise of what light was left, in
    8 bits. A camera's curve is steeper where it is dark, so what was dark already mostly falls farther
    (exponents above 1); colours are weaker there, and its white balance errs."""
    least, most = (0.14, 0.7) if rng.uniform() < 1 / 3 else (0.012, 0.14)
    gain = math.exp(rng.uniform(math.log(least), math.log(most)))
    cast = np.exp(rng.normal(0, 0.13, 3))
    light = linear(x) ** rng.uniform(0.92, 1.32)
    grey = light @ LUMA
    light = grey[..., None] + (light - grey[..., None]) * rng.uniform(0.55, 1.05)
    light = light * gain * cast / (cast @ LUMA)
    if rng.uniform() < 0.5:  # what a sensor shows without light, or what is taken off for it
        light = light + 10 ** rng.uniform(-4.3, -3.2) * rng.normal(0, 1, 3)
    shot = 10 ** rng.uniform(-4.2, -3.0)
    noise = rng.normal(size=x.shape) * np.sqrt(shot * (np.maximum(light, 0) + 0.02))
    if rng.uniform() < 0.7:  # demosaicking and the camera's own smoothing: coarser grain
        noise = 0.5 * noise + gaussian_blur(noise, rng.uniform(0.5, 1.0))
    grey = noise.mean(-1, keepdims=True)
    noise = grey + (noise - grey) * rng.uniform(0.3, 1.2)
    return quantise(srgb(light + noise))
