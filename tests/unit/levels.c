/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise levels: the grid, draws, and the estimators on fields whose level is known. */
#include "compute/dmcmc/levels.h"

#include <math.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "tests/unit/torus.h"

#define SIDE 64

static void
test_grid(void)
{
    g_auto(MendLevels) levels = {0};
    g_assert_true(mend_levels_init(&levels, 0.01, 50, 1000, 1e-3, NULL));
    g_assert_cmpfloat(fabs(levels.sigma[0] - 50), <, 1e-12);
    g_assert_cmpfloat(fabs(levels.sigma[999] / (0.01 * pow(5000, 1e-3)) - 1), <, 1e-12);
    for (int j = 1; j < 1000; j++)
        g_assert_cmpfloat(levels.sigma[j], <, levels.sigma[j - 1]);
    mend_levels_restrict(&levels, 0.1, 1);
    g_assert_cmpfloat(levels.sigma[levels.first], <=, 1);
    g_assert_cmpfloat(levels.sigma[levels.first - 1], >, 1);
    g_assert_cmpfloat(levels.sigma[levels.end - 1], >=, 0.1);
    g_assert_cmpfloat(levels.sigma[levels.end], <, 0.1);
    mend_levels_restrict(&levels, 1e-5, 1e-4); /* below all: one is left */
    g_assert_cmpint(levels.end - levels.first, ==, 1);
    mend_levels_restrict(&levels, 1e4, 1e5);
    g_assert_cmpint(levels.end - levels.first, ==, 1);
}

static void
test_bad_grids(void)
{
    const double ends[][2] = {{0, 1}, {1, 1}, {2, 1}, {NAN, 1}, {1, INFINITY}};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(MendLevels) levels = {0};
        g_assert_false(mend_levels_init(&levels, ends[i][0], ends[i][1], 10, 0, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    }
    g_auto(MendLevels) one = {0};
    g_assert_false(mend_levels_init(&one, 1, 2, 1, 0, NULL));
}

/* Frequencies of draws are the probabilities, within four standard errors. */
static void
test_draws(void)
{
    enum { N = 20000 };
    g_auto(MendLevels) levels = {0};
    g_assert_true(mend_levels_init(&levels, 1, 16, 5, 0, NULL));
    const double p[] = {0, 0.1, 0.2, 0.3, 0.4};
    double log_p[5];
    int count[5] = {0};
    for (int j = 0; j < 5; j++)
        log_p[j] = 700 + log(p[j]); /* any constant */
    for (guint32 i = 0; i < N; i++)
        count[mend_levels_draw(&levels, log_p, mend_rng_uniform((MendRng){3, i}))]++;
    for (int j = 0; j < 5; j++)
        g_assert_cmpfloat(fabs((double)count[j] / N - p[j]), <=, 4 * sqrt(p[j] * (1 - p[j]) / N));
    g_assert_cmpint(mend_levels_best(&levels, log_p), ==, 4);
    levels.end = 3; /* the others may not be chosen */
    for (guint32 i = 0; i < 100; i++)
        g_assert_cmpint(mend_levels_draw(&levels, log_p, i / 100.0), <=, 2);
    g_assert_cmpint(mend_levels_best(&levels, log_p), ==, 2);
}

/* The finest diagonal details of the clean field. */
static double
detail_of(Torus *t)
{
    double sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double gain = pow(2 * sin(G_PI * x / SIDE) * sin(G_PI * y / SIDE), 2);
            sum += gain * t->variance[y * SIDE + x];
        }
    return sqrt(sum) / SIDE;
}

static double
estimate(const MendJudge *judge, Torus *t, const MendState *w, double sigma, MendState *clean,
         const MendLevels *levels)
{
    g_autofree double *log_p = g_new(double, levels->n);
    if (judge->wants_clean)
        torus_clean(t, w, sigma, clean, NULL);
    g_assert_true(judge->judge(judge->data, w, judge->wants_clean ? clean : NULL, sigma, levels,
                               log_p, NULL));
    return levels->sigma[mend_levels_best(levels, log_p)];
}

/* The mean of 64 fields is right to a hundredth, by each estimator and by the exact posterior. */
static void
test_estimators(void)
{
    g_auto(Torus) t;
    MendShape shape = {3, SIDE, SIDE};
    torus_init(&t, shape, 0.2, 0.06);
    g_auto(MendLevels) levels = {0};
    g_assert_true(mend_levels_init(&levels, 0.02, 5, 4000, 0, NULL));
    size_t n = mend_shape_count(shape);
    g_autofree float *x = g_new(float, n), *c = g_new(float, n), *scratch = g_new(float, n);
    MendState w = {FALSE, n, x}, clean = {FALSE, n, c};
    MendHaarJudge haar = {shape, detail_of(&t), scratch};
    double sigma[] = {0.1, 0.3, 1, 2}, error[4];
    for (int i = 0; i < 4; i++)
        error[i] = torus_error(&t, sigma[i]);
    MendResidualJudge residual = {4, sigma, error};
    const MendJudge judges[] = {mend_haar_judge(&haar), mend_residual_judge(&residual)};
    for (size_t k = 0; k < G_N_ELEMENTS(judges); k++)
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (guint64 seed = 0; seed < 64; seed++) {
                torus_draw(&t, seed, sigma[i], &w);
                sum += estimate(&judges[k], &t, &w, sigma[i], &clean, &levels) / sigma[i] / 64;
            }
            g_test_message("estimator %d at %g: x %.4f", (int)k, sigma[i], sum);
            g_assert_cmpfloat(fabs(sum - 1), <, 0.01);
        }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/levels/grid", test_grid);
    g_test_add_func("/levels/bad-grids", test_bad_grids);
    g_test_add_func("/levels/draws", test_draws);
    g_test_add_func("/levels/estimators", test_estimators);
    return g_test_run();
}
