/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call of plug-in-mend-generate: pictures are made by a session, and only then is an image
 * touched. Thread: main only. */
#pragma once

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* The run function, for all run modes. image may be NULL. */
GimpValueArray *mend_generate_run(GimpProcedure *procedure, GimpRunMode mode, GimpImage *image,
                                  GimpDrawable **drawables, GimpProcedureConfig *config,
                                  gpointer data);

G_END_DECLS
