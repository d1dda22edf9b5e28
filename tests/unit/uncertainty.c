/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spread of pictures of known spread, independent and in a row. */
#include "compute/uncertainty.h"

#include <math.h>

#include "compute/rng.h"

#define SIDE 64
#define N    (SIDE * SIDE)

static double
deviation_of(int i)
{
    return i % SIDE < SIDE / 2 ? 0.05 : 0.1;
}

/* Pairs of pictures, rho of the first in the second. The mean deviation over the right one. */
static double
measure(double rho, int n, double *effective)
{
    g_auto(MendUncertainty) u;
    g_assert_true(mend_uncertainty_init(&u, (MendShape){3, SIDE, SIDE}, NULL));
    MendTensor noise = mend_tensor_new((MendShape){3, SIDE, SIDE}, NULL);
    MendTensor state = mend_tensor_new(noise.shape, NULL);
    MendTensor picture = mend_tensor_new(noise.shape, NULL);
    for (int k = 0; k < n; k++) {
        mend_rng_normal((MendRng){1, (guint32)k}, 0, 0, noise);
        for (int i = 0; i < 3 * N; i++) {
            double old = k % 2 ? rho * (double)state.data[i] : 0;
            state.data[i] =
                (float)(old + (k % 2 ? sqrt(1 - rho * rho) : 1) * (double)noise.data[i]);
            picture.data[i] = (float)(0.5 + deviation_of(i % N) * (double)state.data[i]);
        }
        mend_uncertainty_add(&u, picture, k % 2);
    }
    MendTensor deviation = mend_tensor_new((MendShape){1, SIDE, SIDE}, NULL);
    *effective = mend_uncertainty_finish(&u, deviation);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += pow((double)deviation.data[i] / deviation_of(i), 2) / N;
    g_assert_cmpfloat_with_epsilon(mend_uncertainty_white(deviation), 50.0 / 255, 1e-9);
    mend_tensor_clear(&noise);
    mend_tensor_clear(&state);
    mend_tensor_clear(&picture);
    mend_tensor_clear(&deviation);
    return sqrt(sum);
}

static void
test_likeness(void)
{
    const struct {
        double rho, effective;
    } rows[] = {{0, 8}, {0.3, 6.15}, {0.7, 4.71}}; /* 8 / (1 + rho) */
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        double effective, found = measure(rows[i].rho, 8, &effective);
        g_test_message("rho %.1f: deviation x %.3f, as good as %.2f of 8", rows[i].rho, found,
                       effective);
        g_assert_cmpfloat_with_epsilon(found, 1, 0.04);
        g_assert_cmpfloat_with_epsilon(effective, rows[i].effective, 0.25);
    }
}

static void
test_few(void)
{
    g_auto(MendUncertainty) u;
    g_assert_true(mend_uncertainty_init(&u, (MendShape){3, 1, 1}, NULL));
    float values[] = {0.5f, 0.25f, 0.125f}, deviation = 1;
    MendTensor picture = {{3, 1, 1}, values}, out = {{1, 1, 1}, &deviation};
    mend_uncertainty_add(&u, picture, u.n % 2);
    g_assert_cmpfloat(mend_uncertainty_finish(&u, out), ==, 1);
    g_assert_cmpfloat((double)deviation, ==, 0);
    mend_uncertainty_add(&u, picture, u.n % 2);
    mend_uncertainty_finish(&u, out);
    g_assert_cmpfloat((double)deviation, ==, 0);
    g_assert_cmpfloat(mend_uncertainty_white(out), ==, 1.0 / 255);
    values[0] = (float)NAN;
    mend_uncertainty_add(&u, picture, u.n % 2);
    mend_uncertainty_finish(&u, out);
    g_assert_true(isfinite(deviation) && deviation > 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/uncertainty/likeness", test_likeness);
    g_test_add_func("/uncertainty/few", test_few);
    return g_test_run();
}
