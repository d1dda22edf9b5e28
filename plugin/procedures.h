/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The procedures GIMP sees: plug-in-mend-restore with every option, and one for each task.
 * Arguments come from mend_options[], menu entries from mend_tasks[]. No device is probed and no
 * model looked for here: GIMP calls this at its start. Thread: main only. */
#pragma once

#include "compute/options.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* A GimpChannel or NULL, besides those of mend_options[]: read by runs without a dialog, which show
 * the selection instead. Never remembered. */
#define MEND_MASK_ARGUMENT "mask"

GList *mend_procedures_names(void); /* of char*, for query_procedures. Owned by the caller */

/* name: one of the names, else NULL is returned. run: called for each of them. Owned by the caller.
 */
GimpProcedure *mend_procedures_create(GimpPlugIn *plug_in, const char *name, GimpRunImageFunc run);

/* Id of the one task that procedure is for; NULL for plug-in-mend-restore. */
const char *mend_procedure_task(GimpProcedure *procedure);

/* The arguments in config as options, each checked: MEND_ERROR_OPTION names what is wrong. Choices
 * and names are strings for GIMP, which would silently take the default for a wrong GimpChoice. */
gboolean mend_procedure_options(GimpProcedure *procedure, GimpProcedureConfig *config,
                                MendOptions *options, GError **error);

G_END_DECLS
