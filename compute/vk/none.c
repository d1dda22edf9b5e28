/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for the Vulkan backend where it is not built: a machine without such devices. */
#include "compute/backend.h"

static int
probe(MendDeviceInfo *infos G_GNUC_UNUSED, int max G_GNUC_UNUSED)
{
    return 0;
}

/* Only devices that were probed are opened, so the rest is never called. */
const MendBackend mend_backend_vulkan = {.name = "vulkan", .probe = probe};
