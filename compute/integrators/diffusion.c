/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Discretisations of the reverse SDE and its ODE as score_sde (Song et al. 2021, appendices D, E)
 * has them: reverse diffusion, probability flow, Euler-Maruyama. The noise of the last step is left
 * out. */
#include <math.h>

#include "compute/integrators/descent.h"

/* x += pull * sigma^2 * score, then noise of that size. */
static gboolean
step_by(MendDescent *d, double sigma, double pull, double noise, GError **error)
{
    if (!mend_descent_evaluate(d, d->x, sigma, &d->more[0], error))
        return FALSE;
    MendTerm terms[] = {{1 - pull, d->x}, {pull, &d->more[0]}};
    return mend_descent_move(d, d->x, terms, G_N_ELEMENTS(terms), sigma, error) &&
           (noise == 0 || mend_descent_shake(d, noise, &d->more[0], sigma, error));
}

gboolean
mend_diffusion_step(MendDescent *d, double sigma, double next, GError **error)
{
    double lost = sigma * sigma - next * next;
    return step_by(d, sigma, lost / (sigma * sigma), next > 0 ? sqrt(lost) : 0, error);
}

gboolean
mend_flow_step(MendDescent *d, double sigma, double next, GError **error)
{
    return step_by(d, sigma, (1 - next * next / (sigma * sigma)) / 2, 0, error);
}

/* dt = 1 / n and g^2 = 2 sigma^2 ln(from / to), also in the last step. */
gboolean
mend_euler_maruyama_step(MendDescent *d, double sigma, double next, GError **error)
{
    double pull = 2 * log(d->params->from / d->params->to) / d->n;
    return step_by(d, sigma, pull, next > 0 ? sigma * sqrt(pull) : 0, error);
}
