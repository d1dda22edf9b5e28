/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory plans: what lives at the same time is apart, and not more is taken than needed. */
#include "compute/planner.h"

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
                gboolean apart =
                    a->offset + a->count <= b->offset || b->offset + b->count <= a->offset;
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

/* What takes over a place makes it live longer: 0 and 2 share one, 1 has its own beside it. */
static void
test_join(void)
{
    static const int owner[] = {0, 1, 0, 3};
    MendSpan spans[] = {{64, 0, 1, 0}, {64, 1, 3, 0}, {64, 2, 4, 0}, {64, 4, 5, 0}};
    mend_spans_join(spans, owner, 4);
    g_assert_cmpint(spans[0].last, ==, 4);
    g_assert_cmpuint(spans[2].count, ==, 0);
    g_assert_cmpuint(mend_spans_place(spans, 4, 16), ==, 128);
    g_assert_cmpuint(spans[0].offset, !=, spans[1].offset);
    g_assert_cmpuint(spans[3].offset, ==, spans[1].offset); /* 1 has gone, 0 not yet */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/planner/spans", test_spans);
    g_test_add_func("/planner/chain", test_chain);
    g_test_add_func("/planner/join", test_join);
    return g_test_run();
}
