/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One look at a whole picture: what a restoration network is told of it beyond its tile, and what
 * is wrong with it. Runs on the CPU in well under half a second, whatever the size. Thread: any. */
#pragma once

#include "compute/networks/context.h"
#include "compute/tensor.h"

G_BEGIN_DECLS

enum { MEND_CONTEXT_CLASSES = 16 }; /* at most */

typedef struct {
    float vector[MEND_CONTEXT_VECTOR];
    int n_classes;
    double chances[MEND_CONTEXT_CLASSES]; /* probabilities, in the order of the model's tasks */
} MendContext;

/* The encoder's inputs, made row by row: functions of the picture alone. Their twins are in
 * weights/train/context.py, equal to 1e-6. */
typedef struct {
    int width, height;    /* of the picture */
    MendTensor thumbnail; /* {3,96,96}: all of it, the aspect not kept: area averages, and linear
                           * interpolation along a side of less than 96 */
    MendTensor crops;     /* {3,256,256}: two by two crops in full resolution around the quarter
                           * points, mirrored where the picture ends; they begin at multiples of 8,
                           * on the grid of JPEG files */
} MendGlance;

/* Memory for both, as of a black picture. Sides are >= 1. Free with clear, also after a failure
 * (MEND_ERROR_MEMORY). */
gboolean mend_glance_init(MendGlance *glance, int width, int height, GError **error);
void mend_glance_clear(MendGlance *glance); /* may be called twice */
/* Rows y .. y + n - 1 of the picture, {3,n,width}, each row once and in any order; values are
 * clamped to 0..1, NaN is 0. */
void mend_glance_add(MendGlance *glance, int y, MendTensor rows);

/* What the encoder makes of a glance at all of the picture. prefix: of the encoder's arrays in the
 * file: "" in a detection model, "encoder." in others. MEND_ERROR_WEIGHTS, _SHAPE, _MEMORY;
 * MEND_ERROR_FAILED where the answer is no number. */
gboolean mend_context_run(const MendWeights *weights, const char *prefix, const MendGlance *glance,
                          MendContext *context, GError **error);
/* The same for a picture in memory, {3,h,w}. */
gboolean mend_context_look(const MendWeights *weights, const char *prefix, MendTensor picture,
                           MendContext *context, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendGlance, mend_glance_clear)

G_END_DECLS
