/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each op dispatches: shader, tile, ranges, push constants. One function per op. */
#include <string.h>

#include "compute/vk/program.h"
#include "shaders/push.h"

#define THREADS         128   /* of the simple shaders: every device allows as many */
#define MAX_GROUPS      65535 /* along a side: every device allows as many */
#define COST_PER_BYTE   10    /* floating point operations in the time a byte takes */
#define COST_PER_LAUNCH 1e6
#define MAX_COST        2e9 /* of a dispatch: well under 100 ms on the slowest GPU */

typedef guint uint; /* GLSL's name for it */
#define PUSH(name, fields)                                                                         \
    typedef struct {                                                                               \
        fields                                                                                     \
    } Push##name;                                                                                  \
    _Static_assert(sizeof(Push##name) <= MEND_VK_PUSH_BYTES, #name)
PUSH(Conv, MEND_PUSH_CONV);
PUSH(Dwconv, MEND_PUSH_DWCONV);
PUSH(Norm, MEND_PUSH_NORM);
PUSH(Pointwise, MEND_PUSH_POINTWISE);
PUSH(Mean, MEND_PUSH_MEAN);
PUSH(Shuffle, MEND_PUSH_SHUFFLE);
PUSH(Sinusoid, MEND_PUSH_SINUSOID);
PUSH(Convert, MEND_PUSH_CONVERT);

/* Numbers of specialisation constants: shaders/common.glsl, shaders/conv.comp. */
enum { OUTPUT = 6, ALIGNED = 7, SOURCE_ALIGNED = 8 };
/* As in shaders/conv.comp and shaders/pointwise.comp. */
enum { OUTPUT_PLAIN, OUTPUT_GATE, OUTPUT_SHUFFLE };
enum { AFTER_NOTHING, AFTER_MUL, AFTER_ADD, AFTER_AXPY };
enum { GATE, MUL, ADD, SUB, AXPY, CONCAT };

static guint
n4(int channels)
{
    return ((guint)channels + 3) / 4;
}

static guint
n_pixels(MendShape shape)
{
    return (guint)shape.h * (guint)shape.w;
}

/* A dispatch with its ranges for the result and the sources of node, where it absorbs none. */
static MendVkDispatch
begin(const MendVkProgram *program, MendNode node, MendVkShader shader, guint threads)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendVkDispatch d = {.variant = {shader, {threads}}, .cost = COST_PER_LAUNCH};
    d.variant.spec[ALIGNED] = info->shape.c % 4 == 0;
    d.range[MEND_VK_RESULT] = program->place[node];
    for (int s = 0; program->absorbs[node] < 0 && s < mend_op_n_src(info->op); s++)
        d.range[MEND_VK_X + s] = program->place[info->src[s]];
    return d;
}

static void
append(MendVkProgram *program, MendVkDispatch *d, const void *push, size_t push_bytes)
{
    memcpy(d->push, push, push_bytes);
    for (int i = 0; i < MEND_VK_N_BINDINGS; i++)
        d->cost += (double)d->range[i].count * sizeof(float) * COST_PER_BYTE;
    g_array_append_val(program->dispatches, *d);
}

/* Enough groups for count invocations, folded into two sides. */
static void
fold(MendVkDispatch *d, guint64 count, guint per_group)
{
    guint64 groups = (count + per_group - 1) / per_group;
    d->groups[0] = (uint32_t)MIN(groups, MAX_GROUPS);
    d->groups[1] = (uint32_t)((groups + MAX_GROUPS - 1) / MAX_GROUPS);
    d->groups[2] = 1;
}

/* ---- conv ---- */

/* Spec constants BM, BN, TM, TN of shaders/conv.comp. Shared memory: 80 BM + 64 BN bytes. */
typedef struct {
    guint bm, bn, tm, tn;
} Tile;

/* Large tiles reuse more, small ones keep more of the device busy. A gate needs both of its
 * halves in one invocation: tn = 2. */
static Tile
choose_tile(guint pixels, guint channels, gboolean gate)
{
    if (pixels <= 16)
        return gate ? (Tile){4, 64, 1, 2} : (Tile){4, 32, 1, 1};
    if (channels <= 4)
        return (Tile){128, 4, 1, 1};
    if ((guint64)pixels * channels < 128 * 64 * 256)
        return gate ? (Tile){32, 64, 4, 2} : (Tile){32, 32, 4, 1};
    return gate || channels > 32 ? (Tile){128, 64, 8, 2} : (Tile){128, 32, 8, 1};
}

/* What is done with the epilogue's second source. */
static guint
after(MendOp op)
{
    return op == MEND_OP_mul    ? AFTER_MUL
           : op == MEND_OP_add  ? AFTER_ADD
           : op == MEND_OP_axpy ? AFTER_AXPY
                                : AFTER_NOTHING;
}

/* The part of a map of n channels that belongs to the pixels from first to end. */
static MendVkRange
pixel_range(MendVkRange map, guint n, guint first, guint end)
{
    return (MendVkRange){map.block, map.offset + (size_t)first * n, (size_t)(end - first) * n};
}

/* Cuts the pixels into dispatches of about MAX_COST each. A part begins at a multiple of 64 pixels
 * of the result, which any device can bind; shuffled pixels go all over the result. */
static void
append_conv(MendVkProgram *program, const MendVkDispatch *whole, Tile tile, PushConv push,
            double cost)
{
    gboolean shuffle = whole->variant.spec[OUTPUT] == OUTPUT_SHUFFLE;
    guint pixels = push.h * push.w;
    guint step = (guint)CLAMP(pixels * MAX_COST / cost, 1, pixels);
    step = (step + 127) / 128 * 128;
    for (push.first = 0; push.first < pixels; push.first = push.end) {
        MendVkDispatch d = *whole;
        push.end = pixels - push.first > step ? push.first + step : pixels;
        guint tiles = (push.end - push.first + tile.bm - 1) / tile.bm;
        d.groups[0] = (push.n + tile.bn - 1) / tile.bn;
        d.groups[1] = MIN(tiles, MAX_GROUPS);
        d.groups[2] = (tiles + MAX_GROUPS - 1) / MAX_GROUPS;
        d.cost += cost * (push.end - push.first) / pixels;
        if (!shuffle)
            d.range[MEND_VK_RESULT] = pixel_range(
                whole->range[MEND_VK_RESULT], (guint)(whole->range[MEND_VK_RESULT].count / pixels),
                push.first, push.end);
        if (push.after != AFTER_NOTHING)
            d.range[MEND_VK_Y] = pixel_range(whole->range[MEND_VK_Y], push.n, push.first, push.end);
        append(program, &d, &push, sizeof push);
    }
}

/* conv is node itself, or what node absorbs; then node's other source is the epilogue's. */
static void
emit_conv(MendVkProgram *program, MendNode node, MendNode conv)
{
    const MendGraph *graph = program->graph;
    const MendNodeInfo *info = mend_graph_node(graph, node), *c = mend_graph_node(graph, conv);
    MendShape from = mend_graph_node(graph, c->src[0])->shape, to = c->shape;
    guint output = info->op == MEND_OP_gate      ? OUTPUT_GATE
                   : info->op == MEND_OP_shuffle ? OUTPUT_SHUFFLE
                                                 : OUTPUT_PLAIN;
    Tile tile = choose_tile(n_pixels(to), (guint)to.c, output == OUTPUT_GATE);
    MendVkDispatch d =
        begin(program, node, MEND_VK_SHADER_conv, tile.bm / tile.tm * (tile.bn / 4 / tile.tn));
    const guint spec[] = {tile.bm, tile.bn, tile.tm, tile.tn, (guint)c->k, output};
    memcpy(d.variant.spec + 1, spec, sizeof spec);
    d.variant.spec[ALIGNED] = to.c % 4 == 0;
    d.variant.spec[SOURCE_ALIGNED] = from.c % 4 == 0;
    d.range[MEND_VK_X] = program->place[c->src[0]];
    PushConv push = {.h = (uint)to.h,
                     .w = (uint)to.w,
                     .n = (uint)to.c,
                     .h_src = (uint)from.h,
                     .w_src = (uint)from.w,
                     .n_src = (uint)from.c,
                     .stride = (uint)c->stride,
                     .pad = (uint)c->pad,
                     .wrap = (uint)c->wrap,
                     .after = after(info->op)};
    if (push.after != AFTER_NOTHING)
        d.range[MEND_VK_Y] = program->place[info->src[info->src[0] == conv]];
    gboolean gain = push.after == AFTER_AXPY;
    size_t terms = (size_t)c->k * (size_t)c->k * (size_t)from.c;
    d.range[MEND_VK_CONSTANTS] =
        mend_vk_program_weights(program, conv, gain ? node : -1, (terms + 1 + gain) * n4(to.c) * 4);
    append_conv(program, &d, tile, push, 2.0 * (double)mend_shape_count(to) * (double)terms);
}

static void
emit_dwconv(MendVkProgram *program, MendNode node, MendNode conv)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    const MendNodeInfo *c = mend_graph_node(program->graph, conv);
    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_dwconv, THREADS);
    d.variant.spec[1] = node != conv;
    d.range[MEND_VK_X] = program->place[c->src[0]];
    d.range[MEND_VK_CONSTANTS] =
        mend_vk_program_weights(program, conv, -1, (size_t)10 * 4 * n4(c->shape.c));
    PushDwconv push = {(uint)c->shape.h, (uint)c->shape.w, (uint)c->shape.c, (uint)c->wrap};
    guint runs = (push.w + 3) / 4;
    fold(&d, (guint64)n4(info->shape.c) * runs * push.h, THREADS);
    append(program, &d, &push, sizeof push);
}

/* ---- the others ---- */

static void
emit_pointwise(MendVkProgram *program, MendNode node, guint op)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendShape x = mend_graph_node(program->graph, info->src[0])->shape, y = x;
    if (mend_op_n_src(info->op) > 1)
        y = mend_graph_node(program->graph, info->src[1])->shape;
    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_pointwise, THREADS);
    d.variant.spec[1] = op;
    d.variant.spec[ALIGNED] &= x.c % 4 == 0;
    if (op == AXPY)
        d.range[MEND_VK_CONSTANTS] =
            mend_vk_program_weights(program, node, -1, (size_t)4 * n4(info->shape.c));
    PushPointwise push = {n_pixels(info->shape), (uint)info->shape.c, (uint)x.c, (uint)y.c,
                          n_pixels(y) == n_pixels(x)};
    fold(&d, (guint64)n4(info->shape.c) * push.n_pixels, THREADS);
    append(program, &d, &push, sizeof push);
}

static void
emit_norm(MendVkProgram *program, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_norm, THREADS);
    d.range[MEND_VK_CONSTANTS] =
        mend_vk_program_weights(program, node, -1, (size_t)4 * n4(info->shape.c));
    PushNorm push = {n_pixels(info->shape), (uint)info->shape.c, (uint)info->a, (uint)info->b};
    fold(&d, push.n_pixels, THREADS / 8);
    append(program, &d, &push, sizeof push);
}

/* Parts of at least 256 pixels, then the sum of the parts. */
static void
emit_mean(MendVkProgram *program, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendVkRange parts = program->temp[node];
    guint pixels = n_pixels(mend_graph_node(program->graph, info->src[0])->shape);
    guint max_parts = (guint)(parts.count / (size_t)info->shape.c);
    guint run = MAX((pixels + max_parts - 1) / max_parts, 256);
    guint n_parts = (pixels + run - 1) / run;

    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_mean, THREADS), sum = d;
    PushMean push = {pixels, (uint)info->shape.c, run, 1.0f};
    d.range[MEND_VK_RESULT] = parts;
    d.groups[0] = ((guint)info->shape.c + 31) / 32;
    d.groups[1] = n_parts;
    d.groups[2] = 1;
    append(program, &d, &push, sizeof push);

    push = (PushMean){n_parts, (uint)info->shape.c, n_parts, 1.0f / (float)pixels};
    memcpy(sum.groups, d.groups, sizeof sum.groups);
    sum.groups[1] = 1;
    sum.range[MEND_VK_X] = parts;
    append(program, &sum, &push, sizeof push);
}

static void
emit_shuffle(MendVkProgram *program, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendShape from = mend_graph_node(program->graph, info->src[0])->shape;
    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_shuffle, THREADS);
    PushShuffle push = {(uint)from.h, (uint)from.w, (uint)info->shape.c};
    fold(&d, (guint64)push.n * n_pixels(from), THREADS);
    append(program, &d, &push, sizeof push);
}

static void
emit_sinusoid(MendVkProgram *program, MendNode node)
{
    int n = mend_graph_node(program->graph, node)->shape.c;
    MendVkDispatch d = begin(program, node, MEND_VK_SHADER_sinusoid, THREADS);
    d.range[MEND_VK_CONSTANTS] = mend_vk_program_weights(program, node, -1, (size_t)4 * n4(n / 2));
    PushSinusoid push = {(uint)n};
    fold(&d, push.n, THREADS);
    append(program, &d, &push, sizeof push);
}

static void
emit_convert(MendVkProgram *program, MendVkRange from, MendVkRange to, MendShape shape,
             gboolean to_planar)
{
    MendVkDispatch d = {.variant = {MEND_VK_SHADER_convert, {THREADS, to_planar}},
                        .range = {to, from},
                        .cost = COST_PER_LAUNCH};
    PushConvert push = {n_pixels(shape), (uint)shape.c};
    fold(&d, mend_shape_count(shape), THREADS);
    append(program, &d, &push, sizeof push);
}

static void
emit_constant(MendVkProgram *program, MendNode node)
{
    program->place[node] = mend_vk_program_weights(program, node, -1, program->place[node].count);
}

void
mend_vk_emit(MendVkProgram *program, MendNode node)
{
    const MendNodeInfo *info = mend_graph_node(program->graph, node);
    MendNode conv = program->absorbs[node] >= 0 ? program->absorbs[node] : node;
    switch (mend_graph_node(program->graph, conv)->op) {
    case MEND_OP_input:
        emit_convert(
            program,
            (MendVkRange){MEND_VK_STAGING, program->inputs[node], mend_shape_count(info->shape)},
            program->place[node], info->shape, FALSE);
        break;
    case MEND_OP_constant:
        emit_constant(program, node);
        break;
    case MEND_OP_sinusoid:
        emit_sinusoid(program, node);
        break;
    case MEND_OP_conv:
        emit_conv(program, node, conv);
        break;
    case MEND_OP_dwconv:
        emit_dwconv(program, node, conv);
        break;
    case MEND_OP_norm:
        emit_norm(program, node);
        break;
    case MEND_OP_gate:
        emit_pointwise(program, node, GATE);
        break;
    case MEND_OP_mean:
        emit_mean(program, node);
        break;
    case MEND_OP_mul:
        emit_pointwise(program, node, MUL);
        break;
    case MEND_OP_add:
        emit_pointwise(program, node, ADD);
        break;
    case MEND_OP_sub:
        emit_pointwise(program, node, SUB);
        break;
    case MEND_OP_axpy:
        emit_pointwise(program, node, AXPY);
        break;
    case MEND_OP_concat:
        emit_pointwise(program, node, CONCAT);
        break;
    case MEND_OP_shuffle:
        emit_shuffle(program, node);
        break;
    case MEND_N_OPS:
        g_assert_not_reached();
    }
}

void
mend_vk_emit_output(MendVkProgram *program)
{
    MendNode node = mend_graph_output(program->graph);
    MendShape shape = mend_graph_node(program->graph, node)->shape;
    emit_convert(program, program->place[node],
                 (MendVkRange){MEND_VK_STAGING, program->output, mend_shape_count(shape)}, shape,
                 TRUE);
}
