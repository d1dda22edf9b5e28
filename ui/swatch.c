/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture at full size. */
#include "ui/swatch.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "ui/surface.h"

#define LEAST_SIDE 200
#define KEY_STEP   16

struct _MendSwatch {
    GtkDrawingArea parent;
    cairo_surface_t *surface; /* or NULL */
    int width, height;        /* of the picture */
    gboolean tiles, offset;
    double x, y, start_x, start_y; /* moved by, picture pixels */
    GtkGesture *drag;
};

G_DEFINE_FINAL_TYPE(MendSwatch, mend_swatch, GTK_TYPE_DRAWING_AREA)

static gboolean
on_draw(GtkWidget *widget, cairo_t *cr)
{
    const MendSwatch *swatch = MEND_SWATCH(widget);
    GtkStyleContext *style = gtk_widget_get_style_context(widget);
    int w = gtk_widget_get_allocated_width(widget), h = gtk_widget_get_allocated_height(widget);
    int scale = gtk_widget_get_scale_factor(widget);
    double shift = swatch->offset ? 1.0 : 0.5;
    gtk_render_background(style, cr, 0, 0, w, h);
    if (swatch->surface && cairo_surface_status(swatch->surface) == CAIRO_STATUS_SUCCESS) {
        cairo_surface_set_device_scale(swatch->surface, scale, scale);
        double x = w * scale / 2.0 - swatch->width * shift + swatch->x;
        double y = h * scale / 2.0 - swatch->height * shift + swatch->y;
        cairo_set_source_surface(cr, swatch->surface, floor(x) / scale, floor(y) / scale);
        cairo_pattern_set_extend(cairo_get_source(cr), swatch->tiles || swatch->offset
                                                           ? CAIRO_EXTEND_REPEAT
                                                           : CAIRO_EXTEND_NONE);
        cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
        cairo_paint(cr);
    }
    if (gtk_widget_has_focus(widget))
        gtk_render_focus(style, cr, 1, 1, w - 2, h - 2);
    return TRUE;
}

static void
move_to(MendSwatch *swatch, double x, double y)
{
    swatch->x = swatch->width > 0 ? fmod(x, swatch->width) : 0;
    swatch->y = swatch->height > 0 ? fmod(y, swatch->height) : 0;
    gtk_widget_queue_draw(GTK_WIDGET(swatch));
}

static gboolean
on_key(GtkWidget *widget, GdkEventKey *event)
{
    MendSwatch *swatch = MEND_SWATCH(widget);
    switch (event->keyval) {
    case GDK_KEY_Left:
        move_to(swatch, swatch->x + KEY_STEP, swatch->y);
        return TRUE;
    case GDK_KEY_Right:
        move_to(swatch, swatch->x - KEY_STEP, swatch->y);
        return TRUE;
    case GDK_KEY_Up:
        move_to(swatch, swatch->x, swatch->y + KEY_STEP);
        return TRUE;
    case GDK_KEY_Down:
        move_to(swatch, swatch->x, swatch->y - KEY_STEP);
        return TRUE;
    default:
        return FALSE;
    }
}

static void
on_drag_begin(MendSwatch *swatch)
{
    gtk_widget_grab_focus(GTK_WIDGET(swatch));
    swatch->start_x = swatch->x;
    swatch->start_y = swatch->y;
}

static void
on_drag_update(MendSwatch *swatch, double dx, double dy)
{
    int scale = gtk_widget_get_scale_factor(GTK_WIDGET(swatch));
    move_to(swatch, swatch->start_x + dx * scale, swatch->start_y + dy * scale);
}

static void
mend_swatch_dispose(GObject *object)
{
    MendSwatch *swatch = MEND_SWATCH(object);
    g_clear_pointer(&swatch->surface, cairo_surface_destroy);
    g_clear_object(&swatch->drag);
    G_OBJECT_CLASS(mend_swatch_parent_class)->dispose(object);
}

static void
mend_swatch_class_init(MendSwatchClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = mend_swatch_dispose;
    GTK_WIDGET_CLASS(klass)->draw = on_draw;
    GTK_WIDGET_CLASS(klass)->key_press_event = on_key;
}

static void
mend_swatch_init(MendSwatch *swatch)
{
    GtkWidget *widget = GTK_WIDGET(swatch);
    gtk_widget_set_can_focus(widget, TRUE);
    gtk_widget_set_size_request(widget, LEAST_SIDE, LEAST_SIDE);
    atk_object_set_name(gtk_widget_get_accessible(widget), _("Selected picture at full size"));
    gtk_widget_set_tooltip_text(widget, _("The selected picture, pixel by pixel. Drag to move it"));
    swatch->drag = gtk_gesture_drag_new(widget);
    g_signal_connect_swapped(swatch->drag, "drag-begin", G_CALLBACK(on_drag_begin), swatch);
    g_signal_connect_swapped(swatch->drag, "drag-update", G_CALLBACK(on_drag_update), swatch);
}

GtkWidget *
mend_swatch_new(void)
{
    return g_object_new(MEND_TYPE_SWATCH, NULL);
}

void
mend_swatch_set_picture(MendSwatch *swatch, MendTensor rgb, gboolean tiles)
{
    g_clear_pointer(&swatch->surface, cairo_surface_destroy);
    if (rgb.data)
        swatch->surface = mend_surface_new(rgb, 1);
    swatch->width = rgb.shape.w;
    swatch->height = rgb.shape.h;
    swatch->tiles = tiles;
    gtk_widget_queue_draw(GTK_WIDGET(swatch));
}

void
mend_swatch_set_offset(MendSwatch *swatch, gboolean offset)
{
    swatch->offset = offset;
    move_to(swatch, 0, 0);
}
