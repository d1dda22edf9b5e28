/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings without GIMP, for the demo and the tests: an object whose properties are the options
 * that GIMP has, and "auto-preview". Thread: main. */
#pragma once

#include <glib-object.h>

#include "compute/generate_settings.h"
#include "compute/options.h"

G_BEGIN_DECLS

#define DEMO_TYPE_SETTINGS (demo_settings_get_type())
G_DECLARE_FINAL_TYPE(DemoSettings, demo_settings, DEMO, SETTINGS, GObject)

/* settings: a DemoSettings. Fails like mend_options_check(). */
gboolean demo_settings_options(gpointer settings, MendOptions *options, GError **error);

/* The same for generating: properties are the rows of mend_generate_fields[]. */
#define DEMO_TYPE_TEXTURES (demo_textures_get_type())
G_DECLARE_FINAL_TYPE(DemoTextures, demo_textures, DEMO, TEXTURES, GObject)

/* textures: a DemoTextures; the size is the typed one. */
gboolean demo_textures_options(gpointer textures, MendGenerateOptions *options, GError **error);

G_END_DECLS
