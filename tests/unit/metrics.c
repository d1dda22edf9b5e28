/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores against numbers of an independent scorer (numpy and scipy, float64). */
#include "compute/metrics.h"

#include <math.h>

#include "compute/fft.h"
#include "compute/rng.h"

/* Both pictures are made from a formula, so that the numbers below can be had anywhere:
 * a = (7x + 13y + 29c + xy) mod 256, b = a + (31x + 17y + 5c) mod (2 spread + 1) - spread, clipped.
 * The hole is x 3..7, y 2..8. dark: a / 3 rounded down, brought to the luma of b. n_differ: pixels
 * of b that differ by more than 8 from a. */
static const struct {
    int w, h, spread;
    double psnr, ssim, hole_psnr, gmsd, sharpness, dark_psnr;
    int n_differ;
} cases[] = {
    {32, 24, 11, 31.785130068975626, 0.9942852483636889, 31.69627684381723, 0.00048729074933021596,
     1.0111156068263705, 31.607274005462873, 519},
    {11, 11, 60, 17.745368280452887, 0.6438676667627371, 17.683950387899234, 0.03255301872896232,
     0.014554027352108102, 17.72967536224597, 114},
    {57, 13, 3, 42.14108306747627, 0.9995370707385938, 42.11020369539948, 6.0660048151343256e-05,
     0.9935526512261438, 40.97851650215118, 0},
    {20, 21, 25, 24.98088537629368, 0.969026233117062, 24.899363442565708, 0.005253485405368455,
     0.728371660048494, 24.95219239972638, 361},
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
        g_assert_cmpfloat_with_epsilon(mend_gmsd(a, b), cases[i].gmsd, 1e-7);
        g_assert_cmpfloat_with_epsilon(mend_sharpness(a, b), cases[i].sharpness, 1e-9);
    }
}

static void
test_same_luma(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendShape shape = {3, cases[i].h, cases[i].w};
        g_auto(MendTensor) a = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) b = mend_tensor_new(shape, NULL);
        fill(a, b, cases[i].spread);
        for (size_t k = 0; k < mend_shape_count(shape); k++)
            a.data[k] = (float)floor(rint((double)a.data[k] * 255) / 3) / 255.0f;
        g_assert_cmpfloat_with_epsilon(mend_psnr_same_luma(a, b), cases[i].dark_psnr, 1e-9);
    }
}

static void
test_hole(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendShape shape = {3, cases[i].h, cases[i].w};
        g_auto(MendTensor) a = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) b = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) hole = mend_tensor_new((MendShape){1, shape.h, shape.w}, NULL);
        fill(a, b, cases[i].spread);
        mend_find_hole(a, b, hole);
        int n = 0;
        for (size_t k = 0; k < mend_shape_count(hole.shape); k++)
            n += hole.data[k] > 0.5f;
        g_assert_cmpint(n, ==, cases[i].n_differ);
    }
    float white[3] = {1, 1, 1}, grey[3] = {1, 1, 0.99f}, hole[1] = {-1};
    MendTensor x = {{3, 1, 1}, white}, y = {{3, 1, 1}, grey}, to = {{1, 1, 1}, hole};
    mend_find_hole(x, y, to);
    g_assert_cmpfloat(hole[0], ==, 1);
    mend_find_hole(y, x, to);
    g_assert_cmpfloat(hole[0], ==, 0);
}

/* Columns of 0 to 7, steps of 10 levels, a hole in columns 2 to 5; then raised by 30. */
static void
test_seam(void)
{
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, 5, 8}, NULL);
    g_auto(MendTensor) truth = mend_tensor_new((MendShape){3, 5, 8}, NULL);
    g_auto(MendTensor) hole = mend_tensor_new((MendShape){1, 5, 8}, NULL);
    for (int raised = 0; raised < 2; raised++) {
        for (int i = 0; i < 120; i++) {
            gboolean inside = i % 8 >= 2 && i % 8 <= 5;
            hole.data[i % 40] = inside;
            truth.data[i] = (float)(10 * (i % 8)) / 255.0f;
            picture.data[i] = truth.data[i] + (raised && inside ? 30 : 0) / 255.0f;
        }
        /* 40 up on the left, 20 down on the right */
        g_assert_cmpfloat_with_epsilon(mend_seam(picture, hole), raised ? 3 : 1, 1e-9);
        g_assert_cmpfloat_with_epsilon(mend_edge(picture, truth, hole), raised ? 3 : 1, 1e-9);
    }
    static const float rough[] = {0, 10, 20, 60, 10, 50, 60, 70}; /* steps inside 40, 50, 40 */
    for (int i = 0; i < 120; i++) {
        picture.data[i] = truth.data[i];
        truth.data[i] = rough[i % 8] / 255.0f;
    }
    g_assert_cmpfloat_with_epsilon(mend_seam(truth, hole), 3.0 / 13, 1e-9);
    g_assert_cmpfloat_with_epsilon(mend_edge(picture, truth, hole), 1, 1e-9);
    for (int i = 0; i < 40; i++)
        hole.data[i] = 0;
    g_assert_true(isnan(mend_seam(picture, hole)));
    g_assert_true(isnan(mend_edge(picture, truth, hole)));
    hole.data[12] = 1; /* no two neighbours in the hole */
    g_assert_true(isnan(mend_seam(picture, hole)));
}

/* Against the sum itself, at lengths that are a power of two, prime, one. */
/* White noise has no seam; a ramp has: 39 steps back against one on, and nothing down. */
static void
test_torus_seam(void)
{
    g_auto(MendTensor) t = mend_tensor_new((MendShape){3, 200, 40}, NULL);
    size_t n = mend_shape_count(t.shape);
    mend_rng_normal((MendRng){1, 0}, 0, 0, t);
    g_assert_cmpfloat_with_epsilon(mend_torus_seam(t), 1, 0.2);
    for (size_t i = 0; i < n; i++)
        t.data[i] = (float)(i % 40) / 64;
    g_assert_cmpfloat_with_epsilon(mend_torus_seam(t), 39 * 39, 1e-6);
    for (size_t i = 0; i < n; i++) /* the other way; edges that are inside, moved to a fold */
        t.data[i] = (float)(i / 40 % 200 < 100 ? i / 40 % 200 : 199 - i / 40 % 200) / 64;
    g_assert_cmpfloat_with_epsilon(mend_torus_seam(t), 0, 1e-6);
    for (size_t i = 0; i < n; i++)
        t.data[i] = 0.5f;
    g_assert_true(isnan(mend_torus_seam(t)));
}

static void
test_fft(void)
{
    static const int lengths[] = {1, 2, 3, 8, 13, 30, 97};
    for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
        int n = lengths[i];
        g_autoptr(MendFft) fft = mend_fft_new(n, NULL);
        g_autofree MendComplex *line = g_new(MendComplex, (guint)n);
        g_autofree MendComplex *want = g_new0(MendComplex, (guint)n);
        for (int k = 0; k < n; k++)
            line[k] = (MendComplex){(k * 37 + 5) % 11 - 4, (k * 23 + 2) % 7 - 3};
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < n; j++) {
                double angle = -2 * G_PI * j * k / n;
                want[k].re += line[j].re * cos(angle) - line[j].im * sin(angle);
                want[k].im += line[j].re * sin(angle) + line[j].im * cos(angle);
            }
        }
        mend_fft_run(fft, line);
        for (int k = 0; k < n; k++) {
            g_assert_cmpfloat_with_epsilon(line[k].re, want[k].re, 1e-9);
            g_assert_cmpfloat_with_epsilon(line[k].im, want[k].im, 1e-9);
        }
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
    g_assert_cmpfloat(mend_gmsd(a, a), ==, 0);
    MendTensor row = {{3, 1, 133}, a.data};
    g_assert_true(isnan(mend_gmsd(row, row)));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/against-reference", test_against_reference);
    g_test_add_func("/metrics/same-luma", test_same_luma);
    g_test_add_func("/metrics/hole", test_hole);
    g_test_add_func("/metrics/seam", test_seam);
    g_test_add_func("/metrics/torus-seam", test_torus_seam);
    g_test_add_func("/metrics/fft", test_fft);
    g_test_add_func("/metrics/rounding", test_rounding);
    g_test_add_func("/metrics/limits", test_limits);
    return g_test_run();
}
