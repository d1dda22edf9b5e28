/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A combo box that shows and sets a string property. */
#include "ui/choice.h"

enum { COLUMN_ID, COLUMN_MARKUP, COLUMN_SENSITIVE, N_COLUMNS };

struct _MendChoice {
    GtkComboBox parent;
    GObject *settings;
    char *property;
    gboolean quiet; /* being changed by us, not by the user */
};

G_DEFINE_FINAL_TYPE(MendChoice, mend_choice, GTK_TYPE_COMBO_BOX)

static GtkListStore *
store_of(MendChoice *choice)
{
    return GTK_LIST_STORE(gtk_combo_box_get_model(GTK_COMBO_BOX(choice)));
}

/* The box may be too narrow for what it shows. */
static gboolean
on_query_tooltip(MendChoice *choice, int x, int y, gboolean keyboard, GtkTooltip *tooltip)
{
    (void)x, (void)y, (void)keyboard;
    GtkTreeIter iter;
    g_autofree char *markup = NULL;
    g_autofree char *blurb = gtk_widget_get_tooltip_text(GTK_WIDGET(choice));
    if (!blurb || !gtk_combo_box_get_active_iter(GTK_COMBO_BOX(choice), &iter))
        return FALSE;
    gtk_tree_model_get(GTK_TREE_MODEL(store_of(choice)), &iter, COLUMN_MARKUP, &markup, -1);
    g_autofree char *escaped = g_markup_escape_text(blurb, -1);
    g_autofree char *text = g_strdup_printf("<b>%s</b>\n%s", markup, escaped);
    gtk_tooltip_set_markup(tooltip, text);
    return TRUE;
}

static gboolean
show_value(MendChoice *choice)
{
    g_autofree char *value = NULL;
    g_object_get(choice->settings, choice->property, &value, NULL);
    choice->quiet = TRUE;
    gboolean found = gtk_combo_box_set_active_id(GTK_COMBO_BOX(choice), value ? value : "");
    choice->quiet = FALSE;
    return found;
}

static void
on_notify(MendChoice *choice)
{
    show_value(choice);
}

static void
on_changed(GtkComboBox *combo)
{
    MendChoice *choice = MEND_CHOICE(combo);
    const char *id = gtk_combo_box_get_active_id(combo);
    if (!choice->quiet && id)
        g_object_set(choice->settings, choice->property, id, NULL);
}

static void
mend_choice_finalize(GObject *object)
{
    MendChoice *choice = MEND_CHOICE(object);
    g_clear_object(&choice->settings);
    g_free(choice->property);
    G_OBJECT_CLASS(mend_choice_parent_class)->finalize(object);
}

static void
mend_choice_class_init(MendChoiceClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = mend_choice_finalize;
}

static void
mend_choice_init(MendChoice *choice)
{
    GtkCellLayout *layout = GTK_CELL_LAYOUT(choice);
    GtkCellRenderer *cell = gtk_cell_renderer_text_new();
    g_object_set(cell, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars", 24, "max-width-chars", 28,
                 NULL);
    gtk_cell_layout_pack_start(layout, cell, TRUE);
    gtk_cell_layout_set_attributes(layout, cell, "markup", COLUMN_MARKUP, "sensitive",
                                   COLUMN_SENSITIVE, NULL);
}

GtkWidget *
mend_choice_new(GObject *settings, const char *property)
{
    g_autoptr(GtkListStore) store =
        gtk_list_store_new(N_COLUMNS, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
    MendChoice *choice =
        g_object_new(MEND_TYPE_CHOICE, "model", store, "id-column", COLUMN_ID, NULL);
    choice->settings = g_object_ref(settings);
    choice->property = g_strdup(property);
    g_autofree char *signal = g_strconcat("notify::", property, NULL);
    g_signal_connect_object(settings, signal, G_CALLBACK(on_notify), choice, G_CONNECT_SWAPPED);
    g_signal_connect(choice, "query-tooltip", G_CALLBACK(on_query_tooltip), NULL);
    g_signal_connect(choice, "changed", G_CALLBACK(on_changed), NULL);
    return GTK_WIDGET(choice);
}

void
mend_choice_clear(MendChoice *choice)
{
    choice->quiet = TRUE;
    gtk_list_store_clear(store_of(choice));
    choice->quiet = FALSE;
}

void
mend_choice_add(MendChoice *choice, const char *id, const char *label, const char *note,
                gboolean sensitive)
{
    g_autofree char *markup =
        note && *note ? g_markup_printf_escaped("%s  <small><i>%s</i></small>", label, note)
                      : g_markup_escape_text(label, -1);
    gtk_list_store_insert_with_values(store_of(choice), NULL, -1, COLUMN_ID, id, COLUMN_MARKUP,
                                      markup, COLUMN_SENSITIVE, sensitive, -1);
}

void
mend_choice_done(MendChoice *choice, const char *unknown_note)
{
    if (show_value(choice))
        return;
    g_autofree char *value = NULL;
    g_object_get(choice->settings, choice->property, &value, NULL);
    if (!value || !*value)
        return;
    mend_choice_add(choice, value, value, unknown_note, TRUE);
    show_value(choice);
}
