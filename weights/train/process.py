# SPDX-License-Identifier: GPL-3.0-or-later
"""The mean-reverting diffusion process on a discrete time grid: the tables training needs.

x_t ~ N(mu + (x_0 - mu) alpha[t], sigma[t]^2), t = 0..T; the C twin is compute/schedule.c.
"""
import numpy as np


def cosine_tables(T=100, max_sigma=50.0, eps_end=0.005):
    """alpha, sigma: float64 arrays of T + 1 entries, "shifted" (alpha[0] = 1, sigma[0] = 0)."""
    n = T + 2
    f = np.cos((np.arange(n + 1) / n + 0.008) / 1.008 * np.pi / 2) ** 2
    theta = 1 - f[1:-1] / f[0]
    integral = np.cumsum(theta) - theta[0]
    alpha = np.exp(integral * np.log(eps_end) / integral[-1])
    level = max_sigma / 255 if max_sigma >= 1 else max_sigma
    return alpha, level * np.sqrt(1 - alpha ** 2)
