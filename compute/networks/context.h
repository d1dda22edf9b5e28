/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The context encoder: one run over two small pictures, and what is counted in them. Its twin is
 * weights/train/context.py. Thread: as MendGraph. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

enum {
    MEND_CONTEXT_SIDE = 96,   /* of the thumbnail, pixels */
    MEND_CONTEXT_CROP = 128,  /* of each of the four crops */
    MEND_CONTEXT_VECTOR = 64, /* of the context vector */
};

/* How many clues the encoder is told besides: the length of PREFIXclues.mean, 0 without. */
int mend_context_n_clues(const MendWeights *weights, const char *prefix);

/* Adds the nodes and finishes the graph: inputs "thumbnail" {3,96,96}, "crops" {3,256,256} and, for
 * an encoder that is told n clues, "clues" {n,1,1}, less their mean, times their gain; the output
 * {64 + n,1,1} is the vector, then the logits of n classes. prefix: before the arrays' names, "" or
 * "encoder.". MEND_ERROR_WEIGHTS, MEND_ERROR_SHAPE. */
gboolean mend_context_build(MendGraph *graph, const MendWeights *weights, const char *prefix,
                            GError **error);

G_END_DECLS
