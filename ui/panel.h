/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings, as a person sees them: task, quality, strength, seed, device, output, Advanced.
 * Thread: main. Devices are listed once on a thread of their own, as drivers take their time. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MEND_TYPE_PANEL (mend_panel_get_type())
G_DECLARE_FINAL_TYPE(MendPanel, mend_panel, MEND, PANEL, GtkBox)

/* settings: an object whose properties are named and typed like the rows of mend_options[] that are
 * MEND_FOR_GIMP (choices and names are strings, "strength" is a double, "seed" and "steps" are
 * ints). A reference is held; widgets and properties follow each other both ways. An empty task
 * becomes the first that a model offers.
 * task: NULL, or the only one there is: then settings have no "task", and there is no row for it.
 */
GtkWidget *mend_panel_new(GObject *settings, const char *task);

/* The task that "auto" stands for, so that model and presets are its; "": not known. */
void mend_panel_set_detected(MendPanel *panel, const char *task);

G_END_DECLS
