/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Full-reference scores on 8-bit values: both pictures {3,h,w} are clamped, times 255, rounded.
 * Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* 10 log10(255^2 / MSE) over all pixels and channels; identical: 100. hole (may have data NULL):
 * {1,h,w}, only pixels > 0.5 count. */
double mend_psnr(MendTensor a, MendTensor b, MendTensor hole);

/* Wang et al. 2004: Gaussian window 11x11 sigma 1.5, K1 0.01, K2 0.03, biased moments, per channel,
 * mean over the valid region and channels. Sides must be >= 11, else NaN; NaN too where memory is
 * out. */
double mend_ssim(MendTensor a, MendTensor b);

G_END_DECLS
