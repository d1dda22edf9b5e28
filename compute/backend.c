/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices: the table of backends, the list, the choice. */
#include "compute/backend.h"

#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"

#define MAX_DEVICES 16 /* of one backend */

const MendBackend *const mend_backends[] = {&mend_backend_vulkan, &mend_backend_cpu, NULL};

typedef struct {
    MendDeviceInfo info;
    const MendBackend *backend;
} Found;

static int
by_score(gconstpointer a, gconstpointer b)
{
    return ((const Found *)b)->info.score - ((const Found *)a)->info.score;
}

/* Best score first; equal ones stay in the order of the backends. */
static GArray *
find_devices(void)
{
    GArray *found = g_array_new(FALSE, TRUE, sizeof(Found));
    g_autofree MendDeviceInfo *infos = g_new(MendDeviceInfo, MAX_DEVICES);
    for (int b = 0; mend_backends[b]; b++) {
        int n = mend_backends[b]->probe(infos, MAX_DEVICES);
        for (int i = 0; i < n; i++) {
            Found one = {infos[i], mend_backends[b]};
            g_array_append_val(found, one);
        }
    }
    g_array_sort(found, by_score); /* stable */
    return found;
}

MendDeviceInfo *
mend_devices_list(int *n)
{
    g_autoptr(GArray) found = find_devices();
    MendDeviceInfo *infos = g_new0(MendDeviceInfo, found->len);
    for (guint i = 0; i < found->len; i++)
        infos[i] = g_array_index(found, Found, i).info;
    *n = (int)found->len;
    return infos;
}

static const Found *
choose(const GArray *found, const char *id)
{
    for (guint i = 0; i < found->len; i++) {
        const Found *one = &g_array_index(found, Found, i);
        if (id ? strcmp(one->info.id, id) == 0 : one->info.score > 0)
            return one;
    }
    return NULL;
}

static gboolean
is_auto(const char *id)
{
    return !id || !*id || strcmp(id, "auto") == 0;
}

static void
unknown(const GArray *found, const char *id, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(known, "%s%s", i ? ", " : "",
                               g_array_index(found, Found, i).info.id);
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                _("There is no device \"%s\"; this machine has: %s."), id, known->str);
}

MendDevice *
mend_device_open(const char *id, GError **error)
{
    if (is_auto(id))
        id = g_getenv("MEND_DEVICE");
    if (is_auto(id))
        id = NULL;
    /* Asked for by name, the CPU is there without waking any driver. */
    if (id && strcmp(id, "cpu") == 0)
        return mend_backend_cpu.open(id, error);
    g_autoptr(GArray) found = find_devices();
    const Found *one = choose(found, id);
    if (!one) {
        unknown(found, id ? id : "auto", error);
        return NULL;
    }
    return one->backend->open(one->info.id, error);
}

void
mend_device_close(MendDevice *device)
{
    if (device)
        device->backend->close(device);
}

MendPlan *
mend_plan_new(MendDevice *device, const MendGraph *graph, GError **error)
{
    return device->backend->plan(device, graph, error);
}

gboolean
mend_plan_run(MendPlan *plan, const MendTensor *inputs, MendTensor output, MendShareFunc progress,
              gpointer data, GError **error)
{
    return plan->device->backend->run(plan, inputs, output, progress, data, error);
}

gboolean
mend_plan_goes_on(MendShareFunc progress, double share, gpointer data, GError **error)
{
    if (!progress || progress(share, data))
        return TRUE;
    g_set_error_literal(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Stopped."));
    return FALSE;
}

void
mend_plan_free(MendPlan *plan)
{
    if (plan)
        plan->device->backend->plan_free(plan);
}

gboolean
mend_graph_run_once(const MendGraph *graph, const MendTensor *inputs, MendTensor output,
                    GError **error)
{
    MendDevice *device = mend_device_open("cpu", error);
    MendPlan *plan = device ? mend_plan_new(device, graph, error) : NULL;
    gboolean good = plan && mend_plan_run(plan, inputs, output, NULL, NULL, error);
    mend_plan_free(plan);
    mend_device_close(device);
    return good;
}
