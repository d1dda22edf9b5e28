/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two real rows are one complex line: their transforms are its even and its odd part. */
#include "compute/fft_plane.h"

#include "compute/tensor.h"

struct MendFftPlane {
    int n;
    MendFft *fft;
    MendComplex *line; /* n */
};

MendFftPlane *
mend_fft_plane_new(int n, GError **error)
{
    g_return_val_if_fail(n >= 2 && n % 2 == 0 && n < 1 << 15, NULL);
    g_autoptr(MendFftPlane) fft = g_new0(MendFftPlane, 1);
    fft->n = n;
    fft->fft = mend_fft_new(n, error);
    fft->line = fft->fft ? mend_block_new((size_t)n * sizeof *fft->line, error) : NULL;
    return fft->line ? g_steal_pointer(&fft) : NULL;
}

void
mend_fft_plane_free(MendFftPlane *fft)
{
    if (!fft)
        return;
    mend_fft_free(fft->fft);
    mend_block_free(fft->line);
    g_free(fft);
}

/* Each column, there and back again. */
static void
transform_columns(MendFftPlane *fft, MendComplex *spectrum, gboolean inverse)
{
    size_t n = (size_t)fft->n, half = n / 2 + 1;
    double sign = inverse ? -1 : 1; /* conjugates make it an inverse one */
    for (size_t x = 0; x < half; x++) {
        for (size_t y = 0; y < n; y++) {
            fft->line[y] = spectrum[y * half + x];
            fft->line[y].im *= sign;
        }
        mend_fft_run(fft->fft, fft->line);
        for (size_t y = 0; y < n; y++) {
            spectrum[y * half + x] = fft->line[y];
            spectrum[y * half + x].im *= sign;
        }
    }
}

void
mend_fft_plane_forward(MendFftPlane *fft, const double *plane, MendComplex *spectrum)
{
    size_t n = (size_t)fft->n, half = n / 2 + 1;
    MendComplex *line = fft->line;
    for (size_t y = 0; y < n; y += 2) {
        for (size_t x = 0; x < n; x++)
            line[x] = (MendComplex){plane[y * n + x], plane[(y + 1) * n + x]};
        mend_fft_run(fft->fft, line);
        for (size_t k = 0; k < half; k++) {
            MendComplex a = line[k], b = line[(n - k) % n];
            spectrum[y * half + k] = (MendComplex){(a.re + b.re) / 2, (a.im - b.im) / 2};
            spectrum[(y + 1) * half + k] = (MendComplex){(a.im + b.im) / 2, (b.re - a.re) / 2};
        }
    }
    transform_columns(fft, spectrum, FALSE);
}

void
mend_fft_plane_inverse(MendFftPlane *fft, MendComplex *spectrum, double *plane)
{
    size_t n = (size_t)fft->n, half = n / 2 + 1;
    double scale = 1 / ((double)n * (double)n);
    MendComplex *line = fft->line;
    transform_columns(fft, spectrum, TRUE);
    for (size_t y = 0; y < n; y += 2) {
        const MendComplex *a = spectrum + y * half, *b = a + half;
        for (size_t k = 0; k < n; k++) { /* the conjugate of a + i b */
            size_t at = k < half ? k : n - k;
            double sign = at == 0 || at == half - 1 ? 0 : k < half ? 1 : -1;
            line[k].re = a[at].re - sign * b[at].im;
            line[k].im = -(sign * a[at].im + b[at].re); /* real planes have no im where sign is 0 */
        }
        mend_fft_run(fft->fft, line);
        for (size_t x = 0; x < n; x++) {
            plane[y * n + x] = line[x].re * scale;
            plane[(y + 1) * n + x] = -line[x].im * scale;
        }
    }
}
