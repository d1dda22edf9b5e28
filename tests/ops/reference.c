/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs any graph the slow and obvious way, in double precision. All maps are [C][H][W]. */
#include "tests/ops/reference.h"

#include <math.h>
#include <string.h>

typedef struct {
    const MendNodeInfo *node;
    MendShape in[2];
    const double *src[2];
    double *weight, *bias; /* or NULL */
    double *dst;
} Op;

static double
at(const double *map, MendShape s, int c, int y, int x)
{
    if (y < 0 || y >= s.h || x < 0 || x >= s.w)
        return 0;
    return map[((size_t)c * (size_t)s.h + (size_t)y) * (size_t)s.w + (size_t)x];
}

static int
place(const MendNodeInfo *node, int i, int n)
{
    return node->wrap ? (i % n + n) % n : i;
}

static double
conv(const Op *op, int o, int y, int x)
{
    const MendNodeInfo *n = op->node;
    int k = n->k, channels = n->op == MEND_OP_dwconv ? 1 : op->in[0].c;
    double sum = op->bias ? op->bias[o] : 0;
    for (int c = 0; c < channels; c++)
        for (int ky = 0; ky < k; ky++)
            for (int kx = 0; kx < k; kx++)
                sum += op->weight[((o * channels + c) * k + ky) * k + kx] *
                       at(op->src[0], op->in[0], n->op == MEND_OP_dwconv ? o : c,
                          place(n, y * n->stride + ky - n->pad, op->in[0].h),
                          place(n, x * n->stride + kx - n->pad, op->in[0].w));
    return sum;
}

static double
norm(const Op *op, int c, int y, int x)
{
    double mean = 0, variance = 0;
    MendShape s = op->in[0];
    for (int i = 0; i < s.c; i++)
        mean += at(op->src[0], s, i, y, x) / s.c;
    for (int i = 0; i < s.c; i++)
        variance += pow(at(op->src[0], s, i, y, x) - mean, 2) / s.c;
    double value = (at(op->src[0], s, c, y, x) - mean) / sqrt(variance + 1e-5) * op->weight[c];
    return value * (1 + op->src[1][op->node->b + c]) + op->src[1][op->node->a + c];
}

static double
mean(const Op *op, int c)
{
    double sum = 0;
    MendShape s = op->in[0];
    for (int y = 0; y < s.h; y++)
        for (int x = 0; x < s.w; x++)
            sum += at(op->src[0], s, c, y, x);
    return sum / s.h / s.w;
}

static double
sinusoid(const Op *op, int c)
{
    int half = op->node->shape.c / 2;
    double angle = op->src[0][0] * exp(-(c % half) * log(1e4) / (half - 1));
    return c < half ? sin(angle) : cos(angle);
}

static double
element(const Op *op, int c, int y, int x)
{
    MendShape s = op->node->shape, a = op->in[0], b = op->in[1];
    const double *p = op->src[0], *q = op->src[1];
    switch (op->node->op) {
    case MEND_OP_constant:
        return op->weight[op->node->a * s.c + c];
    case MEND_OP_sinusoid:
        return sinusoid(op, c);
    case MEND_OP_conv:
    case MEND_OP_dwconv:
        return conv(op, c, y, x);
    case MEND_OP_norm:
        return norm(op, c, y, x);
    case MEND_OP_gate:
        return at(p, a, c, y, x) * at(p, a, s.c + c, y, x);
    case MEND_OP_mean:
        return mean(op, c);
    case MEND_OP_mul:
        return at(p, a, c, y, x) * (b.h == 1 && b.w == 1 ? q[c] : at(q, b, c, y, x));
    case MEND_OP_add:
        return at(p, a, c, y, x) + at(q, b, c, y, x);
    case MEND_OP_sub:
        return at(p, a, c, y, x) - at(q, b, c, y, x);
    case MEND_OP_axpy:
        return at(p, a, c, y, x) + op->weight[c] * at(q, b, c, y, x);
    case MEND_OP_concat:
        return c < a.c ? at(p, a, c, y, x) : at(q, b, c - a.c, y, x);
    case MEND_OP_shuffle:
        return at(p, a, 4 * c + 2 * (y % 2) + x % 2, y / 2, x / 2);
    case MEND_OP_input:
    case MEND_N_OPS:
        break;
    }
    g_assert_not_reached();
}

static double *
read_array(const MendArray *array)
{
    g_autoptr(GError) error = NULL;
    double *values = array ? g_new(double, array->count + 1) : NULL;
    if (array)
        mend_array_read_f64(array, values, &error);
    g_assert_no_error(error);
    return values;
}

static void
run_op(Op *op)
{
    MendShape s = op->node->shape;
    double *to = op->dst;
    op->weight = read_array(op->node->weight);
    op->bias = read_array(op->node->bias);
    for (int c = 0; c < s.c; c++)
        for (int y = 0; y < s.h; y++)
            for (int x = 0; x < s.w; x++)
                *to++ = element(op, c, y, x);
    g_free(op->weight);
    g_free(op->bias);
}

double *
reference_run(const MendGraph *graph, const MendTensor *inputs)
{
    int n = mend_graph_n_nodes(graph), n_inputs = 0;
    g_autoptr(GPtrArray) maps = g_ptr_array_new_with_free_func(g_free);
    for (MendNode i = 0; i < n; i++) {
        Op op = {.node = mend_graph_node(graph, i)};
        size_t count = mend_shape_count(op.node->shape);
        op.dst = g_new(double, count);
        g_ptr_array_add(maps, op.dst);
        for (int s = 0; s < mend_op_n_src(op.node->op); s++) {
            op.in[s] = mend_graph_node(graph, op.node->src[s])->shape;
            op.src[s] = g_ptr_array_index(maps, op.node->src[s]);
        }
        if (op.node->op == MEND_OP_input) {
            const float *from = inputs[n_inputs++].data;
            for (size_t e = 0; e < count; e++)
                op.dst[e] = (double)from[e];
        } else {
            run_op(&op);
        }
    }
    double *output = g_ptr_array_index(maps, mend_graph_output(graph));
    maps->pdata[mend_graph_output(graph)] = NULL;
    return output;
}
