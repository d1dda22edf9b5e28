/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model made ready for one picture size: file, graph, plan, tiles, device and its fall-back.
 * Thread: one at a time (the worker). */
#pragma once

#include "compute/backend.h"
#include "compute/model.h"

G_BEGIN_DECLS

typedef struct MendEvaluator MendEvaluator;

typedef struct {
    const MendModelInfo *model; /* borrowed */
    const char *task;           /* NULL or "": any */
    const char *device;         /* id or "auto" */
    int tile;                   /* side of a tile's kept part, pixels; 0: 512, or 1024 on the
                                 * CPU where 4 GiB are free and the picture is no torus. Ignored
                                 * where the network sees the whole picture (global attention) */
    gboolean wrap; /* the picture is a torus: both its sides must be multiples of the network's
                    * align, and the network must have a radius. Up to one and a half tiles it is
                    * one tile, without overlap */
} MendEvaluatorParams;

MendEvaluator *mend_evaluator_new(const MendEvaluatorParams *params, int width, int height,
                                  GError **error);
void mend_evaluator_free(MendEvaluator *evaluator); /* NULL is allowed */

/* Looks at the whole picture {3,height,width} once, where the network wants to be told of it; else
 * does nothing. Before predict, which else tells it a vector of zeros. */
gboolean mend_evaluator_look(MendEvaluator *evaluator, MendTensor picture, GError **error);

/* Where the picture is a torus: from now on the grid of the network's steps begins x >= 0 pixels
 * farther right, and y >= 0 farther down. */
void mend_evaluator_shift(MendEvaluator *evaluator, int x, int y);

/* From now on tiles cover only the rectangle in which mask {1,height,width} is above 0, and those
 * that do not meet it are left out: of other pixels nothing is written. mask is borrowed. All is
 * covered as ever where the network sees the whole picture, and by a torus. Until the next
 * prediction memory is given back, and look and flops may not be asked. Returns the pixels of that
 * rectangle; 0, and nothing changes: mask is 0 everywhere. */
size_t mend_evaluator_only(MendEvaluator *evaluator, MendTensor mask);

/* From now on for pictures of this size, both sides >= 1, and for all of them; otherwise as above.
 * Not for a torus. */
void mend_evaluator_resize(MendEvaluator *evaluator, int width, int height);

/* From now on each tile is evaluated twice, the other time mirrored left to right, and the answer
 * is the mean of both: they err in different ways. Or, again, once. ("Enhanced prediction" with one
 * of its eight symmetries; Timofte, Rothe and Van Gool 2016, "Seven ways to improve example-based
 * single image super resolution".) */
void mend_evaluator_mirror(MendEvaluator *evaluator, gboolean mirror);

/* Tells a network that takes a vector this one, MEND_CONTEXT_VECTOR numbers, instead. */
void mend_evaluator_tell(MendEvaluator *evaluator, const float *vector);

/* out = network(x, t) for the whole picture; x, mean, degraded, out are {3, height, width}.
 * out is none of the others. progress (may be NULL) is called after each part of the network and
 * after each tile; FALSE is MEND_ERROR_CANCELLED. Lack of memory halves the tile, down to 128, and
 * repeats the evaluation. A device that fails, answers with NaN or infinity, or is out of memory
 * even so is given up: the CPU repeats the evaluation and everything later runs there, with a
 * note. */
gboolean mend_evaluator_predict(MendEvaluator *evaluator, MendTensor x, MendTensor mean,
                                MendTensor degraded, double t, MendTensor out,
                                MendShareFunc progress, gpointer data, GError **error);

/* Arithmetic of one evaluation: FLOP a pixel, without the overlap of tiles. */
double mend_evaluator_flops(const MendEvaluator *evaluator);
const MendDeviceInfo *mend_evaluator_device(const MendEvaluator *evaluator); /* at present */
/* Why the device was changed, or NULL. Borrowed, until the next call. */
const char *mend_evaluator_note(const MendEvaluator *evaluator);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendEvaluator, mend_evaluator_free)

G_END_DECLS
