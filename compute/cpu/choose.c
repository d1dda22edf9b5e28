/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which build of the kernels runs here, and what is the same in all of them. */
#include "compute/cpu/kernels.h"

extern const MendCpuKernels mend_cpu_base_kernels;

#ifdef MEND_CPU_X86
extern const MendCpuKernels mend_cpu_avx2_kernels, mend_cpu_avx512_kernels;

const MendCpuKernels *const mend_cpu_isas[] = {&mend_cpu_avx512_kernels, &mend_cpu_avx2_kernels,
                                               &mend_cpu_base_kernels, NULL};

static gboolean
has(const MendCpuKernels *kernels)
{
    if (kernels == &mend_cpu_avx512_kernels)
        return __builtin_cpu_supports("x86-64-v4");
    if (kernels == &mend_cpu_avx2_kernels)
        return __builtin_cpu_supports("x86-64-v3");
    return TRUE;
}
#else
const MendCpuKernels *const mend_cpu_isas[] = {&mend_cpu_base_kernels, NULL};

static gboolean
has(const MendCpuKernels *kernels G_GNUC_UNUSED)
{
    return TRUE;
}
#endif

const MendCpuKernels *
mend_cpu_choose(void)
{
    const char *wanted = g_getenv("MEND_CPU");
    const MendCpuKernels *best = NULL;
    for (int i = 0; mend_cpu_isas[i]; i++) {
        if (!has(mend_cpu_isas[i]))
            continue;
        if (!best)
            best = mend_cpu_isas[i];
        if (g_strcmp0(wanted, mend_cpu_isas[i]->name) == 0)
            return mend_cpu_isas[i];
    }
    return best;
}

static gboolean
is_pointwise(const MendNodeInfo *node)
{
    return node->k == 1 && node->stride == 1;
}

gboolean
mend_cpu_reads_pixel(const MendNodeInfo *node, MendShape in, int src)
{
    switch (node->op) {
    case MEND_OP_conv:
        return is_pointwise(node);
    case MEND_OP_dwconv:
    case MEND_OP_shuffle:
        return FALSE;
    case MEND_OP_norm:
        return src == 0;
    case MEND_OP_mul:
        return mend_shape_equal(in, node->shape);
    default:
        return TRUE;
    }
}

size_t
mend_cpu_work(const MendNodeInfo *node, MendShape in, size_t n)
{
    if (node->op == MEND_OP_conv && !is_pointwise(node))
        return n * (size_t)in.c * (size_t)(node->k * node->k);
    return node->op == MEND_OP_norm ? (size_t)in.c : 0;
}

void
mend_cpu_mean_finish(const float *sums, int n_blocks, int c, size_t n_pixels, float *dst)
{
    for (int i = 0; i < c; i++) {
        double sum = 0;
        for (int b = 0; b < n_blocks; b++)
            sum += (double)sums[(size_t)b * (size_t)c + (size_t)i];
        dst[i] = (float)(sum / (double)n_pixels);
    }
}
