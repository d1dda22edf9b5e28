/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network as a list of ops in the order of execution. Building computes shapes, nothing else.
 * Thread: one at a time; a finished graph may be read by many. */
#pragma once

#include "compute/tensor.h"
#include "compute/weights.h"

G_BEGIN_DECLS

typedef enum {
#define MEND_OP(id, n_src) MEND_OP_##id,
#include "compute/ops.def"
#undef MEND_OP
    MEND_N_OPS
} MendOp;

const char *mend_op_name(MendOp op);
int mend_op_n_src(MendOp op);

typedef int MendNode; /* index into the graph, in the order of execution; < 0 after an error */

/* One op. What is not named in ops.def for its op is 0 or NULL. */
typedef struct {
    MendOp op;
    MendNode src[2];
    MendShape shape;         /* of the result */
    int k, stride, pad;      /* conv */
    gboolean wrap;           /* conv, dwconv: what pads is the map's other side, not zeros */
    int a, b;                /* constant: a = row; norm: offsets of shift (a) and scale (b) in v */
    const MendArray *weight; /* conv, dwconv: kernel; norm, axpy: gain [c]; constant: table */
    const MendArray *bias;   /* conv, dwconv: [o], or NULL */
    char name[32];           /* input: its name; else for messages */
} MendNodeInfo;

typedef struct MendGraph MendGraph;

/* weights is borrowed and must outlive the graph. */
MendGraph *mend_graph_new(const MendWeights *weights);
void mend_graph_free(MendGraph *graph); /* NULL is allowed */

/* From now on maps are tori: convolutions that pad read around the edges. */
void mend_graph_wrap(MendGraph *graph);

/* Builders infer the shape at once. The first error sticks and is reported by mend_graph_finish(),
 * so a network reads as straight-line code without checks. Names of arrays are the file's. */
MendNode mend_input(MendGraph *g, const char *name, MendShape shape);
MendNode mend_constant(MendGraph *g, const char *table, int row);
MendNode mend_sinusoid(MendGraph *g, MendNode t, int c);
/* prefix.weight, and prefix.bias where the file has it; output channels and k from the weight. */
MendNode mend_conv(MendGraph *g, MendNode x, const char *prefix, int stride, int pad);
MendNode mend_dwconv(MendGraph *g, MendNode x, const char *prefix);
/* shift and scale are offsets into modulation, which has at least offset + C elements. */
MendNode mend_norm(MendGraph *g, MendNode x, const char *gain, MendNode modulation, int shift,
                   int scale);
MendNode mend_gate(MendGraph *g, MendNode x);
MendNode mend_mean(MendGraph *g, MendNode x);
MendNode mend_mul(MendGraph *g, MendNode x, MendNode y);
MendNode mend_add(MendGraph *g, MendNode x, MendNode y);
MendNode mend_sub(MendGraph *g, MendNode x, MendNode y);
MendNode mend_axpy(MendGraph *g, MendNode x, const char *gain, MendNode y);
MendNode mend_concat(MendGraph *g, MendNode x, MendNode y);
MendNode mend_shuffle(MendGraph *g, MendNode x);

/* Marks x as the (only) output and reports the first error. Nothing may be added afterwards. */
gboolean mend_graph_finish(MendGraph *g, MendNode x, GError **error);

int mend_graph_n_nodes(const MendGraph *graph);
const MendNodeInfo *mend_graph_node(const MendGraph *graph, MendNode node); /* borrowed */
MendNode mend_graph_output(const MendGraph *graph);
MendNode mend_graph_find_input(const MendGraph *graph, const char *name); /* or -1 */
/* Multiply-adds x 2 of one run's convolutions: a node's, and all. */
double mend_node_flops(const MendNodeInfo *node);
double mend_graph_flops(const MendGraph *graph);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendGraph, mend_graph_free)

G_END_DECLS
