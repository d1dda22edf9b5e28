/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ideal network for Gaussian random fields on a torus. */
#include "tests/unit/torus.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

/* Cycles a pixel of coefficient i of n. */
static double
frequency(int i, int n)
{
    return (double)MIN(i, n - i) / n;
}

static double
radius(const Torus *t, size_t i)
{
    int y = (int)(i / (size_t)t->shape.w), x = (int)(i % (size_t)t->shape.w);
    return hypot(frequency(x, t->shape.w), frequency(y, t->shape.h));
}

void
torus_init(Torus *t, MendShape shape, double deviation, double corner)
{
    size_t n = (size_t)shape.w * (size_t)shape.h;
    double sum = 0;
    *t = (Torus){.shape = shape,
                 .mean = 0.5,
                 .variance = g_new(double, n),
                 .rows = mend_fft_new(shape.w, NULL),
                 .columns = mend_fft_new(shape.h, NULL),
                 .plane = g_new(MendComplex, n),
                 .column = g_new(MendComplex, shape.h),
                 .power = g_new(double, n)};
    for (size_t i = 0; i < n; i++) {
        t->variance[i] = pow(1 + pow(radius(t, i) / corner, 2), -2);
        sum += t->variance[i];
    }
    for (size_t i = 0; i < n; i++)
        t->variance[i] *= deviation * deviation * (double)n / sum;
}

void
torus_clear(Torus *t)
{
    g_free(t->variance);
    g_free(t->plane);
    g_free(t->column);
    g_free(t->power);
    g_free(t->logs);
    mend_fft_free(t->rows);
    mend_fft_free(t->columns);
}

/* The unitary transform of the plane, in place; backward is the conjugate of that of the
 * conjugate. */
static void
transform(Torus *t, gboolean backward)
{
    size_t w = (size_t)t->shape.w, h = (size_t)t->shape.h;
    double scale = 1 / sqrt((double)(w * h)), sign = backward ? -1 : 1;
    for (size_t i = 0; i < w * h; i++)
        t->plane[i].im *= sign;
    for (size_t y = 0; y < h; y++)
        mend_fft_run(t->rows, t->plane + y * w);
    for (size_t x = 0; x < w; x++) {
        for (size_t y = 0; y < h; y++)
            t->column[y] = t->plane[y * w + x];
        mend_fft_run(t->columns, t->column);
        for (size_t y = 0; y < h; y++) {
            t->plane[y * w + x].re = t->column[y].re * scale;
            t->plane[y * w + x].im = t->column[y].im * scale * sign;
        }
    }
}

static void
load(Torus *t, const MendState *x, int c)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    for (size_t i = 0; i < n; i++)
        t->plane[i] = (MendComplex){mend_state_get(x, (size_t)c * n + i) - t->mean, 0};
    transform(t, FALSE);
}

static void
store(Torus *t, MendState *x, int c)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    transform(t, TRUE);
    for (size_t i = 0; i < n; i++)
        mend_state_put(x, (size_t)c * n + i, t->plane[i].re + t->mean);
}

gboolean
torus_clean(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    Torus *t = data;
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    t->n_evaluations++;
    if (t->n_evaluations == t->cancel_at) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
        return FALSE;
    }
    for (int c = 0; c < t->shape.c; c++) {
        load(t, w, c);
        for (size_t i = 0; i < n; i++) {
            double share = t->variance[i] / (t->variance[i] + sigma * sigma);
            t->plane[i].re *= share;
            t->plane[i].im *= share;
        }
        store(t, clean, c);
    }
    if (t->n_evaluations == t->nan_at)
        mend_state_put(clean, clean->n / 2, NAN);
    if (t->n_evaluations == t->far_at)
        mend_state_put(clean, clean->n / 2, 1e6);
    return TRUE;
}

/* sum of ln(S + sigma^2): the same at every call */
static void
find_logs(Torus *t, const MendLevels *levels)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    t->logs = g_new0(double, levels->n);
    for (int j = 0; j < levels->n; j++)
        for (size_t i = 0; i < n; i++)
            t->logs[j] += log(t->variance[i] + levels->sigma[j] * levels->sigma[j]);
}

gboolean
torus_judge(gpointer data, const MendState *w, const MendState *clean, double sigma,
            const MendLevels *levels, double *log_p, GError **error)
{
    Torus *t = data;
    (void)clean, (void)sigma, (void)error;
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    if (!t->logs)
        find_logs(t, levels);
    memset(t->power, 0, n * sizeof *t->power);
    for (int c = 0; c < t->shape.c; c++) {
        load(t, w, c);
        for (size_t i = 0; i < n; i++)
            t->power[i] += t->plane[i].re * t->plane[i].re + t->plane[i].im * t->plane[i].im;
    }
    for (int j = levels->first; j < levels->end; j++) {
        double sum = 0, square = levels->sigma[j] * levels->sigma[j];
        for (size_t i = 0; i < n; i++)
            sum += t->power[i] / (t->variance[i] + square);
        log_p[j] = -(t->shape.c * t->logs[j] + sum) / 2;
    }
    return TRUE;
}

void
torus_draw(Torus *t, guint64 seed, double sigma, MendState *out)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    g_autofree float *white = g_new(float, mend_shape_count(t->shape));
    mend_rng_normal((MendRng){seed, 0}, 0, 0, (MendTensor){t->shape, white});
    for (int c = 0; c < t->shape.c; c++) {
        for (size_t i = 0; i < n; i++)
            t->plane[i] = (MendComplex){(double)white[(size_t)c * n + i], 0};
        transform(t, FALSE);
        for (size_t i = 0; i < n; i++) {
            double scale = sqrt(t->variance[i] + sigma * sigma);
            t->plane[i].re *= scale;
            t->plane[i].im *= scale;
        }
        store(t, out, c);
    }
}

double
torus_band(Torus *t, const MendState *x, double low, double high)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h, found = 0;
    double sum = 0;
    for (int c = 0; c < t->shape.c; c++) {
        load(t, x, c);
        for (size_t i = 0; i < n; i++) {
            if (radius(t, i) < low || radius(t, i) >= high)
                continue;
            double power = t->plane[i].re * t->plane[i].re + t->plane[i].im * t->plane[i].im;
            sum += power / t->variance[i];
            found++;
        }
    }
    return sum / (double)found;
}

double
torus_error(const Torus *t, double sigma)
{
    size_t n = (size_t)t->shape.w * (size_t)t->shape.h;
    double sum = 0, s2 = sigma * sigma;
    for (size_t i = 0; i < n; i++)
        sum += t->variance[i] * s2 / (t->variance[i] + s2);
    return sum / (double)n;
}
