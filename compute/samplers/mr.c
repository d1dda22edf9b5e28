/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MR Sampler (arXiv 2502.07856): exponential integrators in lambda = ln(alpha / sigma) whose
 * integrand, the clean picture or the noise, is a polynomial through the latest predictions. */
#include <math.h>

#include "compute/samplers/walk.h"

/* x' = x * x + q * q0 + d1 * D1 + d2 * D2 + mu * mu + noise * n, where D1 and D2 are the scaled
 * first and second derivatives of the prediction in lambda. */
typedef struct {
    double x, q, d1, d2, mu, noise;
} Weights;

/* from: the state's present coefficients, to: the next ones. h = to.lambda - from.lambda. */
typedef Weights (*Rule)(MendCoef from, MendCoef to, double h);

/* phi functions: (e^z - 1), (e^z - 1) / z - 1, ((e^z - 1) / z - 1) / z - 1 / 2 */
typedef struct {
    double p1, p2, p3;
} Phi;

static Phi
phi(double z)
{
    double p1 = expm1(z), p2 = p1 / z - 1;
    return (Phi){p1, p2, p2 / z - 0.5};
}

static Weights
ode_data(MendCoef from, MendCoef to, double h)
{
    Phi p = phi(-h);
    double keep = to.sigma / from.sigma;
    return (Weights){
        .x = keep,
        .q = -to.alpha * p.p1,
        .d1 = -to.alpha * p.p2,
        .d2 = -to.alpha * p.p3,
        .mu = 1 - keep + keep * from.alpha - to.alpha,
    };
}

static Weights
ode_noise(MendCoef from, MendCoef to, double h)
{
    Phi p = phi(h);
    double grow = to.alpha / from.alpha;
    return (Weights){
        .x = grow,
        .q = -to.sigma * p.p1,
        .d1 = -to.sigma * p.p2,
        .d2 = -to.sigma * p.p3,
        .mu = 1 - grow,
    };
}

static Weights
sde_data(MendCoef from, MendCoef to, double h)
{
    double w = -expm1(-2 * h);
    return (Weights){
        .x = to.sigma / from.sigma * exp(-h),
        .q = to.alpha * w,
        .d1 = to.alpha * (1 - w / (2 * h)),
        .mu = 1 - to.alpha / from.alpha * exp(-2 * h) - to.alpha * w,
        .noise = to.sigma * sqrt(w),
    };
}

static Weights
sde_noise(MendCoef from, MendCoef to, double h)
{
    Phi p = phi(h);
    double grow = to.alpha / from.alpha;
    return (Weights){
        .x = grow,
        .q = -2 * to.sigma * p.p1,
        .d1 = -2 * to.sigma * p.p2,
        .mu = 1 - grow,
        .noise = to.sigma * sqrt(expm1(2 * h)),
    };
}

static const Rule rules[2][2] = {
    /* [sde][noise_form] */
    {ode_data, ode_noise},
    {sde_data, sde_noise},
};

/* The order of this step: it rises from 1. The published driver also lowers it towards the end of
 * short runs, but not for the last step. */
static int
step_order(const MendWalk *walk)
{
    int i = walk->step, n = walk->n_steps;
    int order = MIN(walk->order, i);
    if (!walk->params->published || n >= 10 || i == n)
        return order;
    return i < walk->order ? order : MIN(order, n - i);
}

/* D1 and D2 as sums of the predictions: D[k][j] is the factor of q[j]. D2 stands for h^2 times the
 * second derivative, which is twice the second divided difference; the published code leaves the 2
 * out, and is of order 2 only. */
static void
derivatives(const MendWalk *walk, int order, double h, double D[2][MEND_WALK_HISTORY])
{
    const MendCoef *at = &walk->at[walk->step - 1];
    if (order < 2)
        return;
    double r1 = (at[0].lambda - at[-1].lambda) / h;
    double first[MEND_WALK_HISTORY] = {1 / r1, -1 / r1, 0};
    for (int j = 0; j < MEND_WALK_HISTORY; j++)
        D[0][j] = first[j];
    if (order < 3)
        return;
    double r2 = (at[-1].lambda - at[-2].lambda) / h;
    double second[MEND_WALK_HISTORY] = {0, 1 / r2, -1 / r2};
    for (int j = 0; j < MEND_WALK_HISTORY; j++) {
        double divided = (first[j] - second[j]) / (r1 + r2);
        D[0][j] = first[j] + r1 * divided;
        D[1][j] = walk->params->published ? divided : 2 * divided;
    }
}

gboolean
mend_mr_step(MendWalk *walk, GError **error)
{
    MendCoef from = walk->at[walk->step - 1], to = walk->at[walk->step];
    /* No noise is left: of every rule the limit, at order 1, is the clean picture. */
    if (to.sigma == 0)
        return mend_walk_finish(walk, error);
    double h = to.lambda - from.lambda;
    double D[2][MEND_WALK_HISTORY] = {{0}};
    derivatives(walk, step_order(walk), h, D);
    Weights w = rules[walk->params->sde != FALSE][walk->params->noise_form != FALSE](from, to, h);

    MendTerm terms[2 + MEND_WALK_HISTORY] = {{w.x, walk->x}, {w.mu, walk->mu}};
    for (int j = 0; j < MEND_WALK_HISTORY; j++)
        terms[2 + j] =
            (MendTerm){(j == 0 ? w.q : 0) + w.d1 * D[0][j] + w.d2 * D[1][j], &walk->q[j]};
    return mend_walk_move(walk, terms, G_N_ELEMENTS(terms), w.noise, error);
}
