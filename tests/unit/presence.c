/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether damage lies over all of a picture: changes in known places, light windows, odd sizes and
 * numbers, lack of memory, and a model that asks for it. */
#include "compute/presence.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/restore.h"
#include "tests/unit/models.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

static MendTensor
plain(int w, int h, float value)
{
    MendTensor t = mend_tensor_new((MendShape){3, h, w}, NULL);
    for (size_t i = 0; i < mend_shape_count(t.shape); i++)
        t.data[i] = value;
    return t;
}

static double
change_of(MendTensor before, MendTensor after)
{
    double change = -1;
    g_assert_true(mend_presence_change(before, after, &change, NULL));
    return change;
}

/* Rows from first to last get value in channel 1. */
static void
paint(MendTensor t, int first, int last, float value)
{
    for (int i = first * t.shape.w; i < last * t.shape.w; i++)
        t.data[t.shape.h * t.shape.w + i] = value;
}

/* What is changed in fewer than half of the windows does not count. */
static void
test_places(void)
{
    g_auto(MendTensor) before = plain(128, 192, 0.4f), after = plain(128, 192, 0.4f);
    g_assert_cmpfloat(change_of(before, after), ==, 0);
    paint(after, 0, 64, 0.2f);
    g_assert_cmpfloat(change_of(before, after), ==, 0);
    paint(after, 0, 128, 0.2f);
    g_assert_cmpfloat_with_epsilon(change_of(before, after), 0.2 * 255, 1e-3);
    paint(after, 0, 192, 0.3f);
    g_assert_cmpfloat_with_epsilon(change_of(before, after), 0.1 * 255, 1e-3);
}

/* Nothing falls visibly before white walls, so they do not speak against it. */
static void
test_light(void)
{
    g_auto(MendTensor) before = plain(128, 192, 1.0f), after = plain(128, 192, 1.0f);
    for (int c = 0; c < 3; c++)
        memset(&before.data[c * 128 * 192], 0, 128 * 32 * sizeof(float));
    paint(after, 0, 32, 0.1f);
    for (int i = 0; i < 128 * 32; i++)
        after.data[i] = after.data[2 * 128 * 192 + i] = 0;
    g_assert_cmpfloat_with_epsilon(change_of(before, after), 0.1 * 255, 1e-3);
    g_auto(MendTensor) white = plain(128, 192, 1.0f), grey = plain(128, 192, 0.9f);
    g_assert_cmpfloat_with_epsilon(change_of(white, grey), 0.1 * 255, 1e-3);
}

static void
test_odd(void)
{
    static const int sizes[][2] = {{1, 1}, {3, 70}, {31, 33}, {97, 64}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(MendTensor) before = plain(sizes[i][0], sizes[i][1], 0.25f);
        g_auto(MendTensor) after = plain(sizes[i][0], sizes[i][1], 0.75f);
        g_assert_cmpfloat_with_epsilon(change_of(before, after), 127.5, 1e-3);
    }
    g_auto(MendTensor) before = plain(8, 8, NAN), after = plain(8, 8, 7.0f);
    g_assert_cmpfloat_with_epsilon(change_of(before, after), 255, 1e-3);
}

static void
test_share(void)
{
    g_assert_cmpfloat(mend_presence_share(0, 5), ==, 0);
    g_assert_cmpfloat(mend_presence_share(5, 5), ==, 0);
    g_assert_cmpfloat_with_epsilon(mend_presence_share(6, 5), 0.5, 1e-9);
    g_assert_cmpfloat(mend_presence_share(7.001, 5), ==, 1);
}

static gboolean
attempt(gpointer data, GError **error)
{
    double change;
    return mend_presence_change(*(MendTensor *)data, *(MendTensor *)data, &change, error);
}

static void
test_no_memory(void)
{
    g_auto(MendTensor) picture = plain(64, 64, 0.5f);
    g_assert_cmpint(starved_attempts(attempt, &picture, 3), ==, 2);
}

#define MODEL "tests/golden/random.safetensors"

static MendTensor
restored_by(const char *model, MendTensor picture, const MendRestoreHooks *hooks, gboolean *absent)
{
    g_autoptr(GError) error = NULL;
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    MendOptions options;
    MendRestoreInfo info;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "noise", NULL));
    g_assert_true(mend_options_set(&options, "model", model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    options.steps = 1;
    mend_restore(picture, &options, hooks, result, &info, &error);
    g_assert_no_error(error);
    *absent = info.absent;
    return result;
}

/* A model that asks for it leaves the picture, and says so, but not where somebody marked it. */
static void
test_through_the_job(void)
{
    static const char old[] = "\"mend.quality.noise\":\"none: for tests\"";
    static const char new[] = "\"mend.everywhere.noise\":\"255\"         ";
    G_STATIC_ASSERT(sizeof old == sizeof new);
    g_autofree char *asking = models_altered(MODEL, "mend.quality.noise", old + 1, new + 1, 0);
    gboolean left, marked, masked, usual;
    g_auto(MendTensor) picture = plain(40, 30, 0.4f);
    g_auto(MendTensor) mask = {0};
    mask = mend_tensor_new((MendShape){1, 30, 40}, NULL);
    for (int i = 0; i < 30 * 40; i++)
        mask.data[i] = 1;
    MendRestoreHooks by_selection = {.marked = TRUE}, by_mask = {.mask = mask};
    g_auto(MendTensor) expected = restored_by(MODEL, picture, NULL, &usual);
    g_auto(MendTensor) first = restored_by(asking, picture, NULL, &left);
    g_auto(MendTensor) second = restored_by(asking, picture, &by_selection, &marked);
    g_auto(MendTensor) third = restored_by(asking, picture, &by_mask, &masked);
    g_assert_cmpfloat(tensors_largest_difference(expected, picture), >, 0.001f);
    g_assert_cmpfloat(tensors_largest_difference(first, picture), ==, 0);
    g_assert_cmpfloat(tensors_largest_difference(second, expected), ==, 0);
    g_assert_cmpfloat(tensors_largest_difference(third, expected), ==, 0);
    g_assert_true(left);
    g_assert_false(marked || masked || usual);
    g_unlink(asking);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/presence/places", test_places);
    g_test_add_func("/presence/light", test_light);
    g_test_add_func("/presence/odd", test_odd);
    g_test_add_func("/presence/share", test_share);
    g_test_add_func("/presence/no-memory", test_no_memory);
    g_test_add_func("/presence/through-the-job", test_through_the_job);
    return g_test_run();
}
