/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The context encoder: one run over two small pictures. Its twin is weights/train/context.py.
 * Thread: as MendGraph. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

enum {
    MEND_CONTEXT_SIDE = 96,   /* of the thumbnail and of each of the four crops, pixels */
    MEND_CONTEXT_VECTOR = 64, /* of the context vector */
};

/* Adds the nodes and finishes the graph: inputs "thumbnail" {3,96,96} and "crops" {3,192,192}; the
 * output {64 + n,1,1} is the vector, then the logits of n classes. prefix: before the arrays'
 * names, "" or "encoder.". MEND_ERROR_WEIGHTS, MEND_ERROR_SHAPE. */
gboolean mend_context_build(MendGraph *graph, const MendWeights *weights, const char *prefix,
                            GError **error);

G_END_DECLS
