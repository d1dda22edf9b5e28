/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One unadjusted Langevin step at a noise level. Thread: safe. */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

/* The largest step at which the noise in w shrinks at all without changing its sign,
 * 2 sigma^2; beyond twice that the chain explodes. */
double mend_langevin_most(double sigma);

/* out = w + (eta / 2) score + sqrt(variance) noise with score = (clean - w) / sigma^2. As published
 * the variance is eta; then each step adds (eta^2 / 4) E|score|^2 to the picture's energy, and the
 * noise level drifts upward as (sigma_0^4 + n eta^2 / 2)^(1/4). corrected takes just that off the
 * variance (at least a tenth of it is left). out may be noise, not w. FALSE where the result is not
 * finite. */
gboolean mend_langevin_step(const MendState *w, const MendState *clean, double sigma, double eta,
                            gboolean corrected, const MendState *noise, MendState *out);

G_END_DECLS
