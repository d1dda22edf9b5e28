/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rectangle of a GEGL buffer as the planar R'G'B' picture that compute takes, and back.
 * Knows GEGL only, no GIMP. Thread: main only (libgimp fetches tiles over its pipe on read). */
#pragma once

#include "compute/tensor.h"

#include <gegl.h>

G_BEGIN_DECLS

/* {0} is empty. */
typedef struct {
    GeglRectangle rect;    /* what is restored, in the buffer's coordinates */
    GeglRectangle context; /* rect and its margin: what the network sees */
    const Babl *format;    /* the buffer's own */
    void *native; /* rect in that format, rows without padding: alpha and exact originals */
    /* After read: {3, context.height, context.width}, sRGB-encoded with the buffer's own primaries
     * ("R~G~B~A"), so wide-gamut colours are kept. Pixels of alpha 0, NaN and infinity are filled
     * from their surroundings. After take: the restored rect, or no data: rect stays as it was. */
    MendTensor rgb;
} MendPixels;

/* rect must lie in the buffer. margin: pixels on each side, as far as the buffer goes, and more to
 * the left and above, so that a network's coarse levels divide a part as they divide the whole;
 * 0: none at all. Fails with MEND_ERROR_MEMORY only. */
gboolean mend_pixels_read(MendPixels *pixels, GeglBuffer *buffer, GeglRectangle rect, int margin,
                          GError **error);

/* Whether buffer still has the pixels that were read, to the bit, where rect lies when it is moved
 * by dx, dy (pixels; rect may be in other coordinates by now than buffer). */
gboolean mend_pixels_still(const MendPixels *pixels, GeglBuffer *buffer, int dx, int dy);

/* The part of picture, {1 or 3, context.height, context.width}, that covers rect. Owned by the
 * caller; data NULL: MEND_ERROR_MEMORY. */
MendTensor mend_pixels_crop(const MendPixels *pixels, MendTensor picture, GError **error);

/* Keeps the part of result that covers rect. result: {3, context.height, context.width}. Copied. */
gboolean mend_pixels_take(MendPixels *pixels, MendTensor result, GError **error);

/* Writes rect to target with its corner at x, y, converting to target's format. Alpha is the
 * source's, and pixels of alpha 0 keep the colour they had. Without restored pixels target gets the
 * originals, bit for bit where the formats agree. Fails with MEND_ERROR_MEMORY only. */
gboolean mend_pixels_write(const MendPixels *pixels, GeglBuffer *target, int x, int y,
                           GError **error);

void mend_pixels_clear(MendPixels *pixels); /* may be called twice */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendPixels, mend_pixels_clear)

G_END_DECLS
