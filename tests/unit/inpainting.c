/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling a hole, through the whole job: what is known comes back bit by bit, a soft mask blends,
 * no seam shows, and what is wide goes on as its surroundings do. The models are copies of
 * tests/golden/means-only whose network adds a constant to its mean, everywhere: what it does is
 * known, and what it does to known pixels would be seen. */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/error.h"
#include "compute/mean.h"
#include "compute/metrics.h"
#include "compute/restore.h"
#include "compute/weights.h"

#define W     61
#define H     47
#define PLANE (W * H)

static char *plain, *shifted; /* files: adds nothing; adds SHIFT */
#define SHIFT 0.125f

/* Written in place of ending.bias, 3 half floats. */
static char *
model_that_adds(float shift)
{
    char *bytes, *path = NULL;
    gsize size;
    guint64 header;
    unsigned long begin, end;
    g_assert_true(g_file_get_contents("tests/golden/means-only.safetensors", &bytes, &size, NULL));
    memcpy(&header, bytes, 8);
    header = 8 + GUINT64_FROM_LE(header);
    char *at = g_strstr_len(bytes + 8, (gssize)header - 8, "\"ending.bias\"");
    g_assert_nonnull(at);
    at = g_strstr_len(at, bytes + header - at, "data_offsets");
    g_assert_cmpint(sscanf(at, "data_offsets\":[%lu,%lu]", &begin, &end), ==, 2);
    g_assert_cmpint(end - begin, ==, 3 * 2);
    for (int i = 0; i < 3; i++) {
        guint16 half = GUINT16_TO_LE(mend_float_to_half(shift));
        memcpy(bytes + header + begin + 2 * i, &half, 2);
    }
    int file = g_file_open_tmp("mend-inpainting-XXXXXX.safetensors", &path, NULL);
    g_assert_true(g_close(file, NULL) && g_file_set_contents(path, bytes, (gssize)size, NULL));
    g_free(bytes);
    return path;
}

static MendOptions
options_for(const char *model, const char *task)
{
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", task, NULL));
    g_assert_true(mend_options_set(&options, "model", model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    options.steps = 3;
    options.tile = 32;
    return options;
}

/* A slope with waves, between 0.1 and 0.8. */
static MendTensor
scene(void)
{
    MendTensor picture = mend_tensor_new((MendShape){3, H, W}, NULL);
    for (int i = 0; i < 3 * PLANE; i++) {
        int x = i % W, y = i % PLANE / W;
        picture.data[i] = 0.15f + 0.006f * (float)x + 0.004f * (float)y +
                          0.05f * sinf(0.3f * (float)(x + y + i / PLANE));
    }
    return picture;
}

static gboolean
in_hole(int i)
{
    int x = i % W, y = i % PLANE / W;
    return (x >= 20 && x < 38 && y >= 12 && y < 27) || x == 50; /* a box, and a line */
}

/* {1,h,w}: 1 in the hole, 0 around it. */
static MendTensor
hard_mask(void)
{
    MendTensor mask = mend_tensor_new((MendShape){1, H, W}, NULL);
    for (int i = 0; i < PLANE; i++)
        mask.data[i] = in_hole(i);
    return mask;
}

static MendTensor
restored(MendTensor picture, MendTensor mask, const MendOptions *options)
{
    g_autoptr(GError) error = NULL;
    MendRestoreHooks hooks = {.mask = mask};
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    mend_restore(picture, options, &hooks, result, NULL, &error);
    g_assert_no_error(error);
    return result;
}

static gboolean
same_bits(const float *a, const float *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Whatever is there: values outside of the range, NaN, negative zero. The hole takes the shift. */
static void
test_known_pixels_stay(void)
{
    MendOptions options = options_for(shifted, "inpainting");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) mask = hard_mask();
    g_auto(MendTensor) filled = mend_tensor_new(picture.shape, NULL);
    g_assert_true(mend_mean_find("harmonic")->fill(picture, mask, filled, NULL, NULL));
    const float odd[] = {-0.5f, 1.75f, -0.0f, (float)NAN};
    for (int i = 0; i < 4;
         i++) /* in a corner: what the fill sees of them is clamped and far away */
        picture.data[PLANE - 1 - i] = odd[i];
    g_auto(MendTensor) result = restored(picture, mask, &options);
    for (int i = 0; i < 3 * PLANE; i++) {
        if (!in_hole(i))
            g_assert_true(same_bits(&result.data[i], &picture.data[i]));
        else if (i >= PLANE) /* the plane without odd values */
            g_assert_cmpfloat_with_epsilon(result.data[i], filled.data[i] + SHIFT, 1e-5f);
    }
}

/* Without a mask white is the hole: the same pixels of it, and the rest stays as exactly. */
static void
test_white_is_a_hole(void)
{
    MendOptions options = options_for(shifted, "inpainting");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) mask = hard_mask();
    g_auto(MendTensor) hole = hard_mask();
    for (int i = 0; i < PLANE; i++)
        mask.data[i] = mask.data[i] > 0 && i % W != 50; /* a line is not taken for a hole */
    for (int i = 0; i < 3 * PLANE; i++)
        picture.data[i] = mask.data[i % PLANE] > 0 ? 1 : picture.data[i];
    g_assert_true(mend_mean_find("harmonic")->find_hole(picture, hole, NULL));
    g_assert_cmpint(memcmp(hole.data, mask.data, PLANE * sizeof(float)), ==, 0);
    g_auto(MendTensor) with = restored(picture, mask, &options);
    g_auto(MendTensor) without = restored(picture, (MendTensor){0}, &options);
    g_assert_cmpint(memcmp(with.data, without.data, 3 * PLANE * sizeof(float)), ==, 0);
    for (int i = 0; i < 3 * PLANE; i++)
        g_assert_true(mask.data[i % PLANE] > 0 || same_bits(&with.data[i], &picture.data[i]));
}

/* The hole is what is above 0; its answer counts by the mask, and by the strength. */
static void
test_soft_mask(void)
{
    MendOptions options = options_for(shifted, "inpainting");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) hard = hard_mask();
    g_auto(MendTensor) soft = hard_mask();
    for (int i = 0; i < PLANE; i++)
        soft.data[i] *= (float)(1 + i % 5) / 4; /* up to 1.25, which is 1 */
    soft.data[0] = (float)NAN;                  /* which is 0 */
    g_auto(MendTensor) whole = restored(picture, hard, &options);
    options.strength = 0.75;
    g_auto(MendTensor) result = restored(picture, soft, &options);
    for (int i = 0; i < 3 * PLANE; i++) {
        float p = picture.data[i], share = 0.75f * MIN(soft.data[i % PLANE], 1.0f);
        if (i % PLANE == 0 || !in_hole(i))
            g_assert_true(same_bits(&result.data[i], &p));
        else
            g_assert_cmpfloat_with_epsilon(result.data[i], p + share * (whole.data[i] - p), 1e-6f);
    }
}

/* For the other tasks a mask is no hole: the picture is seen as it is. */
static void
test_mask_of_other_tasks(void)
{
    MendOptions options = options_for(shifted, "haze");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) mask = hard_mask();
    g_auto(MendTensor) whole = restored(picture, (MendTensor){0}, &options);
    g_auto(MendTensor) part = restored(picture, mask, &options);
    for (int i = 0; i < 3 * PLANE; i++)
        g_assert_true(same_bits(&part.data[i], in_hole(i) ? &whole.data[i] : &picture.data[i]));
    for (int i = 0; i < PLANE; i++)
        mask.data[i] = (float)NAN; /* which is 0 */
    g_auto(MendTensor) none = restored(picture, mask, &options);
    for (int i = 0; i < 3 * PLANE; i++)
        g_assert_true(same_bits(&none.data[i], &picture.data[i]));
}

static void
test_no_hole_and_no_picture(void)
{
    MendOptions options = options_for(shifted, "inpainting");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) mask = hard_mask();
    memset(mask.data, 0, PLANE * sizeof(float));
    g_auto(MendTensor) same = restored(picture, mask, &options);
    g_assert_cmpint(memcmp(same.data, picture.data, 3 * PLANE * sizeof(float)), ==, 0);
    for (int i = 0; i < PLANE; i++)
        mask.data[i] = 1;
    g_auto(MendTensor) all = restored(picture, mask, &options);
    for (int i = 0; i < 3 * PLANE; i++)
        g_assert_cmpfloat(all.data[i], >, 0.99f); /* white, as it was told */
}

static void
test_wrong_size(void)
{
    static const MendShape shapes[] = {{1, W, H}, {1, H, W - 1}, {3, H, W}, {1, 0, 0}};
    MendOptions options = options_for(plain, "inpainting");
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) mask = mend_tensor_new((MendShape){3, H, W}, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_autoptr(GError) error = NULL;
        MendRestoreHooks hooks = {.mask = {shapes[i], mask.data}};
        g_assert_false(mend_restore(picture, &options, &hooks, picture, NULL, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_SHAPE);
    }
}

/* A slope is filled with itself, so its steps are the same inside, at the edge and outside. */
static void
test_no_seam(void)
{
    MendOptions options = options_for(plain, "inpainting");
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, H, W}, NULL);
    g_auto(MendTensor) mask = hard_mask();
    for (int i = 0; i < 3 * PLANE; i++)
        picture.data[i] = 0.1f + 0.008f * (float)(i % W) + (in_hole(i) ? 0.3f * (float)(i % 2) : 0);
    g_auto(MendTensor) filled = restored(picture, mask, &options);
    options = options_for(shifted, "inpainting");
    g_auto(MendTensor) seam = restored(picture, mask, &options);
    g_test_message("seam: %.3f, and %.3f of a model that adds %g", mend_seam(filled, mask),
                   mend_seam(seam, mask), (double)SHIFT);
    g_assert_cmpfloat_with_epsilon(mend_seam(filled, mask), 1, 0.2);
    g_assert_cmpfloat(mend_seam(seam, mask), >, 4);
}

enum { SIDE = 160, FROM = 45, TO = 115 }; /* a wide hole in the middle */

static gboolean
is_wide(int x, int y)
{
    return x >= FROM && x < TO && y >= FROM && y < TO;
}

static float
stripe(int x)
{
    return x % 12 < 5 ? 0.8f : 0.3f;
}

/* How far the hole is from stripes on the whole; its corners, which are not wide, do not count. */
static double
off_stripes(MendTensor t)
{
    double sum = 0;
    int n = 0;
    for (int y = FROM + 12; y < TO - 12; y++)
        for (int x = FROM + 12; x < TO - 12; x++, n++)
            sum += fabs((double)(t.data[y * SIDE + x] - stripe(x)));
    return sum / n;
}

static gboolean
see_alternative(MendTensor picture, int number, gpointer data, GError **error)
{
    int *n = data;
    (void)error;
    g_assert_cmpint(number, ==, ++*n);
    g_assert_cmpfloat(off_stripes(picture), <, 0.1);
    return TRUE;
}

/* It goes on as its surroundings do, in the alternatives too; without texture it is a smear. */
static void
test_wide_hole(void)
{
    MendOptions options = options_for(plain, "inpainting");
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, SIDE, SIDE}, NULL);
    g_auto(MendTensor) mask = mend_tensor_new((MendShape){1, SIDE, SIDE}, NULL);
    g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
    int n = 0;
    MendRestoreHooks hooks = {.mask = mask, .alternative = see_alternative, .data = &n};
    for (int i = 0; i < 3 * SIDE * SIDE; i++) {
        int x = i % SIDE, y = i / SIDE % SIDE;
        picture.data[i] = stripe(x);
        mask.data[i % (SIDE * SIDE)] = is_wide(x, y);
    }
    options.alternatives = 2;
    g_assert_true(mend_restore(picture, &options, &hooks, result, NULL, NULL));
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpfloat(off_stripes(result), <, 0.02);
    options.grain = 0;
    options.alternatives = 0;
    g_assert_true(mend_restore(picture, &options, &hooks, result, NULL, NULL));
    g_assert_cmpfloat(off_stripes(result), >, 0.2);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    plain = model_that_adds(0);
    shifted = model_that_adds(SHIFT);
    g_test_add_func("/inpainting/known-pixels-stay", test_known_pixels_stay);
    g_test_add_func("/inpainting/white-is-a-hole", test_white_is_a_hole);
    g_test_add_func("/inpainting/soft-mask", test_soft_mask);
    g_test_add_func("/inpainting/mask-of-other-tasks", test_mask_of_other_tasks);
    g_test_add_func("/inpainting/no-hole-and-no-picture", test_no_hole_and_no_picture);
    g_test_add_func("/inpainting/wrong-size", test_wrong_size);
    g_test_add_func("/inpainting/no-seam", test_no_seam);
    g_test_add_func("/inpainting/wide-hole", test_wide_hole);
    int result = g_test_run();
    g_unlink(plain);
    g_unlink(shifted);
    g_free(plain);
    g_free(shifted);
    return result;
}
