/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blotches of colour by way of a small picture: its squares, wherever a part lies; what is added
 * and what is not; the same through the whole job, its progress, lack of memory, stops. */
#include "compute/coarse.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/restore.h"
#include "tests/unit/models.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

#define MODEL "tests/golden/random.safetensors"

static MendTensor
scene(int w, int h)
{
    MendTensor t = mend_tensor_new((MendShape){3, h, w}, NULL);
    for (int i = 0; i < 3 * w * h; i++) {
        int x = i % w, y = i / w % h, c = i / (w * h);
        t.data[i] = (float)(0.45 + 0.2 * sin(x / 5.0 + c) * cos(y / 7.0 - c));
    }
    return t;
}

static MendTensor
filled(MendShape shape, float value)
{
    MendTensor t = mend_tensor_new(shape, NULL);
    for (size_t i = 0; i < mend_shape_count(shape); i++)
        t.data[i] = value;
    return t;
}

static MendTensor
part_of(MendTensor whole, int x0, int y0, int w, int h)
{
    MendTensor part = mend_tensor_new((MendShape){whole.shape.c, h, w}, NULL);
    for (int i = 0; i < whole.shape.c * h; i++)
        memcpy(part.data + i * w,
               whole.data + ((i / h * whole.shape.h) + y0 + i % h) * whole.shape.w + x0,
               (size_t)w * sizeof(float));
    return part;
}

static MendTensor
shrunk(MendCoarse grid, MendTensor picture)
{
    MendTensor small = mend_tensor_new(mend_coarse_shape(grid, picture.shape), NULL);
    mend_coarse_shrink(grid, picture, small);
    return small;
}

/* Means of squares, those at the edges of what is there. */
static void
test_squares(void)
{
    static const MendCoarse grids[] = {{4, 0, 0}, {4, 3, -5}, {16, 1000003, 7}, {2, -1, -2}};
    g_auto(MendTensor) picture = scene(37, 22);
    for (size_t k = 0; k < G_N_ELEMENTS(grids); k++) {
        int f = grids[k].factor, dx = grids[k].x0 & (f - 1), dy = grids[k].y0 & (f - 1);
        g_auto(MendTensor) small = shrunk(grids[k], picture);
        int w = small.shape.w, h = small.shape.h;
        g_assert_cmpint(w, ==, (37 + dx + f - 1) / f);
        g_assert_cmpint(h, ==, (22 + dy + f - 1) / f);
        g_autofree double *sums = g_new0(double, 3 * w * h);
        g_autofree int *counts = g_new0(int, 3 * w * h);
        for (int i = 0; i < 3 * 37 * 22; i++) {
            int at = (i / (37 * 22) * h + (i / 37 % 22 + dy) / f) * w + (i % 37 + dx) / f;
            sums[at] += (double)picture.data[i];
            counts[at]++;
        }
        for (int i = 0; i < 3 * w * h; i++)
            g_assert_cmpfloat(fabs(sums[i] / counts[i] - (double)small.data[i]), <, 1e-6);
    }
}

/* A change of colour comes in, one of lightness does not, none changes nothing; values stay in
 * range. */
static void
test_changes(void)
{
    MendCoarse grid = {4, 1, 2};
    g_auto(MendTensor) picture = scene(30, 20);
    g_auto(MendTensor) result = part_of(picture, 0, 0, 30, 20);
    g_auto(MendTensor) before = shrunk(grid, picture);
    g_auto(MendTensor) after = shrunk(grid, picture);
    size_t n = mend_shape_count(before.shape) / 3;
    mend_coarse_add(grid, before, after, result);
    g_assert_cmpfloat(tensors_largest_difference(result, picture), ==, 0);
    for (size_t i = 0; i < 3 * n; i++)
        after.data[i] += 0.1f;
    mend_coarse_add(grid, before, after, result);
    g_assert_cmpfloat(tensors_largest_difference(result, picture), <, 1e-6f);
    for (size_t i = 0; i < n; i++)
        after.data[i] += 0.15f;
    mend_coarse_add(grid, before, after, result);
    for (int i = 0; i < 3 * 30 * 20; i++) {
        float wanted = picture.data[i] + (i < 30 * 20 ? 0.1f : -0.05f);
        g_assert_cmpfloat(fabsf(result.data[i] - CLAMP(wanted, 0.0f, 1.0f)), <, 1e-5f);
    }
    for (size_t i = 0; i < 3 * n; i++) {
        before.data[i] = i < n ? 0 : 1;
        after.data[i] = i < n ? 1 : 0;
    }
    mend_coarse_add(grid, before, after, result);
    for (int i = 0; i < 3 * 30 * 20; i++)
        g_assert_cmpfloat(result.data[i], ==, i < 30 * 20 ? 1 : 0);
}

/* Between the middles of squares a change is a straight line; a part sees the squares of the whole,
 * and threads change nothing. */
static void
test_places(void)
{
    enum { W = 60, H = 48, X = 9, Y = 14 };
    MendCoarse grid = {4, 0, 0}, moved = {4, X, Y};
    g_auto(MendTensor) grey = filled((MendShape){3, H, W}, 0.5f);
    g_auto(MendTensor) whole = part_of(grey, 0, 0, W, H);
    g_auto(MendTensor) again = part_of(grey, 0, 0, W, H);
    g_auto(MendTensor) part = part_of(grey, 0, 0, W - X, H - Y);
    g_auto(MendTensor) zero = filled(mend_coarse_shape(grid, whole.shape), 0);
    g_auto(MendTensor) slope = filled(zero.shape, 0);
    for (int i = 0; i < zero.shape.w * zero.shape.h; i++)
        slope.data[i] = 0.01f * (float)(i % zero.shape.w) + 0.005f * (float)(i / zero.shape.w);
    mend_coarse_add(grid, zero, slope, whole);
    for (int i = 2 * W; i < (H - 2) * W; i++) {
        float x = ((float)(i % W) + 0.5f) / 4 - 0.5f, y = ((float)(i / W) + 0.5f) / 4 - 0.5f;
        if (i % W < 2 || i % W >= W - 2)
            continue;
        g_assert_cmpfloat(fabsf(whole.data[i] - 0.5f - (0.01f * x + 0.005f * y) * 2 / 3), <, 1e-5f);
    }
    g_auto(MendTensor) near =
        part_of(slope, X / 4, Y / 4, zero.shape.w - X / 4, zero.shape.h - Y / 4);
    g_auto(MendTensor) none = filled(near.shape, 0);
    g_assert_true(mend_shape_equal(near.shape, mend_coarse_shape(moved, part.shape)));
    mend_coarse_add(moved, none, near, part);
    g_auto(MendTensor) same = part_of(whole, X, Y, W - X, H - Y);
    g_auto(MendTensor) inner = part_of(part, 4, 4, W - X - 4, H - Y - 4);
    g_auto(MendTensor) expected = part_of(same, 4, 4, W - X - 4, H - Y - 4);
    g_assert_cmpfloat(tensors_largest_difference(inner, expected), <, 1e-5f);
    g_setenv("MEND_THREADS", "5", TRUE);
    mend_coarse_add(grid, zero, slope, again);
    g_unsetenv("MEND_THREADS");
    g_assert_cmpfloat(tensors_largest_difference(again, whole), ==, 0);
}

typedef struct {
    const char *model;
    MendTensor picture, result;
    MendRestoreHooks hooks;
    double fraction;
    int n_calls, stop_at;
} Attempt;

static gboolean
listen(const MendProgress *progress, gpointer data)
{
    Attempt *a = data;
    g_assert_cmpfloat(progress->fraction, >=, a->fraction);
    g_assert_cmpint(progress->step, <=, progress->n_steps);
    a->fraction = progress->fraction;
    return ++a->n_calls != a->stop_at;
}

static gboolean
attempt(gpointer data, GError **error)
{
    Attempt *a = data;
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "noise", NULL));
    g_assert_true(mend_options_set(&options, "model", a->model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    options.steps = 1;
    return mend_restore(a->picture, &options, &a->hooks, a->result, NULL, error);
}

static MendTensor
restored_by(const char *model, MendTensor picture, int x0, int y0)
{
    g_autoptr(GError) error = NULL;
    Attempt a = {model, picture, mend_tensor_new(picture.shape, NULL), {.x0 = x0, .y0 = y0}, 0,
                 0,     0};
    a.hooks.progress = listen;
    a.hooks.data = &a;
    attempt(&a, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(a.fraction, ==, 1);
    return a.result;
}

static char *
asking_model(void)
{
    static const char old[] = "\"mend.quality.noise\":\"none: for tests\"";
    static const char new[] = "\"mend.coarse.noise\":\"4\"               ";
    G_STATIC_ASSERT(sizeof old == sizeof new);
    return models_altered(MODEL, "mend.quality.noise", old + 1, new + 1, 0);
}

/* A model that asks for it: as by hand with a model that does not. */
static void
test_through_the_job(void)
{
    g_autofree char *asking = asking_model();
    MendCoarse grid = {4, -11, 6};
    g_auto(MendTensor) picture = scene(70, 50);
    g_auto(MendTensor) expected = restored_by(MODEL, picture, -11, 6);
    g_auto(MendTensor) plain = part_of(expected, 0, 0, 70, 50);
    g_auto(MendTensor) small = shrunk(grid, expected);
    g_auto(MendTensor) cleaned = restored_by(MODEL, small, -3, 1);
    mend_coarse_add(grid, small, cleaned, expected);
    g_auto(MendTensor) result = restored_by(asking, picture, -11, 6);
    g_assert_cmpfloat(tensors_largest_difference(result, expected), <, 1e-5f);
    g_assert_cmpfloat(tensors_largest_difference(result, plain), >, 1e-3f);
    g_auto(MendTensor) little = scene(31, 90); /* too small to be made smaller */
    g_auto(MendTensor) one = restored_by(MODEL, little, 0, 0);
    g_auto(MendTensor) other = restored_by(asking, little, 0, 0);
    g_assert_cmpfloat(tensors_largest_difference(one, other), ==, 0);
    g_unlink(asking);
}

/* The small picture's evaluation can be stopped, too, and its memory may be missing. */
static void
test_stops(void)
{
    g_autofree char *asking = asking_model();
    g_auto(MendTensor) picture = scene(70, 50);
    g_auto(MendTensor) result = scene(70, 50);
    Attempt plain = {.model = MODEL, .picture = picture, .result = result};
    plain.hooks = (MendRestoreHooks){.progress = listen, .data = &plain};
    g_assert_true(attempt(&plain, NULL));
    memcpy(result.data, picture.data, mend_shape_count(picture.shape) * sizeof(float));
    for (int stop = plain.n_calls + 1;; stop++) {
        g_autoptr(GError) error = NULL;
        Attempt a = {.model = asking, .picture = picture, .result = result, .stop_at = stop};
        a.hooks = (MendRestoreHooks){.progress = listen, .data = &a};
        if (attempt(&a, &error)) {
            g_assert_cmpint(a.n_calls, >, plain.n_calls + 3);
            break;
        }
        g_assert_error(error, MEND_ERROR, MEND_ERROR_CANCELLED);
        g_assert_cmpfloat(tensors_largest_difference(result, picture), ==, 0);
    }
    Attempt with = {.model = asking, .picture = picture, .result = result};
    Attempt without = {.model = MODEL, .picture = picture, .result = result};
    int n = starved_attempts(attempt, &with, 2000),
        fewer = starved_attempts(attempt, &without, 2000);
    g_assert_cmpint(n, >, fewer + 1);
    g_unlink(asking);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/coarse/squares", test_squares);
    g_test_add_func("/coarse/changes", test_changes);
    g_test_add_func("/coarse/places", test_places);
    g_test_add_func("/coarse/through-the-job", test_through_the_job);
    g_test_add_func("/coarse/stops", test_stops);
    return g_test_run();
}
