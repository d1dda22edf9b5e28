/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heun's method in sigma (Karras et al. 2022, algorithm 1) and with noise added before each step
 * (algorithm 2), as EDM and DMCMC use them. */
#include <math.h>

#include "compute/integrators/descent.h"

/* The level after the step's noise was added. */
static double
raised(const MendDescent *d, double sigma)
{
    const MendIntegratorParams *p = d->params;
    if (!d->row->stochastic || sigma < p->churn_low || sigma > p->churn_high)
        return sigma;
    double gamma = p->gamma > 0 ? p->gamma : p->churn / (d->n + 1);
    return sigma * (1 + MIN(gamma, G_SQRT2 - 1));
}

gboolean
mend_heun_step(MendDescent *d, double sigma, double next, GError **error)
{
    MendState *clean = &d->more[0], *guess = &d->more[1], *clean_there = &d->more[2];
    double high = raised(d, sigma);
    if (high > sigma) {
        double scale = sqrt(high * high - sigma * sigma) * d->params->churn_noise;
        if (!mend_descent_shake(d, scale, clean, sigma, error))
            return FALSE;
    }
    if (!mend_descent_evaluate(d, d->x, high, clean, error))
        return FALSE;
    MendTerm euler[] = {{next / high, d->x}, {1 - next / high, clean}};
    if (next == 0)
        return mend_descent_move(d, d->x, euler, G_N_ELEMENTS(euler), sigma, error);
    if (!mend_descent_move(d, guess, euler, G_N_ELEMENTS(euler), sigma, error) ||
        !mend_descent_evaluate(d, guess, next, clean_there, error))
        return FALSE;
    double here = (next - high) / (2 * high), there = (next - high) / (2 * next);
    MendTerm heun[] = {
        {1 + here, d->x},
        {-here, clean},
        {there, guess},
        {-there, clean_there},
    };
    return mend_descent_move(d, d->x, heun, G_N_ELEMENTS(heun), sigma, error);
}
