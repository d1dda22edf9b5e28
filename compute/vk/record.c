/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dispatches into command buffers, with descriptors and barriers. */
#include "compute/vk/record.h"

#include <string.h>

#include "compute/fault.h"

#define COMMANDS_COST 1e9 /* of one command buffer: some 20 ms on a slow GPU */

typedef struct {
    MendVkRange range;
    gboolean written;
} Access;

typedef struct {
    MendVkDevice *device;
    const MendVkProgram *program;
    const MendVkBuffer *blocks;
    MendVkRecording *out;
    GArray *pending; /* Access: what the dispatches since the last barrier touched */
} Recorder;

static const MendVkDispatch *
dispatch_at(const MendVkProgram *program, guint i)
{
    return &g_array_index(program->dispatches, MendVkDispatch, i);
}

/* ends[i]: the dispatch after the last one of command buffer i. */
static GArray *
cut(const MendVkProgram *program)
{
    GArray *ends = g_array_new(FALSE, FALSE, sizeof(guint));
    double cost = 0;
    for (guint i = 0; i < program->dispatches->len; i++) {
        cost += dispatch_at(program, i)->cost;
        guint end = i + 1;
        if (cost < COMMANDS_COST && end < program->dispatches->len)
            continue;
        g_array_append_val(ends, end);
        cost = 0;
    }
    return ends;
}

static gboolean
create_descriptors(Recorder *r, VkDescriptorSet *sets, GError **error)
{
    MendVkDevice *device = r->device;
    guint n = r->program->dispatches->len;
    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, n * MEND_VK_N_BINDINGS};
    const VkDescriptorPoolCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = n,
                                             .poolSizeCount = 1,
                                             .pPoolSizes = &size};
    if (!MEND_VK(&device->vk, error, vkCreateDescriptorPool, device->device, &info, NULL,
                 &r->out->descriptors))
        return FALSE;
    g_autofree VkDescriptorSetLayout *layouts = g_new(VkDescriptorSetLayout, n);
    for (guint i = 0; i < n; i++)
        layouts[i] = device->pipelines.set_layout;
    const VkDescriptorSetAllocateInfo sets_info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = r->out->descriptors,
        .descriptorSetCount = n,
        .pSetLayouts = layouts};
    return MEND_VK(&device->vk, error, vkAllocateDescriptorSets, device->device, &sets_info, sets);
}

/* A binding that the shader does not use gets the result, so that all are valid. */
static void
write_set(const Recorder *r, VkDescriptorSet set, const MendVkDispatch *d)
{
    VkDescriptorBufferInfo buffers[MEND_VK_N_BINDINGS];
    for (int i = 0; i < MEND_VK_N_BINDINGS; i++) {
        const MendVkRange *range = &d->range[d->range[i].count ? i : MEND_VK_RESULT];
        buffers[i] =
            (VkDescriptorBufferInfo){r->blocks[range->block].buffer, range->offset * sizeof(float),
                                     range->count * sizeof(float)};
    }
    const VkWriteDescriptorSet write = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                        .dstSet = set,
                                        .descriptorCount = MEND_VK_N_BINDINGS,
                                        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                        .pBufferInfo = buffers};
    r->device->vk.vkUpdateDescriptorSets(r->device->device, 1, &write, 0, NULL);
}

static gboolean
overlap(const MendVkRange *a, const MendVkRange *b)
{
    return a->block == b->block && a->offset < b->offset + b->count &&
           b->offset < a->offset + a->count;
}

static gboolean
must_wait(const Recorder *r, const MendVkDispatch *d)
{
    for (guint i = 0; i < r->pending->len; i++) {
        const Access *access = &g_array_index(r->pending, Access, i);
        for (int b = 0; b < MEND_VK_N_BINDINGS; b++) {
            if ((access->written || b == MEND_VK_RESULT) && overlap(&access->range, &d->range[b]))
                return TRUE;
        }
    }
    return FALSE;
}

static void
barrier(const Recorder *r, VkCommandBuffer commands, VkPipelineStageFlags to, VkAccessFlags access)
{
    const VkMemoryBarrier memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                    .dstAccessMask = access};
    r->device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, to, 0, 1,
                                       &memory, 0, NULL, 0, NULL);
}

/* Only dispatches that touch the same memory wait for each other: the small ones of the time
 * embedding run beside the large ones. */
static gboolean
record_dispatch(Recorder *r, VkCommandBuffer commands, VkDescriptorSet set, const MendVkDispatch *d,
                GError **error)
{
    MendVk *vk = &r->device->vk;
    VkPipeline pipeline = mend_vk_pipeline_get(r->device, &d->variant, error);
    if (!pipeline)
        return FALSE;
    if (must_wait(r, d)) {
        barrier(r, commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
        g_array_set_size(r->pending, 0);
    }
    for (int b = 0; b < MEND_VK_N_BINDINGS; b++) {
        Access access = {d->range[b], b == MEND_VK_RESULT};
        if (access.range.count && access.range.block < MEND_VK_WEIGHTS)
            g_array_append_val(r->pending, access);
    }
    VkPipelineLayout layout = r->device->pipelines.layout;
    vk->vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vk->vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0,
                                NULL);
    vk->vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof d->push,
                           d->push);
    vk->vkCmdDispatch(commands, d->groups[0], d->groups[1], d->groups[2]);
    return TRUE;
}

/* Dispatches first to end - 1. What the last one leaves in the staging block is made visible. */
static gboolean
record_part(Recorder *r, VkCommandBuffer commands, const VkDescriptorSet *sets, guint first,
            guint end, GError **error)
{
    MendVk *vk = &r->device->vk;
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    if (!MEND_VK(vk, error, vkBeginCommandBuffer, commands, &begin))
        return FALSE;
    for (guint i = first; i < end; i++) {
        const MendVkDispatch *d = dispatch_at(r->program, i);
        write_set(r, sets[i], d);
        if (!record_dispatch(r, commands, sets[i], d, error))
            return FALSE;
    }
    if (end == r->program->dispatches->len)
        barrier(r, commands, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    return MEND_VK(vk, error, vkEndCommandBuffer, commands);
}

static gboolean
create_commands(Recorder *r, guint n, GError **error)
{
    MendVkDevice *device = r->device;
    const VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = device->family};
    if (!MEND_VK(&device->vk, error, vkCreateCommandPool, device->device, &pool, NULL,
                 &r->out->pool))
        return FALSE;
    r->out->commands = g_new0(VkCommandBuffer, n);
    r->out->n = n;
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = r->out->pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = n};
    return MEND_VK(&device->vk, error, vkAllocateCommandBuffers, device->device, &info,
                   r->out->commands);
}

static gboolean
record_all(Recorder *r, const guint *ends, guint n, GError **error)
{
    g_autofree VkDescriptorSet *sets = g_new0(VkDescriptorSet, r->program->dispatches->len);
    if (!create_descriptors(r, sets, error) || !create_commands(r, n, error))
        return FALSE;
    for (guint i = 0; i < n; i++) {
        if (!record_part(r, r->out->commands[i], sets, i ? ends[i - 1] : 0, ends[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mend_vk_record(MendVkRecording *recording, MendVkDevice *device, const MendVkProgram *program,
               const MendVkBuffer *blocks, GError **error)
{
    memset(recording, 0, sizeof *recording);
    g_autoptr(GArray) ends = cut(program);
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(Access));
    Recorder recorder = {device, program, blocks, recording, pending};
    if (record_all(&recorder, (const guint *)(void *)ends->data, ends->len, error))
        return TRUE;
    mend_vk_recording_clear(recording, device);
    return FALSE;
}

void
mend_vk_recording_clear(MendVkRecording *recording, MendVkDevice *device)
{
    MendVk *vk = &device->vk;
    vk->vkDestroyCommandPool(device->device, recording->pool, NULL);
    vk->vkDestroyDescriptorPool(device->device, recording->descriptors, NULL);
    g_free(recording->commands);
    memset(recording, 0, sizeof *recording);
}
