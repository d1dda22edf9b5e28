/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A combo box that shows and sets a string property. Thread: main. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MEND_TYPE_CHOICE (mend_choice_get_type())
G_DECLARE_FINAL_TYPE(MendChoice, mend_choice, MEND, CHOICE, GtkComboBox)

/* property: a readable and writable string of settings (a reference is held). The list is empty at
 * first. While it is filled, and when it holds no row of the present value, nothing is written. */
GtkWidget *mend_choice_new(GObject *settings, const char *property);

/* Refilling: clear, add rows, done. A present value that no row has gets a row of its own, so that
 * settings from another machine are shown and kept. */
void mend_choice_clear(MendChoice *choice);
/* id, label, note are copied. note: small text after the label, or NULL. A row that is not
 * sensitive is greyed and cannot be taken; its note says why. */
void mend_choice_add(MendChoice *choice, const char *id, const char *label, const char *note,
                     gboolean sensitive);
void mend_choice_done(MendChoice *choice, const char *unknown_note);

G_END_DECLS
