/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mirrored evaluations: the mean of two answers, whatever the tiles; which jobs take them. */
#include <glib/gstdio.h>
#include <math.h>

#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/restore.h"
#include "tests/unit/models.h"
#include "tests/unit/starved.h"
#include "tests/unit/tensors.h"

#define MODEL "tests/golden/random.safetensors"
#define W     64 /* a multiple of the network's align: turned, its grid lies as before */
#define H     44

static MendTensor
scene(gboolean turned)
{
    MendTensor t = mend_tensor_new((MendShape){3, H, W}, NULL);
    for (int i = 0; i < 3 * W * H; i++) {
        int x = turned ? W - 1 - i % W : i % W, y = i / W % H, c = i / (W * H);
        t.data[i] = (float)(0.5 + 0.3 * sin(x / 5.0 + c) * cos(y / 7.0 - c) + 0.1 * (x > 40));
    }
    return t;
}

static MendTensor
answer(MendTensor picture, gboolean mirror, int tile)
{
    g_autoptr(MendModelInfo) model = models_open(MODEL);
    MendEvaluatorParams params = {model, "noise", "cpu", tile, FALSE};
    g_autoptr(MendEvaluator) e = mend_evaluator_new(&params, W, H, NULL);
    MendTensor out = mend_tensor_new(picture.shape, NULL);
    mend_evaluator_mirror(e, mirror);
    g_assert_true(mend_evaluator_predict(e, picture, picture, picture, 50, out, NULL, NULL, NULL));
    return out;
}

/* The mean of what the picture and its mirror image are answered, whatever the tiles. */
static void
test_mean_of_two(void)
{
    g_auto(MendTensor) picture = scene(FALSE), turned = scene(TRUE);
    g_auto(MendTensor) first = answer(picture, FALSE, 128);
    g_auto(MendTensor) second = answer(turned, FALSE, 128);
    g_auto(MendTensor) both = answer(picture, TRUE, 128);
    g_auto(MendTensor) tiled = answer(picture, TRUE, 32);
    for (int i = 0; i < 3 * W * H; i++) {
        float mirrored = second.data[i / W * W + W - 1 - i % W];
        g_assert_cmpfloat(fabsf(both.data[i] - (first.data[i] + mirrored) / 2), <, 1e-5f);
    }
    g_assert_cmpfloat(tensors_largest_difference(first, both), >, 1e-3f);
    g_assert_cmpfloat(tensors_largest_difference(both, tiled), <=, 1e-4f);
}

typedef struct {
    char *model;
    MendTensor picture, result;
    MendRestoreInfo info;
    int n_calls;
    double fraction;
} Job;

static gboolean
count(const MendProgress *progress, gpointer data)
{
    Job *job = data;
    g_assert_cmpfloat(progress->fraction, >=, job->fraction);
    g_assert_cmpint(progress->step, <=, progress->n_steps);
    job->fraction = progress->fraction;
    job->n_calls++;
    return TRUE;
}

static void
run(Job *job, const char *sampler, const char *grid, int steps)
{
    MendOptions options;
    MendRestoreHooks hooks = {.progress = count, .data = job};
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", "noise", NULL));
    g_assert_true(mend_options_set(&options, "model", job->model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    g_assert_true(mend_options_set(&options, "sampler", sampler, NULL));
    g_assert_true(mend_options_set(&options, "grid", grid, NULL));
    options.steps = steps;
    job->n_calls = 0;
    job->fraction = 0;
    g_assert_true(mend_restore(job->picture, &options, &hooks, job->result, &job->info, NULL));
    g_assert_cmpint(job->info.steps, ==, steps);
    g_assert_cmpfloat(job->fraction, ==, 1);
}

static gboolean
attempt(gpointer data, GError **error)
{
    Job *job = data;
    MendOptions options;
    mend_options_init(&options);
    g_strlcpy(options.task, "noise", sizeof options.task);
    g_strlcpy(options.model, job->model, sizeof options.model);
    g_strlcpy(options.device, "cpu", sizeof options.device);
    options.steps = 2;
    return mend_restore(job->picture, &options, NULL, job->result, NULL, error);
}

/* Two steps are a mirrored one where the preset says so: not with a sampler or a grid of the user's
 * own, nor for another number of steps. Where memory is short it fails in order. */
static void
test_presets(void)
{
    static const char old[] =
        "\"mend.source\":\"tests/golden/models.py\",\"mend.training\":\"none\","
        "\"mend.quality.noise\":\"none: for tests\"";
    static const char new[] =
        "\"mend.preset.noise\":\"mr-ode-2:1,mr-ode-2:1,mr-ode-2:2:linspace:mirror\""
        "                              ";
    G_STATIC_ASSERT(sizeof old == sizeof new);
    g_auto(MendTensor) picture = scene(FALSE), result = scene(FALSE);
    char *model = models_altered(MODEL, "mend.source", old + 1, new + 1, 0);
    Job job = {.model = model, .picture = picture, .result = result};
    run(&job, "auto", "auto", 1);
    int once = job.n_calls;
    g_assert_false(job.info.mirror);
    run(&job, "auto", "auto", 2);
    g_assert_true(job.info.mirror);
    g_assert_cmpint(job.n_calls, ==, 2 * once - 1); /* a tile's end is told once */
    run(&job, "mr-ode-2", "auto", 2);
    g_assert_false(job.info.mirror);
    run(&job, "auto", "linspace", 2);
    g_assert_false(job.info.mirror);
    run(&job, "auto", "auto", 4);
    g_assert_false(job.info.mirror);
    g_assert_cmpint(starved_attempts(attempt, &job, 2000), >, 3);
    g_unlink(job.model);
    g_free(job.model);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mirror/mean-of-two", test_mean_of_two);
    g_test_add_func("/mirror/presets", test_presets);
    return g_test_run();
}
