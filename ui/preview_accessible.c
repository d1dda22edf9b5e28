/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A preview's divider as screen readers see it. */
#include "ui/preview_accessible.h"

#include <glib/gi18n-lib.h>

#include "ui/preview.h"

struct _MendPreviewAccessible {
    GtkWidgetAccessible parent;
};

static void value_init(AtkValueIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(MendPreviewAccessible, mend_preview_accessible,
                              GTK_TYPE_WIDGET_ACCESSIBLE,
                              G_IMPLEMENT_INTERFACE(ATK_TYPE_VALUE, value_init))

static MendPreview *
preview_of(AtkValue *value)
{
    GtkWidget *widget = gtk_accessible_get_widget(GTK_ACCESSIBLE(value));
    return widget ? MEND_PREVIEW(widget) : NULL; /* NULL once the widget is gone */
}

static double
percent_of(AtkValue *value)
{
    MendPreview *preview = preview_of(value);
    return preview ? mend_preview_get_divider(preview) * 100.0 : 0.0;
}

static char *
text_of(double percent)
{
    return g_strdup_printf(_("Divider at %.0f %%"), percent);
}

static void
get_value_and_text(AtkValue *value, double *number, char **text)
{
    *number = percent_of(value);
    if (text)
        *text = text_of(*number);
}

static AtkRange *
get_range(AtkValue *value)
{
    (void)value;
    return atk_range_new(0.0, 100.0, NULL);
}

static double
get_increment(AtkValue *value)
{
    (void)value;
    return 1.0;
}

static void
set_value(AtkValue *value, double number)
{
    MendPreview *preview = preview_of(value);
    if (preview)
        mend_preview_set_divider(preview, number / 100.0);
}

static void
value_init(AtkValueIface *iface)
{
    iface->get_value_and_text = get_value_and_text;
    iface->get_range = get_range;
    iface->get_increment = get_increment;
    iface->set_value = set_value;
}

static void
mend_preview_accessible_initialize(AtkObject *object, gpointer data)
{
    ATK_OBJECT_CLASS(mend_preview_accessible_parent_class)->initialize(object, data);
    object->role = ATK_ROLE_SLIDER;
}

static void
mend_preview_accessible_class_init(MendPreviewAccessibleClass *klass)
{
    ATK_OBJECT_CLASS(klass)->initialize = mend_preview_accessible_initialize;
}

static void
mend_preview_accessible_init(MendPreviewAccessible *accessible)
{
    (void)accessible;
}

void
mend_preview_accessible_moved(GtkWidget *widget)
{
    AtkObject *object = gtk_widget_get_accessible(widget);
    if (!MEND_IS_PREVIEW_ACCESSIBLE(object))
        return; /* without an accessibility bus GTK makes none of ours */
    double percent = percent_of(ATK_VALUE(object));
    g_autofree char *text = text_of(percent);
    g_object_notify(G_OBJECT(object), "accessible-value");
    g_signal_emit_by_name(object, "value-changed", percent, text);
}
