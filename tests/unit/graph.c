/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes that builders infer, the errors they report, and how far a network sees. */
#include "compute/graph.h"

#include <string.h>

#include "compute/error.h"
#include "compute/network.h"
#include "tests/ops/model.h"

static MendWeights *
arrays(void)
{
    Model model = model_new(1);
    MODEL_ADD(&model, "wide.weight", 1, 32, 6, 3, 3);
    MODEL_ADD(&model, "wide.bias", 1, 32);
    MODEL_ADD(&model, "down.weight", 1, 12, 6, 2, 2);
    MODEL_ADD(&model, "linear.weight", 1, 16, 6);
    MODEL_ADD(&model, "oblong.weight", 1, 16, 6, 3, 1);
    MODEL_ADD(&model, "deep.weight", 1, 6, 1, 3, 3);
    MODEL_ADD(&model, "crooked.weight", 1, 32, 6, 1, 1);
    MODEL_ADD(&model, "crooked.bias", 1, 31);
    MODEL_ADD(&model, "gain", 1, 1, 6, 1, 1);
    MODEL_ADD(&model, "table", 1, 3, 24);
    return model_finish(&model);
}

static void
assert_shape(const MendGraph *g, MendNode node, int c, int h, int w)
{
    g_assert_cmpint(node, >=, 0);
    MendShape s = mend_graph_node(g, node)->shape;
    g_assert_cmpint(s.c, ==, c);
    g_assert_cmpint(s.h, ==, h);
    g_assert_cmpint(s.w, ==, w);
}

static void
test_shapes(void)
{
    g_autoptr(MendWeights) weights = arrays();
    g_autoptr(MendGraph) g = mend_graph_new(weights);
    g_autoptr(GError) error = NULL;
    MendNode x = mend_input(g, "x", (MendShape){6, 17, 5});
    MendNode t = mend_input(g, "t", (MendShape){1, 1, 1});
    MendNode wide = mend_conv(g, x, "wide", 1, 1), v = mend_constant(g, "table", 2);
    assert_shape(g, wide, 32, 17, 5);
    assert_shape(g, mend_conv(g, x, "wide", 1, 0), 32, 15, 3);
    assert_shape(g, mend_conv(g, x, "down", 2, 0), 12, 8, 2);
    assert_shape(g, mend_conv(g, x, "linear", 1, 0), 16, 17, 5);
    assert_shape(g, mend_dwconv(g, x, "deep"), 6, 17, 5);
    assert_shape(g, v, 24, 1, 1);
    assert_shape(g, mend_sinusoid(g, t, 32), 32, 1, 1);
    assert_shape(g, mend_norm(g, x, "gain", v, 12, 18), 6, 17, 5);
    assert_shape(g, mend_gate(g, x), 3, 17, 5);
    assert_shape(g, mend_mean(g, x), 6, 1, 1);
    assert_shape(g, mend_mul(g, x, mend_mean(g, x)), 6, 17, 5);
    assert_shape(g, mend_axpy(g, x, "gain", x), 6, 17, 5);
    assert_shape(g, mend_concat(g, x, wide), 38, 17, 5);
    assert_shape(g, mend_shuffle(g, wide), 8, 34, 10);
    g_assert_true(mend_graph_finish(g, wide, &error));
    g_assert_no_error(error);
    g_assert_cmpint(mend_graph_output(g), ==, wide);
    g_assert_cmpint(mend_graph_find_input(g, "t"), ==, t);
    g_assert_cmpint(mend_graph_find_input(g, "y"), ==, -1);
    g_assert_cmpstr(mend_graph_node(g, wide)->bias->name, ==, "wide.bias");
}

static void
test_flops(void)
{
    g_autoptr(MendWeights) weights = arrays();
    g_autoptr(MendGraph) g = mend_graph_new(weights);
    MendNode x = mend_input(g, "x", (MendShape){6, 10, 10});
    g_assert_true(mend_graph_finish(g, mend_conv(g, x, "wide", 1, 1), NULL));
    g_assert_cmpfloat(mend_graph_flops(g), ==, 2.0 * 100 * 32 * 6 * 9);
}

/* Each makes one mistake on x {6,17,5}, v {24,1,1}, t {1,1,1}. */
static MendNode
mistake(MendGraph *g, int which, MendNode x, MendNode v, MendNode t)
{
    switch (which) {
    case 0:
        return mend_conv(g, v, "wide", 1, 1);
    case 1:
        return mend_conv(g, x, "nowhere", 1, 1);
    case 2:
        return mend_conv(g, x, "oblong", 1, 1);
    case 3:
        return mend_conv(g, x, "crooked", 1, 0);
    case 4:
        return mend_conv(g, t, "down", 2, 0);
    case 5:
        return mend_conv(g, x, "wide", 0, 1);
    case 6:
        return mend_dwconv(g, v, "deep");
    case 7:
        return mend_norm(g, x, "gain", v, 19, 0);
    case 8:
        return mend_norm(g, x, "gain", v, -1, 0);
    case 9:
        return mend_norm(g, v, "gain", v, 0, 0);
    case 10:
        return mend_gate(g, t);
    case 11:
        return mend_add(g, x, v);
    case 12:
        return mend_mul(g, x, v);
    case 13:
        return mend_axpy(g, v, "gain", v);
    case 14:
        return mend_concat(g, x, v);
    case 15:
        return mend_shuffle(g, x);
    case 16:
        return mend_constant(g, "table", 3);
    case 17:
        return mend_constant(g, "gain", 0);
    case 18:
        return mend_sinusoid(g, x, 32);
    case 19:
        return mend_sinusoid(g, t, 7);
    case 20:
        return mend_input(g, "y", (MendShape){3, 0, 4});
    case 21:
        return mend_input(g, "y", (MendShape){1 << 20, 1 << 20, 1 << 20});
    default:
        return mend_gate(g, 99);
    }
}

static void
test_mistakes(void)
{
    g_autoptr(MendWeights) weights = arrays();
    for (int which = 0; which < 23; which++) {
        g_autoptr(MendGraph) g = mend_graph_new(weights);
        g_autoptr(GError) error = NULL;
        MendNode x = mend_input(g, "x", (MendShape){6, 17, 5}), v = mend_constant(g, "table", 0);
        MendNode t = mend_input(g, "t", (MendShape){1, 1, 1});
        MendNode wrong = mistake(g, which, x, v, t);
        g_assert_cmpint(wrong, <, 0);
        g_assert_cmpint(mend_add(g, x, wrong), <, 0); /* goes on without harm */
        g_assert_cmpint(mend_add(g, x, x), <, 0);
        g_assert_false(mend_graph_finish(g, x, &error));
        g_assert_true(mend_error_is(error, which == 1 ? MEND_ERROR_WEIGHTS : MEND_ERROR_SHAPE));
    }
}

static MendWeights *
golden(void)
{
    g_autoptr(GError) error = NULL;
    MendWeights *weights =
        mend_weights_open("tests/golden/nafnet_tiny.weights.safetensors", &error);
    g_assert_no_error(error);
    return weights;
}

/* enc [1,2], middle 1, dec [1,1]: by hand, from output pixel p = 3 (the last of its cell): 3x3 and
 * block: [1,5]; level 1 [0,2], block [-1,3]; level 2 [-1,1], block [-2,2]; level 1 [-4,5], two
 * blocks [-6,7]; level 0 [-12,15], block and 3x3 [-14,17]: 17 to the left, so 20 in steps of 4. */
static void
test_extent(void)
{
    g_autoptr(MendWeights) weights = golden();
    const MendNetwork *nafnet = mend_network_find("nafnet");
    MendNetworkConfig config = {.task_row = -1};
    int align, radius;
    g_assert_true(nafnet->extent(weights, &config, &align, &radius, NULL));
    g_assert_cmpint(align, ==, 4);
    g_assert_cmpint(radius, ==, 20);
    config.global_attention = TRUE;
    g_assert_true(nafnet->extent(weights, &config, &align, &radius, NULL));
    g_assert_cmpint(radius, ==, 0);
    g_assert_null(mend_network_find("unet"));
}

static void
test_network_errors(void)
{
    g_autoptr(MendWeights) net = golden(), other = arrays();
    const MendNetwork *nafnet = mend_network_find("nafnet");
    MendNetworkConfig config = {TRUE, FALSE, -1, NULL};
    g_autoptr(GError) error = NULL;
    int align, radius;
    g_autoptr(MendGraph) g = mend_graph_new(net);
    g_assert_false(nafnet->build(g, net, &config, 8, 10, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_SHAPE);
    g_clear_error(&error);
    g_assert_false(nafnet->extent(other, &config, &align, &radius, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_clear_error(&error);
    g_autoptr(MendGraph) wrong = mend_graph_new(other);
    g_assert_false(nafnet->build(wrong, other, &config, 8, 8, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "time_mlp.1.weight"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/graph/shapes", test_shapes);
    g_test_add_func("/graph/flops", test_flops);
    g_test_add_func("/graph/mistakes", test_mistakes);
    g_test_add_func("/network/extent", test_extent);
    g_test_add_func("/network/errors", test_network_errors);
    return g_test_run();
}
