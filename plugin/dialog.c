/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIMP's procedure dialog around the widgets of ui/: it stays open while the run computes. */
#include "plugin/dialog.h"

#include "compute/detect.h"
#include "compute/error.h"
#include "compute/job.h"
#include "compute/model.h"
#include "plugin/procedures.h"
#include "plugin/subject.h"
#include "ui/view.h"

#include <glib/gi18n-lib.h>
#include <libgimp/gimpui.h>

enum {
    RESPONSE_RESET = 1, /* private to GimpProcedureDialog */
    WIDTH = 980,
    HEIGHT = 680,
};

typedef struct {
    GimpProcedure *procedure;
    GimpProcedureConfig *config;
    MendRun *run;
    MendSubject *subject;
    GtkWidget *window;
    MendView *view;
    gboolean stopped; /* by the user, while computing */
} Dialog;

static gboolean
read_options(gpointer data, MendOptions *options, GError **error)
{
    const Dialog *dialog = data;
    return mend_procedure_options(dialog->procedure, dialog->config, options, error);
}

static MendTensor
read_area(gpointer data, const GdkRectangle *area, GError **error)
{
    const Dialog *dialog = data;
    return mend_subject_read(dialog->subject, area, error);
}

static gboolean
read_mask(gpointer data, const GdkRectangle *area, const MendOptions *options, MendTensor *mask,
          GError **error)
{
    const Dialog *dialog = data;
    return mend_subject_read_mask(dialog->subject, area, options, mask, error);
}

static MendTensor
read_thumb(gpointer data, int width, int height, GError **error)
{
    const Dialog *dialog = data;
    return mend_subject_thumb(dialog->subject, width, height, error);
}

static void
to_display(gpointer data, const GdkRectangle *area, MendTensor rgb)
{
    const Dialog *dialog = data;
    mend_subject_to_display(dialog->subject, area->x, area->y, rgb);
}

static void
stop(Dialog *dialog)
{
    dialog->stopped = TRUE;
    mend_view_set_stopping(dialog->view);
    mend_run_cancel(dialog->run);
}

/* Escape and the window's close button: the window must stay until the run has stopped. */
static gboolean
on_close(Dialog *dialog)
{
    stop(dialog);
    return GDK_EVENT_STOP;
}

static void
on_progress(const MendProgress *progress, const char *text, gpointer data)
{
    const Dialog *dialog = data;
    if (!dialog->stopped)
        mend_view_set_progress(dialog->view, progress->fraction, text);
}

/* Everything but the view, which has a Stop button then. */
static void
set_running(Dialog *dialog, gboolean running)
{
    GtkDialog *window = GTK_DIALOG(dialog->window);
    const int responses[] = {GTK_RESPONSE_OK, GTK_RESPONSE_CANCEL, RESPONSE_RESET};
    for (gsize i = 0; i < G_N_ELEMENTS(responses); i++)
        gtk_dialog_set_response_sensitive(window, responses[i], !running);
    g_autoptr(GList) children =
        gtk_container_get_children(GTK_CONTAINER(gtk_dialog_get_content_area(window)));
    for (GList *child = children; child; child = child->next) {
        if (child->data != dialog->view)
            gtk_widget_set_sensitive(child->data, !running);
    }
    mend_view_set_running(dialog->view, running);
}

static gboolean
compute(Dialog *dialog)
{
    MendOptions options;
    MendRunWatch watch = {on_progress, dialog};
    g_autoptr(GError) error = NULL;
    dialog->stopped = FALSE;
    set_running(dialog, TRUE);
    gulong close =
        g_signal_connect_swapped(dialog->window, "delete-event", G_CALLBACK(on_close), dialog);
    gboolean ok = read_options(dialog, &options, &error) &&
                  mend_run_compute(dialog->run, &options, &watch, &error);
    g_signal_handler_disconnect(dialog->window, close);
    set_running(dialog, FALSE);
    if (mend_error_is(error, MEND_ERROR_CANCELLED))
        mend_view_show_message(dialog->view, GTK_MESSAGE_INFO,
                               _("Stopped. The image was not changed."));
    else if (!ok)
        mend_view_show_message(dialog->view, GTK_MESSAGE_ERROR, error->message);
    return ok;
}

static gboolean
commit(Dialog *dialog, GPtrArray *layers)
{
    g_autoptr(GError) error = NULL;
    if (mend_run_commit(dialog->run, layers, &error))
        return TRUE;
    g_autofree char *text = g_strdup_printf(
        _("%s\nWhat was computed is kept: put that right and press OK again."), error->message);
    mend_view_show_message(dialog->view, GTK_MESSAGE_ERROR, text);
    return FALSE;
}

static void
build(Dialog *dialog)
{
    const MendTask *task = mend_task_find(mend_procedure_task(dialog->procedure));
    MendTrialSource source = {
        .read = read_area,
        .mask = read_mask,
        .thumb = read_thumb,
        .to_display = to_display,
        .options = read_options,
        .job_start = mend_job_start,
        .job_cancel = mend_job_cancel,
        .job_free = mend_job_free,
        .data = dialog,
        .detect = mend_detect_glance,
    };
    source.whole = mend_subject_get_whole(dialog->subject);
    source.marked = mend_subject_get_marked(dialog->subject);
    mend_subject_get_size(dialog->subject, &source.width, &source.height);
    dialog->window = gimp_procedure_dialog_new(dialog->procedure, dialog->config,
                                               task ? _(task->label) : _("Restore Photograph"));
    GtkWidget *view = mend_view_new(G_OBJECT(dialog->config), task ? task->id : NULL, &source);
    dialog->view = MEND_VIEW(view);
    gtk_widget_set_margin_bottom(view, 6);
    gtk_box_pack_start(GTK_BOX(gtk_dialog_get_content_area(GTK_DIALOG(dialog->window))), view, TRUE,
                       TRUE, 0);
    gtk_window_set_default_size(GTK_WINDOW(dialog->window), WIDTH, HEIGHT);
    g_signal_connect_swapped(view, "stop", G_CALLBACK(stop), dialog);
}

gboolean
mend_dialog_run(GimpProcedure *procedure, GimpProcedureConfig *config, GimpDrawable **drawables,
                MendRun *run, GPtrArray *layers, GError **error)
{
    g_autoptr(MendSubject) subject = mend_subject_new(drawables[0], error);
    Dialog dialog = {procedure, config, run, subject, NULL, NULL, FALSE};
    if (!subject)
        return FALSE;
    gimp_ui_init("mend");
    build(&dialog);
    gboolean ok = FALSE;
    while (!ok && gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog.window)))
        ok = compute(&dialog) && commit(&dialog, layers);
    gtk_widget_destroy(dialog.window);
    if (!ok)
        g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Cancelled."));
    return ok;
}
