/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The discrete Fourier transform of lines of any length, in double precision. Where that is no
 * power of two: Bluestein 1970, a transform of n numbers as a convolution, whose length is one. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    double re, im;
} MendComplex;

typedef struct MendFft MendFft; /* tables and scratch for one length; used by one thread */

/* n >= 1. NULL and MEND_ERROR_MEMORY. Owned by the caller. */
MendFft *mend_fft_new(int n, GError **error);
void mend_fft_free(MendFft *fft); /* NULL is allowed */

/* line[k] = sum over j of line[j] exp(-2 pi i j k / n), in place, unscaled. */
void mend_fft_run(MendFft *fft, MendComplex *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendFft, mend_fft_free)

G_END_DECLS
