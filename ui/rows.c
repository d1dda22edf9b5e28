/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of settings. */
#include "ui/rows.h"

#include <glib/gi18n-lib.h>

void
mend_row_set_name(GtkWidget *widget, const char *label)
{
    g_autofree char *name = g_strdup(label);
    char *to = name;
    for (const char *from = label; *from; from++) {
        if (*from != '_')
            *to++ = *from;
    }
    *to = '\0';
    atk_object_set_name(gtk_widget_get_accessible(widget), name);
}

GtkGrid *
mend_rows_new(void)
{
    GtkWidget *grid = gtk_grid_new();
    gtk_grid_set_row_spacing(GTK_GRID(grid), 6);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
    return GTK_GRID(grid);
}

static int
next_row(GtkGrid *grid)
{
    int row = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(grid), "rows"));
    g_object_set_data(G_OBJECT(grid), "rows", GINT_TO_POINTER(row + 1));
    return row;
}

void
mend_rows_add(GtkGrid *grid, const char *label, const char *tip, GtkWidget *widget,
              GtkWidget *target)
{
    int row = next_row(grid);
    GtkWidget *text = gtk_label_new_with_mnemonic(label);
    gtk_label_set_xalign(GTK_LABEL(text), 0.0f);
    gtk_label_set_mnemonic_widget(GTK_LABEL(text), target);
    mend_row_set_name(target, label);
    gtk_widget_set_tooltip_text(target, tip);
    gtk_widget_set_hexpand(widget, TRUE);
    gtk_grid_attach(grid, text, 0, row, 1, 1);
    gtk_grid_attach(grid, widget, 1, row, 1, 1);
}

void
mend_rows_add_option(GtkGrid *grid, const MendOption *option, GtkWidget *widget, GtkWidget *target)
{
    mend_rows_add(grid, _(option->label), _(option->blurb), widget, target);
}

void
mend_rows_add_wide(GtkGrid *grid, GtkWidget *widget)
{
    gtk_grid_attach(grid, widget, 0, next_row(grid), 2, 1);
}

static gboolean
to_percent(GBinding *binding, const GValue *from, GValue *to, gpointer data)
{
    (void)binding, (void)data;
    g_value_set_double(to, g_value_get_double(from) * 100.0);
    return TRUE;
}

static gboolean
from_percent(GBinding *binding, const GValue *from, GValue *to, gpointer data)
{
    (void)binding, (void)data;
    g_value_set_double(to, g_value_get_double(from) / 100.0);
    return TRUE;
}

void
mend_rows_add_percent(GtkGrid *grid, GObject *settings, const MendOption *option,
                      const char *percent_name)
{
    GtkAdjustment *percent = gtk_adjustment_new(0, 0, 100, 1, 10, 0);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *scale = gtk_scale_new(GTK_ORIENTATION_HORIZONTAL, percent);
    GtkWidget *spin = gtk_spin_button_new(percent, 1, 0);
    gtk_scale_set_draw_value(GTK_SCALE(scale), FALSE);
    gtk_entry_set_width_chars(GTK_ENTRY(spin), 3);
    gtk_box_pack_start(GTK_BOX(box), scale, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), spin, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box), gtk_label_new("%"), FALSE, FALSE, 0);
    mend_rows_add_option(grid, option, box, spin);
    mend_row_set_name(spin, percent_name);
    mend_row_set_name(scale, _(option->label));
    gtk_widget_set_tooltip_text(scale, _(option->blurb));
    g_object_bind_property_full(settings, option->name, percent, "value",
                                G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE, to_percent,
                                from_percent, NULL, NULL);
}

void
mend_rows_add_number(GtkGrid *grid, GObject *settings, const MendOption *option)
{
    GtkAdjustment *number = gtk_adjustment_new(option->min, option->min, option->max, 1, 10, 0);
    GtkWidget *spin = gtk_spin_button_new(number, 1, 0);
    mend_rows_add_option(grid, option, spin, spin);
    g_object_bind_property(settings, option->name, number, "value",
                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
}

void
mend_rows_add_check(GtkGrid *grid, GObject *settings, const MendOption *option)
{
    GtkWidget *check = gtk_check_button_new_with_mnemonic(_(option->label));
    mend_row_set_name(check, _(option->label));
    gtk_widget_set_tooltip_text(check, _(option->blurb));
    mend_rows_add_wide(grid, check);
    g_object_bind_property(settings, option->name, check, "active",
                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
}

static void
on_new_seed(GtkButton *button, GObject *settings)
{
    (void)button;
    g_object_set(settings, "seed", g_random_int_range(0, G_MAXINT), NULL);
}

void
mend_rows_add_seed(GtkGrid *grid, GObject *settings, const MendOption *option,
                   const char *button_label, const char *tip)
{
    GtkAdjustment *seed = gtk_adjustment_new(0, option->min, option->max, 1, 100, 0);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *spin = gtk_spin_button_new(seed, 1, 0);
    GtkWidget *button = gtk_button_new_with_mnemonic(button_label);
    gtk_entry_set_width_chars(GTK_ENTRY(spin), 10);
    gtk_box_pack_start(GTK_BOX(box), spin, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), button, FALSE, FALSE, 0);
    mend_rows_add_option(grid, option, box, spin);
    mend_row_set_name(button, _("New seed"));
    gtk_widget_set_tooltip_text(button, tip);
    g_object_bind_property(settings, option->name, seed, "value",
                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_new_seed), settings, 0);
}

MendChoice *
mend_rows_add_choice(GtkGrid *grid, GObject *settings, const MendOption *option)
{
    GtkWidget *choice = mend_choice_new(settings, option->name);
    const char *id, *label = NULL;
    for (int i = 0; option->choice && (id = option->choice(i, &label)); i++)
        mend_choice_add(MEND_CHOICE(choice), id, _(label), NULL, TRUE);
    if (option->choice)
        mend_choice_done(MEND_CHOICE(choice), _("not found"));
    mend_rows_add_option(grid, option, choice, choice);
    return MEND_CHOICE(choice);
}
