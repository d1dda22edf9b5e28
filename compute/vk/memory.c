/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffers, each with its own device memory, and the one-off copy into them. */
#include "compute/vk/memory.h"

#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"

/* Software compiles its shaders in the first run, perhaps on a busy machine. */
#define TIMEOUT_S          30
#define TIMEOUT_SOFTWARE_S 600

/* The first memory type that has all of wanted, of those in allowed (a bit each); -1 for none. */
static int
find_type(const VkPhysicalDeviceMemoryProperties *memory, uint32_t allowed,
          VkMemoryPropertyFlags wanted)
{
    for (uint32_t i = 0; i < memory->memoryTypeCount; i++) {
        if ((allowed >> i & 1) && (memory->memoryTypes[i].propertyFlags & wanted) == wanted)
            return (int)i;
    }
    return -1;
}

static int
choose_type(const MendVkDevice *device, uint32_t allowed, MendVkPlace place)
{
    const VkMemoryPropertyFlags mapped =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags wanted[2][2] = {
        [MEND_VK_ON_DEVICE] = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0},
        [MEND_VK_ON_HOST] = {mapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, mapped}};
    int type = find_type(&device->memory, allowed, wanted[place][0]);
    return type >= 0 ? type : find_type(&device->memory, allowed, wanted[place][1]);
}

static gboolean
take_memory(MendVkBuffer *buffer, MendVkDevice *device, MendVkPlace place, GError **error)
{
    MendVk *vk = &device->vk;
    VkMemoryRequirements needs;
    vk->vkGetBufferMemoryRequirements(device->device, buffer->buffer, &needs);
    int type = choose_type(device, needs.memoryTypeBits, place);
    if (type < 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                    _("%s has no memory that fits. Use the CPU."), device->base.info.name);
        return FALSE;
    }
    const VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                       .allocationSize = needs.size,
                                       .memoryTypeIndex = (uint32_t)type};
    if (!MEND_VK(vk, error, vkAllocateMemory, device->device, &info, NULL, &buffer->memory)) {
        buffer->memory = VK_NULL_HANDLE;
        return FALSE;
    }
    if (!MEND_VK(vk, error, vkBindBufferMemory, device->device, buffer->buffer, buffer->memory, 0))
        return FALSE;
    return place != MEND_VK_ON_HOST || MEND_VK(vk, error, vkMapMemory, device->device,
                                               buffer->memory, 0, VK_WHOLE_SIZE, 0, &buffer->map);
}

gboolean
mend_vk_buffer_init(MendVkBuffer *buffer, MendVkDevice *device, VkDeviceSize bytes,
                    MendVkPlace place, GError **error)
{
    memset(buffer, 0, sizeof *buffer);
    if (bytes > device->max_allocation) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_MEMORY,
                    _("%s gives at most %.0f MiB at once, %.0f MiB are needed. Use a smaller tile, "
                      "or the CPU."),
                    device->base.info.name, (double)device->max_allocation / (1 << 20),
                    (double)bytes / (1 << 20));
        return FALSE;
    }
    const VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                     .size = bytes,
                                     .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                              VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                              VK_BUFFER_USAGE_TRANSFER_DST_BIT};
    buffer->bytes = bytes;
    if (!MEND_VK(&device->vk, error, vkCreateBuffer, device->device, &info, NULL,
                 &buffer->buffer)) {
        buffer->buffer = VK_NULL_HANDLE;
        return FALSE;
    }
    if (take_memory(buffer, device, place, error))
        return TRUE;
    if (mend_error_is(error ? *error : NULL, MEND_ERROR_MEMORY))
        g_prefix_error(error, "%.0f MiB on %s: ", (double)bytes / (1 << 20),
                       device->base.info.name);
    mend_vk_buffer_clear(buffer, device);
    return FALSE;
}

void
mend_vk_buffer_clear(MendVkBuffer *buffer, MendVkDevice *device)
{
    MendVk *vk = &device->vk;
    if (buffer->buffer)
        vk->vkDestroyBuffer(device->device, buffer->buffer, NULL);
    if (buffer->memory)
        vk->vkFreeMemory(device->device, buffer->memory, NULL);
    memset(buffer, 0, sizeof *buffer);
}

gboolean
mend_vk_submit(MendVkDevice *device, const VkCommandBuffer *commands, uint32_t n, VkFence fence,
               GError **error)
{
    const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                               .commandBufferCount = n,
                               .pCommandBuffers = commands};
    return MEND_VK(&device->vk, error, vkQueueSubmit, device->queue, 1, &info, fence);
}

gboolean
mend_vk_wait(MendVkDevice *device, VkFence fence, GError **error)
{
    MendVk *vk = &device->vk;
    guint64 seconds = device->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU
                          ? TIMEOUT_SOFTWARE_S
                          : TIMEOUT_S;
    return MEND_VK(vk, error, vkWaitForFences, device->device, 1, &fence, VK_TRUE,
                   seconds * G_GUINT64_CONSTANT(1000000000)) &&
           MEND_VK(vk, error, vkResetFences, device->device, 1, &fence);
}

static gboolean
record_copy(MendVkDevice *device, VkCommandPool pool, const MendVkBuffer *src,
            const MendVkBuffer *dst, VkCommandBuffer *commands, GError **error)
{
    MendVk *vk = &device->vk;
    const VkCommandBufferAllocateInfo info = {.sType =
                                                  VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                              .commandPool = pool,
                                              .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                              .commandBufferCount = 1};
    const VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                            .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    if (!MEND_VK(vk, error, vkAllocateCommandBuffers, device->device, &info, commands) ||
        !MEND_VK(vk, error, vkBeginCommandBuffer, *commands, &begin))
        return FALSE;
    vk->vkCmdCopyBuffer(*commands, src->buffer, dst->buffer, 1,
                        &(VkBufferCopy){.size = MIN(src->bytes, dst->bytes)});
    return MEND_VK(vk, error, vkEndCommandBuffer, *commands);
}

gboolean
mend_vk_copy(MendVkDevice *device, const MendVkBuffer *src, const MendVkBuffer *dst, GError **error)
{
    MendVk *vk = &device->vk;
    const VkCommandPoolCreateInfo pool_info = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                               .queueFamilyIndex = device->family};
    const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkCommandPool pool = VK_NULL_HANDLE;
    VkFence fence = VK_NULL_HANDLE;
    VkCommandBuffer commands = NULL;
    gboolean done =
        MEND_VK(vk, error, vkCreateCommandPool, device->device, &pool_info, NULL, &pool) &&
        MEND_VK(vk, error, vkCreateFence, device->device, &fence_info, NULL, &fence) &&
        record_copy(device, pool, src, dst, &commands, error) &&
        mend_vk_submit(device, &commands, 1, fence, error) && mend_vk_wait(device, fence, error);
    if (!done)
        vk->vkDeviceWaitIdle(device->device); /* the copy may be under way still */
    vk->vkDestroyFence(device->device, fence, NULL);
    vk->vkDestroyCommandPool(device->device, pool, NULL);
    return done;
}
