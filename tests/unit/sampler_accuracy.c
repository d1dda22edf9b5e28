/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How exact the samplers are: order of convergence against the closed solution of the ODE, and
 * runs where the clean picture is known. */
#include <math.h>

#include "tests/unit/gaussian.h"

/* x at t = 0 of the exact ODE from x_T = mu + level * n. */
static void
solve_exactly(Gaussian *ideal, double *result)
{
    const MendSchedule *s = ideal->s;
    MendCoef from = mend_schedule_at(s, s->T, MEND_COEF_EXACT);
    MendCoef to = mend_schedule_at(s, 0, MEND_COEF_EXACT);
    double d2 = ideal->spread * ideal->spread, off = ideal->mean - ideal->mu;
    double ratio = sqrt((to.alpha * to.alpha * d2 + to.sigma * to.sigma) /
                        (from.alpha * from.alpha * d2 + from.sigma * from.sigma));
    MendState out = {TRUE, N, result};
    gaussian_noise(ideal, 0, &out);
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
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_UNSHIFTED);
    Gaussian ideal = {.s = &s,
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
            gaussian_run(rows[r].name, &ideal, &params, got);
            error[k] = gaussian_distance(got, exact);
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
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_UNSHIFTED);
    Gaussian ideal = {.s = &s, .prediction = MEND_PREDICT_CLEAN, .mu = 0.3, .mean = 0.8, .seed = 2};
    for (size_t r = 0; r < G_N_ELEMENTS(names); r++)
        for (int noise_form = 0; noise_form < 2; noise_form++)
            for (int n = 1; n < 14; n += 4) {
                double got[N], expected[N];
                MendSamplerParams params = mend_sampler_defaults;
                params.n_steps = n;
                params.noise_form = noise_form;
                params.grid.grid = MEND_GRID_TRAILING; /* ends with noise left */
                params.denoise_last = FALSE;
                gaussian_run(names[r], &ideal, &params, got);
                solve_exactly(&ideal, expected);
                MendCoef end = mend_schedule_at(&s, 100.0 / (n + 1), MEND_COEF_EXACT);
                MendState start = {TRUE, N, expected};
                gaussian_noise(&ideal, 0, &start);
                for (int i = 0; i < N; i++) {
                    double off = ideal.mean - ideal.mu;
                    double eps = (s.level * expected[i] - s.alpha[100] * off) / s.sigma[100];
                    expected[i] = ideal.mu + end.alpha * off + end.sigma * eps;
                }
                g_assert_cmpfloat(gaussian_distance(got, expected), <, 1e-12);
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
    g_auto(MendSchedule) s = gaussian_schedule(MEND_TABLES_SHIFTED);
    Gaussian ideal = {.s = &s, .prediction = MEND_PREDICT_CLEAN, .mu = 0.3, .mean = 0.8, .seed = 4};
    for (size_t r = 0; r < G_N_ELEMENTS(names); r++)
        for (int steps = 1; steps <= 5; steps += 2) {
            MendSamplerParams params = mend_sampler_defaults;
            params.n_steps = steps;
            params.grid.grid = MEND_GRID_TRAILING;
            params.denoise_last = FALSE;
            g_assert_true(gaussian_run_n(names[r], &ideal, &params, FALSE, n, got, NULL));
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sampler-accuracy/convergence", test_convergence);
    g_test_add_func("/sampler-accuracy/known-clean", test_known_clean);
    g_test_add_func("/sampler-accuracy/known-clean-sde", test_known_clean_sde);
    return g_test_run();
}
