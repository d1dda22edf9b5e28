/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fourier transforms: radix 2 inside, Bluestein's chirps around it. */
#include "compute/fft.h"

#include <math.h>

#include "compute/tensor.h"

struct MendFft {
    int n, m; /* the length, and the power of two that it is done in: n where it is one; else
                          * >= 2 n - 1, and only then are there chirp, filter and work */
    MendComplex *root;   /* m / 2: exp(-2 pi i k / m) */
    MendComplex *chirp;  /* n: exp(-pi i k^2 / n) */
    MendComplex *filter; /* m: the transform of the conjugate chirp, over m */
    MendComplex *work;   /* m */
};

static MendComplex
multiply(MendComplex a, MendComplex b)
{
    return (MendComplex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static void
reverse_bits(MendComplex *x, int m)
{
    for (int i = 1, j = 0; i < m; i++) {
        int bit = m >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            MendComplex swap = x[i];
            x[i] = x[j];
            x[j] = swap;
        }
    }
}

static void
transform(const MendFft *fft, MendComplex *x)
{
    reverse_bits(x, fft->m);
    for (int half = 1; half < fft->m; half *= 2) {
        int stride = fft->m / (2 * half);
        for (int start = 0; start < fft->m; start += 2 * half) {
            for (int k = 0; k < half; k++) {
                MendComplex *p = &x[start + k], *q = p + half;
                MendComplex t = multiply(*q, fft->root[k * stride]);
                *q = (MendComplex){p->re - t.re, p->im - t.im};
                *p = (MendComplex){p->re + t.re, p->im + t.im};
            }
        }
    }
}

static void
fill_tables(MendFft *fft)
{
    for (int k = 0; k < fft->m / 2; k++) {
        double angle = -2 * G_PI * k / fft->m;
        fft->root[k] = (MendComplex){cos(angle), sin(angle)};
    }
    if (fft->m == fft->n)
        return;
    for (int k = 0; k < fft->m; k++)
        fft->filter[k] = (MendComplex){0, 0};
    for (int k = 0; k < fft->n; k++) {
        gint64 square = (gint64)k * k % (2 * (gint64)fft->n); /* the angle stays small, so exact */
        double angle = G_PI * (double)square / fft->n;
        fft->chirp[k] = (MendComplex){cos(angle), -sin(angle)};
        fft->filter[k] = (MendComplex){cos(angle) / fft->m, sin(angle) / fft->m};
        if (k)
            fft->filter[fft->m - k] = fft->filter[k];
    }
    transform(fft, fft->filter);
}

MendFft *
mend_fft_new(int n, GError **error)
{
    g_return_val_if_fail(n >= 1 && n < 1 << 29, NULL);
    int m = 1;
    gboolean power = (n & (n - 1)) == 0;
    while (m < (power ? n : 2 * n - 1))
        m *= 2;
    size_t count = (size_t)m / 2 + (power ? 1 : (size_t)n + 2 * (size_t)m);
    MendComplex *tables = mend_block_new(count * sizeof *tables, error);
    if (!tables)
        return NULL;
    MendFft *fft = g_new(MendFft, 1);
    *fft = (MendFft){.n = n, .m = m, .root = tables};
    if (!power) {
        fft->chirp = tables + m / 2;
        fft->filter = fft->chirp + n;
        fft->work = fft->filter + m;
    }
    fill_tables(fft);
    return fft;
}

void
mend_fft_free(MendFft *fft)
{
    if (!fft)
        return;
    mend_block_free(fft->root);
    g_free(fft);
}

void
mend_fft_run(MendFft *fft, MendComplex *line)
{
    if (fft->m == fft->n) {
        transform(fft, line);
        return;
    }
    MendComplex *x = fft->work;
    for (int k = 0; k < fft->m; k++)
        x[k] = k < fft->n ? multiply(line[k], fft->chirp[k]) : (MendComplex){0, 0};
    transform(fft, x);
    for (int k = 0; k < fft->m; k++) { /* conjugates make the next transform an inverse one */
        x[k] = multiply(x[k], fft->filter[k]);
        x[k].im = -x[k].im;
    }
    transform(fft, x);
    for (int k = 0; k < fft->n; k++)
        line[k] = multiply((MendComplex){x[k].re, -x[k].im}, fft->chirp[k]);
}
