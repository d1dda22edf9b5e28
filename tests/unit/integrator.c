/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All integrators on Gaussian pictures, whose ODE is known exactly. */
#include "compute/integrator.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

#define MEAN   0.4
#define SPREAD 0.3
#define FEW    16
#define MANY   20000

typedef struct {
    int n, nan_at, fail_at;
    double spread;
} Network;

static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    Network *net = data;
    double s2 = net->spread * net->spread, v = s2 + sigma * sigma;
    net->n++;
    if (net->n == net->fail_at) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
        return FALSE;
    }
    for (size_t i = 0; i < w->n; i++)
        mend_state_put(clean, i, (s2 * mend_state_get(w, i) + sigma * sigma * MEAN) / v);
    if (net->n == net->nan_at)
        mend_state_put(clean, w->n / 2, NAN);
    return TRUE;
}

static void
normal(gpointer data, guint32 stream, MendState *out)
{
    g_autofree float *values = g_new(float, out->n);
    mend_rng_normal((MendRng){*(guint64 *)data, stream}, 0, 0,
                    (MendTensor){{1, 1, (int)out->n}, values});
    for (size_t i = 0; i < out->n; i++)
        mend_state_put(out, i, (double)values[i]);
}

/* A run from a start state that has the right distribution at params->from. */
static gboolean
run(const char *name, const MendIntegratorParams *params, Network *net, double *x, size_t n,
    int *n_evaluations, GError **error)
{
    guint64 start = 7, seed = 8;
    MendFrame frame = {clean_of, 0.01, 10, net, NULL};
    MendNoise noise = {normal, &seed};
    MendState state = {TRUE, n, x};
    normal(&start, 0, &state);
    for (size_t i = 0; i < n; i++)
        x[i] = MEAN + x[i] * hypot(net->spread, params->from);
    net->n = 0;
    return mend_integrator_run(mend_integrator_find(name), params, &frame, &noise, &state,
                               n_evaluations, error);
}

static MendIntegratorParams
params_of(int n_levels, double from, double to)
{
    MendIntegratorParams params = mend_integrator_defaults;
    params.n_levels = n_levels;
    params.from = from;
    params.to = to;
    return params;
}

/* The largest distance from the ODE's solution at the level `to`. */
static double
ode_error(const char *name, int n_levels)
{
    MendIntegratorParams params = params_of(n_levels, 2, 0.1);
    Network net = {.spread = SPREAD};
    double x[FEW], start[FEW], worst = 0;
    guint64 seed = 7;
    params.stop = TRUE;
    params.tolerance = 1e-8;
    normal(&seed, 0, &(MendState){TRUE, FEW, start});
    g_assert_true(run(name, &params, &net, x, FEW, NULL, NULL));
    for (int i = 0; i < FEW; i++)
        worst = MAX(worst, fabs(x[i] - MEAN - start[i] * hypot(SPREAD, params.to)));
    return worst;
}

/* Adams-Bashforth methods begin with a step of order 1, so that over a given way none is above 2;
 * but those with more history are far better than the first. */
static void
test_order(void)
{
    const struct {
        const char *name;
        int order;
    } rows[] = {
        {"karras", 2},      {"heun", 2},        {"probability-flow", 1},
        {"ddim", 1},        {"rho-ab-1", 2},    {"rho-ab-2", 2},
        {"rho-ab-3", 2},    {"deis-0", 1},      {"deis-1", 2},
        {"deis-2", 2},      {"deis-3", 2},      {"lambda-ab-1", 2},
        {"lambda-ab-2", 2}, {"lambda-ab-3", 2}, {"mr", 2},
    };
    double first = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        double coarse = ode_error(rows[i].name, 81), fine = ode_error(rows[i].name, 161);
        double order = log2(coarse / fine);
        g_test_message("%s: %.2e, %.2e, order %.2f", rows[i].name, coarse, fine, order);
        g_assert_cmpfloat(fine, <, 0.02);
        g_assert_cmpfloat(order, >, rows[i].order - 0.4);
        if (g_str_has_suffix(rows[i].name, "-1"))
            first = fine;
        else if (strstr(rows[i].name, "-ab-") || g_str_has_suffix(rows[i].name, "-2"))
            g_assert_cmpfloat(fine, <, first / 10);
    }
    g_assert_cmpfloat(ode_error("rk45", 2), <, 1e-6);
}

/* To level 0, mean and deviation are those of the pictures. 200 levels leave a few hundredths in
 * the integrators of order 1. */
static void
test_distribution(void)
{
    g_autofree double *x = g_new(double, MANY);
    for (const MendIntegrator *row = mend_integrators; row->name; row++) {
        MendIntegratorParams params = params_of(200, 4, 0.01);
        Network net = {.spread = SPREAD};
        params.churn = 10;
        params.churn_noise = 1;
        g_assert_true(run(row->name, &params, &net, x, MANY, NULL, NULL));
        double sum = 0, squares = 0;
        for (int i = 0; i < MANY; i++) {
            sum += x[i] - MEAN;
            squares += (x[i] - MEAN) * (x[i] - MEAN);
        }
        double deviation = sqrt(squares / MANY);
        g_test_message("%s: mean off by %.4f, deviation %.4f", row->name, sum / MANY, deviation);
        g_assert_cmpfloat(fabs(sum / MANY), <, 0.02);
        g_assert_cmpfloat(fabs(deviation / SPREAD - 1), <, 0.06);
    }
}

/* Where only one picture is possible it is found at once, whatever the levels: the last step goes
 * all the way. */
static void
test_known_picture(void)
{
    for (const MendIntegrator *row = mend_integrators; row->name; row++) {
        MendIntegratorParams params = params_of(3, 2, 0.01);
        Network net = {0};
        double x[FEW];
        if (!strcmp(row->name, "probability-flow") || !strcmp(row->name, "euler-maruyama"))
            continue; /* as published, theirs does not */
        g_assert_true(run(row->name, &params, &net, x, FEW, NULL, NULL));
        for (int i = 0; i < FEW; i++)
            g_assert_cmpfloat(fabs(x[i] - MEAN), <, 1e-9);
    }
}

static void
test_evaluations(void)
{
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (int budget = 1; budget <= 30; budget++) {
            MendIntegratorParams params = params_of(mend_integrator_levels(row, budget), 2, 0.06);
            Network net = {.spread = SPREAD};
            double x[FEW];
            int n = 0;
            params.most = budget;
            params.tolerance = 1e-9; /* cannot be had for so few */
            g_assert_true(run(row->name, &params, &net, x, FEW, &n, NULL));
            g_assert_cmpint(n, ==, net.n);
            g_assert_cmpint(n, <=, budget);
            g_assert_cmpint(n, >, budget - MAX(row->cost, strcmp(row->name, "rk45") ? 1 : 7));
        }
}

static void
expect(const char *name, const MendIntegratorParams *params, Network net, MendError code,
       const char *word)
{
    g_autoptr(GError) error = NULL;
    double x[FEW];
    g_assert_false(run(name, params, &net, x, FEW, NULL, &error));
    g_assert_error(error, MEND_ERROR, (int)code);
    g_assert_nonnull(strstr(error->message, word));
}

static void
test_errors(void)
{
    MendIntegratorParams good = params_of(5, 2, 0.01), bad = good;
    Network net = {.spread = SPREAD};
    for (const MendIntegrator *row = mend_integrators; row->name; row++) {
        net.fail_at = 2;
        net.nan_at = 0;
        expect(row->name, &good, net, MEND_ERROR_CANCELLED, "Stopped");
        net.fail_at = 0;
        net.nan_at = 2;
        expect(row->name, &good, net, MEND_ERROR_FAILED, "noise level");
        net.nan_at = 0;
        g_setenv("MEND_FAULT", "alloc:1", TRUE);
        mend_fault_reset();
        expect(row->name, &good, net, MEND_ERROR_MEMORY, "memory");
        g_unsetenv("MEND_FAULT");
        mend_fault_reset();
    }
    const double rising[] = {0.1, 0.2};
    bad.n_levels = 0;
    expect("ddim", &bad, net, MEND_ERROR_OPTION, "levels");
    bad = good;
    bad.to = 0;
    expect("ddim", &bad, net, MEND_ERROR_OPTION, "above 0");
    bad = good;
    bad.levels = rising;
    bad.n_levels = 2;
    expect("ddim", &bad, net, MEND_ERROR_OPTION, "do not fall");
    bad = good;
    bad.to = bad.from;
    expect("ddim", &bad, net, MEND_ERROR_OPTION, "no room");
    g_assert_null(mend_integrator_find("no such"));
}

/* A mean-reverting network for the same pictures, that predicts what it is told to. */
typedef struct {
    const MendSchedule *s;
    double mu;
} Reverting;

static MendPrediction prediction;

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    const Reverting *r = data;
    (void)error;
    MendCoef c = mend_schedule_at(r->s, t, MEND_COEF_EXACT);
    double v = c.alpha * c.alpha * SPREAD * SPREAD + c.sigma * c.sigma, level = r->s->level;
    for (size_t i = 0; i < x->n; i++) {
        double off = mend_state_get(x, i) - r->mu;
        double eps = c.sigma * (off - c.alpha * (MEAN - r->mu)) / v;
        double clean = (off - c.sigma * eps) / c.alpha;
        double outputs[] = {eps, clean + r->mu, c.alpha * level * eps - c.sigma / level * clean};
        mend_state_put(out, i, outputs[prediction]);
    }
    return TRUE;
}

static void
test_schedule_frame(void)
{
    MendSchedule s;
    g_assert_true(mend_schedule_init(&s, &mend_schedule_defaults, NULL));
    for (int reverting = 0; reverting < 2; reverting++)
        for (prediction = MEND_PREDICT_NOISE; prediction <= MEND_PREDICT_VELOCITY; prediction++) {
            Reverting r = {&s, reverting ? 0.7 : 0};
            MendDenoiser net = {prediction, predict, NULL, NULL, &r};
            double mean[FEW], x[FEW], clean[FEW], expected[FEW];
            MendState mu = {TRUE, FEW, mean}, w = {TRUE, FEW, x}, out = {TRUE, FEW, clean};
            MendState right = {TRUE, FEW, expected};
            Network direct = {.spread = SPREAD};
            for (int i = 0; i < FEW; i++) {
                mean[i] = r.mu;
                x[i] = 0.1 * i - 0.5;
            }
            MendScheduleFrame frame;
            g_assert_true(
                mend_schedule_frame_init(&frame, &s, &net, reverting ? &mu : NULL, &w, NULL));
            const double levels[] = {frame.frame.sigma_max, 1, 0.1, frame.frame.sigma_min};
            for (size_t k = 0; k < G_N_ELEMENTS(levels); k++) {
                g_assert_true(frame.frame.clean(frame.frame.data, &w, levels[k], &out, NULL));
                clean_of(&direct, &w, levels[k], &right, NULL);
                for (int i = 0; i < FEW; i++)
                    g_assert_cmpfloat(fabs(clean[i] - expected[i]), <, 1e-9);
            }
            mend_schedule_frame_clear(&frame);
        }
    mend_schedule_clear(&s);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/integrator/order", test_order);
    g_test_add_func("/integrator/distribution", test_distribution);
    g_test_add_func("/integrator/known-picture", test_known_picture);
    g_test_add_func("/integrator/evaluations", test_evaluations);
    g_test_add_func("/integrator/errors", test_errors);
    g_test_add_func("/integrator/schedule-frame", test_schedule_frame);
    return g_test_run();
}
