/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of settings: a label with a mnemonic, a widget that follows a property, names for screen
 * readers. Thread: main. */
#pragma once

#include <gtk/gtk.h>

#include "compute/options.h"
#include "ui/choice.h"

G_BEGIN_DECLS

/* The label without its mnemonic: what a screen reader says. */
void mend_row_set_name(GtkWidget *widget, const char *label);

GtkGrid *mend_rows_new(void);

/* label and tip are shown, target is what the label is for, in widget or widget itself. */
void mend_rows_add(GtkGrid *grid, const char *label, const char *tip, GtkWidget *widget,
                   GtkWidget *target);
/* The same, with the option's label and blurb. */
void mend_rows_add_option(GtkGrid *grid, const MendOption *option, GtkWidget *widget,
                          GtkWidget *target);

/* One widget for the whole width. */
void mend_rows_add_wide(GtkGrid *grid, GtkWidget *widget);

/* Rows that follow a property of settings both ways, named and typed like the option: a scale and a
 * number of percent (percent_name: what the number is called; of a double 0..1), a whole number, a
 * check box, a seed with a button for a random one, whose tip says what that brings. */
void mend_rows_add_percent(GtkGrid *grid, GObject *settings, const MendOption *option,
                           const char *percent_name);
void mend_rows_add_number(GtkGrid *grid, GObject *settings, const MendOption *option);
void mend_rows_add_check(GtkGrid *grid, GObject *settings, const MendOption *option);
void mend_rows_add_seed(GtkGrid *grid, GObject *settings, const MendOption *option,
                        const char *button_label, const char *tip);
/* A choice with the rows of the option; without any, where the option has none. */
MendChoice *mend_rows_add_choice(GtkGrid *grid, GObject *settings, const MendOption *option);

G_END_DECLS
