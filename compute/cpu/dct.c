/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of blocks of compute/dct.h: to frequencies, shrunk, and back. Transforms along columns are
 * shared by the blocks beside each other, so they are taken of whole rows; those along rows go over
 * many blocks at once. */
#include "compute/cpu/kernels.h"

#include <math.h>
#include <string.h>

enum { N = MEND_DCT_SIDE, WIDE = MEND_DCT_WIDE };
#define LOW  2.0F /* times sigma: coefficients below go */
#define HIGH 4.0F /* above stay */

/* Blocks beside each other whose upper rows are the same. */
typedef struct {
    float at[N][N][WIDE]; /* coefficients [column frequency][row frequency] */
    float weight[WIDE];
} Blocks;

/* C(k) = cos(k pi / 16) / 2, the numbers that an orthogonal transform of 8 is made of. */
#define C1 0.49039264F
#define C2 0.46193977F
#define C3 0.41573481F
#define C4 0.35355339F
#define C5 0.27778512F
#define C6 0.19134172F
#define C7 0.09754516F

/* WIDE transforms beside each other: place i of transform x is from[i * step + x], frequency k of
 * it goes to to[k * stride + x]. Even frequencies are of sums of opposite places, odd ones of their
 * differences; written out, compilers keep it in vectors. */
static void
forward(const float *from, size_t step, float *restrict to, size_t stride)
{
    for (size_t x = 0; x < WIDE; x++) {
        const float *v = from + x;
        float s0 = v[0] + v[7 * step], s1 = v[step] + v[6 * step];
        float s2 = v[2 * step] + v[5 * step], s3 = v[3 * step] + v[4 * step];
        float d0 = v[0] - v[7 * step], d1 = v[step] - v[6 * step];
        float d2 = v[2 * step] - v[5 * step], d3 = v[3 * step] - v[4 * step];
        float *out = to + x;
        out[0] = (s0 + s3 + (s1 + s2)) * C4;
        out[stride] = d0 * C1 + d1 * C3 + d2 * C5 + d3 * C7;
        out[2 * stride] = (s0 - s3) * C2 + (s1 - s2) * C6;
        out[3 * stride] = d0 * C3 - d1 * C7 - d2 * C1 - d3 * C5;
        out[4 * stride] = (s0 + s3 - (s1 + s2)) * C4;
        out[5 * stride] = d0 * C5 - d1 * C1 + d2 * C7 + d3 * C3;
        out[6 * stride] = (s0 - s3) * C6 - (s1 - s2) * C2;
        out[7 * stride] = d0 * C7 - d1 * C5 + d2 * C3 - d3 * C1;
    }
}

/* The other way: frequencies at step, places at stride. */
static void
inverse(const float *from, size_t step, float *restrict to, size_t stride)
{
    for (size_t x = 0; x < WIDE; x++) {
        const float *v = from + x;
        float a = (v[0] + v[4 * step]) * C4, b = (v[0] - v[4 * step]) * C4;
        float c = v[2 * step] * C2 + v[6 * step] * C6, d = v[2 * step] * C6 - v[6 * step] * C2;
        float v1 = v[step], v3 = v[3 * step], v5 = v[5 * step], v7 = v[7 * step];
        float o0 = v1 * C1 + v3 * C3 + v5 * C5 + v7 * C7,
              o1 = v1 * C3 - v3 * C7 - v5 * C1 - v7 * C5;
        float o2 = v1 * C5 - v3 * C1 + v5 * C7 + v7 * C3,
              o3 = v1 * C7 - v3 * C5 + v5 * C3 - v7 * C1;
        float *out = to + x;
        out[0] = a + c + o0;
        out[stride] = b + d + o1;
        out[2 * stride] = b - d + o2;
        out[3 * stride] = a - c + o3;
        out[4 * stride] = a - c - o3;
        out[5 * stride] = b - d - o2;
        out[6 * stride] = b + d - o1;
        out[7 * stride] = a + c - o0;
    }
}

/* Transforms along rows, shrinks and weighs WIDE blocks; columns is their first column. */
static void
shrink(const float *columns, size_t wide, float sigma, Blocks *blocks)
{
    float low = LOW * sigma, scale = 1 / ((HIGH - LOW) * sigma);
    memset(blocks->weight, 0, sizeof blocks->weight);
    for (int k = 0; k < N; k++, columns += wide) {
        forward(columns, 1, blocks->at[k][0], WIDE);
        for (int j = 0; j < N; j++) {
            float *restrict at = blocks->at[k][j];
            float always = k + j == 0; /* the mean of a block is no noise */
            for (int x = 0; x < WIDE; x++) {
                float s = CLAMP((fabsf(at[x]) - low) * scale, 0.0F, 1.0F);
                float kept = MAX(s * s * (3 - 2 * s), always);
                at[x] *= kept;
                blocks->weight[x] += kept;
            }
        }
    }
    for (int x = 0; x < WIDE; x++)
        blocks->weight[x] = 1 / blocks->weight[x];
}

/* The blocks' weighted answers, still transformed along columns, and their weights. */
static void
gather(const Blocks *blocks, size_t wide, float *answers, float *weights)
{
    for (int i = 0; i < N; i++)
        for (int x = 0; x < WIDE; x++)
            weights[i + x] += blocks->weight[x];
    for (int k = 0; k < N; k++, answers += wide) {
        float places[N][WIDE];
        inverse(blocks->at[k][0], WIDE, places[0], WIDE);
        for (int i = 0; i < N; i++)
            for (int x = 0; x < WIDE; x++)
                answers[i + x] += places[i][x] * blocks->weight[x];
    }
}

void
MEND_CPU(dct)(const float *rows, size_t wide, size_t n, float sigma, float *desk)
{
    float *columns = desk, *answers = desk + N * wide, *weights = desk + 2 * N * wide;
    for (size_t x = 0; x < wide; x += WIDE)
        forward(rows + x, wide, columns + x, wide);
    memset(answers, 0, (N + 1) * wide * sizeof *answers);
    Blocks blocks;
    for (size_t x = 0; x < n; x += WIDE) {
        shrink(columns + x, wide, sigma, &blocks);
        gather(&blocks, wide, answers + x, weights + x);
    }
    for (size_t x = 0; x < wide; x += WIDE)
        inverse(answers + x, wide, columns + x, wide); /* whose use is over: rows */
}
