/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings for generating, as a person sees them. Thread: main. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MEND_TYPE_GENERATE_PANEL (mend_generate_panel_get_type())
G_DECLARE_FINAL_TYPE(MendGeneratePanel, mend_generate_panel, MEND, GENERATE_PANEL, GtkBox)

/* Sizes that can be taken, in pixels; a width of 0: there is none. */
typedef struct {
    int image_width, image_height, selection_width, selection_height;
} MendGenerateSizes;

/* settings: an object whose properties are named and typed like the rows of mend_generate_fields[].
 * A reference is held; widgets and properties follow each other both ways. A size that there is not
 * becomes "typed". "similarity" has no widget here. */
GtkWidget *mend_generate_panel_new(GObject *settings, const MendGenerateSizes *sizes);

/* How many texture models are installed. */
int mend_generate_panel_n_models(const MendGeneratePanel *panel);

G_END_DECLS
