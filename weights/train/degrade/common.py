# SPDX-License-Identifier: GPL-3.0-or-later
"""What several degradations share: light, blurs, random fields, a real JPEG encoder."""
import io
import math

import numpy as np
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114])


def linear(x):
    return np.where(x <= 0.04045, x / 12.92, ((np.maximum(x, 0) + 0.055) / 1.055) ** 2.4)


def srgb(x):
    x = np.clip(x, 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)


def gaussian_blur(a, sigma):
    """Separable Gaussian over the first two axes, mirrored edges."""
    r = min(int(math.ceil(3 * sigma)), min(a.shape[:2]) - 1)
    if sigma <= 0 or r < 1:
        return a
    k = np.exp(-0.5 * (np.arange(-r, r + 1) / sigma) ** 2)
    k /= k.sum()
    for axis in (0, 1):
        pad = [(0, 0)] * a.ndim
        pad[axis] = (r, r)
        p, n = np.pad(a, pad, mode="reflect"), a.shape[axis]
        rows = (slice(None),) * axis
        a = sum(w * p[rows + (slice(i, i + n),)] for i, w in enumerate(k))
    return a.astype(np.float32)


def encode_jpeg(x, quality, subsampling):
    """Through a real encoder. subsampling: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0."""
    buffer = io.BytesIO()
    picture = Image.fromarray((np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=int(quality), subsampling=subsampling)
    return np.asarray(Image.open(buffer).convert("RGB"), np.float32) / 255


def convolve(x, kernel):
    """[H][W][C] with an odd-sided kernel, mirrored edges, by FFT."""
    ky, kx = kernel.shape[0] // 2, kernel.shape[1] // 2
    wide = np.pad(x, ((ky, ky), (kx, kx), (0, 0)), mode="reflect")
    size = wide.shape[:2]
    spectrum = np.fft.rfft2(wide, axes=(0, 1)) * np.fft.rfft2(kernel, size)[..., None]
    y = np.fft.irfft2(spectrum, size, axes=(0, 1))
    return y[2 * ky:, 2 * kx:].astype(np.float32)


def path_kernel(points):
    """The trace of a moving point: complex positions (x + iy) splatted with sub-pixel shares."""
    points = points - points.mean()
    r = int(max(abs(points.real).max(), abs(points.imag).max())) + 2
    kernel = np.zeros((2 * r + 1, 2 * r + 1))
    x, y = points.real + r, points.imag + r
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - left, y - top
    for dx, dy, share in ((0, 0, (1 - fx) * (1 - fy)), (1, 0, fx * (1 - fy)),
                          (0, 1, (1 - fx) * fy), (1, 1, fx * fy)):
        np.add.at(kernel, (top + dy, left + dx), share)
    return kernel / kernel.sum()


def line(length, degrees):
    """Points of a straight path, for path_kernel()."""
    along = np.linspace(-length / 2, length / 2, 8 * int(length) + 9)
    return along * np.exp(1j * math.radians(degrees))


def clouds(h, w, rng, slope):
    """A random field with amplitude 1 / f^slope, scaled to 0..1. It is cut out of a field with
    longer waves than the picture, so its edges do not match."""
    size = (2 * h, 2 * w)
    f = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None])
    f[0, 0] = 1
    amplitude = f ** -slope * np.exp(2j * np.pi * rng.uniform(size=f.shape))
    field = np.fft.irfft2(amplitude, size)[:h, :w]
    field -= field.min()
    return (field / (field.max() + 1e-9)).astype(np.float32)


def soft_blur(a, sigma):
    """gaussian_blur() of one plane for large sigma: blurred at a lower resolution."""
    if sigma <= 4:
        return gaussian_blur(a, sigma)
    h, w = a.shape
    small = Image.fromarray(a).resize((max(2, w // 2), max(2, h // 2)), Image.BOX)
    low = soft_blur(np.asarray(small, np.float32), sigma / 2)
    return np.asarray(Image.fromarray(low).resize((w, h), Image.BILINEAR), np.float32)


def quantise(x):
    return (np.round(np.clip(x, 0, 1) * 255) / 255).astype(np.float32)
