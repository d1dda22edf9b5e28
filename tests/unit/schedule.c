/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables and time grids of the mean-reverting process against figures computed in float64 with
 * the published code. */
#include "compute/schedule.h"

#include <math.h>

#include "compute/error.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)

static MendSchedule
make(MendTheta theta, MendTables tables, int T, double max_sigma)
{
    MendSchedule s;
    MendScheduleParams params = {theta, tables, T, max_sigma, 0.005};
    g_autoptr(GError) error = NULL;
    mend_schedule_init(&s, &params, &error);
    g_assert_no_error(error);
    return s;
}

/* 0 is a tolerance too. */
#define NEAR(a, b, tolerance) g_assert_cmpfloat(fabs((a) - (b)), <=, tolerance)

static void
test_anchors(void)
{
    static const struct {
        MendTheta theta;
        MendTables tables;
        double dt, alpha0, sigma0, tolerance;
    } rows[] = {
        {MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 0.10409380785667746, 1, 0, 1e-14},
        {MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 0.10409255169837404, 0.9999360642796539,
         0.0022172244610081725, 1e-14},
        {MEND_THETA_LINEAR, MEND_TABLES_SHIFTED, 0.5272477008930013, 1, 0, 1e-12},
        {MEND_THETA_LINEAR, MEND_TABLES_UNSHIFTED, 0.5271957578654762, 0.9994781602, 0.0063336893,
         1e-10},
        {MEND_THETA_CONSTANT, MEND_TABLES_SHIFTED, 0.05298317366548037, 1, 0, 1e-14},
        {MEND_THETA_CONSTANT, MEND_TABLES_UNSHIFTED, 0.05245858778760432, 0.9488936160,
         0.0618815905, 1e-10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(MendSchedule) s = make(rows[i].theta, rows[i].tables, 100, 50);
        NEAR(s.dt, rows[i].dt, 1e-14);
        NEAR(s.alpha[0], rows[i].alpha0, rows[i].tolerance);
        NEAR(s.sigma[0], rows[i].sigma0, rows[i].tolerance);
        NEAR(s.sigma[100], 0.19607598037683804, 1e-14);
        NEAR(s.alpha[100], 0.005, 1e-15);
        NEAR(s.level, 50.0 / 255, 1e-16);
        NEAR(s.g[37], s.level * sqrt(2 * s.theta[37]), 1e-16);
    }
    g_auto(MendSchedule) shifted = make(MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 100, 50);
    NEAR(shifted.theta[0], 0.0006142395712104287, 1e-15);
    NEAR(shifted.theta[100], 0.9997665724804802, 1e-14);
    NEAR(shifted.integral[100], 50.899448061724044, 1e-12);
    g_assert_true(isinf(shifted.lambda[0]) && shifted.lambda[0] > 0);
    g_auto(MendSchedule) unshifted = make(MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 100, 50);
    NEAR(unshifted.integral[100], 50.90006230129526, 1e-12);
    NEAR(unshifted.lambda[0], 6.111435170328288, 1e-11);
    NEAR(unshifted.lambda[100], -3.6690643266615037, 1e-12);
}

static void
test_max_sigma_scale(void)
{
    g_auto(MendSchedule) small = make(MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 10, 0.5);
    g_auto(MendSchedule) one = make(MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 10, 1);
    NEAR(small.level, 0.5, 0);
    NEAR(one.level, 1.0 / 255, 1e-18);
}

static void
test_coefficients(void)
{
    g_auto(MendSchedule) s = make(MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 100, 50);
    for (int quarter = 0; quarter <= 400; quarter++) {
        double t = quarter / 4.0;
        MendCoef exact = mend_schedule_at(&s, t, MEND_COEF_EXACT);
        MendCoef parity = mend_schedule_at(&s, t, MEND_COEF_PARITY);
        double level2 = s.level * s.level;
        NEAR(exact.sigma * exact.sigma, level2 * (1 - exact.alpha * exact.alpha), 1e-16);
        if (t > 0)
            NEAR(exact.lambda, log(exact.alpha / exact.sigma), 1e-12);
        NEAR(exact.alpha, parity.alpha, 2e-4);
        g_assert_false(isnan(parity.lambda));
        g_assert_true(isfinite(parity.lambda) == (t > 0));
        if (t == floor(t) && t > 0) {
            NEAR(exact.alpha, parity.alpha, 1e-15);
            NEAR(exact.sigma, parity.sigma, 1e-15);
            NEAR(exact.lambda, parity.lambda, 1e-12);
        }
    }
    MendCoef half = mend_schedule_at(&s, 40.5, MEND_COEF_PARITY);
    NEAR(half.lambda, (s.lambda[40] + s.lambda[41]) / 2, 1e-14);
    NEAR(half.sigma, (s.sigma[40] + s.sigma[41]) / 2, 1e-15);
}

static double *
grid_of(const MendSchedule *s, MendGridParams params, MendCoefMode mode, int expected)
{
    int n_steps = 0;
    g_autoptr(GError) error = NULL;
    double *times = mend_schedule_grid(s, &params, mode, &n_steps, &error);
    g_assert_no_error(error);
    g_assert_cmpint(n_steps, ==, expected);
    return times;
}

static void
assert_times(const MendSchedule *s, MendGridParams params, const double *expected, int n,
             double tolerance)
{
    g_autofree double *times = grid_of(s, params, MEND_COEF_PARITY, n - 1);
    for (int k = 0; k < n; k++)
        NEAR(times[k], expected[k], tolerance);
}

static void
test_grids(void)
{
    g_auto(MendSchedule) s = make(MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 100, 50);
    const double none = -INFINITY;
    assert_times(&s, (MendGridParams){MEND_GRID_LINSPACE, 4, none, 7, 0},
                 (double[]){100, 75, 50, 25, 0}, 5, 0);
    assert_times(&s, (MendGridParams){MEND_GRID_LEADING, 10, none, 7, 0},
                 (double[]){90, 81, 72, 63, 54, 45, 36, 27, 18, 9, 0}, 11, 0);
    assert_times(&s, (MendGridParams){MEND_GRID_LEADING, 4, none, 7, 1},
                 (double[]){81, 61, 41, 21, 1}, 5, 0);
    assert_times(&s, (MendGridParams){MEND_GRID_TRAILING, 4, none, 7, 0},
                 (double[]){100, 80, 60, 40, 20}, 5, 0);
    assert_times(&s, (MendGridParams){MEND_GRID_KARRAS_T, 2, none, 1, 0}, (double[]){100, 50.5, 1},
                 3, 0);
    assert_times(&s, (MendGridParams){MEND_GRID_LINEAR_LAMBDA, 10, none, 7, 0},
                 (double[]){100, 90.53, 80.61, 69.67, 56.75, 40.72, 23.77, 11.76, 5.12, 1.72, 0},
                 11, 0.005);
}

/* lambda_min takes the noisiest times away: a count of table entries, the first left of the table
 * in lambda for the linear-lambda grid. */
static void
test_lambda_min(void)
{
    g_auto(MendSchedule) s = make(MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 100, 50);
    int t_max = 100;
    while (s.lambda[t_max] < -2.5)
        t_max--;
    g_assert_cmpint(t_max, <, 100);
    g_autofree double *line =
        grid_of(&s, (MendGridParams){MEND_GRID_LINSPACE, 2, -2.5, 7, 0}, MEND_COEF_EXACT, 2);
    NEAR(line[0], t_max, 0);
    NEAR(line[1], t_max / 2.0, 1e-12);
    g_autofree double *lambda =
        grid_of(&s, (MendGridParams){MEND_GRID_LINEAR_LAMBDA, 3, -2.5, 7, 0}, MEND_COEF_EXACT, 3);
    NEAR(mend_schedule_at(&s, lambda[0], MEND_COEF_EXACT).lambda, -2.5, 1e-12);
    g_autofree double *trailing = grid_of(&s, (MendGridParams){MEND_GRID_TRAILING, 9, -2.5, 7, 0},
                                          MEND_COEF_EXACT, (int)ceil(t_max / 10.0) - 1);
    NEAR(trailing[0], t_max, 0);
}

/* 100 / (100 / 31) rounds to more than 31, so the published trailing grid has a time too many. */
static void
test_trailing_rounding(void)
{
    g_auto(MendSchedule) s = make(MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 100, 50);
    const MendGridParams params = {MEND_GRID_TRAILING, 30, -INFINITY, 7, 0};
    g_autofree double *exact = grid_of(&s, params, MEND_COEF_EXACT, 30);
    g_autofree double *parity = grid_of(&s, params, MEND_COEF_PARITY, 31);
    NEAR(exact[30], 100.0 / 31, 1e-12);
    NEAR(parity[30], 100.0 / 31, 1e-12);
    NEAR(parity[31], 0, 0);
}

/* In exact mode the closed form is inverted: lambda is even to rounding, and so are the rho-th
 * roots of sigma / alpha. Whatever the tables, the walk goes from T to 0. */
static void
test_exact_inversion(void)
{
    for (int tables = 0; tables < 2; tables++)
        for (int n = 1; n <= 40; n += 3) {
            g_auto(MendSchedule) s = make(MEND_THETA_COSINE, (MendTables)tables, 100, 50);
            int inner = tables == MEND_TABLES_SHIFTED ? n - 1 : n; /* shifted: lambda[0] infinite */
            MendGridParams params = {MEND_GRID_LINEAR_LAMBDA, n, -INFINITY, 7, 0};
            g_autofree double *even = grid_of(&s, params, MEND_COEF_EXACT, n);
            params.grid = MEND_GRID_KARRAS_N;
            g_autofree double *karras = grid_of(&s, params, MEND_COEF_EXACT, n);
            double end = s.lambda[tables == MEND_TABLES_SHIFTED ? 1 : 0];
            double root_end = exp(-end / 7), root_start = exp(-s.lambda[100] / 7);
            for (int k = 0; k <= inner; k++) {
                double part = (double)k / n;
                NEAR(mend_schedule_at(&s, even[k], MEND_COEF_EXACT).lambda,
                     s.lambda[100] + part * (end - s.lambda[100]), 1e-9);
                NEAR(exp(-mend_schedule_at(&s, karras[k], MEND_COEF_EXACT).lambda / 7),
                     root_start + part * (root_end - root_start), 1e-9);
            }
            NEAR(even[0], 100, 0);
            NEAR(even[n], 0, 0);
            NEAR(karras[0], 100, 0);
            NEAR(karras[n], 0, 0);
        }
}

static void
test_bad_params(void)
{
    const double nan = NAN;
    static MendScheduleParams rows[12];
    size_t n = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        rows[i] = mend_schedule_defaults;
    rows[n++].T = 0;
    rows[n++].T = -5;
    rows[n++].T = 100001;
    rows[n++].max_sigma = 0;
    rows[n++].max_sigma = -1;
    rows[n++].max_sigma = nan;
    rows[n++].max_sigma = INFINITY;
    rows[n++].eps = 0;
    rows[n++].eps = 1;
    rows[n++].eps = nan;
    rows[n++].theta = (MendTheta)7;
    rows[n++].tables = (MendTables)7;
    for (size_t i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        MendSchedule s;
        g_assert_false(mend_schedule_init(&s, &rows[i], &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
        mend_schedule_clear(&s); /* harmless */
    }
}

static void
test_bad_grids(void)
{
    g_auto(MendSchedule) s = make(MEND_THETA_COSINE, MEND_TABLES_UNSHIFTED, 100, 50);
    const double none = -INFINITY;
    const MendGridParams rows[] = {
        {MEND_GRID_LINSPACE, 0, none, 7, 0},
        {MEND_GRID_LINSPACE, -3, none, 7, 0},
        {MEND_GRID_LINSPACE, 100001, none, 7, 0},
        {MEND_GRID_LINSPACE, 5, NAN, 7, 0},
        {MEND_GRID_LINSPACE, 5, INFINITY, 7, 0},
        {MEND_GRID_LINEAR_LAMBDA, 5, 7.0, 7, 0},
        {MEND_GRID_LEADING, 100, none, 7, 0},
        {MEND_GRID_LEADING, 5, none, 7, 90},
        {MEND_GRID_LEADING, 5, none, 7, -1},
        {MEND_GRID_KARRAS_N, 5, none, 0, 0},
        {MEND_GRID_KARRAS_T, 5, none, -2, 0},
        {MEND_GRID_KARRAS_T, 5, none, NAN, 0},
        {(MendGrid)6, 5, none, 7, 0},
        {MEND_GRID_TRAILING, 5, 6.2, 7, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        int n_steps;
        g_assert_null(mend_schedule_grid(&s, &rows[i], MEND_COEF_EXACT, &n_steps, &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
    }
}

/* Any sound combination gives a strictly falling walk inside [0, T]. */
static void
test_all_grids(void)
{
    static const int lengths[] = {1, 2, 7, 1000};
    for (int theta = 0; theta < 3; theta++)
        for (int tables = 0; tables < 2; tables++)
            for (size_t l = 0; l < G_N_ELEMENTS(lengths); l++)
                for (int grid = 0; mend_grid_names[grid]; grid++)
                    for (int n = 1; n < MIN(lengths[l], 50); n++) {
                        g_auto(MendSchedule) s =
                            make((MendTheta)theta, (MendTables)tables, lengths[l], 50);
                        g_autofree double *exact =
                            grid_of(&s, (MendGridParams){(MendGrid)grid, n, -INFINITY, 7, 0},
                                    MEND_COEF_EXACT, n);
                        g_autofree double *parity =
                            grid_of(&s, (MendGridParams){(MendGrid)grid, n, -INFINITY, 7, 0},
                                    MEND_COEF_PARITY, n);
                        NEAR(exact[0], parity[0], 1e-9);
                        NEAR(exact[n], parity[n], 1e-9);
                    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/schedule/anchors", test_anchors);
    g_test_add_func("/schedule/max-sigma-scale", test_max_sigma_scale);
    g_test_add_func("/schedule/coefficients", test_coefficients);
    g_test_add_func("/schedule/grids", test_grids);
    g_test_add_func("/schedule/lambda-min", test_lambda_min);
    g_test_add_func("/schedule/trailing-rounding", test_trailing_rounding);
    g_test_add_func("/schedule/exact-inversion", test_exact_inversion);
    g_test_add_func("/schedule/all-grids", test_all_grids);
    g_test_add_func("/schedule/bad-params", test_bad_params);
    g_test_add_func("/schedule/bad-grids", test_bad_grids);
    return g_test_run();
}
