/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles do not show in what the shipped models make, and no pixel sees beyond the radius that is
 * computed from the architecture.
 *
 * MEND_TILES=2048x1536 repeats the first with tiles of 256 and 1024 pixels and none, on a picture
 * of that size, which takes minutes for each task; MEND_MODELS=FOLDER takes other models. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/evaluator.h"
#include "compute/network.h"
#include "compute/restore.h"
#include "tests/unit/tensors.h"

#define AGREE 1e-4f /* what rounding may differ by, in other orders of summation */

/* Waves and noise: smooth, rough and steep places. */
static MendTensor
picture_of(int w, int h)
{
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, NULL);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++) {
        double x = (double)(i % (size_t)w), y = (double)(i / (size_t)w);
        double wave =
            0.5 + 0.3 * sin(x / 17) * cos(y / 23) + (sin(x / 90 + y / 70) > 0 ? 0.1 : -0.1);
        picture.data[i] = (float)(wave + 0.1 * ((unsigned)i * 2654435761u >> 16) / 65536.0 - 0.05);
    }
    return picture;
}

/* A white band from left to right, across tiles: a hole for the tasks that fill one. */
static void
paint_hole(MendTensor picture)
{
    int w = picture.shape.w, h = picture.shape.h;
    for (int c = 0; c < 3; c++) {
        for (int i = h / 3 * w; i < (h / 3 + 9) * w; i++)
            mend_tensor_plane(picture, c).data[i] = 1;
    }
}

static MendTensor
restored(MendTensor picture, const MendModelInfo *model, const char *task, const char *sampler,
         int tile)
{
    MendOptions options;
    g_autoptr(GError) error = NULL;
    MendTensor result = mend_tensor_new(picture.shape, NULL);
    mend_options_init(&options);
    g_strlcpy(options.task, task, sizeof options.task);
    g_strlcpy(options.model, model->path, sizeof options.model);
    g_strlcpy(options.sampler, sampler, sizeof options.sampler);
    g_strlcpy(options.device, "cpu", sizeof options.device);
    options.tile = tile;
    options.steps = 2; /* the second starts from what the first one's tiles have left */
    MendRestoreHooks hooks = {.marked = TRUE}; /* it shows no rain, and is restored all the same */
    mend_restore(picture, &options, &hooks, result, NULL, &error);
    g_assert_no_error(error);
    return result;
}

static void
compare(const MendModelInfo *model, const char *task, MendTensor picture, const int tiles[2])
{
    static const char *const samplers[] = {"mr-ode-2", "mr-sde-2"};
    for (size_t s = 0; s < G_N_ELEMENTS(samplers); s++) {
        g_auto(MendTensor) whole = restored(picture, model, task, samplers[s], 16384);
        g_assert_cmpfloat(tensors_largest_difference(picture, whole), >, 0); /* it does something */
        for (int k = 0; k < 2; k++) {
            g_auto(MendTensor) tiled = restored(picture, model, task, samplers[s], tiles[k]);
            float difference = tensors_largest_difference(whole, tiled);
            g_test_message("%s, %s, %s, tiles of %d: %.2g", model->id, task, samplers[s], tiles[k],
                           (double)difference);
            g_assert_cmpfloat(difference, <=, AGREE);
        }
    }
}

static void
test_shipped_models(void)
{
    const char *size = g_getenv("MEND_TILES");
    int w = 72, h = 56, tiles[] = {40, 64};
    if (size) {
        g_assert_cmpint(sscanf(size, "%dx%d", &w, &h), ==, 2);
        tiles[0] = 256;
        tiles[1] = 1024;
    }
    g_autoptr(GPtrArray) models = mend_models_list(NULL);
    g_auto(MendTensor) picture = picture_of(w, h);
    paint_hole(picture);
    for (guint i = 0; i < models->len; i++) {
        const MendModelInfo *model = models->pdata[i];
        for (int k = 0; model->offered[k] && !model->global_attention; k++)
            compare(model, model->offered[k], picture, tiles);
    }
    if (models->len == 0)
        g_test_skip("no models");
}

/* How far around x, y the network's answer changes with that pixel; the picture is one tile. */
static int
reach(const MendModelInfo *model, int side, int x, int y)
{
    MendEvaluatorParams params = {model, model->tasks[0], "cpu", 16384, FALSE};
    g_autoptr(MendEvaluator) evaluator = mend_evaluator_new(&params, side, side, NULL);
    g_auto(MendTensor) picture = picture_of(side, side);
    g_auto(MendTensor) before = mend_tensor_new(picture.shape, NULL);
    g_auto(MendTensor) after = mend_tensor_new(picture.shape, NULL);
    int farthest = -1;
    for (int k = 0; k < 2; k++) {
        if (k)
            picture.data[y * side + x] += 1000; /* so that its last traces are not rounded away */
        g_assert_true(mend_evaluator_predict(evaluator, picture, picture, picture, 50,
                                             k ? after : before, NULL, NULL, NULL));
    }
    for (int i = 0; i < 3 * side * side; i++)
        if (memcmp(&before.data[i], &after.data[i], sizeof(float)) != 0)
            farthest = MAX(farthest, MAX(ABS(i % side - x), ABS(i / side % side - y)));
    return farthest;
}

static void
test_radius(void)
{
    const char *path = "tests/golden/random.safetensors";
    g_autoptr(MendModelInfo) model = mend_model_read(path, NULL);
    g_autoptr(MendWeights) weights = mend_weights_open(path, NULL);
    MendNetworkConfig config = {model->global_attention, model->residual, 0, NULL};
    int align, radius, farthest = 0;
    g_assert_true(
        mend_network_find(model->network)->extent(weights, &config, &align, &radius, NULL));
    int side = 4 * radius;
    for (int k = 0; k < align; k++) { /* each place on the coarsest grid */
        int found = reach(model, side, side / 2 + k, side / 2 + k);
        g_assert_cmpint(found, <=, radius); /* beyond it: not a bit */
        farthest = MAX(farthest, found);
    }
    g_assert_cmpint(farthest, >, radius - align); /* and it is not a guess on the safe side */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "weights", FALSE);
    g_test_add_func("/tiles/radius", test_radius);
    g_test_add_func("/tiles/shipped-models", test_shipped_models);
    return g_test_run();
}
