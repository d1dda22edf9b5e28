/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of kernels of one instruction set. */
#include "compute/cpu/kernels.h"

#define TEXT(isa) #isa
#define NAME(isa) TEXT(isa)

const MendCpuKernels MEND_CPU(kernels) = {
    .name = NAME(MEND_CPU_ISA),
    .panel = MEND_CPU_PANEL,
    .run =
        {
#define MEND_OP(id, n_src) [MEND_OP_##id] = MEND_CPU(id),
#include "compute/ops.def"
#undef MEND_OP
        },
    .dct = MEND_CPU(dct),
};
