/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dispatches into command buffers, with descriptors and barriers.
 * Thread: that of the device. */
#pragma once

#include "compute/vk/memory.h"
#include "compute/vk/program.h"

G_BEGIN_DECLS

typedef struct {
    VkDescriptorPool descriptors;
    VkCommandPool pool;
    VkCommandBuffer *commands; /* [n], to be submitted in order */
    guint n;
} MendVkRecording;

/* blocks: one buffer for each block of the program. A command buffer ends where its dispatches
 * cost about 1e9. On failure the recording is clear. */
gboolean mend_vk_record(MendVkRecording *recording, MendVkDevice *device,
                        const MendVkProgram *program, const MendVkBuffer *blocks, GError **error);
void mend_vk_recording_clear(MendVkRecording *recording, MendVkDevice *device);

G_END_DECLS
