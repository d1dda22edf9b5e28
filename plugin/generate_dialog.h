/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dialog of plug-in-mend-generate. Thread: main only. */
#pragma once

#include "compute/generate_session.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* Puts pictures (MendVariation, borrowed) where the settings say; after a failure nothing is there,
 * and it may be called again. */
typedef gboolean (*MendPlacePictures)(const GPtrArray *pictures, gpointer data, GError **error);

/* Lets the user make pictures and choose some, which place gets; config has the settings then.
 * Stays open until they are placed, so that a failure there loses none. image may be NULL;
 * drawables: as the run function's. FALSE: MEND_ERROR_CANCELLED, the user left. */
gboolean mend_generate_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config,
                                  GimpImage *image, GimpDrawable **drawables,
                                  MendPlacePictures place, gpointer data, GError **error);

G_END_DECLS
