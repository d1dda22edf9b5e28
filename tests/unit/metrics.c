/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PSNR and SSIM against numbers of an independent scorer (numpy and scipy, float64). */
#include "compute/metrics.h"

#include <math.h>

/* Both pictures are made from a formula, so that the numbers below can be had anywhere:
 * a = (7x + 13y + 29c + xy) mod 256, b = a + (31x + 17y + 5c) mod (2 spread + 1) - spread, clipped.
 * The hole is x 3..7, y 2..8. */
static const struct {
    int w, h, spread;
    double psnr, ssim, hole_psnr;
} cases[] = {
    {32, 24, 11, 31.785130068975626, 0.9942852483636889, 31.69627684381723},
    {11, 11, 60, 17.745368280452887, 0.6438676667627371, 17.683950387899234},
    {57, 13, 3, 42.14108306747627, 0.9995370707385938, 42.11020369539948},
};

static void
fill(MendTensor a, MendTensor b, int spread)
{
    float *p = a.data, *q = b.data;
    for (int c = 0; c < 3; c++) {
        for (int y = 0; y < a.shape.h; y++) {
            for (int x = 0; x < a.shape.w; x++) {
                int v = (x * 7 + y * 13 + c * 29 + x * y) % 256;
                int d = (x * 31 + y * 17 + c * 5) % (2 * spread + 1) - spread;
                *p++ = (float)v / 255.0f;
                *q++ = (float)CLAMP(v + d, 0, 255) / 255.0f;
            }
        }
    }
}

static void
test_against_reference(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendShape shape = {3, cases[i].h, cases[i].w};
        g_auto(MendTensor) a = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) b = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) hole = mend_tensor_new((MendShape){1, shape.h, shape.w}, NULL);
        fill(a, b, cases[i].spread);
        for (int y = 0; y < shape.h; y++) {
            for (int x = 0; x < shape.w; x++)
                hole.data[y * shape.w + x] = y >= 2 && y < 9 && x >= 3 && x < 8 ? 1.0f : 0.0f;
        }
        g_assert_cmpfloat_with_epsilon(mend_psnr(a, b, (MendTensor){0}), cases[i].psnr, 1e-9);
        g_assert_cmpfloat_with_epsilon(mend_psnr(a, b, hole), cases[i].hole_psnr, 1e-9);
        g_assert_cmpfloat_with_epsilon(mend_ssim(a, b), cases[i].ssim, 1e-9);
        g_assert_cmpfloat_with_epsilon(mend_ssim(b, a), cases[i].ssim, 1e-9);
    }
}

static void
test_rounding(void)
{
    float a[3] = {0.5f, -0.3f, 1.2f}, b[3] = {128.4f / 255.0f, 0.0f, 1.0f}, c[3] = {NAN, 0, 1};
    MendTensor x = {{3, 1, 1}, a}, y = {{3, 1, 1}, b}, z = {{3, 1, 1}, c}, none = {0};
    /* 127.5 rounds to the even 128, values outside are clamped: nothing differs. */
    g_assert_cmpfloat(mend_psnr(x, y, none), ==, 100);
    g_assert_cmpfloat_with_epsilon(mend_psnr(y, z, none), 10 * log10(3 * 255.0 * 255 / (128 * 128)),
                                   1e-12);
}

static void
test_limits(void)
{
    g_auto(MendTensor) a = mend_tensor_new((MendShape){3, 10, 40}, NULL);
    g_auto(MendTensor) none = mend_tensor_new((MendShape){1, 10, 40}, NULL);
    for (size_t i = 0; i < mend_shape_count(a.shape); i++)
        a.data[i] = 0.25f;
    for (size_t i = 0; i < mend_shape_count(none.shape); i++)
        none.data[i] = 0.5f;
    g_assert_cmpfloat(mend_psnr(a, a, (MendTensor){0}), ==, 100);
    g_assert_true(isnan(mend_psnr(a, a, none)));
    g_assert_true(isnan(mend_ssim(a, a)));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/against-reference", test_against_reference);
    g_test_add_func("/metrics/rounding", test_rounding);
    g_test_add_func("/metrics/limits", test_limits);
    return g_test_run();
}
