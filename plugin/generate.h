/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The procedure plug-in-mend-generate: textures from nothing, as layers, a new image, or patterns.
 * All is computed before an image is touched. Thread: main only. */
#pragma once

#include "compute/generate_settings.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

#define MEND_GENERATE "plug-in-mend-generate"

/* No device is probed and no model looked for. Owned by the caller. */
GimpProcedure *mend_generate_create(GimpPlugIn *plug_in);

/* The arguments in config, each checked: MEND_ERROR_OPTION names what is wrong. */
gboolean mend_generate_read(GimpProcedureConfig *config, MendGenerateSettings *settings,
                            GError **error);

G_END_DECLS
