/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vulkan's row in the table of backends. */
#include "compute/vk/device.h"
#include "compute/vk/plan.h"

const MendBackend mend_backend_vulkan = {
    .name = "vulkan",
    .probe = mend_vk_probe,
    .open = mend_vk_device_open,
    .close = mend_vk_device_close,
    .plan = mend_vk_plan_new,
    .run = mend_vk_plan_run,
    .plan_free = mend_vk_plan_free,
};
