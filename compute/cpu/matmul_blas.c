/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix product behind dense convolutions by OpenBLAS: every processor it knows. */
#include <cblas.h>

#include "compute/cpu/kernels.h"

#include <string.h>

void
MEND_CPU(matmul)(const float *a, size_t m, int k, const MendCpuOp *op, float *c)
{
    int n = op->node->shape.c;
    for (size_t i = 0; i < m; i++)
        memcpy(c + i * (size_t)n, op->bias, (size_t)n * sizeof *c);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)m, n, k, 1, a, k, op->weight, n,
                1, c, n);
}
