/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program with its memory and its command buffers: recorded once, replayed on each run. */
#include "compute/vk/plan.h"

#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"
#include "compute/vk/record.h"

#define SUBMIT_MS 100

typedef struct {
    MendPlan base;
    MendVkProgram program;
    MendVkBuffer *blocks; /* as in the program */
    MendVkRecording recording;
    VkFence fence;
    guint *group_ends; /* [n_groups] the command buffer after the last of each submission */
    guint n_groups;
    guint n_measured; /* runs; the drivers' own start spoils the first */
    gboolean running; /* the device may still be at work */
} Plan;

static MendVkDevice *
device_of(const Plan *plan)
{
    return (MendVkDevice *)plan->base.device;
}

static gboolean
check_alive(MendVkDevice *device, GError **error)
{
    if (!device->vk.lost)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                _("%s has failed. Use the CPU, or try again after updating the driver."),
                device->base.info.name);
    return FALSE;
}

static MendVkLimits
limits_of(const MendVkDevice *device)
{
    const VkPhysicalDeviceLimits *limits = &device->properties.limits;
    return (MendVkLimits){.alignment = MAX((size_t)limits->minStorageBufferOffsetAlignment, 256) /
                                       sizeof(float),
                          .max_range = limits->maxStorageBufferRange / sizeof(float),
                          .max_block = (size_t)(device->max_allocation / sizeof(float))};
}

/* The weights of one block, by way of the host. */
static gboolean
upload(Plan *plan, guint block, GError **error)
{
    MendVkDevice *device = device_of(plan);
    const GArray *all = plan->program.packed;
    MendVkBuffer *target = &plan->blocks[block], host;
    if (!mend_vk_buffer_init(target, device,
                             g_array_index(plan->program.blocks, size_t, block) * sizeof(float),
                             MEND_VK_ON_DEVICE, error) ||
        !mend_vk_buffer_init(&host, device, target->bytes, MEND_VK_ON_HOST, error))
        return FALSE;
    gboolean done = TRUE;
    for (guint i = 0; done && i < all->len; i++) {
        const MendVkPacked *packed = &g_array_index(all, MendVkPacked, i);
        if (packed->range.block == block)
            done = mend_vk_pack(plan->program.graph, packed,
                                (float *)host.map + packed->range.offset, error);
    }
    done = done && mend_vk_copy(device, &host, target, error);
    mend_vk_buffer_clear(&host, device);
    return done;
}

static gboolean
take_memory(Plan *plan, GError **error)
{
    const GArray *blocks = plan->program.blocks;
    plan->blocks = g_new0(MendVkBuffer, blocks->len);
    for (guint i = 0; i < blocks->len; i++) {
        VkDeviceSize bytes = g_array_index(blocks, size_t, i) * sizeof(float);
        MendVkPlace place = i == MEND_VK_STAGING ? MEND_VK_ON_HOST : MEND_VK_ON_DEVICE;
        if (i < MEND_VK_WEIGHTS
                ? !mend_vk_buffer_init(&plan->blocks[i], device_of(plan), bytes, place, error)
                : !upload(plan, i, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
make_ready(Plan *plan, GError **error)
{
    MendVkDevice *device = device_of(plan);
    const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    if (!mend_vk_program_init(&plan->program, plan->base.graph, limits_of(device), error) ||
        !take_memory(plan, error) ||
        !mend_vk_record(&plan->recording, device, &plan->program, plan->blocks, error) ||
        !MEND_VK(&device->vk, error, vkCreateFence, device->device, &fence, NULL, &plan->fence))
        return FALSE;
    mend_vk_pipelines_save(device);
    g_debug("%s: %u dispatches in %u command buffers, %.1f MiB of scratch", device->base.info.name,
            plan->program.dispatches->len, plan->recording.n,
            (double)plan->blocks[MEND_VK_SCRATCH].bytes / (1 << 20));
    return TRUE;
}

MendPlan *
mend_vk_plan_new(MendDevice *device, const MendGraph *graph, GError **error)
{
    if (!check_alive((MendVkDevice *)device, error))
        return NULL;
    Plan *plan = g_new0(Plan, 1);
    plan->base = (MendPlan){device, graph};
    if (make_ready(plan, error))
        return &plan->base;
    mend_vk_plan_free(&plan->base);
    return NULL;
}

void
mend_vk_plan_free(MendPlan *base)
{
    Plan *plan = (Plan *)base;
    if (!plan)
        return;
    MendVkDevice *device = device_of(plan);
    if (plan->running)
        device->vk.vkDeviceWaitIdle(device->device);
    device->vk.vkDestroyFence(device->device, plan->fence, NULL);
    mend_vk_recording_clear(&plan->recording, device);
    for (guint i = 0; plan->blocks && i < plan->program.blocks->len; i++)
        mend_vk_buffer_clear(&plan->blocks[i], device);
    g_free(plan->blocks);
    mend_vk_program_clear(&plan->program);
    g_free(plan->group_ends);
    g_free(plan);
}

/* Runs the command buffers one by one and measures them: neighbours share a submission as long as
 * they take no more than SUBMIT_MS together. */
static gboolean
run_measured(Plan *plan, MendShareFunc progress, gpointer data, GError **error)
{
    MendVkDevice *device = device_of(plan);
    guint n = plan->recording.n, n_groups = 0;
    g_autofree guint *ends = g_new0(guint, n);
    double total = 0;
    for (guint i = 0; i < n; i++) {
        gint64 start = g_get_monotonic_time();
        if (!mend_vk_submit(device, &plan->recording.commands[i], 1, plan->fence, error) ||
            !mend_vk_wait(device, plan->fence, error))
            return FALSE;
        double ms = (double)(g_get_monotonic_time() - start) / 1000;
        if (i + 1 < n && !mend_plan_goes_on(progress, (i + 1.0) / n, data, error))
            return FALSE;
        if (i > 0 && total + ms > SUBMIT_MS) {
            ends[n_groups++] = i;
            total = 0;
        }
        total += ms;
    }
    ends[n_groups++] = n;
    g_free(plan->group_ends);
    plan->group_ends = g_steal_pointer(&ends);
    plan->n_measured++;
    plan->n_groups = n_groups;
    return TRUE;
}

static gboolean
run_grouped(Plan *plan, MendShareFunc progress, gpointer data, GError **error)
{
    MendVkDevice *device = device_of(plan);
    guint first = 0, n = plan->n_groups;
    for (guint i = 0; i < n; i++) {
        guint end = plan->group_ends[i];
        if (!mend_vk_submit(device, plan->recording.commands + first, end - first, plan->fence,
                            error) ||
            !mend_vk_wait(device, plan->fence, error) ||
            (i + 1 < n && !mend_plan_goes_on(progress, (i + 1.0) / n, data, error)))
            return FALSE;
        first = end;
    }
    return TRUE;
}

gboolean
mend_vk_plan_run(MendPlan *base, const MendTensor *inputs, MendTensor output,
                 MendShareFunc progress, gpointer data, GError **error)
{
    Plan *plan = (Plan *)base;
    const MendGraph *graph = plan->base.graph;
    if (!check_alive(device_of(plan), error))
        return FALSE;
    float *staging = plan->blocks[MEND_VK_STAGING].map;
    int n_inputs = 0;
    for (MendNode i = 0; i < mend_graph_n_nodes(graph); i++) {
        if (mend_graph_node(graph, i)->op != MEND_OP_input)
            continue;
        const MendTensor *input = &inputs[n_inputs++];
        memcpy(staging + plan->program.inputs[i], input->data,
               mend_shape_count(input->shape) * sizeof(float));
    }
    plan->running = TRUE;
    if (!(plan->n_measured < 2 ? run_measured : run_grouped)(plan, progress, data, error))
        return FALSE;
    plan->running = FALSE;
    memcpy(output.data, staging + plan->program.output,
           mend_shape_count(output.shape) * sizeof(float));
    return TRUE;
}
