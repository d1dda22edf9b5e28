/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes a graph's nodes ready for the kernels: arrays converted to float32 and laid out. */
#pragma once

#include "compute/cpu/kernels.h"

G_BEGIN_DECLS

typedef struct {
    MendCpuOp *ops; /* [n_nodes] */
    float *block;   /* all packed arrays */
} MendCpuPack;

/* MEND_ERROR_WEIGHTS (an array that is no finite numbers) or MEND_ERROR_MEMORY. */
gboolean mend_cpu_pack_init(MendCpuPack *pack, const MendGraph *graph, int panel, GError **error);
void mend_cpu_pack_clear(MendCpuPack *pack);

G_END_DECLS
