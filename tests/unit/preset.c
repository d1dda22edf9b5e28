/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presets: what is read, what is refused, which one a number of steps belongs to. */
#include "compute/preset.h"

static void
test_parse(void)
{
    MendPresets p;
    g_assert_true(
        mend_presets_parse("mr-ode-2:1,mr-ode-2:2,mr-sde-1:5:karras-n", MEND_GRID_LEADING, &p));
    static const char *const samplers[] = {"mr-ode-2", "mr-ode-2", "mr-sde-1"};
    static const int steps[] = {1, 2, 5};
    for (int i = 0; i < MEND_N_PRESETS; i++) {
        g_assert_cmpstr(p.at[i].sampler->name, ==, samplers[i]);
        g_assert_cmpint(p.at[i].steps, ==, steps[i]);
        g_assert_cmpint(p.at[i].grid, ==, i == 2 ? MEND_GRID_KARRAS_N : MEND_GRID_LEADING);
    }
    g_assert_true(mend_presets_parse("mr-ode-1:3,mr-ode-1:3,mr-ode-1:3", MEND_GRID_LINSPACE, &p));
    g_assert_true(mend_presets_parse(
        "mr-ode-1:1,mr-ode-1:2:leading:mirror,mr-ode-1:2:leading:mirror", MEND_GRID_LINSPACE, &p));
    g_assert_true(!p.at[0].mirror && p.at[1].mirror && p.at[2].mirror);
}

static void
test_refusals(void)
{
    static const char *const texts[] = {
        "",
        "mr-ode-1:1",
        "mr-ode-1:1,mr-ode-1:2",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3,mr-ode-1:4",
        "mr-ode-1:1,mr-ode-1:2,",
        "mr-ode-1:1,mr-ode-1:2,ddim:3",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:0",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:1001",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3x",
        "mr-ode-1:1,mr-ode-1:2, mr-ode-1:3",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3:",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3:uniform",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3:linspace:7",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:4:linspace:",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:4:linspace:mirrored",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:4:linspace:mirror:",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:4:mirror",
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3:linspace:mirror", /* half an evaluation */
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:2:linspace:mirror", /* which one are two steps? */
        "mr-ode-1:2,mr-ode-1:1,mr-ode-1:3",                 /* falls */
        "mr-ode-1:1,mr-ode-1:2,mr-sde-1:2",                 /* which one are two steps? */
        "mr-ode-1:1,mr-ode-1:2,mr-ode-1:2:leading",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        MendPresets p;
        g_assert_false(mend_presets_parse(texts[i], MEND_GRID_LINSPACE, &p));
    }
}

static void
test_for(void)
{
    MendPresets p;
    g_assert_true(mend_presets_parse("mr-ode-1:2,mr-ode-2:4,mr-sde-1:9", MEND_GRID_LINSPACE, &p));
    static const int cases[][2] = {{0, 1}, {1, 0}, {2, 0}, {3, 0},
                                   {4, 1}, {8, 1}, {9, 2}, {100, 2}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_true(mend_presets_for(&p, cases[i][0]) == &p.at[cases[i][1]]);
}

static void
test_grids(void)
{
    for (int i = 0; mend_grid_names[i]; i++) {
        MendGrid grid;
        g_assert_true(mend_grid_find(mend_grid_names[i], &grid));
        g_assert_cmpint(grid, ==, i);
    }
    MendGrid untouched = MEND_GRID_TRAILING;
    g_assert_false(mend_grid_find("auto", &untouched));
    g_assert_cmpint(untouched, ==, MEND_GRID_TRAILING);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/preset/parse", test_parse);
    g_test_add_func("/preset/refusals", test_refusals);
    g_test_add_func("/preset/for", test_for);
    g_test_add_func("/preset/grids", test_grids);
    return g_test_run();
}
