/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising by cosine transforms of all blocks: stripe by stripe, in place. Transforms along
 * columns are shared by the blocks beside each other, so they are taken of whole rows first; those
 * along rows go over many blocks at once. */
#include "compute/dct.h"

#include <math.h>
#include <string.h>

#include "compute/cpu/parallel.h"

enum {
    N = 8, /* side of a block */
    MARGIN = N - 1,
    STRIPE = 256, /* rows of a stripe */
    BAND = 32,    /* of them that a thread does at once */
    WIDE = 64,    /* blocks beside each other at once */
    STEP = 2,     /* rows from block to block: half the time of 1, for 0.03 dB */
};
#define LOW         2.0F /* times sigma: coefficients below go */
#define HIGH        4.0F /* above stay */
#define LEAST_SIGMA 1e-6 /* what takes less away cannot be seen */

typedef struct {
    MendTensor picture;
    float sigma;
    size_t wide;     /* of a row with its margins */
    size_t first, n; /* the stripe's first row, and how many it has */
    float *rows;     /* [3][STRIPE + 2 MARGIN][wide]: its lightness and colours, margins mirrored */
    float *sums;     /* [3][STRIPE][2][wide]: of the blocks' answers, and of their weights */
    float *desks;    /* [threads][2 N + 1][wide] */
    MendCpuPool *pool;
} Job;

/* Blocks beside each other whose upper rows are the same. */
typedef struct {
    float at[N][N][WIDE]; /* coefficients [column frequency][row frequency] */
    float weight[WIDE];
} Blocks;

/* A network's answer may lie outside a little. */
static float
shown(float value)
{
    return CLAMP(value, 0.0F, 1.0F);
}

double
mend_dct_noise(MendTensor degraded, MendTensor clean)
{
    size_t n = (size_t)degraded.shape.h * (size_t)degraded.shape.w;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = 0;
        for (size_t k = i; k < 3 * n; k += n)
            d += (double)(degraded.data[k] - shown(clean.data[k]));
        sum += d * d / 3;
    }
    return sqrt(sum / (double)n);
}

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

/* n: a multiple of WIDE, a number that compilers make good use of. */
static void
add(float *restrict to, const float *restrict from, size_t n)
{
    for (size_t x = 0; x < n; x += WIDE)
        for (size_t i = x; i < x + WIDE; i++)
            to[i] += from[i];
}

/* Where a place beyond an edge lies in the mirror of it; the edge's own pixel is not repeated. */
static size_t
mirrored(gint64 i, size_t n)
{
    gint64 period = MAX(2 * ((gint64)n - 1), 1);
    i = (i % period + period) % period;
    return (size_t)MIN(i, period - i) % n;
}

static float *
row_at(const Job *job, int c, gint64 y) /* of the picture, within the stripe and its margins */
{
    size_t row = (size_t)(y + MARGIN - (gint64)job->first);
    return job->rows + ((size_t)c * (STRIPE + 2 * MARGIN) + row) * job->wide;
}

/* Lightness and two colours, by an orthogonal matrix. */
static void
take_row(const Job *job, size_t y)
{
    size_t w = (size_t)job->picture.shape.w, n = (size_t)job->picture.shape.h * w;
    const float *r = job->picture.data + y * w, *g = r + n, *b = g + n;
    float *to[3];
    for (int c = 0; c < 3; c++)
        to[c] = row_at(job, c, (gint64)y) + MARGIN;
    for (size_t x = 0; x < w; x++) {
        float red = shown(r[x]), green = shown(g[x]), blue = shown(b[x]);
        to[0][x] = (red + green + blue) * 0.57735027F;
        to[1][x] = (red - blue) * 0.70710678F;
        to[2][x] = (red - 2 * green + blue) * 0.40824829F;
    }
    for (int c = 0; c < 3; c++)
        for (gint64 i = 1; i <= MARGIN; i++) {
            to[c][-i] = to[c][mirrored(-i, w)];
            to[c][(gint64)w - 1 + i] = to[c][mirrored((gint64)w - 1 + i, w)];
        }
}

/* The rows of the next stripe and of its margins. What was above it, and has been changed since,
 * is kept from the stripe before; rows beyond the picture are mirrored in those that are there. */
static void
take_rows(Job *job, size_t first)
{
    gint64 h = job->picture.shape.h, known = 0;
    if (first > 0) {
        known = (gint64)(job->first + job->n) + MARGIN;
        for (int c = 0; c < 3; c++)
            memmove(job->rows + (size_t)c * (STRIPE + 2 * MARGIN) * job->wide,
                    row_at(job, c, (gint64)first - MARGIN), 2 * MARGIN * job->wide * sizeof(float));
    }
    job->first = first;
    job->n = MIN((size_t)STRIPE, (size_t)h - first);
    gint64 end = (gint64)(first + job->n) + MARGIN;
    for (gint64 y = known; y < MIN(end, h); y++)
        take_row(job, (size_t)y);
    for (gint64 y = first > 0 ? MAX(known, h) : -MARGIN; y < end; y++) {
        if (y >= 0 && y < h)
            continue;
        for (int c = 0; c < 3; c++)
            memcpy(row_at(job, c, y), row_at(job, c, (gint64)mirrored(y, (size_t)h)),
                   job->wide * sizeof(float));
    }
}

/* Transforms along rows, shrinks and weighs WIDE blocks; columns is their first column. */
static void
shrink(const Job *job, const float *columns, Blocks *blocks)
{
    float low = LOW * job->sigma, scale = 1 / ((HIGH - LOW) * job->sigma);
    memset(blocks->weight, 0, sizeof blocks->weight);
    for (int k = 0; k < N; k++, columns += job->wide) {
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
gather(const Job *job, const Blocks *blocks, float *answers, float *weights)
{
    for (int i = 0; i < N; i++)
        for (int x = 0; x < WIDE; x++)
            weights[i + x] += blocks->weight[x];
    for (int k = 0; k < N; k++, answers += job->wide) {
        float places[N][WIDE];
        inverse(blocks->at[k][0], WIDE, places[0], WIDE);
        for (int i = 0; i < N; i++)
            for (int x = 0; x < WIDE; x++)
                answers[i + x] += places[i][x] * blocks->weight[x];
    }
}

/* All blocks whose first row is y: what they add to the rows begin to end of the stripe. */
static void
add_blocks(const Job *job, int c, gint64 y, size_t begin, size_t end, float *desk)
{
    size_t wide = job->wide;
    float *columns = desk, *answers = desk + N * wide, *weights = desk + 2 * N * wide;
    for (size_t x = 0; x < wide; x += WIDE)
        forward(row_at(job, c, y) + x, wide, columns + x, wide);
    memset(answers, 0, (N + 1) * wide * sizeof *answers);
    Blocks blocks;
    size_t n = (size_t)job->picture.shape.w + MARGIN; /* blocks that have to do with the picture */
    for (size_t x = 0; x < n; x += WIDE) {
        shrink(job, columns + x, &blocks);
        gather(job, &blocks, answers + x, weights + x);
    }
    for (size_t x = 0; x < wide; x += WIDE)
        inverse(answers + x, wide, columns + x, wide); /* whose use is over: rows */
    for (int i = 0; i < N; i++) {
        gint64 row = y + i - (gint64)job->first;
        if (row < (gint64)begin || row >= (gint64)end)
            continue;
        float *sum = job->sums + ((size_t)c * STRIPE + (size_t)row) * 2 * wide;
        add(sum, columns + (size_t)i * wide, wide);
        add(sum + wide, weights, wide);
    }
}

static void
denoise_band(gpointer data, int i, int thread)
{
    const Job *job = data;
    size_t begin = (size_t)i * BAND, end = MIN(begin + BAND, job->n);
    float *desk = job->desks + (size_t)thread * (2 * N + 1) * job->wide;
    for (int c = 0; c < 3; c++) {
        float *sums = job->sums + ((size_t)c * STRIPE + begin) * 2 * job->wide;
        memset(sums, 0, (end - begin) * 2 * job->wide * sizeof *sums);
        for (gint64 y = (gint64)begin - N + STEP; y < (gint64)end; y += STEP)
            add_blocks(job, c, (gint64)job->first + y, begin, end, desk);
    }
}

static void
put_row(const Job *job, size_t row)
{
    size_t w = (size_t)job->picture.shape.w, n = (size_t)job->picture.shape.h * w;
    float *r = job->picture.data + (job->first + row) * w, *g = r + n, *b = g + n;
    const float *sums[3];
    for (int c = 0; c < 3; c++)
        sums[c] = job->sums + ((size_t)c * STRIPE + row) * 2 * job->wide + MARGIN;
    for (size_t x = 0; x < w; x++) {
        float light = sums[0][x] / sums[0][job->wide + x] * 0.57735027F;
        float red = sums[1][x] / sums[1][job->wide + x] * 0.70710678F;
        float green = sums[2][x] / sums[2][job->wide + x] * 0.40824829F;
        r[x] = shown(light + red + green);
        g[x] = shown(light - 2 * green);
        b[x] = shown(light - red + green);
    }
}

static gboolean
take_memory(Job *job, GError **error)
{
    size_t rows = 3 * (STRIPE + 2 * MARGIN), sums = 3 * 2 * STRIPE;
    size_t desks = (size_t)mend_cpu_pool_threads(job->pool) * (2 * N + 1);
    job->rows = mend_block_new((rows + sums + desks) * job->wide * sizeof(float), error);
    if (!job->rows)
        return FALSE;
    job->sums = job->rows + rows * job->wide;
    job->desks = job->sums + sums * job->wide;
    return TRUE;
}

static gboolean
run(Job *job, const MendGoOn *go_on, GError **error)
{
    size_t h = (size_t)job->picture.shape.h;
    memset(job->rows, 0, 3 * (STRIPE + 2 * MARGIN) * job->wide * sizeof(float));
    for (size_t first = 0; first < h; first += STRIPE) {
        if (!mend_go_on(go_on, error))
            return FALSE;
        take_rows(job, first);
        mend_cpu_pool_run(job->pool, (int)((job->n + BAND - 1) / BAND), denoise_band, job);
        for (size_t row = 0; row < job->n; row++)
            put_row(job, row);
    }
    return TRUE;
}

gboolean
mend_dct_denoise(MendTensor picture, double sigma, const MendGoOn *go_on, GError **error)
{
    if (!(sigma >= LEAST_SIGMA))
        return TRUE;
    Job job = {.picture = picture, .sigma = (float)sigma};
    /* Room for blocks that begin in the last columns; what is beyond margins is not looked at. */
    job.wide = ((size_t)picture.shape.w + 2 * MARGIN + WIDE - 1) / WIDE * WIDE + WIDE;
    job.pool = mend_cpu_pool_new(MIN(mend_cpu_default_threads(), STRIPE / BAND));
    gboolean good = take_memory(&job, error) && run(&job, go_on, error);
    mend_block_free(job.rows);
    mend_cpu_pool_free(job.pool);
    return good;
}
