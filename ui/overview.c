/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole picture, small, with a rectangle on the part that the preview shows. */
#include "ui/overview.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "ui/surface.h"

#define MAX_WIDTH  280
#define MAX_HEIGHT 160

struct _MendOverview {
    GtkDrawingArea parent;
    int width, height; /* of the picture */
    GdkRectangle part;
    cairo_surface_t *thumb;
    double grip_x, grip_y; /* where in the part the pointer took it, picture pixels */
};

G_DEFINE_FINAL_TYPE(MendOverview, mend_overview, GTK_TYPE_DRAWING_AREA)

static guint moved_signal;

/* Logical pixels for one picture pixel. */
static double
zoom_of(MendOverview *overview)
{
    double x = (double)MAX_WIDTH / overview->width, y = (double)MAX_HEIGHT / overview->height;
    return MIN(MIN(x, y), 1.0);
}

static void
origin_of(MendOverview *overview, double *x, double *y)
{
    GtkWidget *widget = GTK_WIDGET(overview);
    double zoom = zoom_of(overview);
    *x = floor((gtk_widget_get_allocated_width(widget) - overview->width * zoom) / 2);
    *y = floor((gtk_widget_get_allocated_height(widget) - overview->height * zoom) / 2);
}

static gboolean
mend_overview_draw(GtkWidget *widget, cairo_t *cr)
{
    MendOverview *overview = MEND_OVERVIEW(widget);
    double zoom = zoom_of(overview), x, y;
    double w = overview->width * zoom, h = overview->height * zoom;
    origin_of(overview, &x, &y);
    if (overview->thumb) {
        cairo_set_source_surface(cr, overview->thumb, x, y);
        cairo_paint(cr);
    }
    double px = x + overview->part.x * zoom, py = y + overview->part.y * zoom;
    double pw = overview->part.width * zoom, ph = overview->part.height * zoom;
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_rectangle(cr, x, y, w, h);
    cairo_rectangle(cr, px, py, pw, ph);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.45);
    cairo_fill(cr);
    cairo_set_line_width(cr, 1);
    cairo_rectangle(cr, floor(px) + 0.5, floor(py) + 0.5, MAX(ceil(pw) - 1, 1),
                    MAX(ceil(ph) - 1, 1));
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_stroke(cr);
    if (gtk_widget_has_visible_focus(widget))
        gtk_render_focus(gtk_widget_get_style_context(widget), cr, x - 3, y - 3, w + 6, h + 6);
    return TRUE;
}

static void
want(MendOverview *overview, double x, double y)
{
    g_signal_emit(overview, moved_signal, 0, (int)lround(x), (int)lround(y));
}

static void
drag_to(MendOverview *overview, double x, double y)
{
    double zoom = zoom_of(overview), ox, oy;
    origin_of(overview, &ox, &oy);
    want(overview, (x - ox) / zoom - overview->grip_x, (y - oy) / zoom - overview->grip_y);
}

static gboolean
mend_overview_press(GtkWidget *widget, GdkEventButton *event)
{
    MendOverview *overview = MEND_OVERVIEW(widget);
    GdkRectangle part = overview->part;
    double zoom = zoom_of(overview), ox, oy;
    if (event->button != 1)
        return FALSE;
    gtk_widget_grab_focus(widget);
    origin_of(overview, &ox, &oy);
    overview->grip_x = (event->x - ox) / zoom - part.x;
    overview->grip_y = (event->y - oy) / zoom - part.y;
    gboolean inside = overview->grip_x >= 0 && overview->grip_x < part.width &&
                      overview->grip_y >= 0 && overview->grip_y < part.height;
    if (!inside) { /* a click beside the part centres it there */
        overview->grip_x = part.width / 2.0;
        overview->grip_y = part.height / 2.0;
    }
    drag_to(overview, event->x, event->y);
    return TRUE;
}

static gboolean
mend_overview_motion(GtkWidget *widget, GdkEventMotion *event)
{
    drag_to(MEND_OVERVIEW(widget), event->x, event->y);
    return TRUE;
}

static gboolean
mend_overview_key(GtkWidget *widget, GdkEventKey *event)
{
    MendOverview *overview = MEND_OVERVIEW(widget);
    GdkRectangle part = overview->part;
    double dx = part.width / 8.0, dy = part.height / 8.0;
    switch (event->keyval) {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
        want(overview, part.x - dx, part.y);
        return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
        want(overview, part.x + dx, part.y);
        return TRUE;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
        want(overview, part.x, part.y - dy);
        return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
        want(overview, part.x, part.y + dy);
        return TRUE;
    default:
        return FALSE;
    }
}

static void
mend_overview_finalize(GObject *object)
{
    g_clear_pointer(&MEND_OVERVIEW(object)->thumb, cairo_surface_destroy);
    G_OBJECT_CLASS(mend_overview_parent_class)->finalize(object);
}

static void
mend_overview_class_init(MendOverviewClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->finalize = mend_overview_finalize;
    widget->draw = mend_overview_draw;
    widget->button_press_event = mend_overview_press;
    widget->motion_notify_event = mend_overview_motion;
    widget->key_press_event = mend_overview_key;
    gtk_widget_class_set_accessible_role(widget, ATK_ROLE_IMAGE);
    moved_signal = g_signal_new("moved", MEND_TYPE_OVERVIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
}

static void
mend_overview_init(MendOverview *overview)
{
    GtkWidget *widget = GTK_WIDGET(overview);
    gtk_widget_set_can_focus(widget, TRUE);
    gtk_widget_add_events(widget,
                          GDK_BUTTON_PRESS_MASK | GDK_BUTTON1_MOTION_MASK | GDK_KEY_PRESS_MASK);
    gtk_widget_set_tooltip_text(widget, _("Drag the rectangle to the part you want to see"));
    atk_object_set_name(gtk_widget_get_accessible(widget), _("Part shown in the preview"));
}

GtkWidget *
mend_overview_new(int width, int height)
{
    MendOverview *overview = g_object_new(MEND_TYPE_OVERVIEW, NULL);
    overview->width = MAX(width, 1);
    overview->height = MAX(height, 1);
    double zoom = zoom_of(overview);
    gtk_widget_set_size_request(GTK_WIDGET(overview), (int)ceil(overview->width * zoom) + 8,
                                (int)ceil(overview->height * zoom) + 8);
    return GTK_WIDGET(overview);
}

void
mend_overview_get_thumb_size(MendOverview *overview, int *width, int *height)
{
    double zoom = zoom_of(overview) * gtk_widget_get_scale_factor(GTK_WIDGET(overview));
    zoom = MIN(zoom, 1.0);
    *width = MAX((int)(overview->width * zoom), 1);
    *height = MAX((int)(overview->height * zoom), 1);
}

void
mend_overview_set_thumb(MendOverview *overview, MendTensor rgb)
{
    g_clear_pointer(&overview->thumb, cairo_surface_destroy);
    overview->thumb = mend_surface_new(rgb, 1);
    /* However the thumbnail was rounded, it fills the same rectangle. */
    double zoom = zoom_of(overview);
    cairo_surface_set_device_scale(overview->thumb, rgb.shape.w / (overview->width * zoom),
                                   rgb.shape.h / (overview->height * zoom));
    gtk_widget_queue_draw(GTK_WIDGET(overview));
}

void
mend_overview_set_part(MendOverview *overview, GdkRectangle part)
{
    overview->part = part;
    g_autofree char *text = g_strdup_printf(
        _("%d × %d pixels from %d, %d of a picture of %d × %d. Arrow keys move it."), part.width,
        part.height, part.x, part.y, overview->width, overview->height);
    atk_object_set_description(gtk_widget_get_accessible(GTK_WIDGET(overview)), text);
    gtk_widget_queue_draw(GTK_WIDGET(overview));
}
