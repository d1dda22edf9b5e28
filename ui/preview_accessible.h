/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A preview's divider as screen readers see it: an AtkValue in percent. Thread: main. */
#pragma once

#include <gtk/gtk-a11y.h>
#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MEND_TYPE_PREVIEW_ACCESSIBLE (mend_preview_accessible_get_type())
G_DECLARE_FINAL_TYPE(MendPreviewAccessible, mend_preview_accessible, MEND, PREVIEW_ACCESSIBLE,
                     GtkWidgetAccessible)

/* Tells listeners that the divider of the widget (a MendPreview) was moved. */
void mend_preview_accessible_moved(GtkWidget *widget);

G_END_DECLS
