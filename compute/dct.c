/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising by cosine transforms of all blocks: stripe by stripe, in place. compute/cpu/dct.c
 * transforms them. */
#include "compute/dct.h"

#include <math.h>
#include <string.h>

#include "compute/cpu/kernels.h"
#include "compute/cpu/parallel.h"

enum {
    N = MEND_DCT_SIDE,
    MARGIN = N - 1,
    STRIPE = 256, /* rows of a stripe */
    BAND = 32,    /* of them that a thread does at once */
    WIDE = MEND_DCT_WIDE,
    STEP = 2, /* rows from block to block: half the time of 1, for 0.03 dB */
};
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
    const MendCpuKernels *kernels;
} Job;

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

/* All blocks whose first row is y: what they add to the rows begin to end of the stripe. */
static void
add_blocks(const Job *job, int c, gint64 y, size_t begin, size_t end, float *desk)
{
    size_t wide = job->wide;
    size_t n = (size_t)job->picture.shape.w + MARGIN; /* blocks that have to do with the picture */
    job->kernels->dct(row_at(job, c, y), wide, n, job->sigma, desk);
    for (int i = 0; i < N; i++) {
        gint64 row = y + i - (gint64)job->first;
        if (row < (gint64)begin || row >= (gint64)end)
            continue;
        float *sum = job->sums + ((size_t)c * STRIPE + (size_t)row) * 2 * wide;
        add(sum, desk + (size_t)i * wide, wide);
        add(sum + wide, desk + 2 * N * wide, wide);
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
    Job job = {.picture = picture, .sigma = (float)sigma, .kernels = mend_cpu_choose()};
    /* Room for blocks that begin in the last columns; what is beyond margins is not looked at. */
    job.wide = ((size_t)picture.shape.w + 2 * MARGIN + WIDE - 1) / WIDE * WIDE + WIDE;
    job.pool = mend_cpu_pool_new(MIN(mend_cpu_default_threads(), STRIPE / BAND));
    gboolean good = take_memory(&job, error) && run(&job, go_on, error);
    mend_block_free(job.rows);
    mend_cpu_pool_free(job.pool);
    return good;
}
