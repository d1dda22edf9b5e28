/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a graph's nodes ready for the kernels. */
#include "compute/cpu/pack.h"

#include <string.h>

#include "compute/error.h"

#define ALIGNMENT 16 /* floats */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(float, mend_block_free)

static size_t
align(size_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Columns of a dense kernel with the padding of its last panel. */
static size_t
padded_columns(const MendNodeInfo *node, int panel)
{
    size_t c = (size_t)node->shape.c, p = (size_t)panel;
    return panel ? (c + p - 1) / p * p : c;
}

static size_t
weight_count(const MendNodeInfo *node, int panel)
{
    switch (node->op) {
    case MEND_OP_conv:
        return node->weight->count / (size_t)node->shape.c * padded_columns(node, panel);
    case MEND_OP_constant:
        return (size_t)node->shape.c;
    default:
        return node->weight ? node->weight->count : 0;
    }
}

static size_t
bias_count(const MendNodeInfo *node, int panel)
{
    if (node->op == MEND_OP_conv)
        return padded_columns(node, panel);
    return node->op == MEND_OP_dwconv ? (size_t)node->shape.c : 0;
}

/* from[o][c][ky][kx] to [o / panel][(ky, kx, c)][panel]. */
static void
pack_conv(const MendNodeInfo *node, const float *from, int panel, float *to)
{
    size_t n = (size_t)node->shape.c, taps = (size_t)node->k * (size_t)node->k;
    size_t rows = node->weight->count / n, c = rows / taps;
    size_t width = panel ? (size_t)panel : n;
    memset(to, 0, weight_count(node, panel) * sizeof *to);
    for (size_t o = 0; o < n; o++)
        for (size_t i = 0; i < c; i++)
            for (size_t tap = 0; tap < taps; tap++) {
                size_t row = tap * c + i;
                to[(o / width * rows + row) * width + o % width] = from[(o * c + i) * taps + tap];
            }
}

/* from[c][3][3] to [9][c]. */
static void
pack_dwconv(const MendNodeInfo *node, const float *from, float *to)
{
    size_t c = (size_t)node->shape.c;
    for (size_t i = 0; i < c; i++)
        for (size_t tap = 0; tap < 9; tap++)
            to[tap * c + i] = from[i * 9 + tap];
}

static gboolean
pack_weight(const MendNodeInfo *node, int panel, float *to, GError **error)
{
    g_autoptr(float) plain = mend_block_new(node->weight->count * sizeof *plain, error);
    if (!plain || !mend_array_read_f32(node->weight, plain, error))
        return FALSE;
    if (node->op == MEND_OP_conv)
        pack_conv(node, plain, panel, to);
    else if (node->op == MEND_OP_dwconv)
        pack_dwconv(node, plain, to);
    else if (node->op == MEND_OP_constant)
        memcpy(to, plain + (size_t)node->a * (size_t)node->shape.c,
               (size_t)node->shape.c * sizeof *to);
    else
        memcpy(to, plain, node->weight->count * sizeof *to);
    return TRUE;
}

static gboolean
pack_op(MendCpuOp *op, int panel, GError **error)
{
    const MendNodeInfo *node = op->node;
    memset(op->bias, 0, bias_count(node, panel) * sizeof *op->bias);
    if (node->bias && !mend_array_read_f32(node->bias, op->bias, error))
        return FALSE;
    return !node->weight || pack_weight(node, panel, op->weight, error);
}

static void
describe(MendCpuOp *op, const MendGraph *graph, MendNode node)
{
    op->node = mend_graph_node(graph, node);
    for (int s = 0; s < mend_op_n_src(op->node->op); s++)
        op->in[s] = mend_graph_node(graph, op->node->src[s])->shape;
    op->vector = op->node->op == MEND_OP_mul && !mend_shape_equal(op->in[1], op->node->shape);
}

gboolean
mend_cpu_pack_init(MendCpuPack *pack, const MendGraph *graph, int panel, GError **error)
{
    int n = mend_graph_n_nodes(graph);
    size_t total = 0;
    pack->ops = g_new0(MendCpuOp, (guint)n);
    for (MendNode i = 0; i < n; i++) {
        describe(&pack->ops[i], graph, i);
        total += align(weight_count(pack->ops[i].node, panel));
        total += align(bias_count(pack->ops[i].node, panel));
    }
    pack->block = mend_block_new(total * sizeof(float), error);
    if (!pack->block)
        return FALSE;
    float *at = pack->block;
    for (MendNode i = 0; i < n; i++) {
        MendCpuOp *op = &pack->ops[i];
        op->weight = at;
        op->bias = at + align(weight_count(op->node, panel));
        at = op->bias + align(bias_count(op->node, panel));
        if (!pack_op(op, panel, error))
            return FALSE;
    }
    return TRUE;
}

void
mend_cpu_pack_clear(MendCpuPack *pack)
{
    mend_block_free(pack->block);
    pack->block = NULL;
    g_clear_pointer(&pack->ops, g_free);
}
