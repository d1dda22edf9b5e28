/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The discrete Fourier transform of real square planes, in double precision. A plane is [n][n]; its
 * spectrum [n][n / 2 + 1], rows by frequency down, columns by frequency across: the other half
 * follows from this one. */
#pragma once

#include "compute/fft.h"

G_BEGIN_DECLS

typedef struct MendFftPlane MendFftPlane; /* tables and scratch for one side; used by one thread */

/* n: even, 2 to 32766; fastest where it is a power of two. NULL and MEND_ERROR_MEMORY. Owned by the
 * caller. */
MendFftPlane *mend_fft_plane_new(int n, GError **error);
void mend_fft_plane_free(MendFftPlane *fft); /* NULL is allowed */

/* Unscaled. */
void mend_fft_plane_forward(MendFftPlane *fft, const double *plane, MendComplex *spectrum);
/* Over n * n, so that it undoes the other. spectrum is changed. What no real plane's spectrum has,
 * of columns 0 and n / 2, does not count (numpy's irfft2 does so too). */
void mend_fft_plane_inverse(MendFftPlane *fft, MendComplex *spectrum, double *plane);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendFftPlane, mend_fft_plane_free)

G_END_DECLS
