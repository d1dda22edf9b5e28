/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failure injection for tests: a failing driver, a full memory, a kill, on demand. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* TRUE where the call at this point must fail now. The environment variable MEND_FAULT holds
 * "POINT:N[,POINT:N...]": the N-th call (from 1) of mend_fault(POINT) and all later ones of that
 * point return TRUE; with "POINT:N-M" those up to the M-th. Unset: always FALSE, at the cost of one
 * load.
 * Points: "alloc" (mend_block_new), "vk.<call>" (each Vulkan entry that can fail, e.g.
 * "vk.vkQueueSubmit"), "predict" (a network evaluation of a tile), "write" (picture files).
 * Thread: safe. */
gboolean mend_fault(const char *point);

/* Reads MEND_FAULT anew and sets all counts to 0. For tests. */
void mend_fault_reset(void);

G_END_DECLS
