/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samplers: from x_T = mu + level * noise back to a clean picture in few network evaluations.
 * MR Sampler (arXiv 2502.07856): semi-analytic multistep solvers of the mean-reverting reverse SDE
 * and its probability-flow ODE. A solver is a row of mend_samplers[].
 * Memory: beside mu and the result as many states as the order (but no more than steps that look
 * back: one at 1 and 2 steps with denoise_last), one more in the noise form. */
#pragma once

#include "compute/schedule.h"
#include "compute/tensor.h"

G_BEGIN_DECLS

/* What the network's output is. velocity: v = alpha level eps - (sigma / level)(x_0 - mu). */
typedef enum { MEND_PREDICT_NOISE, MEND_PREDICT_CLEAN, MEND_PREDICT_VELOCITY } MendPrediction;
extern const char *const mend_prediction_names[]; /* "noise", "clean", "velocity", NULL */

/* n numbers of one precision: the picture flattened as [C][H][W]. Pictures use float; double is for
 * comparing with published figures. A view: owns nothing. */
typedef struct {
    gboolean f64;
    size_t n;
    void *data;
} MendState;

/* The network, seen from a sampler. Called on the sampler's thread, once per evaluation. */
typedef struct {
    MendPrediction prediction;
    /* out = network(x, t); t in training steps, 0 < t <= T, perhaps fractional. */
    gboolean (*predict)(gpointer data, const MendState *x, double t, MendState *out,
                        GError **error);
    /* Standard normal numbers; stream 0 is the start state, then 1, 2, ... in order of use. */
    void (*noise)(gpointer data, guint32 stream, MendState *out);
    /* After each evaluation: clean is the present guess of the result (borrowed). FALSE stops with
     * MEND_ERROR_CANCELLED. May be NULL. */
    gboolean (*step)(gpointer data, int done, int n_steps, const MendState *clean);
    gpointer data;
} MendDenoiser;

typedef struct {
    int n_steps;         /* network evaluations, >= 1 */
    int order;           /* 1..3 (SDE: 1..2) */
    gboolean sde;        /* else the ODE, nothing random after the start state */
    gboolean noise_form; /* integrate predicted noise; else predicted data (the stable one) */
    MendGridParams grid; /* its n_steps is ignored */
    MendCoefMode coef;
    gboolean denoise_last; /* the result is the last clean prediction: no noise is left */
    gboolean thresholding; /* dynamic thresholding of the data prediction */
    double threshold_ratio, threshold_max; /* 0.995, 1.5 */
    /* Quirks of the published driver, only for parity: the orders before the last step, half the
     * second derivative at order 3, the noise returned by denoise_last in noise form, thresholding
     * of noise. */
    gboolean published;
} MendSamplerParams;
extern const MendSamplerParams mend_sampler_defaults; /* 10 steps, ODE of order 2, clean picture,
                                                       * linear-lambda, exact, denoise_last */

typedef struct MendWalk MendWalk; /* a run in progress: compute/samplers/walk.h */

/* A solver is the rule of one step: from x at one time of the grid, and what the network predicted
 * there and before, to x at the next time. */
typedef struct {
    const char *name, *label; /* "mr-ode-2", "MR Sampler, ODE, order 2" (translatable) */
    int order; /* network outputs it remembers; steps >= order is enforced by lowering
                               * the order, except in published mode, where it is an error */
    gboolean sde;
    gboolean clean_only; /* has no noise form: params->noise_form is ignored */
    gboolean (*step)(MendWalk *walk, GError **error);
} MendSampler;

extern const MendSampler mend_samplers[]; /* ends with name == NULL: mr-ode-1, mr-ode-2, mr-ode-3,
                                           * mr-sde-1, mr-sde-2, posterior, euler-sde, euler-ode */
const MendSampler *mend_sampler_find(const char *name); /* or NULL */

/* What the network predicted that a run remembers at a time: states, beside mu and the result. */
int mend_sampler_states(const MendSampler *sampler, const MendSamplerParams *params);

/* Runs sampler with params (order and sde are taken from the row) from x_T = mu + level * noise(0).
 * result gets the unclipped result. Errors: MEND_ERROR_OPTION, MEND_ERROR_CANCELLED,
 * MEND_ERROR_MEMORY, MEND_ERROR_FAILED (a NaN appeared: names the step), and the network's. */
gboolean mend_sampler_run(const MendSampler *sampler, const MendSchedule *s,
                          const MendSamplerParams *params, const MendDenoiser *net,
                          const MendState *mu, MendState *result, GError **error);

G_END_DECLS
