/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Likeness from spectra: of white noise, whose features all have one variance, in closed form. That
 * chains keep to it: tests/unit/generate.c. */
#include "compute/likeness.h"

#include <math.h>

#include "compute/dmcmc/chain.h"
#include "compute/rng.h"

#define SAMPLING 0.06 /* of variances from some ten thousand numbers in bands of hundreds */

static void
white(MendSpectrum *spectrum, int width, int height, double deviation)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) t = mend_tensor_new((MendShape){3, height, width}, &error);
    g_auto(MendTensor) scratch = mend_tensor_new((MendShape){3, height / 2, width / 2}, &error);
    for (guint32 k = 0; k < 3; k++) {
        mend_rng_normal((MendRng){7, k}, 0, 0, t);
        for (size_t i = 0; i < mend_shape_count(t.shape); i++)
            t.data[i] = (float)(0.3 + deviation * (double)t.data[i]);
        g_assert_true(mend_spectrum_add(spectrum, t, scratch.data, &error));
        g_assert_no_error(error);
    }
}

/* Small ones are transformed whole, large ones halved before; long ones, too. */
static void
test_white(void)
{
    const int sizes[][2] = {{64, 48}, {128, 128}, {200, 160}, {600, 20}, {9, 300}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        MendSpectrum s = {0};
        white(&s, sizes[i][0], sizes[i][1], 0.2);
        double n = 0, energy = 0;
        for (int k = 0; k < MEND_BANDS_MOST; k++) {
            n += s.count[k];
            energy += s.count[k] * s.power[k];
            if (s.count[k] > 400)
                g_assert_cmpfloat_with_epsilon(s.power[k] / 0.04, 1, 3 * SAMPLING);
        }
        g_assert_cmpfloat_with_epsilon(energy / n / 0.04, 1, SAMPLING);
        if (MAX(sizes[i][0], sizes[i][1]) <= 128)
            g_assert_cmpfloat(n, ==, 3 * (sizes[i][0] * sizes[i][1] - 1));
        for (int steps = 1; steps < 9; steps += 3) {
            MendPassage passage = {steps, FALSE, FALSE};
            double expected = mend_chain_similarity(0.5 * 0.09, 0.3, 0.04, steps);
            g_assert_cmpfloat_with_epsilon(mend_likeness(&s, passage, 0.3, sqrt(0.5)), expected,
                                           SAMPLING);
            passage.placed = passage.stochastic = TRUE;
            g_assert_cmpfloat_with_epsilon(mend_likeness(&s, passage, 0.3, sqrt(0.5)),
                                           expected * 0.04 / (0.04 + 0.09), SAMPLING);
        }
    }
}

static void
test_inversion(void)
{
    MendSpectrum s = {0}, nothing = {0};
    MendPassage passage = {4, FALSE, FALSE};
    white(&s, 64, 64, 0.2);
    for (double wanted = 0.25; wanted < 1; wanted += 0.2) {
        double sigma = mend_likeness_level(&s, passage, wanted, 0.8, 0.001, 50);
        g_assert_cmpfloat_with_epsilon(mend_likeness(&s, passage, sigma, 0.8), wanted, 1e-6);
        double kappa = mend_likeness_kappa(&s, passage, wanted, 2 * sigma, 0, G_SQRT2);
        g_assert_cmpfloat_with_epsilon(mend_likeness(&s, passage, 2 * sigma, kappa), wanted, 1e-6);
    }
    /* what cannot be had: the nearest end */
    g_assert_cmpfloat_with_epsilon(mend_likeness_level(&s, passage, 0, 0.8, 0.1, 2), 2, 1e-6);
    g_assert_cmpfloat_with_epsilon(mend_likeness_level(&s, passage, 1, 0.8, 0.1, 2), 0.1, 1e-6);
    g_assert_cmpfloat(mend_likeness(&nothing, passage, 0.3, 1), ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/likeness/white", test_white);
    g_test_add_func("/likeness/inversion", test_inversion);
    return g_test_run();
}
