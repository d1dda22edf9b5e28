/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a drawable that will be restored, as the dialog's preview reads it: little by little,
 * never whole, with its layer effects. Thread: main only. */
#pragma once

#include "compute/options.h"
#include "compute/tensor.h"

#include <gtk/gtk.h>
#include <libgimp/gimp.h>

G_BEGIN_DECLS

typedef struct MendSubject MendSubject;

/* The selection's bounding box, or all of drawable. MEND_ERROR_IMAGE where there is nothing that
 * can be restored to a new layer. */
MendSubject *mend_subject_new(GimpDrawable *drawable, GError **error);
void mend_subject_free(MendSubject *subject); /* NULL is allowed */

void mend_subject_get_size(const MendSubject *subject, int *width, int *height); /* pixels */
/* All that mend_subject_read() reads: the drawable's pixels, in the subject's coordinates. */
GdkRectangle mend_subject_get_whole(const MendSubject *subject);
gboolean mend_subject_get_marked(const MendSubject *subject); /* the image has a selection */

/* {3, area->height, area->width}, as jobs take it: sRGB-encoded with the image's own primaries.
 * area lies in whole. Owned by the caller; data NULL on failure. */
MendTensor mend_subject_read(const MendSubject *subject, const GdkRectangle *area, GError **error);
/* mend_source_read_mask() of area. */
gboolean mend_subject_read_mask(const MendSubject *subject, const GdkRectangle *area,
                                const MendOptions *options, MendTensor *mask, GError **error);

/* The whole subject, about {3, height, width}, in sRGB, transparent pixels on mid-grey. */
MendTensor mend_subject_thumb(const MendSubject *subject, int width, int height, GError **error);

/* What mend_subject_read() gave at x, y, or what was made of it, to sRGB on mid-grey, in place. */
void mend_subject_to_display(const MendSubject *subject, int x, int y, MendTensor rgb);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendSubject, mend_subject_free)

G_END_DECLS
