/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restoring a part of the picture on trial. */
#include "ui/trial.h"

#include <string.h>

#include "compute/error.h"

#define MARGIN    32  /* pixels around the part, so that its edges see what the whole run sees */
#define MOST_HOLE 256 /* side of a hole that is seen whole */
#define GRID      64  /* jobs start at multiples of it: windows inside the network fall alike */

struct MendTrial {
    MendTrialSource source;
    MendTrialEvents events;
    MendJob *job;            /* running, cancelled, or done and not yet freed */
    GdkRectangle area, seen; /* of the job: what was asked for, and what it was given */
    gboolean stale;          /* nobody wants the job's result any more */
    gboolean queued;         /* area of the next job is known */
    GdkRectangle next;
    guint cleaner;
    char detected[32]; /* in place of the task "auto"; "" is none */
};

/* What fills a hole depends on all of it and on much around it. */
static int
margin_of(const MendTrial *trial, const char *task)
{
    int side = MAX(trial->source.width, trial->source.height);
    return strcmp(task, "inpainting") == 0 ? MIN(side, MOST_HOLE) + mend_restore_margin(task, side)
                                           : MARGIN;
}

static GdkRectangle
context_of(const MendTrial *trial, GdkRectangle area, const char *task)
{
    const GdkRectangle *whole = &trial->source.whole;
    int margin = margin_of(trial, task);
    int x = whole->x + MAX(area.x - whole->x - margin, 0) / GRID * GRID;
    int y = whole->y + MAX(area.y - whole->y - margin, 0) / GRID * GRID;
    int right = MIN(area.x + area.width + margin, whole->x + whole->width);
    int bottom = MIN(area.y + area.height + margin, whole->y + whole->height);
    return (GdkRectangle){x, y, right - x, bottom - y};
}

static MendTensor
crop(MendTensor rgb, GdkRectangle seen, GdkRectangle area)
{
    MendTensor part = mend_tensor_new((MendShape){3, area.height, area.width}, NULL);
    size_t row = (size_t)area.width;
    for (int c = 0; part.data && c < 3; c++) {
        for (int y = 0; y < area.height; y++) {
            const float *from = mend_tensor_plane(rgb, c).data +
                                (size_t)(area.y - seen.y + y) * (size_t)seen.width +
                                (area.x - seen.x);
            memcpy(mend_tensor_plane(part, c).data + (size_t)y * row, from, row * sizeof(float));
        }
    }
    return part;
}

static void launch(MendTrial *trial);

/* A job is not freed inside its own callback. */
static gboolean
clean(gpointer data)
{
    MendTrial *trial = data;
    trial->cleaner = 0;
    trial->source.job_free(g_steal_pointer(&trial->job));
    if (trial->queued)
        launch(trial);
    return G_SOURCE_REMOVE;
}

static void
on_progress(const MendProgress *progress, gpointer data)
{
    MendTrial *trial = data;
    if (!trial->stale)
        trial->events.progress(progress->fraction, trial->events.data);
}

static void
on_done(MendTensor result, const MendRestoreInfo *info, const GError *error, gpointer data)
{
    (void)info;
    MendTrial *trial = data;
    gboolean wanted = !trial->stale;
    trial->stale = TRUE;
    trial->cleaner = g_idle_add(clean, trial);
    if (!wanted || mend_error_is(error, MEND_ERROR_CANCELLED))
        return;
    if (error) {
        trial->events.failed(error, trial->events.data);
        return;
    }
    g_auto(MendTensor) part = crop(result, trial->seen, trial->area);
    if (part.data)
        trial->events.done(part, trial->events.data);
}

/* The job, of as much around the area as its task wants; NULL on failure. */
static MendJob *
start_job(MendTrial *trial, const MendOptions *options, GError **error)
{
    trial->seen = context_of(trial, trial->area, options->task);
    MendJobEvents events = {.progress = on_progress,
                            .done = on_done,
                            .data = trial,
                            .x0 = trial->seen.x - trial->source.whole.x,
                            .y0 = trial->seen.y - trial->source.whole.y,
                            .marked = trial->source.marked};
    g_auto(MendTensor) rgb = trial->source.read(trial->source.data, &trial->seen, error);
    if (!rgb.data || (trial->source.mask && !trial->source.mask(trial->source.data, &trial->seen,
                                                                options, &events.mask, error)))
        return NULL;
    return trial->source.job_start(rgb, options, events, error);
}

static void
launch(MendTrial *trial)
{
    g_autoptr(GError) error = NULL;
    MendOptions options;
    trial->queued = FALSE;
    trial->stale = FALSE;
    trial->area = trial->next;
    if (trial->source.options(trial->source.data, &options, &error)) {
        if (strcmp(options.task, MEND_TASK_AUTO) == 0 && trial->detected[0])
            g_strlcpy(options.task, trial->detected, sizeof options.task);
        options.strength = 1; /* any other is blended by who shows it, without another job */
        trial->job = start_job(trial, &options, &error);
    }
    if (!trial->job)
        trial->events.failed(error, trial->events.data);
}

MendTrial *
mend_trial_new(const MendTrialSource *source, MendTrialEvents events)
{
    MendTrial *trial = g_new0(MendTrial, 1);
    trial->source = *source;
    if (source->whole.width == 0)
        trial->source.whole = (GdkRectangle){0, 0, source->width, source->height};
    trial->events = events;
    return trial;
}

void
mend_trial_free(MendTrial *trial)
{
    if (!trial)
        return;
    g_clear_handle_id(&trial->cleaner, g_source_remove);
    if (trial->job)
        trial->source.job_free(trial->job);
    g_free(trial);
}

void
mend_trial_start(MendTrial *trial, GdkRectangle area)
{
    mend_trial_stop(trial);
    trial->next = area;
    trial->queued = TRUE;
    if (!trial->job)
        launch(trial);
}

void
mend_trial_stop(MendTrial *trial)
{
    trial->queued = FALSE;
    if (trial->job && !trial->stale) {
        trial->stale = TRUE;
        trial->source.job_cancel(trial->job);
    }
}

void
mend_trial_set_detected(MendTrial *trial, const char *task)
{
    g_strlcpy(trial->detected, task, sizeof trial->detected);
}

gboolean
mend_trial_is_running(const MendTrial *trial)
{
    return trial->queued || (trial->job && !trial->stale);
}
