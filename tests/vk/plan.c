/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans on each Vulkan device against the CPU: every tile of the convolution, what is fused into
 * it, and a small network. */
#include "compute/error.h"
#include "tests/vk/fixture.h"

#define TOLERANCE 5e-5

typedef enum { PLAIN, GATE, SHUFFLE, MUL, MUL_SELF, ADD, AXPY, TWICE } After;

/* Sizes are chosen for the tiles of compute/vk/emit.c: from 2 Mi results on they are large; above
 * 2 GFLOP a dispatch is cut. */
static const struct {
    const char *name;
    int c, n, k, stride, pad, h, w;
    After after;
} cases[] = {
    {"vector", 20, 37, 1, 1, 0, 1, 1, PLAIN},
    {"vector-gate", 20, 72, 1, 1, 0, 1, 1, GATE},
    {"vector-gate-odd", 20, 36, 1, 1, 0, 1, 1, GATE},
    {"thin", 32, 3, 3, 1, 1, 17, 23, PLAIN},
    {"thin-mul", 5, 3, 1, 1, 0, 17, 23, MUL},
    {"small", 6, 32, 3, 1, 1, 17, 23, PLAIN},
    {"small-odd", 7, 13, 3, 1, 1, 11, 9, AXPY},
    {"small-stride", 24, 48, 2, 2, 0, 18, 26, PLAIN},
    {"small-stride-odd", 3, 10, 4, 3, 2, 19, 23, PLAIN},
    {"small-gate", 24, 80, 1, 1, 0, 13, 21, GATE},
    {"small-gate-odd", 24, 20, 1, 1, 0, 13, 21, GATE},
    {"small-shuffle", 24, 48, 1, 1, 0, 13, 21, SHUFFLE},
    {"small-shuffle-odd", 9, 20, 1, 1, 0, 13, 21, SHUFFLE},
    {"small-add", 24, 24, 1, 1, 0, 13, 21, ADD},
    {"small-twice", 24, 24, 1, 1, 0, 13, 21, TWICE},
    {"small-self", 24, 24, 1, 1, 0, 13, 21, MUL_SELF},
    {"narrow-axpy", 16, 32, 1, 1, 0, 259, 257, AXPY},
    {"narrow-odd", 6, 31, 3, 1, 1, 263, 259, PLAIN},
    {"large", 36, 68, 1, 1, 0, 181, 177, MUL},
    {"large-gate", 32, 72, 1, 1, 0, 181, 177, GATE},
    {"large-shuffle", 20, 64, 1, 1, 0, 190, 179, SHUFFLE},
    {"large-cut", 64, 64, 3, 1, 1, 199, 193, ADD},
};

/* x -> conv -> what comes after it. */
static MendGraph *
build(const MendWeights *weights, size_t i)
{
    MendGraph *g = mend_graph_new(weights);
    MendNode x = mend_input(g, "x", (MendShape){cases[i].c, cases[i].h, cases[i].w});
    MendNode y = mend_conv(g, x, "conv", cases[i].stride, cases[i].pad);
    MendShape shape = mend_graph_node(g, y)->shape;
    switch (cases[i].after) {
    case PLAIN:
        break;
    case GATE:
        y = mend_gate(g, y);
        break;
    case SHUFFLE:
        y = mend_shuffle(g, y);
        break;
    case MUL:
        y = mend_mul(g, y, mend_input(g, "y", shape));
        break;
    case MUL_SELF:
        y = mend_mul(g, x, y);
        break;
    case ADD:
        y = mend_add(g, mend_input(g, "y", shape), y);
        break;
    case AXPY:
        y = mend_axpy(g, mend_input(g, "y", shape), "gain", y);
        break;
    case TWICE: /* read by two: not fused */
        y = mend_sub(g, mend_add(g, x, y), y);
        break;
    }
    g_autoptr(GError) error = NULL;
    mend_graph_finish(g, y, &error);
    g_assert_no_error(error);
    return g;
}

/* Two plans in a row on one device, three runs each: measured, measured, grouped. */
static void
compare(const char *id, const MendGraph *graph)
{
    g_autoptr(GError) error = NULL;
    g_auto(MendTensor) expected = {0};
    MendDevice *cpu = mend_device_open("cpu", &error), *device = mend_device_open(id, &error);
    g_assert_no_error(error);
    g_assert_true(fixture_run(cpu, graph, 5, 1, &expected, &error));
    for (int i = 0; i < 2; i++) {
        g_auto(MendTensor) output = {0};
        fixture_run(device, graph, 5, 3, &output, &error);
        g_assert_no_error(error);
        g_assert_cmpfloat(fixture_difference(output, expected), <=, TOLERANCE);
    }
    mend_device_close(device);
    mend_device_close(cpu);
}

static void
test_conv(gconstpointer data)
{
    size_t i = GPOINTER_TO_SIZE(data);
    const FixtureArray arrays[] = {
        {"conv.weight", 4, {cases[i].n, cases[i].c, cases[i].k, cases[i].k}},
        {"conv.bias", 1, {cases[i].n}},
        {"gain", 1, {cases[i].n}},
        {0},
    };
    g_autoptr(MendWeights) weights = fixture_weights(arrays);
    g_autoptr(MendGraph) graph = build(weights, i);
    int n;
    const MendDeviceInfo *devices = fixture_devices(&n);
    for (int d = 0; d < n; d++)
        compare(devices[d].id, graph);
}

static void
test_net(void)
{
    g_autoptr(MendWeights) weights = fixture_net_weights();
    static const int sizes[][2] = {{2, 2}, {30, 18}, {64, 96}};
    int n;
    const MendDeviceInfo *devices = fixture_devices(&n);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(MendGraph) graph = fixture_net(weights, sizes[i][0], sizes[i][1]);
        for (int d = 0; d < n; d++)
            compare(devices[d].id, graph);
    }
}

static gboolean
refuse(double share, gpointer data)
{
    g_assert_true(share > 0 && share < 1);
    *(int *)data += 1;
    return FALSE;
}

/* 2.8 GFLOP are several command buffers; stopped after one, the device goes on with other work. */
static void
test_stop(void)
{
    static const FixtureArray arrays[] = {{"conv.weight", 4, {64, 64, 3, 3}}, {0}};
    g_autoptr(MendWeights) weights = fixture_weights(arrays);
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    MendShape shape = {64, 199, 193};
    g_autoptr(GError) error = NULL;
    mend_graph_finish(graph, mend_conv(graph, mend_input(graph, "x", shape), "conv", 1, 1), &error);
    g_auto(MendTensor) x = mend_tensor_new(shape, NULL), out = mend_tensor_new(shape, NULL);
    int n, n_calls = 0;
    const MendDeviceInfo *devices = fixture_devices(&n);
    for (int d = 0; d < n; d++) {
        MendDevice *device = mend_device_open(devices[d].id, &error);
        MendPlan *stopped = mend_plan_new(device, graph, &error);
        g_assert_no_error(error);
        g_assert_false(mend_plan_run(stopped, &x, out, refuse, &n_calls, &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_CANCELLED);
        g_clear_error(&error);
        g_assert_cmpint(n_calls, ==, d + 1);
        mend_plan_free(stopped);
        MendPlan *next = mend_plan_new(device, graph, &error);
        g_assert_true(mend_plan_run(next, &x, out, NULL, NULL, &error));
        mend_plan_free(next);
        mend_device_close(device);
    }
}

int
main(int argc, char **argv)
{
    fixture_init(&argc, &argv);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/vk/plan/conv/", cases[i].name, NULL);
        g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_conv);
    }
    g_test_add_func("/vk/plan/net", test_net);
    g_test_add_func("/vk/plan/stop", test_stop);
    return fixture_finish();
}
