/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shaders made ready for a device, and the driver's cache of them on disk.
 * All have the same layout: four storage buffers (result, two sources, weights) and push constants.
 * Thread: that of the device. */
#pragma once

#include "compute/vk/device.h"

G_BEGIN_DECLS

#define MEND_VK_N_BINDINGS 4
#define MEND_VK_PUSH_BYTES 128 /* what every device has */
#define MEND_VK_N_SPEC     9

/* The files of shaders/. */
#define MEND_VK_SHADERS(SHADER)                                                                    \
    SHADER(conv)                                                                                   \
    SHADER(convert)                                                                                \
    SHADER(dwconv)                                                                                 \
    SHADER(mean)                                                                                   \
    SHADER(norm)                                                                                   \
    SHADER(pointwise)                                                                              \
    SHADER(shuffle)                                                                                \
    SHADER(sinusoid)

#define MEND_VK_SHADER_ID(name) MEND_VK_SHADER_##name,
typedef enum { MEND_VK_SHADERS(MEND_VK_SHADER_ID) MEND_VK_N_SHADERS } MendVkShader;

/* A shader with its specialisation constants: number i is constant_id i, 0 the group's size, 7
 * whether all channel counts are multiples of 4. */
typedef struct {
    uint32_t shader; /* MendVkShader */
    uint32_t spec[MEND_VK_N_SPEC];
} MendVkVariant;

/* Makes the layout and reads the cache from disk; a bad or missing file is no failure. */
gboolean mend_vk_pipelines_init(MendVkDevice *device, GError **error);
void mend_vk_pipelines_clear(MendVkDevice *device);

/* Borrowed from the device; VK_NULL_HANDLE on failure. */
VkPipeline mend_vk_pipeline_get(MendVkDevice *device, const MendVkVariant *variant, GError **error);
/* Writes the cache where pipelines were added. Failures are ignored. */
void mend_vk_pipelines_save(MendVkDevice *device);

G_END_DECLS
