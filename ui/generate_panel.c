/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings for generating. */
#include "ui/generate_panel.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "compute/generate_settings.h"
#include "compute/texture.h"
#include "ui/choice.h"
#include "ui/devices.h"
#include "ui/rows.h"

struct _MendGeneratePanel {
    GtkBox parent;
    GObject *settings;
    MendGenerateSizes sizes;
    GPtrArray *models; /* MendTextureInfo */
    MendChoice *material;
    GtkWidget *typed; /* the entries of a size */
    GtkWidget *about;
};

G_DEFINE_FINAL_TYPE(MendGeneratePanel, mend_generate_panel, GTK_TYPE_BOX)

static const MendOption *
row_of(const char *name)
{
    return mend_fields_find(mend_generate_fields, name);
}

static MendChoice *
add_choice(MendGeneratePanel *panel, GtkGrid *grid, const char *name)
{
    return mend_rows_add_choice(grid, panel->settings, row_of(name));
}

static GtkWidget *
new_spin(MendGeneratePanel *panel, const char *name, double step, double page, int digits)
{
    const MendOption *row = row_of(name);
    GtkAdjustment *number = gtk_adjustment_new(row->min, row->min, row->max, step, page, 0);
    GtkWidget *spin = gtk_spin_button_new(number, step, (guint)digits);
    g_object_bind_property(panel->settings, name, number, "value",
                           G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
    return spin;
}

static void
add_spin(MendGeneratePanel *panel, GtkGrid *grid, const char *name, double step, int digits)
{
    GtkWidget *spin = new_spin(panel, name, step, 10 * step, digits);
    mend_rows_add_option(grid, row_of(name), spin, spin);
}

/* The classes of all models, or of the chosen one. */
static void
fill_materials(MendGeneratePanel *panel)
{
    g_autofree char *model = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_object_get(panel->settings, "model", &model, NULL);
    gboolean any = !model || !*model || strcmp(model, "auto") == 0;
    mend_choice_clear(panel->material);
    mend_choice_add(panel->material, "none", _(mend_material_label("none")), NULL, TRUE);
    for (guint i = 0; i < panel->models->len; i++) {
        const MendTextureInfo *info = panel->models->pdata[i];
        gboolean taken = any || strcmp(model, info->model->id) == 0;
        for (char **class = info->model->tasks; taken && *class; class ++) {
            if (g_hash_table_add(seen, *class))
                mend_choice_add(panel->material, *class, _(mend_material_label(*class)), NULL,
                                TRUE);
        }
    }
    mend_choice_done(panel->material, _("not found"));
}

/* "Of the image (1920 × 1080)"; grey where there is none. */
static void
add_size(MendChoice *choice, const char *id, const char *label, int width, int height)
{
    g_autofree char *text =
        width > 0 ? g_strdup_printf("%s (%d × %d)", label, width, height) : g_strdup(label);
    mend_choice_add(choice, id, text, width > 0 ? NULL : _("there is none"), width > 0);
}

static void
add_sizes(MendGeneratePanel *panel, GtkGrid *grid)
{
    const MendGenerateSizes *s = &panel->sizes;
    const MendOption *row = row_of("size");
    g_autofree char *present = NULL;
    g_object_get(panel->settings, "size", &present, NULL);
    if ((g_strcmp0(present, "image") == 0 && s->image_width == 0) ||
        (g_strcmp0(present, "selection") == 0 && s->selection_width == 0))
        g_object_set(panel->settings, "size", "typed", NULL);
    MendChoice *choice = MEND_CHOICE(mend_choice_new(panel->settings, "size"));
    const char *id, *label = NULL;
    for (int i = 0; (id = row->choice(i, &label)); i++) {
        if (strcmp(id, "image") == 0)
            add_size(choice, id, _(label), s->image_width, s->image_height);
        else if (strcmp(id, "selection") == 0)
            add_size(choice, id, _(label), s->selection_width, s->selection_height);
        else
            mend_choice_add(choice, id, _(label), NULL, TRUE);
    }
    mend_choice_done(choice, _("not found"));
    mend_rows_add_option(grid, row_of("size"), GTK_WIDGET(choice), GTK_WIDGET(choice));
}

static void
add_typed(MendGeneratePanel *panel, GtkGrid *grid)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *width = new_spin(panel, "width", 16, 64, 0);
    GtkWidget *height = new_spin(panel, "height", 16, 64, 0);
    GtkWidget *label = gtk_label_new_with_mnemonic(_(row_of("height")->label));
    gtk_label_set_mnemonic_widget(GTK_LABEL(label), height);
    mend_row_set_name(height, _(row_of("height")->label));
    gtk_widget_set_tooltip_text(height, _(row_of("height")->blurb));
    gtk_entry_set_width_chars(GTK_ENTRY(width), 4);
    gtk_entry_set_width_chars(GTK_ENTRY(height), 4);
    gtk_box_pack_start(GTK_BOX(box), width, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(box), label, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box), height, TRUE, TRUE, 0);
    mend_rows_add_option(grid, row_of("width"), box, width);
    panel->typed = box;
}

static void
on_size_changed(MendGeneratePanel *panel)
{
    g_autofree char *size = NULL;
    g_object_get(panel->settings, "size", &size, NULL);
    gtk_widget_set_sensitive(panel->typed, g_strcmp0(size, "typed") == 0);
}

/* The licence of the model that will be taken. */
static void
show_about(MendGeneratePanel *panel)
{
    g_autofree char *model = NULL, *text = NULL;
    g_object_get(panel->settings, "model", &model, NULL);
    for (guint i = 0; !text && i < panel->models->len; i++) {
        const MendModelInfo *info = ((const MendTextureInfo *)panel->models->pdata[i])->model;
        if (g_strcmp0(model, "auto") == 0 || g_strcmp0(model, info->id) == 0)
            text = g_strdup_printf(_("Licence: %s"), info->licence);
    }
    gtk_label_set_text(GTK_LABEL(panel->about), text ? text : "");
}

static void
on_model_changed(MendGeneratePanel *panel)
{
    fill_materials(panel);
    show_about(panel);
}

static void
add_models(MendGeneratePanel *panel, GtkGrid *grid)
{
    MendChoice *choice = add_choice(panel, grid, "model");
    mend_choice_add(choice, "auto", _("Automatic"), NULL, TRUE);
    for (guint i = 0; i < panel->models->len; i++) {
        const MendModelInfo *info = ((const MendTextureInfo *)panel->models->pdata[i])->model;
        mend_choice_add(choice, info->id, info->label, NULL, TRUE);
    }
    mend_choice_done(choice, _("not found"));
}

static GtkWidget *
new_advanced(MendGeneratePanel *panel)
{
    GtkGrid *grid = mend_rows_new();
    add_choice(panel, grid, "method");
    add_choice(panel, grid, "integrator");
    add_models(panel, grid);
    mend_devices_fill(add_choice(panel, grid, "device"));
    panel->about = gtk_label_new(NULL);
    gtk_label_set_xalign(GTK_LABEL(panel->about), 0.0f);
    gtk_label_set_line_wrap(GTK_LABEL(panel->about), TRUE);
    gtk_label_set_max_width_chars(GTK_LABEL(panel->about), 30);
    gtk_style_context_add_class(gtk_widget_get_style_context(panel->about), "dim-label");
    mend_rows_add_wide(grid, panel->about);
    gtk_widget_set_margin_top(GTK_WIDGET(grid), 6);
    GtkWidget *advanced = gtk_expander_new(_("Advanced"));
    mend_row_set_name(advanced, _("Advanced"));
    gtk_container_add(GTK_CONTAINER(advanced), GTK_WIDGET(grid));
    return advanced;
}

static void
build(MendGeneratePanel *panel)
{
    GtkGrid *grid = mend_rows_new();
    panel->material = add_choice(panel, grid, "material");
    add_sizes(panel, grid);
    add_typed(panel, grid);
    mend_rows_add_check(grid, panel->settings, row_of("tileable"));
    mend_rows_add_seed(grid, panel->settings, row_of("seed"), _("New"),
                       _("Take a random seed: other pictures"));
    add_spin(panel, grid, "count", 1, 0);
    add_spin(panel, grid, "evaluations", 1, 0);
    add_spin(panel, grid, "class-strength", 0.5, 1);
    add_choice(panel, grid, "output");
    gtk_box_pack_start(GTK_BOX(panel), GTK_WIDGET(grid), FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(panel), new_advanced(panel), FALSE, FALSE, 0);
}

static void
mend_generate_panel_dispose(GObject *object)
{
    MendGeneratePanel *panel = MEND_GENERATE_PANEL(object);
    g_clear_object(&panel->settings);
    g_clear_pointer(&panel->models, g_ptr_array_unref);
    G_OBJECT_CLASS(mend_generate_panel_parent_class)->dispose(object);
}

static void
mend_generate_panel_class_init(MendGeneratePanelClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_generate_panel_dispose;
}

static void
mend_generate_panel_init(MendGeneratePanel *panel)
{
    panel->models = mend_textures_list(NULL);
}

GtkWidget *
mend_generate_panel_new(GObject *settings, const MendGenerateSizes *sizes)
{
    MendGeneratePanel *panel = g_object_new(MEND_TYPE_GENERATE_PANEL, "orientation",
                                            GTK_ORIENTATION_VERTICAL, "spacing", 12, NULL);
    panel->settings = g_object_ref(settings);
    panel->sizes = *sizes;
    build(panel);
    on_size_changed(panel);
    on_model_changed(panel);
    g_signal_connect_object(settings, "notify::size", G_CALLBACK(on_size_changed), panel,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(settings, "notify::model", G_CALLBACK(on_model_changed), panel,
                            G_CONNECT_SWAPPED);
    gtk_widget_show_all(GTK_WIDGET(panel));
    return GTK_WIDGET(panel);
}

int
mend_generate_panel_n_models(const MendGeneratePanel *panel)
{
    return (int)panel->models->len;
}
