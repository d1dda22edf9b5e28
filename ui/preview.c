/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before and after of a part of the picture, with a divider between them. */
#include "ui/preview.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "ui/preview_accessible.h"
#include "ui/surface.h"

#define KEY_STEP   0.02
#define HANDLE     9.0 /* radius, in logical pixels */
#define MIN_WIDTH  360
#define MIN_HEIGHT 320

typedef enum { DRAG_NONE, DRAG_DIVIDER, DRAG_PART } Drag;

struct _MendPreview {
    GtkDrawingArea parent;
    MendTensor before, after;                  /* copies; data NULL where there is none */
    cairo_surface_t *before_face, *after_face; /* made when drawn, dropped when something changed */
    double divider, strength, busy;
    gboolean outdated;
    Drag drag;
    double last_x, last_y; /* of the pointer while a part is dragged, logical */
    double rest_x, rest_y; /* what panning has not come to a pixel with yet */
};

G_DEFINE_FINAL_TYPE(MendPreview, mend_preview, GTK_TYPE_DRAWING_AREA)

enum { PROP_DIVIDER = 1, N_PROPS };
static GParamSpec *props[N_PROPS];
static guint pan_signal;

typedef struct {
    double x, y, w, h; /* of the shown picture in the widget, logical pixels */
} Frame;

static Frame
frame_of(MendPreview *preview)
{
    double scale = gtk_widget_get_scale_factor(GTK_WIDGET(preview));
    double width = gtk_widget_get_allocated_width(GTK_WIDGET(preview));
    double height = gtk_widget_get_allocated_height(GTK_WIDGET(preview));
    if (!preview->before.data)
        return (Frame){0, 0, width, height};
    double w = preview->before.shape.w / scale, h = preview->before.shape.h / scale;
    /* Whole device pixels, or the picture would be blurred. */
    return (Frame){floor((width - w) / 2 * scale) / scale, floor((height - h) / 2 * scale) / scale,
                   w, h};
}

static void
drop_faces(MendPreview *preview)
{
    g_clear_pointer(&preview->before_face, cairo_surface_destroy);
    g_clear_pointer(&preview->after_face, cairo_surface_destroy);
    gtk_widget_queue_draw(GTK_WIDGET(preview));
}

static void
make_faces(MendPreview *preview)
{
    int scale = gtk_widget_get_scale_factor(GTK_WIDGET(preview));
    if (preview->before.data && !preview->before_face)
        preview->before_face = mend_surface_new(preview->before, scale);
    if (preview->after.data && !preview->after_face)
        preview->after_face =
            mend_surface_new_blend(preview->before, preview->after, preview->strength, scale);
}

static void
draw_face(cairo_t *cr, cairo_surface_t *face, Frame frame, double from, double to)
{
    cairo_save(cr);
    cairo_rectangle(cr, from, frame.y, to - from, frame.h);
    cairo_clip(cr);
    cairo_set_source_surface(cr, face, frame.x, frame.y);
    cairo_paint(cr);
    cairo_restore(cr);
}

/* White text on a dark pill, at align 0 (left) to 1 (right) between from and to; left out where
 * there is no room, so that Before never stands on After. */
static void
draw_pill(GtkWidget *widget, cairo_t *cr, const char *text, double from, double to, double align,
          double y)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(widget, text);
    int w, h;
    pango_layout_get_pixel_size(layout, &w, &h);
    double width = w + 16, x = floor(from + 6 + (to - from - 12 - width) * align);
    if (to - from < width + 12)
        return;
    double r = (h + 6) / 2.0;
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + r, y + r, r, G_PI / 2, 3 * G_PI / 2);
    cairo_arc(cr, x + width - r, y + r, r, -G_PI / 2, G_PI / 2);
    cairo_close_path(cr);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.65);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_move_to(cr, x + 8, y + 3);
    pango_cairo_show_layout(cr, layout);
}

static void
draw_divider(cairo_t *cr, Frame frame, double x)
{
    double y = frame.y + frame.h / 2;
    for (int pass = 0; pass < 2; pass++) {
        double shade = pass ? 1.0 : 0.0, alpha = pass ? 1.0 : 0.5;
        cairo_set_source_rgba(cr, shade, shade, shade, alpha);
        cairo_set_line_width(cr, pass ? 1.5 : 3.5);
        cairo_move_to(cr, x, frame.y);
        cairo_line_to(cr, x, frame.y + frame.h);
        cairo_stroke(cr);
        cairo_arc(cr, x, y, HANDLE + (pass ? 0 : 1), 0, 2 * G_PI);
        cairo_fill(cr);
    }
    cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
    for (int side = -1; side <= 1; side += 2) {
        cairo_move_to(cr, x + side * 2, y - 4);
        cairo_line_to(cr, x + side * 6, y);
        cairo_line_to(cr, x + side * 2, y + 4);
        cairo_fill(cr);
    }
}

static void
draw_busy(GtkWidget *widget, cairo_t *cr, Frame frame, double fraction)
{
    g_autofree char *text = g_strdup_printf(_("Computing… %.0f %%"), fraction * 100);
    double bottom = frame.y + frame.h;
    draw_pill(widget, cr, text, frame.x, frame.x + frame.w, 0.5, bottom - 40);
    cairo_set_source_rgba(cr, 0, 0, 0, 0.5);
    cairo_rectangle(cr, frame.x, bottom - 4, frame.w, 4);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0.33, 0.63, 0.95);
    cairo_rectangle(cr, frame.x, bottom - 4, frame.w * fraction, 4);
    cairo_fill(cr);
}

static const char *
after_text(const MendPreview *preview)
{
    if (!preview->after.data)
        return _("After: not computed yet");
    return preview->outdated ? _("After (old settings)") : _("After");
}

static gboolean
mend_preview_draw(GtkWidget *widget, cairo_t *cr)
{
    MendPreview *preview = MEND_PREVIEW(widget);
    Frame frame = frame_of(preview);
    double right = frame.x + frame.w, x = frame.x + frame.w * preview->divider;
    cairo_set_source_rgb(cr, 0.17, 0.17, 0.17);
    cairo_paint(cr);
    make_faces(preview);
    if (preview->before_face) {
        draw_face(cr, preview->before_face, frame, frame.x, right);
        if (preview->after_face)
            draw_face(cr, preview->after_face, frame, x, right);
        draw_divider(cr, frame, CLAMP(x, frame.x + 1, right - 1));
        draw_pill(widget, cr, _("Before"), frame.x, x, 0.0, frame.y + 6);
        draw_pill(widget, cr, after_text(preview), x, right, 1.0, frame.y + 6);
    }
    if (preview->busy >= 0)
        draw_busy(widget, cr, frame, preview->busy);
    if (gtk_widget_has_visible_focus(widget))
        gtk_render_focus(gtk_widget_get_style_context(widget), cr, 1, 1,
                         gtk_widget_get_allocated_width(widget) - 2,
                         gtk_widget_get_allocated_height(widget) - 2);
    return TRUE;
}

static void
pan_by(MendPreview *preview, double dx, double dy)
{
    int scale = gtk_widget_get_scale_factor(GTK_WIDGET(preview));
    preview->rest_x += dx * scale;
    preview->rest_y += dy * scale;
    int x = (int)lround(preview->rest_x), y = (int)lround(preview->rest_y);
    preview->rest_x -= x;
    preview->rest_y -= y;
    if (x || y)
        g_signal_emit(preview, pan_signal, 0, x, y);
}

static void
divide_at(MendPreview *preview, double x)
{
    Frame frame = frame_of(preview);
    mend_preview_set_divider(preview, (x - frame.x) / frame.w);
}

static gboolean
mend_preview_press(GtkWidget *widget, GdkEventButton *event)
{
    MendPreview *preview = MEND_PREVIEW(widget);
    gboolean part = event->button == 2 || (event->button == 1 && event->state & GDK_CONTROL_MASK);
    if (event->button != 1 && event->button != 2)
        return FALSE;
    gtk_widget_grab_focus(widget);
    preview->drag = part ? DRAG_PART : DRAG_DIVIDER;
    preview->last_x = event->x;
    preview->last_y = event->y;
    if (!part)
        divide_at(preview, event->x);
    return TRUE;
}

static gboolean
mend_preview_release(GtkWidget *widget, GdkEventButton *event)
{
    (void)event;
    MEND_PREVIEW(widget)->drag = DRAG_NONE;
    return TRUE;
}

static gboolean
mend_preview_motion(GtkWidget *widget, GdkEventMotion *event)
{
    MendPreview *preview = MEND_PREVIEW(widget);
    if (preview->drag == DRAG_DIVIDER)
        divide_at(preview, event->x);
    if (preview->drag == DRAG_PART) {
        pan_by(preview, preview->last_x - event->x, preview->last_y - event->y);
        preview->last_x = event->x;
        preview->last_y = event->y;
    }
    return preview->drag != DRAG_NONE;
}

static gboolean
mend_preview_scroll(GtkWidget *widget, GdkEventScroll *event)
{
    double dx = 0, dy = 0;
    GdkScrollDirection direction;
    if (gdk_event_get_scroll_direction((GdkEvent *)event, &direction)) {
        dx = (direction == GDK_SCROLL_RIGHT) - (direction == GDK_SCROLL_LEFT);
        dy = (direction == GDK_SCROLL_DOWN) - (direction == GDK_SCROLL_UP);
    } else {
        gdk_event_get_scroll_deltas((GdkEvent *)event, &dx, &dy);
    }
    gboolean turned = event->state & GDK_SHIFT_MASK;
    pan_by(MEND_PREVIEW(widget), 48 * (turned ? dy : dx), 48 * (turned ? dx : dy));
    return TRUE;
}

static gboolean
mend_preview_key(GtkWidget *widget, GdkEventKey *event)
{
    MendPreview *preview = MEND_PREVIEW(widget);
    double step = event->state & GDK_CONTROL_MASK ? 5 * KEY_STEP : KEY_STEP;
    switch (event->keyval) {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
        mend_preview_set_divider(preview, preview->divider - step);
        return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
        mend_preview_set_divider(preview, preview->divider + step);
        return TRUE;
    case GDK_KEY_Home:
    case GDK_KEY_KP_Home:
        mend_preview_set_divider(preview, 0);
        return TRUE;
    case GDK_KEY_End:
    case GDK_KEY_KP_End:
        mend_preview_set_divider(preview, 1);
        return TRUE;
    default:
        return FALSE; /* Tab, Escape and Return go on */
    }
}

static void
mend_preview_realize(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(mend_preview_parent_class)->realize(widget);
    g_autoptr(GdkCursor) cursor =
        gdk_cursor_new_from_name(gtk_widget_get_display(widget), "col-resize");
    gdk_window_set_cursor(gtk_widget_get_window(widget), cursor);
}

static void
mend_preview_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    if (id == PROP_DIVIDER)
        g_value_set_double(value, MEND_PREVIEW(object)->divider);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void
mend_preview_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    if (id == PROP_DIVIDER)
        mend_preview_set_divider(MEND_PREVIEW(object), g_value_get_double(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void
mend_preview_finalize(GObject *object)
{
    MendPreview *preview = MEND_PREVIEW(object);
    g_clear_pointer(&preview->before_face, cairo_surface_destroy);
    g_clear_pointer(&preview->after_face, cairo_surface_destroy);
    mend_tensor_clear(&preview->before);
    mend_tensor_clear(&preview->after);
    G_OBJECT_CLASS(mend_preview_parent_class)->finalize(object);
}

static void
mend_preview_class_init(MendPreviewClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    object->get_property = mend_preview_get_property;
    object->set_property = mend_preview_set_property;
    object->finalize = mend_preview_finalize;
    widget->draw = mend_preview_draw;
    widget->button_press_event = mend_preview_press;
    widget->button_release_event = mend_preview_release;
    widget->motion_notify_event = mend_preview_motion;
    widget->scroll_event = mend_preview_scroll;
    widget->key_press_event = mend_preview_key;
    widget->realize = mend_preview_realize;
    gtk_widget_class_set_accessible_type(widget, MEND_TYPE_PREVIEW_ACCESSIBLE);
    props[PROP_DIVIDER] = g_param_spec_double(
        "divider", "Divider", "Share of the picture that shows Before", 0, 1, 0.5,
        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
    g_object_class_install_properties(object, N_PROPS, props);
    pan_signal = g_signal_new("pan", MEND_TYPE_PREVIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                              G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_INT);
}

static void
mend_preview_init(MendPreview *preview)
{
    GtkWidget *widget = GTK_WIDGET(preview);
    preview->divider = 0.5;
    preview->strength = 1;
    preview->busy = -1;
    gtk_widget_set_can_focus(widget, TRUE);
    gtk_widget_set_size_request(widget, MIN_WIDTH, MIN_HEIGHT);
    gtk_widget_add_events(widget, GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK |
                                      GDK_BUTTON_MOTION_MASK | GDK_KEY_PRESS_MASK |
                                      GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK);
    AtkObject *accessible = gtk_widget_get_accessible(widget);
    atk_object_set_name(accessible, _("Before and after"));
    atk_object_set_description(
        accessible,
        _("Left is before, right is after. Left, Right, Home and End move the divider."));
    g_signal_connect(widget, "notify::scale-factor", G_CALLBACK(drop_faces), NULL);
}

GtkWidget *
mend_preview_new(void)
{
    return g_object_new(MEND_TYPE_PREVIEW, NULL);
}

/* Too little memory leaves it empty: a preview is not worth an error of its own. */
static void
copy_tensor(MendTensor *to, MendTensor from)
{
    mend_tensor_clear(to);
    if (!from.data)
        return;
    *to = mend_tensor_new(from.shape, NULL);
    if (to->data)
        memcpy(to->data, from.data, mend_shape_count(from.shape) * sizeof(float));
}

void
mend_preview_set_before(MendPreview *preview, MendTensor rgb)
{
    copy_tensor(&preview->before, rgb);
    mend_tensor_clear(&preview->after);
    drop_faces(preview);
}

void
mend_preview_set_after(MendPreview *preview, MendTensor rgb)
{
    g_return_if_fail(!rgb.data || mend_shape_equal(rgb.shape, preview->before.shape));
    copy_tensor(&preview->after, rgb);
    preview->outdated = FALSE;
    drop_faces(preview);
}

void
mend_preview_set_strength(MendPreview *preview, double strength)
{
    preview->strength = strength;
    drop_faces(preview);
}

void
mend_preview_set_busy(MendPreview *preview, double fraction)
{
    preview->busy = MIN(fraction, 1.0);
    gtk_widget_queue_draw(GTK_WIDGET(preview));
}

void
mend_preview_set_outdated(MendPreview *preview, gboolean outdated)
{
    preview->outdated = outdated;
    gtk_widget_queue_draw(GTK_WIDGET(preview));
}

double
mend_preview_get_divider(MendPreview *preview)
{
    return preview->divider;
}

void
mend_preview_set_divider(MendPreview *preview, double divider)
{
    divider = CLAMP(divider, 0.0, 1.0);
    if (preview->divider == divider)
        return;
    preview->divider = divider;
    gtk_widget_queue_draw(GTK_WIDGET(preview));
    g_object_notify_by_pspec(G_OBJECT(preview), props[PROP_DIVIDER]);
    mend_preview_accessible_moved(GTK_WIDGET(preview));
}
