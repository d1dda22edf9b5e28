/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all integrators share: the way down a grid of noise levels. Used by integrator.c and the
 * integrators alone. Thread: one descent belongs to one thread. */
#pragma once

#include "compute/integrator.h"
#include "compute/samplers/state.h"

G_BEGIN_DECLS

#define MEND_DESCENT_STATES 8

struct MendDescent {
    const MendIntegrator *row;
    const MendIntegratorParams *params;
    const MendFrame *frame;
    const MendNoise *noise;
    MendState *x;
    double *levels;                      /* n of them */
    int n, step;                         /* step: the number of the one being taken, from 0 */
    MendState more[MEND_DESCENT_STATES]; /* the row's n_states are there */
    int n_evaluations;
};

/* clean = D(x; sigma). Fails where the answer is not finite. */
gboolean mend_descent_evaluate(MendDescent *d, const MendState *x, double sigma, MendState *clean,
                               GError **error);
/* out = the sum of terms. Fails where it is not finite. */
gboolean mend_descent_move(MendDescent *d, MendState *out, const MendTerm *terms, int n_terms,
                           double sigma, GError **error);
/* x += scale * the noise of this step, which is drawn into spare. */
gboolean mend_descent_shake(MendDescent *d, double scale, MendState *spare, double sigma,
                            GError **error);

/* Grids (MendIntegrator.grid). */
void mend_grid_karras(const MendIntegratorParams *params, int n, double *levels);
void mend_grid_geometric(const MendIntegratorParams *params, int n, double *levels);
void mend_grid_euler_maruyama(const MendIntegratorParams *params, int n, double *levels);
void mend_grid_time(const MendIntegratorParams *params, int n, double *levels);

/* Steps (MendIntegrator.step). */
gboolean mend_ddim_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_ancestral_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_heun_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_diffusion_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_flow_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_euler_maruyama_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_rk45_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_deis_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_rho_ab_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_reverting_step(MendDescent *d, double sigma, double next, GError **error);
gboolean mend_lambda_ab_step(MendDescent *d, double sigma, double next, GError **error);

/* The variable in which Adams-Bashforth methods take the noise prediction for a polynomial. time is
 * t of the variance-preserving process whose beta goes from 0.1 to 20 over t = 0..1. */
typedef enum { MEND_AB_TIME, MEND_AB_RHO, MEND_AB_LAMBDA } MendAbVariable;

/* c[j], j = 0..order: the integral from levels[i] to levels[i + 1], which is above 0, of the
 * Lagrange polynomial that is 1 at levels[i - j] and 0 at the others of the latest
 * min(order, i) + 1 levels; the c[j] beyond are 0. order <= 3. published: by a sum of 10000
 * rectangles (relative error 2e-4) instead of exactly. */
void mend_ab_coefs(MendAbVariable variable, gboolean published, const double *levels, int i,
                   int order, double *c);

/* That process: sigma = sqrt(1 / alpha_bar - 1) at t, and back. */
double mend_vp_sigma(double t);
double mend_vp_slope(double t); /* d sigma / dt */
double mend_vp_time(double sigma);

G_END_DECLS
