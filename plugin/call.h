/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the calls of all procedures have in common: soft stops, and how they end when they fail.
 * Thread: main only. */
#pragma once

#include <libgimp/gimp.h>

G_BEGIN_DECLS

/* Without a dialog, SIGTERM and SIGINT are the way to stop softly. */
typedef struct MendSignals MendSignals;

/* stop is called on the default main context, once for each signal, until they are unwatched. */
MendSignals *mend_signals_watch(void (*stop)(gpointer data), gpointer data);
void mend_signals_unwatch(MendSignals *signals);

/* Return values of a call that failed or was cancelled. Takes error. */
GimpValueArray *mend_call_failed(GimpProcedure *procedure, GimpRunMode mode, GError *error);

G_END_DECLS
