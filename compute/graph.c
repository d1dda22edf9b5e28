/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network as a list of ops: builders infer shapes, the first error sticks. */
#include "compute/graph.h"

#include <string.h>

#include "compute/error.h"

#define MAX_SIDE  (1 << 20)         /* of any side */
#define MAX_COUNT ((size_t)1 << 36) /* of a result's elements: no sum overflows */

struct MendGraph {
    const MendWeights *weights;
    GArray *nodes; /* MendNodeInfo */
    gboolean wrap;
    MendNode output;
    GError *error; /* the first one */
};

static const struct {
    const char *name;
    int n_src;
} ops[] = {
#define MEND_OP(id, n_src) {#id, n_src},
#include "compute/ops.def"
#undef MEND_OP
};

const char *
mend_op_name(MendOp op)
{
    return ops[op].name;
}

int
mend_op_n_src(MendOp op)
{
    return ops[op].n_src;
}

MendGraph *
mend_graph_new(const MendWeights *weights)
{
    MendGraph *g = g_new0(MendGraph, 1);
    g->weights = weights;
    g->nodes = g_array_new(FALSE, TRUE, sizeof(MendNodeInfo));
    g->output = -1;
    return g;
}

void
mend_graph_wrap(MendGraph *graph)
{
    graph->wrap = TRUE;
}

void
mend_graph_free(MendGraph *graph)
{
    if (!graph)
        return;
    g_array_unref(graph->nodes);
    g_clear_error(&graph->error);
    g_free(graph);
}

G_GNUC_PRINTF(2, 3)
static MendNode
fail(MendGraph *g, const char *format, ...)
{
    if (g->error)
        return -1;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g->error = g_error_new(MEND_ERROR, MEND_ERROR_SHAPE, "The network of \"%s\" does not fit: %s.",
                           mend_weights_path(g->weights), what);
    return -1;
}

static MendShape
shape_of(const MendGraph *g, MendNode node)
{
    return mend_graph_node(g, node)->shape;
}

/* FALSE after an error, and for a source that is not there. */
static gboolean
usable(MendGraph *g, MendOp op, MendNode x)
{
    if (g->error)
        return FALSE;
    if (x >= 0 && (guint)x < g->nodes->len)
        return TRUE;
    fail(g, "%s has no source", mend_op_name(op));
    return FALSE;
}

static MendNode
append(MendGraph *g, MendNodeInfo info)
{
    MendShape s = info.shape;
    if (s.c < 1 || s.h < 1 || s.w < 1 || s.c > MAX_SIDE || s.h > MAX_SIDE || s.w > MAX_SIDE ||
        mend_shape_count(s) > MAX_COUNT)
        return fail(g, "%s \"%s\" would make %d x %d x %d", mend_op_name(info.op), info.name, s.c,
                    s.h, s.w);
    g_array_append_val(g->nodes, info);
    return (MendNode)g->nodes->len - 1;
}

static const MendArray *
find_array(MendGraph *g, const char *name)
{
    return g->error ? NULL : mend_weights_get(g->weights, name, &g->error);
}

/* A gain of c elements, of whatever shape. */
static const MendArray *
find_vector(MendGraph *g, const char *name, int c)
{
    const MendArray *array = find_array(g, name);
    if (array && array->count != (size_t)c) {
        fail(g, "\"%s\" has %" G_GSIZE_FORMAT " elements, %d are needed", name, array->count, c);
        return NULL;
    }
    return array;
}

static void
set_name(MendNodeInfo *info, const char *name)
{
    g_strlcpy(info->name, name, sizeof info->name);
}

MendNode
mend_input(MendGraph *g, const char *name, MendShape shape)
{
    MendNodeInfo info = {.op = MEND_OP_input, .shape = shape};
    set_name(&info, name);
    return g->error ? -1 : append(g, info);
}

MendNode
mend_constant(MendGraph *g, const char *table, int row)
{
    const MendArray *array = find_array(g, table);
    if (!array)
        return -1;
    if (array->n_dims != 2 || array->dims[1] > MAX_SIDE)
        return fail(g, "\"%s\" is no table of rows", table);
    if (row < 0 || row >= array->dims[0])
        return fail(g, "\"%s\" has %" G_GINT64_FORMAT " rows, row %d is asked for", table,
                    array->dims[0], row);
    MendNodeInfo info = {
        .op = MEND_OP_constant, .shape = {(int)array->dims[1], 1, 1}, .a = row, .weight = array};
    set_name(&info, table);
    return append(g, info);
}

MendNode
mend_sinusoid(MendGraph *g, MendNode t, int c)
{
    if (!usable(g, MEND_OP_sinusoid, t))
        return -1;
    if (mend_shape_count(shape_of(g, t)) != 1 || c < 4 || c % 2)
        return fail(g, "sinusoid needs one number and an even width from 4 up, not %d", c);
    return append(g, (MendNodeInfo){.op = MEND_OP_sinusoid, .src = {t}, .shape = {c, 1, 1}});
}

/* The array prefix.suffix. required: its absence is an error. */
static const MendArray *
find_part(MendGraph *g, const char *prefix, const char *suffix, gboolean required)
{
    g_autofree char *name = g_strconcat(prefix, suffix, NULL);
    return required ? find_array(g, name) : mend_weights_find(g->weights, name);
}

static gboolean
check_bias(MendGraph *g, const MendNodeInfo *info)
{
    if (info->bias && info->bias->count != (size_t)info->shape.c)
        fail(g, "\"%s\" has %" G_GSIZE_FORMAT " elements, %d are needed", info->bias->name,
             info->bias->count, info->shape.c);
    return !g->error;
}

MendNode
mend_conv(MendGraph *g, MendNode x, const char *prefix, int stride, int pad)
{
    if (!usable(g, MEND_OP_conv, x))
        return -1;
    const MendArray *weight = find_part(g, prefix, ".weight", TRUE);
    if (!weight)
        return -1;
    MendShape in = shape_of(g, x);
    gint64 k = weight->n_dims == 4 ? weight->dims[2] : 1;
    if ((weight->n_dims != 4 && weight->n_dims != 2) || weight->dims[0] < 1 ||
        weight->dims[0] > MAX_SIDE || (weight->n_dims == 4 && weight->dims[3] != k) || k < 1 ||
        k > 64)
        return fail(g, "\"%s\" is no convolution kernel", weight->name);
    if (weight->dims[1] != in.c)
        return fail(g,
                    "conv \"%s\" takes %" G_GINT64_FORMAT " channels, its source is %d x %d x %d",
                    prefix, weight->dims[1], in.c, in.h, in.w);
    if (stride < 1 || pad < 0 || pad >= k || in.h + 2 * pad < k || in.w + 2 * pad < k)
        return fail(g, "conv \"%s\" of side %d, stride %d, pad %d cannot work on %d x %d", prefix,
                    (int)k, stride, pad, in.h, in.w);
    MendNodeInfo info = {.op = MEND_OP_conv,
                         .src = {x},
                         .k = (int)k,
                         .stride = stride,
                         .pad = pad,
                         .wrap = g->wrap,
                         .weight = weight,
                         .bias = find_part(g, prefix, ".bias", FALSE),
                         .shape = {(int)weight->dims[0], (in.h + 2 * pad - (int)k) / stride + 1,
                                   (in.w + 2 * pad - (int)k) / stride + 1}};
    set_name(&info, prefix);
    return check_bias(g, &info) ? append(g, info) : -1;
}

MendNode
mend_dwconv(MendGraph *g, MendNode x, const char *prefix)
{
    if (!usable(g, MEND_OP_dwconv, x))
        return -1;
    const MendArray *weight = find_part(g, prefix, ".weight", TRUE);
    if (!weight)
        return -1;
    MendShape in = shape_of(g, x);
    if (weight->n_dims != 4 || weight->dims[0] != in.c || weight->dims[1] != 1 ||
        weight->dims[2] != 3 || weight->dims[3] != 3)
        return fail(g, "dwconv \"%s\" needs a kernel of %d x 1 x 3 x 3", prefix, in.c);
    MendNodeInfo info = {.op = MEND_OP_dwconv,
                         .src = {x},
                         .shape = in,
                         .k = 3,
                         .stride = 1,
                         .pad = 1,
                         .wrap = g->wrap,
                         .weight = weight,
                         .bias = find_part(g, prefix, ".bias", FALSE)};
    set_name(&info, prefix);
    return check_bias(g, &info) ? append(g, info) : -1;
}

MendNode
mend_norm(MendGraph *g, MendNode x, const char *gain, MendNode modulation, int shift, int scale)
{
    if (!usable(g, MEND_OP_norm, x) || !usable(g, MEND_OP_norm, modulation))
        return -1;
    MendShape in = shape_of(g, x), v = shape_of(g, modulation);
    if (v.h != 1 || v.w != 1 || shift < 0 || scale < 0 || shift > v.c - in.c || scale > v.c - in.c)
        return fail(g,
                    "norm \"%s\": shift at %d and scale at %d of %d channels are not inside the "
                    "modulation of %d x %d x %d",
                    gain, shift, scale, in.c, v.c, v.h, v.w);
    MendNodeInfo info = {.op = MEND_OP_norm,
                         .src = {x, modulation},
                         .shape = in,
                         .a = shift,
                         .b = scale,
                         .weight = find_vector(g, gain, in.c)};
    set_name(&info, gain);
    return info.weight ? append(g, info) : -1;
}

MendNode
mend_gate(MendGraph *g, MendNode x)
{
    if (!usable(g, MEND_OP_gate, x))
        return -1;
    MendShape s = shape_of(g, x);
    if (s.c % 2)
        return fail(g, "gate needs an even number of channels, not %d", s.c);
    s.c /= 2;
    return append(g, (MendNodeInfo){.op = MEND_OP_gate, .src = {x}, .shape = s});
}

MendNode
mend_mean(MendGraph *g, MendNode x)
{
    if (!usable(g, MEND_OP_mean, x))
        return -1;
    MendShape s = {shape_of(g, x).c, 1, 1};
    return append(g, (MendNodeInfo){.op = MEND_OP_mean, .src = {x}, .shape = s});
}

/* Two sources of one shape; y may be a vector where the op is mul. */
static MendNode
pair(MendGraph *g, MendNodeInfo info)
{
    MendNode x = info.src[0], y = info.src[1];
    if (!usable(g, info.op, x) || !usable(g, info.op, y))
        return -1;
    MendShape a = shape_of(g, x), b = shape_of(g, y);
    gboolean vector = info.op == MEND_OP_mul && b.c == a.c && b.h == 1 && b.w == 1;
    if (!mend_shape_equal(a, b) && !vector)
        return fail(g, "%s of %d x %d x %d and %d x %d x %d", mend_op_name(info.op), a.c, a.h, a.w,
                    b.c, b.h, b.w);
    info.shape = a;
    return append(g, info);
}

MendNode
mend_mul(MendGraph *g, MendNode x, MendNode y)
{
    return pair(g, (MendNodeInfo){.op = MEND_OP_mul, .src = {x, y}});
}

MendNode
mend_add(MendGraph *g, MendNode x, MendNode y)
{
    return pair(g, (MendNodeInfo){.op = MEND_OP_add, .src = {x, y}});
}

MendNode
mend_sub(MendGraph *g, MendNode x, MendNode y)
{
    return pair(g, (MendNodeInfo){.op = MEND_OP_sub, .src = {x, y}});
}

MendNode
mend_axpy(MendGraph *g, MendNode x, const char *gain, MendNode y)
{
    if (!usable(g, MEND_OP_axpy, x))
        return -1;
    MendNodeInfo info = {
        .op = MEND_OP_axpy, .src = {x, y}, .weight = find_vector(g, gain, shape_of(g, x).c)};
    set_name(&info, gain);
    return info.weight ? pair(g, info) : -1;
}

MendNode
mend_concat(MendGraph *g, MendNode x, MendNode y)
{
    if (!usable(g, MEND_OP_concat, x) || !usable(g, MEND_OP_concat, y))
        return -1;
    MendShape a = shape_of(g, x), b = shape_of(g, y);
    if (a.h != b.h || a.w != b.w)
        return fail(g, "concat of %d x %d x %d and %d x %d x %d", a.c, a.h, a.w, b.c, b.h, b.w);
    a.c += b.c;
    return append(g, (MendNodeInfo){.op = MEND_OP_concat, .src = {x, y}, .shape = a});
}

MendNode
mend_shuffle(MendGraph *g, MendNode x)
{
    if (!usable(g, MEND_OP_shuffle, x))
        return -1;
    MendShape s = shape_of(g, x);
    if (s.c % 4)
        return fail(g, "shuffle needs a multiple of 4 channels, not %d", s.c);
    return append(
        g, (MendNodeInfo){.op = MEND_OP_shuffle, .src = {x}, .shape = {s.c / 4, 2 * s.h, 2 * s.w}});
}

gboolean
mend_graph_finish(MendGraph *g, MendNode x, GError **error)
{
    if (!g->error && (x < 0 || (guint)x >= g->nodes->len))
        fail(g, "it has no output");
    if (g->error) {
        g_propagate_error(error, g_error_copy(g->error));
        return FALSE;
    }
    g->output = x;
    return TRUE;
}

int
mend_graph_n_nodes(const MendGraph *graph)
{
    return (int)graph->nodes->len;
}

const MendNodeInfo *
mend_graph_node(const MendGraph *graph, MendNode node)
{
    return &g_array_index(graph->nodes, MendNodeInfo, node);
}

MendNode
mend_graph_output(const MendGraph *graph)
{
    return graph->output;
}

MendNode
mend_graph_find_input(const MendGraph *graph, const char *name)
{
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        if (info->op == MEND_OP_input && strcmp(info->name, name) == 0)
            return i;
    }
    return -1;
}

double
mend_node_flops(const MendNodeInfo *node)
{
    if (node->op != MEND_OP_conv && node->op != MEND_OP_dwconv)
        return 0;
    return 2.0 * node->shape.h * node->shape.w * (double)node->weight->count;
}

double
mend_graph_flops(const MendGraph *graph)
{
    double flops = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++)
        flops += mend_node_flops(mend_graph_node(graph, i));
    return flops;
}
