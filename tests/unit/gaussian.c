/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ideal network for Gaussian pictures, and runs of samplers on it. */
#include "tests/unit/gaussian.h"

#include <math.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

static gboolean
gaussian_predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Gaussian *ideal = data;
    MendCoef c = mend_schedule_at(ideal->s, t, MEND_COEF_EXACT);
    double level = ideal->s->level;
    double v = c.alpha * c.alpha * ideal->spread * ideal->spread + c.sigma * c.sigma;
    g_assert_true(t > 0 && t <= ideal->s->T);
    g_assert_true(ideal->n_evaluations == 0 || t < ideal->last_t);
    ideal->last_t = t;
    ideal->n_evaluations++;
    if (ideal->n_evaluations == ideal->fail_at) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE, "device lost");
        return FALSE;
    }
    for (size_t i = 0; i < x->n; i++) {
        double off = mend_state_get(x, i) - ideal->mu;
        double eps = c.sigma * (off - c.alpha * (ideal->mean - ideal->mu)) / v;
        double clean = (off - c.sigma * eps) / c.alpha;
        double velocity = c.alpha * level * eps - c.sigma / level * clean;
        double outputs[] = {eps, clean + ideal->mu, velocity};
        mend_state_put(out, i, outputs[ideal->prediction]);
    }
    if (ideal->n_evaluations == ideal->nan_at)
        mend_state_put(out, x->n / 2, NAN);
    return TRUE;
}

void
gaussian_noise(gpointer data, guint32 stream, MendState *out)
{
    Gaussian *ideal = data;
    g_autofree float *values = g_new(float, out->n); /* not of the memory that tests let fail */
    MendTensor normal = {{1, 1, (int)out->n}, values};
    mend_rng_normal((MendRng){ideal->seed, stream}, 0, 0, normal);
    for (size_t i = 0; i < out->n; i++)
        mend_state_put(out, i, (double)normal.data[i]);
}

static gboolean
gaussian_step(gpointer data, int done, int n_steps, const MendState *clean)
{
    Gaussian *ideal = data;
    ideal->n_told++;
    g_assert_cmpint(done, ==, ideal->n_told);
    g_assert_cmpint(done, ==, ideal->n_evaluations);
    g_assert_cmpint(done, <=, n_steps);
    g_assert_true(isfinite(mend_state_get(clean, 0)));
    return done != ideal->cancel_at;
}

gboolean
gaussian_run_n(const char *name, Gaussian *ideal, const MendSamplerParams *params, gboolean f64,
               size_t n, double *result, GError **error)
{
    MendState shape = {f64, n, NULL}, mu, x;
    g_assert_true(mend_state_init(&mu, &shape, NULL) && mend_state_init(&x, &shape, NULL));
    for (size_t i = 0; i < n; i++)
        mend_state_put(&mu, i, ideal->mu);
    MendDenoiser net = {ideal->prediction, gaussian_predict, gaussian_noise, gaussian_step, ideal};
    ideal->n_evaluations = ideal->n_told = 0;
    gboolean ok = mend_sampler_run(mend_sampler_find(name), ideal->s, params, &net, &mu, &x, error);
    for (size_t i = 0; ok && i < n; i++)
        result[i] = mend_state_get(&x, i);
    mend_state_clear(&mu);
    mend_state_clear(&x);
    return ok;
}

void
gaussian_run(const char *name, Gaussian *ideal, const MendSamplerParams *params, double *result)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = gaussian_run_n(name, ideal, params, TRUE, N, result, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpint(ideal->n_evaluations, ==, params->n_steps);
    g_assert_cmpint(ideal->n_told, ==, params->n_steps);
}

double
gaussian_distance(const double *a, const double *b)
{
    double worst = 0;
    for (int i = 0; i < N; i++)
        worst = isnan(a[i] - b[i]) ? INFINITY : MAX(worst, fabs(a[i] - b[i]));
    return worst;
}

MendSchedule
gaussian_schedule(MendTables tables)
{
    MendScheduleParams params = mend_schedule_defaults;
    params.tables = tables;
    MendSchedule s;
    g_assert_true(mend_schedule_init(&s, &params, NULL));
    return s;
}
