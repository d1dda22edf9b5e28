/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory plans: what lives at the same time is apart, and not more is taken than needed. */
#include "compute/planner.h"

#include "tests/ops/model.h"

static void
test_spans(void)
{
    GRand *rand = g_rand_new_with_seed(1);
    for (int round = 0; round < 300; round++) {
        MendSpan spans[40];
        int n = g_rand_int_range(rand, 0, 41);
        size_t sum = 0, largest = 0;
        for (int i = 0; i < n; i++) {
            int first = g_rand_int_range(rand, 0, 30);
            spans[i] = (MendSpan){(size_t)g_rand_int_range(rand, 0, 100), first,
                                  first + g_rand_int_range(rand, 0, 10), 0};
        }
        size_t total = mend_spans_place(spans, n, 16);
        for (int i = 0; i < n; i++) {
            const MendSpan *a = &spans[i];
            g_assert_cmpuint(a->offset % 16, ==, 0);
            g_assert_cmpuint(a->offset + a->count, <=, total);
            sum += a->count;
            largest = MAX(largest, a->count);
            for (int j = 0; j < i; j++) {
                const MendSpan *b = &spans[j];
                gboolean together = a->first <= b->last && b->first <= a->last;
                gboolean apart = a->offset + a->count <= b->offset ||
                                 b->offset + b->count <= a->offset;
                g_assert_true(!together || apart || !a->count || !b->count);
            }
        }
        g_assert_cmpuint(total, <=, sum);
        g_assert_cmpuint(total, >=, largest);
    }
    g_rand_free(rand);
}

/* One after another, two alive at a time: room for two. */
static void
test_chain(void)
{
    MendSpan spans[10];
    for (int i = 0; i < 10; i++)
        spans[i] = (MendSpan){64, i, i + 1, 0};
    g_assert_cmpuint(mend_spans_place(spans, 10, 16), ==, 128);
}

static MendWeights *
gains(void)
{
    Model model = model_new(1);
    MODEL_ADD(&model, "g", 1, 4);
    return model_finish(&model);
}

static void
test_in_place(void)
{
    g_autoptr(MendWeights) weights = gains();
    g_autoptr(MendGraph) g = mend_graph_new(weights);
    MendShape s = {4, 8, 8};
    MendNode x = mend_input(g, "x", s), y = mend_input(g, "y", s);
    MendNode sum = mend_add(g, x, y);          /* x lives on, y dies */
    MendNode more = mend_axpy(g, x, "g", sum); /* both die */
    MendNode vector = mend_mul(g, more, mend_mean(g, more));
    g_assert_true(mend_graph_finish(g, vector, NULL));
    MendLayout layout;
    mend_layout_init(&layout, g, 64);
    g_assert_cmpuint(layout.offset[sum], ==, layout.offset[y]);
    g_assert_cmpuint(layout.offset[sum], !=, layout.offset[x]);
    g_assert_cmpuint(layout.offset[more], ==, layout.offset[x]);
    g_assert_cmpuint(layout.offset[vector], ==, layout.offset[more]);
    g_assert_cmpuint(layout.count, ==, 2 * 256);
    mend_layout_clear(&layout);
}

/* A result that is read again later keeps its place, and so does the output. */
static void
test_kept(void)
{
    g_autoptr(MendWeights) weights = gains();
    g_autoptr(MendGraph) g = mend_graph_new(weights);
    MendShape s = {4, 8, 8};
    MendNode skip = mend_input(g, "x", s), at = skip, nodes[8];
    for (int i = 0; i < 8; i++)
        nodes[i] = at = mend_gate(g, mend_concat(g, at, skip));
    g_assert_true(mend_graph_finish(g, nodes[3], NULL));
    MendLayout layout;
    mend_layout_init(&layout, g, 16);
    for (int i = 0; i < 7; i++) { /* the last one may have it: nobody reads x after */
        g_assert_cmpuint(layout.offset[nodes[i]], !=, layout.offset[skip]);
        if (i > 3)
            g_assert_cmpuint(layout.offset[nodes[i]], !=, layout.offset[nodes[3]]);
    }
    mend_layout_clear(&layout);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/planner/spans", test_spans);
    g_test_add_func("/planner/chain", test_chain);
    g_test_add_func("/planner/in-place", test_in_place);
    g_test_add_func("/planner/kept", test_kept);
    return g_test_run();
}
