/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done with pictures. */
#include "ui/generate_bar.h"

#include <glib/gi18n-lib.h>

#include "compute/generate_settings.h"
#include "ui/rows.h"

struct _MendGenerateBar {
    GtkBox parent;
    GtkWidget *generate, *more, *surprise, *undo, *progress, *status;
};

G_DEFINE_FINAL_TYPE(MendGenerateBar, mend_generate_bar, GTK_TYPE_BOX)

enum { GENERATE, MORE, SURPRISE, UNDO, N_SIGNALS };

static const char *const names[N_SIGNALS] = {"generate", "more", "surprise", "undo"};
static guint signals[N_SIGNALS];

static void
on_clicked(GtkWidget *button, MendGenerateBar *bar)
{
    GtkWidget *const buttons[N_SIGNALS] = {bar->generate, bar->more, bar->surprise, bar->undo};
    for (int i = 0; i < N_SIGNALS; i++) {
        if (buttons[i] == button)
            g_signal_emit(bar, signals[i], 0);
    }
}

static GtkWidget *
new_button(MendGenerateBar *bar, const char *label, const char *tip)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(label);
    gtk_widget_set_tooltip_text(button, tip);
    g_signal_connect(button, "clicked", G_CALLBACK(on_clicked), bar);
    return button;
}

static GtkWidget *
new_similarity(GObject *settings)
{
    const MendOption *row = mend_fields_find(mend_generate_fields, "similarity");
    GtkAdjustment *value = gtk_adjustment_new(0, 0, 1, 0.05, 0.2, 0);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *label = gtk_label_new_with_mnemonic(_(row->label));
    GtkWidget *scale = gtk_scale_new(GTK_ORIENTATION_HORIZONTAL, value);
    gtk_scale_set_draw_value(GTK_SCALE(scale), FALSE);
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), scale);
    mend_row_set_name(scale, _(row->label));
    gtk_widget_set_tooltip_text(scale, _(row->blurb));
    gtk_widget_set_size_request(scale, 120, -1);
    gtk_box_pack_start(GTK_BOX(box), label, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box), scale, TRUE, TRUE, 0);
    g_object_bind_property(settings, "similarity", value, "value",
                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    return box;
}

static GtkWidget *
new_actions(MendGenerateBar *bar, GObject *settings)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    bar->more = new_button(bar, _("More Li_ke This"), NULL);
    bar->surprise = new_button(bar, _("Surprise"), NULL);
    bar->undo = new_button(bar, _("Undo"), _("Take the latest of these back (Ctrl+Z)"));
    gtk_box_pack_start(GTK_BOX(row), bar->more, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(row), new_similarity(settings), TRUE, TRUE, 6);
    gtk_box_pack_start(GTK_BOX(row), bar->surprise, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(row), bar->undo, FALSE, FALSE, 0);
    return row;
}

static GtkWidget *
new_run_row(MendGenerateBar *bar)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    bar->generate = new_button(bar, _("_Generate"), NULL);
    bar->progress = gtk_progress_bar_new();
    bar->status = gtk_label_new(NULL);
    gtk_widget_set_size_request(bar->generate, 140, -1);
    gtk_widget_set_valign(bar->progress, GTK_ALIGN_CENTER);
    gtk_widget_set_no_show_all(bar->progress, TRUE);
    gtk_label_set_ellipsize(GTK_LABEL(bar->status), PANGO_ELLIPSIZE_END);
    gtk_label_set_xalign(GTK_LABEL(bar->status), 0.0f);
    gtk_style_context_add_class(gtk_widget_get_style_context(bar->status), "dim-label");
    gtk_style_context_add_class(gtk_widget_get_style_context(bar->generate), "suggested-action");
    atk_object_set_name(gtk_widget_get_accessible(bar->progress), _("Progress"));
    gtk_box_pack_start(GTK_BOX(row), bar->generate, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(row), bar->progress, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(row), bar->status, TRUE, TRUE, 0);
    return row;
}

static void
mend_generate_bar_class_init(MendGenerateBarClass *klass)
{
    for (int i = 0; i < N_SIGNALS; i++)
        signals[i] = g_signal_new(names[i], G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
mend_generate_bar_init(MendGenerateBar *bar)
{
    gtk_orientable_set_orientation(GTK_ORIENTABLE(bar), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(GTK_BOX(bar), 12);
}

GtkWidget *
mend_generate_bar_new(GObject *settings)
{
    MendGenerateBar *bar = g_object_new(MEND_TYPE_GENERATE_BAR, NULL);
    gtk_box_pack_start(GTK_BOX(bar), new_actions(bar, settings), FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(bar), new_run_row(bar), FALSE, FALSE, 0);
    gtk_widget_show_all(GTK_WIDGET(bar));
    return GTK_WIDGET(bar);
}

/* tip: where it can be used; no: why it cannot, or NULL. */
static void
set_usable(GtkWidget *button, const char *tip, const char *no)
{
    gtk_widget_set_sensitive(button, !no);
    gtk_widget_set_tooltip_text(button, no ? no : tip);
}

void
mend_generate_bar_set_state(MendGenerateBar *bar, const MendGenerateBarState *state)
{
    const char *label = state->running   ? _("Sto_p")
                        : state->goes_on ? _("_Generate More")
                                         : _("_Generate");
    gtk_button_set_label(GTK_BUTTON(bar->generate), label);
    gtk_widget_set_sensitive(bar->generate, state->generate);
    gtk_widget_set_tooltip_text(
        bar->generate, state->running   ? _("Give up what has not come yet")
                       : state->goes_on ? _("Further pictures with these settings, as much like "
                                            "the ones before as the slider says now")
                                        : _("Make pictures with these settings"));
    set_usable(bar->more, _("A picture as much like the selected one as the slider says"),
               state->no_more);
    set_usable(bar->surprise, _("From the selected picture to somewhere else"), state->no_surprise);
    gtk_widget_set_sensitive(bar->undo, state->undo);
    gtk_widget_set_visible(bar->progress, state->running);
}

void
mend_generate_bar_set_progress(MendGenerateBar *bar, double fraction, const char *text,
                               const char *tip)
{
    gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(bar->progress), CLAMP(fraction, 0.0, 1.0));
    gtk_label_set_text(GTK_LABEL(bar->status), text);
    gtk_widget_set_tooltip_text(bar->status, tip);
}
