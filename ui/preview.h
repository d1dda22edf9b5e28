/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before and after of a part of the picture, at one picture pixel to one device pixel, with a
 * divider between them. Thread: main.
 *
 * Mouse: the left button places the divider, the middle button (or Ctrl and left) and the wheel
 * move the part. Keys: Left and Right move the divider (Ctrl: far), Home and End take it to the
 * edges. Screen readers see a slider whose value is the divider, in percent. Property "divider":
 * 0..1 of the picture's width; what is left of it is Before. Signal "pan" (int dx, int dy): the
 * user wants to see the part dx, dy pixels further. */
#pragma once

#include <gtk/gtk.h>

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_TYPE_PREVIEW (mend_preview_get_type())
G_DECLARE_FINAL_TYPE(MendPreview, mend_preview, MEND, PREVIEW, GtkDrawingArea)

GtkWidget *mend_preview_new(void);

/* {3,h,w}, R'G'B' of the display in 0..1, copied; data NULL: none. A new Before drops the After. */
void mend_preview_set_before(MendPreview *preview, MendTensor rgb);
/* The restored part at full strength, of the shape of Before. */
void mend_preview_set_after(MendPreview *preview, MendTensor rgb);
/* 0..1: what is shown after the divider lies between Before and After. */
void mend_preview_set_strength(MendPreview *preview, double strength);
/* 0..1: being computed, < 0: not. */
void mend_preview_set_busy(MendPreview *preview, double fraction);
/* The After belongs to other settings than the present ones; says so. */
void mend_preview_set_outdated(MendPreview *preview, gboolean outdated);

double mend_preview_get_divider(MendPreview *preview);
void mend_preview_set_divider(MendPreview *preview, double divider);

G_END_DECLS
