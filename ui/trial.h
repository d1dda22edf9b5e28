/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restoring a part of the picture on trial: one job at a time, the last wish wins, results of older
 * wishes are dropped. Thread: main; it knows no widgets. */
#pragma once

#include <gdk/gdk.h>

#include "compute/detect.h"
#include "compute/job.h"

G_BEGIN_DECLS

/* The picture and the settings, as their owner (GIMP, the demo) provides them. All are called on
 * the main thread with data. */
typedef struct {
    int width, height; /* of the picture, pixels */
    /* What can be read, where the picture is a part of something larger: it holds the picture, in
     * the picture's coordinates. Its corner is where noise and the network's grid are counted from.
     * Empty: the picture is all there is. */
    GdkRectangle whole;
    gboolean marked; /* the user selected what is damaged: as in MendRestoreHooks */
    /* The area, {3, area->height, area->width}, as jobs take it. area lies in whole. Owned by the
     * caller; data NULL on failure. */
    MendTensor (*read)(gpointer data, const GdkRectangle *area, GError **error);
    /* What of the area jobs with these options replace, as MendJobEvents.mask; no data: all. Owned
     * by the caller. May be NULL: always all. */
    gboolean (*mask)(gpointer data, const GdkRectangle *area, const MendOptions *options,
                     MendTensor *mask, GError **error);
    /* The whole picture in the display's R'G'B', scaled to {3, height, width}; as read(). */
    MendTensor (*thumb)(gpointer data, int width, int height, GError **error);
    /* What read() gave for area, or what a job made of it, as the display shows it: other R'G'B',
     * and something behind transparent pixels. In place. May be NULL: nothing to do. */
    void (*to_display)(gpointer data, const GdkRectangle *area, MendTensor rgb);
    gboolean (*options)(gpointer data, MendOptions *options, GError **error);
    /* mend_job_start(), _cancel() and _free(), or what stands in for them. */
    MendJob *(*job_start)(MendTensor picture, const MendOptions *options, MendJobEvents events,
                          GError **error);
    void (*job_cancel)(MendJob *job);
    void (*job_free)(MendJob *job);
    gpointer data;
    /* mend_detect_glance(), or what stands in for it; called on another thread. NULL: no detection.
     * */
    gboolean (*detect)(const MendGlance *glance, MendDetection *detection, GError **error);
} MendTrialSource;

/* rgb: the restored area at strength 1, valid during the call, the callee may change it. */
typedef struct {
    void (*progress)(double fraction, gpointer data);
    void (*done)(MendTensor rgb, gpointer data);
    void (*failed)(const GError *error, gpointer data); /* never MEND_ERROR_CANCELLED */
    gpointer data;
} MendTrialEvents;

typedef struct MendTrial MendTrial;

MendTrial *mend_trial_new(const MendTrialSource *source,
                          MendTrialEvents events); /* source: copied */
void mend_trial_free(MendTrial *trial); /* waits for a running job to stop; NULL is allowed */

/* Restores area, and some pixels around it for the network to see. What runs is cancelled; the new
 * job starts when it has gone, without waiting here. */
void mend_trial_start(MendTrial *trial, GdkRectangle area);
void mend_trial_stop(MendTrial *trial); /* returns at once; no event follows */
/* What stands for the task "auto", the detection of the whole picture: a part shows less. Copied;
 * "" leaves it to the job. */
void mend_trial_set_detected(MendTrial *trial, const char *task);
gboolean mend_trial_is_running(const MendTrial *trial);

G_END_DECLS
