/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where each node's result lives in one scratch block: liveness analysis, then best fit.
 * Knows nothing of devices. Thread: safe (no state). */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

/* Something that needs room from one moment to another, both inclusive. */
typedef struct {
    size_t count;    /* elements; 0 needs no place. Rounded up to the alignment when placed */
    int first, last; /* moments */
    size_t offset;   /* out */
} MendSpan;

/* Gives each span a place such that spans which share a moment share no element: the largest
 * first, each in the tightest gap. Returns the elements needed in all. */
size_t mend_spans_place(MendSpan *spans, int n, size_t alignment);

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
