/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture for what was filled. The best guess at a hole is the mean of all that may be there, and
 * so is smooth beside its surroundings. This adds fine structure with the spectrum, the colours and
 * the strength of what is known nearby: spot noise (van Wijk 1991, "Spot noise"; Galerne, Gousseau
 * and Morel 2011, "Random phase textures"), square by square. It adds no edges or things, and
 * nothing where the fill is as rough as its surroundings already. */
#pragma once

#include "compute/mean.h"
#include "compute/rng.h"

G_BEGIN_DECLS

/* amount: 1 is as strong as the surroundings. degraded, filled: {3,h,w}, 0..1 (filled may lie
 * outside a little; it is changed in the hole alone); hole: {1,h,w}, above 0 where it was filled.
 * x0, y0 >= 0: where the picture begins in a larger one, whose grain it gets then, but near its
 * borders. A function of these and of rng: as ever, not of threads. A picture of which next to
 * nothing is known stays as it is. Time: some milliseconds for each 16 x 16 pixels of the hole;
 * memory: another picture. MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED; filled is as it was then. */
gboolean mend_grain_add(double amount, MendTensor degraded, MendTensor hole, int x0, int y0,
                        MendRng rng, MendTensor filled, const MendGoOn *go_on, GError **error);

G_END_DECLS
