/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alternatives and uncertainty through the whole job, on the CPU with the tiny models of
 * tests/golden: how many, blended like the result, to the bit where nothing may change, and nothing
 * of it where it is not wanted or the job is stopped. */
#include "compute/restore_more.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/job.h"
#include "compute/uncertainty.h"
#include "tests/unit/starved.h"

#define W     41
#define H     29
#define PLANE (W * H)
#define ALL   (3 * PLANE)
#define MOST  12

/* What came, in the order in which it came. */
typedef struct {
    float *pictures[MOST], deviation[PLANE];
    int n, n_maps, n_progress, cancel_at, n_steps;
    gboolean done;
    MendRestoreInfo info;
    MendTensor result;
    GMainLoop *loop;
} Listener;

static gboolean
on_alternative(MendTensor picture, int number, gpointer data, GError **error)
{
    Listener *listener = data;
    (void)error;
    g_assert_cmpint(number, ==, listener->n + 1);
    g_assert_cmpint(listener->n_maps, ==, 0);
    listener->pictures[listener->n++] = g_memdup2(picture.data, ALL * sizeof(float));
    return TRUE;
}

static gboolean
on_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data,
               GError **error)
{
    Listener *listener = data;
    (void)error;
    g_assert_true(mend_shape_equal(deviation.shape, (MendShape){1, H, W}));
    g_assert_cmpint(about->n_made, >=, MEND_UNCERTAINTY_LEAST);
    memcpy(listener->deviation, deviation.data, sizeof listener->deviation);
    listener->n_maps++;
    return TRUE;
}

static gboolean
on_progress(const MendProgress *progress, gpointer data)
{
    Listener *listener = data;
    listener->n_steps = progress->n_steps;
    g_assert_cmpint(progress->step, <=, progress->n_steps);
    return ++listener->n_progress != listener->cancel_at;
}

static void
listener_clear(Listener *listener)
{
    for (int i = 0; i < listener->n; i++)
        g_free(listener->pictures[i]);
    mend_tensor_clear(&listener->result);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listener, listener_clear)

static MendOptions
options_for(const char *task, const char *model, int alternatives, gboolean uncertainty)
{
    MendOptions options;
    mend_options_init(&options);
    g_assert_true(mend_options_set(&options, "task", task, NULL));
    g_assert_true(mend_options_set(&options, "model", model, NULL));
    g_assert_true(mend_options_set(&options, "device", "cpu", NULL));
    options.alternatives = alternatives;
    options.uncertainty = uncertainty;
    options.steps = 2;
    return options;
}

static MendTensor
scene(void)
{
    MendTensor picture = mend_tensor_new((MendShape){3, H, W}, NULL);
    for (int i = 0; i < ALL; i++)
        picture.data[i] = 0.2f + 0.5f * (float)(i % W) / W + 0.1f * (float)(i % 7 == 0);
    return picture;
}

static gboolean
restore(MendTensor picture, MendTensor mask, const MendOptions *options, Listener *listener,
        GError **error)
{
    MendRestoreHooks hooks = {.progress = on_progress,
                              .data = listener,
                              .mask = mask,
                              .alternative = on_alternative,
                              .uncertainty = on_uncertainty};
    listener->result = mend_tensor_new(picture.shape, NULL);
    memset(listener->result.data, 0, ALL * sizeof(float));
    return mend_restore(picture, options, &hooks, listener->result, &listener->info, error);
}

static float
distance(const float *a, const float *b)
{
    float most = 0;
    for (int i = 0; i < ALL; i++)
        most = MAX(most, fabsf(a[i] - b[i]));
    return most;
}

/* The result is what it is without them; they differ from it and each other; all is counted. */
static void
test_beside_the_result(void)
{
    g_auto(Listener) with = {0}, without = {0}, again = {0};
    g_auto(MendTensor) picture = scene();
    MendOptions options = options_for("noise", "random", 3, TRUE);
    g_assert_true(restore(picture, (MendTensor){0}, &options, &with, NULL));
    g_assert_cmpint(with.n, ==, 3);
    g_assert_cmpint(with.n_maps, ==, 1);
    const MendAlternativesInfo *more = &with.info.more;
    g_assert_cmpint(more->n, ==, 3);
    g_assert_cmpint(more->n_made, ==, MEND_UNCERTAINTY_LEAST);
    g_assert_cmpint(more->n_evaluations, ==, mend_alternatives_cost(MEND_UNCERTAINTY_LEAST));
    g_assert_cmpint(more->first, ==, mend_alternatives_cost(1));
    g_assert_cmpint(more->next, <, more->first);
    g_assert_cmpint(with.n_steps, ==, 2 + more->n_evaluations);
    g_assert_cmpfloat(more->effective, >, 1);
    g_assert_cmpint(with.info.steps, ==, 2);
    for (int i = 0; i < with.n; i++)
        for (int k = -1; k < i; k++)
            g_assert_cmpfloat(
                distance(with.pictures[i], k < 0 ? with.result.data : with.pictures[k]), >, 1e-3f);
    g_assert_true(restore(picture, (MendTensor){0}, &options, &again, NULL));
    for (int i = 0; i < 3; i++)
        g_assert_cmpfloat(distance(with.pictures[i], again.pictures[i]), ==, 0);
    options.alternatives = 0;
    options.uncertainty = FALSE;
    g_assert_true(restore(picture, (MendTensor){0}, &options, &without, NULL));
    g_assert_cmpint(without.n + without.n_maps + without.info.more.n_evaluations, ==, 0);
    g_assert_cmpfloat(distance(with.result.data, without.result.data), ==, 0);
}

/* At half strength an alternative is half as far from the picture, and the map half as bright. */
static void
test_strength(void)
{
    g_auto(Listener) whole = {0}, half = {0}, none = {0};
    g_auto(MendTensor) picture = scene();
    MendOptions options = options_for("noise", "random", 2, TRUE);
    g_assert_true(restore(picture, (MendTensor){0}, &options, &whole, NULL));
    options.strength = 0.5;
    g_assert_true(restore(picture, (MendTensor){0}, &options, &half, NULL));
    for (int i = 0; i < ALL; i++)
        g_assert_cmpfloat_with_epsilon(half.pictures[1][i],
                                       (whole.pictures[1][i] + picture.data[i]) / 2, 1e-5f);
    for (int i = 0; i < PLANE; i++)
        g_assert_cmpfloat_with_epsilon(half.deviation[i], whole.deviation[i] / 2, 1e-4f);
    options.strength = 0;
    g_assert_true(restore(picture, (MendTensor){0}, &options, &none, NULL));
    g_assert_cmpint(none.n, ==, 2);
    g_assert_cmpint(memcmp(none.pictures[1], picture.data, ALL * sizeof(float)), ==, 0);
    g_assert_cmpint(none.info.more.n_evaluations, ==, 0);
    for (int i = 0; i < PLANE; i++)
        g_assert_cmpfloat(none.deviation[i], ==, 0);
}

/* Outside of a hole, or of any task's mask, each is the picture, bit by bit, and certain. */
static void
test_known_pixels(void)
{
    const char *const tasks[] = {"inpainting", "noise"};
    for (size_t t = 0; t < G_N_ELEMENTS(tasks); t++) {
        g_auto(Listener) listener = {0};
        g_auto(MendTensor) picture = scene();
        g_auto(MendTensor) mask = mend_tensor_new((MendShape){1, H, W}, NULL);
        const char *model = t == 0 ? "means-only" : "random";
        MendOptions options = options_for(tasks[t], model, 3, TRUE);
        for (int i = 0; i < PLANE; i++)
            mask.data[i] = i % W > 10 && i % W < 20 && i / W > 5 && i / W < 20 ? 1.0f : 0.0f;
        picture.data[0] = -0.5f;
        picture.data[1] = 1.75f;
        g_assert_true(restore(picture, mask, &options, &listener, NULL));
        g_assert_cmpint(listener.n, ==, 3);
        for (int i = 0; i < ALL; i++)
            for (int k = 0; k < 3 && !(mask.data[i % PLANE] > 0); k++) {
                g_assert_cmpint(memcmp(&listener.pictures[k][i], &picture.data[i], 4), ==, 0);
                g_assert_cmpfloat(listener.deviation[i % PLANE], ==, 0);
            }
        if (t == 1)
            g_assert_cmpfloat(listener.deviation[10 * W + 15], >, 0);
    }
}

/* Stopped at whatever evaluation: the result is not written. */
static void
test_cancel(void)
{
    g_auto(MendTensor) picture = scene();
    MendOptions options = options_for("noise", "random", 1, FALSE);
    for (int at = 1; at <= 9; at++) {
        g_auto(Listener) listener = {.cancel_at = at};
        g_autoptr(GError) error = NULL;
        g_assert_false(restore(picture, (MendTensor){0}, &options, &listener, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(listener.n, ==, 0);
        for (int i = 0; i < ALL; i++)
            g_assert_cmpfloat(listener.result.data[i], ==, 0);
    }
}

typedef struct {
    MendOptions options;
    MendTensor picture, result; /* the result is 0 until one succeeds */
} Attempt;

static gboolean
try_restore(gpointer data, GError **error)
{
    Attempt *a = data;
    g_auto(Listener) listener = {0};
    MendRestoreHooks hooks = {
        .data = &listener, .alternative = on_alternative, .uncertainty = on_uncertainty};
    gboolean good = mend_restore(a->picture, &a->options, &hooks, a->result, NULL, error);
    for (int i = 0; i < ALL && !good; i++)
        g_assert_cmpfloat(a->result.data[i], ==, 0);
    return good;
}

/* Whichever block is refused: an error, and the result is not written. */
static void
test_no_memory(void)
{
    g_auto(MendTensor) picture = scene();
    g_auto(MendTensor) result = mend_tensor_new(picture.shape, NULL);
    memset(result.data, 0, ALL * sizeof(float));
    Attempt attempt = {options_for("noise", "random", 1, TRUE), picture, result};
    g_assert_cmpint(starved_attempts(try_restore, &attempt, 1000), >, 15);
}

static void
hear_alternative(MendTensor picture, int number, gpointer data)
{
    on_alternative(picture, number, data, NULL);
}

static void
hear_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data)
{
    on_uncertainty(deviation, about, data, NULL);
}

static void
hear_done(MendTensor result, const MendRestoreInfo *info, const GError *error, gpointer data)
{
    Listener *listener = data;
    g_assert_no_error(error);
    g_assert_nonnull(result.data);
    g_assert_cmpint(listener->n, ==, info->more.n);
    listener->done = TRUE;
    g_main_loop_quit(listener->loop);
}

/* A job on its thread hands over the same, before it is done. */
static void
test_job(void)
{
    g_auto(Listener) direct = {0}, heard = {0};
    g_auto(MendTensor) picture = scene();
    MendOptions options = options_for("noise", "random", 2, TRUE);
    g_assert_true(restore(picture, (MendTensor){0}, &options, &direct, NULL));
    MendJobEvents events = {.done = hear_done,
                            .data = &heard,
                            .alternative = hear_alternative,
                            .uncertainty = hear_uncertainty};
    heard.loop = g_main_loop_new(NULL, FALSE);
    MendJob *job = mend_job_start(picture, &options, events, NULL);
    g_main_loop_run(heard.loop);
    g_main_loop_unref(heard.loop);
    mend_job_free(job);
    g_assert_true(heard.done);
    g_assert_cmpint(heard.n, ==, 2);
    g_assert_cmpint(heard.n_maps, ==, 1);
    g_assert_cmpfloat(distance(direct.pictures[1], heard.pictures[1]), ==, 0);
    g_assert_cmpmem(direct.deviation, sizeof direct.deviation, heard.deviation,
                    sizeof heard.deviation);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/restore-more/beside-the-result", test_beside_the_result);
    g_test_add_func("/restore-more/strength", test_strength);
    g_test_add_func("/restore-more/known-pixels", test_known_pixels);
    g_test_add_func("/restore-more/cancel", test_cancel);
    g_test_add_func("/restore-more/no-memory", test_no_memory);
    g_test_add_func("/restore-more/job", test_job);
    return g_test_run();
}
