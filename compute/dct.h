/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of noise after a network: the cosine transform of 8 x 8 blocks, which begin in every
 * column of every other row, small coefficients taken away, blocks averaged (Yu and Sapiro 2011,
 * "DCT image denoising", Image Processing On Line, sections 2 and 3: sliding blocks, decorrelated
 * colours). Between keeping and taking away lies a smooth step instead of a threshold, so that next
 * to equal pictures stay next to equal, and blocks weigh the more the less they keep.
 * weights/README.md has what it is worth. Thread: any one; go_on is called on it. */
#pragma once

#include "compute/mean.h"

G_BEGIN_DECLS

/* sigma for what a network left is at most this: strong noise, which it finds more easily, leaves
 * no more, and stronger shrinking takes edges along. */
#define MEND_DCT_MOST (2 / 255.0)

/* Root of the mean square of what lies between two pictures {3,h,w}, in their lightness,
 * (R' + G' + B') / sqrt(3); clean is clamped to 0..1 for it. A part of a picture has a
 * noise of its own, so a preview may differ a little. */
double mend_dct_noise(MendTensor degraded, MendTensor clean);

/* picture: {3,h,w}, any size from 1 x 1, changed in place; clamped to 0..1. sigma: of the noise in
 * each coefficient: below 2 sigma they go, above 4 they stay; below 1e-6 nothing is done. The same
 * to the bit whatever the threads. Time: as the pixels, a tenth of a network's evaluation;
 * memory: as of some 600 rows. MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED: the picture is changed in
 * part then. */
gboolean mend_dct_denoise(MendTensor picture, double sigma, const MendGoOn *go_on, GError **error);

G_END_DECLS
