/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising by cosine transforms: what a plain block by block version answers, stripes, threads,
 * noise that goes and structure that stays, lack of memory, cancelling. */
#include "compute/dct.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/restore.h"
#include "compute/rng.h"
#include "tests/unit/models.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

#define N 8

/* Waves, an edge and noise. */
static MendTensor
scene(int w, int h, float noise)
{
    MendTensor t = mend_tensor_new((MendShape){3, h, w}, NULL);
    mend_rng_normal((MendRng){5, 1}, 0, 0, t);
    for (int i = 0; i < 3 * w * h; i++) {
        int x = i % w, y = i / w % h, c = i / (w * h);
        double clean =
            0.4 + 0.1 * sin(x / 9.0 + c) * cos(y / 7.0) + (x + y > (w + h) / 2 ? 0.2 : 0);
        t.data[i] = CLAMP((float)clean + noise * t.data[i], 0.0f, 1.0f);
    }
    return t;
}

static int
mirror(int i, int n)
{
    while (i < 0 || i >= n)
        i = n == 1 ? 0 : i < 0 ? -i : 2 * n - 2 - i;
    return i;
}

static double
basis(int k, int i)
{
    return sqrt((k ? 2.0 : 1.0) / N) * cos((2 * i + 1) * k * G_PI / (2 * N));
}

static const double colours[3][3] = {{0.57735027, 0.57735027, 0.57735027},
                                     {0.70710678, 0, -0.70710678},
                                     {0.40824829, -0.81649658, 0.40824829}};

/* One block of one colour, in double precision: its shrunk answer; returns its weight. */
static double
plain_block(double in[N][N], double sigma, double out[N][N])
{
    double kept_all = 0;
    memset(out, 0, N * N * sizeof(double));
    for (int k = 0; k < N; k++)
        for (int j = 0; j < N; j++) {
            double at = 0;
            for (int y = 0; y < N; y++)
                for (int x = 0; x < N; x++)
                    at += basis(k, y) * basis(j, x) * in[y][x];
            double s = CLAMP((fabs(at) / sigma - 2) / 2, 0, 1);
            double kept = k + j == 0 ? 1 : s * s * (3 - 2 * s);
            kept_all += kept;
            for (int y = 0; y < N; y++)
                for (int x = 0; x < N; x++)
                    out[y][x] += basis(k, y) * basis(j, x) * kept * at;
        }
    return 1 / kept_all;
}

static MendTensor
plain(MendTensor picture, double sigma)
{
    int w = picture.shape.w, h = picture.shape.h, n = w * h;
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    g_autofree double *sums = g_new0(double, 3 * n), *weights = g_new0(double, 3 * n);
    for (int c = 0; c < 3; c++)
        for (int y = 2 - N; y < h; y += 2) /* every other row */
            for (int x = 1 - N; x < w; x++) {
                double in[N][N], out[N][N];
                for (int i = 0; i < N * N; i++) {
                    int at = mirror(y + i / N, h) * w + mirror(x + i % N, w);
                    in[i / N][i % N] = 0;
                    for (int k = 0; k < 3; k++)
                        in[i / N][i % N] += colours[c][k] * (double)picture.data[k * n + at];
                }
                double weight = plain_block(in, sigma, out);
                for (int i = 0; i < N * N; i++) {
                    int v = y + i / N, u = x + i % N;
                    if (v < 0 || v >= h || u < 0 || u >= w)
                        continue;
                    sums[c * n + v * w + u] += weight * out[i / N][i % N];
                    weights[c * n + v * w + u] += weight;
                }
            }
    for (int i = 0; i < 3 * n; i++) {
        double value = 0;
        for (int c = 0; c < 3; c++)
            value += colours[c][i / n] * sums[c * n + i % n] / weights[c * n + i % n];
        result.data[i] = (float)CLAMP(value, 0, 1);
    }
    return result;
}

/* With each build of the kernels that this processor has. */
static void
test_plain(void)
{
    static const char *const isas[] = {"base", "avx2", "avx512"};
    static const int sizes[][2] = {{1, 1}, {2, 3}, {5, 1}, {7, 30}, {90, 21}, {71, 8}, {13, 263}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(MendTensor) picture = scene(sizes[i][0], sizes[i][1], 0.05f);
        g_auto(MendTensor) expected = plain(picture, 0.04);
        for (size_t k = 0; k < G_N_ELEMENTS(isas); k++) {
            g_setenv("MEND_CPU", isas[k], TRUE);
            g_auto(MendTensor) done = scene(sizes[i][0], sizes[i][1], 0.05f);
            g_assert_true(mend_dct_denoise(done, 0.04, NULL, NULL));
            g_assert_cmpfloat(tensors_largest_difference(done, expected), <, 1e-5f);
        }
    }
    g_unsetenv("MEND_CPU");
}

static double
distance(MendTensor a, MendTensor b)
{
    double sum = 0;
    size_t n = mend_shape_count(a.shape);
    for (size_t i = 0; i < n; i++)
        sum += pow((double)a.data[i] - (double)b.data[i], 2);
    return sqrt(sum / (double)n);
}

/* Noise goes, edges and waves stay; without noise next to nothing changes. */
static void
test_noise(void)
{
    g_auto(MendTensor) clean = scene(200, 150, 0), noisy = scene(200, 150, 0.03f);
    double before = distance(noisy, clean);
    g_assert_cmpfloat_with_epsilon(mend_dct_noise(noisy, clean), before, 0.001);
    g_assert_true(mend_dct_denoise(noisy, 0.03, NULL, NULL));
    g_test_message("%.4f from the clean picture, before %.4f", distance(noisy, clean), before);
    g_assert_cmpfloat(distance(noisy, clean), <, before / 3);
    g_auto(MendTensor) same = scene(200, 150, 0);
    g_assert_true(mend_dct_denoise(same, 1e-4, NULL, NULL));
    g_assert_cmpfloat(tensors_largest_difference(same, clean), <, 1e-3f);
    g_auto(MendTensor) untouched = scene(200, 150, 0);
    g_assert_true(mend_dct_denoise(untouched, 0, NULL, NULL));
    g_assert_cmpfloat(tensors_largest_difference(untouched, clean), ==, 0);
}

/* Stripes do not show: a picture of several is shifted against them. And threads do not. */
static void
test_stripes(void)
{
    enum { W = 70, H = 600, OFF = 100 };
    g_auto(MendTensor) whole = scene(W, H, 0.05f);
    g_auto(MendTensor) part = mend_tensor_new((MendShape){3, H - OFF, W}, NULL);
    g_auto(MendTensor) again = mend_tensor_new(whole.shape, NULL);
    memcpy(again.data, whole.data, 3 * W * H * sizeof(float));
    for (int c = 0; c < 3; c++)
        memcpy(part.data + c * W * (H - OFF), whole.data + c * W * H + OFF * W,
               (H - OFF) * W * sizeof(float));
    g_assert_true(mend_dct_denoise(whole, 0.04, NULL, NULL));
    g_assert_true(mend_dct_denoise(part, 0.04, NULL, NULL));
    for (int c = 0; c < 3; c++)
        for (int i = N * W; i < (H - OFF) * W; i++)
            g_assert_cmpfloat(
                fabsf(part.data[c * W * (H - OFF) + i] - whole.data[c * W * H + OFF * W + i]), <,
                1e-6f);
    g_setenv("MEND_THREADS", "5", TRUE);
    g_assert_true(mend_dct_denoise(again, 0.04, NULL, NULL));
    g_unsetenv("MEND_THREADS");
    g_assert_cmpfloat(tensors_largest_difference(again, whole), ==, 0);
}

static gboolean
attempt_asking(gpointer data, const MendGoOn *go_on, GError **error)
{
    return mend_dct_denoise(*(MendTensor *)data, 0.04, go_on, error);
}

static void
test_cancel(void)
{
    g_auto(MendTensor) picture = scene(20, 600, 0.05f);
    g_assert_cmpint(starved_stops(attempt_asking, &picture), ==, 3); /* stripes */
}

static gboolean
attempt(gpointer data, GError **error)
{
    return attempt_asking(data, NULL, error);
}

static void
test_no_memory(void)
{
    g_auto(MendTensor) picture = scene(20, 20, 0.05f);
    g_assert_cmpint(starved_attempts(attempt, &picture, 5), >, 1);
}

#define MODEL "tests/golden/random.safetensors"

static MendTensor
restored_by(const char *model, MendTensor picture)
{
    g_autoptr(GError) error = NULL;
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "noise", NULL));
    g_assert_true(mend_options_set(&options, "model", model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    options.steps = 1;
    mend_restore(picture, &options, NULL, result, NULL, &error);
    g_assert_no_error(error);
    return result;
}

/* A model that asks for it: what its network answers is denoised. */
static void
test_through_the_job(void)
{
    static const char old[] = "\"mend.quality.noise\":\"none: for tests\"";
    static const char new[] = "\"mend.dct.noise\":\"1.25\"               ";
    G_STATIC_ASSERT(sizeof old == sizeof new);
    g_autofree char *asking = models_altered(MODEL, "mend.quality.noise", old + 1, new + 1, 0);
    g_auto(MendTensor) picture = scene(40, 30, 0.05f);
    g_auto(MendTensor) expected = restored_by(MODEL, picture);
    g_auto(MendTensor) result = restored_by(asking, picture);
    double sigma = 1.25 * mend_dct_noise(picture, expected);
    g_assert_cmpfloat(sigma, >, MEND_DCT_MOST);
    sigma = MEND_DCT_MOST;
    g_assert_true(mend_dct_denoise(expected, sigma, NULL, NULL));
    g_assert_cmpfloat(tensors_largest_difference(result, expected), <, 1e-5f);
    g_unlink(asking);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dct/plain", test_plain);
    g_test_add_func("/dct/noise", test_noise);
    g_test_add_func("/dct/stripes", test_stripes);
    g_test_add_func("/dct/cancel", test_cancel);
    g_test_add_func("/dct/no-memory", test_no_memory);
    g_test_add_func("/dct/through-the-job", test_through_the_job);
    return g_test_run();
}
