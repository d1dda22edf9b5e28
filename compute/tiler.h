/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covers a picture with tiles that overlap by the network's radius, so that a tiled evaluation
 * equals an untiled one: each pixel comes from the inside of exactly one tile. Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

typedef struct {
    int width, height;  /* of the picture or a part of it, pixels */
    int core_w, core_h; /* sides of the part of a tile that is kept; multiples of align */
    int overlap;        /* read around the core on all sides; a multiple of align */
    gboolean whole;     /* one tile, zeros beyond the picture's right and bottom edge */
    gboolean wrap;      /* beyond an edge the picture begins again; sides are multiples of align */
    int shift_x, shift_y; /* where in the picture the first tile begins, >= 0; the other follow */
} MendTiler;

typedef struct {
    int x, y, w, h; /* the kept part, inside the picture, less the shift */
} MendTile;

/* Tiles of at most core pixels a side (raised to a multiple of align), as equal as can be, so that
 * little is computed for nothing. overlap is raised to a multiple of align. Tiles begin at
 * multiples of align: a network that halves its maps sees the same grid in each. All numbers are >=
 * 1, but overlap may be 0. */
MendTiler mend_tiler(int width, int height, int core, int overlap, int align);
/* The whole picture as one tile, for networks without a radius: nothing is mirrored; sides are
 * raised to align with zeros, as published networks do. */
MendTiler mend_tiler_whole(int width, int height, int align);

int mend_tiler_count(const MendTiler *tiler);
MendTile mend_tiler_at(const MendTiler *tiler, int index); /* row by row */
/* Sides of what the network sees: core + 2 overlap. All tiles have this one shape. */
int mend_tiler_side_w(const MendTiler *tiler);
int mend_tiler_side_h(const MendTiler *tiler);

/* dst [C][side_h][side_w] = the picture around the tile, mirrored beyond its edges without
 * repeating the edge pixel (any size: the mirror is mirrored again), or wrapped around. */
void mend_tiler_read(const MendTiler *tiler, MendTile tile, MendTensor picture, MendTensor dst);
/* Writes the kept part of src [C][side_h][side_w] into the picture. */
void mend_tiler_write(const MendTiler *tiler, MendTile tile, MendTensor src, MendTensor picture);
/* Whether mask {1,h,w}, of the picture's size, is above 0 anywhere in the kept part. Not with wrap.
 */
gboolean mend_tiler_meets(const MendTiler *tiler, MendTile tile, MendTensor mask);

G_END_DECLS
