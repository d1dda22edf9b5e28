/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small pictures in a grid. */
#include "ui/gallery.h"

#include <glib/gi18n-lib.h>

#include "ui/surface.h"

#define SIDE  144 /* of a small picture */
#define BAR   96  /* length and height of a progress bar */
#define BAR_H 4
#define PLACE "mend-place"

struct _MendGallery {
    GtkBin parent;
    GtkWidget *flow, *hint;
};

G_DEFINE_FINAL_TYPE(MendGallery, mend_gallery, GTK_TYPE_BIN)

static guint selected_signal, kept_signal;

/* One of them; belongs to its GtkFlowBoxChild. */
typedef struct {
    int id;
    char *caption;
    cairo_surface_t *surface; /* NULL: has not come */
    double fraction;          /* below 0: waits */
    GtkWidget *child, *area, *keep;
} Place;

static void
place_free(gpointer data)
{
    Place *place = data;
    g_clear_pointer(&place->surface, cairo_surface_destroy);
    g_free(place->caption);
    g_free(place);
}

static Place *
place_of(gpointer child)
{
    return g_object_get_data(G_OBJECT(child), PLACE);
}

static Place *
find(MendGallery *gallery, int id)
{
    GtkFlowBoxChild *child;
    for (int i = 0; (child = gtk_flow_box_get_child_at_index(GTK_FLOW_BOX(gallery->flow), i)); i++)
        if (place_of(child)->id == id)
            return place_of(child);
    return NULL;
}

static void
draw_waiting(const Place *place, GtkWidget *area, cairo_t *cr)
{
    GdkRGBA colour;
    GtkStyleContext *style = gtk_widget_get_style_context(area);
    gtk_style_context_get_color(style, gtk_style_context_get_state(style), &colour);
    cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, 0.08);
    cairo_rectangle(cr, 0, 0, SIDE, SIDE);
    cairo_fill(cr);
    if (place->fraction < 0)
        return;
    double x = (SIDE - BAR) / 2.0, y = (SIDE - BAR_H) / 2.0;
    cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, 0.2);
    cairo_rectangle(cr, x, y, BAR, BAR_H);
    cairo_fill(cr);
    cairo_set_source_rgba(cr, colour.red, colour.green, colour.blue, 0.7);
    cairo_rectangle(cr, x, y, BAR * place->fraction, BAR_H);
    cairo_fill(cr);
}

static gboolean
on_draw(GtkWidget *area, cairo_t *cr, const Place *place)
{
    if (!place->surface) {
        draw_waiting(place, area, cr);
        return TRUE;
    }
    int w = cairo_image_surface_get_width(place->surface);
    int h = cairo_image_surface_get_height(place->surface);
    double scale = (double)SIDE / MAX(w, h);
    cairo_translate(cr, (SIDE - w * scale) / 2, (SIDE - h * scale) / 2);
    cairo_scale(cr, scale, scale);
    cairo_set_source_surface(cr, place->surface, 0, 0);
    cairo_paint(cr);
    return TRUE;
}

/* Each pixel the mean of those that fall on it, at most side x side. */
static MendTensor
shrink(MendTensor rgb, int side)
{
    int longer = MAX(rgb.shape.w, rgb.shape.h), step = MAX((longer + side - 1) / side, 1);
    MendShape shape = {3, MAX(rgb.shape.h / step, 1), MAX(rgb.shape.w / step, 1)};
    MendTensor small = mend_tensor_new(shape, NULL);
    float *out = small.data;
    int rows = MIN(step, rgb.shape.h), columns = MIN(step, rgb.shape.w);
    for (int i = 0; out && i < 3 * shape.h * shape.w; i++) {
        int x = i % shape.w * step, y = i / shape.w % shape.h * step;
        const float *from = mend_tensor_plane(rgb, i / shape.w / shape.h).data;
        float sum = 0;
        for (int dy = 0; dy < rows; dy++)
            for (int dx = 0; dx < columns; dx++)
                sum += from[(size_t)(y + dy) * (size_t)rgb.shape.w + (size_t)(x + dx)];
        *out++ = sum / (float)(rows * columns);
    }
    return small;
}

/* For screen readers: which it is, and what has become of it. */
static void
tell(const Place *place)
{
    const char *state = !place->surface ? _("being made")
                        : gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(place->keep))
                            ? _("kept")
                            : _("not kept");
    /* Translators: number of a picture; kept, not kept, being made */
    g_autofree char *name = g_strdup_printf(_("Picture %s, %s"), place->caption, state);
    g_autofree char *keep = g_strdup_printf(_("Keep picture %s"), place->caption);
    atk_object_set_name(gtk_widget_get_accessible(place->child), name);
    atk_object_set_name(gtk_widget_get_accessible(place->keep), keep);
}

static void
on_toggled(GtkWidget *keep, MendGallery *gallery)
{
    const Place *place = g_object_get_data(G_OBJECT(keep), PLACE);
    tell(place);
    g_signal_emit(gallery, kept_signal, 0);
}

static void
on_activated(MendGallery *gallery, GtkFlowBoxChild *child)
{
    (void)gallery;
    const Place *place = place_of(child);
    GtkToggleButton *keep = GTK_TOGGLE_BUTTON(place->keep);
    if (place->surface)
        gtk_toggle_button_set_active(keep, !gtk_toggle_button_get_active(keep));
}

static void
on_selected(MendGallery *gallery)
{
    g_signal_emit(gallery, selected_signal, 0);
}

static GtkWidget *
new_foot(Place *place)
{
    GtkWidget *foot = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *caption = gtk_label_new(place->caption);
    place->keep = gtk_check_button_new_with_label(_("Keep"));
    gtk_widget_set_tooltip_text(place->keep, _("Take this picture when the dialog is confirmed"));
    gtk_widget_set_sensitive(place->keep, FALSE);
    gtk_label_set_ellipsize(GTK_LABEL(caption), PANGO_ELLIPSIZE_END);
    gtk_label_set_xalign(GTK_LABEL(caption), 1.0f);
    gtk_box_pack_start(GTK_BOX(foot), place->keep, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(foot), caption, TRUE, TRUE, 0);
    return foot;
}

void
mend_gallery_add(MendGallery *gallery, int id, const char *caption)
{
    Place *place = g_new0(Place, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    place->id = id;
    place->caption = g_strdup(caption);
    place->fraction = -1;
    place->child = gtk_flow_box_child_new();
    place->area = gtk_drawing_area_new();
    gtk_widget_set_size_request(place->area, SIDE, SIDE);
    gtk_widget_set_halign(place->area, GTK_ALIGN_CENTER);
    gtk_box_pack_start(GTK_BOX(box), place->area, FALSE, FALSE, 0);
    gtk_box_pack_start(GTK_BOX(box), new_foot(place), FALSE, FALSE, 0);
    gtk_container_add(GTK_CONTAINER(place->child), box);
    gtk_widget_set_valign(place->child, GTK_ALIGN_START);
    gtk_widget_set_halign(place->child, GTK_ALIGN_CENTER);
    g_object_set_data_full(G_OBJECT(place->child), PLACE, place, place_free);
    g_object_set_data(G_OBJECT(place->keep), PLACE, place);
    g_signal_connect(place->area, "draw", G_CALLBACK(on_draw), place);
    g_signal_connect(place->keep, "toggled", G_CALLBACK(on_toggled), gallery);
    tell(place);
    gtk_widget_show_all(place->child);
    gtk_flow_box_insert(GTK_FLOW_BOX(gallery->flow), place->child, -1);
    gtk_widget_hide(gallery->hint);
}

void
mend_gallery_remove(MendGallery *gallery, int id)
{
    Place *place = find(gallery, id);
    if (place)
        gtk_widget_destroy(place->child);
    gtk_widget_set_visible(gallery->hint,
                           !gtk_flow_box_get_child_at_index(GTK_FLOW_BOX(gallery->flow), 0));
}

void
mend_gallery_set_progress(MendGallery *gallery, int id, double fraction)
{
    Place *place = find(gallery, id);
    if (!place)
        return;
    place->fraction = fraction;
    gtk_widget_queue_draw(place->area);
}

void
mend_gallery_set_picture(MendGallery *gallery, int id, MendTensor rgb)
{
    Place *place = find(gallery, id);
    if (!place)
        return;
    int scale = gtk_widget_get_scale_factor(place->area);
    g_auto(MendTensor) small = shrink(rgb, 2 * SIDE * scale); /* cairo does the rest, smoothly */
    if (small.data)
        place->surface = mend_surface_new(small, 1);
    gtk_widget_set_sensitive(place->keep, TRUE);
    gtk_widget_queue_draw(place->area);
    tell(place);
}

int
mend_gallery_get_selected(MendGallery *gallery)
{
    g_autoptr(GList) chosen = gtk_flow_box_get_selected_children(GTK_FLOW_BOX(gallery->flow));
    return chosen ? place_of(chosen->data)->id : -1;
}

void
mend_gallery_select(MendGallery *gallery, int id)
{
    const Place *place = find(gallery, id);
    if (place)
        gtk_flow_box_select_child(GTK_FLOW_BOX(gallery->flow), GTK_FLOW_BOX_CHILD(place->child));
}

gboolean
mend_gallery_get_kept(MendGallery *gallery, int id)
{
    const Place *place = find(gallery, id);
    return place && gtk_toggle_button_get_active(GTK_TOGGLE_BUTTON(place->keep));
}

static void
mend_gallery_class_init(MendGalleryClass *klass)
{
    selected_signal = g_signal_new("selected", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
    kept_signal = g_signal_new("kept", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);
}

static void
mend_gallery_init(MendGallery *gallery)
{
    GtkWidget *scrolled = gtk_scrolled_window_new(NULL, NULL), *overlay = gtk_overlay_new();
    gallery->flow = gtk_flow_box_new();
    gallery->hint = gtk_label_new(NULL);
    gtk_style_context_add_class(gtk_widget_get_style_context(gallery->hint), "dim-label");
    GtkFlowBox *flow = GTK_FLOW_BOX(gallery->flow);
    gtk_flow_box_set_homogeneous(flow, TRUE);
    gtk_flow_box_set_activate_on_single_click(flow, FALSE);
    gtk_flow_box_set_max_children_per_line(flow, 12);
    gtk_flow_box_set_row_spacing(flow, 6);
    gtk_flow_box_set_column_spacing(flow, 6);
    gtk_widget_set_valign(gallery->flow, GTK_ALIGN_START);
    gtk_container_set_border_width(GTK_CONTAINER(gallery->flow), 6);
    atk_object_set_name(gtk_widget_get_accessible(gallery->flow), _("Pictures"));
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_container_add(GTK_CONTAINER(scrolled), gallery->flow);
    gtk_container_add(GTK_CONTAINER(overlay), scrolled);
    gtk_overlay_add_overlay(GTK_OVERLAY(overlay), gallery->hint);
    gtk_overlay_set_overlay_pass_through(GTK_OVERLAY(overlay), gallery->hint, TRUE);
    gtk_container_add(GTK_CONTAINER(gallery), overlay);
    g_signal_connect_swapped(flow, "child-activated", G_CALLBACK(on_activated), gallery);
    g_signal_connect_swapped(flow, "selected-children-changed", G_CALLBACK(on_selected), gallery);
}

GtkWidget *
mend_gallery_new(const char *hint)
{
    MendGallery *gallery = g_object_new(MEND_TYPE_GALLERY, NULL);
    gtk_label_set_text(GTK_LABEL(gallery->hint), hint);
    return GTK_WIDGET(gallery);
}
