/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Vulkan calls that are used, found at run time; nothing links to the loader.
 * Thread: one at a time per MendVk. */
#pragma once

#include <glib.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

G_BEGIN_DECLS

/* CALL(name, the result that mend_fault("vk.<name>") makes of it; VK_SUCCESS: it cannot fail). */
#define MEND_VK_GLOBAL_CALLS(CALL)                                                                 \
    CALL(vkEnumerateInstanceVersion, VK_ERROR_OUT_OF_HOST_MEMORY)                                  \
    CALL(vkEnumerateInstanceLayerProperties, VK_ERROR_OUT_OF_HOST_MEMORY)                          \
    CALL(vkCreateInstance, VK_ERROR_INITIALIZATION_FAILED)

#define MEND_VK_INSTANCE_CALLS(CALL)                                                               \
    CALL(vkDestroyInstance, VK_SUCCESS)                                                            \
    CALL(vkEnumeratePhysicalDevices, VK_ERROR_INITIALIZATION_FAILED)                               \
    CALL(vkGetPhysicalDeviceProperties2, VK_SUCCESS)                                               \
    CALL(vkGetPhysicalDeviceMemoryProperties, VK_SUCCESS)                                          \
    CALL(vkGetPhysicalDeviceQueueFamilyProperties, VK_SUCCESS)                                     \
    CALL(vkCreateDevice, VK_ERROR_INITIALIZATION_FAILED)                                           \
    CALL(vkGetDeviceProcAddr, VK_SUCCESS)

#define MEND_VK_DEVICE_CALLS(CALL)                                                                 \
    CALL(vkDestroyDevice, VK_SUCCESS)                                                              \
    CALL(vkGetDeviceQueue, VK_SUCCESS)                                                             \
    CALL(vkDeviceWaitIdle, VK_SUCCESS)                                                             \
    CALL(vkCreateBuffer, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                            \
    CALL(vkDestroyBuffer, VK_SUCCESS)                                                              \
    CALL(vkGetBufferMemoryRequirements, VK_SUCCESS)                                                \
    CALL(vkAllocateMemory, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                          \
    CALL(vkFreeMemory, VK_SUCCESS)                                                                 \
    CALL(vkBindBufferMemory, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                        \
    CALL(vkMapMemory, VK_ERROR_MEMORY_MAP_FAILED)                                                  \
    CALL(vkCreateShaderModule, VK_ERROR_OUT_OF_HOST_MEMORY)                                        \
    CALL(vkDestroyShaderModule, VK_SUCCESS)                                                        \
    CALL(vkCreateDescriptorSetLayout, VK_ERROR_OUT_OF_HOST_MEMORY)                                 \
    CALL(vkDestroyDescriptorSetLayout, VK_SUCCESS)                                                 \
    CALL(vkCreatePipelineLayout, VK_ERROR_OUT_OF_HOST_MEMORY)                                      \
    CALL(vkDestroyPipelineLayout, VK_SUCCESS)                                                      \
    CALL(vkCreatePipelineCache, VK_ERROR_OUT_OF_HOST_MEMORY)                                       \
    CALL(vkGetPipelineCacheData, VK_ERROR_OUT_OF_HOST_MEMORY)                                      \
    CALL(vkDestroyPipelineCache, VK_SUCCESS)                                                       \
    CALL(vkCreateComputePipelines, VK_ERROR_OUT_OF_HOST_MEMORY)                                    \
    CALL(vkDestroyPipeline, VK_SUCCESS)                                                            \
    CALL(vkCreateDescriptorPool, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                    \
    CALL(vkDestroyDescriptorPool, VK_SUCCESS)                                                      \
    CALL(vkAllocateDescriptorSets, VK_ERROR_OUT_OF_POOL_MEMORY)                                    \
    CALL(vkUpdateDescriptorSets, VK_SUCCESS)                                                       \
    CALL(vkCreateCommandPool, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                       \
    CALL(vkDestroyCommandPool, VK_SUCCESS)                                                         \
    CALL(vkAllocateCommandBuffers, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                  \
    CALL(vkBeginCommandBuffer, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                      \
    CALL(vkEndCommandBuffer, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                        \
    CALL(vkCmdBindPipeline, VK_SUCCESS)                                                            \
    CALL(vkCmdBindDescriptorSets, VK_SUCCESS)                                                      \
    CALL(vkCmdPushConstants, VK_SUCCESS)                                                           \
    CALL(vkCmdDispatch, VK_SUCCESS)                                                                \
    CALL(vkCmdPipelineBarrier, VK_SUCCESS)                                                         \
    CALL(vkCmdCopyBuffer, VK_SUCCESS)                                                              \
    CALL(vkCreateFence, VK_ERROR_OUT_OF_HOST_MEMORY)                                               \
    CALL(vkDestroyFence, VK_SUCCESS)                                                               \
    CALL(vkResetFences, VK_ERROR_OUT_OF_DEVICE_MEMORY)                                             \
    CALL(vkQueueSubmit, VK_ERROR_DEVICE_LOST)                                                      \
    CALL(vkWaitForFences, VK_ERROR_DEVICE_LOST)

#define MEND_VK_FAULT_CODE(call, result) MEND_VK_FAULT_##call = (result),
enum {
    MEND_VK_GLOBAL_CALLS(MEND_VK_FAULT_CODE) MEND_VK_INSTANCE_CALLS(MEND_VK_FAULT_CODE)
        MEND_VK_DEVICE_CALLS(MEND_VK_FAULT_CODE)
};

#define MEND_VK_POINTER(call, result) PFN_##call call;
typedef struct {
    MEND_VK_GLOBAL_CALLS(MEND_VK_POINTER)
    MEND_VK_INSTANCE_CALLS(MEND_VK_POINTER)
    MEND_VK_DEVICE_CALLS(MEND_VK_POINTER)
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    gboolean lost; /* the device is gone: every call fails at once */
} MendVk;

/* Points besides the calls: "vk.dlopen". Opens the loader and makes an instance. Where
 * MEND_VK_VALIDATION=1 the validation layer is on with synchronisation checks; then a missing layer
 * is an error. MEND_ERROR_DEVICE on failure, vk is then clear. */
gboolean mend_vk_init(MendVk *vk, GError **error);
void mend_vk_clear(MendVk *vk); /* may be called twice */
void mend_vk_load_device(MendVk *vk, VkDevice device);

/* Warnings and errors of the validation layer since the program began. Thread: safe. */
int mend_vk_validation_messages(void);

/* TRUE for results >= 0 other than VK_TIMEOUT. Else MEND_ERROR_MEMORY or MEND_ERROR_DEVICE, naming
 * the call and the result; a lost device is remembered. */
gboolean mend_vk_check(MendVk *vk, VkResult result, const char *call, GError **error);

/* MEND_VK(vk, error, vkCreateFence, device, ...): the call, checked, with its fault point. */
#define MEND_VK(vk, error, call, ...)                                                              \
    mend_vk_check((vk),                                                                            \
                  (vk)->lost                ? VK_ERROR_DEVICE_LOST                                 \
                  : mend_fault("vk." #call) ? (VkResult)MEND_VK_FAULT_##call                       \
                                            : (vk)->call(__VA_ARGS__),                             \
                  #call, (error))

G_END_DECLS
