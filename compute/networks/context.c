/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The context encoder: two trunks of strided filters, norms and gates, their means, two layers. */
#include "compute/networks/context.h"

#include <stdio.h>

#include "compute/error.h"

#define MAX_LEVELS 8

typedef struct {
    MendGraph *graph;
    const MendWeights *weights;
    const char *prefix;
} Net;

/* A name of the file, by value. */
typedef struct {
    char text[64];
} Name;

static Name
name(const Net *net, const char *part, int level, const char *end)
{
    Name n;
    snprintf(n.text, sizeof n.text, "%s%s.%d%s", net->prefix, part, level, end);
    return n;
}

/* The first level: a plain bank of filters, half their side apart. */
static MendNode
first_level(const Net *net, const char *part, MendNode x)
{
    const MendArray *bank =
        mend_weights_find(net->weights, name(net, part, 0, ".conv.weight").text);
    gint64 side = bank && bank->n_dims == 4 ? bank->dims[2] : 4;
    int step = (int)CLAMP(side / 2, 1, 32);
    return mend_conv(net->graph, x, name(net, part, 0, ".conv").text, step, 0);
}

/* The means of all levels but the first. */
static MendNode
trunk(const Net *net, const char *part, MendNode x)
{
    MendGraph *g = net->graph;
    MendNode means = -1;
    x = first_level(net, part, x);
    for (int i = 1; i < MAX_LEVELS && x >= 0; i++) {
        if (i > 1 && !mend_weights_find(net->weights, name(net, part, i, ".conv.weight").text))
            break;
        int c = mend_graph_node(g, x)->shape.c;
        MendNode table = mend_constant(g, name(net, part, i, ".norm.table").text, 0);
        x = mend_norm(g, x, name(net, part, i, ".norm.g").text, table, 0, c);
        x = mend_gate(g, mend_conv(g, x, name(net, part, i, ".conv").text, 2, 1));
        MendNode mean = mend_mean(g, x);
        means = i == 1 ? mean : mend_concat(g, means, mean);
    }
    return means;
}

static MendNode
vector_norm(const Net *net, const char *part, MendNode x)
{
    Name table, gain;
    snprintf(table.text, sizeof table.text, "%s%s.norm.table", net->prefix, part);
    snprintf(gain.text, sizeof gain.text, "%s%s.norm.g", net->prefix, part);
    MendNode modulation = mend_constant(net->graph, table.text, 0);
    int c = x >= 0 ? mend_graph_node(net->graph, x)->shape.c : 0;
    return mend_norm(net->graph, x, gain.text, modulation, 0, c);
}

static MendNode
make_vector(const Net *net, MendNode x)
{
    MendGraph *g = net->graph;
    x = vector_norm(net, "mix", mend_conv(g, x, name(net, "mix", 0, "").text, 1, 0));
    return mend_conv(g, mend_gate(g, x), name(net, "mix", 1, "").text, 1, 0);
}

static MendNode
make_logits(const Net *net, MendNode vector)
{
    MendGraph *g = net->graph;
    MendNode x = vector_norm(net, "classes", vector);
    x = mend_gate(g, mend_conv(g, x, name(net, "classes", 0, "").text, 1, 0));
    return mend_conv(g, x, name(net, "classes", 1, "").text, 1, 0);
}

static gboolean
check_output(const MendGraph *graph, MendNode vector, GError **error)
{
    int length = mend_graph_node(graph, vector)->shape.c;
    if (length == MEND_CONTEXT_VECTOR)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                "The encoder does not fit: its \"mix\" makes a vector of %d, not %d.", length,
                MEND_CONTEXT_VECTOR);
    return FALSE;
}

int
mend_context_n_clues(const MendWeights *weights, const char *prefix)
{
    Name mean;
    snprintf(mean.text, sizeof mean.text, "%sclues.mean", prefix);
    const MendArray *array = mend_weights_find(weights, mean.text);
    return array ? (int)MIN(array->count, 1U << 16) : 0;
}

gboolean
mend_context_build(MendGraph *g, const MendWeights *weights, const char *prefix, GError **error)
{
    Net net = {g, weights, prefix};
    MendNode small =
        mend_input(g, "thumbnail", (MendShape){3, MEND_CONTEXT_SIDE, MEND_CONTEXT_SIDE});
    MendNode near =
        mend_input(g, "crops", (MendShape){3, 2 * MEND_CONTEXT_CROP, 2 * MEND_CONTEXT_CROP});
    MendNode all = mend_concat(g, trunk(&net, "wide", small), trunk(&net, "near", near));
    all = mend_concat(g, all, mend_mean(g, small)); /* the tone, which the norms take away */
    all = mend_concat(g, all, mend_mean(g, mend_mul(g, small, small)));
    int n_clues = mend_context_n_clues(weights, prefix);
    if (n_clues > 0)
        all = mend_concat(g, all, mend_input(g, "clues", (MendShape){n_clues, 1, 1}));
    MendNode vector = make_vector(&net, all);
    MendNode out = mend_concat(g, vector, make_logits(&net, vector));
    return mend_graph_finish(g, out, error) && check_output(g, vector, error);
}
