/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole picture, small, with a rectangle on the part that the preview shows. Thread: main.
 * Click or drag, or the arrow keys, move the rectangle.
 * Signal "moved" (int x, int y): the user wants the part to begin there, picture pixels; not yet
 * kept inside the picture. */
#pragma once

#include <gtk/gtk.h>

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_TYPE_OVERVIEW (mend_overview_get_type())
G_DECLARE_FINAL_TYPE(MendOverview, mend_overview, MEND, OVERVIEW, GtkDrawingArea)

/* width, height: of the whole picture, pixels. */
GtkWidget *mend_overview_new(int width, int height);

/* The size a thumbnail should have: fits the widget's request at its scale factor. */
void mend_overview_get_thumb_size(MendOverview *overview, int *width, int *height);
void mend_overview_set_thumb(MendOverview *overview, MendTensor rgb);   /* {3,h,w}; not kept */
void mend_overview_set_part(MendOverview *overview, GdkRectangle part); /* picture pixels */

G_END_DECLS
