/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dense and depthwise convolutions. */
#include "compute/cpu/kernels.h"
#include "compute/cpu/vector.h"

/* i - n * floor(i / n) for an i that is at most a window beyond. */
static inline int
around(int i, int n)
{
    while (i < 0)
        i += n;
    return i % n;
}

/* A patch over the edge of a torus. */
static void
gather_around(const MendCpuOp *op, const float *map, int y0, int x0, float *row)
{
    int w = op->in[0].w, k = op->node->k;
    size_t c = (size_t)op->in[0].c;
    for (int i = 0; i < k * k; i++, row += c) {
        int y = around(y0 + i / k, op->in[0].h), x = around(x0 + i % k, w);
        memcpy(row, map + ((size_t)y * (size_t)w + (size_t)x) * c, c * sizeof *row);
    }
}

/* The k x k patch of input pixels under one output pixel, as a row of the product's left side;
 * zero beyond the map. */
static void
gather_patch(const MendCpuOp *op, const float *map, size_t pixel, float *row)
{
    const MendNodeInfo *node = op->node;
    int w = op->in[0].w, k = node->k;
    size_t c = (size_t)op->in[0].c;
    int y0 = (int)(pixel / (size_t)node->shape.w) * node->stride - node->pad;
    int x0 = (int)(pixel % (size_t)node->shape.w) * node->stride - node->pad;
    if (node->wrap && (MIN(y0, x0) < 0 || y0 + k > op->in[0].h || x0 + k > w)) {
        gather_around(op, map, y0, x0, row);
        return;
    }
    int left = MAX(-x0, 0), right = MIN(w - x0, k); /* columns of the patch inside the map */
    for (int y = y0; y < y0 + k; y++, row += (size_t)k * c) {
        if (y < 0 || y >= op->in[0].h || left >= right) {
            memset(row, 0, (size_t)k * c * sizeof *row);
            continue;
        }
        const float *from = map + ((size_t)y * (size_t)w + (size_t)(x0 + left)) * c;
        memset(row, 0, (size_t)left * c * sizeof *row);
        memcpy(row + (size_t)left * c, from, (size_t)(right - left) * c * sizeof *row);
        memset(row + (size_t)right * c, 0, (size_t)(k - right) * c * sizeof *row);
    }
}

void
MEND_CPU(conv)(const MendCpuOp *op, const MendCpuBlock *block)
{
    const MendNodeInfo *node = op->node;
    size_t n = block->end - block->begin;
    int length = node->k * node->k * op->in[0].c;
    if (mend_cpu_reads_pixel(node, op->in[0], 0)) {
        MEND_CPU(matmul)(block->src[0], n, length, op, block->dst);
        return;
    }
    for (size_t i = 0; i < n; i++)
        gather_patch(op, block->src[0], block->begin + i, block->work + i * (size_t)length);
    MEND_CPU(matmul)(block->work, n, length, op, block->dst);
}

/* One output pixel, channels from first on; the taps beyond the map are left out, or around it. */
static void
dwconv_pixel(const MendCpuOp *op, const float *map, int y, int x, int first, float *restrict dst)
{
    int h = op->in[0].h, w = op->in[0].w, c = op->in[0].c;
    for (int i = first; i < c; i++)
        dst[i] = op->bias[i];
    for (int tap = 0; tap < 9; tap++) {
        int ty = y + tap / 3 - 1, tx = x + tap % 3 - 1;
        if (op->node->wrap) {
            ty = around(ty, h);
            tx = around(tx, w);
        } else if (ty < 0 || ty >= h || tx < 0 || tx >= w) {
            continue;
        }
        const float *from = map + ((size_t)ty * (size_t)w + (size_t)tx) * (size_t)c;
        const float *weight = op->weight + (size_t)tap * (size_t)c;
        for (int i = first; i < c; i++)
            dst[i] += weight[i] * from[i];
    }
}

/* MEND_LANES channels of n (a constant where inlined) neighbours in a row, all taps inside the
 * map. from is the upper left tap of the first one. */
static inline __attribute__((always_inline)) void
dwconv_run(const float *from, size_t c, size_t row, const float *weight, const float *bias,
           float *dst, int n)
{
    MendVec sum[4];
    MEND_UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = mend_vec_load(bias);
    MEND_UNROLL
    for (int ky = 0; ky < 3; ky++) {
        const float *w = weight + (size_t)(3 * ky) * c;
        MendVec w0 = mend_vec_load(w), w1 = mend_vec_load(w + c), w2 = mend_vec_load(w + 2 * c);
        MendVec column[6];
        MEND_UNROLL
        for (int i = 0; i < n + 2; i++)
            column[i] = mend_vec_load(from + (size_t)ky * row + (size_t)i * c);
        MEND_UNROLL
        for (int i = 0; i < n; i++)
            sum[i] += w0 * column[i] + w1 * column[i + 1] + w2 * column[i + 2];
    }
    MEND_UNROLL
    for (int i = 0; i < n; i++)
        mend_vec_store(dst + (size_t)i * c, sum[i]);
}

/* n pixels of row y from column x on, none at the map's edge. */
static void
dwconv_inner(const MendCpuOp *op, const float *map, int y, int x, int n, float *dst)
{
    int c = op->in[0].c, whole = c - c % MEND_LANES;
    size_t stride = (size_t)c, row = (size_t)op->in[0].w * stride;
    const float *from = map + (size_t)(y - 1) * row + (size_t)(x - 1) * stride;
    for (int i = 0; i < whole; i += MEND_LANES) {
        int p = 0;
        for (; p + 4 <= n; p += 4)
            dwconv_run(from + (size_t)p * stride + i, stride, row, op->weight + i, op->bias + i,
                       dst + (size_t)p * stride + i, 4);
        for (; p < n; p++)
            dwconv_run(from + (size_t)p * stride + i, stride, row, op->weight + i, op->bias + i,
                       dst + (size_t)p * stride + i, 1);
    }
    for (int p = 0; whole < c && p < n; p++)
        dwconv_pixel(op, map, y, x + p, whole, dst + (size_t)p * stride);
}

void
MEND_CPU(dwconv)(const MendCpuOp *op, const MendCpuBlock *block)
{
    size_t width = (size_t)op->in[0].w, c = (size_t)op->in[0].c;
    int h = op->in[0].h, w = op->in[0].w;
    float *dst = block->dst;
    for (size_t p = block->begin; p < block->end;) {
        int y = (int)(p / width), x = (int)(p % width);
        int inner = (int)MIN(block->end - p, width - 1 - (size_t)x);
        if (y == 0 || y == h - 1 || x == 0 || x == w - 1) {
            dwconv_pixel(op, block->src[0], y, x, 0, dst);
            inner = 1;
        } else {
            dwconv_inner(op, block->src[0], y, x, inner, dst);
        }
        p += (size_t)inner;
        dst += (size_t)inner * c;
    }
}
