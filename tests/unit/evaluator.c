/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where only a part of the picture matters: the same answers there, no others, and less work. */
#include "compute/evaluator.h"

#include <math.h>

#include "tests/unit/tensors.h"

#define MODEL "tests/golden/random.safetensors"
enum { W = 150, H = 110 };
#define UNTOUCHED 7.0f

typedef struct {
    MendModelInfo *model;
    MendTensor picture, whole, where, out;
    int asked;
} Scene;

static void
scene_clear(Scene *s)
{
    mend_model_info_free(s->model);
    mend_tensor_clear(&s->picture);
    mend_tensor_clear(&s->whole);
    mend_tensor_clear(&s->where);
    mend_tensor_clear(&s->out);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static gboolean
count(double share, gpointer data)
{
    Scene *s = data;
    (void)share;
    s->asked++;
    return TRUE;
}

static MendEvaluator *
evaluator_of(const Scene *s, int tile)
{
    MendEvaluatorParams params = {s->model, "noise", "cpu", tile, FALSE};
    MendEvaluator *e = mend_evaluator_new(&params, W, H, NULL);
    g_assert_nonnull(e);
    return e;
}

/* s->out = the answer, where it is given. */
static void
predict(Scene *s, MendEvaluator *e)
{
    s->asked = 0;
    for (int i = 0; i < 3 * W * H; i++)
        s->out.data[i] = UNTOUCHED;
    g_assert_true(
        mend_evaluator_predict(e, s->picture, s->picture, s->picture, 50, s->out, count, s, NULL));
}

static Scene
make_scene(void)
{
    Scene s = {.model = mend_model_read(MODEL, NULL),
               .picture = mend_tensor_new((MendShape){3, H, W}, NULL),
               .where = mend_tensor_new((MendShape){1, H, W}, NULL),
               .out = mend_tensor_new((MendShape){3, H, W}, NULL)};
    for (int i = 0; i < 3 * W * H; i++) {
        int x = i % W, y = i / W % H, c = i / (W * H);
        s.picture.data[i] = (float)(0.5 + 0.3 * sin(x / 5.0 + c) * cos(y / 7.0 - c));
    }
    for (int i = 0; i < W * H; i++)
        s.where.data[i] = 0;
    g_autoptr(MendEvaluator) e = evaluator_of(&s, 256);
    predict(&s, e);
    s.whole = s.out;
    s.out = mend_tensor_new((MendShape){3, H, W}, NULL);
    return s;
}

static void
mark(Scene *s, int x0, int y0, int x1, int y1)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            s->where.data[y * W + x] = 0.25f;
}

/* Pixels that were written; those that are marked must be among them, all must be right. */
static int
check(const Scene *s)
{
    int written = 0;
    for (int i = 0; i < 3 * W * H; i++) {
        gboolean here = s->out.data[i] != UNTOUCHED;
        written += here;
        g_assert_true(here || !(s->where.data[i % (W * H)] > 0));
        if (here)
            g_assert_cmpfloat(fabsf(s->out.data[i] - s->whole.data[i]), <=, 1e-4f);
    }
    return written / 3;
}

static void
test_a_part(void)
{
    static const int boxes[][4] = {{0, 0, 1, 1},   {W - 1, H - 1, W, H}, {37, 41, 71, 50},
                                   {0, 60, W, 61}, {90, 0, 91, H},       {0, 0, W, H}};
    static const int tiles[] = {256, 32};
    for (size_t k = 0; k < G_N_ELEMENTS(boxes) * G_N_ELEMENTS(tiles); k++) {
        const int *b = boxes[k / 2];
        g_auto(Scene) s = make_scene();
        g_autoptr(MendEvaluator) e = evaluator_of(&s, tiles[k % 2]);
        mark(&s, b[0], b[1], b[2], b[3]);
        size_t covered = mend_evaluator_only(e, s.where);
        predict(&s, e);
        g_assert_cmpint(check(&s), <=, covered);
        g_assert_cmpint(covered, <, (b[2] - b[0] + 16) * (b[3] - b[1] + 16));
    }
}

/* Two corners: the tiles between them are left out. */
static void
test_tiles_between(void)
{
    g_auto(Scene) s = make_scene();
    g_autoptr(MendEvaluator) all = evaluator_of(&s, 32), e = evaluator_of(&s, 32);
    predict(&s, all);
    int asked = s.asked;
    mark(&s, 0, 0, 10, 10);
    mark(&s, W - 10, H - 10, W, H);
    mend_evaluator_only(e, s.where);
    predict(&s, e);
    g_assert_cmpint(check(&s), <=, 2 * 32 * 32);
    g_assert_cmpint(s.asked, <, asked / 4);
}

/* Nowhere is said, and changes nothing; and another size ends it. */
static void
test_nowhere(void)
{
    g_auto(Scene) s = make_scene();
    g_autoptr(MendEvaluator) e = evaluator_of(&s, 64);
    g_assert_cmpint(mend_evaluator_only(e, s.where), ==, 0);
    predict(&s, e);
    g_assert_cmpint(check(&s), ==, W * H);
    mark(&s, 0, 0, 10, 10);
    mend_evaluator_only(e, s.where);
    mend_evaluator_resize(e, W, H);
    predict(&s, e);
    g_assert_cmpint(check(&s), ==, W * H);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/evaluator/a-part", test_a_part);
    g_test_add_func("/evaluator/tiles-between", test_tiles_between);
    g_test_add_func("/evaluator/nowhere", test_nowhere);
    return g_test_run();
}
