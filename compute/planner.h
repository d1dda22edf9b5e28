/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who lives where in one scratch block, by best fit. Knows nothing of graphs and devices.
 * Thread: safe (no state). */
#pragma once

#include <glib.h>

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

/* Before they are placed: spans that take over the place of an earlier one. owner[i] is i, or the
 * span (an owner itself) whose place i has: that one then lives as long as i, and i needs none. */
void mend_spans_join(MendSpan *spans, const int *owner, int n);

G_END_DECLS
