/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Computed drawables into an image: prepared first, then put in, in one undo step. Thread: main
 * only. */
#pragma once

#include "plugin/variants.h"

G_BEGIN_DECLS

/* One drawable and what becomes of it. {0} is empty. */
typedef struct {
    GimpDrawable *drawable; /* borrowed */
    MendPixels pixels;
    GeglBuffer *selection; /* mend_source_selection() of pixels' rect; owned, or NULL */
    MendOptions options;   /* the run's, with the task that was detected in place of "auto" */
    MendRestoreInfo info;
    MendVariants variants;
    GimpLayer *layer; /* made and not yet in the image, or NULL */
} MendPiece;

void mend_piece_clear(MendPiece *piece); /* may be called twice */

/* Puts the n pieces into image, or a new one, as output says; procedure: the one that was called.
 * layers: gets the layers made (borrowed): of each drawable the result, its alternatives, the map;
 * these are in one group where there is more than the result, all but that hidden. What can fail
 * for want of memory is done before the image is touched; where GIMP refuses a change after that,
 * layers put in so far are taken out again, and pixels replaced so far are in the undo step. The
 * pieces keep their pixels in any case: after a failure it may be called again. */
gboolean mend_pieces_commit(MendPiece *pieces, int n, GimpImage *image, const char *procedure,
                            const char *output, GPtrArray *layers, GError **error);

G_END_DECLS
