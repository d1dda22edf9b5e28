/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shaders made ready for a device, and the driver's cache of them on disk. */
#include "compute/vk/pipeline.h"

#include <string.h>

#include "compute/fault.h"

#define CODE(name) static const uint32_t name##_code[] =
/* clang-format off: one shader each; the includes are initialisers in braces */
CODE(conv)
#include "shaders/conv.spv.inc"
    ;
CODE(convert)
#include "shaders/convert.spv.inc"
    ;
CODE(dwconv)
#include "shaders/dwconv.spv.inc"
    ;
CODE(mean)
#include "shaders/mean.spv.inc"
    ;
CODE(norm)
#include "shaders/norm.spv.inc"
    ;
CODE(pointwise)
#include "shaders/pointwise.spv.inc"
    ;
CODE(shuffle)
#include "shaders/shuffle.spv.inc"
    ;
CODE(sinusoid)
#include "shaders/sinusoid.spv.inc"
    ;
/* clang-format on */

#define SHADER_CODE(name) {name##_code, sizeof name##_code},
static const struct {
    const uint32_t *code;
    size_t bytes;
} shaders[MEND_VK_N_SHADERS] = {MEND_VK_SHADERS(SHADER_CODE)};

typedef struct {
    MendVkVariant variant;
    VkPipeline pipeline;
} Entry;

/* A cache file: the magic, the SHA-256 of what follows (hex), the driver's data. Drivers check
 * their own header only, and some crash on damage behind it. */
static const char magic[8] = "MENDVKPC";
#define DIGEST      64
#define FILE_HEADER (sizeof magic + DIGEST)

static char *
cache_path(const MendVkDevice *device)
{
    const VkPhysicalDeviceProperties *p = &device->properties;
    g_autoptr(GString) name = g_string_new("vulkan-");
    for (size_t i = 0; i < VK_UUID_SIZE; i++)
        g_string_append_printf(name, "%02x", p->pipelineCacheUUID[i]);
    g_string_append_printf(name, "-%08x-%08x.bin", p->vendorID, p->deviceID);
    return g_build_filename(g_get_user_cache_dir(), "mend", name->str, NULL);
}

static char *
digest(const char *data, gsize n_bytes)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)data, n_bytes);
}

/* TRUE where file is whole and its data were made by this driver for this device. */
static gboolean
cache_is_valid(const MendVkDevice *device, const char *file, gsize n_bytes)
{
    VkPipelineCacheHeaderVersionOne header;
    if (n_bytes < FILE_HEADER + sizeof header || memcmp(file, magic, sizeof magic) != 0)
        return FALSE;
    g_autofree char *sum = digest(file + FILE_HEADER, n_bytes - FILE_HEADER);
    if (memcmp(file + sizeof magic, sum, DIGEST) != 0)
        return FALSE;
    memcpy(&header, file + FILE_HEADER, sizeof header);
    const VkPhysicalDeviceProperties *p = &device->properties;
    return header.headerSize >= sizeof header && header.headerSize <= n_bytes - FILE_HEADER &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == p->vendorID && header.deviceID == p->deviceID &&
           memcmp(header.pipelineCacheUUID, p->pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

static gboolean
create_cache(MendVkDevice *device, GError **error)
{
    g_autofree char *path = cache_path(device), *file = NULL;
    gsize n_bytes = 0;
    VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    if (g_file_get_contents(path, &file, &n_bytes, NULL) && cache_is_valid(device, file, n_bytes)) {
        info.initialDataSize = n_bytes - FILE_HEADER;
        info.pInitialData = file + FILE_HEADER;
    }
    device->pipelines.saved_bytes = info.initialDataSize;
    return MEND_VK(&device->vk, error, vkCreatePipelineCache, device->device, &info, NULL,
                   &device->pipelines.cache);
}

void
mend_vk_pipelines_save(MendVkDevice *device)
{
    MendVkPipelines *pipelines = &device->pipelines;
    MendVk *vk = &device->vk;
    size_t n_bytes = 0;
    if (!MEND_VK(vk, NULL, vkGetPipelineCacheData, device->device, pipelines->cache, &n_bytes,
                 NULL) ||
        n_bytes <= pipelines->saved_bytes)
        return;
    g_autofree char *file = g_try_malloc(FILE_HEADER + n_bytes);
    if (!file || !MEND_VK(vk, NULL, vkGetPipelineCacheData, device->device, pipelines->cache,
                          &n_bytes, file + FILE_HEADER))
        return;
    g_autofree char *sum = digest(file + FILE_HEADER, n_bytes);
    memcpy(file, magic, sizeof magic);
    memcpy(file + sizeof magic, sum, DIGEST);
    g_autofree char *path = cache_path(device), *folder = g_path_get_dirname(path);
    g_mkdir_with_parents(folder, 0700);
    g_file_set_contents(path, file, (gssize)(FILE_HEADER + n_bytes), NULL); /* by renaming */
    pipelines->saved_bytes = n_bytes;
}

static gboolean
create_layout(MendVkDevice *device, GError **error)
{
    MendVkPipelines *pipelines = &device->pipelines;
    VkDescriptorSetLayoutBinding bindings[MEND_VK_N_BINDINGS];
    for (uint32_t i = 0; i < MEND_VK_N_BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1,
                                                     VK_SHADER_STAGE_COMPUTE_BIT, NULL};
    const VkDescriptorSetLayoutCreateInfo set_info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = MEND_VK_N_BINDINGS,
        .pBindings = bindings};
    if (!MEND_VK(&device->vk, error, vkCreateDescriptorSetLayout, device->device, &set_info, NULL,
                 &pipelines->set_layout))
        return FALSE;
    const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, MEND_VK_PUSH_BYTES};
    const VkPipelineLayoutCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                             .setLayoutCount = 1,
                                             .pSetLayouts = &pipelines->set_layout,
                                             .pushConstantRangeCount = 1,
                                             .pPushConstantRanges = &range};
    return MEND_VK(&device->vk, error, vkCreatePipelineLayout, device->device, &info, NULL,
                   &pipelines->layout);
}

gboolean
mend_vk_pipelines_init(MendVkDevice *device, GError **error)
{
    device->pipelines.entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    return create_layout(device, error) && create_cache(device, error);
}

void
mend_vk_pipelines_clear(MendVkDevice *device)
{
    MendVkPipelines *pipelines = &device->pipelines;
    MendVk *vk = &device->vk;
    for (guint i = 0; pipelines->entries && i < pipelines->entries->len; i++)
        vk->vkDestroyPipeline(device->device, g_array_index(pipelines->entries, Entry, i).pipeline,
                              NULL);
    g_clear_pointer(&pipelines->entries, g_array_unref);
    vk->vkDestroyPipelineCache(device->device, pipelines->cache, NULL);
    vk->vkDestroyPipelineLayout(device->device, pipelines->layout, NULL);
    vk->vkDestroyDescriptorSetLayout(device->device, pipelines->set_layout, NULL);
}

static gboolean
create_pipeline(MendVkDevice *device, const MendVkVariant *variant, VkShaderModule module,
                VkPipeline *pipeline, GError **error)
{
    VkSpecializationMapEntry map[MEND_VK_N_SPEC];
    for (uint32_t i = 0; i < MEND_VK_N_SPEC; i++)
        map[i] = (VkSpecializationMapEntry){i, i * (uint32_t)sizeof(uint32_t), sizeof(uint32_t)};
    const VkSpecializationInfo constants = {MEND_VK_N_SPEC, map, sizeof variant->spec,
                                            variant->spec};
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &constants},
        .layout = device->pipelines.layout};
    return MEND_VK(&device->vk, error, vkCreateComputePipelines, device->device,
                   device->pipelines.cache, 1, &info, NULL, pipeline);
}

VkPipeline
mend_vk_pipeline_get(MendVkDevice *device, const MendVkVariant *variant, GError **error)
{
    GArray *entries = device->pipelines.entries;
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);
        if (memcmp(&entry->variant, variant, sizeof *variant) == 0)
            return entry->pipeline;
    }
    const VkShaderModuleCreateInfo info = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                           .codeSize = shaders[variant->shader].bytes,
                                           .pCode = shaders[variant->shader].code};
    VkShaderModule module = VK_NULL_HANDLE;
    if (!MEND_VK(&device->vk, error, vkCreateShaderModule, device->device, &info, NULL, &module))
        return VK_NULL_HANDLE;
    Entry entry = {*variant, VK_NULL_HANDLE};
    gboolean made = create_pipeline(device, variant, module, &entry.pipeline, error);
    device->vk.vkDestroyShaderModule(device->device, module, NULL);
    if (!made)
        return VK_NULL_HANDLE;
    g_array_append_val(entries, entry);
    return entry.pipeline;
}
