/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The channel norm and the mean over pixels. */
#include "compute/cpu/kernels.h"
#include "compute/cpu/vector.h"

#include <math.h>

#define EPSILON 1e-5F /* of the published networks in float32 */

static float
sum_of(const float *x, int c)
{
    MendVec sum = {0};
    int i = 0;
    for (; i + MEND_LANES <= c; i += MEND_LANES)
        sum += mend_vec_load(x + i);
    float rest = 0;
    for (; i < c; i++)
        rest += x[i];
    return mend_vec_sum(sum) + rest;
}

static float
sum_of_squares(const float *x, float mean, int c)
{
    MendVec sum = {0};
    int i = 0;
    for (; i + MEND_LANES <= c; i += MEND_LANES) {
        MendVec d = mend_vec_load(x + i) - mean;
        sum += d * d;
    }
    float rest = 0;
    for (; i < c; i++)
        rest += (x[i] - mean) * (x[i] - mean);
    return mend_vec_sum(sum) + rest;
}

void
MEND_CPU(norm)(const MendCpuOp *op, const MendCpuBlock *block)
{
    int c = op->in[0].c;
    const float *shift = block->src[1] + op->node->a, *scale = block->src[1] + op->node->b;
    float *restrict gain = block->work;
    for (int i = 0; i < c; i++)
        gain[i] = op->weight[i] * (1 + scale[i]);
    for (size_t p = 0; p < block->end - block->begin; p++) {
        const float *x = block->src[0] + p * (size_t)c;
        float *restrict y = block->dst + p * (size_t)c;
        float mean = sum_of(x, c) / (float)c;
        float factor = 1 / sqrtf(sum_of_squares(x, mean, c) / (float)c + EPSILON);
        for (int i = 0; i < c; i++)
            y[i] = (x[i] - mean) * factor * gain[i] + shift[i];
    }
}

void
MEND_CPU(mean)(const MendCpuOp *op, const MendCpuBlock *block)
{
    int c = op->in[0].c;
    float *restrict sum = block->dst;
    memset(sum, 0, (size_t)c * sizeof *sum);
    for (size_t p = 0; p < block->end - block->begin; p++) {
        const float *x = block->src[0] + p * (size_t)c;
        for (int i = 0; i < c; i++)
            sum[i] += x[i];
    }
}
