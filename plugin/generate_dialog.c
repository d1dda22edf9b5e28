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

static gboolean
place_taken(Dialog *dialog, MendPlacePictures place, gpointer data)
{
    g_autoptr(GPtrArray) taken = mend_generate_view_take(dialog->view);
    g_autoptr(GError) error = NULL;
    if (taken->len == 0)
        return FALSE;
    if (place(taken, data, &error))
        return TRUE;
    g_autofree char *text = g_strdup_printf(
        _("%s\nThe pictures are still here: put that right and press OK again."), error->message);
    mend_generate_view_show_message(dialog->view, GTK_MESSAGE_ERROR, text);
    return FALSE;
}

gboolean
mend_generate_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config, GimpImage *image,
                         GimpDrawable **drawables, MendPlacePictures place, gpointer data,
                         GError **error)
{
    Dialog dialog = {config, image, drawables, NULL, NULL};
    gimp_ui_init("mend");
    build(&dialog, procedure);
    gboolean placed = FALSE;
    while (!placed && gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog.window)))
        placed = place_taken(&dialog, place, data);
    g_signal_handlers_disconnect_by_data(dialog.view, &dialog);
    gtk_widget_destroy(dialog.window);
    if (!placed)
        g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Cancelled."));
    return placed;
}
