/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the tests of the Vulkan backend: devices, and graphs of made-up weights. */
#include "tests/vk/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/vk/api.h"

static MendDeviceInfo devices[8];
static int n_devices;

void
fixture_init(int *argc, char ***argv)
{
    MendVk vk;
    n_devices = mend_backend_vulkan.probe(devices, G_N_ELEMENTS(devices));
    if (n_devices == 0) {
        printf("1..0 # SKIP this machine has no Vulkan device\n");
        exit(0);
    }
    g_setenv("MEND_VK_VALIDATION", "1", TRUE);
    if (mend_vk_init(&vk, NULL)) {
        mend_vk_clear(&vk);
    } else {
        g_unsetenv("MEND_VK_VALIDATION");
        printf("# the validation layer is not installed: its messages are not counted\n");
    }
    g_test_init(argc, argv, NULL);
}

int
fixture_finish(void)
{
    int result = g_test_run();
    printf("# %d messages of the validation layer\n", mend_vk_validation_messages());
    return mend_vk_validation_messages() ? 1 : result;
}

const MendDeviceInfo *
fixture_devices(int *n)
{
    *n = n_devices;
    return devices;
}

static float
random_value(GRand *random)
{
    return (float)g_rand_double_range(random, -1, 1);
}

static size_t
count_of(const FixtureArray *array)
{
    size_t count = 1;
    for (int d = 0; d < array->n_dims; d++)
        count *= (size_t)array->dims[d];
    return count;
}

MendWeights *
fixture_weights(const FixtureArray *arrays)
{
    g_autoptr(GString) header = g_string_new("{");
    g_autoptr(GByteArray) data = g_byte_array_new(), file = g_byte_array_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (; arrays->name; arrays++) {
        size_t count = count_of(arrays), begin = data->len;
        float scale =
            arrays->n_dims > 1 ? 1.7f / sqrtf((float)(count / (size_t)arrays->dims[0])) : 0.5f;
        g_string_append_printf(header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                               header->len > 1 ? "," : "", arrays->name);
        for (int d = 0; d < arrays->n_dims; d++)
            g_string_append_printf(header, "%s%d", d ? "," : "", arrays->dims[d]);
        for (size_t i = 0; i < count; i++) {
            float value = scale * random_value(random);
            g_byte_array_append(data, (const guint8 *)&value, sizeof value);
        }
        g_string_append_printf(header, "],\"data_offsets\":[%zu,%u]}", begin, data->len);
    }
    g_string_append(header, "}");
    guint64 length = GUINT64_TO_LE((guint64)header->len);
    g_byte_array_append(file, (const guint8 *)&length, sizeof length);
    g_byte_array_append(file, (const guint8 *)header->str, (guint)header->len);
    g_byte_array_append(file, data->data, data->len);
    g_autoptr(GError) error = NULL;
    MendWeights *weights = mend_weights_parse(file->data, file->len, "fixture", &error);
    g_assert_no_error(error);
    return weights;
}

MendWeights *
fixture_net_weights(void)
{
    static const FixtureArray arrays[] = {
        {"time.weight", 2, {32, 8}},
        {"time.bias", 1, {32}},
        {"tasks", 2, {3, 16}},
        {"modulation.weight", 2, {32, 16}},
        {"modulation.bias", 1, {32}},
        {"intro.weight", 4, {16, 6, 3, 3}},
        {"intro.bias", 1, {16}},
        {"norm", 1, {16}},
        {"wide.weight", 4, {32, 16, 1, 1}},
        {"wide.bias", 1, {32}},
        {"depth.weight", 4, {32, 1, 3, 3}},
        {"depth.bias", 1, {32}},
        {"attention.weight", 4, {16, 16, 1, 1}},
        {"attention.bias", 1, {16}},
        {"back.weight", 4, {16, 16, 1, 1}},
        {"back.bias", 1, {16}},
        {"beta", 1, {16}},
        {"down.weight", 4, {32, 16, 2, 2}},
        {"down.bias", 1, {32}},
        {"up.weight", 4, {64, 32, 1, 1}},
        {"ending.weight", 4, {3, 16, 3, 3}},
        {"ending.bias", 1, {3}},
        {0},
    };
    return fixture_weights(arrays);
}

MendGraph *
fixture_net(const MendWeights *weights, int h, int w)
{
    MendGraph *g = mend_graph_new(weights);
    MendNode t = mend_sinusoid(g, mend_input(g, "t", (MendShape){1, 1, 1}), 8);
    t = mend_gate(g, mend_conv(g, t, "time", 1, 0));
    MendNode modulation =
        mend_conv(g, mend_add(g, t, mend_constant(g, "tasks", 1)), "modulation", 1, 0);
    MendNode picture = mend_input(g, "x", (MendShape){3, h, w});
    MendNode x = mend_concat(g, mend_sub(g, picture, picture), picture);
    x = mend_conv(g, x, "intro", 1, 1);
    MendNode y = mend_conv(g, mend_norm(g, x, "norm", modulation, 0, 16), "wide", 1, 0);
    y = mend_gate(g, mend_dwconv(g, y, "depth"));
    y = mend_mul(g, y, mend_conv(g, mend_mean(g, y), "attention", 1, 0));
    y = mend_mul(g, y, mend_conv(g, y, "attention", 1, 0));
    x = mend_axpy(g, x, "beta", mend_conv(g, y, "back", 1, 0));
    y = mend_shuffle(g, mend_conv(g, mend_conv(g, x, "down", 2, 0), "up", 1, 0));
    x = mend_conv(g, mend_add(g, y, x), "ending", 1, 1);
    g_autoptr(GError) error = NULL;
    mend_graph_finish(g, mend_add(g, x, picture), &error);
    g_assert_no_error(error);
    return g;
}

gboolean
fixture_run(MendDevice *device, const MendGraph *graph, guint32 seed, int n_runs,
            MendTensor *output, GError **error)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    int n = mend_graph_n_nodes(graph), n_inputs = 0;
    g_autofree MendTensor *inputs = g_new0(MendTensor, n);
    for (MendNode i = 0; i < n; i++) {
        const MendNodeInfo *info = mend_graph_node(graph, i);
        if (info->op != MEND_OP_input)
            continue;
        MendTensor *input = &inputs[n_inputs++];
        *input = mend_tensor_new(info->shape, NULL);
        for (size_t k = 0; k < mend_shape_count(info->shape); k++)
            input->data[k] = random_value(random) * (strcmp(info->name, "t") == 0 ? 100 : 1);
    }
    *output = mend_tensor_new(mend_graph_node(graph, mend_graph_output(graph))->shape, NULL);
    MendPlan *plan = mend_plan_new(device, graph, error);
    gboolean done = plan != NULL;
    for (int i = 0; done && i < n_runs; i++)
        done = mend_plan_run(plan, inputs, *output, NULL, NULL, error);
    mend_plan_free(plan);
    for (int i = 0; i < n_inputs; i++)
        mend_tensor_clear(&inputs[i]);
    return done;
}

double
fixture_difference(MendTensor a, MendTensor b)
{
    g_assert_true(mend_shape_equal(a.shape, b.shape));
    double worst = 0, largest = 1;
    for (size_t i = 0; i < mend_shape_count(a.shape); i++) {
        double difference = fabs((double)a.data[i] - (double)b.data[i]);
        if (!isfinite(difference))
            return INFINITY;
        worst = MAX(worst, difference);
        largest = MAX(largest, fabs((double)b.data[i]));
    }
    return worst / largest;
}
