/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The learned mean: the numbers of its twin in training, files that do not fit, lack of memory,
 * and the way through the whole job. The golden pair is made by weights/train/export.py --tiny
 * --overview random --io, from a seed. */
#include "compute/overview.h"

#include <glib/gstdio.h>
#include <string.h>

#include "compute/error.h"
#include "compute/restore.h"
#include "tests/unit/models.h"
#include "tests/unit/tensors.h"

#define MODEL "tests/golden/overview/model.safetensors"
#define IO    "tests/golden/overview/model.io.safetensors"

/* The twin reduces the picture and runs the network in single precision, in another order. */
#define AGREEMENT 1e-5f

static MendTensor
golden(const char *name)
{
    g_autoptr(MendWeights) file = mend_weights_open(IO, NULL);
    g_assert_nonnull(file);
    return tensors_read(file, name);
}

static void
test_twin(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = golden("picture");
    for (int i = 0; model->tasks[i]; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strconcat("mean.", model->tasks[i], NULL);
        g_auto(MendTensor) expected = golden(name);
        g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
        mend_overview_estimate(model, i, picture, mean, NULL, &error);
        g_assert_no_error(error);
        float difference = tensors_largest_difference(mean, expected);
        g_test_message("%s: %.2g from the twin, %.2g from the picture", model->tasks[i],
                       (double)difference, (double)tensors_largest_difference(mean, picture));
        g_assert_cmpfloat(difference, <=, AGREEMENT);
        g_assert_cmpfloat(tensors_largest_difference(mean, picture), >, 0.01f);
    }
}

static void
test_any_size(void)
{
    static const int sizes[][2] = {{1, 1}, {2, 3}, {5000, 1}, {1, 5000}, {96, 96}};
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    int n_tasks = (int)g_strv_length(model->tasks);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        MendShape shape = {3, sizes[i][0], sizes[i][1]};
        g_auto(MendTensor) picture = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) mean = mend_tensor_new(shape, NULL);
        for (size_t k = 0; k < mend_shape_count(shape); k++)
            picture.data[k] = (float)(k % 7) / 6;
        for (int row = 0; row < n_tasks; row++) {
            g_assert_true(mend_overview_estimate(model, row, picture, mean, NULL, NULL));
            for (size_t k = 0; k < mend_shape_count(shape); k++)
                g_assert_true(mean.data[k] >= 0 && mean.data[k] <= 1);
        }
    }
}

/* All tasks, one after the other. */
static gboolean
estimate_all(const MendModelInfo *model, MendTensor picture, MendTensor mean, const MendGoOn *go_on,
             GError **error)
{
    for (int row = 0; model->tasks[row]; row++)
        if (!mend_overview_estimate(model, row, picture, mean, go_on, error))
            return FALSE;
    return TRUE;
}

static int starved_row;

static gboolean
estimate_one(const MendModelInfo *model, MendTensor picture, MendTensor mean, const MendGoOn *go_on,
             GError **error)
{
    return mend_overview_estimate(model, starved_row, picture, mean, go_on, error);
}

static void
test_no_memory(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = golden("picture");
    for (starved_row = 0; model->tasks[starved_row]; starved_row++)
        models_check_starved(estimate_one, model, picture);
}

static void
test_cancel(void)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    g_auto(MendTensor) picture = golden("picture");
    models_check_stopped(estimate_all, model, picture, 2);
}

/* What is wrong is named: a key of the metadata, or an array. */
static void
test_files_that_do_not_fit(void)
{
    static const struct {
        const char *place, *old, *new, *named;
    } cases[] = {
        {"mend.mean", "overview:exposure", "overview:exposuer", "mend.mean"},
        {"mend.mean", "overview:exposure", "overlook:exposure", "mend.mean"},
        {"\"overview.", "intro.weight", "intro.weighs", "overview.intro.weight"},
        {"\"overview.middle_blks.0.norm1.g", "norm1", "norm3", "overview.middle_blks.0.norm1.g"},
        {"\"overview.task_embedding", "[4,32]", "[2,64]", "overview.task_embedding"},
        {"\"overview.task_embedding", "task", "tusk", "overview.task_embedding"},
        {"\"overview.intro.weight", "[8,6,3,3]", "[4,9,3,4]", "overview.intro"},
        {"\"overview.intro.weight", "[8,6,3,3]", "[6,8,3,3]", "overview.intro"},
    };
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path =
            models_altered(MODEL, cases[i].place, cases[i].old, cases[i].new, 0);
        g_autoptr(MendModelInfo) model = mend_model_read(path, &error);
        gboolean good = model && mend_overview_estimate(model, 1, picture, mean, NULL, &error);
        g_unlink(path);
        g_assert_false(good);
        g_test_message("%s", error->message);
        g_assert_true(error->code == MEND_ERROR_WEIGHTS || error->code == MEND_ERROR_SHAPE);
        g_assert_nonnull(strstr(error->message, cases[i].named));
    }
}

/* With the last layer zero the job returns the mean of its task, whatever it does between. */
static void
test_through_the_job(void)
{
    g_autofree char *half = models_altered(MODEL, "\"ending.weight\"", NULL, NULL, 0);
    g_autofree char *zero = models_altered(half, "\"ending.bias\"", NULL, NULL, 0);
    g_autoptr(MendModelInfo) model = models_open(zero);
    g_auto(MendTensor) picture = golden("picture");
    g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
    for (int i = 0; model->tasks[i]; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strconcat("mean.", model->tasks[i], NULL);
        g_auto(MendTensor) mean = golden(name);
        MendOptions options;
        mend_options_init(&options);
        g_assert_true(mend_options_set(&options, "task", model->tasks[i], NULL));
        g_assert_true(mend_options_set(&options, "model", zero, NULL));
        g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
        options.tile = 64;
        mend_restore(picture, &options, NULL, result, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpfloat(tensors_largest_difference(result, mean), <=, AGREEMENT);
    }
    g_unlink(half);
    g_unlink(zero);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/overview/twin", test_twin);
    g_test_add_func("/overview/any-size", test_any_size);
    g_test_add_func("/overview/no-memory", test_no_memory);
    g_test_add_func("/overview/cancel", test_cancel);
    g_test_add_func("/overview/files-that-do-not-fit", test_files_that_do_not_fit);
    g_test_add_func("/overview/through-the-job", test_through_the_job);
    return g_test_run();
}
