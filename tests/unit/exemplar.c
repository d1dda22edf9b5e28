/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structure for wide holes: a pattern goes on, and nothing else is touched. */
#include "compute/exemplar.h"

#include <math.h>
#include <string.h>

#include "compute/depth.h"
#include "compute/error.h"
#include "compute/exemplar_match.h"
#include "tests/unit/starved.h"

enum { W = 200, H = 160, X0 = 60, X1 = 140, Y0 = 50, Y1 = 110 }; /* a wide hole */
#define FILL 0.5f

typedef struct {
    MendTensor truth, degraded, hole, filled;
} Scene;

static void
scene_clear(Scene *s)
{
    mend_tensor_clear(&s->truth);
    mend_tensor_clear(&s->degraded);
    mend_tensor_clear(&s->hole);
    mend_tensor_clear(&s->filled);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

/* Bricks: 20 x 12 pixels, each row half a brick farther. */
static float
brick(int c, int x, int y)
{
    int row = y / 12, u = (x + row % 2 * 10) % 20, v = y % 12;
    static const float clay[] = {0.7f, 0.35f, 0.25f};
    return u < 2 || v < 2 ? 0.85f : clay[c] + 0.01f * (float)(u % 7);
}

static gboolean
in_box(int x, int y)
{
    return x >= X0 && x < X1 && y >= Y0 && y < Y1;
}

static Scene
make_scene(int w, int h, gboolean (*in_hole)(int x, int y))
{
    MendShape shape = {3, h, w};
    Scene s = {mend_tensor_new(shape, NULL), mend_tensor_new(shape, NULL),
               mend_tensor_new((MendShape){1, h, w}, NULL), mend_tensor_new(shape, NULL)};
    for (int i = 0; i < 3 * w * h; i++) {
        int x = i % w, y = i / w % h;
        gboolean hole = in_hole(x, y);
        s.truth.data[i] = brick(i / w / h, x, y);
        s.degraded.data[i] = hole ? 1.0f : s.truth.data[i];
        s.filled.data[i] = hole ? FILL : s.truth.data[i];
        s.hole.data[i % (w * h)] = hole ? 1.0f : 0.0f;
    }
    return s;
}

static gboolean
try_to_fill(const Scene *s, guint64 seed, const MendGoOn *go_on, GError **error)
{
    g_autoptr(MendExemplar) e = mend_exemplar_new(s->hole, go_on, error);
    return e && mend_exemplar_fill(e, s->degraded, (MendRng){seed, 0}, s->filled, go_on, error);
}

static void
fill(Scene *s, guint64 seed)
{
    g_assert_true(try_to_fill(s, seed, NULL, NULL));
}

/* The root of the mean squared error, `inside` pixels within the box. */
static double
error_of(const Scene *s, int inside)
{
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        for (int y = Y0 + inside; y < Y1 - inside; y++) {
            for (int x = X0 + inside; x < X1 - inside; x++) {
                size_t at = ((size_t)c * H + (size_t)y) * W + (size_t)x;
                double off = (double)(s->filled.data[at] - s->truth.data[at]);
                sum += off * off;
            }
        }
    }
    return sqrt(sum / (3.0 * (X1 - X0 - 2 * inside) * (Y1 - Y0 - 2 * inside)));
}

static void
test_depth(void)
{
    float far[5 * 7];
    for (int i = 0; i < 5 * 7; i++)
        far[i] = i == 2 * 7 + 3 ? 0 : 100;
    mend_depth(far, 7, 5, 1);
    for (int i = 0; i < 5 * 7; i++) {
        int dx = ABS(i % 7 - 3), dy = ABS(i / 7 - 2);
        float expected = (float)(MAX(dx, dy) - MIN(dx, dy)) + 1.4f * (float)MIN(dx, dy);
        g_assert_cmpfloat_with_epsilon(far[i], expected, 1e-5f);
    }
}

/* Unlike a mean of all that could be there: that is off by a fifth. */
static void
test_pattern(void)
{
    g_auto(Scene) s = make_scene(W, H, in_box);
    g_assert_cmpfloat(error_of(&s, 6), >, 0.2);
    fill(&s, 3);
    g_assert_cmpfloat(error_of(&s, 6), <, 0.03);
}

/* A scratch, 30 pixels wide, that runs into the hole from the left. */
static gboolean
in_box_or_scratch(int x, int y)
{
    return in_box(x, y) || (x < X0 && y >= 60 && y < 90);
}

static void
test_only_where_it_is_wide(void)
{
    g_auto(Scene) s = make_scene(W, H, in_box_or_scratch);
    int changed = 0;
    fill(&s, 3);
    for (int i = 0; i < 3 * W * H; i++) {
        int x = i % W, y = i / W % H;
        if (!in_box_or_scratch(x, y))
            g_assert_true(s.filled.data[i] == s.degraded.data[i]);
        else if (x < X0 - MEND_EXEMPLAR_DEEP)
            g_assert_true(s.filled.data[i] == FILL);
        else if (in_box(x, y))
            changed += s.filled.data[i] != FILL;
    }
    g_assert_cmpint(changed, >, 3 * (X1 - X0) * (Y1 - Y0) * 9 / 10);
}

/* Two bars one beside the other, neither of which holds the other's rectangle. */
static gboolean
in_bars(int x, int y)
{
    return (x - y > -20 && x - y < 60) || (x - y > 180 && x - y < 260);
}

static gboolean
never_back(gpointer data)
{
    static double before;
    double share = *(double *)data;
    gboolean good = share >= before || before == 1;
    before = share;
    return good;
}

/* Each is filled once, with its own: what was done adds up to all. */
static void
test_two(void)
{
    enum { SIDE = 400 };
    g_auto(Scene) s = make_scene(SIDE, SIDE, in_bars);
    double off = 0, share = 0;
    const MendGoOn go_on = {never_back, &share, &share};
    int n = 0;
    g_assert_true(try_to_fill(&s, 3, &go_on, NULL));
    g_assert_cmpfloat_with_epsilon(share, 1, 1e-9);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = i % SIDE, y = i / SIDE;
        gboolean deep = (x - y > 0 && x - y < 40) || (x - y > 200 && x - y < 240);
        if (!deep || MIN(x, y) < 40 || MAX(x, y) >= SIDE - 40)
            continue;
        off += fabs((double)(s.filled.data[i] - s.truth.data[i]));
        n++;
    }
    g_assert_cmpfloat(off / n, <, 0.03);
}

static gboolean
in_far_box(int x, int y)
{
    return x >= 270 && x < 330 && y >= 260 && y < 315;
}

/* A preview: enough of the picture, from its grid of 64 on, is as good as all of it. */
static void
test_a_part(void)
{
    enum { SIDE = 600, LEFT = 64, TOP = 64, WIDE = 500, HIGH = 480 };
    g_auto(Scene) s = make_scene(SIDE, SIDE, in_far_box);
    g_auto(Scene) part = {.degraded = mend_tensor_new((MendShape){3, HIGH, WIDE}, NULL),
                          .hole = mend_tensor_new((MendShape){1, HIGH, WIDE}, NULL),
                          .filled = mend_tensor_new((MendShape){3, HIGH, WIDE}, NULL)};
    int reach = mend_exemplar_reach(60);
    g_assert_cmpint(270 - LEFT, >, reach);
    g_assert_cmpint(TOP + HIGH - 315, >, reach);
    for (int i = 0; i < 3 * WIDE * HIGH; i++) {
        int from = (i / WIDE / HIGH * SIDE + i / WIDE % HIGH + TOP) * SIDE + i % WIDE + LEFT;
        part.degraded.data[i] = s.degraded.data[from];
        part.filled.data[i] = s.filled.data[from];
        if (i < WIDE * HIGH)
            part.hole.data[i] = s.hole.data[from];
    }
    fill(&s, 9);
    fill(&part, 9);
    for (int i = 0; i < 3 * WIDE * HIGH; i++) {
        int from = (i / WIDE / HIGH * SIDE + i / WIDE % HIGH + TOP) * SIDE + i % WIDE + LEFT;
        g_assert_true(part.filled.data[i] == s.filled.data[from]);
    }
}

static void
test_seeds(void)
{
    g_auto(Scene) one = make_scene(W, H, in_box), same = make_scene(W, H, in_box),
                  other = make_scene(W, H, in_box);
    enum { DEEP = MEND_EXEMPLAR_DEEP };
    size_t size = 3 * W * H * sizeof(float);
    /* what was there does not matter, but at the edge */
    for (int i = 0; i < 3 * W * H; i++)
        if (same.hole.data[i % (W * H)] > 0)
            same.filled.data[i] = 0.1f;
    for (int i = 0; i < 3 * W * H; i++)
        one.degraded.data[i] += 0.1f * sinf((float)i);
    memcpy(same.degraded.data, one.degraded.data, size);
    memcpy(other.degraded.data, one.degraded.data, size);
    fill(&one, 1);
    fill(&same, 1);
    fill(&other, 2);
    g_assert_cmpint(memcmp(one.filled.data, other.filled.data, size), !=, 0);
    for (int i = 0; i < 3 * W * H; i++) {
        int x = i % W, y = i / W % H;
        if (in_box(x - DEEP, y - 5) && in_box(x + DEEP, y + 5)) /* no corner */
            g_assert_true(one.filled.data[i] == same.filled.data[i]);
    }
}

/* Half of a flat picture is known, the other half lighter by off. How much of that is left beside
 * the known half, and at the far side. */
static void
join_flat(float off, float *near, float *far)
{
    enum { SIDE = 80 };
    g_auto(MendPatchField) f = {0};
    g_assert_true(mend_patch_field_init(&f, SIDE, SIDE, NULL));
    for (int i = 0; i < SIDE * SIDE; i++) {
        f.hole[i] = i % SIDE >= SIDE / 2;
        f.origin[i] = 10 * SIDE + 10;
        for (int c = 0; c < 4; c++)
            f.rgb[4 * i + c] = f.hole[i] ? FILL + off : FILL;
    }
    g_assert_true(mend_patch_field_join(&f, NULL, NULL));
    *near = (f.rgb[4 * (SIDE * SIDE / 2 + SIDE / 2)] - FILL) / off;
    *far = (f.rgb[4 * (SIDE * SIDE / 2 + SIDE - 1)] - FILL) / off;
    for (int i = 0; i < SIDE * SIDE; i++)
        g_assert_true(f.hole[i] || f.rgb[4 * i] == FILL);
}

/* Another light is evened out, not at once; an edge stays. */
static void
test_light(void)
{
    float near, far;
    join_flat(0.04f, &near, &far);
    g_assert_cmpfloat(near, <, 0.2f);
    g_assert_cmpfloat(near, >, -0.05f);
    g_assert_cmpfloat(far, >, 0.5f);
    join_flat(-0.45f, &near, &far);
    g_assert_cmpfloat(near, >, 0.9f);
}

static int known_rows;

static gboolean
below_known(int x, int y)
{
    (void)x;
    return y >= known_rows;
}

/* Little is known, or nothing; some are smaller than a patch. */
static void
test_odd_pictures(void)
{
    static const int sizes[][3] = {{1, 1, 0},   {1, 1, 1},    {3, 90, 10},  {90, 3, 1},
                                   {90, 90, 0}, {90, 90, 6},  {90, 90, 7},  {90, 90, 90},
                                   {21, 80, 9}, {64, 120, 8}, {300, 60, 10}};
    for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
        int w = sizes[k][0], h = sizes[k][1];
        known_rows = sizes[k][2];
        g_auto(Scene) s = make_scene(w, h, below_known);
        fill(&s, 5);
        for (int i = 0; i < 3 * w * h; i++) {
            g_assert_true(isfinite(s.filled.data[i]));
            if (i / w % h < known_rows || known_rows < 7)
                g_assert_true(s.filled.data[i] ==
                              (i / w % h < known_rows ? s.truth.data[i] : FILL));
        }
    }
}

enum { SMALL = 90 }; /* side of a picture that is filled again and again */

static gboolean
in_small_box(int x, int y)
{
    return x >= 22 && x < 66 && y >= 20 && y < 65;
}

static gboolean
attempt(gpointer data, const MendGoOn *go_on, GError **error)
{
    return try_to_fill(data, 7, go_on, error);
}

static gboolean
attempt_all(gpointer data, GError **error)
{
    return attempt(data, NULL, error);
}

/* Asked more often than is worth trying each time (starved_stops()). */
static void
test_stopped(void)
{
    enum { OFTEN = 1000 };
    int left = OFTEN;
    const MendGoOn go_on = {starved_go_on, &left, NULL};
    g_auto(Scene) s = make_scene(SMALL, SMALL, in_small_box);
    g_assert_true(attempt(&s, &go_on, NULL));
    int asked = OFTEN - left;
    g_assert_cmpint(asked, >, 40);
    const int when[] = {1, 2, 3, asked / 3, asked / 2, asked - 1, asked};
    for (size_t i = 0; i < G_N_ELEMENTS(when); i++) {
        g_autoptr(GError) error = NULL;
        left = when[i];
        g_assert_false(attempt(&s, &go_on, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(left, ==, 0);
    }
}

/* Memory that ends at each place; and the structure is the same on one thread as on four. */
static void
test_memory_and_threads(void)
{
    g_auto(Scene) one = make_scene(SMALL, SMALL, in_small_box),
                  four = make_scene(SMALL, SMALL, in_small_box);
    g_setenv("MEND_THREADS", "1", TRUE);
    g_assert_cmpint(starved_attempts(attempt_all, &one, 100), >, 20);
    g_setenv("MEND_THREADS", "4", TRUE);
    fill(&four, 7);
    g_unsetenv("MEND_THREADS");
    g_assert_cmpmem(one.filled.data, 3 * SMALL * SMALL * sizeof(float), four.filled.data,
                    3 * SMALL * SMALL * sizeof(float));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/exemplar/depth", test_depth);
    g_test_add_func("/exemplar/pattern", test_pattern);
    g_test_add_func("/exemplar/only-where-it-is-wide", test_only_where_it_is_wide);
    g_test_add_func("/exemplar/two", test_two);
    g_test_add_func("/exemplar/a-part", test_a_part);
    g_test_add_func("/exemplar/seeds", test_seeds);
    g_test_add_func("/exemplar/light", test_light);
    g_test_add_func("/exemplar/odd-pictures", test_odd_pictures);
    g_test_add_func("/exemplar/stopped", test_stopped);
    g_test_add_func("/exemplar/memory-and-threads", test_memory_and_threads);
    return g_test_run();
}
