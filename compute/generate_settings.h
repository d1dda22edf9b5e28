/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can set for generating: a row here makes GIMP's argument and the dialog's widget, as
 * mend_options[] does for restoring. Thread: safe. */
#pragma once

#include "compute/generate.h"
#include "compute/options.h"

G_BEGIN_DECLS

typedef struct {
    MendGenerateOptions made; /* width and height: of the size "typed"; plain: not used */
    char size[16];            /* "typed", "image", "selection" */
    char method[16];          /* "dlg", "plain" */
    char output[16];          /* "layers", "new-image", "pattern" */
} MendGenerateSettings;

extern const MendOption mend_generate_fields[]; /* of MendGenerateSettings; all for GIMP */

/* The options that settings stand for, at width x height pixels. Checked: MEND_ERROR_OPTION. */
gboolean mend_generate_settings_options(const MendGenerateSettings *settings, int width, int height,
                                        MendGenerateOptions *options, GError **error);

/* "Stone" for "stone", translatable, "Any" for "none"; the material itself where there is no label
 * for it. */
const char *mend_material_label(const char *material);

G_END_DECLS
