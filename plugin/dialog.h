/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plug-in's dialog: settings, preview, and the run with its progress and Stop.
 * Thread: main only. */
#pragma once

#include "plugin/run.h"

G_BEGIN_DECLS

/* Lets the user set config's arguments and start the run (mend_run_compute(), mend_run_commit());
 * stays open until the results are in the image, so that a commit that fails loses none. FALSE:
 * MEND_ERROR_CANCELLED where the user left, or what went wrong. drawables: NULL-terminated,
 * borrowed; layers: gets those made, borrowed. */
gboolean mend_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config,
                         GimpDrawable **drawables, MendRun *run, GPtrArray *layers, GError **error);

G_END_DECLS
