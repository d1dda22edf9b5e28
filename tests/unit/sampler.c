/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All samplers on networks that are known in closed form. For a Gaussian picture the ideal network
 * and the solution of the probability-flow ODE are formulas, so no weights are needed. */
#include "compute/sampler.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)

#define N 64

/* The ideal network where x0 ~ N(mean, spread^2) in every number; spread 0: x0 is known. */
typedef struct {
    const MendSchedule *s;
    MendPrediction prediction;
    double mu, mean, spread;
    guint64 seed;
    int n_evaluations, n_told;
    int nan_at, fail_at, cancel_at; /* evaluations, 1 the first; 0: never */
    double last_t;
} Ideal;

static gboolean
ideal_predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Ideal *ideal = data;
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

static void
ideal_noise(gpointer data, guint32 stream, MendState *out)
{
    Ideal *ideal = data;
    g_auto(MendTensor) normal = mend_tensor_new((MendShape){1, 1, (int)out->n}, NULL);
    mend_rng_normal((MendRng){ideal->seed, stream}, 0, 0, normal);
    for (size_t i = 0; i < out->n; i++)
        mend_state_put(out, i, (double)normal.data[i]);
}

static gboolean
ideal_step(gpointer data, int done, int n_steps, const MendState *clean)
{
    Ideal *ideal = data;
    ideal->n_told++;
    g_assert_cmpint(done, ==, ideal->n_told);
    g_assert_cmpint(done, ==, ideal->n_evaluations);
    g_assert_cmpint(done, <=, n_steps);
    g_assert_true(isfinite(mend_state_get(clean, 0)));
    return done != ideal->cancel_at;
}

/* A run over N numbers (or n where given) with mu everywhere; result holds n doubles. */
static gboolean
run_n(const char *name, Ideal *ideal, const MendSamplerParams *params, gboolean f64, size_t n,
      double *result, GError **error)
{
    MendState shape = {f64, n, NULL}, mu, x;
    g_assert_true(mend_state_init(&mu, &shape, NULL) && mend_state_init(&x, &shape, NULL));
    for (size_t i = 0; i < n; i++)
        mend_state_put(&mu, i, ideal->mu);
    MendDenoiser net = {ideal->prediction, ideal_predict, ideal_noise, ideal_step, ideal};
    ideal->n_evaluations = ideal->n_told = 0;
    gboolean ok = mend_sampler_run(mend_sampler_find(name), ideal->s, params, &net, &mu, &x, error);
    for (size_t i = 0; ok && i < n; i++)
        result[i] = mend_state_get(&x, i);
    mend_state_clear(&mu);
    mend_state_clear(&x);
    return ok;
}

static void
run(const char *name, Ideal *ideal, const MendSamplerParams *params, double *result)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = run_n(name, ideal, params, TRUE, N, result, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpint(ideal->n_evaluations, ==, params->n_steps);
    g_assert_cmpint(ideal->n_told, ==, params->n_steps);
}

static double
distance(const double *a, const double *b)
{
    double worst = 0;
    for (int i = 0; i < N; i++)
        worst = isnan(a[i] - b[i]) ? INFINITY : MAX(worst, fabs(a[i] - b[i]));
    return worst;
}

static MendSchedule
cosine(MendTables tables)
{
    MendScheduleParams params = mend_schedule_defaults;
    params.tables = tables;
    MendSchedule s;
    g_assert_true(mend_schedule_init(&s, &params, NULL));
    return s;
}

/* x at t = 0 of the exact ODE from x_T = mu + level * n. */
static void
solve_exactly(Ideal *ideal, double *result)
{
    const MendSchedule *s = ideal->s;
    MendCoef from = mend_schedule_at(s, s->T, MEND_COEF_EXACT);
    MendCoef to = mend_schedule_at(s, 0, MEND_COEF_EXACT);
    double d2 = ideal->spread * ideal->spread, off = ideal->mean - ideal->mu;
    double ratio = sqrt((to.alpha * to.alpha * d2 + to.sigma * to.sigma) /
                        (from.alpha * from.alpha * d2 + from.sigma * from.sigma));
    MendState out = {TRUE, N, result};
    ideal_noise(ideal, 0, &out);
    for (int i = 0; i < N; i++)
        result[i] = ideal->mu + to.alpha * off + ratio * (s->level * result[i] - from.alpha * off);
}

/* Order 3 shows nearly 4 here: on a Gaussian the third derivative nearly cancels over the walk.
 * Without the factor 2 of its second derivative it shows 2. */
static void
test_convergence(void)
{
    static const struct {
        const char *name;
        gboolean noise_form;
        MendGrid grid;
        double least, most; /* order measured between 40, 80 and 160 steps */
        double error_160;
    } rows[] = {
        {"mr-ode-1", FALSE, MEND_GRID_LINEAR_LAMBDA, 0.9, 1.1, 1e-2},
        {"mr-ode-2", FALSE, MEND_GRID_LINEAR_LAMBDA, 1.85, 2.2, 1e-3},
        {"mr-ode-3", FALSE, MEND_GRID_LINEAR_LAMBDA, 2.75, 4.2, 1e-6},
        {"mr-ode-1", TRUE, MEND_GRID_LINEAR_LAMBDA, 0.9, 1.1, 1e-2},
        {"mr-ode-2", TRUE, MEND_GRID_LINEAR_LAMBDA, 1.85, 2.2, 1e-3},
        {"mr-ode-3", TRUE, MEND_GRID_LINEAR_LAMBDA, 2.75, 4.2, 1e-6},
        {"mr-ode-2", FALSE, MEND_GRID_KARRAS_N, 1.85, 2.3, 1e-3},
        {"euler-ode", FALSE, MEND_GRID_LINEAR_LAMBDA, 0.9, 1.2, 2e-2},
    };
    g_auto(MendSchedule) s = cosine(MEND_TABLES_UNSHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_CLEAN,
                   .mu = 0.4,
                   .mean = 0.6,
                   .spread = 0.1,
                   .seed = 5};
    double exact[N], got[N];
    solve_exactly(&ideal, exact);
    for (size_t r = 0; r < G_N_ELEMENTS(rows); r++) {
        MendSamplerParams params = mend_sampler_defaults;
        params.noise_form = rows[r].noise_form;
        params.grid.grid = rows[r].grid;
        params.denoise_last = FALSE;
        double error[3];
        for (int k = 0; k < 3; k++) {
            params.n_steps = 40 << k;
            run(rows[r].name, &ideal, &params, got);
            error[k] = distance(got, exact);
        }
        double orders[2] = {log2(error[0] / error[1]), log2(error[1] / error[2])};
        g_test_message("%s %s %s: errors %.3g %.3g %.3g, orders %.2f %.2f", rows[r].name,
                       rows[r].noise_form ? "noise" : "clean", mend_grid_names[rows[r].grid],
                       error[0], error[1], error[2], orders[0], orders[1]);
        g_assert_cmpfloat(orders[1], >, rows[r].least);
        g_assert_cmpfloat(orders[1], <, rows[r].most);
        g_assert_cmpfloat(error[2], <, rows[r].error_160);
    }
}

/* With x0 known, a walk of any length and order follows the process exactly. */
static void
test_known_clean(void)
{
    static const char *const names[] = {"mr-ode-1", "mr-ode-2", "mr-ode-3"};
    g_auto(MendSchedule) s = cosine(MEND_TABLES_UNSHIFTED);
    Ideal ideal = {.s = &s, .prediction = MEND_PREDICT_CLEAN, .mu = 0.3, .mean = 0.8, .seed = 2};
    for (size_t r = 0; r < G_N_ELEMENTS(names); r++)
        for (int noise_form = 0; noise_form < 2; noise_form++)
            for (int n = 1; n < 14; n += 4) {
                double got[N], expected[N];
                MendSamplerParams params = mend_sampler_defaults;
                params.n_steps = n;
                params.noise_form = noise_form;
                params.grid.grid = MEND_GRID_TRAILING; /* ends with noise left */
                params.denoise_last = FALSE;
                run(names[r], &ideal, &params, got);
                solve_exactly(&ideal, expected);
                MendCoef end = mend_schedule_at(&s, 100.0 / (n + 1), MEND_COEF_EXACT);
                MendState start = {TRUE, N, expected};
                ideal_noise(&ideal, 0, &start);
                for (int i = 0; i < N; i++) {
                    double off = ideal.mean - ideal.mu;
                    double eps = (s.level * expected[i] - s.alpha[100] * off) / s.sigma[100];
                    expected[i] = ideal.mu + end.alpha * off + end.sigma * eps;
                }
                g_assert_cmpfloat(distance(got, expected), <, 1e-12);
            }
}

/* The same for what is random: mean A x0 + (1 - A) mu and variance S^2, from 10^5 numbers: the
 * mean's standard deviation is S / 316, the variance's relative one 0.0045; bounds are five. */
static void
test_known_clean_sde(void)
{
    static const char *const names[] = {"mr-sde-1", "mr-sde-2", "posterior"};
    const size_t n = 100000;
    g_autofree double *got = g_new(double, n);
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s, .prediction = MEND_PREDICT_CLEAN, .mu = 0.3, .mean = 0.8, .seed = 4};
    for (size_t r = 0; r < G_N_ELEMENTS(names); r++)
        for (int steps = 1; steps <= 5; steps += 2) {
            MendSamplerParams params = mend_sampler_defaults;
            params.n_steps = steps;
            params.grid.grid = MEND_GRID_TRAILING;
            params.denoise_last = FALSE;
            g_assert_true(run_n(names[r], &ideal, &params, FALSE, n, got, NULL));
            MendCoef end = mend_schedule_at(&s, 100.0 / (steps + 1), MEND_COEF_EXACT);
            double mean = 0, variance = 0;
            double expected = end.alpha * ideal.mean + (1 - end.alpha) * ideal.mu;
            for (size_t i = 0; i < n; i++)
                mean += got[i] / (double)n;
            for (size_t i = 0; i < n; i++)
                variance += (got[i] - expected) * (got[i] - expected) / (double)n;
            g_assert_cmpfloat(fabs(mean - expected), <, 5 * end.sigma / 316);
            g_assert_cmpfloat(fabs(variance / (end.sigma * end.sigma) - 1), <, 0.0225);
        }
}

static void
test_predictions_agree(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        for (int noise_form = 0; noise_form < 2; noise_form++) {
            double got[3][N];
            for (int k = 0; k < 3; k++) {
                Ideal ideal = {.s = &s,
                               .prediction = (MendPrediction)k,
                               .mu = 0.4,
                               .mean = 0.6,
                               .spread = 0.1,
                               .seed = 5};
                MendSamplerParams params = mend_sampler_defaults;
                params.noise_form = noise_form;
                run(sampler->name, &ideal, &params, got[k]);
            }
            g_assert_cmpfloat(distance(got[0], got[1]), <, 1e-9);
            g_assert_cmpfloat(distance(got[0], got[2]), <, 1e-9);
        }
}

/* At order 1 the ODE does not depend on what is integrated; so with denoise_last the noise form
 * gives the clean picture too. */
static void
test_noise_form_is_clean_picture(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_NOISE,
                   .mu = 0.4,
                   .mean = 0.6,
                   .spread = 0.1,
                   .seed = 6};
    MendSamplerParams params = mend_sampler_defaults;
    double clean[N], noise[N];
    run("mr-ode-1", &ideal, &params, clean);
    params.noise_form = TRUE;
    run("mr-ode-1", &ideal, &params, noise);
    g_assert_cmpfloat(distance(clean, noise), <, 1e-10);
}

/* On shifted tables the last step ends where lambda is infinite. All combinations are finite, and
 * what MR Sampler then gives is the clean prediction of the last evaluation. */
static void
test_infinite_lambda(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_VELOCITY,
                   .mu = 0.4,
                   .mean = 0.6,
                   .spread = 0.1,
                   .seed = 7};
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        for (int grid = 0; mend_grid_names[grid]; grid++)
            for (int variant = 0; variant < 4; variant++)
                for (int n = 1; n <= 12; n++) {
                    double open[N], closed[N];
                    MendSamplerParams params = mend_sampler_defaults;
                    params.n_steps = n;
                    params.grid.grid = (MendGrid)grid;
                    params.noise_form = variant & 1;
                    params.coef = variant & 2 ? MEND_COEF_PARITY : MEND_COEF_EXACT;
                    run(sampler->name, &ideal, &params, closed);
                    params.denoise_last = FALSE;
                    run(sampler->name, &ideal, &params, open);
                    g_assert_true(isfinite(distance(open, closed)));
                    gboolean ends_at_0 = grid != MEND_GRID_TRAILING && grid != MEND_GRID_KARRAS_T;
                    if (ends_at_0 && !g_str_has_prefix(sampler->name, "euler"))
                        g_assert_cmpfloat(distance(open, closed), <, 1e-12);
                }
}

static void
test_posterior_is_mr_sde_1(void)
{
    for (int tables = 0; tables < 2; tables++)
        for (int denoise_last = 0; denoise_last < 2; denoise_last++) {
            g_auto(MendSchedule) s = cosine((MendTables)tables);
            Ideal ideal = {.s = &s,
                           .prediction = MEND_PREDICT_NOISE,
                           .mu = 0.4,
                           .mean = 0.6,
                           .spread = 0.1,
                           .seed = 8};
            MendSamplerParams params = mend_sampler_defaults;
            params.n_steps = 100;
            params.grid.grid = MEND_GRID_LINSPACE;
            params.denoise_last = denoise_last;
            double mr[N], posterior[N];
            run("mr-sde-1", &ideal, &params, mr);
            run("posterior", &ideal, &params, posterior);
            g_assert_cmpfloat(distance(mr, posterior), <, 1e-10);
        }
}

static void
test_seeds(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {
        .s = &s, .prediction = MEND_PREDICT_NOISE, .mu = 0.4, .mean = 0.6, .spread = 0.1};
    MendSamplerParams params = mend_sampler_defaults;
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        double first[N], again[N], other[N];
        ideal.seed = 1;
        run(sampler->name, &ideal, &params, first);
        run(sampler->name, &ideal, &params, again);
        ideal.seed = 2;
        run(sampler->name, &ideal, &params, other);
        g_assert_cmpmem(first, sizeof first, again, sizeof again);
        g_assert_cmpfloat(distance(first, other), >, 1e-2);
    }
}

static void
test_single_precision(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_NOISE,
                   .mu = 0.4,
                   .mean = 0.6,
                   .spread = 0.1,
                   .seed = 3};
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        MendSamplerParams params = mend_sampler_defaults;
        double wide[N], narrow[N];
        run(sampler->name, &ideal, &params, wide);
        g_assert_true(run_n(sampler->name, &ideal, &params, FALSE, N, narrow, NULL));
        g_assert_cmpfloat(distance(wide, narrow), <, 1e-5);
        g_assert_cmpfloat(distance(wide, narrow), >, 0);
    }
}

static void
test_order_lowered(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_NOISE,
                   .mu = 0.4,
                   .mean = 0.6,
                   .spread = 0.1,
                   .seed = 3};
    MendSamplerParams params = mend_sampler_defaults;
    double low[N], high[N];
    params.n_steps = 1;
    run("mr-ode-1", &ideal, &params, low);
    run("mr-ode-3", &ideal, &params, high);
    g_assert_cmpfloat(distance(low, high), ==, 0);
    params.n_steps = 4; /* here order 3 has its say, */
    run("mr-ode-1", &ideal, &params, low);
    run("mr-ode-3", &ideal, &params, high);
    g_assert_cmpfloat(distance(low, high), >, 1e-6);

    params.n_steps = 2; /* and as published, too few steps are refused. */
    params.published = TRUE;
    g_autoptr(GError) error = NULL;
    g_assert_false(run_n("mr-ode-3", &ideal, &params, TRUE, N, high, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
}

/* Every step can be the one that stops a run, and what stopped it is told. */
static void
test_stops(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = 5;
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        for (int at = 1; at <= 5; at++)
            for (int kind = 0; kind < 3; kind++) {
                Ideal ideal = {.s = &s,
                               .prediction = MEND_PREDICT_CLEAN,
                               .mu = 0.4,
                               .mean = 0.6,
                               .spread = 0.1,
                               .seed = 3,
                               .nan_at = kind == 0 ? at : 0,
                               .cancel_at = kind == 1 ? at : 0,
                               .fail_at = kind == 2 ? at : 0};
                static const MendError codes[] = {MEND_ERROR_FAILED, MEND_ERROR_CANCELLED,
                                                  MEND_ERROR_DEVICE};
                g_autofree char *named = g_strdup_printf("tep %d of 5", at);
                g_autoptr(GError) error = NULL;
                double got[N];
                g_assert_false(run_n(sampler->name, &ideal, &params, at & 1, N, got, &error));
                g_assert_true(mend_error_is(error, codes[kind]));
                g_assert_true(kind == 2 || strstr(error->message, named));
                g_assert_cmpint(ideal.n_evaluations, ==, at);
            }
}

static void
test_out_of_memory(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    MendState huge = {FALSE, G_MAXSIZE / 8, &huge}; /* refused before anything is read */
    MendDenoiser net = {MEND_PREDICT_CLEAN, ideal_predict, ideal_noise, NULL, NULL};
    g_autoptr(GError) error = NULL;
    g_assert_false(mend_sampler_run(mend_sampler_find("mr-ode-3"), &s, &mend_sampler_defaults, &net,
                                    &huge, &huge, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_MEMORY);
}

static void
test_bad_params(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s, .mu = 0.4, .mean = 0.6, .spread = 0.1};
    MendSamplerParams rows[6];
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        rows[i] = mend_sampler_defaults;
        rows[i].thresholding = TRUE;
    }
    rows[0].n_steps = 0;
    rows[1].n_steps = -1;
    rows[2].threshold_ratio = 1.1;
    rows[3].threshold_ratio = NAN;
    rows[4].threshold_max = 0.9;
    rows[5].grid.rho = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        double got[N];
        g_autoptr(GError) error = NULL;
        g_assert_false(run_n("mr-ode-2", &ideal, &rows[i], TRUE, N, got, &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
    }
}

/* Of the clean picture, whatever is integrated. */
static void
test_thresholding(void)
{
    g_auto(MendSchedule) s = cosine(MEND_TABLES_SHIFTED);
    Ideal ideal = {.s = &s,
                   .prediction = MEND_PREDICT_NOISE,
                   .mu = 0.4,
                   .mean = 1.2,
                   .spread = 0.2,
                   .seed = 3};
    MendSamplerParams params = mend_sampler_defaults;
    double plain[N], clean[N], noise[N];
    run("mr-ode-1", &ideal, &params, plain);
    params.thresholding = TRUE;
    run("mr-ode-1", &ideal, &params, clean);
    params.noise_form = TRUE;
    run("mr-ode-1", &ideal, &params, noise);
    g_assert_cmpfloat(distance(plain, clean), >, 0.1);
    g_assert_cmpfloat(distance(clean, noise), <, 1e-10);
    for (int i = 0; i < N; i++)
        g_assert_cmpfloat(fabs(clean[i]), <=, 1);
}

static void
test_table(void)
{
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        g_assert_true(mend_sampler_find(sampler->name) == sampler); /* so names are unique */
        g_assert_nonnull(sampler->label);
        g_assert_cmpint(sampler->order, >=, 1);
    }
    g_assert_null(mend_sampler_find("mr-ode-4"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sampler/table", test_table);
    g_test_add_func("/sampler/convergence", test_convergence);
    g_test_add_func("/sampler/known-clean", test_known_clean);
    g_test_add_func("/sampler/known-clean-sde", test_known_clean_sde);
    g_test_add_func("/sampler/predictions-agree", test_predictions_agree);
    g_test_add_func("/sampler/noise-form", test_noise_form_is_clean_picture);
    g_test_add_func("/sampler/infinite-lambda", test_infinite_lambda);
    g_test_add_func("/sampler/posterior-is-mr-sde-1", test_posterior_is_mr_sde_1);
    g_test_add_func("/sampler/seeds", test_seeds);
    g_test_add_func("/sampler/single-precision", test_single_precision);
    g_test_add_func("/sampler/order-lowered", test_order_lowered);
    g_test_add_func("/sampler/stops", test_stops);
    g_test_add_func("/sampler/out-of-memory", test_out_of_memory);
    g_test_add_func("/sampler/bad-params", test_bad_params);
    g_test_add_func("/sampler/thresholding", test_thresholding);
    return g_test_run();
}
