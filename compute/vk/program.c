/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A graph as a list of dispatches: fusion of ops and placement of results. */
#include "compute/vk/program.h"

#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/planner.h"

#define MEAN_PARTS 64 /* partial sums of a mean */

static size_t
round_up(size_t count, size_t alignment)
{
    return (count + alignment - 1) / alignment * alignment;
}

/* Whether user can do its work on the way out of the convolution before it (see OUTPUT and
 * after in shaders/conv.comp). A gate needs halves of whole vec4s. */
static gboolean
fits(const MendGraph *graph, MendNode user, MendNode conv)
{
    const MendNodeInfo *u = mend_graph_node(graph, user), *c = mend_graph_node(graph, conv);
    if (c->op == MEND_OP_dwconv)
        return u->op == MEND_OP_gate && c->shape.c % 8 == 0;
    if (c->op != MEND_OP_conv)
        return FALSE;
    switch (u->op) {
    case MEND_OP_gate:
        return c->shape.c % 8 == 0;
    case MEND_OP_shuffle:
    case MEND_OP_add:
        return TRUE;
    case MEND_OP_mul:
        return mend_shape_equal(mend_graph_node(graph, u->src[0])->shape,
                                mend_graph_node(graph, u->src[1])->shape);
    case MEND_OP_axpy:
        return u->src[1] == conv;
    default:
        return FALSE;
    }
}

static void
fuse(MendVkProgram *program)
{
    const MendGraph *graph = program->graph;
    int n = mend_graph_n_nodes(graph);
    g_autofree int *n_uses = g_new0(int, n);
    n_uses[mend_graph_output(graph)]++;
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        for (int s = 0; s < mend_op_n_src(info->op); s++)
            n_uses[info->src[s]]++;
    }
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        program->absorbs[i] = -1;
        for (int s = 0; s < mend_op_n_src(info->op) && program->absorbs[i] < 0; s++) {
            if (n_uses[info->src[s]] == 1 && fits(graph, i, info->src[s]))
                program->absorbs[i] = info->src[s];
        }
    }
}

/* The node whose place the result of node can take over, or -1: one of the same shape, read here
 * for the last time and element by element, which the source of an absorbed convolution is not. */
static MendNode
inherits(const MendVkProgram *program, const MendSpan *spans, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendNode conv = program->absorbs[node];
    if (info->op != MEND_OP_mul && info->op != MEND_OP_add && info->op != MEND_OP_sub &&
        info->op != MEND_OP_axpy)
        return -1;
    for (int s = 0; s < 2; s++) {
        MendNode src = info->src[s];
        const MendNodeInfo *from = mend_graph_node(program->graph, src);
        if (src != conv && spans[src].last == node && from->op != MEND_OP_constant &&
            mend_shape_equal(from->shape, info->shape) &&
            (conv < 0 || mend_graph_node(program->graph, conv)->src[0] != src))
            return src;
    }
    return -1;
}

/* spans[i]: the result of node i; spans[n + i]: its partial results. */
static void
find_lives(const MendVkProgram *program, MendSpan *spans)
{
    const MendGraph *graph = program->graph;
    int n = mend_graph_n_nodes(graph);
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        size_t count = info->op == MEND_OP_constant ? 0 : mend_shape_count(info->shape);
        spans[i] = (MendSpan){count, i, i, 0};
        count = info->op == MEND_OP_mean ? (size_t)info->shape.c * MEAN_PARTS : 0;
        spans[n + i] = (MendSpan){count, i, i, 0};
        for (int s = 0; s < mend_op_n_src(info->op); s++)
            spans[info->src[s]].last = i;
        if (program->absorbs[i] >= 0) {
            spans[program->absorbs[i]].count = 0;
            spans[mend_graph_node(graph, program->absorbs[i])->src[0]].last = i;
        }
    }
    spans[mend_graph_output(graph)].last = n;
}

static void
place_results(MendVkProgram *program)
{
    const MendGraph *graph = program->graph;
    int n = mend_graph_n_nodes(graph);
    g_autofree MendSpan *spans = g_new0(MendSpan, 2 * n);
    g_autofree MendNode *owner = g_new(MendNode, n);
    find_lives(program, spans);
    for (MendNode i = 0; i < n; i++) {
        MendNode from = inherits(program, spans, i);
        owner[i] = from < 0 ? i : owner[from];
    }
    mend_spans_join(spans, owner, n);
    size_t count = mend_spans_place(spans, 2 * n, program->limits.alignment);
    g_array_index(program->blocks, size_t, MEND_VK_SCRATCH) = MAX(count, 1);
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        program->place[i] =
            (MendVkRange){MEND_VK_SCRATCH, spans[owner[i]].offset, mend_shape_count(info->shape)};
        program->temp[i] =
            (MendVkRange){MEND_VK_SCRATCH, spans[n + i].offset, (size_t)info->shape.c * MEAN_PARTS};
    }
}

static void
place_staging(MendVkProgram *program)
{
    const MendGraph *graph = program->graph;
    size_t *end = &g_array_index(program->blocks, size_t, MEND_VK_STAGING);
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        if (info->op != MEND_OP_input)
            continue;
        program->inputs[i] = *end;
        *end += round_up(mend_shape_count(info->shape), program->limits.alignment);
    }
    program->output = *end;
    *end += mend_shape_count(mend_graph_node(graph, mend_graph_output(graph))->shape);
}

MendVkRange
mend_vk_program_weights(MendVkProgram *program, MendNode node, MendNode gain, size_t count)
{
    guint block = program->blocks->len - 1;
    size_t at = round_up(g_array_index(program->blocks, size_t, block), program->limits.alignment);
    if (block < MEND_VK_WEIGHTS || at + count > program->limits.max_block) {
        at = 0;
        g_array_append_val(program->blocks, at);
        block++;
    }
    g_array_index(program->blocks, size_t, block) = at + count;
    MendVkPacked packed = {node, gain, {block, at, count}};
    g_array_append_val(program->packed, packed);
    return packed.range;
}

/* What the device cannot bind goes to the CPU instead. */
static gboolean
check_size(MendVkLimits limits, size_t count, GError **error)
{
    if (count <= limits.max_range)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_MEMORY,
                _("A feature map needs %.0f MiB, the graphics device handles %.0f MiB at once. "
                  "Use a smaller tile, or the CPU."),
                (double)count * sizeof(float) / (1 << 20),
                (double)limits.max_range * sizeof(float) / (1 << 20));
    return FALSE;
}

/* Before dispatches are made: their pixels are counted in 32 bits. */
static gboolean
check_pixels(const MendGraph *graph, MendVkLimits limits, GError **error)
{
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        MendShape shape = mend_graph_node(graph, i)->shape;
        if (!check_size(limits, (size_t)shape.h * (size_t)shape.w, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_ranges(const MendVkProgram *program, GError **error)
{
    for (guint i = 0; i < program->dispatches->len; i++) {
        const MendVkDispatch *d = &g_array_index(program->dispatches, MendVkDispatch, i);
        for (int b = 0; b < MEND_VK_N_BINDINGS; b++)
            if (!check_size(program->limits, d->range[b].count, error))
                return FALSE;
    }
    return TRUE;
}

gboolean
mend_vk_program_init(MendVkProgram *program, const MendGraph *graph, MendVkLimits limits,
                     GError **error)
{
    *program = (MendVkProgram){0};
    if (!check_pixels(graph, limits, error))
        return FALSE;
    int n = mend_graph_n_nodes(graph);
    const size_t empty[] = {0, 0};
    *program = (MendVkProgram){
        .graph = graph,
        .limits = limits,
        .absorbs = g_new0(MendNode, n),
        .place = g_new0(MendVkRange, n),
        .temp = g_new0(MendVkRange, n),
        .inputs = g_new0(size_t, n),
        .dispatches = g_array_new(FALSE, FALSE, sizeof(MendVkDispatch)),
        .packed = g_array_new(FALSE, FALSE, sizeof(MendVkPacked)),
        .blocks = g_array_new(FALSE, FALSE, sizeof(size_t)),
    };
    g_array_append_vals(program->blocks, empty, G_N_ELEMENTS(empty));
    fuse(program);
    place_results(program);
    place_staging(program);
    g_autofree gboolean *absorbed = g_new0(gboolean, n);
    for (MendNode i = 0; i < n; i++) {
        if (program->absorbs[i] >= 0)
            absorbed[program->absorbs[i]] = TRUE;
    }
    for (MendNode i = 0; i < n; i++) {
        if (!absorbed[i])
            mend_vk_emit(program, i);
    }
    mend_vk_emit_output(program);
    if (check_ranges(program, error))
        return TRUE;
    mend_vk_program_clear(program);
    return FALSE;
}

void
mend_vk_program_clear(MendVkProgram *program)
{
    g_clear_pointer(&program->absorbs, g_free);
    g_clear_pointer(&program->place, g_free);
    g_clear_pointer(&program->temp, g_free);
    g_clear_pointer(&program->inputs, g_free);
    g_clear_pointer(&program->dispatches, g_array_unref);
    g_clear_pointer(&program->packed, g_array_unref);
    g_clear_pointer(&program->blocks, g_array_unref);
}
