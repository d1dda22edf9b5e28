/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean by Wiener filters: transforms of planes, the numbers of its twin in training, files that
 * do not fit, lack of memory, and the way through the whole job. The golden pair is made by
 * weights/train/export.py --tiny --wiener random --io, from a seed. */
#include "compute/wiener.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fft_plane.h"
#include "compute/restore.h"
#include "compute/wiener_parts.h"
#include "tests/unit/models.h"
#include "tests/unit/tensors.h"

#define MODEL "tests/golden/wiener/model.safetensors"
#define IO    "tests/golden/wiener/model.io.safetensors"

/* The twin's network computes in single precision. */
#define AGREEMENT 1e-5f

static MendTensor
golden(const char *name)
{
    g_autoptr(MendWeights) file = mend_weights_open(IO, NULL);
    g_assert_nonnull(file);
    return tensors_read(file, name);
}

/* A frequency of a plane's spectrum, by its sum. */
static MendComplex
slow_transform(const double *plane, int n, int ky, int kx)
{
    MendComplex sum = {0, 0};
    for (int i = 0; i < n * n; i++) {
        double turn = -2 * G_PI * (ky * (i / n) + kx * (i % n)) / n;
        sum.re += plane[i] * cos(turn);
        sum.im += plane[i] * sin(turn);
    }
    return sum;
}

static void
test_planes(void)
{
    static const int sides[] = {2, 6, 8, 16};
    for (size_t s = 0; s < G_N_ELEMENTS(sides); s++) {
        int n = sides[s], half = n / 2 + 1;
        double plane[256], back[256];
        MendComplex spectrum[16 * 9];
        g_autoptr(MendFftPlane) fft = mend_fft_plane_new(n, NULL);
        for (int i = 0; i < n * n; i++)
            plane[i] = sin(i * i * 0.7) + 0.3;
        mend_fft_plane_forward(fft, plane, spectrum);
        for (int i = 0; i < n * half; i++) {
            MendComplex right = slow_transform(plane, n, i / half, i % half);
            g_assert_cmpfloat_with_epsilon(spectrum[i].re, right.re, 1e-10);
            g_assert_cmpfloat_with_epsilon(spectrum[i].im, right.im, 1e-10);
        }
        mend_fft_plane_inverse(fft, spectrum, back);
        for (int i = 0; i < n * n; i++)
            g_assert_cmpfloat_with_epsilon(back[i], plane[i], 1e-12);
        mend_fft_plane_forward(fft, plane, spectrum);
        for (int y = 0; y < n; y++) /* no plane has the same there in all rows, but for row 0 */
            for (int x = 0; x < half; x += half - 1)
                spectrum[y * half + x].im += 0.5;
        mend_fft_plane_inverse(fft, spectrum, back);
        for (int i = 0; i < n * n; i++)
            g_assert_cmpfloat_with_epsilon(back[i], plane[i], 1e-12);
    }
}

/* What is seen is no number where the picture is none: the network says so. */
static void
test_no_number(void)
{
    g_autoptr(MendWeights) weights = mend_weights_open(MODEL, NULL);
    g_auto(MendWienerChoice) choice = {0};
    g_assert_true(mend_wiener_choice_open(&choice, weights, NULL));
    float seen[2 * MEND_WIENER_SEEN * MEND_WIENER_ANGLES] = {0};
    int n = mend_wiener_n_shares(&choice);
    g_autofree double *shares = g_new(double, n);
    g_autofree double *scratch = g_new(double, mend_wiener_scratch(&choice));
    mend_wiener_choose(&choice, seen, scratch, shares);
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += shares[i];
    g_assert_cmpfloat_with_epsilon(sum, 1, 1e-12);
    seen[100] = NAN;
    mend_wiener_choose(&choice, seen, scratch, shares);
    g_assert_true(isnan(shares[n - 1]));
}

static void
test_twin(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) expected = golden("mean.motion-blur");
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    mend_wiener_estimate(model, picture, mean, NULL, &error);
    g_assert_no_error(error);
    float difference = tensors_largest_difference(mean, expected);
    g_test_message("%.2g from the twin, %.2g from the picture", (double)difference,
                   (double)tensors_largest_difference(mean, picture));
    g_assert_cmpfloat(difference, <=, AGREEMENT);
    g_assert_cmpfloat(tensors_largest_difference(mean, picture), >, 0.1f);
}

/* Also where windows are mirrored again and again. What has no detail stays. */
static void
test_any_size(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {300, 1}, {1, 300}, {97, 96}};
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        MendShape shape = {3, sizes[i][0], sizes[i][1]};
        g_auto(MendTensor) picture = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) mean = mend_tensor_new(shape, NULL);
        size_t n = mend_shape_count(shape);
        for (size_t k = 0; k < n; k++)
            picture.data[k] = (float)(k % 7) / 6;
        g_assert_true(mend_wiener_estimate(model, picture, mean, NULL, NULL));
        for (size_t k = 0; k < n; k++)
            g_assert_true(mean.data[k] >= 0 && mean.data[k] <= 1);
        for (size_t k = 0; k < n; k++)
            picture.data[k] = (float)(3 * k / n) / 3;
        g_assert_true(mend_wiener_estimate(model, picture, mean, NULL, NULL));
        g_assert_cmpfloat(tensors_largest_difference(mean, picture), <=, AGREEMENT);
    }
}

/* To the bit, whatever the number of threads. */
static void
test_threads(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) one = mend_tensor_new(picture.shape, NULL);
    g_auto(MendTensor) many = mend_tensor_new(picture.shape, NULL);
    g_setenv("MEND_THREADS", "1", TRUE);
    g_assert_true(mend_wiener_estimate(model, picture, one, NULL, NULL));
    g_setenv("MEND_THREADS", "5", TRUE);
    g_assert_true(mend_wiener_estimate(model, picture, many, NULL, NULL));
    g_unsetenv("MEND_THREADS");
    g_assert_cmpfloat(tensors_largest_difference(one, many), ==, 0);
}

typedef struct {
    double share, before;
    int n;
} Watch;

static gboolean
watch(gpointer data)
{
    Watch *w = data;
    g_assert_cmpfloat(w->share, >=, w->before);
    g_assert_cmpfloat(w->share, <=, 1);
    w->n += w->share > w->before;
    w->before = w->share;
    return TRUE;
}

/* How much is done is told, and never less than before. */
static void
test_share(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    MendShape shape = {3, 400, 700};
    g_auto(MendTensor) picture = mend_tensor_new(shape, NULL);
    g_auto(MendTensor) mean = mend_tensor_new(shape, NULL);
    memset(picture.data, 0, mend_shape_count(shape) * sizeof(float));
    Watch w = {0};
    const MendGoOn go_on = {watch, &w, &w.share};
    g_assert_true(mend_wiener_estimate(model, picture, mean, &go_on, NULL));
    g_test_message("%d times, %.2f at last", w.n, w.share);
    g_assert_cmpint(w.n, >, 5);
    g_assert_cmpfloat(w.share, >, 0.8);
}

static void
test_no_memory(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, 4, 4}, NULL);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++)
        picture.data[i] = 0.5f;
    models_check_starved(mend_wiener_estimate, model, picture);
}

static void
test_cancel(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = golden("picture");
    models_check_stopped(mend_wiener_estimate, model, picture, 4);
}

/* What is wrong is named: a key of the metadata, an array, or the file with such numbers. */
static void
test_files_that_do_not_fit(void)
{
    static const struct {
        const char *place, *old, *new, *named;
        guint8 fill;
    } cases[] = {
        {"mend.mean", "wiener", "winner", "mend.mean", 0},
        {"\"wiener.", "first.weight", "first.weighs", "wiener.first.weight", 0},
        {"\"wiener.first.weight", "[64,106,5]", "[64,530,1]", "wiener.first.weight", 0},
        {"\"wiener.first.weight", "[64,106,5]", "[32,212,5]", "wiener.first", 0},
        {"\"wiener.paths.weight", "[22,64,3]", "[11,64,6]", "wiener.paths", 0},
        {"\"wiener.others.weight", "[5,128]", "[1,640]", "wiener.others.weight", 0},
        {"\"wiener.gain", "[1,65]", "[65,1]", "wiener.gain", 0},
        {"\"wiener.scale", NULL, NULL, "wiener.scale", 0},
        {"\"wiener.gain", NULL, NULL, "wiener.gain", 0x7b}, /* exp(61000) */
    };
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path =
            models_altered(MODEL, cases[i].place, cases[i].old, cases[i].new, cases[i].fill);
        g_autoptr(MendModelInfo) model = mend_model_read(path, &error);
        gboolean good = model && mend_wiener_estimate(model, picture, mean, NULL, &error);
        g_unlink(path);
        g_assert_false(good);
        g_test_message("%s", error->message);
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_WEIGHTS);
        g_assert_nonnull(strstr(error->message, cases[i].named));
    }
}

/* With the last layer zero the job returns the mean, whatever it does between. */
static gboolean
follow(const MendProgress *progress, gpointer data)
{
    Watch *w = data;
    w->share = progress->fraction;
    return watch(data);
}

static void
test_through_the_job(void)
{
    g_autofree char *half = models_altered(MODEL, "\"ending.weight\"", NULL, NULL, 0);
    g_autofree char *zero = models_altered(half, "\"ending.bias\"", NULL, NULL, 0);
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) mean = golden("mean.motion-blur");
    g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
    g_autoptr(GError) error = NULL;
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "motion-blur", NULL));
    g_assert_true(mend_options_set(&options, "model", zero, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    Watch w = {0};
    mend_restore(picture, &options, &(MendRestoreHooks){.progress = follow, .data = &w}, result,
                 NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(tensors_largest_difference(result, mean), <=, AGREEMENT);
    g_assert_cmpfloat(w.share, ==, 1);
    g_assert_cmpint(w.n, >, 2);
    g_unlink(half);
    g_unlink(zero);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wiener/planes", test_planes);
    g_test_add_func("/wiener/no-number", test_no_number);
    g_test_add_func("/wiener/twin", test_twin);
    g_test_add_func("/wiener/any-size", test_any_size);
    g_test_add_func("/wiener/threads", test_threads);
    g_test_add_func("/wiener/share", test_share);
    g_test_add_func("/wiener/no-memory", test_no_memory);
    g_test_add_func("/wiener/cancel", test_cancel);
    g_test_add_func("/wiener/files-that-do-not-fit", test_files_that_do_not_fit);
    g_test_add_func("/wiener/through-the-job", test_through_the_job);
    return g_test_run();
}
