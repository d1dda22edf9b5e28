/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The context encoder: its inputs and answers equal those of its Python twin; what detection makes
 * of them; and a restoration network that is told of the picture. */
#include "compute/context.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/clues.h"
#include "compute/detect.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/network.h"

#define TINY     "tests/golden/context/encoder.safetensors"
#define ANSWERS  "tests/golden/context/encoder.io.safetensors"
#define TELLING  "tests/golden/context/nafnet.safetensors"
#define TOLD     "tests/golden/context/nafnet.io.safetensors"
#define SAME     1e-6 /* inputs: averages of values in 0..1, summed in another order */
#define COUNTED  1e-5 /* clues: sums in double of the same floats; some are logarithms */
#define ROUNDING 2e-4 /* answers: a few hundred products in float32, gates multiply their errors */

/* The picture of weights/train/train_context.py made_up_picture(). */
static MendTensor
made_up_picture(int h, int w)
{
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, NULL);
    float *to = picture.data;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                *to++ = (float)((x * 7 + y * 13 + c * 29 + x * y) % 256) / 255.0f;
    return picture;
}

/* An array of the file; owned by the caller. */
static float *
values_of(const MendWeights *file, const char *name, const char *end, size_t *n)
{
    g_autofree char *whole = g_strconcat(name, end, NULL);
    g_autoptr(GError) error = NULL;
    const MendArray *array = mend_weights_get(file, whole, &error);
    g_assert_no_error(error);
    float *values = g_new(float, array->count);
    g_assert_true(mend_array_read_f32(array, values, &error));
    *n = array->count;
    return values;
}

static void
assert_close(const float *got, const float *wanted, size_t n, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        g_assert_cmpfloat(fabs((double)got[i] - (double)wanted[i]), <=, tolerance);
}

/* Every step-th pixel of a side is in the recording. */
static void
check_input(const MendWeights *file, const char *name, const char *end, MendTensor input, int step)
{
    size_t n = 0, at = 0;
    g_autofree float *wanted = values_of(file, name, end, &n);
    int side = input.shape.h;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < side; y += step)
            for (int x = 0; x < side; x += step)
                assert_close(&input.data[(c * side + y) * side + x], &wanted[at++], 1, SAME);
    g_assert_cmpuint(at, ==, n);
}

/* Row by row, the last one first: the order does not matter. */
static void
glance_at(MendGlance *glance, MendTensor picture)
{
    MendShape shape = picture.shape;
    size_t width = (size_t)shape.w;
    g_auto(MendTensor) row = mend_tensor_new((MendShape){3, 1, shape.w}, NULL);
    g_assert_true(mend_glance_init(glance, shape.w, shape.h, NULL));
    for (int y = shape.h - 1; y >= 0; y--) {
        for (int c = 0; c < 3; c++)
            memcpy(row.data + (size_t)c * width,
                   mend_tensor_plane(picture, c).data + (size_t)y * width, width * sizeof(float));
        mend_glance_add(glance, y, row);
    }
}

static void
test_twin(gconstpointer data)
{
    const char *name = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) file = mend_weights_open(ANSWERS, &error);
    g_assert_no_error(error);
    g_autoptr(MendWeights) weights = mend_weights_open(TINY, &error);
    g_assert_no_error(error);
    size_t n = 0;
    g_autofree float *size = values_of(file, name, ".size", &n);
    g_auto(MendTensor) picture = made_up_picture((int)size[0], (int)size[1]);
    g_auto(MendGlance) glance = {0};
    glance_at(&glance, picture);
    check_input(file, name, ".thumbnail", glance.thumbnail, 5);
    check_input(file, name, ".crops", glance.crops, 9);
    float clues[MEND_CLUES];
    g_assert_true(mend_clues_find(glance.thumbnail, glance.crops, clues, &error));
    g_autofree float *found = values_of(file, name, ".clues", &n);
    g_assert_cmpuint(n, ==, MEND_CLUES);
    assert_close(clues, found, n, COUNTED);

    MendContext context;
    g_assert_true(mend_context_look(weights, "", picture, &context, &error));
    g_assert_no_error(error);
    g_autofree float *vector = values_of(file, name, ".vector", &n);
    g_assert_cmpuint(n, ==, MEND_CONTEXT_VECTOR);
    assert_close(context.vector, vector, n, ROUNDING);
    g_autofree float *logits = values_of(file, name, ".logits", &n);
    g_assert_cmpint(context.n_classes, ==, (int)n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double ratio = log(context.chances[i] / context.chances[0]);
        g_assert_cmpfloat(fabs(ratio - (double)(logits[i] - logits[0])), <=, 2 * ROUNDING);
        sum += context.chances[i];
    }
    g_assert_cmpfloat(fabs(sum - 1), <=, 1e-12);
}

/* Any size, and values that no picture should have. */
static void
test_odd_pictures(void)
{
    static const int sizes[][2] = {{1, 1}, {1, 7}, {2, 2}, {95, 97}, {96, 96}, {97, 500}};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(MendTensor) picture =
            mend_tensor_new((MendShape){3, sizes[i][0], sizes[i][1]}, NULL);
        g_auto(MendGlance) glance = {0};
        for (size_t k = 0; k < mend_shape_count(picture.shape); k++)
            picture.data[k] = 0.25f;
        glance_at(&glance, picture);
        for (size_t k = 0; k < mend_shape_count(glance.thumbnail.shape); k++)
            g_assert_cmpfloat(fabs((double)glance.thumbnail.data[k] - 0.25), <=, SAME);
        for (size_t k = 0; k < mend_shape_count(glance.crops.shape); k++)
            g_assert_cmpfloat(glance.crops.data[k], ==, 0.25f);
    }
    g_auto(MendTensor) wild = mend_tensor_new((MendShape){3, 1, 1}, NULL);
    g_auto(MendGlance) glance = {0};
    wild.data[0] = NAN;
    wild.data[1] = INFINITY;
    wild.data[2] = -3;
    glance_at(&glance, wild);
    for (int c = 0; c < 3; c++) {
        g_assert_cmpfloat(mend_tensor_plane(glance.crops, c).data[0], ==, c == 1);
        g_assert_cmpfloat(mend_tensor_plane(glance.thumbnail, c).data[0], ==, c == 1);
    }
}

/* The tiny model's detection is sorted and whole. Its guess of this picture is whatever a random
 * network says; what matters is that the choice follows it. */
static void
test_detection(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) picture = made_up_picture(120, 150);
    MendDetection detection;
    g_assert_true(mend_detect(picture, &detection, &error));
    g_assert_no_error(error);
    g_assert_cmpint(detection.n, ==, 11);
    double sum = 0;
    for (int i = 0; i < detection.n; i++) {
        sum += detection.findings[i].chance;
        g_assert_true(i == 0 || detection.findings[i].chance <= detection.findings[i - 1].chance);
    }
    g_assert_cmpfloat(fabs(sum - 1), <=, 1e-9);

    MendOptions options;
    double chance = -1;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "jpeg", &error));
    g_assert_true(mend_detect_task(picture, &options, &chance, &error));
    g_assert_cmpstr(options.task, ==, "jpeg"); /* what is named is not looked for */
    g_assert_cmpfloat(chance, ==, 0);
    g_assert_true(mend_options_set(&options, "task", MEND_TASK_AUTO, &error));
    g_assert_false(mend_detect_task(picture, &options, &chance, &error));
    g_assert_error(error, MEND_ERROR,
                   MEND_ERROR_IMAGE); /* clean, or no model for it: none is here */
    g_assert_nonnull(strstr(error->message, strcmp(detection.findings[0].what, MEND_CLEAN)
                                                ? detection.findings[0].what
                                                : "Nothing seems to be wrong"));
}

static void
assert_refused(const char *bytes, gsize size, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int handle = g_file_open_tmp("mend-context-XXXXXX.safetensors", &path, NULL);
    g_assert_cmpint(handle, >=, 0);
    g_close(handle, NULL);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    g_autoptr(MendWeights) weights = mend_weights_open(path, &error);
    g_assert_no_error(error);
    g_auto(MendTensor) picture = made_up_picture(30, 40);
    MendContext context;
    g_assert_false(mend_context_look(weights, "", picture, &context, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, reason));
    g_remove(path);
}

/* An encoder that lacks a part of what it says of clues; and one from before there were any, which
 * goes on, but here with layers too wide for that. */
static void
test_lame_encoders(void)
{
    static const char *const names[] = {"clues.gain", "clues.mean"};
    for (int i = 0; i < 2; i++) {
        g_autofree char *bytes = NULL;
        gsize size = 0;
        g_assert_true(g_file_get_contents(TINY, &bytes, &size, NULL));
        char *at = g_strstr_len(bytes + 8, (gssize)size - 8, names[i]); /* after the length */
        g_assert_nonnull(at);
        at[0] = 'g'; /* clues -> glues */
        assert_refused(bytes, size, i == 0 ? "clues.gain" : "mix.0");
    }
}

/* No picture makes a clue that is no number, or far out: of one value, of two side by side, one in
 * so many, all below each other. */
static void
test_finite_clues(void)
{
    static const float values[][2] = {{0, 0}, {0.5f, 0.5f}, {1, 1},         {0, 1},
                                      {1, 0}, {NAN, 0.5f},  {INFINITY, -1}, {-0.0f, 1}};
    static const int sizes[][2] = {{30, 20}, {1, 1}, {1, 300}};
    static const int every[] = {3, 100000};
    enum { n_values = G_N_ELEMENTS(values), n_sizes = G_N_ELEMENTS(sizes) };
    for (size_t i = 0; i < (size_t)n_values * n_sizes * G_N_ELEMENTS(every); i++) {
        const float *two = values[i % n_values];
        const int *size = sizes[i / n_values % n_sizes];
        size_t apart = (size_t)every[i / n_values / n_sizes];
        g_auto(MendGlance) glance = {0};
        g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, size[1], size[0]}, NULL);
        for (size_t k = 0; k < mend_shape_count(picture.shape); k++)
            picture.data[k] = two[k % apart == 0];
        glance_at(&glance, picture);
        float clues[MEND_CLUES];
        g_assert_true(mend_clues_find(glance.thumbnail, glance.crops, clues, NULL));
        for (int k = 0; k < MEND_CLUES; k++)
            g_assert_cmpfloat(fabs((double)clues[k]), <=, 20);
    }
}

static void
test_no_detector(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) picture = made_up_picture(20, 30);
    MendDetection detection;
    g_setenv("MEND_MODELS", "/nowhere", TRUE);
    g_assert_false(mend_detect(picture, &detection, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "detects what is wrong"));
    g_assert_nonnull(strstr(error->message, "/nowhere"));
}

/* The golden's vector comes in through the graph's input. */
static void
test_told(gconstpointer data)
{
    const char *device_id = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) weights = mend_weights_open(TELLING, &error);
    g_assert_no_error(error);
    g_autoptr(MendWeights) file = mend_weights_open(TOLD, &error);
    g_assert_no_error(error);
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    MendNetworkConfig config = {FALSE, TRUE, 1, NULL};
    g_assert_true(mend_network_find("nafnet")->build(graph, weights, &config, 16, 24, &error));
    g_assert_no_error(error);
    MendDevice *device = mend_device_open(device_id, &error);
    g_assert_no_error(error);
    MendPlan *plan = mend_plan_new(device, graph, &error);
    g_assert_no_error(error);
    MendTensor inputs[4];
    size_t n = 0;
    int count = 0;
    for (int i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *node = mend_graph_node(graph, i);
        if (node->op == MEND_OP_input)
            inputs[count++] = (MendTensor){node->shape, values_of(file, node->name, "", &n)};
    }
    g_assert_cmpint(count, ==, 4);
    g_auto(MendTensor) out = mend_tensor_new((MendShape){3, 16, 24}, &error);
    g_assert_true(mend_plan_run(plan, inputs, out, NULL, NULL, &error));
    g_assert_no_error(error);
    g_autofree float *wanted = values_of(file, "out.jpeg", "", &n);
    g_assert_cmpuint(n, ==, mend_shape_count(out.shape));
    assert_close(out.data, wanted, n, ROUNDING);
    for (int i = 0; i < count; i++)
        g_free(inputs[i].data);
    mend_plan_free(plan);
    mend_device_close(device);
}

/* The evaluator looks once, at the whole picture; without a look the vector is zero. */
static void
test_evaluator_looks(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendModelInfo) model = mend_model_read(TELLING, &error);
    g_assert_no_error(error);
    MendEvaluatorParams params = {model, "noise", "cpu", 64, FALSE};
    g_auto(MendTensor) picture = made_up_picture(100, 140);
    g_auto(MendTensor) blind = mend_tensor_new(picture.shape, NULL);
    g_auto(MendTensor) tiled = mend_tensor_new(picture.shape, NULL);
    g_auto(MendTensor) whole = mend_tensor_new(picture.shape, NULL);
    MendTensor outs[] = {blind, tiled, whole};
    for (int i = 0; i < 3; i++) {
        params.tile = i == 2 ? 512 : 64;
        g_autoptr(MendEvaluator) e = mend_evaluator_new(&params, 140, 100, &error);
        g_assert_no_error(error);
        g_assert_true(i == 0 || mend_evaluator_look(e, picture, &error));
        g_assert_true(
            mend_evaluator_predict(e, picture, picture, picture, 50, outs[i], NULL, NULL, &error));
        g_assert_no_error(error);
    }
    double most = 0;
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++) {
        most = MAX(most, fabs((double)blind.data[i] - (double)tiled.data[i]));
        g_assert_cmpfloat(fabs((double)whole.data[i] - (double)tiled.data[i]), <=, 1e-5);
    }
    g_assert_cmpfloat(most, >, 1e-3);
}

int
main(int argc, char **argv)
{
    g_autofree char *folder = g_dir_make_tmp("mend-context-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "tiny.safetensors", NULL);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_test_init(&argc, &argv, NULL);
    g_assert_true(g_file_get_contents(TINY, &bytes, &size, NULL));
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    g_setenv("MEND_MODELS", folder, TRUE);
    g_test_add_data_func("/context/large", "large", test_twin);
    g_test_add_data_func("/context/small", "small", test_twin);
    g_test_add_func("/context/odd-pictures", test_odd_pictures);
    g_test_add_data_func("/context/told/cpu", "cpu", test_told);
    g_test_add_func("/context/evaluator", test_evaluator_looks);
    g_test_add_func("/context/lame-encoders", test_lame_encoders);
    g_test_add_func("/context/finite-clues", test_finite_clues);
    g_test_add_func("/context/detection", test_detection);
    g_test_add_func("/context/no-detector", test_no_detector);
    int status = g_test_run();
    g_remove(path);
    g_rmdir(folder);
    return status;
}
