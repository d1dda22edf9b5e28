/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CPU as a device: always there, float32 throughout. */
#include <cblas.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/cpu/pack.h"
#include "compute/cpu/parallel.h"
#include "compute/cpu/schedule.h"
#include "compute/error.h"

#define SCORE 10

typedef struct {
    MendDevice base;
    MendCpuPool *pool;
    const MendCpuKernels *kernels;
} CpuDevice;

typedef struct {
    MendPlan base;
    CpuDevice *device;
    MendCpuSchedule schedule;
    MendCpuPack pack;
    float *shared;        /* results that pass between steps */
    float *local;         /* schedule.local floats for each thread */
    const float **inputs; /* [n_nodes]: the caller's data of input nodes, during a run */
    float *output;        /* the caller's, during a run */
} CpuPlan;

/* The processor's name as Linux tells it, or "CPU". */
static void
processor_name(char *name, size_t size)
{
    g_autofree char *text = NULL;
    g_strlcpy(name, "CPU", size);
    if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
        return;
    const char *line = strstr(text, "model name");
    const char *value = line ? strchr(line, ':') : NULL;
    if (!value)
        return;
    g_autofree char *model = g_strndup(value + 1, strcspn(value + 1, "\n"));
    g_snprintf(name, size, "CPU (%s)", g_strstrip(model));
}

static int
probe(MendDeviceInfo *infos, int max)
{
    if (max < 1)
        return 0;
    infos[0] = (MendDeviceInfo){.id = "cpu", .score = SCORE};
    processor_name(infos[0].name, sizeof infos[0].name);
    return 1;
}

static MendDevice *
open_device(const char *id G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    CpuDevice *device = g_new0(CpuDevice, 1);
    device->base.backend = &mend_backend_cpu;
    probe(&device->base.info, 1);
    openblas_set_num_threads(1); /* the threads are ours */
    device->pool = mend_cpu_pool_new(mend_cpu_default_threads());
    device->kernels = mend_cpu_choose();
    return &device->base;
}

static void
close_device(MendDevice *base)
{
    CpuDevice *device = (CpuDevice *)base;
    mend_cpu_pool_free(device->pool);
    g_free(device);
}

static void
plan_free(MendPlan *base)
{
    CpuPlan *plan = (CpuPlan *)base;
    mend_cpu_schedule_clear(&plan->schedule);
    mend_cpu_pack_clear(&plan->pack);
    mend_block_free(plan->shared);
    mend_block_free(plan->local);
    g_free(plan->inputs);
    g_free(plan);
}

static gboolean
take_memory(CpuPlan *plan, GError **error)
{
    size_t threads = (size_t)mend_cpu_pool_threads(plan->device->pool);
    plan->shared = mend_block_new(plan->schedule.shared * sizeof(float), error);
    if (!plan->shared)
        return FALSE;
    plan->local = mend_block_new(plan->schedule.local * threads * sizeof(float), error);
    return plan->local != NULL;
}

static MendPlan *
plan_new(MendDevice *base, const MendGraph *graph, GError **error)
{
    CpuPlan *plan = g_new0(CpuPlan, 1);
    plan->base = (MendPlan){base, graph};
    plan->device = (CpuDevice *)base;
    plan->inputs = g_new0(const float *, (guint)mend_graph_n_nodes(graph));
    mend_cpu_schedule_init(&plan->schedule, graph);
    if (mend_cpu_pack_init(&plan->pack, graph, plan->device->kernels->panel, error) &&
        take_memory(plan, error))
        return &plan->base;
    plan_free(&plan->base);
    return NULL;
}

typedef struct {
    CpuPlan *plan;
    const MendCpuStep *step;
} Round;

/* Where the result of node is, for the block that begins at pixel begin (0: the whole map). */
static float *
result_at(const CpuPlan *plan, MendNode node, size_t begin, float *local)
{
    const MendCpuPlace *place = &plan->schedule.places[node];
    size_t c = (size_t)plan->pack.ops[node].node->shape.c;
    return place->shared ? plan->shared + place->offset + begin * c : local + place->offset;
}

/* A block of the output to [C][H][W], as the caller wants it. */
static void
put_planar(const CpuPlan *plan, const MendCpuBlock *block, size_t c, size_t plane)
{
    for (size_t i = 0; i < c; i++)
        for (size_t p = block->begin; p < block->end; p++)
            plan->output[i * plane + p] = block->dst[(p - block->begin) * c + i];
}

static void
run_node(const CpuPlan *plan, MendNode node, const MendCpuStep *step, int index, float *local)
{
    const MendCpuOp *op = &plan->pack.ops[node];
    size_t begin = (size_t)index * step->block;
    MendCpuBlock block = {.begin = begin,
                          .end = MIN(begin + step->block, step->n_pixels),
                          .work = local + plan->schedule.places[node].work};
    for (int s = 0; s < mend_op_n_src(op->node->op); s++) {
        gboolean pixel = mend_cpu_reads_pixel(op->node, op->in[s], s);
        block.src[s] = result_at(plan, op->node->src[s], pixel ? begin : 0, local);
    }
    if (op->node->op == MEND_OP_input)
        block.src[0] = plan->inputs[node];
    if (op->node->op == MEND_OP_mean)
        block.dst = result_at(plan, node, 1 + (size_t)index, local);
    else
        block.dst = result_at(plan, node, begin, local);
    plan->device->kernels->run[op->node->op](op, &block);
    if (node == mend_graph_output(plan->base.graph) && op->node->op != MEND_OP_mean)
        put_planar(plan, &block, (size_t)op->node->shape.c, step->n_pixels);
}

static void
run_block(gpointer data, int index, int thread)
{
    const Round *round = data;
    const MendCpuSchedule *schedule = &round->plan->schedule;
    float *local = round->plan->local + (size_t)thread * schedule->local;
    for (int i = 0; i < round->step->n_nodes; i++)
        run_node(round->plan, schedule->order[round->step->first + i], round->step, index, local);
}

static void
finish_means(const CpuPlan *plan, const MendCpuStep *step)
{
    for (int i = 0; i < step->n_nodes; i++) {
        MendNode node = plan->schedule.order[step->first + i];
        const MendNodeInfo *info = plan->pack.ops[node].node;
        if (info->op != MEND_OP_mean)
            continue;
        float *mean = result_at(plan, node, 0, NULL);
        mend_cpu_mean_finish(result_at(plan, node, 1, NULL), step->n_blocks, info->shape.c,
                             step->n_pixels, mean);
        if (node == mend_graph_output(plan->base.graph))
            memcpy(plan->output, mean, (size_t)info->shape.c * sizeof *mean);
    }
}

static gboolean
take_inputs(CpuPlan *plan, const MendTensor *inputs, MendTensor output, GError **error)
{
    const MendGraph *graph = plan->base.graph;
    int n = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *node = mend_graph_node(graph, i);
        if (node->op != MEND_OP_input)
            continue;
        if (!mend_shape_equal(node->shape, inputs[n].shape)) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                        "The input \"%s\" is %d x %d x %d, the plan takes %d x %d x %d.",
                        node->name, inputs[n].shape.c, inputs[n].shape.h, inputs[n].shape.w,
                        node->shape.c, node->shape.h, node->shape.w);
            return FALSE;
        }
        plan->inputs[i] = inputs[n++].data;
    }
    MendShape shape = mend_graph_node(graph, mend_graph_output(graph))->shape;
    if (!mend_shape_equal(shape, output.shape)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    "The output is %d x %d x %d, the plan makes %d x %d x %d.", output.shape.c,
                    output.shape.h, output.shape.w, shape.c, shape.h, shape.w);
        return FALSE;
    }
    plan->output = output.data;
    return TRUE;
}

static gboolean
run(MendPlan *base, const MendTensor *inputs, MendTensor output, MendShareFunc progress,
    gpointer data, GError **error)
{
    CpuPlan *plan = (CpuPlan *)base;
    if (!take_inputs(plan, inputs, output, error))
        return FALSE;
    int n = plan->schedule.n_steps;
    for (int i = 0; i < n; i++) {
        Round round = {plan, &plan->schedule.steps[i]};
        mend_cpu_pool_run(plan->device->pool, round.step->n_blocks, run_block, &round);
        finish_means(plan, round.step);
        if (i + 1 < n && !mend_plan_goes_on(progress, round.step->done, data, error))
            return FALSE;
    }
    return TRUE;
}

const MendBackend mend_backend_cpu = {
    .name = "cpu",
    .probe = probe,
    .open = open_device,
    .close = close_device,
    .plan = plan_new,
    .run = run,
    .plan_free = plan_free,
};
