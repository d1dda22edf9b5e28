/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of integrators and the loop that drives them. */
#include "compute/integrator.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/integrators/descent.h"

#define MAX_LEVELS 100000

const MendIntegratorParams mend_integrator_defaults = {
    .n_levels = 4,
    .rho = 7,
    .churn = 80,
    .churn_low = 0.05,
    .churn_high = 1,
    .churn_noise = 1.007,
    .tolerance = 1e-3,
};

const MendIntegrator mend_integrators[] = {
    {"karras", N_("Karras"), FALSE, 0, 3, 2, mend_grid_karras, mend_heun_step},
    {"karras-sde", N_("Karras, stochastic"), TRUE, 0, 3, 2, mend_grid_karras, mend_heun_step},
    {"probability-flow", N_("Probability flow"), FALSE, 0, 1, 1, mend_grid_geometric,
     mend_flow_step},
    {"rk45", N_("Runge-Kutta 4(5), adaptive"), FALSE, 0, 8, 1, mend_grid_geometric, mend_rk45_step},
    {"reverse-diffusion", N_("Reverse diffusion"), TRUE, 0, 1, 1, mend_grid_geometric,
     mend_diffusion_step},
    {"euler-maruyama", N_("Euler-Maruyama"), TRUE, 0, 1, 1, mend_grid_euler_maruyama,
     mend_euler_maruyama_step},
    {"ddim", N_("DDIM"), FALSE, 0, 1, 1, mend_grid_karras, mend_ddim_step},
    {"ancestral", N_("Ancestral"), TRUE, 0, 1, 1, mend_grid_karras, mend_ancestral_step},
    {"heun", N_("Heun (EDM)"), FALSE, 0, 3, 2, mend_grid_karras, mend_heun_step},
    {"deis-0", N_("DEIS, order 0"), FALSE, 0, 1, 1, mend_grid_time, mend_deis_step},
    {"deis-1", N_("DEIS, order 1"), FALSE, 1, 2, 1, mend_grid_time, mend_deis_step},
    {"deis-2", N_("DEIS, order 2"), FALSE, 2, 3, 1, mend_grid_time, mend_deis_step},
    {"deis-3", N_("DEIS, order 3"), FALSE, 3, 4, 1, mend_grid_time, mend_deis_step},
    {"rho-ab-1", N_("DEIS in sigma, order 1"), FALSE, 1, 2, 1, mend_grid_karras, mend_rho_ab_step},
    {"rho-ab-2", N_("DEIS in sigma, order 2"), FALSE, 2, 3, 1, mend_grid_karras, mend_rho_ab_step},
    {"rho-ab-3", N_("DEIS in sigma, order 3"), FALSE, 3, 4, 1, mend_grid_karras, mend_rho_ab_step},
    {"mr", N_("MR Sampler"), FALSE, 0, 2, 1, mend_grid_karras, mend_reverting_step},
    {"lambda-ab-1", N_("DEIS in log sigma, order 1"), FALSE, 1, 2, 1, mend_grid_karras,
     mend_lambda_ab_step},
    {"lambda-ab-2", N_("DEIS in log sigma, order 2"), FALSE, 2, 3, 1, mend_grid_karras,
     mend_lambda_ab_step},
    {"lambda-ab-3", N_("DEIS in log sigma, order 3"), FALSE, 3, 4, 1, mend_grid_karras,
     mend_lambda_ab_step},
    {NULL, NULL, FALSE, 0, 0, 0, NULL, NULL},
};

const MendIntegrator *
mend_integrator_find(const char *name)
{
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

int
mend_integrator_levels(const MendIntegrator *row, int n_evaluations)
{
    return (MAX(n_evaluations, 1) - 1) / row->cost + 1;
}

static gboolean
levels_fall(const double *levels, int n)
{
    for (int i = 1; i < n; i++)
        if (!(levels[i] < levels[i - 1]))
            return FALSE;
    return levels[n - 1] > 0 && isfinite(levels[0]);
}

static gboolean
check_params(const MendIntegrator *row, const MendIntegratorParams *p, gboolean have_noise,
             GError **error)
{
    const char *wrong = NULL;
    if (p->n_levels < 1 || p->n_levels > MAX_LEVELS)
        wrong = "the number of levels must be 1 to 100000";
    else if (!p->levels && !(p->to > 0 && p->from >= p->to && isfinite(p->from)))
        wrong = "the noise levels must fall and end above 0";
    else if (!p->levels && p->n_levels > 1 && !(p->from > p->to))
        wrong = "there is no room for more than one level";
    else if (!(p->rho > 0) || !isfinite(p->rho))
        wrong = "rho must be a number above 0";
    else if (!(p->tolerance > 0))
        wrong = "the tolerance must be above 0";
    else if (p->levels && !levels_fall(p->levels, p->n_levels))
        wrong = "the noise levels that were given do not fall";
    else if (row->stochastic && !have_noise)
        wrong = "it needs noise, and none was given";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "Integrator %s with %d levels from %g to %g: %s.", row->name, p->n_levels,
                    p->from, p->to, wrong);
    return !wrong;
}

static gboolean
not_finite(double sigma, const char *what, const char *hint, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                "At noise level %.4g %s holds a value that is not a finite number. %s", sigma, what,
                hint);
    return FALSE;
}

gboolean
mend_descent_evaluate(MendDescent *d, const MendState *x, double sigma, MendState *clean,
                      GError **error)
{
    d->n_evaluations++;
    if (!d->frame->clean(d->frame->data, x, sigma, clean, error))
        return FALSE;
    return mend_state_is_finite(clean) ||
           not_finite(sigma, "the network's result",
                      "Compute in full precision, or check the model file.", error);
}

gboolean
mend_descent_move(MendDescent *d, MendState *out, const MendTerm *terms, int n_terms, double sigma,
                  GError **error)
{
    (void)d;
    return mend_state_sum(out, terms, n_terms) ||
           not_finite(sigma, "the picture", "Take more steps or another integrator.", error);
}

gboolean
mend_descent_shake(MendDescent *d, double scale, MendState *spare, double sigma, GError **error)
{
    d->noise->normal(d->noise->data, (guint32)d->step, spare);
    MendTerm sum[] = {{1, d->x}, {scale, spare}};
    return mend_descent_move(d, d->x, sum, G_N_ELEMENTS(sum), sigma, error);
}

static gboolean
init(MendDescent *d, GError **error)
{
    const MendIntegratorParams *p = d->params;
    d->n = p->n_levels;
    d->levels = g_new(double, d->n);
    if (p->levels)
        memcpy(d->levels, p->levels, (size_t)d->n * sizeof *d->levels);
    else
        d->row->grid(p, d->n, d->levels);
    for (int k = 0; k < d->row->n_states; k++)
        if (!mend_state_init(&d->more[k], d->x, error))
            return FALSE;
    return TRUE;
}

static void
clear(MendDescent *d)
{
    for (int k = 0; k < MEND_DESCENT_STATES; k++)
        mend_state_clear(&d->more[k]);
    g_free(d->levels);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendDescent, clear)

static gboolean
descend(MendDescent *d, GError **error)
{
    int n_steps = d->params->stop ? d->n - 1 : d->n;
    for (d->step = 0; d->step < n_steps; d->step++) {
        double next = d->step + 1 < d->n ? d->levels[d->step + 1] : 0;
        if (!d->row->step(d, d->levels[d->step], next, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mend_integrator_run(const MendIntegrator *row, const MendIntegratorParams *params,
                    const MendFrame *frame, const MendNoise *noise, MendState *x,
                    int *n_evaluations, GError **error)
{
    if (n_evaluations)
        *n_evaluations = 0;
    if (!check_params(row, params, noise != NULL, error))
        return FALSE;
    MendIntegratorParams own = *params;
    if (own.levels) {
        own.from = own.levels[0];
        own.to = own.levels[own.n_levels - 1];
    } else if (row->step == mend_rk45_step) { /* it steps as it likes between the two */
        own.n_levels = own.from > own.to ? 2 : 1;
    }
    g_auto(MendDescent) d = {.row = row, .params = &own, .frame = frame, .noise = noise, .x = x};
    gboolean good = init(&d, error) && descend(&d, error);
    if (n_evaluations)
        *n_evaluations = d.n_evaluations;
    return good;
}
