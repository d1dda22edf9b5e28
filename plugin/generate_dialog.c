/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIMP's procedure dialog around the widgets for generating. */
#include "plugin/generate_dialog.h"

#include "compute/error.h"
#include "plugin/generate.h"
#include "plugin/place.h"
#include "ui/generate_view.h"

#include <glib/gi18n-lib.h>
#include <libgimp/gimpui.h>

#define WIDTH  1100
#define HEIGHT 760

typedef struct {
    GimpProcedureConfig *config;
    GimpImage *image;
    GimpDrawable **drawables;
    GtkWidget *window;
    MendGenerateView *view;
} Dialog;

static gboolean
read_options(gpointer data, MendGenerateOptions *options, GError **error)
{
    const Dialog *dialog = data;
    MendGenerateSettings settings;
    MendPlace place;
    return mend_generate_read(dialog->config, &settings, error) &&
           mend_place_find(&place, &settings, dialog->image, dialog->drawables, error) &&
           mend_generate_settings_options(&settings, place.width, place.height, options, error);
}

static MendGenerateSizes
sizes_of(GimpImage *image)
{
    MendGenerateSizes sizes = {0};
    gboolean selected = FALSE;
    int x1, y1, x2, y2;
    if (!image)
        return sizes;
    sizes.image_width = gimp_image_get_width(image);
    sizes.image_height = gimp_image_get_height(image);
    if (gimp_selection_bounds(image, &selected, &x1, &y1, &x2, &y2) && selected) {
        sizes.selection_width = x2 - x1;
        sizes.selection_height = y2 - y1;
    }
    return sizes;
}

static void
on_chosen(Dialog *dialog)
{
    gtk_dialog_set_response_sensitive(GTK_DIALOG(dialog->window), GTK_RESPONSE_OK,
                                      mend_generate_view_has_chosen(dialog->view));
}

static void
build(Dialog *dialog, GimpProcedure *procedure)
{
    MendGenerateSource source = {sizes_of(dialog->image), read_options, dialog};
    dialog->window = gimp_procedure_dialog_new(procedure, dialog->config, _("Generate Textures"));
    GtkWidget *view = mend_generate_view_new(G_OBJECT(dialog->config), &source);
    dialog->view = MEND_GENERATE_VIEW(view);
    gtk_widget_set_margin_bottom(view, 6);
    gtk_box_pack_start(GTK_BOX(gtk_dialog_get_content_area(GTK_DIALOG(dialog->window))), view, TRUE,
                       TRUE, 0);
    gtk_window_set_default_size(GTK_WINDOW(dialog->window), WIDTH, HEIGHT);
    g_signal_connect_swapped(view, "chosen", G_CALLBACK(on_chosen), dialog);
    on_chosen(dialog);
}

GPtrArray *
mend_generate_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config, GimpImage *image,
                         GimpDrawable **drawables, GError **error)
{
    Dialog dialog = {config, image, drawables, NULL, NULL};
    gimp_ui_init("mend");
    build(&dialog, procedure);
    GPtrArray *taken = NULL;
    if (gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog.window)))
        taken = mend_generate_view_take(dialog.view);
    g_signal_handlers_disconnect_by_data(dialog.view, &dialog);
    gtk_widget_destroy(dialog.window);
    if (taken && taken->len > 0)
        return taken;
    g_clear_pointer(&taken, g_ptr_array_unref);
    g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Cancelled."));
    return NULL;
}
