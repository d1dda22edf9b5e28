/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings without GIMP, for the demo and the tests. */
#include "ui/demo_settings.h"

#include "ui/demo_fields.h"

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
    const DemoSettings *settings = DEMO_SETTINGS(object);
    if (id == PROP_AUTO)
        g_value_set_boolean(value, settings->auto_preview);
    else
        demo_fields_get(mend_options, &settings->options, spec, value);
}

static void
demo_settings_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    DemoSettings *settings = DEMO_SETTINGS(object);
    if (id == PROP_AUTO)
        settings->auto_preview = g_value_get_boolean(value);
    else
        demo_fields_set(mend_options, &settings->options, spec, value);
}

static void
demo_settings_class_init(DemoSettingsClass *class)
{
    GObjectClass *klass = G_OBJECT_CLASS(class);
    klass->get_property = demo_settings_get_property;
    klass->set_property = demo_settings_set_property;
    demo_fields_install(klass, mend_options);
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

struct _DemoTextures {
    GObject parent;
    MendGenerateSettings settings;
};

G_DEFINE_FINAL_TYPE(DemoTextures, demo_textures, G_TYPE_OBJECT)

static void
demo_textures_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)id;
    demo_fields_get(mend_generate_fields, &DEMO_TEXTURES(object)->settings, spec, value);
}

static void
demo_textures_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)id;
    demo_fields_set(mend_generate_fields, &DEMO_TEXTURES(object)->settings, spec, value);
}

static void
demo_textures_class_init(DemoTexturesClass *class)
{
    GObjectClass *klass = G_OBJECT_CLASS(class);
    klass->get_property = demo_textures_get_property;
    klass->set_property = demo_textures_set_property;
    demo_fields_install(klass, mend_generate_fields);
}

static void
demo_textures_init(DemoTextures *textures)
{
    mend_fields_init(mend_generate_fields, &textures->settings);
}

gboolean
demo_textures_options(gpointer textures, MendGenerateOptions *options, GError **error)
{
    const MendGenerateSettings *settings = &DEMO_TEXTURES(textures)->settings;
    return mend_generate_settings_options(settings, settings->made.width, settings->made.height,
                                          options, error);
}
