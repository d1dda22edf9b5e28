/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where each node's result lives in one scratch block: liveness analysis, then best fit.
 * Knows nothing of devices. Thread: safe (no state). */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

typedef struct {
    size_t *offset;  /* [n_nodes], in elements of the scratch block */
    size_t count;    /* elements the block needs */
} MendLayout;

/* Results whose life overlaps never share memory; a result may take the place of a source that
 * dies with it where the op works in place (mul, add, sub, axpy of equal shape).
 * alignment is in elements (a power of two). */
void mend_layout_init(MendLayout *layout, const MendGraph *graph, size_t alignment);
void mend_layout_clear(MendLayout *layout);

G_END_DECLS
