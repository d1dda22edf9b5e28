/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a table of options as properties of an object, as GIMP has them: for the demo and the
 * tests. Thread: main. */
#pragma once

#include <glib-object.h>

#include "compute/options.h"

G_BEGIN_DECLS

/* Installs a property for each row that is for GIMP, with the ids from 1 on. */
void demo_fields_install(GObjectClass *klass, const MendOption *rows);
/* The property spec, to and from fields, which the rows' offsets are into. */
void demo_fields_get(const MendOption *rows, gconstpointer fields, GParamSpec *spec, GValue *value);
void demo_fields_set(const MendOption *rows, gpointer fields, GParamSpec *spec,
                     const GValue *value);

G_END_DECLS
