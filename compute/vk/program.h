/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A graph as a list of dispatches: which ops go together, where their results and weights live,
 * and what each dispatch is given. Takes no memory of the device and calls nothing of Vulkan.
 * Thread: one at a time. */
#pragma once

#include "compute/graph.h"
#include "compute/vk/pipeline.h"

G_BEGIN_DECLS

/* The blocks of memory that ranges point into. Weights may need several: 2, 3, ... */
enum { MEND_VK_SCRATCH, MEND_VK_STAGING, MEND_VK_WEIGHTS };

/* In elements (float32) of a block. */
typedef struct {
    guint block;
    size_t offset, count;
} MendVkRange;

/* What is bound where: see shaders/common.glsl. */
enum { MEND_VK_RESULT, MEND_VK_X, MEND_VK_Y, MEND_VK_CONSTANTS };

typedef struct {
    MendVkVariant variant;
    MendVkRange range[MEND_VK_N_BINDINGS]; /* count is 0 where the binding is not used */
    uint32_t groups[3];
    guint8 push[MEND_VK_PUSH_BYTES];
    double cost; /* as if in floating point operations; memory traffic counts too */
} MendVkDispatch;

/* The weights of one step, in the layout its shader reads (shaders/push.h). */
typedef struct {
    MendNode node;
    MendNode gain; /* the axpy whose gain comes last, or -1 */
    MendVkRange range;
} MendVkPacked;

/* In elements. */
typedef struct {
    size_t alignment; /* of ranges: a power of two */
    size_t max_range; /* that can be bound */
    size_t max_block; /* that can be allocated at once */
} MendVkLimits;

typedef struct {
    const MendGraph *graph; /* borrowed */
    MendVkLimits limits;
    MendNode *absorbs;  /* [n_nodes] the convolution that runs as part of this node, or -1 */
    MendVkRange *place; /* [n_nodes] of results; unset for what was absorbed */
    MendVkRange *temp;  /* [n_nodes] room for partial results */
    GArray *dispatches; /* MendVkDispatch, in order */
    GArray *packed;     /* MendVkPacked */
    GArray *blocks;     /* size_t: elements of each block */
    size_t *inputs;     /* [n_nodes] elements into the staging block, for input nodes */
    size_t output;      /* likewise */
} MendVkProgram;

/* MEND_ERROR_MEMORY where one tensor is larger than limits.max_range. The graph is borrowed. On
 * failure the program is clear. */
gboolean mend_vk_program_init(MendVkProgram *program, const MendGraph *graph, MendVkLimits limits,
                              GError **error);
void mend_vk_program_clear(MendVkProgram *program);

/* Writes what a step reads as weights; dst has packed->range.count elements. MEND_ERROR_WEIGHTS
 * for values that are not finite. */
gboolean mend_vk_pack(const MendGraph *graph, const MendVkPacked *packed, float *dst,
                      GError **error);

/* For compute/vk/emit.c: appends the dispatches that make node's result, and the one that brings
 * the output to the staging block. */
void mend_vk_emit(MendVkProgram *program, MendNode node);
void mend_vk_emit_output(MendVkProgram *program);
/* Room for the weights of node, count elements. */
MendVkRange mend_vk_program_weights(MendVkProgram *program, MendNode node, MendNode gain,
                                    size_t count);

G_END_DECLS
