/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings in GIMP's own form, then the run with its progress in GIMP's status bar. */
#include "plugin/dialog.h"

#include "compute/error.h"
#include "plugin/procedures.h"

#include <glib/gi18n-lib.h>
#include <libgimp/gimpui.h>

static gboolean
ask(GimpProcedure *procedure, GimpProcedureConfig *config)
{
    gimp_ui_init("mend");
    GtkWidget *dialog = gimp_procedure_dialog_new(procedure, config, "Mend");
    gimp_procedure_dialog_fill(GIMP_PROCEDURE_DIALOG(dialog), NULL);
    gboolean ok = gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog));
    gtk_widget_destroy(dialog);
    return ok;
}

gboolean
mend_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config,
                GimpDrawable **drawables G_GNUC_UNUSED, MendRun *run, GError **error)
{
    MendOptions options;
    if (!ask(procedure, config)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Cancelled."));
        return FALSE;
    }
    return mend_procedure_options(procedure, config, &options, error) &&
           mend_run_compute(run, &options, NULL, error);
}
