/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best possible network for independent Gaussian or two-peaked numbers. */
#include "compute/parity/ideal.h"

#include <math.h>

#include "compute/samplers/state.h"

static double
predict_noise(const MendIdeal *ideal, MendCoef c, double x, size_t i)
{
    double v = c.alpha * c.alpha * ideal->spread * ideal->spread + c.sigma * c.sigma;
    double mu = ideal->mu[i];
    double off1 = x - mu - c.alpha * (ideal->m1[i] - mu);
    if (!ideal->two_peaks)
        return c.sigma * off1 / v;
    double off2 = x - mu - c.alpha * (ideal->m2[i] - mu);
    double log1 = log(ideal->weight) - off1 * off1 / (2 * v);
    double log2 = log(1 - ideal->weight) - off2 * off2 / (2 * v);
    double share = 1 / (1 + exp(log2 - log1)); /* of the first peak, given x */
    return c.sigma * (share * off1 + (1 - share) * off2) / v;
}

void
mend_ideal_predict(const MendIdeal *ideal, MendPrediction prediction, const MendState *x, double t,
                   MendState *out)
{
    MendCoef c = mend_schedule_at(ideal->s, t, ideal->coef);
    double level = ideal->s->level;
    for (size_t i = 0; i < x->n; i++) {
        double here = mend_state_get(x, i), mu = ideal->mu[i];
        double noise = predict_noise(ideal, c, here, i);
        double clean = (here - (1 - c.alpha) * mu - c.sigma * noise) / c.alpha;
        switch (prediction) {
        case MEND_PREDICT_NOISE:
            mend_state_put(out, i, noise);
            break;
        case MEND_PREDICT_CLEAN:
            mend_state_put(out, i, clean);
            break;
        case MEND_PREDICT_VELOCITY:
            mend_state_put(out, i, c.alpha * level * noise - c.sigma / level * (clean - mu));
            break;
        }
    }
}
