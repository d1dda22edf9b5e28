/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise levels at which integrators ask the network. */
#include <math.h>

#include "compute/integrators/descent.h"

#define BETA_MIN 0.1
#define BETA_MAX 20.0

/* where: 0 at the first level, 1 at the last */
static double
share(int i, int n)
{
    return n > 1 ? (double)i / (n - 1) : 0;
}

/* Karras et al. 2022, eq. 5. */
void
mend_grid_karras(const MendIntegratorParams *params, int n, double *levels)
{
    double first = pow(params->from, 1 / params->rho), last = pow(params->to, 1 / params->rho);
    for (int i = 0; i < n; i++)
        levels[i] = pow(first + share(i, n) * (last - first), params->rho);
}

void
mend_grid_geometric(const MendIntegratorParams *params, int n, double *levels)
{
    for (int i = 0; i < n; i++)
        levels[i] = params->from * pow(params->to / params->from, share(i, n));
}

/* As score_sde and DMCMC: the last time is 1e-5 instead of 0. */
void
mend_grid_euler_maruyama(const MendIntegratorParams *params, int n, double *levels)
{
    for (int i = 0; i < n; i++)
        levels[i] = params->from * pow(params->to / params->from, share(i, n) * (1 - 1e-5));
}

/* alpha_bar = exp(-integral of beta). */
double
mend_vp_sigma(double t)
{
    return sqrt(expm1(t * (BETA_MIN + t * (BETA_MAX - BETA_MIN) / 2)));
}

double
mend_vp_slope(double t)
{
    double sigma = mend_vp_sigma(t), beta = BETA_MIN + t * (BETA_MAX - BETA_MIN);
    return beta * (1 + sigma * sigma) / (2 * sigma);
}

double
mend_vp_time(double sigma)
{
    double range = BETA_MAX - BETA_MIN;
    return (sqrt(BETA_MIN * BETA_MIN + 2 * range * log1p(sigma * sigma)) - BETA_MIN) / range;
}

/* Square roots of t evenly spaced: what DEIS recommends. */
void
mend_grid_time(const MendIntegratorParams *params, int n, double *levels)
{
    double first = sqrt(mend_vp_time(params->from)), last = sqrt(mend_vp_time(params->to));
    for (int i = 0; i < n; i++) {
        double root = first + share(i, n) * (last - first);
        levels[i] = mend_vp_sigma(root * root);
    }
}
