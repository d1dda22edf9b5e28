/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials: one job at a time, the last wish wins, results of older wishes are dropped. No display.
 */
#include "ui/trial.h"

#include "compute/error.h"

#define WIDTH  300
#define HEIGHT 200

/* A job that ends when the test says so. The test's only pixel value is x + 1000 * y. */
struct MendJob {
    MendTensor picture;
    MendOptions options;
    MendJobEvents events;
    gboolean cancelled;
};

static MendJob *running; /* the job, or NULL */
static int n_started, n_freed, n_done, n_failed, n_progress;
static float first_value;
static MendShape done_shape;
static gboolean read_fails, mask_fails;
static GdkRectangle whole; /* empty: the picture */
static const char *task = "noise";

static MendTensor
read_area(gpointer data, const GdkRectangle *area, GError **error)
{
    (void)data;
    GdkRectangle all = whole.width ? whole : (GdkRectangle){0, 0, WIDTH, HEIGHT}, common;
    g_assert_true(gdk_rectangle_intersect(area, &all, &common));
    g_assert_true(gdk_rectangle_equal(&common, area));
    if (read_fails) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "unreadable");
        return (MendTensor){0};
    }
    MendTensor rgb = mend_tensor_new((MendShape){3, area->height, area->width}, error);
    float *out = rgb.data;
    for (int i = 0; i < 3 * area->height * area->width; i++)
        *out++ =
            (float)(area->x + i % area->width + 1000 * (area->y + i / area->width % area->height));
    return rgb;
}

/* All of what is asked for. */
static gboolean
read_mask(gpointer data, const GdkRectangle *area, const MendOptions *options, MendTensor *mask,
          GError **error)
{
    (void)data, (void)options;
    if (mask_fails) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "unreadable");
        return FALSE;
    }
    *mask = mend_tensor_new((MendShape){1, area->height, area->width}, error);
    return mask->data != NULL;
}

static gboolean
read_options(gpointer data, MendOptions *options, GError **error)
{
    (void)data, (void)error;
    mend_options_init(options);
    options->strength = 0.25;
    g_strlcpy(options->task, task, sizeof options->task);
    return TRUE;
}

static MendJob *
job_start(MendTensor picture, const MendOptions *options, MendJobEvents events, GError **error)
{
    g_assert_null(running);
    running = g_new0(MendJob, 1);
    running->picture = mend_tensor_new(picture.shape, error);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++)
        running->picture.data[i] = picture.data[i];
    running->options = *options;
    running->events = events;
    n_started++;
    return running;
}

static void
job_cancel(MendJob *job)
{
    job->cancelled = TRUE;
}

static void
job_free(MendJob *job)
{
    g_assert_true(job == running);
    mend_tensor_clear(&job->picture);
    mend_tensor_clear(&job->events.mask);
    g_free(job);
    running = NULL;
    n_freed++;
}

/* Ends the running job: with its picture, or the error code. */
static void
finish(int code)
{
    g_autoptr(GError) error = NULL;
    if (code >= 0)
        error = g_error_new(MEND_ERROR, code, "made to fail");
    running->events.done(error ? (MendTensor){0} : running->picture, NULL, error,
                         running->events.data);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void
on_progress(double fraction, gpointer data)
{
    (void)fraction, (void)data;
    n_progress++;
}

static void
on_done(MendTensor rgb, gpointer data)
{
    (void)data;
    n_done++;
    first_value = rgb.data[0];
    done_shape = rgb.shape;
}

static void
on_failed(const GError *error, gpointer data)
{
    (void)data;
    g_assert_nonnull(error);
    n_failed++;
}

static MendTrial *
new_trial(void)
{
    const MendTrialSource source = {.width = WIDTH,
                                    .height = HEIGHT,
                                    .whole = whole,
                                    .marked = whole.width > 0,
                                    .read = read_area,
                                    .mask = read_mask,
                                    .options = read_options,
                                    .job_start = job_start,
                                    .job_cancel = job_cancel,
                                    .job_free = job_free};
    n_started = n_freed = n_done = n_failed = n_progress = 0;
    read_fails = mask_fails = FALSE;
    return mend_trial_new(&source, (MendTrialEvents){on_progress, on_done, on_failed, NULL});
}

static void
test_result(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){150, 100, 40, 30});
    g_assert_false(running->events.marked);
    g_assert_true(mend_trial_is_running(trial));
    g_assert_cmpint(running->picture.shape.w, >, 40); /* it sees more than it is asked for */
    g_assert_cmpfloat(running->options.strength, ==, 1.0);
    g_assert_true(
        mend_shape_equal(running->events.mask.shape,
                         (MendShape){1, running->picture.shape.h, running->picture.shape.w}));
    finish(-1);
    g_assert_cmpint(n_done, ==, 1);
    g_assert_cmpint(n_freed, ==, 1);
    g_assert_true(mend_shape_equal(done_shape, (MendShape){3, 30, 40}));
    g_assert_cmpfloat(first_value, ==, 150 + 1000 * 100);
    g_assert_false(mend_trial_is_running(trial));
    mend_trial_free(trial);
}

/* At the picture's corners the surroundings end; read_area() checks the rest. */
static void
test_edges(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){0, 0, WIDTH, HEIGHT});
    finish(-1);
    mend_trial_start(trial, (GdkRectangle){WIDTH - 1, HEIGHT - 1, 1, 1});
    finish(-1);
    g_assert_cmpint(n_done, ==, 2);
    g_assert_cmpfloat(first_value, ==, WIDTH - 1 + 1000 * (HEIGHT - 1));
    mend_trial_free(trial);
}

/* A part of something larger: the job may see what lies around, and knows its place there. */
static void
test_part_of_more(void)
{
    whole = (GdkRectangle){-100, -70, 1000, 800};
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){0, 0, 40, 30});
    g_assert_cmpint(running->events.x0, ==, 64); /* of the whole: 100 - 32, on a grid of 64 */
    g_assert_cmpint(running->events.y0, ==, 0);
    g_assert_true(running->events.marked);
    g_assert_cmpint(running->picture.shape.w, ==, 36 + 40 + 32);
    finish(-1);
    g_assert_cmpint(n_done, ==, 1);
    g_assert_cmpfloat(first_value, ==, 0);
    mend_trial_free(trial);
    whole = (GdkRectangle){0};
}

/* For what is put together from its surroundings, all of the hole and as much around it as the
 * whole run sees. */
static void
test_hole(void)
{
    whole = (GdkRectangle){-1000, -800, 3000, 2000};
    MendTrial *trial = new_trial();
    task = "inpainting";
    g_assert_cmpint(mend_restore_margin(task, WIDTH), >, 300);
    g_assert_cmpint(mend_restore_margin("noise", WIDTH), <=, 64);
    mend_trial_start(trial, (GdkRectangle){0, 0, 40, 30});
    g_assert_cmpint(running->picture.shape.w, >, 40 + 2 * (mend_restore_margin(task, WIDTH) + 200));
    g_assert_cmpint(running->events.x0, <, 1000 - mend_restore_margin(task, WIDTH));
    g_assert_cmpint(running->events.x0 % 64, ==, 0);
    finish(-1);
    g_assert_cmpfloat(first_value, ==, 0);
    mend_trial_free(trial);
    whole = (GdkRectangle){0};
    task = "noise";
}

static void
test_last_wish(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    mend_trial_start(trial, (GdkRectangle){20, 20, 5, 5});
    mend_trial_start(trial, (GdkRectangle){30, 30, 5, 5});
    g_assert_cmpint(n_started, ==, 1);
    g_assert_true(running->cancelled);
    running->events.progress(&(MendProgress){.fraction = 0.5}, running->events.data);
    g_assert_cmpint(n_progress, ==, 0);
    finish(-1); /* it was quicker than the cancel: its result is stale all the same */
    g_assert_cmpint(n_done, ==, 0);
    g_assert_cmpint(n_started, ==, 2);
    finish(-1);
    g_assert_cmpint(n_done, ==, 1);
    g_assert_cmpint(n_started, ==, 2);
    g_assert_cmpfloat(first_value, ==, 30 + 1000 * 30);
    mend_trial_free(trial);
}

static void
test_stop(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    mend_trial_start(trial, (GdkRectangle){20, 20, 5, 5});
    mend_trial_stop(trial);
    g_assert_false(mend_trial_is_running(trial));
    finish(MEND_ERROR_CANCELLED);
    g_assert_cmpint(n_started, ==, 1);
    g_assert_cmpint(n_done + n_failed, ==, 0);
    g_assert_null(running);
    mend_trial_free(trial);
}

static void
test_failures(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    finish(MEND_ERROR_MEMORY);
    g_assert_cmpint(n_failed, ==, 1);
    read_fails = TRUE;
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    g_assert_cmpint(n_failed, ==, 2);
    read_fails = FALSE;
    mask_fails = TRUE;
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    g_assert_cmpint(n_failed, ==, 3);
    g_assert_false(mend_trial_is_running(trial));
    mask_fails = FALSE; /* and it works again */
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    finish(-1);
    g_assert_cmpint(n_done, ==, 1);
    mend_trial_free(trial);
}

static void
test_free_while_running(void)
{
    MendTrial *trial = new_trial();
    mend_trial_start(trial, (GdkRectangle){10, 10, 5, 5});
    mend_trial_free(trial);
    g_assert_cmpint(n_freed, ==, 1);
    mend_trial_free(NULL);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trial/result", test_result);
    g_test_add_func("/trial/edges", test_edges);
    g_test_add_func("/trial/part-of-more", test_part_of_more);
    g_test_add_func("/trial/hole", test_hole);
    g_test_add_func("/trial/last-wish", test_last_wish);
    g_test_add_func("/trial/stop", test_stop);
    g_test_add_func("/trial/failures", test_failures);
    g_test_add_func("/trial/free-while-running", test_free_while_running);
    return g_test_run();
}
