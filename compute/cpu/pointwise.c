/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ops that look at one pixel and do little with it; the sources of a graph. */
#include "compute/cpu/kernels.h"
#include "compute/cpu/vector.h"

#include <math.h>

/* Floats of the block in a map of c channels. */
static size_t
count(const MendCpuBlock *block, int c)
{
    return (block->end - block->begin) * (size_t)c;
}

/* From planar [C][H][W] as the caller has it. */
void
MEND_CPU(input)(const MendCpuOp *op, const MendCpuBlock *block)
{
    size_t c = (size_t)op->node->shape.c;
    size_t plane = (size_t)op->node->shape.h * (size_t)op->node->shape.w;
    for (size_t i = 0; i < c; i++) {
        const float *restrict from = block->src[0] + i * plane;
        for (size_t p = block->begin; p < block->end; p++)
            block->dst[(p - block->begin) * c + i] = from[p];
    }
}

void
MEND_CPU(constant)(const MendCpuOp *op, const MendCpuBlock *block)
{
    memcpy(block->dst, op->weight, (size_t)op->node->shape.c * sizeof(float));
}

void
MEND_CPU(sinusoid)(const MendCpuOp *op, const MendCpuBlock *block)
{
    int half = op->node->shape.c / 2;
    for (int k = 0; k < half; k++) {
        double angle = (double)block->src[0][0] * exp(-k * log(1e4) / (half - 1));
        block->dst[k] = (float)sin(angle);
        block->dst[half + k] = (float)cos(angle);
    }
}

void
MEND_CPU(gate)(const MendCpuOp *op, const MendCpuBlock *block)
{
    size_t c = (size_t)op->node->shape.c;
    for (size_t p = 0; p < block->end - block->begin; p++) {
        const float *restrict x = block->src[0] + p * 2 * c;
        float *restrict y = block->dst + p * c;
        for (size_t i = 0; i < c; i++)
            y[i] = x[i] * x[c + i];
    }
}

/* The result may stand in a source's place: no restrict here. */
void
MEND_CPU(mul)(const MendCpuOp *op, const MendCpuBlock *block)
{
    int c = op->node->shape.c;
    const float *x = block->src[0], *y = block->src[1];
    float *dst = block->dst;
    size_t n = count(block, c);
    if (!op->vector) {
        MEND_INDEPENDENT
        for (size_t i = 0; i < n; i++)
            dst[i] = x[i] * y[i];
        return;
    }
    for (size_t p = 0; p < n; p += (size_t)c) {
        MEND_INDEPENDENT
        for (int i = 0; i < c; i++)
            dst[p + (size_t)i] = x[p + (size_t)i] * y[i];
    }
}

void
MEND_CPU(add)(const MendCpuOp *op, const MendCpuBlock *block)
{
    const float *x = block->src[0], *y = block->src[1];
    float *dst = block->dst;
    size_t n = count(block, op->node->shape.c);
    MEND_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        dst[i] = x[i] + y[i];
}

void
MEND_CPU(sub)(const MendCpuOp *op, const MendCpuBlock *block)
{
    const float *x = block->src[0], *y = block->src[1];
    float *dst = block->dst;
    size_t n = count(block, op->node->shape.c);
    MEND_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        dst[i] = x[i] - y[i];
}

void
MEND_CPU(axpy)(const MendCpuOp *op, const MendCpuBlock *block)
{
    int c = op->node->shape.c;
    const float *gain = op->weight;
    size_t n = count(block, c);
    for (size_t p = 0; p < n; p += (size_t)c) {
        const float *x = block->src[0] + p, *y = block->src[1] + p;
        float *dst = block->dst + p;
        MEND_INDEPENDENT
        for (int i = 0; i < c; i++)
            dst[i] = x[i] + gain[i] * y[i];
    }
}

void
MEND_CPU(concat)(const MendCpuOp *op, const MendCpuBlock *block)
{
    size_t a = (size_t)op->in[0].c, b = (size_t)op->in[1].c;
    for (size_t p = 0; p < block->end - block->begin; p++) {
        memcpy(block->dst + p * (a + b), block->src[0] + p * a, a * sizeof(float));
        memcpy(block->dst + p * (a + b) + a, block->src[1] + p * b, b * sizeof(float));
    }
}

/* Source channel 4 i + 2 (y mod 2) + x mod 2 becomes channel i. */
void
MEND_CPU(shuffle)(const MendCpuOp *op, const MendCpuBlock *block)
{
    size_t c = (size_t)op->node->shape.c, w = (size_t)op->node->shape.w;
    for (size_t p = block->begin; p < block->end; p++) {
        size_t y = p / w, x = p % w;
        const float *restrict from =
            block->src[0] + (y / 2 * (w / 2) + x / 2) * 4 * c + y % 2 * 2 + x % 2;
        float *restrict to = block->dst + (p - block->begin) * c;
        for (size_t i = 0; i < c; i++)
            to[i] = from[4 * i];
    }
}
