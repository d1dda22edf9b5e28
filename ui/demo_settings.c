/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings without GIMP, for the demo and the tests. */
#include "ui/demo_settings.h"

#define PROP_AUTO 100

struct _DemoSettings {
    GObject parent;
    MendOptions options;
    gboolean auto_preview;
};

G_DEFINE_FINAL_TYPE(DemoSettings, demo_settings, G_TYPE_OBJECT)

static void
demo_settings_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    DemoSettings *settings = DEMO_SETTINGS(object);
    if (id == PROP_AUTO) {
        g_value_set_boolean(value, settings->auto_preview);
        return;
    }
    g_autofree char *text = mend_options_get(&settings->options, spec->name);
    if (G_VALUE_HOLDS_INT(value))
        g_value_set_int(value, (int)g_ascii_strtoll(text, NULL, 10));
    else if (G_VALUE_HOLDS_DOUBLE(value))
        g_value_set_double(value, g_ascii_strtod(text, NULL));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        g_value_set_boolean(value, g_str_equal(text, "yes"));
    else
        g_value_set_string(value, text);
}

static void
demo_settings_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    DemoSettings *settings = DEMO_SETTINGS(object);
    g_autoptr(GError) error = NULL;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (id == PROP_AUTO) {
        settings->auto_preview = g_value_get_boolean(value);
        return;
    }
    const char *text = number;
    if (G_VALUE_HOLDS_INT(value))
        g_snprintf(number, sizeof number, "%d", g_value_get_int(value));
    else if (G_VALUE_HOLDS_DOUBLE(value))
        g_ascii_dtostr(number, sizeof number, g_value_get_double(value));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        text = g_value_get_boolean(value) ? "yes" : "no";
    else
        text = g_value_get_string(value);
    if (!mend_options_set(&settings->options, spec->name, text ? text : "", &error))
        g_warning("%s", error->message);
}

static GParamSpec *
spec_of(const MendOption *option)
{
    const char *name = option->name;
    if (option->type == MEND_OPTION_INT)
        return g_param_spec_int(name, name, name, (int)option->min, (int)option->max, 0,
                                G_PARAM_READWRITE);
    if (option->type == MEND_OPTION_DOUBLE)
        return g_param_spec_double(name, name, name, option->min, option->max, option->min,
                                   G_PARAM_READWRITE);
    if (option->type == MEND_OPTION_BOOL)
        return g_param_spec_boolean(name, name, name, FALSE, G_PARAM_READWRITE);
    return g_param_spec_string(name, name, name, NULL, G_PARAM_READWRITE);
}

static void
demo_settings_class_init(DemoSettingsClass *class)
{
    GObjectClass *klass = G_OBJECT_CLASS(class);
    klass->get_property = demo_settings_get_property;
    klass->set_property = demo_settings_set_property;
    guint id = 1;
    for (const MendOption *option = mend_options; option->name; option++) {
        if (option->scope & MEND_FOR_GIMP)
            g_object_class_install_property(klass, id++, spec_of(option));
    }
    g_object_class_install_property(klass, PROP_AUTO,
                                    g_param_spec_boolean("auto-preview", "auto-preview",
                                                         "auto-preview", TRUE, G_PARAM_READWRITE));
}

static void
demo_settings_init(DemoSettings *settings)
{
    mend_options_init(&settings->options);
    settings->auto_preview = TRUE;
}

gboolean
demo_settings_options(gpointer settings, MendOptions *options, GError **error)
{
    *options = DEMO_SETTINGS(settings)->options;
    return mend_options_check(options, error);
}
