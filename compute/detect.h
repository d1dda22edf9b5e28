/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wrong with a picture, as the installed detection model sees it. Thread: any. */
#pragma once

#include "compute/context.h"
#include "compute/options.h"

G_BEGIN_DECLS

#define MEND_TASK_AUTO "auto" /* value of the option "task": what mend_detect() finds */

typedef struct {
    char what[32]; /* id of mend_tasks[], or MEND_CLEAN: nothing */
    double chance; /* 0..1; all of a detection sum to 1 */
} MendFinding;

typedef struct {
    int n;
    MendFinding findings[MEND_CONTEXT_CLASSES]; /* the likeliest first */
} MendDetection;

/* picture: {3,h,w}, R'G'B' sRGB-encoded, values are clamped to 0..1. Takes up to half a second for
 * 24 megapixels. MEND_ERROR_WEIGHTS: no detection model is installed, or it does not fit. */
gboolean mend_detect(MendTensor picture, MendDetection *detection, GError **error);

/* The same for a picture that only a glance was taken at (compute/context.h). */
gboolean mend_detect_glance(const MendGlance *glance, MendDetection *detection, GError **error);

/* Puts the likeliest task in place of MEND_TASK_AUTO, and its chance into chance; other tasks are
 * left alone (0). MEND_ERROR_IMAGE: the picture looks clean, or no installed model offers what it
 * needs; the message says which, and how likely. Else as mend_detect(). */
gboolean mend_detect_task(MendTensor picture, MendOptions *options, double *chance, GError **error);

G_END_DECLS
