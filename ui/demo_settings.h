/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings without GIMP, for the demo and the tests: an object whose properties are the options
 * that GIMP has, and "auto-preview". Thread: main. */
#pragma once

#include <glib-object.h>

#include "compute/options.h"

G_BEGIN_DECLS

#define DEMO_TYPE_SETTINGS (demo_settings_get_type())
G_DECLARE_FINAL_TYPE(DemoSettings, demo_settings, DEMO, SETTINGS, GObject)

/* settings: a DemoSettings. Fails like mend_options_check(). */
gboolean demo_settings_options(gpointer settings, MendOptions *options, GError **error);

G_END_DECLS
