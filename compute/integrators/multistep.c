/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DEIS (Zhang & Chen 2023): Adams-Bashforth methods on dx / dsigma = eps, with the polynomial
 * through the latest eps taken in time, in sigma, or in its logarithm. */
#include <math.h>

#include "compute/integrators/descent.h"

#define MAX_ORDER 3
#define N_PANELS  4
#define N_HALF    4

#define N_RECTANGLES 10000

/* Gauss-Legendre of 8 nodes: those above 0, and their weights. */
static const double nodes[N_HALF] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                     0.9602898564975363};
static const double weights[N_HALF] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                       0.1012285362903763};

static double
variable_of(MendAbVariable variable, double sigma)
{
    if (variable == MEND_AB_TIME)
        return mend_vp_time(sigma);
    return variable == MEND_AB_RHO ? sigma : log(sigma);
}

/* The places of the polynomial: places[0] is the newest. */
typedef struct {
    MendAbVariable variable;
    int degree;
    double places[MAX_ORDER + 1];
} Polynomial;

/* c[j] += weight * L_j(sigma). */
static void
add_lagrange(const Polynomial *p, double sigma, double weight, double *c)
{
    double u = variable_of(p->variable, sigma);
    for (int j = 0; j <= p->degree; j++) {
        double product = weight;
        for (int k = 0; k <= p->degree; k++)
            if (k != j)
                product *= (u - p->places[k]) / (p->places[j] - p->places[k]);
        c[j] += product;
    }
}

/* In ln sigma the integrand is smooth in all three variables, however long the step. */
static void
integrate(const Polynomial *p, double from, double to, double *c)
{
    double start = log(from), half = (log(to) - start) / (2 * N_PANELS);
    for (int panel = 0; panel < N_PANELS; panel++) {
        double middle = start + half * (2 * panel + 1);
        for (int k = 0; k < 2 * N_HALF; k++) {
            double node = k < N_HALF ? nodes[k] : -nodes[k - N_HALF];
            double sigma = exp(middle + half * node);
            add_lagrange(p, sigma, half * weights[k % N_HALF] * sigma, c);
        }
    }
}

/* As published: left rectangles, evenly spaced in the variable. */
static void
add_rectangles(const Polynomial *p, double from, double to, double *c)
{
    double start = variable_of(p->variable, from);
    double width = (variable_of(p->variable, to) - start) / N_RECTANGLES;
    for (int k = 0; k < N_RECTANGLES; k++) {
        double u = start + k * width;
        double sigma = p->variable == MEND_AB_TIME ? mend_vp_sigma(u) : u;
        double slope = p->variable == MEND_AB_TIME ? mend_vp_slope(u) : 1;
        add_lagrange(p, sigma, width * slope, c);
    }
}

void
mend_ab_coefs(MendAbVariable variable, gboolean published, const double *levels, int i, int order,
              double *c)
{
    Polynomial p = {variable, MIN(order, i), {0}};
    for (int j = 0; j <= order; j++)
        c[j] = 0;
    for (int j = 0; j <= p.degree; j++)
        p.places[j] = variable_of(variable, levels[i - j]);
    if (published && variable != MEND_AB_LAMBDA)
        add_rectangles(&p, levels[i], levels[i + 1], c);
    else
        integrate(&p, levels[i], levels[i + 1], c);
}

/* more[0] is the newest eps, more[1] the one before. */
static gboolean
remember(MendDescent *d, double sigma, GError **error)
{
    MendState oldest = d->more[d->row->order];
    for (int k = d->row->order; k > 0; k--)
        d->more[k] = d->more[k - 1];
    d->more[0] = oldest;
    if (!mend_descent_evaluate(d, d->x, sigma, &d->more[0], error))
        return FALSE;
    MendTerm eps[] = {{1 / sigma, d->x}, {-1 / sigma, &d->more[0]}};
    return mend_descent_move(d, &d->more[0], eps, G_N_ELEMENTS(eps), sigma, error);
}

static gboolean
step_in(MendDescent *d, MendAbVariable variable, double sigma, double next, GError **error)
{
    if (!remember(d, sigma, error))
        return FALSE;
    double c[MAX_ORDER + 1] = {-sigma};
    if (next > 0)
        mend_ab_coefs(variable, d->params->published, d->levels, d->step, d->row->order, c);
    MendTerm terms[MAX_ORDER + 2] = {{1, d->x}};
    int n = 1;
    for (int j = 0; j <= MIN(d->row->order, d->step); j++)
        terms[n++] = (MendTerm){c[j], &d->more[j]};
    return mend_descent_move(d, d->x, terms, n, sigma, error);
}

gboolean
mend_deis_step(MendDescent *d, double sigma, double next, GError **error)
{
    return step_in(d, MEND_AB_TIME, sigma, next, error);
}

gboolean
mend_rho_ab_step(MendDescent *d, double sigma, double next, GError **error)
{
    return step_in(d, MEND_AB_RHO, sigma, next, error);
}

gboolean
mend_lambda_ab_step(MendDescent *d, double sigma, double next, GError **error)
{
    return step_in(d, MEND_AB_LAMBDA, sigma, next, error);
}
