/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PSNR and SSIM in double precision, row by row; brightness and holes. */
#include "compute/metrics.h"

#include <math.h>

#define WINDOW 11
#define SIGMA  1.5
#define C1     (0.01 * 255 * 0.01 * 255)
#define C2     (0.03 * 255 * 0.03 * 255)

static double
eight_bit(float value)
{
    double clamped = value > 0.0f ? MIN((double)value, 1.0) : 0.0;
    return rint(clamped * 255);
}

double
mend_psnr(MendTensor a, MendTensor b, MendTensor hole)
{
    size_t plane = (size_t)a.shape.h * (size_t)a.shape.w, n = 0;
    double sum = 0;
    for (size_t i = 0; i < plane; i++) {
        if (hole.data && !(hole.data[i] > 0.5f))
            continue;
        for (size_t c = 0; c < (size_t)a.shape.c; c++, n++) {
            double d = eight_bit(a.data[c * plane + i]) - eight_bit(b.data[c * plane + i]);
            sum += d * d;
        }
    }
    if (n == 0)
        return (double)NAN;
    return sum == 0 ? 100 : 10 * log10(255.0 * 255.0 * (double)n / sum);
}

static void
gaussian(double window[WINDOW])
{
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
        int d = i - WINDOW / 2;
        window[i] = exp(-d * d / (2 * SIGMA * SIGMA));
        sum += window[i];
    }
    for (int i = 0; i < WINDOW; i++)
        window[i] /= sum;
}

/* The five moments of one pixel or window. */
typedef struct {
    double x, y, xx, yy, xy;
} Moments;

static void
add_scaled(Moments *to, double k, const Moments *m)
{
    to->x += k * m->x;
    to->y += k * m->y;
    to->xx += k * m->xx;
    to->yy += k * m->yy;
    to->xy += k * m->xy;
}

/* to [w - 10]: the window along one row of each picture. */
static void
blur_row(const double window[WINDOW], const float *x, const float *y, int w, Moments *raw,
         Moments *to)
{
    for (int i = 0; i < w; i++) {
        double p = eight_bit(x[i]), q = eight_bit(y[i]);
        raw[i] = (Moments){p, q, p * p, q * q, p * q};
    }
    for (int i = 0; i + WINDOW <= w; i++) {
        to[i] = (Moments){0};
        for (int k = 0; k < WINDOW; k++)
            add_scaled(&to[i], window[k], &raw[i + k]);
    }
}

/* Wang et al. 2004, eq. 13. */
static double
similarity(const Moments *m)
{
    double vx = m->xx - m->x * m->x, vy = m->yy - m->y * m->y, cov = m->xy - m->x * m->y;
    double mean = (2 * m->x * m->y + C1) / (m->x * m->x + m->y * m->y + C1);
    return mean * (2 * cov + C2) / (vx + vy + C2);
}

static double
ssim_plane(MendTensor a, MendTensor b)
{
    int w = a.shape.w, h = a.shape.h, n = w - WINDOW + 1;
    double window[WINDOW], sum = 0;
    gaussian(window);
    /* One raw row, and the last 11 blurred ones as a ring. */
    Moments *raw = mend_block_new(((size_t)w + (size_t)n * WINDOW) * sizeof *raw, NULL);
    if (!raw)
        return (double)NAN;
    Moments *ring = raw + w;
    for (int y = 0; y < h; y++) {
        size_t at = (size_t)y * (size_t)w;
        blur_row(window, a.data + at, b.data + at, w, raw, ring + (size_t)(y % WINDOW) * (size_t)n);
        for (int x = 0; y + 1 >= WINDOW && x < n; x++) {
            Moments m = {0};
            for (int k = 0; k < WINDOW; k++)
                add_scaled(&m, window[k],
                           &ring[(size_t)((y + 1 + k) % WINDOW) * (size_t)n + (size_t)x]);
            sum += similarity(&m);
        }
    }
    mend_block_free(raw);
    return sum / ((double)n * (h - WINDOW + 1));
}

double
mend_ssim(MendTensor a, MendTensor b)
{
    double sum = 0;
    if (a.shape.w < WINDOW || a.shape.h < WINDOW)
        return (double)NAN;
    for (int c = 0; c < a.shape.c; c++)
        sum += ssim_plane(mend_tensor_plane(a, c), mend_tensor_plane(b, c));
    return sum / a.shape.c;
}

double
mend_luma(MendTensor picture, size_t i)
{
    size_t plane = (size_t)picture.shape.h * (size_t)picture.shape.w;
    return 0.299 * eight_bit(picture.data[i]) + 0.587 * eight_bit(picture.data[plane + i]) +
           0.114 * eight_bit(picture.data[2 * plane + i]);
}

double
mend_psnr_same_luma(MendTensor out, MendTensor truth)
{
    size_t plane = (size_t)out.shape.h * (size_t)out.shape.w;
    double have = 0, want = 0;
    for (size_t i = 0; i < plane; i++) {
        have += mend_luma(out, i);
        want += mend_luma(truth, i);
    }
    double gain = want / MAX(have, 1e-6 * (double)plane);
    g_auto(MendTensor) scaled = mend_tensor_new(out.shape, NULL);
    if (!scaled.data)
        return (double)NAN;
    for (size_t i = 0; i < 3 * plane; i++)
        scaled.data[i] = (float)(rint(eight_bit(out.data[i]) * gain) / 255);
    return mend_psnr(scaled, truth, (MendTensor){0});
}

void
mend_find_hole(MendTensor degraded, MendTensor truth, MendTensor hole)
{
    size_t plane = mend_shape_count(hole.shape);
    for (size_t i = 0; i < plane; i++) {
        gboolean differs = FALSE, white = TRUE;
        for (size_t c = 0; c < 3; c++) {
            double d = eight_bit(degraded.data[c * plane + i]);
            differs |= fabs(d - eight_bit(truth.data[c * plane + i])) > 8;
            white &= d >= 255;
        }
        hole.data[i] = differs || white ? 1.0f : 0.0f;
    }
}
