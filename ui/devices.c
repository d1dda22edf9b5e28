/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The devices, in a choice. */
#include "ui/devices.h"

#include <glib/gi18n-lib.h>

#include "compute/backend.h"

typedef struct {
    int n;
    MendDeviceInfo *infos;
} Devices;

static void
devices_free(gpointer data)
{
    g_free(((Devices *)data)->infos);
    g_free(data);
}

static void
list_devices(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)data, (void)cancellable;
    Devices *devices = g_new0(Devices, 1);
    devices->infos = mend_devices_list(&devices->n);
    g_task_return_pointer(task, devices, devices_free);
}

static void
on_devices_listed(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)data;
    MendChoice *choice = MEND_CHOICE(source);
    gboolean alive = gtk_widget_get_parent(GTK_WIDGET(choice)) != NULL;
    Devices *devices = g_task_propagate_pointer(G_TASK(result), NULL);
    if (alive && devices->n > 0) {
        g_autofree char *automatic = g_strdup_printf(_("Automatic (%s)"), devices->infos[0].name);
        mend_choice_clear(choice);
        mend_choice_add(choice, "auto", automatic, NULL, TRUE);
        for (int i = 0; i < devices->n; i++) {
            const MendDeviceInfo *info = &devices->infos[i];
            mend_choice_add(choice, info->id, info->name, info->note, TRUE);
        }
        mend_choice_done(choice, _("not found"));
    }
    devices_free(devices);
}

void
mend_devices_fill(MendChoice *choice)
{
    mend_choice_add(choice, "auto", _("Automatic"), NULL, TRUE);
    mend_choice_done(choice, NULL);
    g_autoptr(GTask) task = g_task_new(choice, NULL, on_devices_listed, NULL);
    g_task_run_in_thread(task, list_devices);
}
