/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mean for motion blur where nothing is learned: an unsharp mask, whose blur is three running
 * means over squares of 2 REACH + 1 pixels, cut off at the edges (deviation 4.5 pixels). */
#include <string.h>

#include "compute/mean.h"

#define REACH  4
#define WINDOW (2 * REACH + 1)
#define AMOUNT 0.25F
#define TIMES  3

/* to: the means of the windows along a line of n numbers. */
static void
average_line(const float *line, size_t n, float *to)
{
    double sum = 0;
    for (size_t i = 0; i < MIN(n, REACH); i++)
        sum += (double)line[i];
    for (size_t i = 0; i < n; i++) {
        if (i + REACH < n)
            sum += (double)line[i + REACH];
        if (i > REACH)
            sum -= (double)line[i - REACH - 1];
        size_t first = i > REACH ? i - REACH : 0, last = MIN(i + REACH, n - 1);
        to[i] = (float)(sum / (double)(last - first + 1));
    }
}

/* Rows become the mean of those around them. rows: WINDOW of them as they were; sums: w. */
static void
average_columns(float *plane, size_t w, size_t h, float *rows, double *sums)
{
    memset(sums, 0, w * sizeof *sums);
    for (size_t in = 0; in < h + REACH; in++) {
        float *kept = rows + in % WINDOW * w; /* the row that leaves, then the one that enters */
        for (size_t x = 0; x < w && in >= WINDOW; x++)
            sums[x] -= (double)kept[x];
        for (size_t x = 0; x < w && in < h; x++) {
            kept[x] = plane[in * w + x];
            sums[x] += (double)kept[x];
        }
        if (in < REACH)
            continue;
        size_t y = in - REACH, first = y > REACH ? y - REACH : 0, last = MIN(in, h - 1);
        for (size_t x = 0; x < w; x++)
            plane[y * w + x] = (float)(sums[x] / (double)(last - first + 1));
    }
}

static void
blur(float *plane, size_t w, size_t h, float *rows, double *sums)
{
    for (int i = 0; i < TIMES; i++) {
        average_columns(plane, w, h, rows, sums);
        for (size_t y = 0; y < h; y++) {
            memcpy(rows, plane + y * w, w * sizeof *rows);
            average_line(rows, w, plane + y * w);
        }
    }
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    size_t w = (size_t)degraded.shape.w, h = (size_t)degraded.shape.h, n = w * h;
    double *sums = mend_block_new(w * (sizeof *sums + WINDOW * sizeof(float)), error);
    if (!sums)
        return FALSE;
    gboolean good = TRUE;
    for (size_t c = 0; c < 3 && good; c++) {
        const float *from = degraded.data + c * n;
        float *to = mean.data + c * n;
        memcpy(to, from, n * sizeof *to);
        blur(to, w, h, (float *)(sums + w), sums);
        for (size_t i = 0; i < n; i++)
            to[i] = CLAMP(from[i] + AMOUNT * (from[i] - to[i]), 0.0F, 1.0F);
        good = mend_go_on(go_on, error);
    }
    mend_block_free(sums);
    return good;
}

const MendMean mend_mean_unsharp = {
    .name = "unsharp",
    .blurb = "a little sharper, by an unsharp mask",
    .estimate = estimate,
};
