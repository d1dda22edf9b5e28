/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums, quantiles and thresholding of sampler states. */
#include "compute/samplers/state.h"

#include <math.h>

/* Lengths around the chunk of the sum; out is one of the terms; a factor of 0 reads nothing. */
static void
test_sum(void)
{
    static const size_t lengths[] = {1, 511, 512, 513, 2000};
    for (int f64 = 0; f64 < 2; f64++)
        for (size_t l = 0; l < G_N_ELEMENTS(lengths); l++) {
            MendState like = {f64, lengths[l], NULL}, a, b;
            g_assert_true(mend_state_init(&a, &like, NULL) && mend_state_init(&b, &like, NULL));
            for (size_t i = 0; i < like.n; i++) {
                mend_state_put(&a, i, (double)i / 8);
                mend_state_put(&b, i, 3 - (double)i / 4);
            }
            MendTerm terms[] = {{0.5, &b}, {0, NULL}, {-4, &a}};
            g_assert_true(mend_state_sum(&a, terms, 3));
            for (size_t i = 0; i < like.n; i++)
                g_assert_cmpfloat(mend_state_get(&a, i), ==, 1.5 - (double)i * 5 / 8);
            mend_state_clear(&a);
            mend_state_clear(&b);
        }
}

/* One bad number anywhere is found, a float's overflow too. */
static void
test_not_finite(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e39};
    for (size_t k = 0; k < G_N_ELEMENTS(bad); k++)
        for (size_t at = 0; at < 1030; at += 103) {
            double wide[1030] = {0};
            float narrow[1030];
            wide[at] = bad[k];
            MendState from = {TRUE, 1030, wide}, to = {FALSE, 1030, narrow};
            g_assert_false(mend_state_sum(&to, &(MendTerm){1, &from}, 1));
            g_assert_true(mend_state_sum(&from, &(MendTerm){1, &from}, 1) == isfinite(bad[k]));
        }
}

static int
compare_magnitudes(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return (x > y) - (x < y);
}

static void
test_quantile(void)
{
    static const double ratios[] = {0, 0.1, 0.5, 0.77, 0.995, 1};
    for (size_t n = 1; n <= 200; n += 13) {
        g_autofree double *values = g_new(double, n), *sorted = g_new(double, n);
        g_autofree float *narrow = g_new(float, n);
        for (size_t i = 0; i < n; i++) {
            narrow[i] = (float)sin((double)(i * i)) * (float)(i % 3); /* with ties and zeros */
            sorted[i] = values[i] = (double)narrow[i];
        }
        qsort(sorted, n, sizeof *sorted, compare_magnitudes);
        for (size_t r = 0; r < G_N_ELEMENTS(ratios); r++) {
            double place = ratios[r] * (double)(n - 1);
            size_t low = (size_t)place, high = MIN(low + 1, n - 1);
            double expected = fabs(sorted[low]) +
                              (place - (double)low) * (fabs(sorted[high]) - fabs(sorted[low]));
            MendState wide = {TRUE, n, values}, single = {FALSE, n, narrow};
            g_assert_cmpfloat_with_epsilon(mend_state_quantile(&wide, ratios[r]), expected, 1e-15);
            g_assert_cmpfloat_with_epsilon(mend_state_quantile(&single, ratios[r]), expected,
                                           1e-15);
        }
    }
}

/* c lies between 1 and the maximum, the result within -1 and 1. */
static void
test_threshold(void)
{
    double values[] = {-3, -1.2, 0, 0.6, 1.1};
    MendState state = {TRUE, 5, values};
    mend_state_threshold(&state, 1, 1.5);
    static const double expected[] = {-1, -0.8, 0, 0.4, 1.1 / 1.5};
    for (int i = 0; i < 5; i++)
        g_assert_cmpfloat_with_epsilon(values[i], expected[i], 1e-15);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/sum", test_sum);
    g_test_add_func("/state/not-finite", test_not_finite);
    g_test_add_func("/state/quantile", test_quantile);
    g_test_add_func("/state/threshold", test_threshold);
    return g_test_run();
}
