/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integrators: from a noisy picture at any noise level down to a clean one, in the common frame
 * (compute/frame.h), so each serves variance-exploding, variance-preserving and mean-reverting
 * networks alike. An integrator is a row of mend_integrators[].
 * Thread: any one. Memory: the row's n_states beside the picture. */
#pragma once

#include "compute/frame.h"

G_BEGIN_DECLS

typedef struct {
    int n_levels;         /* noise levels that are evaluated, >= 1 (RK45 chooses its own) */
    double from, to;      /* the first, that of the start state, and the last; from >= to > 0 */
    const double *levels; /* instead of the row's grid: n_levels of them, falling; or NULL */
    gboolean stop;        /* end at the last level, with its noise; else at 0 */
    double rho;           /* Karras grids; 7 */
    double churn;         /* karras-sde: S_churn; noise is added at levels within low and high */
    double churn_low, churn_high, churn_noise; /* S_tmin, S_tmax, S_noise */
    double gamma;     /* karras-sde: noise added as a share of the level; 0: churn / (levels + 1) */
    double tolerance; /* rk45: relative and absolute, of one step */
    gboolean published; /* deis, rho-ab: coefficients by the published sum; only for parity */
    int most; /* rk45: evaluations in all, >= 2: then the rest is one step; 0: any number */
} MendIntegratorParams;

/* 4 levels, rho 7, churn 80 within 0.05..1 with noise 1.007 (as DMCMC), tolerance 1e-3, any number
 * of evaluations. from and to are 0: to be set. */
extern const MendIntegratorParams mend_integrator_defaults;

typedef struct MendDescent MendDescent; /* a run in progress: compute/integrators/descent.h */

typedef struct {
    const char *name, *label; /* "karras", "Karras" (translatable) */
    gboolean stochastic;
    int order;    /* steps of history that it uses: Adams-Bashforth; else 0 */
    int n_states; /* memory, in states */
    int cost;     /* evaluations a level; the last level always costs one */
    /* The grid: puts n falling levels from from to to. */
    void (*grid)(const MendIntegratorParams *params, int n, double *levels);
    /* One step; next is 0 in the last one. */
    gboolean (*step)(MendDescent *d, double sigma, double next, GError **error);
} MendIntegrator;

/* Ends with name == NULL. As DMCMC (Kim & Ye 2022) has them: karras, karras-sde, rk45,
 * probability-flow, reverse-diffusion, euler-maruyama. Beside them: ddim (Song et al. 2021),
 * ancestral (DDIM with eta 1), heun (Karras et al. 2022, algorithm 1), deis-0..3 (tAB-DEIS, Zhang
 * & Chen 2023), rho-ab-1..3, lambda-ab-1..3; mr: the MR Sampler's ODE of order 2 (arXiv
 * 2502.07856), whose mean drops out in this frame. */
extern const MendIntegrator mend_integrators[];
const MendIntegrator *mend_integrator_find(const char *name); /* or NULL */

/* The most levels that can be had for so many evaluations (>= 1), to the level 0. */
int mend_integrator_levels(const MendIntegrator *row, int n_evaluations);

/* x, noisy at params->from, becomes the result in place; n_evaluations (may be NULL) counts, also
 * where it fails. noise's streams are the steps' numbers, from 0; it may be NULL where the row is
 * not stochastic. Errors: MEND_ERROR_OPTION, MEND_ERROR_MEMORY, MEND_ERROR_FAILED (a number that is
 * not finite: names the level), and the network's. */
gboolean mend_integrator_run(const MendIntegrator *row, const MendIntegratorParams *params,
                             const MendFrame *frame, const MendNoise *noise, MendState *x,
                             int *n_evaluations, GError **error);

G_END_DECLS
