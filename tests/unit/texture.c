/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture models: what their files must say, and a network on a torus. */
#include "compute/texture.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "compute/weights.h"

#define MODEL  "tests/golden/texture.safetensors"
#define WIDTH  48
#define HEIGHT 32
#define N      ((size_t)3 * WIDTH * HEIGHT)

static void
test_read(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info->model->id, ==, "texture");
    g_assert_cmpfloat(info->sigma_max, ==, 20);
    g_assert_cmpint(info->align, ==, 2);
    g_assert_cmpint(mend_model_task_row(info->model, "brick"), ==, 1);
    g_assert_null(mend_texture_read("tests/golden/random.safetensors", &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_UNSUPPORTED);
    g_clear_error(&error);
    g_assert_null(mend_model_read(MODEL, &error)); /* and the other way round */
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_UNSUPPORTED);
}

static void
test_choose(void)
{
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    const char *const good[][2] = {
        {"auto", "stone"}, {NULL, NULL}, {"texture", "brick"}, {MODEL, "none"}};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MendTextureInfo) info = mend_texture_choose(good[i][0], good[i][1], &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
    }
    const char *const bad[][2] = {{"auto", "soup"}, {"no-such", "stone"}, {MODEL, "soup"}};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(mend_texture_choose(bad[i][0], bad[i][1], &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
        g_assert_nonnull(strstr(error->message, "stone, brick"));
    }
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) models = mend_models_list(&problems);
    for (guint i = 0; i < models->len; i++)
        g_assert_cmpstr(((const MendModelInfo *)models->pdata[i])->id, !=, "texture");
    for (guint i = 0; i < problems->len; i++)
        g_assert_null(strstr(problems->pdata[i], "texture.safetensors"));
}

/* One evaluation of the network, at level 0.3. */
static void
evaluate(const char *material, int tile, const float *x, float *out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, &error);
    MendTextureParams params = {.material = material, .device = "cpu", .tile = tile};
    g_autoptr(MendTexture) texture = mend_texture_open(info, &params, WIDTH, HEIGHT, &error);
    g_assert_no_error(error);
    const MendFrame *frame = mend_texture_frame(texture);
    MendState w = {FALSE, N, (gpointer)x}, clean = {FALSE, N, out};
    frame->clean(frame->data, &w, 0.3, &clean, &error);
    g_assert_no_error(error);
}

static double
distance(const float *a, const float *b)
{
    double worst = 0;
    for (size_t i = 0; i < N; i++)
        worst = MAX(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

/* The network has no place: what it makes of a picture that was moved around the torus is moved
 * alike, and windows see what the whole sees. Steps are multiples of the network's. */
static void
test_torus(void)
{
    g_autofree float *x = g_new(float, N), *moved = g_new(float, N), *out = g_new(float, N);
    g_autofree float *other = g_new(float, N), *back = g_new(float, N);
    mend_rng_normal((MendRng){1, 0}, 0, 0, (MendTensor){{3, HEIGHT, WIDTH}, x});
    for (size_t i = 0; i < N; i++) {
        size_t row = i / WIDTH % HEIGHT, plane = i / WIDTH / HEIGHT;
        size_t to = (plane * HEIGHT + (row + 10) % HEIGHT) * WIDTH + (i % WIDTH + 14) % WIDTH;
        moved[to] = x[i];
    }
    evaluate("brick", 0, x, out);
    evaluate("brick", 0, moved, other);
    for (size_t i = 0; i < N; i++) {
        size_t row = i / WIDTH % HEIGHT, plane = i / WIDTH / HEIGHT;
        back[i] = other[(plane * HEIGHT + (row + 10) % HEIGHT) * WIDTH + (i % WIDTH + 14) % WIDTH];
    }
    g_assert_cmpfloat(distance(out, back), <, 1e-5);
    evaluate("brick", 16, x, other);
    g_assert_cmpfloat(distance(out, other), <, 1e-5);
    evaluate("stone", 0, x, other);
    g_assert_cmpfloat(distance(out, other), >, 1e-4);
    evaluate("none", 0, x, other);
    g_assert_cmpfloat(distance(out, other), >, 1e-4);
}

/* to = x moved around the torus by (dx, dy). */
static void
roll(const float *x, int dx, int dy, float *to)
{
    for (size_t i = 0; i < N; i++) {
        size_t row = (i / WIDTH + (size_t)dy) % HEIGHT, plane = i / WIDTH / HEIGHT;
        to[(plane * HEIGHT + row) * WIDTH + (i + (size_t)dx) % WIDTH] = x[i];
    }
}

/* After a draw the network's grid, of steps of 2, lies at each of its 4 places in turn, as if the
 * picture had been moved there and back; the same number gives the same places, in any windows. */
static void
test_shifts(void)
{
    g_autofree float *x = g_new(float, N), *moved = g_new(float, N), *out = g_new(float, N);
    g_autofree float *other = g_new(float, N), *places = g_new(float, 4 * N);
    mend_rng_normal((MendRng){1, 0}, 0, 0, (MendTensor){{3, HEIGHT, WIDTH}, x});
    for (int k = 0; k < 4; k++) {
        roll(x, k % 2, k / 2, moved);
        evaluate("brick", 0, moved, other);
        roll(other, WIDTH - k % 2, HEIGHT - k / 2, places + (size_t)k * N);
    }
    g_assert_cmpfloat(distance(places, places + N), >, 1e-4);
    g_autoptr(GError) error = NULL;
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, &error);
    MendTextureParams params = {.material = "brick", .device = "cpu"}, small = params;
    small.tile = 16;
    g_autoptr(MendTexture) a = mend_texture_open(info, &params, WIDTH, HEIGHT, &error);
    g_autoptr(MendTexture) b = mend_texture_open(info, &small, WIDTH, HEIGHT, &error);
    const MendFrame *frames[] = {mend_texture_frame(a), mend_texture_frame(b)};
    MendState w = {FALSE, N, x}, clean = {FALSE, N, out}, again = {FALSE, N, other};
    int count[4] = {0};
    for (int i = 0; i < 24; i++) {
        for (int k = 0; i % 6 == 0 && k < 2; k++)
            frames[k]->draw(frames[k]->data, (guint64)i);
        g_assert_true(frames[0]->clean(frames[0]->data, &w, 0.3, &clean, &error));
        g_assert_true(frames[1]->clean(frames[1]->data, &w, 0.3, &again, &error));
        g_assert_cmpfloat(distance(out, other), <, 1e-5);
        for (int k = 0; k < 4; k++)
            count[k] += distance(out, places + (size_t)k * N) < 1e-5;
    }
    g_assert_cmpint(count[0] + count[1] + count[2] + count[3], ==, 24);
    for (int k = 0; k < 4; k++)
        g_assert_cmpint(count[k], >, 0);
}

/* D at level 0.3 for material, after draw. */
static void
guided(const char *material, double guidance, guint64 draw, const float *x, float *out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, &error);
    MendTextureParams params = {.material = material, .device = "cpu", .guidance = guidance};
    g_autoptr(MendTexture) texture = mend_texture_open(info, &params, WIDTH, HEIGHT, &error);
    g_assert_no_error(error);
    g_assert_cmpint(mend_texture_cost(texture), ==, guidance > 1 ? 2 : 1);
    mend_texture_turn(texture, draw);
    const MendFrame *frame = mend_texture_frame(texture);
    MendState w = {FALSE, N, (gpointer)x}, clean = {FALSE, N, out};
    frame->clean(frame->data, &w, 0.3, &clean, &error);
    g_assert_no_error(error);
}

/* Two styles of stone: every draw is one of them, and each comes up. Brick has one. */
static void
test_styles(void)
{
    g_autofree float *x = g_new(float, N), *first = g_new(float, N), *out = g_new(float, N);
    mend_rng_normal((MendRng){1, 0}, 0, 0, (MendTensor){{3, HEIGHT, WIDTH}, x});
    guided("stone", 1, 0, x, first);
    int n_same = 0;
    for (guint64 draw = 1; draw < 9; draw++) {
        guided("stone", 1, draw, x, out);
        n_same += distance(first, out) == 0;
    }
    g_assert_cmpint(n_same, >, 0);
    g_assert_cmpint(n_same, <, 8);
    guided("brick", 1, 0, x, first);
    guided("brick", 1, 5, x, out);
    g_assert_cmpfloat(distance(first, out), ==, 0);
}

/* The answer lies on the line through those at 1 and at 2, three times as far as the first. */
static void
test_guidance(void)
{
    g_autofree float *x = g_new(float, N), *one = g_new(float, N), *two = g_new(float, N);
    g_autofree float *four = g_new(float, N);
    mend_rng_normal((MendRng){1, 0}, 0, 0, (MendTensor){{3, HEIGHT, WIDTH}, x});
    for (size_t i = 0; i < N; i++)
        x[i] *= 0.3F; /* so that no contrast is held */
    guided("stone", 1, 3, x, one);
    guided("stone", 2, 3, x, two);
    guided("stone", 4, 3, x, four);
    g_assert_cmpfloat(distance(one, two), >, 1e-3);
    for (size_t i = 0; i < N; i++)
        g_assert_cmpfloat(fabsf(one[i] + 3 * (two[i] - one[i]) - four[i]), <, 1e-4);
}

/* However strong its input is, an answer's channels deviate by what plain pictures do at most. */
static void
test_contrast(void)
{
    g_autofree float *x = g_new(float, N), *out = g_new(float, N);
    mend_rng_normal((MendRng){1, 0}, 0, 0, (MendTensor){{3, HEIGHT, WIDTH}, x});
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, NULL);
    for (int strong = 0; strong < 2; strong++) {
        evaluate("stone", 0, x, out);
        for (size_t c = 0; c < 3; c++) {
            double sum = 0;
            for (size_t i = 0; i < N / 3; i++)
                sum += pow((double)out[c * N / 3 + i], 2);
            double deviation = sqrt(sum / (N / 3)) / info->sigma_data;
            g_test_message("channel %d: %.4f of the most", (int)c, deviation);
            g_assert_cmpfloat(deviation, <, strong ? 1 + 1e-5 : 0.999);
            g_assert_cmpfloat(deviation, >, strong ? 1 - 1e-5 : 0.1);
        }
        for (size_t i = 0; i < N; i++)
            x[i] *= 30;
    }
}

/* What the network of the trainer (weights/train/texture.py) answers to the same numbers. */
static void
test_twin(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) twin = mend_weights_open("tests/golden/texture.io.safetensors", &error);
    g_assert_no_error(error);
    g_autofree float *x = g_new(float, N), *expected = g_new(float, N), *out = g_new(float, N);
    g_assert_true(mend_array_read_f32(mend_weights_get(twin, "x", NULL), x, NULL));
    g_assert_true(mend_array_read_f32(mend_weights_get(twin, "out", NULL), expected, NULL));
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, &error);
    MendTextureParams params = {.material = "brick", .device = "cpu"};
    g_autoptr(MendTexture) texture = mend_texture_open(info, &params, WIDTH, HEIGHT, &error);
    g_assert_no_error(error);
    const MendFrame *frame = mend_texture_frame(texture);
    MendState w = {FALSE, N, x}, clean = {FALSE, N, out};
    g_assert_true(frame->clean(frame->data, &w, 0.3, &clean, NULL));
    g_assert_cmpfloat(distance(out, expected), <, 1e-4);
    mend_texture_paint(texture, (MendTensor){{3, HEIGHT, WIDTH}, out});
    g_assert_true(mend_array_read_f32(mend_weights_get(twin, "painted", NULL), expected, NULL));
    g_assert_cmpfloat(distance(out, expected), <, 1e-4);
}

static void
test_bad_torus(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendTextureInfo) info = mend_texture_read(MODEL, NULL);
    MendTextureParams params = {.device = "cpu"};
    g_assert_null(mend_texture_open(info, &params, WIDTH + 1, HEIGHT, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_SHAPE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/texture/read", test_read);
    g_test_add_func("/texture/choose", test_choose);
    g_test_add_func("/texture/torus", test_torus);
    g_test_add_func("/texture/shifts", test_shifts);
    g_test_add_func("/texture/styles", test_styles);
    g_test_add_func("/texture/guidance", test_guidance);
    g_test_add_func("/texture/contrast", test_contrast);
    g_test_add_func("/texture/twin", test_twin);
    g_test_add_func("/texture/bad-torus", test_bad_torus);
    return g_test_run();
}
