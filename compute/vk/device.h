/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vulkan devices: finding, ranking and opening them.
 * Thread: one at a time per device. */
#pragma once

#include "compute/backend.h"
#include "compute/vk/api.h"

G_BEGIN_DECLS

/* The compute pipelines of a device; made when first asked for, see compute/vk/pipeline.h. */
typedef struct {
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipelineCache cache;
    GArray *entries;
    gsize saved_bytes; /* size of the cache's data on disk */
} MendVkPipelines;

typedef struct {
    MendDevice base;
    MendVk vk;
    VkPhysicalDevice physical;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    VkDeviceSize max_allocation; /* bytes of one buffer */
    VkDevice device;
    uint32_t family; /* of the queue */
    VkQueue queue;
    MendVkPipelines pipelines;
} MendVkDevice;

/* The entries of mend_backend_vulkan. Score: discrete 300, integrated 200, virtual 100, others 10;
 * software -1 with a note. Devices without Vulkan 1.1 or a compute queue are left out. Of devices
 * with equal UUIDs the second and later get ids that end in "-2", "-3", ... */
int mend_vk_probe(MendDeviceInfo *infos, int max);
MendDevice *mend_vk_device_open(const char *id, GError **error);
void mend_vk_device_close(MendDevice *base); /* NULL is allowed */

G_END_DECLS
