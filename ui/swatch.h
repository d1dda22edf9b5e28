/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture at full size, pixel by pixel, of which the middle is seen; what is seen can be moved by
 * dragging and by the arrow keys. A picture that tiles is repeated all around; shifted by half its
 * sides, its corners meet in the middle, where a seam would be. Thread: main. */
#pragma once

#include <gtk/gtk.h>

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_TYPE_SWATCH (mend_swatch_get_type())
G_DECLARE_FINAL_TYPE(MendSwatch, mend_swatch, MEND, SWATCH, GtkDrawingArea)

GtkWidget *mend_swatch_new(void);

/* rgb: {3, h, w}, 0..1, copied; data NULL: none. tiles: repeated all around. */
void mend_swatch_set_picture(MendSwatch *swatch, MendTensor rgb, gboolean tiles);
void mend_swatch_set_offset(MendSwatch *swatch,
                            gboolean offset); /* by half; then always repeated */

G_END_DECLS
