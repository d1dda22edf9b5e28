/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Covers a picture with tiles that overlap by the network's radius, so that a tiled evaluation
 * equals an untiled one: each pixel comes from the inside of exactly one tile. Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

typedef struct {
    int width, height; /* the picture, pixels */
    int core;          /* side of the part of a tile that is kept; a multiple of align */
    int overlap;       /* read around the core on all sides; a multiple of align */
} MendTiler;

typedef struct {
    int x, y, w, h;    /* the kept part, inside the picture */
} MendTile;

/* core is lowered to what the picture needs (rounded up to align) and raised to align. */
MendTiler mend_tiler(int width, int height, int core, int overlap, int align);
int mend_tiler_count(const MendTiler *tiler);
MendTile mend_tiler_at(const MendTiler *tiler, int index); /* row by row */
/* Side of what the network sees: core + 2 overlap. All tiles have this one shape. */
int mend_tiler_side_w(const MendTiler *tiler);
int mend_tiler_side_h(const MendTiler *tiler);

/* dst [C][side_h][side_w] = the picture around the tile, mirrored beyond its edges (any size). */
void mend_tiler_read(const MendTiler *tiler, MendTile tile, MendTensor picture, MendTensor dst);
/* Writes the kept part of src into the picture. */
void mend_tiler_write(const MendTiler *tiler, MendTile tile, MendTensor src, MendTensor picture);

G_END_DECLS
