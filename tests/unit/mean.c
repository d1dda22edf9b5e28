/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classical means: the numbers of their twin in training (golden/means.py), what must hold for
 * any picture, lack of memory, and the way through the whole job. */
#include "compute/mean.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/restore.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

/* The twin computes in double precision; here planes are kept as float. */
#define AGREEMENT 1e-5f

static const char *const pictures[] = {"wide", "tall", "one", "row", "column", "few", "veiled"};

static MendTensor
golden(const MendWeights *file, const char *picture, const char *what)
{
    g_autofree char *name = g_strconcat(picture, ".", what, NULL);
    return tensors_read(file, name);
}

static MendWeights *
open_golden(void)
{
    g_autoptr(GError) error = NULL;
    MendWeights *file = mend_weights_open("tests/golden/means.safetensors", &error);
    g_assert_no_error(error);
    return file;
}

static MendTensor
mean_of(const char *name, MendTensor picture)
{
    g_autoptr(GError) error = NULL;
    MendTensor mean = mend_tensor_new(picture.shape, NULL);
    mend_mean_find(name)->estimate(picture, mean, NULL, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < mend_shape_count(mean.shape); i++)
        g_assert_true(mean.data[i] >= 0 && mean.data[i] <= 1);
    return mean;
}

static MendTensor
constant(int w, int h, float r, float g, float b)
{
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, NULL);
    size_t n = (size_t)h * (size_t)w;
    for (size_t i = 0; i < n; i++) {
        picture.data[i] = r;
        picture.data[n + i] = g;
        picture.data[2 * n + i] = b;
    }
    return picture;
}

static void
test_table(void)
{
    g_assert_cmpstr(mend_means[0]->name, ==, "identity");
    g_assert_null(mend_mean_find("identity")->estimate);
    g_assert_null(mend_mean_find("oracle"));
    g_assert_null(mend_mean_find(NULL));
    for (int i = 0; mend_means[i]; i++)
        g_assert_true(mend_mean_find(mend_means[i]->name) == mend_means[i]);
}

static void
test_twin(void)
{
    g_autoptr(MendWeights) file = open_golden();
    for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_auto(MendTensor) picture = golden(file, pictures[i], "in");
        for (int k = 1; mend_means[k] && !mend_means[k]->learned; k++) {
            g_auto(MendTensor) expected = golden(file, pictures[i], mend_means[k]->name);
            g_auto(MendTensor) mean = mean_of(mend_means[k]->name, picture);
            float difference = tensors_largest_difference(mean, expected);
            g_test_message("%s %s: %.2g from the twin, %.2g from the picture", pictures[i],
                           mend_means[k]->name, (double)difference,
                           (double)tensors_largest_difference(mean, picture));
            g_assert_cmpfloat(difference, <=, AGREEMENT);
        }
    }
}

static const int sizes[][2] = {{1, 1}, {2, 1}, {1, 2}, {3, 3}, {5000, 1}, {1, 5000}, {64, 37}};

/* Without contrast there is neither haze to see nor a hole; the exposure is one value, too. */
static void
test_constant(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(MendTensor) grey = constant(sizes[i][0], sizes[i][1], 0.3f, 0.5f, 0.7f);
        g_auto(MendTensor) white = constant(sizes[i][0], sizes[i][1], 1, 1, 1);
        g_auto(MendTensor) black = constant(sizes[i][0], sizes[i][1], 0, 0, 0);
        g_auto(MendTensor) filled = mean_of("harmonic", grey);
        g_auto(MendTensor) all_hole = mean_of("harmonic", white);
        g_auto(MendTensor) cleared = mean_of("dark-channel", grey);
        g_auto(MendTensor) bright = mean_of("exposure", white);
        g_auto(MendTensor) dark = mean_of("exposure", black);
        g_assert_cmpfloat(tensors_largest_difference(filled, grey), ==, 0);
        g_assert_cmpfloat(tensors_largest_difference(all_hole, white), ==, 0);
        g_assert_cmpfloat(tensors_largest_difference(cleared, grey), <=, 1e-6f);
        g_assert_cmpfloat(tensors_largest_difference(bright, white), <=, 1e-6f);
        g_assert_cmpfloat(tensors_largest_difference(dark, black), ==, 0);
    }
}

/* A black of -0, as arithmetic may leave it, is black. */
static void
test_negative_zero(void)
{
    g_autoptr(MendWeights) file = open_golden();
    for (int k = 1; mend_means[k] && !mend_means[k]->learned; k++) {
        g_auto(MendTensor) picture = golden(file, "wide", "in");
        int w = picture.shape.w, n = w * picture.shape.h;
        for (int i = 0; i < 3 * n; i++)
            picture.data[i] = i % w < w / 4 ? 0.0f : picture.data[i];
        g_auto(MendTensor) expected = mean_of(mend_means[k]->name, picture);
        for (int i = 0; i < 3 * n; i++)
            picture.data[i] = picture.data[i] == 0 ? -0.0f : picture.data[i];
        g_auto(MendTensor) mean = mean_of(mend_means[k]->name, picture);
        g_test_message("%s", mend_means[k]->name);
        g_assert_cmpfloat(tensors_largest_difference(mean, expected), ==, 0);
    }
}

/* Of a grey picture with a black stripe, of which the network takes so much. */
static double
presence_of_stripe(int width, float black, float less)
{
    g_auto(MendTensor) picture = constant(100, 100, 0.5f, 0.6f, 0.8f);
    g_auto(MendTensor) clean = mend_tensor_new(picture.shape, NULL);
    g_auto(MendTensor) scratch = mend_tensor_new(picture.shape, NULL);
    for (int y = 0; y < 3 * 100; y++)
        for (int x = 0; x < width; x++)
            picture.data[y * 100 + x] = black;
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++)
        clean.data[i] = picture.data[i] - less;
    return mend_mean_find("dark-channel-small")->presence(picture, clean, scratch);
}

/* Windows reach 3 pixels beyond the stripe; the white is 0.8. */
static void
test_presence_of_haze(void)
{
    g_assert_cmpfloat(presence_of_stripe(0, 0, 0.1f), ==, 1); /* 0.3 * 0.5 / 0.8 + 0.1 */
    g_assert_cmpfloat(presence_of_stripe(1, 0, 0.1f), ==, 1);
    g_assert_cmpfloat(presence_of_stripe(3, 0, 0.1f), ==, 0);
    g_assert_cmpfloat_with_epsilon(presence_of_stripe(3, 0, 0.19f), 0.5, 1e-4);
    g_assert_cmpfloat(presence_of_stripe(3, 0, 0.3f), ==, 1);
    g_assert_cmpfloat_with_epsilon(presence_of_stripe(3, 0.3f * 0.8f, 0.1f), 0.5, 1e-4);
    g_assert_null(mend_mean_find("exposure")->presence);
}

/* Of a picture whose rows, so many of 100, are lightened by so much. */
static double
presence_of_rows(int rows, double lightened)
{
    g_auto(MendTensor) picture = constant(100, 100, 0.1f, 0.2f, 0.3f);
    g_auto(MendTensor) clean = constant(100, 100, 0.1f, 0.2f, 0.3f);
    g_auto(MendTensor) scratch = mend_tensor_new(picture.shape, NULL);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < rows * 100; i++) {
            float *to = &clean.data[c * 100 * 100 + i];
            *to = (float)((double)(*to + 0.02f) * exp(lightened) - 0.02);
        }
    return mend_mean_find("shadow-match")->presence(picture, clean, scratch);
}

static void
test_presence_of_shadow(void)
{
    g_assert_cmpfloat(presence_of_rows(0, 1), ==, 0);
    g_assert_cmpfloat(presence_of_rows(1, 1), ==, 0); /* the hundredth, and not more */
    g_assert_cmpfloat(presence_of_rows(2, 1), ==, 1);
    g_assert_cmpfloat(presence_of_rows(2, 0.19), ==, 0);
    g_assert_cmpfloat_with_epsilon(presence_of_rows(2, 0.25), 0.5, 1e-4);
    g_assert_cmpfloat(presence_of_rows(50, -1), ==, 0);
}

/* The twin's. */
static void
test_presence_as_in_training(void)
{
    g_autoptr(MendWeights) file = open_golden();
    gboolean between = FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_auto(MendTensor) picture = golden(file, pictures[i], "in");
        g_auto(MendTensor) expected = golden(file, pictures[i], "haze-presence");
        g_auto(MendTensor) scratch = mend_tensor_new(picture.shape, NULL);
        g_auto(MendTensor) clean = golden(file, pictures[i], "dark-channel-small");
        double presence = mend_mean_find("dark-channel-small")->presence(picture, clean, scratch);
        g_assert_cmpfloat_with_epsilon(presence, (double)expected.data[0], 1e-5);
        between |= presence > 0 && presence < 1;
    }
    g_assert_true(between);
}

static void
test_exposure_reaches_its_target(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(MendTensor) dim = constant(sizes[i][0], sizes[i][1], 0.1f, 0.1f, 0.1f);
        g_auto(MendTensor) lit = constant(sizes[i][0], sizes[i][1], 0.45f, 0.45f, 0.45f);
        g_auto(MendTensor) mean = mean_of("exposure", dim);
        g_assert_cmpfloat(tensors_largest_difference(mean, lit), <=, 1e-6f);
    }
}

/* A slope in x and y is harmonic, so a hole in it is filled with the slope itself. */
static MendTensor
slope_with_hole(int w, int h, int x0, int x1, int y0, int y1)
{
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, NULL);
    for (int c = 0; c < 3; c++) {
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                gboolean hole = x >= x0 && x < x1 && y >= y0 && y < y1;
                picture.data[((size_t)c * (size_t)h + (size_t)y) * (size_t)w + (size_t)x] =
                    hole ? 1
                         : 0.1f * (float)(c + 1) + 0.3f * (float)x / (float)w +
                               0.2f * (float)y / (float)h;
            }
        }
    }
    return picture;
}

static void
test_harmonic_fill(void)
{
    g_auto(MendTensor) truth = slope_with_hole(90, 70, 0, 0, 0, 0);
    g_auto(MendTensor) broken = slope_with_hole(90, 70, 30, 60, 20, 45);
    g_auto(MendTensor) mean = mean_of("harmonic", broken);
    for (size_t i = 0; i < mend_shape_count(mean.shape); i++) {
        if (broken.data[i] < 1)
            g_assert_true(memcmp(&mean.data[i], &truth.data[i], sizeof(float)) == 0);
        else
            g_assert_cmpfloat_with_epsilon(mean.data[i], truth.data[i], 2e-3f);
    }
}

/* White that is not painted: lone pixels, and a line of two. */
static void
test_highlights_are_no_hole(void)
{
    g_auto(MendTensor) picture = slope_with_hole(20, 20, 3, 4, 3, 9);
    for (int c = 0; c < 3; c++) {
        mend_tensor_plane(picture, c).data[399] = 1;
        mend_tensor_plane(picture, c).data[398] = 1;
        mend_tensor_plane(picture, c).data[0] = 1;
    }
    g_auto(MendTensor) mean = mean_of("harmonic", picture);
    g_assert_cmpfloat(tensors_largest_difference(mean, picture), ==, 0);
}

typedef struct {
    const MendMean *mean;
    MendTensor picture, out;
} Estimate;

static gboolean
run_asking(gpointer data, const MendGoOn *go_on, GError **error)
{
    Estimate *e = data;
    return e->mean->estimate(e->picture, e->out, go_on, error);
}

static gboolean
run_estimate(gpointer data, GError **error)
{
    return run_asking(data, NULL, error);
}

static void
test_no_memory(void)
{
    g_autoptr(MendWeights) file = open_golden();
    g_auto(MendTensor) picture = golden(file, "wide", "in");
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    for (int k = 1; mend_means[k] && !mend_means[k]->learned; k++) {
        Estimate estimate = {mend_means[k], picture, mean};
        g_assert_cmpint(starved_attempts(run_estimate, &estimate, 100), >, 1);
    }
}

static void
test_cancel(void)
{
    g_autoptr(MendWeights) file = open_golden();
    g_auto(MendTensor) picture = golden(file, "wide", "in");
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    for (int k = 1; mend_means[k] && !mend_means[k]->learned; k++) {
        Estimate estimate = {mend_means[k], picture, mean};
        g_assert_cmpint(starved_stops(run_asking, &estimate), >, 0);
    }
}

static gboolean
stop(const MendProgress *progress, gpointer data)
{
    (void)data;
    g_assert_cmpfloat(progress->fraction, ==, 0);
    g_assert_cmpint(progress->step, ==, 0);
    return FALSE;
}

/* The last layer of means-only is zero, so the job must return the task's mean, whatever it does
 * between, and the difference that it adds to the picture is known to the bit. Of a hole's fill
 * only what is known is. */
static void
test_through_the_job(void)
{
    static const char *const tasks[][2] = {
        {"haze", "dark-channel"}, {"low-light", "exposure"}, {"inpainting", "harmonic"}};
    g_autoptr(MendWeights) file = open_golden();
    g_auto(MendTensor) picture = golden(file, "tall", "in");
    for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++) {
        MendOptions options;
        MendRestoreHooks hooks = {.progress = stop};
        g_autoptr(GError) error = NULL;
        g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
        g_auto(MendTensor) mean = mean_of(tasks[i][1], picture);
        mend_options_init(&options);
        g_assert_true(mend_options_set(&options, "task", tasks[i][0], NULL));
        g_assert_true(mend_options_set(&options, "model", "means-only", NULL));
        g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
        options.tile = 16;
        mend_restore(picture, &options, NULL, result, NULL, &error);
        g_assert_no_error(error);
        gboolean fills = strcmp(tasks[i][0], "inpainting") == 0; /* and then adds texture */
        for (size_t k = 0; k < mend_shape_count(picture.shape); k++) {
            float p = picture.data[k];
            if (!fills || p == mean.data[k])
                g_assert_cmpfloat(result.data[k], ==, p + (mean.data[k] - p));
        }
        g_assert_false(mend_restore(picture, &options, &hooks, result, NULL, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/mean/table", test_table);
    g_test_add_func("/mean/twin", test_twin);
    g_test_add_func("/mean/constant", test_constant);
    g_test_add_func("/mean/negative-zero", test_negative_zero);
    g_test_add_func("/mean/presence-of-haze", test_presence_of_haze);
    g_test_add_func("/mean/presence-of-shadow", test_presence_of_shadow);
    g_test_add_func("/mean/presence-as-in-training", test_presence_as_in_training);
    g_test_add_func("/mean/exposure-reaches-its-target", test_exposure_reaches_its_target);
    g_test_add_func("/mean/harmonic-fill", test_harmonic_fill);
    g_test_add_func("/mean/highlights-are-no-hole", test_highlights_are_no_hole);
    g_test_add_func("/mean/no-memory", test_no_memory);
    g_test_add_func("/mean/cancel", test_cancel);
    g_test_add_func("/mean/through-the-job", test_through_the_job);
    return g_test_run();
}
