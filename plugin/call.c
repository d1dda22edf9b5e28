/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the calls of all procedures have in common. */
#include "plugin/call.h"

#include "compute/error.h"

#ifdef G_OS_UNIX
#include <glib-unix.h>
#endif
#include <signal.h>

struct MendSignals {
    void (*stop)(gpointer data);
    gpointer data;
    guint sources[2];
};

#ifdef G_OS_UNIX
static gboolean
on_signal(gpointer data)
{
    const MendSignals *signals = data;
    signals->stop(signals->data);
    return G_SOURCE_CONTINUE;
}

static guint
watch(int number, MendSignals *signals)
{
    return g_unix_signal_add(number, on_signal, signals);
}
#else
static guint
watch(int number G_GNUC_UNUSED, MendSignals *signals G_GNUC_UNUSED)
{
    return 0;
}
#endif

MendSignals *
mend_signals_watch(void (*stop)(gpointer data), gpointer data)
{
    MendSignals *signals = g_new0(MendSignals, 1);
    signals->stop = stop;
    signals->data = data;
    signals->sources[0] = watch(SIGINT, signals);
    signals->sources[1] = watch(SIGTERM, signals);
    return signals;
}

void
mend_signals_unwatch(MendSignals *signals)
{
    for (gsize i = 0; i < G_N_ELEMENTS(signals->sources); i++)
        g_clear_handle_id(&signals->sources[i], g_source_remove);
    g_free(signals);
}

GimpValueArray *
mend_call_failed(GimpProcedure *procedure, GimpRunMode mode, GError *error)
{
    GimpPDBStatusType status = GIMP_PDB_EXECUTION_ERROR;
    if (mend_error_is(error, MEND_ERROR_OPTION))
        status = GIMP_PDB_CALLING_ERROR;
    if (mend_error_is(error, MEND_ERROR_CANCELLED) && mode != GIMP_RUN_NONINTERACTIVE) {
        status = GIMP_PDB_CANCEL;
        g_clear_error(&error);
    }
    return gimp_procedure_new_return_values(procedure, status, error);
}
