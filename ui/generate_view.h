/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of the dialog for generating but its buttons: a gallery that fills, what can be done with its
 * pictures, the selected one at full size, and the settings. Thread: main.
 * Signal "chosen": what mend_generate_view_take() would give has become something, or nothing. */
#pragma once

#include <gtk/gtk.h>

#include "compute/generate_session.h"
#include "ui/generate_panel.h"

G_BEGIN_DECLS

#define MEND_TYPE_GENERATE_VIEW (mend_generate_view_get_type())
G_DECLARE_FINAL_TYPE(MendGenerateView, mend_generate_view, MEND, GENERATE_VIEW, GtkBox)

typedef struct {
    MendGenerateSizes sizes;
    /* What the settings stand for, the size in pixels. */
    gboolean (*options)(gpointer data, MendGenerateOptions *options, GError **error);
    gpointer data;
} MendGenerateSource;

/* settings: as mend_generate_panel_new(). source: copied; what it points to lives as long as the
 * view. */
GtkWidget *mend_generate_view_new(GObject *settings, const MendGenerateSource *source);

/* Whether there is a picture to take: one that is kept, or the selected one. */
gboolean mend_generate_view_has_chosen(MendGenerateView *view);
/* The pictures that are kept, in their order; else the selected one. MendVariation, the view's own.
 * What runs is stopped. */
GPtrArray *mend_generate_view_take(MendGenerateView *view);

void mend_generate_view_show_message(MendGenerateView *view, GtkMessageType type, const char *text);

G_END_DECLS
