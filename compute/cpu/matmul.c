/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix product behind dense convolutions, for x86-64 with AVX2 or AVX-512.
 * Weights are packed once, so a call with few rows pays no packing; measured against OpenBLAS in
 * tests/bench. A tile of the result (ROWS x 2 vectors) stays in registers over the whole of k. */
#include "compute/cpu/kernels.h"
#include "compute/cpu/vector.h"

#define PANEL MEND_CPU_PANEL

#if MEND_LANES == 16 /* 32 registers: 24 sums */
#define ROWS 12
#else /* 16 registers: 8 sums; more spill */
#define ROWS 4
#endif

/* rows x (n_vecs * MEND_LANES) of c. rows and n_vecs are constants where this is inlined. b has
 * PANEL columns a row, bias one value for each column; the first n_columns are stored. */
static inline __attribute__((always_inline)) void
tile(const float *a, int k, const float *b, const float *bias, float *c, size_t c_stride,
     int n_columns, int rows, int n_vecs)
{
    MendVec sum[ROWS][2];
    MEND_UNROLL
    for (int i = 0; i < rows; i++) {
        MEND_UNROLL
        for (int v = 0; v < n_vecs; v++)
            sum[i][v] = mend_vec_load(bias + v * MEND_LANES);
    }
    for (int j = 0; j < k; j++) {
        MendVec row[2];
        MEND_UNROLL
        for (int v = 0; v < n_vecs; v++)
            row[v] = mend_vec_load(b + (size_t)j * PANEL + v * MEND_LANES);
        MEND_UNROLL
        for (int i = 0; i < rows; i++) {
            MEND_UNROLL
            for (int v = 0; v < n_vecs; v++)
                sum[i][v] += a[(size_t)i * (size_t)k + (size_t)j] * row[v];
        }
    }
    MEND_UNROLL
    for (int i = 0; i < rows; i++) {
        MEND_UNROLL
        for (int v = 0; v < n_vecs; v++) {
            float *to = c + (size_t)i * c_stride + v * MEND_LANES;
            int left = n_columns - v * MEND_LANES;
            if (left >= MEND_LANES)
                mend_vec_store(to, sum[i][v]);
            else
                memcpy(to, &sum[i][v], sizeof(float) * (size_t)MAX(left, 0));
        }
    }
}

static inline __attribute__((always_inline)) void
strip(const float *a, size_t m, int k, const float *b, const float *bias, float *c, size_t c_stride,
      int n_columns, int n_vecs)
{
    size_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        tile(a + i * (size_t)k, k, b, bias, c + i * c_stride, c_stride, n_columns, ROWS, n_vecs);
    for (; i + 4 <= m; i += 4)
        tile(a + i * (size_t)k, k, b, bias, c + i * c_stride, c_stride, n_columns, 4, n_vecs);
    for (; i < m; i++)
        tile(a + i * (size_t)k, k, b, bias, c + i * c_stride, c_stride, n_columns, 1, n_vecs);
}

void
MEND_CPU(matmul)(const float *a, size_t m, int k, const MendCpuOp *op, float *c)
{
    int n = op->node->shape.c;
    for (int j = 0; j < n; j += 2 * MEND_LANES) {
        const float *b = op->weight + (size_t)(j / PANEL) * (size_t)k * PANEL + j % PANEL;
        int n_columns = n - j;
        if (n_columns > MEND_LANES)
            strip(a, m, k, b, op->bias + j, c + j, (size_t)n, n_columns, 2);
        else
            strip(a, m, k, b, op->bias + j, c + j, (size_t)n, n_columns, 1);
    }
}
