/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All samplers on a network that is a formula, so no weights are needed. */
#include "compute/sampler.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "tests/unit/gaussian.h"

static void
test_predictions_agree(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        for (int noise_form = 0; noise_form < 2; noise_form++) {
            double got[3][N];
            for (int k = 0; k < 3; k++) {
                Gaussian ideal = {.s = &s,
                                  .prediction = (MendPrediction)k,
                                  .mu = 0.4,
                                  .mean = 0.6,
                                  .spread = 0.1,
                                  .seed = 5};
                MendSamplerParams params = mend_sampler_defaults;
                params.noise_form = noise_form;
                gaussian_run(sampler->name, &ideal, &params, got[k]);
            }
            g_assert_cmpfloat(gaussian_distance(got[0], got[1]), <, 1e-9);
            g_assert_cmpfloat(gaussian_distance(got[0], got[2]), <, 1e-9);
        }
}

/* At order 1 the ODE does not depend on what is integrated; so with denoise_last the noise form
 * gives the clean picture too. */
static void
test_noise_form_is_clean_picture(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s,
                      .prediction = MEND_PREDICT_NOISE,
                      .mu = 0.4,
                      .mean = 0.6,
                      .spread = 0.1,
                      .seed = 6};
    MendSamplerParams params = mend_sampler_defaults;
    double clean[N], noise[N];
    gaussian_run("mr-ode-1", &ideal, &params, clean);
    params.noise_form = TRUE;
    gaussian_run("mr-ode-1", &ideal, &params, noise);
    g_assert_cmpfloat(gaussian_distance(clean, noise), <, 1e-10);
}

/* On shifted tables the last step ends where lambda is infinite. All combinations are finite, and
 * what MR Sampler then gives is the clean prediction of the last evaluation. */
static void
test_infinite_lambda(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s,
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
                    gaussian_run(sampler->name, &ideal, &params, closed);
                    params.denoise_last = FALSE;
                    gaussian_run(sampler->name, &ideal, &params, open);
                    g_assert_true(isfinite(gaussian_distance(open, closed)));
                    gboolean ends_at_0 = grid != MEND_GRID_TRAILING && grid != MEND_GRID_KARRAS_T;
                    if (ends_at_0 && !g_str_has_prefix(sampler->name, "euler"))
                        g_assert_cmpfloat(gaussian_distance(open, closed), <, 1e-12);
                }
}

static void
test_posterior_is_mr_sde_1(void)
{
    for (int tables = 0; tables < 2; tables++)
        for (int denoise_last = 0; denoise_last < 2; denoise_last++) {
            g_auto(MendSchedule) s = gaussian_schedule((MendTables)tables);
            Gaussian ideal = {.s = &s,
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
            gaussian_run("mr-sde-1", &ideal, &params, mr);
            gaussian_run("posterior", &ideal, &params, posterior);
            g_assert_cmpfloat(gaussian_distance(mr, posterior), <, 1e-10);
        }
}

static void
test_seeds(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {
        .s = &s, .prediction = MEND_PREDICT_NOISE, .mu = 0.4, .mean = 0.6, .spread = 0.1};
    MendSamplerParams params = mend_sampler_defaults;
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        double first[N], again[N], other[N];
        ideal.seed = 1;
        gaussian_run(sampler->name, &ideal, &params, first);
        gaussian_run(sampler->name, &ideal, &params, again);
        ideal.seed = 2;
        gaussian_run(sampler->name, &ideal, &params, other);
        g_assert_cmpmem(first, sizeof first, again, sizeof again);
        g_assert_cmpfloat(gaussian_distance(first, other), >, 1e-2);
    }
}

static void
test_single_precision(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s,
                      .prediction = MEND_PREDICT_NOISE,
                      .mu = 0.4,
                      .mean = 0.6,
                      .spread = 0.1,
                      .seed = 3};
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        MendSamplerParams params = mend_sampler_defaults;
        double wide[N], narrow[N];
        gaussian_run(sampler->name, &ideal, &params, wide);
        g_assert_true(gaussian_run_n(sampler->name, &ideal, &params, FALSE, N, narrow, NULL));
        g_assert_cmpfloat(gaussian_distance(wide, narrow), <, 1e-5);
        g_assert_cmpfloat(gaussian_distance(wide, narrow), >, 0);
    }
}

static void
test_order_lowered(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s,
                      .prediction = MEND_PREDICT_NOISE,
                      .mu = 0.4,
                      .mean = 0.6,
                      .spread = 0.1,
                      .seed = 3};
    MendSamplerParams params = mend_sampler_defaults;
    double low[N], high[N];
    params.n_steps = 1;
    gaussian_run("mr-ode-1", &ideal, &params, low);
    gaussian_run("mr-ode-3", &ideal, &params, high);
    g_assert_cmpfloat(gaussian_distance(low, high), ==, 0);
    params.n_steps = 4; /* here order 3 has its say, */
    gaussian_run("mr-ode-1", &ideal, &params, low);
    gaussian_run("mr-ode-3", &ideal, &params, high);
    g_assert_cmpfloat(gaussian_distance(low, high), >, 1e-6);

    params.n_steps = 2; /* and as published, too few steps are refused. */
    params.published = TRUE;
    g_autoptr(GError) error = NULL;
    g_assert_false(gaussian_run_n("mr-ode-3", &ideal, &params, TRUE, N, high, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
}

/* Every step can be the one that stops a run, and what stopped it is told. */
static void
test_stops(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = 5;
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++)
        for (int at = 1; at <= 5; at++)
            for (int kind = 0; kind < 3; kind++) {
                Gaussian ideal = {.s = &s,
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
                g_assert_false(
                    gaussian_run_n(sampler->name, &ideal, &params, at & 1, N, got, &error));
                g_assert_true(mend_error_is(error, codes[kind]));
                g_assert_true(kind == 2 || strstr(error->message, named));
                g_assert_cmpint(ideal.n_evaluations, ==, at);
            }
}

/* A run in which the allocation after the first n_given ones fails; mu and x take two. */
static gboolean
run_with_memory(int n_given, const MendSamplerParams *params, GError **error)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s, .mu = 0.4, .mean = 0.6, .spread = 0.1};
    double got[N];
    g_autofree char *fault = g_strdup_printf("alloc:%d", n_given + 1);
    g_setenv("MEND_FAULT", fault, TRUE);
    mend_fault_reset();
    gboolean ok = gaussian_run_n("mr-ode-3", &ideal, params, TRUE, N, got, error);
    g_unsetenv("MEND_FAULT");
    mend_fault_reset();
    g_assert_true(ok == (ideal.n_evaluations == params->n_steps));
    g_assert_true(ok || ideal.n_evaluations == 0);
    return ok;
}

/* Order 3 takes three states beside mu and x, in the noise form one more, but not more than there
 * are steps that look back; and each can be the one there is no memory for. */
static void
test_memory(void)
{
    static const struct {
        int n_steps;
        gboolean noise_form;
        int n_states;
    } rows[] = {{10, FALSE, 3}, {10, TRUE, 4}, {3, FALSE, 2}, {2, FALSE, 1}, {1, FALSE, 1}};
    for (size_t r = 0; r < G_N_ELEMENTS(rows); r++)
        for (int k = 0; k <= rows[r].n_states; k++) {
            MendSamplerParams params = mend_sampler_defaults;
            params.n_steps = rows[r].n_steps;
            params.noise_form = rows[r].noise_form;
            g_autoptr(GError) error = NULL;
            gboolean ok = run_with_memory(2 + k, &params, &error);
            g_assert_true(ok == (k == rows[r].n_states));
            g_assert_true(ok || mend_error_is(error, MEND_ERROR_MEMORY));
        }
}

static void
test_bad_params(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s, .mu = 0.4, .mean = 0.6, .spread = 0.1};
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
        g_assert_false(gaussian_run_n("mr-ode-2", &ideal, &rows[i], TRUE, N, got, &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
    }
}

/* Of the clean picture, whatever is integrated. */
static void
test_thresholding(void)
{
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s,
                      .prediction = MEND_PREDICT_NOISE,
                      .mu = 0.4,
                      .mean = 1.2,
                      .spread = 0.2,
                      .seed = 3};
    MendSamplerParams params = mend_sampler_defaults;
    double plain[N], clean[N], noise[N];
    gaussian_run("mr-ode-1", &ideal, &params, plain);
    params.thresholding = TRUE;
    gaussian_run("mr-ode-1", &ideal, &params, clean);
    params.noise_form = TRUE;
    gaussian_run("mr-ode-1", &ideal, &params, noise);
    g_assert_cmpfloat(gaussian_distance(plain, clean), >, 0.1);
    g_assert_cmpfloat(gaussian_distance(clean, noise), <, 1e-10);
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
    g_test_add_func("/sampler/predictions-agree", test_predictions_agree);
    g_test_add_func("/sampler/noise-form", test_noise_form_is_clean_picture);
    g_test_add_func("/sampler/infinite-lambda", test_infinite_lambda);
    g_test_add_func("/sampler/posterior-is-mr-sde-1", test_posterior_is_mr_sde_1);
    g_test_add_func("/sampler/seeds", test_seeds);
    g_test_add_func("/sampler/single-precision", test_single_precision);
    g_test_add_func("/sampler/order-lowered", test_order_lowered);
    g_test_add_func("/sampler/stops", test_stops);
    g_test_add_func("/sampler/memory", test_memory);
    g_test_add_func("/sampler/bad-params", test_bad_params);
    g_test_add_func("/sampler/thresholding", test_thresholding);
    return g_test_run();
}
