/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conditional NAFNet (Refusion, Luo et al. 2023, after NAFNet, Chen et al. 2022): published files
 * and ours, which differ in the attention's window, the residual and the task table. */
#include "compute/network.h"

#include <stdio.h>
#include <string.h>

#include "compute/error.h"

#define MAX_LEVELS 12

typedef struct {
    MendGraph *graph;
    const MendWeights *weights;
    const MendNetworkConfig *config;
    const char *prefix; /* before all names: "", "module.", or what the config says */
    MendNode gated;     /* simple gate of the time embedding: what every block's mlp reads */
} Net;

/* A name of the file, by value. */
typedef struct {
    char text[96];
} Name;

static Name G_GNUC_PRINTF(2, 3) name(const Net *net, const char *format, ...)
{
    Name n;
    int used = snprintf(n.text, sizeof n.text, "%s", net->prefix);
    va_list args;
    va_start(args, format);
    vsnprintf(n.text + used, sizeof n.text - (size_t)used, format, args);
    va_end(args);
    return n;
}

/* "module." where all arrays have it: files saved from a model that was wrapped for training. */
static const char *
find_prefix(const MendWeights *weights, const MendNetworkConfig *config)
{
    if (config->prefix)
        return config->prefix;
    guint n = mend_weights_count(weights);
    for (guint i = 0; i < n; i++)
        if (!g_str_has_prefix(mend_weights_at(weights, i)->name, "module."))
            return "";
    return n ? "module." : "";
}

static const MendArray *
find(const Net *net, Name n)
{
    return mend_weights_find(net->weights, n.text);
}

static int
count_levels(const Net *net)
{
    int n = 0;
    while (n < MAX_LEVELS && find(net, name(net, "downs.%d.weight", n)))
        n++;
    return n;
}

/* stack: "middle_blks", "encoders.0", ... */
static int
count_blocks(const Net *net, const char *stack)
{
    int n = 0;
    while (find(net, name(net, "%s.%d.conv1.weight", stack, n)))
        n++;
    return n;
}

/* y = attention(gate(dwconv(conv(norm x)))), the first half of a block before its residual. */
static MendNode
mix(const Net *net, const char *block, MendNode x, MendNode modulation, int c)
{
    MendGraph *g = net->graph;
    MendNode y = mend_norm(g, x, name(net, "%s.norm1.g", block).text, modulation, 0, c);
    y = mend_conv(g, y, name(net, "%s.conv1", block).text, 1, 0);
    y = mend_gate(g, mend_dwconv(g, y, name(net, "%s.conv2", block).text));
    MendNode window = net->config->global_attention ? mend_mean(g, y) : y;
    y = mend_mul(g, y, mend_conv(g, window, name(net, "%s.sca.1", block).text, 1, 0));
    return mend_conv(g, y, name(net, "%s.conv3", block).text, 1, 0);
}

static MendNode
feed_forward(const Net *net, const char *block, MendNode x, MendNode modulation, int c)
{
    MendGraph *g = net->graph;
    MendNode y = mend_norm(g, x, name(net, "%s.norm2.g", block).text, modulation, 2 * c, 3 * c);
    y = mend_gate(g, mend_conv(g, y, name(net, "%s.conv4", block).text, 1, 0));
    return mend_conv(g, y, name(net, "%s.conv5", block).text, 1, 0);
}

static MendNode
add_blocks(const Net *net, const char *stack, MendNode x)
{
    MendGraph *g = net->graph;
    int n = count_blocks(net, stack);
    for (int i = 0; i < n && x >= 0; i++) {
        char block[64];
        snprintf(block, sizeof block, "%s.%d", stack, i);
        int c = mend_graph_node(g, x)->shape.c;
        MendNode m = mend_conv(g, net->gated, name(net, "%s.mlp.1", block).text, 1, 0);
        MendNode y = mix(net, block, x, m, c);
        x = mend_axpy(g, x, name(net, "%s.beta", block).text, y);
        y = feed_forward(net, block, x, m, c);
        x = mend_axpy(g, x, name(net, "%s.gamma", block).text, y);
    }
    return x;
}

static MendNode
embed_time(const Net *net)
{
    MendGraph *g = net->graph;
    const MendArray *first = find(net, name(net, "time_mlp.1.weight"));
    int width = first && first->n_dims == 2 && first->dims[1] < 1 << 20 ? (int)first->dims[1] : 4;
    MendNode e = mend_sinusoid(g, mend_input(g, "t", (MendShape){1, 1, 1}), width);
    e = mend_gate(g, mend_conv(g, e, name(net, "time_mlp.1").text, 1, 0));
    e = mend_conv(g, e, name(net, "time_mlp.3").text, 1, 0);
    Name table = name(net, "task_embedding");
    const MendArray *tasks = find(net, table);
    if (tasks && tasks->n_dims == 2) { /* the last row stands for any task */
        int row = net->config->task_row >= 0 ? net->config->task_row : (int)tasks->dims[0] - 1;
        e = mend_add(g, e, mend_constant(g, table.text, row));
    }
    const MendArray *seen = find(net, name(net, "context.weight"));
    if (seen) { /* what the encoder says of the whole picture */
        int length = seen->n_dims == 2 && seen->dims[1] < 1 << 20 ? (int)seen->dims[1] : 1;
        MendNode vector = mend_input(g, "context", (MendShape){length, 1, 1});
        e = mend_add(g, e, mend_conv(g, vector, name(net, "context").text, 1, 0));
    }
    return mend_gate(g, e);
}

/* The network's eyes: the distance to the mean first, then the mean itself; x alone where the intro
 * convolution takes 3 channels. */
static MendNode
add_inputs(const Net *net, int h, int w, MendNode *mean)
{
    MendGraph *g = net->graph;
    MendShape picture = {3, h, w};
    MendNode x = mend_input(g, "x", picture);
    const MendArray *intro = find(net, name(net, "intro.weight"));
    if (intro && intro->n_dims == 4 && intro->dims[1] == 3)
        return *mean = x;
    *mean = mend_input(g, "mean", picture);
    MendNode planes = mend_concat(g, mend_sub(g, x, *mean), *mean);
    if (intro && intro->n_dims == 4 && intro->dims[1] == 9)
        planes = mend_concat(g, planes, mend_input(g, "degraded", picture));
    return planes;
}

static MendNode
add_levels(const Net *net, MendNode x)
{
    MendGraph *g = net->graph;
    int n = count_levels(net);
    MendNode skips[MAX_LEVELS];
    char stack[32];
    for (int i = 0; i < n; i++) {
        snprintf(stack, sizeof stack, "encoders.%d", i);
        skips[i] = add_blocks(net, stack, x);
        x = mend_conv(g, skips[i], name(net, "downs.%d", i).text, 2, 0);
    }
    x = add_blocks(net, "middle_blks", x);
    for (int i = 0; i < n; i++) {
        snprintf(stack, sizeof stack, "decoders.%d", i);
        x = mend_shuffle(g, mend_conv(g, x, name(net, "ups.%d.0", i).text, 1, 0));
        x = add_blocks(net, stack, mend_add(g, x, skips[n - 1 - i]));
    }
    return x;
}

/* Without a residual nothing else ties what comes out to the picture. */
static gboolean
check_output(const MendGraph *graph, MendNode x, int h, int w, GError **error)
{
    MendShape made = mend_graph_node(graph, x)->shape;
    if (mend_shape_equal(made, (MendShape){3, h, w}))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                "The network does not fit: its \"ending\" makes %d x %d x %d, not 3 x %d x %d.",
                made.c, made.h, made.w, h, w);
    return FALSE;
}

static gboolean
build(MendGraph *graph, const MendWeights *weights, const MendNetworkConfig *config, int h, int w,
      GError **error)
{
    Net net = {graph, weights, config, find_prefix(weights, config), -1};
    int align = 1 << count_levels(&net);
    if (h < 1 || w < 1 || h % align || w % align) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    "The network of \"%s\" takes sides that are multiples of %d, not %d x %d.",
                    mend_weights_path(weights), align, w, h);
        return FALSE;
    }
    MendNode mean;
    net.gated = embed_time(&net);
    MendNode x = add_inputs(&net, h, w, &mean);
    x = add_levels(&net, mend_conv(graph, x, name(&net, "intro").text, 1, 1));
    x = mend_conv(graph, x, name(&net, "ending").text, 1, 1);
    if (config->residual)
        x = mend_add(graph, x, mean);
    return mend_graph_finish(graph, x, error) && check_output(graph, x, h, w, error);
}

/* Pixels [lo, hi] of one level. */
typedef struct {
    int lo, hi;
} Span;

static Span
grow(Span s, int by)
{
    return (Span){s.lo - by, s.hi + by};
}

/* What the output pixel p is made from: the way back through the coarsest level, which sees all
 * that the skips see. Each block and each 3x3 convolution looks one pixel of its level around. */
static Span
trace(const Net *net, int n_levels, int p)
{
    char stack[32];
    Span s = grow((Span){p, p}, 1);
    for (int i = n_levels - 1; i >= 0; i--) {
        snprintf(stack, sizeof stack, "decoders.%d", i);
        s = grow(s, count_blocks(net, stack));
        s = (Span){s.lo / 2, s.hi / 2};
    }
    s = grow(s, count_blocks(net, "middle_blks"));
    for (int i = n_levels - 1; i >= 0; i--) {
        snprintf(stack, sizeof stack, "encoders.%d", i);
        s = grow((Span){2 * s.lo, 2 * s.hi + 1}, count_blocks(net, stack));
    }
    return grow(s, 1);
}

static gboolean
extent(const MendWeights *weights, const MendNetworkConfig *config, int *align, int *radius,
       GError **error)
{
    Net net = {NULL, weights, config, find_prefix(weights, config), -1};
    if (!mend_weights_get(weights, name(&net, "intro.weight").text, error) ||
        !mend_weights_get(weights, name(&net, "ending.weight").text, error))
        return FALSE;
    int n_levels = count_levels(&net);
    *align = 1 << n_levels;
    *radius = 0;
    if (config->global_attention)
        return TRUE;
    int middle = 1 << 28; /* far from 0, so that halving rounds down; a multiple of every align */
    for (int p = middle; p < middle + *align; p++) {
        Span s = trace(&net, n_levels, p);
        *radius = MAX(*radius, MAX(p - s.lo, s.hi - p));
    }
    *radius = (*radius + *align - 1) / *align * *align;
    return TRUE;
}

const MendNetwork mend_network_nafnet = {"nafnet", build, extent};
