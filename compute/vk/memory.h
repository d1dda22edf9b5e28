/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Buffers, each with its own device memory, and the one-off copy into them.
 * Thread: that of the device. */
#pragma once

#include "compute/vk/device.h"

G_BEGIN_DECLS

typedef enum {
    MEND_VK_ON_DEVICE, /* fast for shaders */
    MEND_VK_ON_HOST,   /* mapped and coherent, cached where possible */
} MendVkPlace;

typedef struct {
    VkBuffer buffer;
    VkDeviceMemory memory;
    VkDeviceSize bytes;
    void *map; /* NULL on the device */
} MendVkBuffer;

/* For storage and for copies from and to. On failure the buffer is clear; MEND_ERROR_MEMORY where
 * the size is over the device's limit or memory is out. */
gboolean mend_vk_buffer_init(MendVkBuffer *buffer, MendVkDevice *device, VkDeviceSize bytes,
                             MendVkPlace place, GError **error);
void mend_vk_buffer_clear(MendVkBuffer *buffer, MendVkDevice *device); /* may be called twice */

/* Copies all of src into dst of the same size, and waits. */
gboolean mend_vk_copy(MendVkDevice *device, const MendVkBuffer *src, const MendVkBuffer *dst,
                      GError **error);

/* Submits the command buffers as one batch; fence may be VK_NULL_HANDLE. */
gboolean mend_vk_submit(MendVkDevice *device, const VkCommandBuffer *commands, uint32_t n,
                        VkFence fence, GError **error);
/* Waits for a fence and resets it. After 30 s of silence the device counts as lost; a
 * software device after 10 minutes. */
gboolean mend_vk_wait(MendVkDevice *device, VkFence fence, GError **error);

G_END_DECLS
