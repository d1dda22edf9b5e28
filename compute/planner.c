/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Best fit of intervals into one block. */
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

void
mend_spans_join(MendSpan *spans, const int *owner, int n)
{
    for (int i = 0; i < n; i++) {
        if (owner[i] == i)
            continue;
        spans[owner[i]].last = MAX(spans[owner[i]].last, spans[i].last);
        spans[i].count = 0;
    }
}
