/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every op, and whole networks, on a device against the reference: one row a case.
 * `ops cpu` takes the CPU, `ops devices` every other device of this machine. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/cpu/kernels.h"
#include "compute/error.h"
#include "compute/network.h"
#include "tests/ops/model.h"
#include "tests/ops/reference.h"

/* Error over power: the CPU computes in float32 throughout; a device may store in halves. */
#define CPU_BOUND    1e-11
#define DEVICE_BOUND 1e-6

typedef struct {
    MendOp op;
    int c, h, w;
    /* conv: output channels and window. concat: o channels follow. mul: o = 1 for a vector. */
    int o, k, stride, pad;
    gboolean wrap;
} Case;

/* clang-format off */
#define OP(id, c_, h_, w_)       {.op = MEND_OP_##id, .c = c_, .h = h_, .w = w_}
#define PAIR(id, c_, h_, w_, o_) {.op = MEND_OP_##id, .c = c_, .h = h_, .w = w_, .o = o_}
#define CONV(...)                {MEND_OP_conv, __VA_ARGS__, FALSE}
/* On a torus. */
#define CONV_AROUND(...)         {MEND_OP_conv, __VA_ARGS__, TRUE}
#define AROUND(c_, h_, w_)       {.op = MEND_OP_dwconv, .c = c_, .h = h_, .w = w_, .wrap = TRUE}
/* clang-format on */

static const Case cases[] = {
    OP(constant, 32, 1, 1),
    OP(constant, 7, 1, 1),
    OP(sinusoid, 32, 1, 1),
    OP(sinusoid, 6, 1, 1),
    CONV(32, 17, 3, 64, 1, 1, 0),
    CONV(64, 130, 130, 32, 1, 1, 0),
    CONV(3, 1, 1, 6, 1, 1, 0),
    CONV(7, 3, 17, 5, 1, 1, 0),
    CONV(33, 17, 17, 35, 1, 1, 0),
    CONV(256, 3, 3, 512, 1, 1, 0),
    CONV(128, 1, 1, 256, 1, 1, 0),
    CONV(6, 130, 17, 32, 3, 1, 1),
    CONV(9, 17, 130, 32, 3, 1, 1),
    CONV(32, 130, 17, 3, 3, 1, 1),
    CONV(6, 1, 1, 8, 3, 1, 1),
    CONV(6, 1, 130, 8, 3, 1, 1),
    CONV(6, 130, 1, 8, 3, 1, 1),
    CONV(64, 3, 3, 64, 3, 1, 1),
    CONV_AROUND(6, 130, 17, 32, 3, 1, 1),
    CONV_AROUND(32, 17, 130, 3, 3, 1, 1),
    CONV_AROUND(64, 4, 4, 64, 3, 1, 1),
    CONV_AROUND(6, 1, 2, 8, 3, 1, 1),
    CONV(32, 130, 18, 64, 2, 2, 0),
    CONV(3, 2, 2, 6, 2, 2, 0),
    CONV(64, 18, 34, 128, 2, 2, 0),
    OP(dwconv, 3, 17, 17),
    OP(dwconv, 6, 1, 1),
    OP(dwconv, 32, 3, 3),
    OP(dwconv, 64, 130, 17),
    OP(dwconv, 64, 1, 130),
    OP(dwconv, 64, 130, 1),
    OP(dwconv, 70, 17, 2),
    OP(dwconv, 1024, 3, 4),
    AROUND(3, 17, 17),
    AROUND(24, 4, 6),
    AROUND(64, 130, 18),
    AROUND(70, 1, 2),
    OP(norm, 3, 17, 17),
    OP(norm, 6, 1, 1),
    OP(norm, 32, 130, 17),
    OP(norm, 64, 3, 130),
    OP(norm, 512, 3, 3),
    OP(gate, 6, 17, 17),
    OP(gate, 64, 130, 3),
    OP(gate, 2, 1, 1),
    OP(mean, 3, 17, 17),
    OP(mean, 6, 1, 1),
    OP(mean, 32, 130, 130),
    OP(mean, 64, 1, 130),
    OP(mean, 512, 3, 3),
    OP(mul, 32, 17, 17),
    PAIR(mul, 3, 130, 17, 1),
    PAIR(mul, 64, 17, 17, 1),
    PAIR(mul, 6, 1, 1, 1),
    OP(add, 3, 17, 17),
    OP(add, 64, 130, 3),
    OP(add, 1, 1, 1),
    OP(sub, 3, 130, 130),
    OP(sub, 32, 1, 17),
    OP(axpy, 3, 17, 17),
    OP(axpy, 64, 130, 3),
    OP(axpy, 6, 1, 1),
    PAIR(concat, 3, 17, 17, 3),
    PAIR(concat, 6, 130, 17, 3),
    PAIR(concat, 32, 1, 1, 7),
    OP(shuffle, 4, 1, 1),
    OP(shuffle, 12, 17, 3),
    OP(shuffle, 128, 65, 9),
};

typedef struct {
    int width, levels, middle, inputs, tasks, h, w;
    gboolean global, residual, wrapped; /* wrapped: names begin with "module." */
} NetCase;

static const NetCase nets[] = {
    {8, 1, 1, 2, 0, 2, 2, TRUE, FALSE, FALSE},    {8, 2, 1, 2, 0, 20, 12, TRUE, FALSE, TRUE},
    {16, 3, 2, 2, 2, 40, 24, FALSE, TRUE, FALSE}, {6, 2, 1, 3, 3, 36, 132, FALSE, TRUE, FALSE},
    {32, 1, 0, 3, 0, 130, 66, TRUE, TRUE, FALSE},
};

static MendDevice *device; /* under test */
static double bound;

static void
fill_random(MendTensor tensor, guint32 seed, double scale)
{
    GRand *rand = g_rand_new_with_seed(seed);
    for (size_t i = 0; i < mend_shape_count(tensor.shape); i++)
        tensor.data[i] = (float)g_rand_double_range(rand, -scale, scale);
    g_rand_free(rand);
}

static double
nmse(const double *wanted, MendTensor got)
{
    double error = 0, power = 0;
    for (size_t i = 0; i < mend_shape_count(got.shape); i++) {
        error += pow(wanted[i] - (double)got.data[i], 2);
        power += pow(wanted[i], 2);
    }
    return error / (power > 0 ? power : 1);
}

typedef struct {
    int n, stop_at; /* calls; at which to stop, 0: never */
    double last;
} Watch;

static gboolean
watch(double share, gpointer data)
{
    Watch *seen = data;
    g_assert_cmpfloat(share, >=, seen->last);
    g_assert_cmpfloat(share, <, 1);
    seen->last = share;
    return ++seen->n != seen->stop_at;
}

/* A new plan, stopped between its last parts. */
static void
check_stop(const MendGraph *graph, const MendTensor *inputs, MendTensor out, int n_parts)
{
    g_autoptr(GError) error = NULL;
    Watch last = {0, n_parts, 0};
    MendPlan *plan = mend_plan_new(device, graph, &error);
    g_assert_no_error(error);
    g_assert_false(mend_plan_run(plan, inputs, out, watch, &last, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_CANCELLED);
    mend_plan_free(plan);
}

/* Runs a finished graph on random inputs, twice: the second run must give the very same. Returns
 * how often it can be stopped between parts. */
static int
check_graph(const MendGraph *graph)
{
    g_autoptr(GError) error = NULL;
    MendTensor inputs[4];
    int n = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *node = mend_graph_node(graph, i);
        if (node->op != MEND_OP_input)
            continue;
        inputs[n] = mend_tensor_new(node->shape, &error);
        fill_random(inputs[n], 7 + (guint32)n, strcmp(node->name, "t") == 0 ? 100 : 1);
        n++;
    }
    MendShape shape = mend_graph_node(graph, mend_graph_output(graph))->shape;
    g_auto(MendTensor) out = mend_tensor_new(shape, &error), again = mend_tensor_new(shape, &error);
    MendPlan *plan = mend_plan_new(device, graph, &error);
    g_assert_no_error(error);
    mend_plan_run(plan, inputs, out, NULL, NULL, &error);
    g_assert_no_error(error);
    Watch all = {0};
    mend_plan_run(plan, inputs, again, watch, &all, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(out.data, mend_shape_count(shape) * sizeof(float), again.data,
                    mend_shape_count(shape) * sizeof(float));
    g_autofree double *wanted = reference_run(graph, inputs);
    g_assert_cmpfloat(nmse(wanted, out), <=, bound);
    mend_plan_free(plan);
    if (all.n > 0)
        check_stop(graph, inputs, out, all.n);
    for (int i = 0; i < n; i++)
        mend_tensor_clear(&inputs[i]);
    return all.n;
}

static void
add_arrays(Model *model, const Case *c)
{
    double scale = 1 / sqrt((double)c->c * MAX(c->k * c->k, 1));
    if (c->op == MEND_OP_constant)
        MODEL_ADD(model, "table", 1, 3, c->c);
    else if (c->op == MEND_OP_conv && c->k == 1 && c->h == 1) /* as linear layers are stored */
        MODEL_ADD(model, "conv.weight", scale, c->o, c->c);
    else if (c->op == MEND_OP_conv)
        MODEL_ADD(model, "conv.weight", scale, c->o, c->c, c->k, c->k);
    else if (c->op == MEND_OP_dwconv)
        MODEL_ADD(model, "conv.weight", 1, c->c, 1, 3, 3);
    else
        MODEL_ADD(model, "gain", 1, 1, c->c, 1, 1);
    if (c->op == MEND_OP_dwconv || (c->op == MEND_OP_conv && c->o != 64)) /* some without a bias */
        MODEL_ADD(model, "conv.bias", 1, c->op == MEND_OP_conv ? c->o : c->c);
}

static MendNode
add_node(MendGraph *g, const Case *c)
{
    MendShape shape = {c->c, c->h, c->w};
    if (c->wrap)
        mend_graph_wrap(g);
    if (c->op == MEND_OP_constant)
        return mend_constant(g, "table", 1);
    if (c->op == MEND_OP_sinusoid)
        return mend_sinusoid(g, mend_input(g, "t", (MendShape){1, 1, 1}), c->c);
    MendNode x = mend_input(g, "x", shape);
    switch (c->op) {
    case MEND_OP_conv:
        return mend_conv(g, x, "conv", c->stride, c->pad);
    case MEND_OP_dwconv:
        return mend_dwconv(g, x, "conv");
    case MEND_OP_norm:
        return mend_norm(g, x, "gain", mend_input(g, "v", (MendShape){4 * c->c, 1, 1}), c->c,
                         3 * c->c);
    case MEND_OP_gate:
        return mend_gate(g, x);
    case MEND_OP_mean:
        return mend_mean(g, x);
    case MEND_OP_mul:
        return mend_mul(g, x, mend_input(g, "y", c->o ? (MendShape){c->c, 1, 1} : shape));
    case MEND_OP_add:
        return mend_add(g, x, mend_input(g, "y", shape));
    case MEND_OP_sub:
        return mend_sub(g, x, mend_input(g, "y", shape));
    case MEND_OP_axpy:
        return mend_axpy(g, x, "gain", mend_input(g, "y", shape));
    case MEND_OP_concat:
        return mend_concat(g, x, mend_input(g, "y", (MendShape){c->o, c->h, c->w}));
    default:
        return mend_shuffle(g, x);
    }
}

static void
test_op(gconstpointer data)
{
    const Case *c = data;
    g_autoptr(GError) error = NULL;
    Model model = model_new((guint32)c->op);
    add_arrays(&model, c);
    g_autoptr(MendWeights) weights = model_finish(&model);
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    mend_graph_finish(graph, add_node(graph, c), &error);
    g_assert_no_error(error);
    check_graph(graph);
}

static void
add_named(Model *model, const NetCase *net, const char *block, const char *part, double scale,
          const gint64 *dims)
{
    g_autofree char *name = g_strconcat(net->wrapped ? "module." : "", block, part, NULL);
    model_add(model, name, scale, dims);
}
#define ADD(block, part, scale, ...)                                                               \
    add_named(model, net, block, part, scale, (const gint64[]){__VA_ARGS__, 0})

static void
add_block(Model *model, const NetCase *net, const char *stack, int index, int c)
{
    g_autofree char *block = g_strdup_printf("%s.%d.", stack, index);
    double scale = 1.5 / sqrt(c);
    ADD(block, "mlp.1.weight", 0.3, 4 * c, 2 * net->width);
    ADD(block, "mlp.1.bias", 0.3, 4 * c);
    ADD(block, "norm1.g", 1, 1, c, 1, 1);
    ADD(block, "norm2.g", 1, 1, c, 1, 1);
    ADD(block, "conv1.weight", scale, 2 * c, c, 1, 1);
    ADD(block, "conv1.bias", 0.3, 2 * c);
    ADD(block, "conv2.weight", 0.5, 2 * c, 1, 3, 3);
    ADD(block, "conv2.bias", 0.3, 2 * c);
    ADD(block, "sca.1.weight", scale, c, c, 1, 1);
    ADD(block, "sca.1.bias", 1, c);
    ADD(block, "conv3.weight", scale, c, c, 1, 1);
    ADD(block, "conv3.bias", 0.3, c);
    ADD(block, "conv4.weight", scale, 2 * c, c, 1, 1);
    ADD(block, "conv4.bias", 0.3, 2 * c);
    ADD(block, "conv5.weight", scale, c, c, 1, 1);
    ADD(block, "conv5.bias", 0.3, c);
    ADD(block, "beta", 1, 1, c, 1, 1);
    ADD(block, "gamma", 1, 1, c, 1, 1);
}

static void
add_network(Model *model, const NetCase *net)
{
    int w = net->width, c = w;
    ADD("", "time_mlp.1.weight", 0.3, 8 * w, w);
    ADD("", "time_mlp.1.bias", 0.3, 8 * w);
    ADD("", "time_mlp.3.weight", 0.3, 4 * w, 4 * w);
    ADD("", "time_mlp.3.bias", 0.3, 4 * w);
    ADD("", "intro.weight", 0.3, w, 3 * net->inputs, 3, 3);
    ADD("", "intro.bias", 0.3, w);
    ADD("", "ending.weight", 0.3, 3, w, 3, 3);
    ADD("", "ending.bias", 0.3, 3);
    if (net->tasks)
        ADD("", "task_embedding", 0.5, net->tasks + 1, 4 * w);
    for (int i = 0; i < net->levels; i++, c *= 2) {
        g_autofree char *down = g_strdup_printf("downs.%d", i);
        g_autofree char *stack = g_strdup_printf("encoders.%d", i);
        add_block(model, net, stack, 0, c);
        ADD(down, ".weight", 0.5 / sqrt(c), 2 * c, c, 2, 2);
        ADD(down, ".bias", 0.3, 2 * c);
    }
    for (int i = 0; i < net->middle; i++)
        add_block(model, net, "middle_blks", i, c);
    for (int i = 0; i < net->levels; i++) {
        g_autofree char *up = g_strdup_printf("ups.%d.0", i);
        g_autofree char *stack = g_strdup_printf("decoders.%d", i);
        ADD(up, ".weight", 1 / sqrt(c), 2 * c, c, 1, 1);
        c /= 2;
        add_block(model, net, stack, 0, c);
    }
}

static void
test_network(gconstpointer data)
{
    const NetCase *net = data;
    g_autoptr(GError) error = NULL;
    Model model = model_new(3);
    add_network(&model, net);
    g_autoptr(MendWeights) weights = model_finish(&model);
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    MendNetworkConfig config = {net->global, net->residual, net->tasks ? 1 : -1, NULL};
    mend_network_find("nafnet")->build(graph, weights, &config, net->h, net->w, &error);
    g_assert_no_error(error);
    int n_parts = check_graph(graph);
    if (device->backend == &mend_backend_cpu) /* the parts of others are large: tests/vk/plan.c */
        g_assert_cmpint(n_parts, >=, 10);
}

static void
add_tests(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        g_autofree char *path = g_strdup_printf("/ops/%s/%s-%u-%dx%dx%d", name, mend_op_name(c->op),
                                                i, c->c, c->h, c->w);
        g_test_add_data_func(path, c, test_op);
    }
    for (guint i = 0; i < G_N_ELEMENTS(nets); i++) {
        g_autofree char *path = g_strdup_printf("/ops/%s/nafnet-%u", name, i);
        g_test_add_data_func(path, &nets[i], test_network);
    }
}

/* The device to test: the CPU, or the first other one; NULL where there is none. */
static MendDevice *
open_device(gboolean cpu)
{
    int n;
    g_autoptr(GError) error = NULL;
    g_autofree MendDeviceInfo *infos = mend_devices_list(&n);
    for (int i = 0; i < n; i++) {
        if ((strcmp(infos[i].id, "cpu") == 0) != cpu)
            continue;
        MendDevice *opened = mend_device_open(infos[i].id, &error);
        g_assert_no_error(error);
        return opened;
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gboolean cpu = argc < 2 || strcmp(argv[1], "cpu") == 0;
    const char *isa = cpu ? g_getenv("MEND_CPU") : NULL;
    if (isa && strcmp(mend_cpu_choose()->name, isa) != 0) {
        printf("1..0 # SKIP this processor has no %s\n", isa);
        return 0;
    }
    device = open_device(cpu);
    if (!device) {
        printf("1..0 # SKIP there is no device but the CPU\n");
        return 0;
    }
    bound = cpu ? CPU_BOUND : DEVICE_BOUND;
    g_test_message("device: %s (%s)", device->info.name, device->info.id);
    add_tests(device->backend->name);
    int status = g_test_run();
    mend_device_close(device);
    return status;
}
