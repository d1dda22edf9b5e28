/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vulkan devices: finding, ranking and opening them. */
#include "compute/vk/device.h"

#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"
#include "compute/vk/pipeline.h"

/* The family for compute: one without graphics where there is one, so that the desktop's own work
 * is not held up. -1 where there is none. */
static int
find_family(MendVk *vk, VkPhysicalDevice physical)
{
    uint32_t n = 0;
    vk->vkGetPhysicalDeviceQueueFamilyProperties(physical, &n, NULL);
    g_autofree VkQueueFamilyProperties *families = g_new0(VkQueueFamilyProperties, n + 1);
    vk->vkGetPhysicalDeviceQueueFamilyProperties(physical, &n, families);
    int found = -1;
    for (uint32_t i = 0; i < n; i++) {
        if (!(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) || families[i].queueCount == 0)
            continue;
        if (!(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT))
            return (int)i;
        if (found < 0)
            found = (int)i;
    }
    return found;
}

static int
score(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 300;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 200;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 100;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return -1;
    default:
        return 10;
    }
}

static guint64
device_memory(const VkPhysicalDeviceMemoryProperties *memory)
{
    guint64 bytes = 0;
    for (uint32_t i = 0; i < memory->memoryHeapCount; i++) {
        if (memory->memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
            bytes += memory->memoryHeaps[i].size;
    }
    return bytes;
}

/* Fills all fields but those of the open device. FALSE where the device cannot be used. */
static gboolean
describe(MendVkDevice *device, MendVk *vk, VkPhysicalDevice physical)
{
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES};
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
                                       .pNext = &maintenance};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
    vk->vkGetPhysicalDeviceProperties2(physical, &properties);
    int family = find_family(vk, physical);
    if (properties.properties.apiVersion < VK_API_VERSION_1_1 || family < 0)
        return FALSE;
    device->physical = physical;
    device->family = (uint32_t)family;
    device->properties = properties.properties;
    device->max_allocation = maintenance.maxMemoryAllocationSize;
    vk->vkGetPhysicalDeviceMemoryProperties(physical, &device->memory);

    MendDeviceInfo *info = &device->base.info;
    g_strlcpy(info->id, "vulkan:", sizeof info->id);
    for (size_t i = 0; i < VK_UUID_SIZE; i++)
        g_snprintf(info->id + 7 + 2 * i, 3, "%02x", id.deviceUUID[i]);
    g_strlcpy(info->name, device->properties.deviceName, sizeof info->name);
    info->score = score(device->properties.deviceType);
    if (info->score < 0)
        g_strlcpy(info->note, "software Vulkan; the CPU is faster", sizeof info->note);
    info->memory = device_memory(&device->memory);
    return TRUE;
}

static void
make_unique(MendDeviceInfo *info, const MendVkDevice *others, int n)
{
    int same = 1;
    for (int i = 0; i < n; i++)
        same += strncmp(others[i].base.info.id, info->id, 7 + 2 * VK_UUID_SIZE) == 0;
    if (same > 1)
        g_snprintf(info->id + strlen(info->id), 8, "-%d", same);
}

/* All usable devices of the instance, owned by the caller: free with g_free(). */
static MendVkDevice *
enumerate(MendVk *vk, int *n, GError **error)
{
    uint32_t count = 0;
    if (!MEND_VK(vk, error, vkEnumeratePhysicalDevices, vk->instance, &count, NULL))
        return NULL;
    g_autofree VkPhysicalDevice *physical = g_new0(VkPhysicalDevice, count + 1);
    if (!MEND_VK(vk, error, vkEnumeratePhysicalDevices, vk->instance, &count, physical))
        return NULL;
    MendVkDevice *devices = g_new0(MendVkDevice, count + 1);
    *n = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!describe(&devices[*n], vk, physical[i]))
            continue;
        make_unique(&devices[*n].base.info, devices, *n);
        (*n)++;
    }
    return devices;
}

int
mend_vk_probe(MendDeviceInfo *infos, int max)
{
    MendVk vk;
    if (!mend_vk_init(&vk, NULL))
        return 0;
    int n = 0;
    g_autofree MendVkDevice *devices = enumerate(&vk, &n, NULL);
    n = devices ? MIN(n, max) : 0;
    for (int i = 0; i < n; i++)
        infos[i] = devices[i].base.info;
    mend_vk_clear(&vk);
    return n;
}

static gboolean
create_device(MendVkDevice *device, GError **error)
{
    static const float priority = 0.0f; /* the desktop goes first */
    const VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                           .queueFamilyIndex = device->family,
                                           .queueCount = 1,
                                           .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                     .queueCreateInfoCount = 1,
                                     .pQueueCreateInfos = &queue};
    MendVk *vk = &device->vk;
    if (!MEND_VK(vk, error, vkCreateDevice, device->physical, &info, NULL, &device->device)) {
        device->device = VK_NULL_HANDLE;
        return FALSE;
    }
    mend_vk_load_device(vk, device->device);
    vk->vkGetDeviceQueue(device->device, device->family, 0, &device->queue);
    return mend_vk_pipelines_init(device, error);
}

MendDevice *
mend_vk_device_open(const char *id, GError **error)
{
    MendVk vk;
    if (!mend_vk_init(&vk, error))
        return NULL;
    int n = 0;
    g_autofree MendVkDevice *devices = enumerate(&vk, &n, error);
    if (!devices) {
        mend_vk_clear(&vk);
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        if (strcmp(devices[i].base.info.id, id) != 0)
            continue;
        MendVkDevice *device = g_new(MendVkDevice, 1);
        *device = devices[i];
        device->vk = vk;
        device->base.backend = &mend_backend_vulkan;
        if (create_device(device, error))
            return &device->base;
        mend_vk_device_close(&device->base);
        return NULL;
    }
    mend_vk_clear(&vk);
    g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                _("The graphics device %s is not there any more. Choose another one, or the CPU."),
                id);
    return NULL;
}

void
mend_vk_device_close(MendDevice *base)
{
    MendVkDevice *device = (MendVkDevice *)base;
    if (!device)
        return;
    if (device->device) {
        mend_vk_pipelines_clear(device);
        device->vk.vkDestroyDevice(device->device, NULL);
    }
    mend_vk_clear(&device->vk);
    g_free(device);
}
