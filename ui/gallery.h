/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small pictures in a grid, one of them selected, each with a mark that says it is kept. Pictures
 * have numbers that the owner gives; a place can be there before its picture. Thread: main.
 * Signals: "selected": another one is; "kept": a mark was set or taken away, by the user. */
#pragma once

#include <gtk/gtk.h>

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_TYPE_GALLERY (mend_gallery_get_type())
G_DECLARE_FINAL_TYPE(MendGallery, mend_gallery, MEND, GALLERY, GtkBin)

/* hint: what is said where there is no picture yet. */
GtkWidget *mend_gallery_new(const char *hint);

/* A place at the end. caption: small text below it, such as "3, like 1". */
void mend_gallery_add(MendGallery *gallery, int id, const char *caption);
void mend_gallery_remove(MendGallery *gallery, int id);
void mend_gallery_set_progress(MendGallery *gallery, int id, double fraction); /* of the picture */
void mend_gallery_set_picture(MendGallery *gallery, int id, MendTensor rgb);   /* {3,h,w}; copied */

int mend_gallery_get_selected(MendGallery *gallery); /* or -1 */
void mend_gallery_select(MendGallery *gallery, int id);
gboolean mend_gallery_get_kept(MendGallery *gallery, int id);

G_END_DECLS
