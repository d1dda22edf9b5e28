/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend_restore() on a worker thread, heard on the main context of the thread that started it.
 * Thread: use from one thread, the one that made it. */
#pragma once

#include "compute/restore.h"

G_BEGIN_DECLS

typedef struct MendJob MendJob;

/* Called on the starter's thread-default main context, never after mend_job_free(). Progress is
 * latest-wins: a slow listener misses some and never slows the worker. Either may be NULL. */
typedef struct {
    void (*progress)(const MendProgress *progress, gpointer data);
    /* Once. result is valid during the call (data NULL where error is set). */
    void (*done)(MendTensor result, const MendRestoreInfo *info, const GError *error,
                 gpointer data);
    gpointer data;
    int x0, y0; /* where the picture lies in a larger one, for the noise: as in MendRestoreHooks */
    gboolean marked; /* as there */
    MendTensor mask; /* as there, but taken over by the job, also where it cannot be started */
    /* As there, but all before done, and none where it fails. NULL: none are made. The job holds
     * them until it is freed. */
    void (*alternative)(MendTensor picture, int number, gpointer data);
    void (*uncertainty)(MendTensor deviation, const MendAlternativesInfo *about, gpointer data);
} MendJobEvents;

/* Copies picture and options. NULL (MEND_ERROR_MEMORY) where they cannot be copied. */
MendJob *mend_job_start(MendTensor picture, const MendOptions *options, MendJobEvents events,
                        GError **error);
/* The same without a copy: takes picture over, which is empty then, also after a failure. */
MendJob *mend_job_start_with(MendTensor *picture, const MendOptions *options, MendJobEvents events,
                             GError **error);
void mend_job_cancel(MendJob *job); /* returns at once; done() follows with MEND_ERROR_CANCELLED */
void mend_job_free(MendJob *job);   /* cancels, waits for the worker, frees; NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendJob, mend_job_free)

G_END_DECLS
