/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program with its memory and its command buffers: recorded once, replayed on each run. */
#pragma once

#include "compute/vk/device.h"

G_BEGIN_DECLS

/* The entries of mend_backend_vulkan. The first two runs measure each command buffer; from then
 * on as many go into a submission as take about 100 ms, so that the desktop stays alive and no
 * driver's watchdog barks. After a failure of the device every call is MEND_ERROR_DEVICE. */
MendPlan *mend_vk_plan_new(MendDevice *device, const MendGraph *graph, GError **error);
gboolean mend_vk_plan_run(MendPlan *base, const MendTensor *inputs, MendTensor output,
                          MendShareFunc progress, gpointer data, GError **error);
void mend_vk_plan_free(MendPlan *base);

G_END_DECLS
