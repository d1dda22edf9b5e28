/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups nodes into steps and gives every result a place. */
#include "compute/cpu/schedule.h"

#include "compute/planner.h"

#define ALIGNMENT   16          /* floats: a cache line */
#define CACHE       (192 << 10) /* bytes of scratch a thread aims at: part of any L2 */
#define BLOCK_MAX   512         /* pixels */
#define BLOCK_MIN   16
#define ALMOST      0.999
#define BLOCKS_WANT 4 /* at least, where they do not fall below 4 * BLOCK_MIN: work for threads */

typedef struct {
    MendCpuSchedule *out;
    const MendGraph *graph;
} Builder;

static const MendNodeInfo *
info_of(const Builder *b, MendNode node)
{
    return mend_graph_node(b->graph, node);
}

static MendShape
source_shape(const Builder *b, const MendNodeInfo *node, int src)
{
    return info_of(b, node->src[src])->shape;
}

/* The pixels a node is computed over: a mean's are those of what it sums. */
static MendShape
grid_of(const Builder *b, const MendNodeInfo *node)
{
    MendShape s = node->op == MEND_OP_mean ? source_shape(b, node, 0) : node->shape;
    return (MendShape){1, s.h, s.w};
}

static gboolean
reads_pixel(const Builder *b, const MendNodeInfo *node, int src)
{
    return info_of(b, node->src[src])->op != MEND_OP_mean &&
           mend_cpu_reads_pixel(node, source_shape(b, node, src), src);
}

/* The first step in which all sources of node can be read. */
static int
earliest_step(const Builder *b, const MendNodeInfo *node)
{
    int earliest = 0;
    for (int s = 0; s < mend_op_n_src(node->op); s++) {
        int step = b->out->places[node->src[s]].step;
        earliest = MAX(earliest, reads_pixel(b, node, s) ? step : step + 1);
    }
    return earliest;
}

/* A node joins the last step of its grid if its sources are there by then; so the small products
 * of the time embedding gather in few steps wherever the network names them. */
static void
assign_steps(Builder *b)
{
    MendCpuSchedule *out = b->out;
    g_autofree MendShape *grids = g_new0(MendShape, (guint)out->n_nodes);
    for (MendNode i = 0; i < out->n_nodes; i++) {
        const MendNodeInfo *node = info_of(b, i);
        MendShape grid = grid_of(b, node);
        int step = out->n_steps - 1;
        while (step >= 0 && !mend_shape_equal(grids[step], grid))
            step--;
        if (step < earliest_step(b, node)) {
            step = out->n_steps++;
            grids[step] = grid;
            out->steps[step].n_pixels = (size_t)grid.h * (size_t)grid.w;
        }
        out->places[i].step = step;
        out->steps[step].n_nodes++;
    }
}

static void
fill_order(Builder *b)
{
    MendCpuSchedule *out = b->out;
    int first = 0;
    for (int s = 0; s < out->n_steps; s++) {
        out->steps[s].first = first;
        for (MendNode i = 0; i < out->n_nodes; i++)
            if (out->places[i].step == s)
                out->order[first++] = i;
    }
}

static void
find_shared(Builder *b)
{
    MendCpuPlace *places = b->out->places;
    for (MendNode i = 0; i < b->out->n_nodes; i++) {
        const MendNodeInfo *node = info_of(b, i);
        places[i].shared |= node->op == MEND_OP_mean;
        for (int s = 0; s < mend_op_n_src(node->op); s++)
            if (places[node->src[s]].step != places[i].step)
                places[node->src[s]].shared = TRUE;
    }
}

/* Places the results and the kernels' scratch of one step for blocks of n pixels; returns the
 * floats needed. Moments are the nodes' places in the step. */
static size_t
place_local(Builder *b, const MendCpuStep *step, size_t n)
{
    int count = step->n_nodes;
    const MendNode *nodes = b->out->order + step->first;
    g_autofree MendSpan *spans = g_new0(MendSpan, 2 * (guint)count); /* results, then scratch */
    g_autofree int *moment = g_new0(int, (guint)b->out->n_nodes);
    for (int i = 0; i < count; i++) {
        const MendNodeInfo *node = info_of(b, nodes[i]);
        int n_src = mend_op_n_src(node->op);
        size_t work = n_src ? mend_cpu_work(node, source_shape(b, node, 0), n) : 0;
        gboolean shared = b->out->places[nodes[i]].shared;
        moment[nodes[i]] = i;
        spans[i] = (MendSpan){shared ? 0 : n * (size_t)node->shape.c, i, i, 0};
        spans[count + i] = (MendSpan){work, i, i, 0};
        for (int s = 0; s < n_src; s++)
            if (&b->out->steps[b->out->places[node->src[s]].step] == step)
                spans[moment[node->src[s]]].last = i;
    }
    size_t total = mend_spans_place(spans, 2 * count, ALIGNMENT);
    for (int i = 0; i < count; i++) {
        MendCpuPlace *place = &b->out->places[nodes[i]];
        if (!place->shared)
            place->offset = spans[i].offset;
        place->work = spans[count + i].offset;
    }
    return total;
}

/* The largest blocks that stay in the cache and leave some for every thread. */
static void
choose_block(Builder *b, MendCpuStep *step)
{
    size_t most = MAX(step->n_pixels / BLOCKS_WANT, 4 * BLOCK_MIN);
    step->block = BLOCK_MAX;
    while (step->block > BLOCK_MIN &&
           (step->block > most || place_local(b, step, step->block) * sizeof(float) > CACHE))
        step->block /= 2;
    step->n_blocks = (int)((step->n_pixels + step->block - 1) / step->block);
    size_t local = place_local(b, step, MIN(step->block, step->n_pixels));
    b->out->local = MAX(b->out->local, local);
}

static gboolean
is_elementwise(MendOp op)
{
    return op == MEND_OP_mul || op == MEND_OP_add || op == MEND_OP_sub || op == MEND_OP_axpy;
}

/* Whether node may take over the place of from, which dies in node's step: all readers there look
 * only at the block's own pixels and come no later than node. */
static gboolean
gives_way(const Builder *b, MendNode from, MendNode node)
{
    for (MendNode i = from + 1; i < b->out->n_nodes; i++) {
        const MendNodeInfo *reader = info_of(b, i);
        if (b->out->places[i].step != b->out->places[node].step)
            continue;
        for (int s = 0; s < mend_op_n_src(reader->op); s++)
            if (reader->src[s] == from && (i > node || !reads_pixel(b, reader, s)))
                return FALSE;
    }
    return TRUE;
}

static MendNode
inherits(const Builder *b, const MendSpan *spans, MendNode node)
{
    const MendNodeInfo *info = info_of(b, node);
    if (!b->out->places[node].shared || !is_elementwise(info->op))
        return -1;
    for (int s = 0; s < 2; s++) {
        MendNode from = info->src[s];
        if (b->out->places[from].shared && info_of(b, from)->op != MEND_OP_mean &&
            mend_shape_equal(info_of(b, from)->shape, info->shape) &&
            spans[from].last == b->out->places[node].step && gives_way(b, from, node))
            return from;
    }
    return -1;
}

/* Elements a shared result takes; a mean's sums live beside it. */
static size_t
shared_count(const Builder *b, MendNode node)
{
    const MendCpuPlace *place = &b->out->places[node];
    const MendNodeInfo *info = info_of(b, node);
    size_t count = mend_shape_count(info->shape);
    if (!place->shared)
        return 0;
    return info->op == MEND_OP_mean ? count * (size_t)(1 + b->out->steps[place->step].n_blocks)
                                    : count;
}

/* Moments are steps. */
static void
place_shared(Builder *b)
{
    int n = b->out->n_nodes;
    g_autofree MendSpan *spans = g_new0(MendSpan, (guint)n);
    g_autofree MendNode *owner = g_new(MendNode, (guint)n);
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *node = info_of(b, i);
        int step = b->out->places[i].step;
        spans[i] = (MendSpan){shared_count(b, i), step, step, 0};
        for (int s = 0; s < mend_op_n_src(node->op); s++)
            spans[node->src[s]].last = MAX(spans[node->src[s]].last, step);
    }
    for (MendNode i = 0; i < n; i++) {
        MendNode from = inherits(b, spans, i);
        owner[i] = from < 0 ? i : owner[from];
    }
    mend_spans_join(spans, owner, n);
    b->out->shared = mend_spans_place(spans, n, ALIGNMENT);
    for (MendNode i = 0; i < n; i++)
        if (b->out->places[i].shared)
            b->out->places[i].offset = spans[owner[i]].offset;
}

static void
share_out(Builder *b)
{
    double all = MAX(mend_graph_flops(b->graph), 1), done = 0;
    for (int s = 0; s < b->out->n_steps; s++) {
        MendCpuStep *step = &b->out->steps[s];
        for (int i = 0; i < step->n_nodes; i++)
            done += mend_node_flops(info_of(b, b->out->order[step->first + i]));
        step->done = MIN(done / all, ALMOST); /* convolutions are not always the last */
    }
}

void
mend_cpu_schedule_init(MendCpuSchedule *schedule, const MendGraph *graph)
{
    int n = mend_graph_n_nodes(graph);
    *schedule = (MendCpuSchedule){.n_nodes = n,
                                  .order = g_new0(MendNode, (guint)n),
                                  .steps = g_new0(MendCpuStep, (guint)n),
                                  .places = g_new0(MendCpuPlace, (guint)n)};
    Builder b = {schedule, graph};
    assign_steps(&b);
    fill_order(&b);
    find_shared(&b);
    for (int i = 0; i < schedule->n_steps; i++)
        choose_block(&b, &schedule->steps[i]);
    place_shared(&b);
    share_out(&b);
}

void
mend_cpu_schedule_clear(MendCpuSchedule *schedule)
{
    g_clear_pointer(&schedule->order, g_free);
    g_clear_pointer(&schedule->steps, g_free);
    g_clear_pointer(&schedule->places, g_free);
}
