/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The probability-flow ODE by Runge-Kutta 5(4) of Dormand & Prince (1980) with steps as long as the
 * tolerance allows, in the logarithm of the noise level: dx / dln sigma = x - D(x; sigma). */
#include <math.h>

#include "compute/integrators/descent.h"

#define N_STAGES     7
#define LEAST_FACTOR 0.2
#define MOST_FACTOR  10.0
#define SAFETY       0.9

enum { NEXT = N_STAGES };

/* Row k: how stage k is made of the slopes before it; the last row is the step itself. */
static const double tableau[N_STAGES][N_STAGES - 1] = {
    {0},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};
static const double places[N_STAGES] = {0, 0.2, 0.3, 0.8, 8.0 / 9, 1, 1};
/* fifth order less fourth */
static const double errors[N_STAGES] = {-71.0 / 57600,    0,           71.0 / 16695, -71.0 / 1920,
                                        17253.0 / 339200, -22.0 / 525, 1.0 / 40};

static gboolean
slope(MendDescent *d, const MendState *x, double place, MendState *out, GError **error)
{
    double sigma = exp(place);
    if (!mend_descent_evaluate(d, x, sigma, out, error))
        return FALSE;
    MendTerm terms[] = {{1, x}, {-1, out}};
    return mend_descent_move(d, out, terms, G_N_ELEMENTS(terms), sigma, error);
}

/* One trial step of length h from place; more[0] is the slope there. more[NEXT] is the result,
 * more[6] the slope there. */
static gboolean
try_step(MendDescent *d, double place, double h, GError **error)
{
    for (int k = 1; k < N_STAGES; k++) {
        MendTerm terms[N_STAGES + 1] = {{1, d->x}};
        for (int j = 0; j < k; j++)
            terms[j + 1] = (MendTerm){h * tableau[k][j], &d->more[j]};
        if (!mend_descent_move(d, &d->more[NEXT], terms, k + 1, exp(place), error) ||
            !slope(d, &d->more[NEXT], place + places[k] * h, &d->more[k], error))
            return FALSE;
    }
    return TRUE;
}

/* Root mean square of the step's error as a share of what is tolerated: at most 1 is good. */
static double
error_of(const MendDescent *d, double h)
{
    double sum = 0, tolerance = d->params->tolerance;
    for (size_t i = 0; i < d->x->n; i++) {
        double off = 0;
        for (int k = 0; k < N_STAGES; k++)
            off += h * errors[k] * mend_state_get(&d->more[k], i);
        double size = MAX(fabs(mend_state_get(d->x, i)), fabs(mend_state_get(&d->more[NEXT], i)));
        off /= tolerance * (1 + size);
        sum += off * off;
    }
    return sqrt(sum / (double)d->x->n);
}

static gboolean
affordable(const MendDescent *d, int n)
{
    return d->params->most == 0 || d->n_evaluations + n <= d->params->most;
}

static void
swap(MendState *a, MendState *b)
{
    MendState kept = *a;
    *a = *b;
    *b = kept;
}

/* To the level next > 0, or as far as the evaluations last. */
static gboolean
integrate(MendDescent *d, double sigma, double next, double *reached, GError **error)
{
    double place = log(sigma), end = log(next), h = MAX(end - place, -0.5);
    gboolean refused = FALSE;
    /* a step costs one evaluation less than it has stages, and one is left for the way to 0 */
    if (!affordable(d, N_STAGES + 1))
        end = place;
    else if (!slope(d, d->x, place, &d->more[0], error))
        return FALSE;
    while (place > end && affordable(d, N_STAGES)) {
        h = MAX(h, end - place);
        if (!try_step(d, place, h, error))
            return FALSE;
        double off = error_of(d, h), factor = SAFETY * pow(MAX(off, 1e-10), -0.2);
        factor = CLAMP(factor, LEAST_FACTOR, refused ? 1 : MOST_FACTOR);
        refused = off > 1;
        if (!refused) {
            MendTerm copy = {1, &d->more[NEXT]};
            mend_state_sum(d->x, &copy, 1);
            swap(&d->more[0], &d->more[N_STAGES - 1]);
            place = h > end - place ? place + h : end;
        }
        h *= factor;
    }
    *reached = exp(place);
    return TRUE;
}

/* Where the evaluations do not last, the rest of the way is the one step to 0 that would end it
 * anyhow, from farther off. */
gboolean
mend_rk45_step(MendDescent *d, double sigma, double next, GError **error)
{
    if (next > 0)
        return integrate(d, sigma, next, &d->levels[d->step + 1], error);
    return mend_ddim_step(d, sigma, 0, error);
}
