/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores of detail, on luma: gradients (GMSD) and the energy of high frequencies. */
#include <math.h>

#include "compute/fft.h"
#include "compute/metrics.h"

#define GMSD_C 170.0
#define RADIUS 0.25 /* cycles a pixel */

/* Luma, averaged over 2 x 2 pixels. */
typedef struct {
    int w, h;
    double *at;
} Half;

static gboolean
half_init(Half *half, MendTensor a)
{
    half->w = a.shape.w / 2;
    half->h = a.shape.h / 2;
    half->at = mend_block_new((size_t)half->w * (size_t)half->h * sizeof *half->at, NULL);
    for (int y = 0; half->at && y < half->h; y++) {
        for (int x = 0; x < half->w; x++) {
            size_t i = (size_t)(2 * y) * (size_t)a.shape.w + (size_t)(2 * x);
            size_t below = i + (size_t)a.shape.w;
            half->at[(size_t)y * (size_t)half->w + (size_t)x] =
                (mend_luma(a, i) + mend_luma(a, below) + mend_luma(a, i + 1) +
                 mend_luma(a, below + 1)) /
                4;
        }
    }
    return half->at != NULL;
}

static double
half_get(const Half *half, int x, int y)
{
    x = CLAMP(x, 0, half->w - 1);
    y = CLAMP(y, 0, half->h - 1);
    return half->at[(size_t)y * (size_t)half->w + (size_t)x];
}

static double
gradient(const Half *half, int x, int y)
{
    double across = 0, down = 0;
    for (int i = -1; i <= 1; i++) {
        across += half_get(half, x + 1, y + i) - half_get(half, x - 1, y + i);
        down += half_get(half, x + i, y + 1) - half_get(half, x + i, y - 1);
    }
    return hypot(across / 3, down / 3);
}

static double
deviation(const Half *a, const Half *b)
{
    double sum = 0, squares = 0, n = (double)a->w * a->h;
    for (int y = 0; y < a->h; y++) {
        for (int x = 0; x < a->w; x++) {
            double p = gradient(a, x, y), q = gradient(b, x, y);
            double similarity = (2 * p * q + GMSD_C) / (p * p + q * q + GMSD_C);
            sum += similarity;
            squares += similarity * similarity;
        }
    }
    return sqrt(MAX(squares / n - sum / n * (sum / n), 0.0));
}

double
mend_gmsd(MendTensor a, MendTensor b)
{
    Half p = {0}, q = {0};
    double result = (double)NAN;
    if (a.shape.w >= 2 && a.shape.h >= 2 && half_init(&p, a) && half_init(&q, b))
        result = deviation(&p, &q);
    mend_block_free(p.at);
    mend_block_free(q.at);
    return result;
}

static double
hann(int i, int n)
{
    return n > 1 ? 0.5 - 0.5 * cos(2 * G_PI * i / (n - 1)) : 1;
}

/* Of the index k of a transform of n numbers: cycles a pixel, without the sign. */
static double
frequency(int k, int n)
{
    return MIN(k, n - k) * (1.0 / n);
}

static double
mean_luma(MendTensor a)
{
    size_t n = (size_t)a.shape.w * (size_t)a.shape.h;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mend_luma(a, i);
    return sum / (double)n;
}

/* to {h, w/2 + 1}, column by column: the transforms of the rows. The other half mirrors it. */
static void
transform_rows(MendTensor a, MendFft *fft, MendComplex *line, MendComplex *to)
{
    int w = a.shape.w, h = a.shape.h;
    double mean = mean_luma(a);
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            double luma = mend_luma(a, (size_t)y * (size_t)w + (size_t)x);
            line[x] = (MendComplex){(luma - mean) * hann(y, h) * hann(x, w), 0};
        }
        mend_fft_run(fft, line);
        for (int k = 0; k <= w / 2; k++)
            to[(size_t)k * (size_t)h + (size_t)y] = line[k];
    }
}

static double
sum_columns(MendShape shape, MendFft *fft, MendComplex *columns)
{
    int w = shape.w, h = shape.h;
    double sum = 0;
    for (int k = 0; k <= w / 2; k++) {
        MendComplex *column = columns + (size_t)k * (size_t)h;
        int times = k == 0 || 2 * k == w ? 1 : 2; /* its mirror image counts too */
        mend_fft_run(fft, column);
        for (int y = 0; y < h; y++) {
            if (hypot(frequency(y, h), frequency(k, w)) > RADIUS)
                sum += times * (column[y].re * column[y].re + column[y].im * column[y].im);
        }
    }
    return sum;
}

static double
high_energy(MendTensor a)
{
    int w = a.shape.w, h = a.shape.h;
    size_t count = ((size_t)w / 2 + 1) * (size_t)h;
    g_autoptr(MendFft) across = mend_fft_new(w, NULL);
    g_autoptr(MendFft) down = mend_fft_new(h, NULL);
    MendComplex *columns = mend_block_new((count + (size_t)w) * sizeof *columns, NULL);
    double sum = (double)NAN;
    if (across && down && columns) {
        transform_rows(a, across, columns + count, columns);
        sum = sum_columns(a.shape, down, columns);
    }
    mend_block_free(columns);
    return sum;
}

double
mend_sharpness(MendTensor out, MendTensor truth)
{
    double have = high_energy(out), want = high_energy(truth);
    return isfinite(want) ? have / MAX(want, 1e-9) : (double)NAN;
}

/* Sums over neighbours in one direction: 0 with one, 1 with both in the hole. */
typedef struct {
    double sum[2], n[2];
} Steps;

static void
add_step(Steps *steps, MendTensor picture, MendTensor hole, size_t i, size_t k)
{
    int inside = (hole.data[i] > 0.5f) + (hole.data[k] > 0.5f);
    if (inside == 0)
        return;
    steps->sum[inside - 1] += fabs(mend_luma(picture, i) - mend_luma(picture, k));
    steps->n[inside - 1]++;
}

/* Sums of what mend_seam() divides, as many steps in both. */
typedef struct {
    double edge, inside;
} HoleSteps;

static HoleSteps
steps_of(MendTensor picture, MendTensor hole)
{
    size_t w = (size_t)picture.shape.w, n = w * (size_t)picture.shape.h;
    Steps steps[2] = {{{0}, {0}}};
    for (size_t i = 0; i < n; i++) {
        if ((i + 1) % w != 0)
            add_step(&steps[0], picture, hole, i, i + 1);
        if (i + w < n)
            add_step(&steps[1], picture, hole, i, i + w);
    }
    HoleSteps sums = {0, 0};
    for (int i = 0; i < 2; i++) {
        if (steps[i].n[1] > 0) {
            sums.edge += steps[i].sum[0];
            sums.inside += steps[i].sum[1] / steps[i].n[1] * steps[i].n[0];
        }
    }
    return sums;
}

double
mend_seam(MendTensor picture, MendTensor hole)
{
    HoleSteps steps = steps_of(picture, hole);
    return steps.inside > 0 ? steps.edge / steps.inside : (double)NAN;
}

double
mend_edge(MendTensor picture, MendTensor truth, MendTensor hole)
{
    double edge = steps_of(picture, hole).edge, want = steps_of(truth, hole).edge;
    return want > 0 ? edge / want : (double)NAN;
}

double
mend_torus_seam(MendTensor picture)
{
    size_t w = (size_t)picture.shape.w, h = (size_t)picture.shape.h;
    double edge[2] = {0, 0}, inside[2] = {0, 0};
    for (int c = 0; c < picture.shape.c; c++) {
        const float *p = mend_tensor_plane(picture, c).data;
        for (size_t y = 0; y < h; y++)
            for (size_t x = 0; x < w; x++) {
                double here = (double)p[y * w + x];
                double across = here - (double)p[y * w + (x + 1) % w];
                double down = here - (double)p[(y + 1) % h * w + x];
                *(x + 1 < w ? &inside[0] : &edge[0]) += across * across;
                *(y + 1 < h ? &inside[1] : &edge[1]) += down * down;
            }
    }
    if (MIN(w, h) < 2 || !(inside[0] + inside[1] > 0))
        return (double)NAN;
    double n_x = (double)w - 1, n_y = (double)h - 1; /* lines inside for one edge */
    return (edge[0] * (double)w + edge[1] * (double)h) /
           (inside[0] / n_x * (double)w + inside[1] / n_y * (double)h);
}
