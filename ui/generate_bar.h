/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done with pictures: generate and stop, more like the selected one and how alike,
 * surprise, undo; and how far it is. Thread: main.
 * Signals: "generate" (also to stop), "more", "surprise", "undo". */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MEND_TYPE_GENERATE_BAR (mend_generate_bar_get_type())
G_DECLARE_FINAL_TYPE(MendGenerateBar, mend_generate_bar, MEND, GENERATE_BAR, GtkBox)

typedef struct {
    gboolean running;                  /* the button stops, and progress is shown */
    gboolean goes_on;                  /* else the button begins anew */
    gboolean generate, undo;           /* can be done */
    const char *no_more, *no_surprise; /* why these cannot be done, or NULL */
} MendGenerateBarState;

/* settings: has the double property "similarity", 0..1, that the slider follows and sets. */
GtkWidget *mend_generate_bar_new(GObject *settings);
void mend_generate_bar_set_state(MendGenerateBar *bar, const MendGenerateBarState *state);
/* text: "3 of 8, about 12 s left"; tip: what computes, or NULL. */
void mend_generate_bar_set_progress(MendGenerateBar *bar, double fraction, const char *text,
                                    const char *tip);

G_END_DECLS
