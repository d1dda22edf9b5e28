/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs as lists of dispatches: where things lie, and limits that no device at hand may have. */
#include "compute/vk/program.h"

#include <string.h>

#include "compute/error.h"
#include "shaders/push.h"
#include "tests/vk/fixture.h"

static const MendVkLimits ample = {64, (size_t)1 << 30, (size_t)1 << 30};

typedef struct {
    MEND_PUSH_CONV
} PushConv;

static const MendVkDispatch *
dispatch_at(const MendVkProgram *program, guint i)
{
    return &g_array_index(program->dispatches, MendVkDispatch, i);
}

static gboolean
overlap(const MendVkRange *a, const MendVkRange *b)
{
    return a->count && b->count && a->block == b->block && a->offset < b->offset + b->count &&
           b->offset < a->offset + a->count;
}

static void
check_bounds(const MendVkProgram *program)
{
    for (guint i = 0; i < program->dispatches->len; i++) {
        const MendVkDispatch *d = dispatch_at(program, i);
        for (int b = 0; b < MEND_VK_N_BINDINGS; b++) {
            const MendVkRange *r = &d->range[b];
            g_assert_cmpuint(r->block, <, program->blocks->len);
            g_assert_cmpuint(r->offset + r->count, <=,
                             g_array_index(program->blocks, size_t, r->block));
            g_assert_cmpuint(r->offset % program->limits.alignment, ==, 0);
        }
        for (int k = 0; k < 3; k++)
            g_assert_true(d->groups[k] >= 1 && d->groups[k] <= 65535);
        /* Only what is read element by element may lie where the result goes. */
        const MendVkRange *result = &d->range[MEND_VK_RESULT];
        gboolean pointwise = d->variant.shader == MEND_VK_SHADER_pointwise;
        if (overlap(result, &d->range[MEND_VK_X]))
            g_assert_true(pointwise && d->range[MEND_VK_X].offset == result->offset);
        if (overlap(result, &d->range[MEND_VK_Y]))
            g_assert_true(d->range[MEND_VK_Y].offset == result->offset);
        g_assert_false(overlap(result, &d->range[MEND_VK_CONSTANTS]));
    }
}

/* What is read was written before, and whoever wrote an element last wrote it for this map: his
 * part of it is inside. */
static void
check_writers(const MendVkProgram *program)
{
    size_t count = g_array_index(program->blocks, size_t, MEND_VK_SCRATCH);
    g_autofree int *writer = g_new(int, count);
    for (size_t k = 0; k < count; k++)
        writer[k] = -1;
    for (guint i = 0; i < program->dispatches->len; i++) {
        const MendVkDispatch *d = dispatch_at(program, i);
        for (int b = MEND_VK_X; b <= MEND_VK_Y; b++) {
            const MendVkRange *r = &d->range[b];
            for (size_t k = r->offset; r->block == MEND_VK_SCRATCH && k < r->offset + r->count;
                 k++) {
                g_assert_cmpint(writer[k], >=, 0);
                const MendVkRange *w = &dispatch_at(program, (guint)writer[k])->range[0];
                g_assert_true(w->offset + w->count <= r->offset + r->count || b == MEND_VK_Y);
                g_assert_true(w->offset >= r->offset || b == MEND_VK_Y);
            }
        }
        const MendVkRange *result = &d->range[MEND_VK_RESULT];
        for (size_t k = 0; result->block == MEND_VK_SCRATCH && k < result->count; k++)
            writer[result->offset + k] = (int)i;
    }
}

static void
test_places(void)
{
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 48, 80);
    g_autoptr(GError) error = NULL;
    MendVkProgram program;
    g_assert_true(mend_vk_program_init(&program, graph, ample, &error));
    check_bounds(&program);
    check_writers(&program);
    g_assert_cmpint(program.dispatches->len, <, mend_graph_n_nodes(graph)); /* some were fused */
    mend_vk_program_clear(&program);
}

/* Small limits: the weights go into several blocks, which do not overlap. */
static void
test_blocks(void)
{
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 8, 8);
    g_autoptr(GError) error = NULL;
    MendVkLimits limits = ample;
    limits.max_block = 3000;
    MendVkProgram program;
    g_assert_true(mend_vk_program_init(&program, graph, limits, &error));
    g_assert_cmpuint(program.blocks->len, >, MEND_VK_WEIGHTS + 1);
    for (guint i = MEND_VK_WEIGHTS; i < program.blocks->len; i++)
        g_assert_cmpuint(g_array_index(program.blocks, size_t, i), <=, limits.max_block);
    for (guint i = 0; i < program.packed->len; i++) {
        const MendVkRange *r = &g_array_index(program.packed, MendVkPacked, i).range;
        g_assert_cmpuint(r->offset % limits.alignment, ==, 0);
        for (guint k = 0; k < i; k++)
            g_assert_false(overlap(r, &g_array_index(program.packed, MendVkPacked, k).range));
    }
    check_bounds(&program);
    mend_vk_program_clear(&program);
}

static void
test_too_large(void)
{
    g_autoptr(MendWeights) weights = fixture_net_weights();
    g_autoptr(MendGraph) graph = fixture_net(weights, 64, 64);
    g_autoptr(GError) error = NULL;
    MendVkLimits limits = ample;
    limits.max_range = 32 * 64 * 64 - 1; /* of the widest map */
    MendVkProgram program;
    g_assert_false(mend_vk_program_init(&program, graph, limits, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_MEMORY);
    g_clear_error(&error);
    limits.max_range++;
    g_assert_true(mend_vk_program_init(&program, graph, limits, &error));
    mend_vk_program_clear(&program);
}

/* A convolution of 310 GFLOP and one of more pixels than one side of a dispatch has groups: the
 * parts follow each other and cover all pixels. */
static void
test_cut(void)
{
    static const FixtureArray arrays[] = {
        {"a.weight", 4, {64, 64, 3, 3}}, {"b.weight", 4, {3, 3, 1, 1}}, {0}};
    static const struct {
        const char *name;
        int c, side;
    } cases[] = {{"a", 64, 2048}, {"b", 3, 4200}};
    g_autoptr(MendWeights) weights = fixture_weights(arrays);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint side = (guint)cases[i].side, end = 0, n_parts = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(MendGraph) g = mend_graph_new(weights);
        MendNode x = mend_input(g, "x", (MendShape){cases[i].c, (int)side, (int)side});
        mend_graph_finish(g, mend_conv(g, x, cases[i].name, 1, i == 0), &error);
        g_assert_no_error(error);
        MendVkProgram program;
        g_assert_true(mend_vk_program_init(&program, g, ample, &error));
        check_bounds(&program);
        for (guint k = 0; k < program.dispatches->len; k++) {
            const MendVkDispatch *d = dispatch_at(&program, k);
            PushConv push;
            if (d->variant.shader != MEND_VK_SHADER_conv)
                continue;
            memcpy(&push, d->push, sizeof push);
            g_assert_cmpuint(push.first, ==, end);
            g_assert_cmpuint((guint64)d->groups[1] * d->groups[2] * d->variant.spec[1], >=,
                             push.end - push.first);
            end = push.end;
            n_parts++;
        }
        g_assert_cmpuint(end, ==, side * side);
        g_assert_cmpuint(n_parts, >=, i == 0 ? 100 : 1);
        mend_vk_program_clear(&program);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vk/program/places", test_places);
    g_test_add_func("/vk/program/blocks", test_blocks);
    g_test_add_func("/vk/program/too-large", test_too_large);
    g_test_add_func("/vk/program/cut", test_cut);
    return g_test_run();
}
