/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture for holes: as strong, wide and coloured as the surroundings', and in the hole alone. */
#include "compute/grain.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "tests/unit/starved.h"

enum { W = 200, H = 160, X0 = 60, X1 = 140, Y0 = 50, Y1 = 110 }; /* the hole */

typedef struct {
    MendTensor degraded, hole, filled;
} Scene;

static void
scene_clear(Scene *s)
{
    mend_tensor_clear(&s->degraded);
    mend_tensor_clear(&s->hole);
    mend_tensor_clear(&s->filled);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

/* Grey with noise of that deviation, in runs of run pixels along a row; the fill is grey. */
static Scene
make_scene(double deviation, int run)
{
    Scene s = {mend_tensor_new((MendShape){3, H, W}, NULL),
               mend_tensor_new((MendShape){1, H, W}, NULL),
               mend_tensor_new((MendShape){3, H, W}, NULL)};
    mend_rng_normal((MendRng){5, 1}, 0, 0, s.filled);
    for (int i = 0; i < 3 * W * H; i++) {
        int x = i % W, y = i / W % H;
        gboolean hole = x >= X0 && x < X1 && y >= Y0 && y < Y1;
        double noise = (double)s.filled.data[i - x % run];
        s.degraded.data[i] = hole ? 1.0f : (float)(0.5 + deviation * noise);
        s.hole.data[i % (W * H)] = hole ? 1.0f : 0.0f;
    }
    for (int i = 0; i < 3 * W * H; i++)
        s.filled.data[i] = s.hole.data[i % (W * H)] > 0 ? 0.5f : s.degraded.data[i];
    return s;
}

static void
add(Scene *s)
{
    g_assert_true(
        mend_grain_add(1, s->degraded, s->hole, 0, 0, (MendRng){7, 0}, s->filled, NULL, NULL));
}

/* The mean square of the difference between neighbours dx, dy apart, of green. */
static double
roughness(MendTensor t, int x0, int y0, int x1, int y1, int dx, int dy)
{
    double sum = 0;
    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            const float *at = mend_tensor_plane(t, 1).data + (ptrdiff_t)y * W + x;
            double step = (double)(at[0] - at[dy * W + dx]);
            sum += step * step;
        }
    }
    return sum / ((x1 - x0) * (y1 - y0));
}

static void
test_strength(void)
{
    static const double deviations[] = {0.01, 0.04};
    for (size_t i = 0; i < G_N_ELEMENTS(deviations); i++) {
        g_auto(Scene) s = make_scene(deviations[i], 1);
        add(&s);
        double inside = roughness(s.filled, X0 + 4, Y0 + 4, X1 - 5, Y1 - 5, 1, 0);
        double outside = roughness(s.degraded, 0, 0, W - 1, Y0, 1, 0);
        g_assert_cmpfloat(sqrt(inside / outside), >, 0.85);
        g_assert_cmpfloat(sqrt(inside / outside), <, 1.3);
    }
}

static void
test_direction(void)
{
    g_auto(Scene) s = make_scene(0.03, 8);
    add(&s);
    double across = roughness(s.filled, X0 + 4, Y0 + 4, X1 - 5, Y1 - 5, 0, 1);
    double along = roughness(s.filled, X0 + 4, Y0 + 4, X1 - 5, Y1 - 5, 1, 0);
    g_assert_cmpfloat(along, <, 0.4 * across);
    g_assert_cmpfloat(along, >, 0.01 * across);
}

/* Three equal planes are grey, and so is their texture. */
static void
test_colour(void)
{
    g_auto(Scene) s = make_scene(0.03, 1);
    for (int i = 0; i < 3 * W * H; i++) {
        s.degraded.data[i] = s.degraded.data[i % (W * H)];
        s.filled.data[i] = s.filled.data[i % (W * H)];
    }
    add(&s);
    g_assert_cmpfloat(roughness(s.filled, X0, Y0, X1 - 1, Y1, 1, 0), >, 1e-4);
    for (int i = 0; i < 2 * W * H; i++)
        g_assert_cmpfloat(fabsf(s.filled.data[i] - s.filled.data[i + W * H]), <, 1e-6f);
}

static void
test_only_where_it_lacks(void)
{
    g_auto(Scene) flat = make_scene(0, 1), rough = make_scene(0.04, 1), known = make_scene(0.04, 1);
    g_autofree float *before = g_memdup2(flat.filled.data, 3 * W * H * sizeof(float));
    add(&flat);
    g_assert_cmpmem(flat.filled.data, 3 * W * H * sizeof(float), before, 3 * W * H * sizeof(float));
    mend_rng_normal((MendRng){6, 1}, 0, 0, rough.filled);
    for (int i = 0; i < 3 * W * H; i++)
        rough.filled.data[i] = 0.5f + 0.04f * rough.filled.data[i];
    double had = roughness(rough.filled, X0 + 4, Y0 + 4, X1 - 5, Y1 - 5, 1, 0);
    add(&rough);
    double has = roughness(rough.filled, X0 + 4, Y0 + 4, X1 - 5, Y1 - 5, 1, 0);
    g_assert_cmpfloat(has, <, 1.25 * had);
    add(&known);
    for (int i = 0; i < 3 * W * H; i++) {
        if (known.hole.data[i % (W * H)] > 0)
            continue;
        g_assert_true(known.filled.data[i] == known.degraded.data[i]);
    }
}

static MendTensor
cut(MendTensor t, int x0, int y0, int w, int h)
{
    MendTensor part = mend_tensor_new((MendShape){t.shape.c, h, w}, NULL);
    for (int i = 0; i < t.shape.c * w * h; i++) {
        int x = i % w, y = i / w % h, c = i / w / h;
        part.data[i] = t.data[(c * t.shape.h + y + y0) * t.shape.w + x + x0];
    }
    return part;
}

/* A preview: a part of the picture gets the picture's own grain. */
static void
test_a_part(void)
{
    enum { LEFT = 11, TOP = 5, WIDE = W - 20, HIGH = H - 9 };
    g_auto(Scene) s = make_scene(0.03, 2);
    g_auto(Scene) part = {cut(s.degraded, LEFT, TOP, WIDE, HIGH),
                          cut(s.hole, LEFT, TOP, WIDE, HIGH), cut(s.filled, LEFT, TOP, WIDE, HIGH)};
    add(&s);
    g_assert_true(mend_grain_add(1, part.degraded, part.hole, LEFT, TOP, (MendRng){7, 0},
                                 part.filled, NULL, NULL));
    g_auto(MendTensor) expected = cut(s.filled, LEFT, TOP, WIDE, HIGH);
    for (int i = 0; i < 3 * WIDE * HIGH; i++)
        g_assert_cmpfloat(fabsf(part.filled.data[i] - expected.data[i]), <, 1e-6f);
}

static void
test_odd_pictures(void)
{
    static const int sizes[][3] = {{1, 1, 0}, {1, 1, 1}, {5, 3, 1}, {40, 2, 7}, {33, 64, 64 * 33}};
    for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
        int w = sizes[k][0], h = sizes[k][1];
        g_auto(Scene) s = {mend_tensor_new((MendShape){3, h, w}, NULL),
                           mend_tensor_new((MendShape){1, h, w}, NULL),
                           mend_tensor_new((MendShape){3, h, w}, NULL)};
        mend_rng_normal((MendRng){1, 1}, 0, 0, s.degraded);
        for (int i = 0; i < 3 * w * h; i++) {
            s.hole.data[i % (w * h)] = i % (w * h) < sizes[k][2];
            s.filled.data[i] = 0.5f;
        }
        add(&s);
        for (int i = 0; i < 3 * w * h; i++)
            g_assert_true(isfinite(s.filled.data[i]));
        if (sizes[k][2] == w * h || sizes[k][2] == 0)
            for (int i = 0; i < 3 * w * h; i++)
                g_assert_true(s.filled.data[i] == 0.5f);
    }
}

static void
test_stopped(void)
{
    int left = 1;
    const MendGoOn stop = {starved_go_on, &left, NULL};
    g_auto(Scene) s = make_scene(0.03, 1);
    g_autofree float *before = g_memdup2(s.filled.data, 3 * W * H * sizeof(float));
    g_autoptr(GError) error = NULL;
    g_assert_false(
        mend_grain_add(1, s.degraded, s.hole, 0, 0, (MendRng){7, 0}, s.filled, &stop, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
    g_assert_cmpmem(s.filled.data, 3 * W * H * sizeof(float), before, 3 * W * H * sizeof(float));
}

static gboolean
attempt(gpointer data, GError **error)
{
    Scene *s = data;
    g_autofree float *before = g_memdup2(s->filled.data, 3 * W * H * sizeof(float));
    gboolean good =
        mend_grain_add(1, s->degraded, s->hole, 0, 0, (MendRng){7, 0}, s->filled, NULL, error);
    if (!good)
        g_assert_cmpmem(s->filled.data, 3 * W * H * sizeof(float), before,
                        3 * W * H * sizeof(float));
    return good;
}

/* Memory that ends in any thread; and the grain is the same on one thread as on four. */
static void
test_memory_and_threads(void)
{
    g_auto(Scene) one = make_scene(0.03, 1), four = make_scene(0.03, 1);
    g_setenv("MEND_THREADS", "1", TRUE);
    g_assert_cmpint(starved_attempts(attempt, &one, 100), >, 4);
    g_setenv("MEND_THREADS", "4", TRUE);
    g_assert_cmpint(starved_attempts(attempt, &four, 100), >, 4);
    g_unsetenv("MEND_THREADS");
    g_assert_cmpmem(one.filled.data, 3 * W * H * sizeof(float), four.filled.data,
                    3 * W * H * sizeof(float));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/grain/strength", test_strength);
    g_test_add_func("/grain/direction", test_direction);
    g_test_add_func("/grain/colour", test_colour);
    g_test_add_func("/grain/only-where-it-lacks", test_only_where_it_lacks);
    g_test_add_func("/grain/a-part", test_a_part);
    g_test_add_func("/grain/odd-pictures", test_odd_pictures);
    g_test_add_func("/grain/stopped", test_stopped);
    g_test_add_func("/grain/memory-and-threads", test_memory_and_threads);
    return g_test_run();
}
