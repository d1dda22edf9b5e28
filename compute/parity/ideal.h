/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best possible network for pictures whose numbers are independent, of one or two Gaussian
 * peaks each: a formula, so samplers can be compared without weights. Thread: safe. */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

/* Number i of the clean picture is N(m1[i], spread^2), with two_peaks only at probability weight,
 * else N(m2[i], spread^2). All arrays are as long as the states and borrowed. */
typedef struct {
    const MendSchedule *s;
    MendCoefMode coef;
    gboolean two_peaks;
    double spread, weight;
    const double *mu, *m1, *m2;
} MendIdeal;

/* out = the posterior mean given x at time t, told in the way of prediction. Computed in double. */
void mend_ideal_predict(const MendIdeal *ideal, MendPrediction prediction, const MendState *x,
                        double t, MendState *out);

G_END_DECLS
