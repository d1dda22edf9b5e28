/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a model's network runs on a device. */
#include "compute/bench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compute/backend.h"
#include "compute/bench_job.h"
#include "compute/cli.h"
#include "compute/error.h"
#include "compute/json.h"
#include "compute/network.h"
#include "compute/networks/context.h"

#define MOST_INPUTS 5 /* of a network: x, mean, degraded, t, context */

typedef struct {
    const char *path, *device, *megapixels, *sampler;
    int size, runs, steps, tile;
    gboolean json;
} Options;

static const char help[] =
    "Usage: mend bench MODEL.safetensors [--size N] [--runs N] [--device ID] [--json]\n"
    "       mend bench MODEL.safetensors --megapixels N,... [--steps N] [--tile N] "
    "[--sampler ID] [--device ID] [--json]\n"
    "       mend bench nfe DIR (see mend bench nfe --help)\n"
    "       mend bench dlg --tiles DIR (see mend bench dlg --help)\n";

static gboolean
parse_number(const char *text, int *number)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 1, 65536, &value, NULL))
        return FALSE;
    *number = (int)value;
    return TRUE;
}

static gboolean
parse_options(int argc, char **argv, Options *options)
{
    for (int i = 0; i < argc; i++) {
        gboolean more = i + 1 < argc, ok = TRUE;
        if (strcmp(argv[i], "--size") == 0 && more)
            ok = parse_number(argv[++i], &options->size);
        else if (strcmp(argv[i], "--runs") == 0 && more)
            ok = parse_number(argv[++i], &options->runs);
        else if (strcmp(argv[i], "--device") == 0 && more)
            options->device = argv[++i];
        else if (strcmp(argv[i], "--megapixels") == 0 && more)
            options->megapixels = argv[++i];
        else if (strcmp(argv[i], "--sampler") == 0 && more)
            options->sampler = argv[++i];
        else if (strcmp(argv[i], "--steps") == 0 && more)
            ok = parse_number(argv[++i], &options->steps);
        else if (strcmp(argv[i], "--tile") == 0 && more)
            ok = parse_number(argv[++i], &options->tile);
        else if (strcmp(argv[i], "--json") == 0)
            options->json = TRUE;
        else if (argv[i][0] != '-' && !options->path)
            options->path = argv[i];
        else
            ok = FALSE;
        if (!ok)
            return FALSE;
    }
    return options->path != NULL;
}

static int
by_value(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Any values will do: no kernel's time depends on them. */
static void
fill(MendTensor tensor)
{
    for (size_t i = 0; i < mend_shape_count(tensor.shape); i++)
        tensor.data[i] = (float)(i * 2654435761U % 1000) / 1000;
}

/* times are sorted, in ms; processor is of all threads, the least of the runs. */
static gboolean
print_result(const Options *options, const MendPlan *plan, const double *times, double processor)
{
    double flops = mend_graph_flops(plan->graph), median = times[options->runs / 2];
    double rate = flops / times[0] / 1e6;
    if (!options->json)
        return mend_cli_print(
            "%s: %d x %d, %.2f GFLOP: best %.2f ms, median %.2f ms, processor time %.2f ms, "
            "%.1f GFLOP/s\n",
            plan->device->info.name, options->size, options->size, flops / 1e9, times[0], median,
            processor, rate);
    g_autoptr(GString) out = g_string_new("{");
    mend_json_add_text(out, "model", options->path);
    mend_json_add_text(out, "device", plan->device->info.id);
    mend_json_add_text(out, "device_name", plan->device->info.name);
    mend_json_add_number(out, "size", options->size);
    mend_json_add_number(out, "runs", options->runs);
    mend_json_add_number(out, "gflop", flops / 1e9);
    mend_json_add_number(out, "best_ms", times[0]);
    mend_json_add_number(out, "median_ms", median);
    mend_json_add_number(out, "processor_ms", processor);
    mend_json_add_number(out, "gflops", rate);
    return mend_cli_print("%s}\n", out->str);
}

/* t, the picture, or a context vector of zeros. The tensors are borrowed. */
static gboolean
input_for(const MendNodeInfo *node, MendTensor picture, MendTensor *input, GError **error)
{
    static float t = 50, told[MEND_CONTEXT_VECTOR];
    const MendTensor known[] = {picture, {{1, 1, 1}, &t}, {{MEND_CONTEXT_VECTOR, 1, 1}, told}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        *input = known[i];
        if (mend_shape_equal(node->shape, input->shape))
            return TRUE;
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                "The network takes %d x %d x %d numbers as its \"%s\": no input that is known.",
                node->shape.c, node->shape.h, node->shape.w, node->name);
    return FALSE;
}

/* Inputs of the graph in its order. */
static gboolean
fill_inputs(const MendGraph *graph, MendTensor picture, MendTensor inputs[MOST_INPUTS],
            GError **error)
{
    int n = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *node = mend_graph_node(graph, i);
        if (node->op != MEND_OP_input)
            continue;
        g_assert(n < MOST_INPUTS);
        if (!input_for(node, picture, &inputs[n++], error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
time_plan(MendPlan *plan, const Options *options, GError **error)
{
    MendShape shape = mend_graph_node(plan->graph, mend_graph_output(plan->graph))->shape;
    g_auto(MendTensor) picture = mend_tensor_new(shape, error);
    g_auto(MendTensor) out = mend_tensor_new(shape, picture.data ? error : NULL);
    if (!picture.data || !out.data)
        return FALSE;
    fill(picture);
    MendTensor inputs[MOST_INPUTS];
    if (!fill_inputs(plan->graph, picture, inputs, error))
        return FALSE;
    g_autofree double *times = g_new(double, (guint)options->runs);
    double least = G_MAXDOUBLE;                /* processor time */
    for (int i = -1; i < options->runs; i++) { /* the first one warms up */
        gint64 start = g_get_monotonic_time();
        clock_t clock_start = clock();
        if (!mend_plan_run(plan, inputs, out, NULL, NULL, error))
            return FALSE;
        if (i < 0)
            continue;
        times[i] = (double)(g_get_monotonic_time() - start) / 1000;
        least = MIN(least, (double)(clock() - clock_start) / CLOCKS_PER_SEC * 1000);
    }
    qsort(times, (size_t)options->runs, sizeof *times, by_value);
    return print_result(options, plan, times, least);
}

static gboolean
run(const Options *options, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(options->path, error);
    if (!weights)
        return FALSE;
    const char *name = mend_weights_meta(weights, "mend.network");
    const MendNetwork *network = mend_network_find(name ? name : "nafnet");
    if (!network) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_UNSUPPORTED,
                    "The network \"%s\" is not one that this program knows.", name);
        return FALSE;
    }
    MendNetworkConfig config = {
        .global_attention = g_strcmp0(mend_weights_meta(weights, "mend.attention"), "pixel") != 0,
        .residual = g_strcmp0(mend_weights_meta(weights, "mend.residual"), "mean") == 0,
        .task_row = -1,
    };
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    if (!network->build(graph, weights, &config, options->size, options->size, error))
        return FALSE;
    MendDevice *device = mend_device_open(options->device, error);
    if (!device)
        return FALSE;
    MendPlan *plan = mend_plan_new(device, graph, error);
    gboolean ok = plan && time_plan(plan, options, error);
    mend_plan_free(plan);
    mend_device_close(device);
    return ok;
}

int
mend_bench_main(int argc, char **argv)
{
    Options options = {.size = 256, .runs = 10};
    g_autoptr(GError) error = NULL;
    if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0))
        return mend_cli_print("%s", help) ? MEND_EXIT_OK : MEND_EXIT_FAILED;
    if (!parse_options(argc, argv, &options)) {
        g_printerr("%s", help);
        return MEND_EXIT_USAGE;
    }
    MendBenchJob job = {options.path,  options.device, options.sampler, options.megapixels,
                        options.steps, options.tile,   options.json};
    if (options.megapixels ? mend_bench_job(&job, &error) : run(&options, &error))
        return 0;
    return error ? mend_cli_fail(error) : MEND_EXIT_FAILED;
}
