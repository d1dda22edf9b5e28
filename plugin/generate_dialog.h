/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialog of plug-in-mend-generate. Thread: main only. */
#pragma once

#include "compute/generate_session.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* Lets the user make pictures and choose some; config has the settings then. image may be NULL;
 * drawables: as the run function's. The chosen ones, MendVariation, the array's own. NULL:
 * MEND_ERROR_CANCELLED where the user left. */
GPtrArray *mend_generate_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config,
                                    GimpImage *image, GimpDrawable **drawables, GError **error);

G_END_DECLS
