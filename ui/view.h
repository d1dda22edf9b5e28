/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of the dialog but its buttons: settings, preview, overview, messages, and the progress of a
 * run. Thread: main.
 *
 * The preview is computed when asked for, and shortly after a change has settled where "Update
 * automatically" is on. Strength needs no new computing.
 * Signal "stop": the user wants the run (mend_view_set_running()) to end. */
#pragma once

#include <gtk/gtk.h>

#include "ui/trial.h"

G_BEGIN_DECLS

#define MEND_TYPE_VIEW (mend_view_get_type())
G_DECLARE_FINAL_TYPE(MendView, mend_view, MEND, VIEW, GtkBox)

/* settings: as mend_panel_new(); where it has a boolean property "auto-preview", that remembers the
 * check box. task: NULL, or the only one there is (settings then have no "task").
 * source: copied; what it points to lives as long as the view. */
GtkWidget *mend_view_new(GObject *settings, const char *task, const MendTrialSource *source);

/* Shows text above the settings until the user closes it; NULL hides it. */
void mend_view_show_message(MendView *view, GtkMessageType type, const char *text);

/* Running: settings and preview are insensitive, a preview's job is stopped, a progress bar and a
 * Stop button with the focus are there. */
void mend_view_set_running(MendView *view, gboolean running);
/* text: "Remove noise: about 17 s left". */
void mend_view_set_progress(MendView *view, double fraction, const char *text);
/* Stop was heard: says so, and the button is insensitive until the next run. */
void mend_view_set_stopping(MendView *view);

G_END_DECLS
