/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances between sets against closed forms. */
#include "compute/metrics_set.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"

#define EXACT  1e-9 /* arithmetic alone */
#define ROOTED 1e-4 /* and the root of what rounding left of 0 */

/* 2 d points whose covariance (over n - 1) is diagonal: spread[k]^2. */
static void
cross(int d, const double *mean, const double *spread, double *points)
{
    double scale = sqrt((2 * d - 1) / 2.0);
    for (int i = 0; i < 2 * d; i++)
        for (int j = 0; j < d; j++)
            points[i * d + j] = mean[j] + (i / 2 == j ? (i % 2 ? -1 : 1) * scale * spread[j] : 0);
}

/* Turns the plane of the first two coordinates. */
static void
turn(int n, int d, double angle, double *points)
{
    for (int i = 0; i < n; i++) {
        double *p = points + (ptrdiff_t)i * d, x = p[0], y = p[1];
        p[0] = cos(angle) * x - sin(angle) * y;
        p[1] = sin(angle) * x + cos(angle) * y;
    }
}

static void
test_frechet_diagonal(void)
{
    const double mean_a[] = {1, 2, 3}, mean_b[] = {1, -1, 7}; /* 25 apart, squared */
    const double spread_a[] = {1, 2, 0.5}, spread_b[] = {2, 2, 3.5};
    double a[18], b[18];
    cross(3, mean_a, spread_a, a);
    cross(3, mean_b, spread_b, b);
    g_assert_cmpfloat_with_epsilon(mend_frechet((MendSets){a, b, 6, 3}), 25 + 1 + 9, EXACT);
    g_assert_cmpfloat_with_epsilon(mend_frechet((MendSets){b, a, 6, 3}), 25 + 1 + 9, EXACT);
    g_assert_cmpfloat(mend_frechet((MendSets){a, a, 6, 3}), <, EXACT);
}

/* Covariances that do not commute. In the plane tr (A B)^1/2 = sqrt(tr A B + 2 sqrt(det A B)). */
static void
test_frechet_turned(void)
{
    const double mean[] = {0, 0}, spread_a[] = {1, 3}, spread_b[] = {2, 0.5};
    for (double angle = 0; angle < 3; angle += 0.4) {
        double a[8], b[8], c2 = pow(cos(angle), 2), s2 = 1 - c2;
        cross(2, mean, spread_a, a);
        cross(2, mean, spread_b, b);
        turn(4, 2, angle, b);
        double trace = 1 * (c2 * 4 + s2 * 0.25) + 9 * (s2 * 4 + c2 * 0.25);
        double expected = 10 + 4.25 - 2 * sqrt(trace + 2 * (3 * 1));
        g_assert_cmpfloat_with_epsilon(mend_frechet((MendSets){a, b, 4, 2}), expected, EXACT);
    }
}

/* More dimensions than points, as with few pictures: covariances are singular. */
static void
test_frechet_singular(void)
{
    double a[3 * 40], b[3 * 40];
    for (int i = 0; i < 3 * 40; i++) {
        a[i] = sin(i * 1.7);
        b[i] = a[i] + (i % 40 == 5 ? 2 : 0);
    }
    g_assert_cmpfloat_with_epsilon(mend_frechet((MendSets){a, b, 3, 40}), 4, ROOTED);
    b[7] = NAN;
    g_assert_true(isnan(mend_frechet((MendSets){a, b, 3, 40})));
}

static void
draw(guint32 stream, int n, int d, double *points)
{
    g_autofree float *values = g_new(float, (size_t)n *(size_t)d);
    mend_rng_normal((MendRng){3, stream}, 0, 0, (MendTensor){{1, n, d}, values});
    for (int i = 0; i < n * d; i++)
        points[i] = (double)values[i];
}

static void
test_sliced(void)
{
    enum { n_points = 500, d = 5 };
    double a[n_points * d], b[n_points * d], v[d] = {0.3, -1, 0, 2, 0.5}, length = 0;
    draw(0, n_points, d, a);
    for (int j = 0; j < d; j++)
        length = hypot(length, v[j]);
    for (int i = 0; i < n_points * d; i++) /* moved, and in another order */
        b[i] = a[n_points * d - (i / d + 1) * d + i % d] + v[i % d];
    MendSets moved = {a, b, n_points, d}, same = {a, a, n_points, d};
    g_assert_cmpfloat_with_epsilon(mend_sliced_wasserstein(moved), length / sqrt(d), EXACT);
    g_assert_cmpfloat(mend_sliced_wasserstein(same), ==, 0);
    for (int i = 0; i < n_points * d; i++) /* N(0, 1) against N(0, 9), of the same points */
        b[i] = 3 * a[i];
    double spread = 0;
    for (int i = 0; i < n_points * d; i++)
        spread += a[i] * a[i] / (n_points * d);
    g_assert_cmpfloat_with_epsilon(mend_sliced_wasserstein(moved), 2 * sqrt(spread), EXACT);
    draw(1, n_points, d, b); /* two draws of one distribution: 0 but for the sampling */
    g_assert_cmpfloat(mend_sliced_wasserstein(moved), <, 0.12);
    g_assert_cmpfloat(mend_frechet(moved), <, 0.12);
}

static void
features_of(MendShape shape, double (*value)(int c, int y, int x), double *features)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) picture = mend_tensor_new(shape, &error);
    float *p = picture.data;
    for (int c = 0; c < shape.c; c++)
        for (int y = 0; y < shape.h; y++)
            for (int x = 0; x < shape.w; x++)
                *p++ = (float)value(c, y, x);
    g_assert_true(mend_features(picture, features, &error));
    g_assert_no_error(error);
}

static double
grey(int c, int y, int x)
{
    (void)c, (void)y, (void)x;
    return 0.5;
}

static double
flat(int c, int y, int x)
{
    (void)y, (void)x;
    return 0.2 + 0.3 * c;
}

static double
stripes(int c, int y, int x)
{
    (void)c, (void)y;
    return x % 2 ? 0.9 : 0.1;
}

static double
wave(int c, int y, int x)
{
    return 0.5 + 0.3 * sin(x * 0.7 + c) * cos(y * 0.31);
}

/* Of flat pictures nothing deviates; of others the first numbers are mean and deviation. */
static void
test_features(void)
{
    double f[MEND_N_FEATURES], g[MEND_N_FEATURES];
    features_of((MendShape){3, 20, 26}, grey, f);
    for (int i = 0; i < MEND_N_FEATURES; i++)
        g_assert_cmpfloat(fabs(f[i]), <, 1e-6);
    features_of((MendShape){3, 20, 26}, flat, f);
    double all = 0;
    for (int i = 0; i < MEND_N_FEATURES; i += 2) {
        all += i < 6 ? 0 : f[i];
        g_assert_cmpfloat(f[i + 1], <, 1e-6);
    }
    g_assert_cmpfloat_with_epsilon(f[4], 0.6, 1e-6);
    g_assert_cmpfloat(all, >, 1);
    features_of((MendShape){3, MEND_FEATURE_SIDE, MEND_FEATURE_SIDE}, stripes, f);
    g_assert_cmpfloat_with_epsilon(f[0], 0, 1e-6);
    g_assert_cmpfloat_with_epsilon(f[1], 0.8, 1e-6);
    features_of((MendShape){3, 64, 64}, wave, f);
    features_of((MendShape){3, 64, 64}, wave, g);
    g_assert_cmpmem(f, sizeof f, g, sizeof g);
    /* recorded: the space stays what it is */
    const double known[] = {0, 0.238492671, 0.0439564293, 0.0954622046};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        g_assert_cmpfloat_with_epsilon(f[33 * i], known[i], 1e-4);
}

static double
darker(int c, int y, int x)
{
    return 0.1 * c + 0.2 * wave(0, y, x);
}

static double
lighter(int c, int y, int x)
{
    return 0.3 + 0.5 * wave(0, y, x) - 0.05 * c;
}

static void
even_features(double (*value)(int c, int y, int x), double *features)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, 40, 40}, &error);
    for (int i = 0; i < 3 * 40 * 40; i++)
        picture.data[i] = (float)value(i / 1600, i / 40 % 40, i % 40);
    mend_even_tone(picture);
    g_assert_true(mend_features(picture, features, &error));
}

/* Pictures that differ in tone alone are then the same; flat ones stay numbers. */
static void
test_even_tone(void)
{
    double f[MEND_N_FEATURES], g[MEND_N_FEATURES];
    even_features(darker, f);
    even_features(lighter, g);
    for (int i = 0; i < MEND_N_FEATURES; i++)
        g_assert_cmpfloat_with_epsilon(f[i], g[i], 1e-4);
    for (int c = 0; c < 3; c++) {
        g_assert_cmpfloat_with_epsilon(f[2 * c], 0, 1e-5);
        g_assert_cmpfloat_with_epsilon(f[2 * c + 1], 0.5, 1e-5);
    }
    even_features(flat, f);
    for (int i = 0; i < MEND_N_FEATURES; i++)
        g_assert_cmpfloat(fabs(f[i]), <, 1e-2);
}

static void
test_bad_pictures(void)
{
    const MendShape shapes[] = {{3, 17, 40}, {3, 40, 17}, {1, 40, 40}};
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(MendTensor) picture = mend_tensor_new(shapes[i], NULL);
        double f[MEND_N_FEATURES];
        g_assert_false(mend_features(picture, f, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_SHAPE);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics-set/frechet-diagonal", test_frechet_diagonal);
    g_test_add_func("/metrics-set/frechet-turned", test_frechet_turned);
    g_test_add_func("/metrics-set/frechet-singular", test_frechet_singular);
    g_test_add_func("/metrics-set/sliced", test_sliced);
    g_test_add_func("/metrics-set/features", test_features);
    g_test_add_func("/metrics-set/even-tone", test_even_tone);
    g_test_add_func("/metrics-set/bad-pictures", test_bad_pictures);
    return g_test_run();
}
