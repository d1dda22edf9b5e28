/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job on the CPU with the tiny models of tests/golden. identity.safetensors returns its
 * mean, the picture, so what comes back is known exactly. */
#include "compute/restore.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

static MendOptions
options_for(const char *model)
{
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "noise", NULL));
    g_assert_true(mend_options_set(&options, "model", model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    return options;
}

static MendTensor
picture_of(int w, int h)
{
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, NULL);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++)
        picture.data[i] = (float)((unsigned)i * 2654435761u >> 16) / 65535.0f;
    return picture;
}

static MendTensor
restored(MendTensor picture, const MendOptions *options)
{
    g_autoptr(GError) error = NULL;
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    mend_restore(picture, options, NULL, result, NULL, &error);
    g_assert_no_error(error);
    return result;
}

static gboolean
equal_bits(MendTensor a, MendTensor b)
{
    return memcmp(a.data, b.data, mend_shape_count(a.shape) * sizeof(float)) == 0;
}

static const int sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {7, 5}, {64, 48}, {131, 90}};

static void
test_identity_is_exact(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        MendOptions options = options_for("identity");
        g_auto(MendTensor) picture = picture_of(sizes[i][0], sizes[i][1]);
        g_auto(MendTensor) result = restored(picture, &options);
        g_assert_true(equal_bits(picture, result));
    }
}

static void
test_tiles_do_not_show(void)
{
    static const int tiles[] = {1, 16, 50, 512};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        MendOptions options = options_for("random");
        g_auto(MendTensor) picture = picture_of(sizes[i][0], sizes[i][1]);
        options.tile = 2048;
        options.steps = 3;
        g_auto(MendTensor) untiled = restored(picture, &options);
        g_assert_cmpfloat(tensors_largest_difference(picture, untiled), >,
                          0.01f); /* it does something */
        for (size_t k = sizes[i][0] > 100 ? 1 : 0; k < G_N_ELEMENTS(tiles); k++) {
            options.tile = tiles[k];
            g_auto(MendTensor) tiled = restored(picture, &options);
            g_assert_cmpfloat(tensors_largest_difference(untiled, tiled), <=, 1e-4f);
        }
    }
}

static void
test_threads_do_not_show(void)
{
    MendOptions options = options_for("random");
    g_auto(MendTensor) picture = picture_of(131, 90);
    g_setenv("MEND_THREADS", "1", TRUE);
    g_auto(MendTensor) one = restored(picture, &options);
    g_setenv("MEND_THREADS", "5", TRUE);
    g_auto(MendTensor) five = restored(picture, &options);
    g_unsetenv("MEND_THREADS");
    g_assert_true(equal_bits(one, five));
}

static void
test_seeds(void)
{
    MendOptions options = options_for("random");
    g_auto(MendTensor) picture = picture_of(40, 30);
    g_auto(MendTensor) first = restored(picture, &options);
    g_auto(MendTensor) again = restored(picture, &options);
    options.seed = 1;
    g_auto(MendTensor) other = restored(picture, &options);
    g_assert_true(equal_bits(first, again));
    g_assert_false(equal_bits(first, other));
}

/* A part that knows its place gets the noise of the whole: away from its edges, nothing differs. */
static void
test_part_of_a_picture(void)
{
    enum { X0 = 48, Y0 = 32, SIDE = 64, EDGE = 24 };
    MendOptions options = options_for("random");
    options.steps = 1;
    g_auto(MendTensor) whole = picture_of(160, 128);
    g_auto(MendTensor) expected = restored(whole, &options);
    g_auto(MendTensor) part = mend_tensor_new((MendShape){3, SIDE, SIDE}, NULL);
    for (int i = 0; i < 3 * SIDE; i++)
        memcpy(part.data + i * SIDE, whole.data + ((i / SIDE * 128 + Y0 + i % SIDE) * 160 + X0),
               SIDE * sizeof(float));
    for (int knows = 0; knows < 2; knows++) {
        MendRestoreHooks hooks = {.x0 = knows ? X0 : 0, .y0 = knows ? Y0 : 0};
        float largest = 0;
        g_auto(MendTensor) result = mend_tensor_new(part.shape, NULL);
        g_assert_true(mend_restore(part, &options, &hooks, result, NULL, NULL));
        for (int y = EDGE; y < SIDE - EDGE; y++)
            for (int x = EDGE; x < SIDE - EDGE; x++)
                largest = MAX(largest, fabsf(result.data[y * SIDE + x] -
                                             expected.data[(Y0 + y) * 160 + X0 + x]));
        if (knows)
            g_assert_cmpfloat(largest, <=, 1e-5f);
        else
            g_assert_cmpfloat(largest, >, 0.01f);
    }
}

static void
test_whole_picture_networks(void)
{
    MendOptions options = options_for("global");
    g_auto(MendTensor) picture = picture_of(37, 21);
    g_auto(MendTensor) result = restored(picture, &options);
    options.tile = 16; /* means nothing to a network that sees everything */
    g_auto(MendTensor) again = restored(picture, &options);
    g_assert_cmpfloat(tensors_largest_difference(picture, result), >, 0.01f);
    g_assert_true(equal_bits(result, again));
}

static void
test_strength(void)
{
    MendOptions options = options_for("random");
    g_auto(MendTensor) picture = picture_of(33, 20);
    g_auto(MendTensor) full = restored(picture, &options);
    options.strength = 0.25;
    g_auto(MendTensor) quarter = restored(picture, &options);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++) {
        float expected = picture.data[i] + 0.25f * (full.data[i] - picture.data[i]);
        g_assert_cmpfloat_with_epsilon(quarter.data[i], expected, 1e-6f);
    }
}

/* Bit for bit, NaNs with their payload, and no model is needed; but wrong options are refused. */
static void
test_strength_zero(void)
{
    guint32 bits[6] = {0x7fc01234, 0xff800000, 0x80000000, 1, 0x7f7fffff, 0x3f000000};
    float values[6], result[6] = {0};
    memcpy(values, bits, sizeof bits);
    MendTensor picture = {{3, 1, 2}, values}, to = {{3, 1, 2}, result};
    MendOptions options = options_for("auto");
    g_autofree char *models = g_strdup(g_getenv("MEND_MODELS"));
    g_autoptr(GError) error = NULL;
    options.strength = 0;
    g_setenv("MEND_MODELS", "/nowhere", TRUE);
    mend_restore(picture, &options, NULL, to, NULL, &error);
    g_setenv("MEND_MODELS", models, TRUE);
    g_assert_no_error(error);
    g_assert_cmpmem(result, sizeof result, bits, sizeof bits);
    g_strlcpy(options.model, "nothing", sizeof options.model);
    g_assert_false(mend_restore(picture, &options, NULL, to, NULL, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    g_clear_error(&error);
    options = options_for("auto");
    options.strength = 0;
    g_strlcpy(options.task, "sleet", sizeof options.task);
    g_assert_false(mend_restore(picture, &options, NULL, to, NULL, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
}

static void
test_values_outside(void)
{
    MendOptions options = options_for("identity");
    g_auto(MendTensor) picture = picture_of(9, 9);
    picture.data[3] = 7.5f;
    picture.data[90] = -0.25f;
    g_auto(MendTensor) same = restored(picture, &options);
    g_assert_true(equal_bits(picture, same));
    picture.data[0] = NAN;
    picture.data[50] = INFINITY;
    picture.data[200] = -INFINITY;
    g_auto(MendTensor) result = restored(picture, &options);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++) {
        if (i == 0 || i == 50 || i == 200)
            g_assert_true(result.data[i] >= 0 && result.data[i] <= 1);
        else
            g_assert_cmpfloat(result.data[i], ==, picture.data[i]);
    }
}

typedef struct {
    int calls, stop_at;
    double fraction;
    int step, n_steps;
} Heard;

static gboolean
listen(const MendProgress *progress, gpointer data)
{
    Heard *heard = data;
    g_assert_cmpfloat(progress->fraction, >=, heard->fraction);
    g_assert_cmpfloat(progress->fraction, <=, 1);
    g_assert_cmpint(progress->step, <=, progress->n_steps);
    if (progress->fraction < 0.005) /* too little to tell the rest from */
        g_assert_cmpfloat(progress->seconds_left, ==, -1);
    g_assert_nonnull(progress->device);
    g_assert_null(progress->note);
    heard->fraction = progress->fraction;
    heard->step = progress->step;
    heard->n_steps = progress->n_steps;
    return ++heard->calls != heard->stop_at;
}

static void
test_progress(void)
{
    MendOptions options = options_for("random");
    Heard heard = {0};
    MendRestoreHooks hooks = {.progress = listen, .data = &heard};
    MendRestoreInfo info;
    g_auto(MendTensor) picture = picture_of(64, 48);
    options.steps = 4;
    options.tile = 32;
    g_assert_true(mend_restore(picture, &options, &hooks, picture, &info, NULL));
    g_assert_cmpint(heard.calls, >, 4 * 4); /* 2 x 2 tiles, 4 evaluations, and parts of them */
    g_assert_cmpint(heard.calls % (4 * 4), ==, 0);
    g_assert_cmpfloat(heard.fraction, ==, 1);
    g_assert_cmpint(heard.step, ==, 4);
    g_assert_cmpstr(info.model, ==, "random");
    g_assert_cmpstr(info.device_id, ==, "cpu");
    g_assert_cmpstr(info.sampler, ==, "mr-ode-2");
    g_assert_cmpint(info.steps, ==, 4);
    g_assert_cmpstr(info.note, ==, "");
}

static void
test_cancel_at_each_call(void)
{
    MendOptions options = options_for("random");
    g_auto(MendTensor) picture = picture_of(64, 48);
    options.steps = 2;
    options.tile = 32;
    Heard all = {0};
    MendRestoreHooks count = {.progress = listen, .data = &all};
    g_auto(MendTensor) whole = picture_of(64, 48);
    g_assert_true(mend_restore(picture, &options, &count, whole, NULL, NULL));
    for (int stop = 1; stop <= all.calls; stop++) {
        Heard heard = {.stop_at = stop};
        MendRestoreHooks hooks = {.progress = listen, .data = &heard};
        g_autoptr(GError) error = NULL;
        g_auto(MendTensor) result = picture_of(64, 48);
        g_assert_false(mend_restore(picture, &options, &hooks, result, NULL, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(heard.calls, ==, stop);
        g_assert_true(equal_bits(picture, result));
    }
}

typedef struct {
    MendOptions options;
    MendTensor picture, result;
} Attempt;

static gboolean
try_restore(gpointer data, GError **error)
{
    Attempt *a = data;
    gboolean good = mend_restore(a->picture, &a->options, NULL, a->result, NULL, error);
    g_assert_true(good || equal_bits(a->picture, a->result));
    return good;
}

/* Memory ends at each request in turn, and at all later ones: one clear error, nothing changed. */
static void
test_no_memory(void)
{
    g_auto(MendTensor) picture = picture_of(20, 10);
    g_auto(MendTensor) result = picture_of(20, 10);
    Attempt attempt = {options_for("random"), picture, result};
    g_assert_cmpint(starved_attempts(try_restore, &attempt, 2000), >, 3);
}

/* Where one request of the plan's fails, the tiles become smaller. */
static void
test_less_memory(void)
{
    MendOptions options = options_for("random");
    options.steps = 1;
    options.tile = 256;
    g_auto(MendTensor) picture = picture_of(300, 140);
    g_auto(MendTensor) expected = mend_tensor_new(picture.shape, NULL);
    Heard usual = {0};
    MendRestoreHooks count = {.progress = listen, .data = &usual};
    g_assert_true(mend_restore(picture, &options, &count, expected, NULL, NULL));
    int n_smaller = 0;
    for (int n = 1; n < 40; n++) { /* the models are read first */
        g_autofree char *fault = g_strdup_printf("alloc:%d-%d", n, n);
        Heard heard = {0};
        MendRestoreHooks hooks = {.progress = listen, .data = &heard};
        g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        gboolean good = mend_restore(picture, &options, &hooks, result, NULL, NULL);
        g_unsetenv("MEND_FAULT");
        mend_fault_reset();
        if (good)
            g_assert_cmpfloat(tensors_largest_difference(expected, result), <=, 1e-4f);
        n_smaller += good && heard.calls == 3 * usual.calls; /* 3 x 2 for 2 x 1 */
    }
    g_assert_cmpint(n_smaller, >, 2);
}

static void
test_failing_device(void)
{
    MendOptions options = options_for("random");
    g_auto(MendTensor) picture = picture_of(64, 48);
    g_auto(MendTensor) result = picture_of(64, 48);
    options.tile = 32;
    for (int n = 1; n <= 8; n++) {
        g_autofree char *fault = g_strdup_printf("predict:%d", n);
        g_autoptr(GError) error = NULL;
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        g_assert_false(mend_restore(picture, &options, NULL, result, NULL, &error));
        g_unsetenv("MEND_FAULT");
        mend_fault_reset();
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_DEVICE);
        g_assert_true(equal_bits(picture, result));
    }
}

static void
test_refusals(void)
{
    static const struct {
        const char *option, *value;
        int code;
    } cases[] = {
        {"model", "nothing", MEND_ERROR_OPTION},
        {"model", "tests/golden/nafnet_tiny.weights.safetensors", MEND_ERROR_WEIGHTS},
        {"model", "tests/golden/models.py/", MEND_ERROR_OPTION},
        {"device", "nothing", MEND_ERROR_OPTION},
        {"task", "rain", MEND_ERROR_OPTION},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendOptions options = options_for("random");
        g_auto(MendTensor) picture = picture_of(4, 4);
        g_auto(MendTensor) result = picture_of(4, 4);
        g_autoptr(GError) error = NULL;
        g_assert_true(mend_options_set(&options, cases[i].option, cases[i].value, NULL));
        g_assert_false(mend_restore(picture, &options, NULL, result, NULL, &error));
        g_assert_error(error, MEND_ERROR, cases[i].code);
        g_assert_true(equal_bits(picture, result));
    }
}

static void
test_every_sampler(void)
{
    const char *name;
    for (int i = 0; (name = mend_option_find("sampler")->choice(i, NULL)); i++) {
        MendOptions options = options_for("identity");
        g_auto(MendTensor) picture = picture_of(12, 9);
        g_assert_true(mend_options_set(&options, "sampler", name, NULL));
        for (options.steps = 1; options.steps <= 5; options.steps += 2) {
            g_auto(MendTensor) result = restored(picture, &options);
            g_assert_cmpfloat(tensors_largest_difference(picture, result), <=, 1e-5f);
        }
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/restore/identity-is-exact", test_identity_is_exact);
    g_test_add_func("/restore/tiles-do-not-show", test_tiles_do_not_show);
    g_test_add_func("/restore/threads-do-not-show", test_threads_do_not_show);
    g_test_add_func("/restore/seeds", test_seeds);
    g_test_add_func("/restore/part-of-a-picture", test_part_of_a_picture);
    g_test_add_func("/restore/whole-picture-networks", test_whole_picture_networks);
    g_test_add_func("/restore/strength", test_strength);
    g_test_add_func("/restore/strength-zero", test_strength_zero);
    g_test_add_func("/restore/values-outside", test_values_outside);
    g_test_add_func("/restore/progress", test_progress);
    g_test_add_func("/restore/cancel-at-each-call", test_cancel_at_each_call);
    g_test_add_func("/restore/no-memory", test_no_memory);
    g_test_add_func("/restore/less-memory", test_less_memory);
    g_test_add_func("/restore/failing-device", test_failing_device);
    g_test_add_func("/restore/refusals", test_refusals);
    g_test_add_func("/restore/every-sampler", test_every_sampler);
    return g_test_run();
}
