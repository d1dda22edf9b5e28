/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the texture of a hole comes from: for every place the nearest square of which enough is
 * known. Used by grain.c alone. Thread: after making, any. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

enum { MEND_GRAIN_SIDE = 32 }; /* pixels of a square */

typedef struct {
    int x0, y0;     /* of the picture, in the larger one */
    int n_x, n_y;   /* cells of 8 x 8 pixels, counted from that which x0, y0 lies in */
    int *square;    /* for each cell the one at which its square begins, -1: there is none */
    guint16 *known; /* pixels of each cell; scratch */
} MendGrainSource;

/* hole: {1,h,w}, above 0 where nothing is known. MEND_ERROR_MEMORY. */
gboolean mend_grain_source_init(MendGrainSource *source, MendTensor hole, int x0, int y0,
                                GError **error);
void mend_grain_source_clear(MendGrainSource *source);

/* The square nearest to the pixel x, y of the picture: where it begins, perhaps a little outside.
 * FALSE: there is none at all. */
gboolean mend_grain_source_find(const MendGrainSource *source, int x, int y, int *left, int *top);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendGrainSource, mend_grain_source_clear)

G_END_DECLS
