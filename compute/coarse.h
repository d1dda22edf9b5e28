/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blotches of colour that are broader than a network sees (denoising of chroma on a pyramid of two
 * levels): what the network answers for a picture made small is taken over for the colours of the
 * large one, whose lightness and fine colours stay as they are. Networks' answers may lie outside
 * 0..1 a little, so all that is read is clamped to it.
 * weights/README.md has what it is worth. Thread: any one. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_COARSE_MOST  16 /* factor */
#define MEND_COARSE_LEAST 8  /* side of a small picture that is worth the while */

/* A grid of squares of factor x factor pixels. The first pixel of the picture is x0, y0 of a larger
 * one whose grid it is, so that a part sees the squares of the whole; squares that are cut off are
 * of the pixels that are there. */
typedef struct {
    int factor; /* 2 to MEND_COARSE_MOST */
    int x0, y0; /* any numbers */
} MendCoarse;

/* Column of the square, or row, that a place lies in, counted from the one of place 0. */
int mend_coarse_square(int place, int factor);

/* Shape of a picture made small, {c, rows of squares, columns of squares}. */
MendShape mend_coarse_shape(MendCoarse grid, MendShape picture);

/* small = the means of picture's squares; it has the shape that mend_coarse_shape() says. */
void mend_coarse_shrink(MendCoarse grid, MendTensor picture, MendTensor small);

/* picture {3,h,w} += after - before, interpolated linearly between the squares' middles, less the
 * mean over the three channels; then clamped. before and after have the small shape. */
void mend_coarse_add(MendCoarse grid, MendTensor before, MendTensor after, MendTensor picture);

G_END_DECLS
