/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Liveness analysis, then best fit of intervals into one block. */
#include "compute/planner.h"

#include <stdint.h>

/* What is in the way of a span, sorted by place. */
static int
by_offset(gconstpointer a, gconstpointer b)
{
    const MendSpan *x = *(MendSpan *const *)a, *y = *(MendSpan *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int
by_size(gconstpointer a, gconstpointer b)
{
    const MendSpan *x = *(MendSpan *const *)a, *y = *(MendSpan *const *)b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* The tightest gap between the placed spans that live at the same time, else behind them all. */
static size_t
best_gap(const GPtrArray *placed, const MendSpan *span, size_t count)
{
    size_t best = 0, best_size = SIZE_MAX, end = 0;
    for (guint i = 0; i < placed->len; i++) {
        const MendSpan *other = g_ptr_array_index(placed, i);
        if (other->last < span->first || other->first > span->last)
            continue;
        if (other->offset >= end + count && other->offset - end < best_size) {
            best = end;
            best_size = other->offset - end;
        }
        end = MAX(end, other->offset + other->count);
    }
    return best_size < SIZE_MAX ? best : end;
}

size_t
mend_spans_place(MendSpan *spans, int n, size_t alignment)
{
    g_autoptr(GPtrArray) queue = g_ptr_array_new();
    g_autoptr(GPtrArray) placed = g_ptr_array_new();
    size_t total = 0;
    for (int i = 0; i < n; i++) {
        spans[i].count = (spans[i].count + alignment - 1) / alignment * alignment;
        if (spans[i].count)
            g_ptr_array_add(queue, &spans[i]);
    }
    g_ptr_array_sort(queue, by_size);
    for (guint i = 0; i < queue->len; i++) {
        MendSpan *span = g_ptr_array_index(queue, i);
        span->offset = best_gap(placed, span, span->count);
        total = MAX(total, span->offset + span->count);
        g_ptr_array_add(placed, span);
        g_ptr_array_sort(placed, by_offset);
    }
    return total;
}

static gboolean
works_in_place(MendOp op)
{
    return op == MEND_OP_mul || op == MEND_OP_add || op == MEND_OP_sub || op == MEND_OP_axpy;
}

/* The source whose place node takes over, or -1. A result that is still read later, or of another
 * shape (a vector factor), cannot give its place. */
static MendNode
inherits(const MendGraph *graph, const MendSpan *spans, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(graph, node);
    if (!works_in_place(info->op))
        return -1;
    for (int i = 0; i < 2; i++)
        if (spans[info->src[i]].last == node &&
            mend_shape_equal(mend_graph_node(graph, info->src[i])->shape, info->shape))
            return info->src[i];
    return -1;
}

/* Fills first and last for every node: what nobody reads lives for its own moment only. */
static void
find_lives(const MendGraph *graph, MendSpan *spans)
{
    int n = mend_graph_n_nodes(graph);
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        spans[i] = (MendSpan){mend_shape_count(info->shape), i, i, 0};
        for (int s = 0; s < mend_op_n_src(info->op); s++)
            spans[info->src[s]].last = i;
    }
    if (mend_graph_output(graph) >= 0)
        spans[mend_graph_output(graph)].last = n;
}

void
mend_layout_init(MendLayout *layout, const MendGraph *graph, size_t alignment)
{
    int n = mend_graph_n_nodes(graph);
    g_autofree MendSpan *spans = g_new0(MendSpan, MAX(n, 1));
    g_autofree MendNode *owner = g_new(MendNode, MAX(n, 1)); /* of the place */
    find_lives(graph, spans);
    for (MendNode i = 0; i < n; i++) {
        MendNode from = inherits(graph, spans, i);
        owner[i] = from < 0 ? i : owner[from];
    }
    for (MendNode i = 0; i < n; i++) {
        if (owner[i] == i)
            continue;
        spans[owner[i]].last = MAX(spans[owner[i]].last, spans[i].last);
        spans[i].count = 0;
    }
    layout->count = mend_spans_place(spans, n, alignment);
    layout->offset = g_new(size_t, MAX(n, 1));
    for (MendNode i = 0; i < n; i++)
        layout->offset[i] = spans[owner[i]].offset;
}

void
mend_layout_clear(MendLayout *layout)
{
    g_clear_pointer(&layout->offset, g_free);
    layout->count = 0;
}
