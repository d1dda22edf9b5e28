/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drawable as the source of pixels: whether it can be restored, which part, and what is read.
 * Thread: main only. */
#pragma once

#include "compute/options.h"
#include "plugin/gegl_io.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* The last error of the PDB: libgimp's calls return only FALSE or NULL. what: "add a layer". */
void mend_pdb_error(GError **error, const char *what);

/* TRUE where the result replaces drawable's pixels: output says so, or it is no layer (a mask or
 * channel has no layer to put above it, except in a new image). */
gboolean mend_source_in_place(GimpDrawable *drawable, const char *output);

/* MEND_ERROR_IMAGE where image has a floating selection, beside which no layer can be put. */
gboolean mend_image_check(GimpImage *image, GError **error);

/* Whether output can be made from drawable. MEND_ERROR_IMAGE: a floating selection, locked, a group
 * in place, nothing selected of it. */
gboolean mend_source_check(GimpDrawable *drawable, const char *output, GError **error);

/* Where drawable's pixels are read from. */
typedef struct {
    GimpDrawable *seen; /* the drawable, or its copy; borrowed */
    GeglBuffer *buffer; /* of seen; owned */
    GeglRectangle rect; /* in the buffer: the selection's bounding box, all without a selection */
    int dx, dy;         /* added to a coordinate of the drawable gives that of the buffer */
    GimpImage *scratch; /* holds a copy with layer effects merged, or NULL */
} MendSource;

/* In place: the layer's own pixels; else what is seen, with layer effects merged in a copy. Close
 * also after a failure. */
gboolean mend_source_open(MendSource *source, GimpDrawable *drawable, const char *output,
                          GError **error);
void mend_source_close(MendSource *source); /* may be called twice */

/* Reads source's rect and as much around it as the task wants to see; pixels' coordinates are the
 * drawable's. */
gboolean mend_source_read(GimpDrawable *drawable, const MendOptions *options, MendPixels *pixels,
                          GError **error);

/* What of area of drawable may change, as MendRestoreHooks.mask takes it: {1, area.height,
 * area.width}, owned by the caller. The values of own, a channel of the image, where it is not
 * NULL. Else for the task "inpainting" the selection, which is the hole: how much a pixel is
 * selected for the output "new-image"; 1 for the others, which GIMP itself blends by the
 * selection. Else, and without a selection, no data: all, and what is white is the hole. */
gboolean mend_source_read_mask(GimpDrawable *drawable, const MendOptions *options, GimpChannel *own,
                               GeglRectangle area, MendTensor *mask, GError **error);

/* What of rect of drawable is selected, in drawable's coordinates; owned by the caller. NULL
 * without an error: the image has no selection, so all is. */
GeglBuffer *mend_source_selection(GimpDrawable *drawable, const GeglRectangle *rect,
                                  GError **error);
/* Whether something else is selected of drawable now than then, when rect was and selection is what
 * mend_source_selection() gave. */
gboolean mend_source_moved(GimpDrawable *drawable, const GeglRectangle *rect,
                           GeglBuffer *selection);
/* Whether mend_source_read() would read the same pixels to be restored as pixels once were; what
 * lies around them is not compared. */
gboolean mend_source_still(GimpDrawable *drawable, const char *output, const MendPixels *pixels);

/* An empty image of image's precision, resolution, metadata and colour profile, without undo;
 * RGB where image is indexed. Owned by the caller: gimp_image_delete(). NULL on failure. */
GimpImage *mend_image_new_like(GimpImage *image, int width, int height, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSource, mend_source_close)

G_END_DECLS
