/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A restoration on its own thread. Two one-way roads: a flag to the worker, and a slot with the
 * latest progress, under a lock, back to the starter's main context. */
#include "compute/job.h"

#include <pthread.h>
#include <string.h>

#include "compute/error.h"

struct MendJob {
    int refs;       /* the handle's and one for each dispatch under way; starter's thread only */
    gboolean freed; /* no more calls to the listener; starter's thread only */
    MendJobEvents events;
    GMainContext *context;
    GThread *thread;
    gint cancel;        /* atomic */
    MendTensor picture; /* the worker's until it has finished; becomes the result */
    MendOptions options;
    GArray *alternatives; /* MendTensor, owned; the worker's until it has finished */
    MendTensor deviation; /* the same */

    pthread_mutex_t lock; /* of what follows; not GMutex, which ThreadSanitizer cannot see into */
    GSource *source;      /* attached and not yet dispatched, or NULL */
    gboolean finished;
    MendProgress progress;
    char device[256], note[256]; /* what progress points to */
    MendRestoreInfo info;
    GError *error;
};

static void
unref(MendJob *job)
{
    if (--job->refs > 0)
        return;
    mend_tensor_clear(&job->picture);
    mend_tensor_clear(&job->events.mask);
    mend_tensor_clear(&job->deviation);
    g_array_unref(job->alternatives);
    g_clear_error(&job->error);
    g_main_context_unref(job->context);
    pthread_mutex_destroy(&job->lock);
    g_free(job);
}

static void
tell_progress(MendJob *job, MendProgress *progress, const char *device, const char *note)
{
    progress->device = device;
    progress->note = note[0] ? note : NULL;
    if (job->events.progress && !job->freed)
        job->events.progress(progress, job->events.data);
}

/* The listener may free the job in any of the calls. */
static void
tell_more(MendJob *job)
{
    const MendJobEvents *events = &job->events;
    for (guint i = 0; i < job->alternatives->len && !job->freed; i++)
        events->alternative(g_array_index(job->alternatives, MendTensor, i), (int)i + 1,
                            events->data);
    if (job->deviation.data && !job->freed)
        events->uncertainty(job->deviation, &job->info.more, events->data);
}

static void
tell_done(MendJob *job)
{
    MendTensor result = job->picture;
    if (!job->error && g_atomic_int_get(&job->cancel)) /* it was faster than the wish to stop */
        g_set_error_literal(&job->error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
    if (job->error)
        result.data = NULL;
    else
        tell_more(job);
    if (job->events.done && !job->freed)
        job->events.done(result, &job->info, job->error, job->events.data);
}

/* On the starter's main context. The listener may free the job in either call. */
static gboolean
dispatch(gpointer data)
{
    MendJob *job = data;
    MendProgress progress;
    char device[sizeof job->device], note[sizeof job->note];
    job->refs++;
    pthread_mutex_lock(&job->lock);
    g_clear_pointer(&job->source, g_source_unref);
    gboolean finished = job->finished;
    progress = job->progress;
    memcpy(device, job->device, sizeof device);
    memcpy(note, job->note, sizeof note);
    pthread_mutex_unlock(&job->lock);
    if (progress.n_steps > 0)
        tell_progress(job, &progress, device, note);
    if (finished)
        tell_done(job);
    unref(job);
    return G_SOURCE_REMOVE;
}

/* With the lock held. An event that waits will tell the newest state, so there is at most one.
 * Not g_main_context_invoke(): that may call dispatch() here, on the worker. */
static void
wake(MendJob *job)
{
    if (job->source)
        return;
    job->source = g_idle_source_new();
    g_source_set_priority(job->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(job->source, dispatch, job, NULL);
    g_source_attach(job->source, job->context);
}

static gboolean
on_progress(const MendProgress *progress, gpointer data)
{
    MendJob *job = data;
    pthread_mutex_lock(&job->lock);
    job->progress = *progress;
    g_strlcpy(job->device, progress->device ? progress->device : "", sizeof job->device);
    g_strlcpy(job->note, progress->note ? progress->note : "", sizeof job->note);
    wake(job);
    pthread_mutex_unlock(&job->lock);
    return !g_atomic_int_get(&job->cancel);
}

static gboolean
copy(MendTensor from, MendTensor *to, GError **error)
{
    *to = mend_tensor_new(from.shape, error);
    if (to->data)
        memcpy(to->data, from.data, mend_shape_count(from.shape) * sizeof(float));
    return to->data != NULL;
}

static gboolean
keep_alternative(MendTensor picture, int number, gpointer data, GError **error)
{
    MendJob *job = data;
    MendTensor own;
    (void)number;
    if (!copy(picture, &own, error))
        return FALSE;
    g_array_append_val(job->alternatives, own);
    return TRUE;
}

static gboolean
keep_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data,
                 GError **error)
{
    MendJob *job = data;
    (void)about;
    return copy(deviation, &job->deviation, error);
}

static void
clear_tensor(gpointer data)
{
    mend_tensor_clear(data);
}

static gpointer
work(gpointer data)
{
    MendJob *job = data;
    const MendJobEvents *events = &job->events;
    MendRestoreHooks hooks = {on_progress,
                              job,
                              events->x0,
                              events->y0,
                              events->marked,
                              events->mask,
                              events->alternative ? keep_alternative : NULL,
                              events->uncertainty ? keep_uncertainty : NULL};
    MendRestoreInfo info = {0};
    GError *error = NULL;
    if (g_atomic_int_get(&job->cancel))
        g_set_error_literal(&error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
    else
        mend_restore(job->picture, &job->options, &hooks, job->picture, &info, &error);
    pthread_mutex_lock(&job->lock);
    job->info = info;
    job->error = error;
    job->finished = TRUE;
    wake(job);
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

MendJob *
mend_job_start(MendTensor picture, const MendOptions *options, MendJobEvents events, GError **error)
{
    g_auto(MendTensor) own = {0};
    if (!copy(picture, &own, error)) {
        mend_tensor_clear(&events.mask);
        return NULL;
    }
    return mend_job_start_with(&own, options, events, error);
}

MendJob *
mend_job_start_with(MendTensor *picture, const MendOptions *options, MendJobEvents events,
                    GError **error)
{
    MendJob *job = g_new0(MendJob, 1);
    job->refs = 1;
    job->events = events;
    job->context = g_main_context_ref_thread_default();
    job->picture = *picture;
    picture->data = NULL;
    job->options = *options;
    job->alternatives = g_array_new(FALSE, FALSE, sizeof(MendTensor));
    g_array_set_clear_func(job->alternatives, clear_tensor);
    pthread_mutex_init(&job->lock, NULL);
    job->thread = g_thread_try_new("mend-job", work, job, error);
    if (job->thread)
        return job;
    g_prefix_error(error, "The restoration could not be started: ");
    unref(job);
    return NULL;
}

void
mend_job_cancel(MendJob *job)
{
    g_atomic_int_set(&job->cancel, 1);
}

void
mend_job_free(MendJob *job)
{
    if (!job)
        return;
    mend_job_cancel(job);
    g_thread_join(job->thread);
    job->freed = TRUE;
    if (job->source) { /* the worker has ended: nobody else holds the lock */
        g_source_destroy(job->source);
        g_clear_pointer(&job->source, g_source_unref);
    }
    unref(job);
}
