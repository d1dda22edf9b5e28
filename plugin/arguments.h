/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a table of options as arguments of procedures. Thread: main only. */
#pragma once

#include "compute/options.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* Choices and names are strings for GIMP, which would silently take the default for a wrong
 * GimpChoice; their blurb says what is possible. */
void mend_argument_add(GimpProcedure *procedure, const MendOption *option);

/* The value of option, one of rows, from config into fields, which its offset is into. Checked:
 * MEND_ERROR_OPTION. */
gboolean mend_argument_read(const MendOption *rows, const MendOption *option, GObject *config,
                            gpointer fields, GError **error);

G_END_DECLS
