/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Vulkan calls that are used, found at run time. */
#include "compute/vk/api.h"

#include <dlfcn.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"

#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"

static int n_validation_messages;

int
mend_vk_validation_messages(void)
{
    return g_atomic_int_get(&n_validation_messages);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL
on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT types,
           const VkDebugUtilsMessengerCallbackDataEXT *message, void *data)
{
    (void)severity, (void)types, (void)data;
    g_atomic_int_inc(&n_validation_messages);
    g_printerr("vulkan: %s\n", message->pMessage);
    return VK_FALSE;
}

static const char *
result_name(VkResult result)
{
#define NAME(result)                                                                               \
    case result:                                                                                   \
        return #result
    switch (result) {
        NAME(VK_TIMEOUT);
        NAME(VK_ERROR_OUT_OF_HOST_MEMORY);
        NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY);
        NAME(VK_ERROR_INITIALIZATION_FAILED);
        NAME(VK_ERROR_DEVICE_LOST);
        NAME(VK_ERROR_MEMORY_MAP_FAILED);
        NAME(VK_ERROR_LAYER_NOT_PRESENT);
        NAME(VK_ERROR_EXTENSION_NOT_PRESENT);
        NAME(VK_ERROR_FEATURE_NOT_PRESENT);
        NAME(VK_ERROR_INCOMPATIBLE_DRIVER);
        NAME(VK_ERROR_TOO_MANY_OBJECTS);
        NAME(VK_ERROR_FRAGMENTED_POOL);
        NAME(VK_ERROR_OUT_OF_POOL_MEMORY);
    default:
        return "VkResult";
    }
#undef NAME
}

gboolean
mend_vk_check(MendVk *vk, VkResult result, const char *call, GError **error)
{
    if (result >= 0 && result != VK_TIMEOUT)
        return TRUE;
    if (result == VK_ERROR_DEVICE_LOST || result == VK_TIMEOUT)
        vk->lost = TRUE;
    gboolean memory = result == VK_ERROR_OUT_OF_HOST_MEMORY ||
                      result == VK_ERROR_OUT_OF_DEVICE_MEMORY ||
                      result == VK_ERROR_OUT_OF_POOL_MEMORY || result == VK_ERROR_FRAGMENTED_POOL ||
                      result == VK_ERROR_MEMORY_MAP_FAILED || result == VK_ERROR_TOO_MANY_OBJECTS;
    g_set_error(error, MEND_ERROR, memory ? MEND_ERROR_MEMORY : MEND_ERROR_DEVICE,
                "The graphics device failed: %s returned %s (%d). %s", call, result_name(result),
                result,
                memory ? "Close other programs, use a smaller tile, or use the CPU."
                       : "Use the CPU, or try again after updating the driver.");
    return FALSE;
}

/* The loader stays open: drivers do not like to be unloaded, and there is one for the process. */
static gpointer
open_loader(gpointer data)
{
    (void)data;
    void *library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, "vkGetInstanceProcAddr") : NULL;
}

static PFN_vkGetInstanceProcAddr
loader(void)
{
    static GOnce once = G_ONCE_INIT;
    gpointer symbol = mend_fault("vk.dlopen") ? NULL : g_once(&once, open_loader, NULL);
    PFN_vkGetInstanceProcAddr get = NULL;
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from an object to a function */
    return get;
}

static gboolean
check_version(MendVk *vk, GError **error)
{
    uint32_t version = 0;
    if (vk->vkEnumerateInstanceVersion && !MEND_VK(vk, error, vkEnumerateInstanceVersion, &version))
        return FALSE;
    if (version >= VK_API_VERSION_1_1)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                _("The Vulkan loader is older than version 1.1. Update it, or use the CPU."));
    return FALSE;
}

/* Sets present where the layer is there. */
static gboolean
find_validation(MendVk *vk, gboolean *present, GError **error)
{
    uint32_t n = 0;
    if (!MEND_VK(vk, error, vkEnumerateInstanceLayerProperties, &n, NULL))
        return FALSE;
    g_autofree VkLayerProperties *layers = g_new0(VkLayerProperties, n + 1);
    if (!MEND_VK(vk, error, vkEnumerateInstanceLayerProperties, &n, layers))
        return FALSE;
    *present = FALSE;
    for (uint32_t i = 0; i < n; i++)
        *present |= strcmp(layers[i].layerName, VALIDATION_LAYER) == 0;
    return TRUE;
}

static gboolean
create_instance(MendVk *vk, gboolean validate, GError **error)
{
    static const char *const layers[] = {VALIDATION_LAYER};
    static const char *const extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME,
                                             VK_EXT_LAYER_SETTINGS_EXTENSION_NAME};
    static const VkBool32 on = VK_TRUE;
    static const VkLayerSettingEXT settings[] = {
        {VALIDATION_LAYER, "validate_sync", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1, &on},
        {VALIDATION_LAYER, "syncval_shader_accesses_heuristic", VK_LAYER_SETTING_TYPE_BOOL32_EXT, 1,
         &on}};
    const VkDebugUtilsMessengerCreateInfoEXT messenger = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
                           VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT |
                       VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
        .pfnUserCallback = on_message};
    const VkLayerSettingsCreateInfoEXT checks = {
        .sType = VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT,
        .pNext = &messenger,
        .settingCount = G_N_ELEMENTS(settings),
        .pSettings = settings};
    const VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                           .pApplicationName = "mend",
                                           .apiVersion = VK_API_VERSION_1_1};
    const VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                       .pNext = validate ? &checks : NULL,
                                       .pApplicationInfo = &application,
                                       .enabledLayerCount = validate ? G_N_ELEMENTS(layers) : 0,
                                       .ppEnabledLayerNames = layers,
                                       .enabledExtensionCount =
                                           validate ? G_N_ELEMENTS(extensions) : 0,
                                       .ppEnabledExtensionNames = extensions};
    if (!MEND_VK(vk, error, vkCreateInstance, &info, NULL, &vk->instance)) {
        vk->instance = VK_NULL_HANDLE;
        return FALSE;
    }
    PFN_vkCreateDebugUtilsMessengerEXT create =
        (PFN_vkCreateDebugUtilsMessengerEXT)vk->vkGetInstanceProcAddr(
            vk->instance, "vkCreateDebugUtilsMessengerEXT");
    if (validate && create && create(vk->instance, &messenger, NULL, &vk->messenger) != VK_SUCCESS)
        vk->messenger = VK_NULL_HANDLE;
    return TRUE;
}

#define LOAD(call, result) vk->call = (PFN_##call)get(scope, #call);

gboolean
mend_vk_init(MendVk *vk, GError **error)
{
    memset(vk, 0, sizeof *vk);
    PFN_vkGetInstanceProcAddr get = loader();
    if (!get) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                    _("There is no Vulkan loader (libvulkan.so.1). Install it, or use the CPU."));
        return FALSE;
    }
    vk->vkGetInstanceProcAddr = get;
    VkInstance scope = VK_NULL_HANDLE;
    MEND_VK_GLOBAL_CALLS(LOAD)
    gboolean validate = g_strcmp0(g_getenv("MEND_VK_VALIDATION"), "1") == 0, present = FALSE;
    if (!check_version(vk, error) || (validate && !find_validation(vk, &present, error)))
        return FALSE;
    if (validate && !present) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE,
                    "MEND_VK_VALIDATION is set, but " VALIDATION_LAYER " is not installed.");
        return FALSE;
    }
    if (!create_instance(vk, validate, error))
        return FALSE;
    scope = vk->instance;
    MEND_VK_INSTANCE_CALLS(LOAD)
    return TRUE;
}

void
mend_vk_load_device(MendVk *vk, VkDevice device)
{
    PFN_vkGetDeviceProcAddr get = vk->vkGetDeviceProcAddr;
    VkDevice scope = device;
    MEND_VK_DEVICE_CALLS(LOAD)
}

void
mend_vk_clear(MendVk *vk)
{
    if (!vk->instance)
        return;
    PFN_vkDestroyDebugUtilsMessengerEXT destroy =
        (PFN_vkDestroyDebugUtilsMessengerEXT)vk->vkGetInstanceProcAddr(
            vk->instance, "vkDestroyDebugUtilsMessengerEXT");
    if (vk->messenger && destroy)
        destroy(vk->instance, vk->messenger, NULL);
    vk->vkDestroyInstance(vk->instance, NULL);
    memset(vk, 0, sizeof *vk);
}
