/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of samplers and the loop that drives them. */
#include "compute/sampler.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/samplers/walk.h"

const char *const mend_prediction_names[] = {"noise", "clean", "velocity", NULL};

const MendSamplerParams mend_sampler_defaults = {
    .n_steps = 10,
    .order = 2,
    .grid = {MEND_GRID_LINEAR_LAMBDA, 10, -INFINITY, 7, 0},
    .coef = MEND_COEF_EXACT,
    .denoise_last = TRUE,
    .threshold_ratio = 0.995,
    .threshold_max = 1.5,
};

const MendSampler mend_samplers[] = {
    {"mr-ode-1", N_("MR Sampler, ODE, order 1"), 1, FALSE, FALSE, mend_mr_step},
    {"mr-ode-2", N_("MR Sampler, ODE, order 2"), 2, FALSE, FALSE, mend_mr_step},
    {"mr-ode-3", N_("MR Sampler, ODE, order 3"), 3, FALSE, FALSE, mend_mr_step},
    {"mr-sde-1", N_("MR Sampler, SDE, order 1"), 1, TRUE, FALSE, mend_mr_step},
    {"mr-sde-2", N_("MR Sampler, SDE, order 2"), 2, TRUE, FALSE, mend_mr_step},
    {"posterior", N_("Posterior"), 1, TRUE, TRUE, mend_posterior_step},
    {"euler-sde", N_("Euler, SDE"), 1, TRUE, TRUE, mend_euler_step},
    {"euler-ode", N_("Euler, ODE"), 1, FALSE, TRUE, mend_euler_step},
    {NULL, NULL, 0, FALSE, FALSE, NULL},
};

const MendSampler *
mend_sampler_find(const char *name)
{
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        if (strcmp(sampler->name, name) == 0)
            return sampler;
    return NULL;
}

static gboolean
check_params(const MendSampler *sampler, const MendSamplerParams *p, GError **error)
{
    const char *wrong = NULL;
    if (p->n_steps < 1)
        wrong = "at least one step is needed";
    else if (p->thresholding && !(p->threshold_ratio > 0 && p->threshold_ratio <= 1))
        wrong = "the thresholding ratio must be above 0 and at most 1";
    else if (p->thresholding && !(p->threshold_max >= 1))
        wrong = "the thresholding maximum must be at least 1";
    else if (p->published && p->n_steps < sampler->order)
        wrong = "as published, the number of steps must not be below the order";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "Sampler %s with %d steps: %s.",
                    sampler->name, p->n_steps, wrong);
    return !wrong;
}

static gboolean
run_walk(const MendSampler *sampler, MendWalk *walk, GError **error)
{
    for (walk->step = 1; walk->step <= walk->n_steps; walk->step++) {
        if (!mend_walk_evaluate(walk, error))
            return FALSE;
        gboolean last = walk->step == walk->n_steps;
        if (last && walk->params->denoise_last)
            return mend_walk_finish(walk, error);
        if (!sampler->step(walk, error))
            return FALSE;
    }
    return TRUE;
}

/* Steps that move x and so look back: the last one may only return what the network said. The
 * published driver chooses its orders by the number of steps. */
static int
n_moves(const MendSamplerParams *p)
{
    return p->published || !p->denoise_last ? p->n_steps : MAX(p->n_steps - 1, 1);
}

int
mend_sampler_states(const MendSampler *sampler, const MendSamplerParams *params)
{
    return MIN(sampler->order, n_moves(params));
}

gboolean
mend_sampler_run(const MendSampler *sampler, const MendSchedule *s, const MendSamplerParams *params,
                 const MendDenoiser *net, const MendState *mu, MendState *result, GError **error)
{
    g_return_val_if_fail(mu->f64 == result->f64 && mu->n == result->n && mu->n > 0, FALSE);
    if (!check_params(sampler, params, error))
        return FALSE;
    MendSamplerParams own = *params;
    own.order = mend_sampler_states(sampler, params);
    own.sde = sampler->sde;
    own.noise_form = params->noise_form && !sampler->clean_only;

    g_auto(MendWalk) walk = {.s = s, .params = &own, .net = net, .mu = mu, .x = result};
    if (!mend_walk_init(&walk, own.order, error))
        return FALSE;
    net->noise(net->data, 0, result);
    MendTerm start[] = {{s->level, result}, {1, mu}};
    mend_state_sum(result, start, G_N_ELEMENTS(start));
    return run_walk(sampler, &walk, error);
}
