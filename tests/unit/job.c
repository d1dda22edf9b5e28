/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A restoration on a thread: heard on the starter's context, stopped and freed at any moment.
 * Clean under ThreadSanitizer. */
#include "compute/job.h"

#include <string.h>

#include "compute/error.h"

typedef struct {
    GThread *thread;
    GMainLoop *loop;
    MendJob *job;
    gboolean cancel_at_progress, free_at_progress, free_at_done;
    int n_progress, n_done, code; /* of the error; -1: none */
    double fraction;
    float first; /* the result's first value */
} Listener;

static void
on_progress(const MendProgress *progress, gpointer data)
{
    Listener *listener = data;
    g_assert_true(g_thread_self() == listener->thread);
    g_assert_cmpint(listener->n_done, ==, 0);
    g_assert_cmpfloat(progress->fraction, >=, listener->fraction);
    listener->fraction = progress->fraction;
    listener->n_progress++;
    if (listener->cancel_at_progress)
        mend_job_cancel(listener->job);
    if (listener->free_at_progress) {
        g_clear_pointer(&listener->job, mend_job_free);
        g_main_loop_quit(listener->loop);
    }
}

static void
on_done(MendTensor result, const MendRestoreInfo *info, const GError *error, gpointer data)
{
    Listener *listener = data;
    g_assert_true(g_thread_self() == listener->thread);
    g_assert_nonnull(info);
    g_assert_true((result.data == NULL) == (error != NULL));
    listener->n_done++;
    listener->code = error ? error->code : -1;
    if (result.data)
        listener->first = result.data[0];
    if (listener->free_at_done)
        g_clear_pointer(&listener->job, mend_job_free);
    g_main_loop_quit(listener->loop);
}

static void
start(Listener *listener, const char *model, int side)
{
    MendOptions options;
    g_autoptr(GError) error = NULL;
    mend_options_init(&options);
    g_strlcpy(options.task, "noise", sizeof options.task);
    g_strlcpy(options.model, model, sizeof options.model);
    g_strlcpy(options.device, "cpu", sizeof options.device);
    options.tile = 16;
    options.steps = 3;
    MendTensor picture = mend_tensor_new((MendShape){3, side, side}, NULL);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++)
        picture.data[i] = 0.25f;
    MendJobEvents events = {.progress = on_progress, .done = on_done, .data = listener};
    listener->thread = g_thread_self();
    listener->job = mend_job_start(picture, &options, events, &error);
    g_assert_no_error(error);
    memset(&options, 0xff, sizeof options); /* both were copied */
    memset(picture.data, 0xff, mend_shape_count(picture.shape) * sizeof(float));
    mend_tensor_clear(&picture);
}

static void
finish(Listener *listener)
{
    mend_job_free(listener->job);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_main_loop_unref(listener->loop);
}

static void
test_result(void)
{
    Listener listener = {.loop = g_main_loop_new(NULL, FALSE)};
    start(&listener, "identity", 64);
    g_main_loop_run(listener.loop);
    finish(&listener);
    g_assert_cmpint(listener.n_done, ==, 1);
    g_assert_cmpint(listener.code, ==, -1);
    g_assert_cmpfloat(listener.first, ==, 0.25f);
    g_assert_cmpint(listener.n_progress, >=, 1);
    g_assert_cmpfloat(listener.fraction, ==, 1);
}

static void
test_error(void)
{
    Listener listener = {.loop = g_main_loop_new(NULL, FALSE)};
    start(&listener, "nothing", 16);
    g_main_loop_run(listener.loop);
    finish(&listener);
    g_assert_cmpint(listener.n_done, ==, 1);
    g_assert_cmpint(listener.code, ==, MEND_ERROR_OPTION);
}

static void
test_cancel(void)
{
    for (int late = 0; late < 2; late++) {
        Listener listener = {.loop = g_main_loop_new(NULL, FALSE), .cancel_at_progress = late};
        start(&listener, "random", 256);
        if (!late)
            mend_job_cancel(listener.job);
        g_main_loop_run(listener.loop);
        finish(&listener);
        g_assert_cmpint(listener.n_done, ==, 1);
        g_assert_cmpint(listener.code, ==, MEND_ERROR_CANCELLED);
    }
}

/* The worker has a result, but the wish to stop came before it was told. */
static void
test_cancel_after_the_end(void)
{
    Listener listener = {.loop = g_main_loop_new(NULL, FALSE)};
    start(&listener, "identity", 16);
    g_usleep(200000); /* most likely done by now; the answer is the same where not */
    mend_job_cancel(listener.job);
    g_main_loop_run(listener.loop);
    finish(&listener);
    g_assert_cmpint(listener.code, ==, MEND_ERROR_CANCELLED);
}

static void
test_free_while_running(void)
{
    Listener at_once = {.loop = g_main_loop_new(NULL, FALSE)};
    start(&at_once, "random", 128);
    finish(&at_once);
    g_assert_cmpint(at_once.n_progress + at_once.n_done, ==, 0);

    Listener in_progress = {.loop = g_main_loop_new(NULL, FALSE), .free_at_progress = TRUE};
    start(&in_progress, "random", 256);
    g_main_loop_run(in_progress.loop);
    finish(&in_progress);
    g_assert_cmpint(in_progress.n_progress, ==, 1);
    g_assert_cmpint(in_progress.n_done, ==, 0);

    Listener in_done = {.loop = g_main_loop_new(NULL, FALSE), .free_at_done = TRUE};
    start(&in_done, "identity", 16);
    g_main_loop_run(in_done.loop);
    finish(&in_done);
    g_assert_cmpint(in_done.n_done, ==, 1);
    mend_job_free(NULL);
}

static gpointer
run_elsewhere(gpointer data)
{
    Listener *listener = data;
    g_autoptr(GMainContext) context = g_main_context_new();
    g_main_context_push_thread_default(context);
    listener->loop = g_main_loop_new(context, FALSE);
    start(listener, "identity", 32);
    g_main_loop_run(listener->loop);
    mend_job_free(listener->job);
    g_main_loop_unref(listener->loop);
    g_main_context_pop_thread_default(context);
    return NULL;
}

static void
test_other_context(void)
{
    Listener listener = {0};
    g_thread_join(g_thread_new("starter", run_elsewhere, &listener));
    g_assert_cmpint(listener.n_done, ==, 1);
    g_assert_cmpint(listener.code, ==, -1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/job/result", test_result);
    g_test_add_func("/job/error", test_error);
    g_test_add_func("/job/cancel", test_cancel);
    g_test_add_func("/job/cancel-after-the-end", test_cancel_after_the_end);
    g_test_add_func("/job/free-while-running", test_free_while_running);
    g_test_add_func("/job/other-context", test_other_context);
    return g_test_run();
}
