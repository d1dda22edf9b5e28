/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices: what is there, which to take, and the one table a kind of device fills in. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

typedef struct {
    char id[64];    /* "cpu", "vulkan:<uuid>": stable between runs, saved in settings */
    char name[256]; /* what the user sees */
    char note[128]; /* why it is not chosen unasked, or "" */
    int score;      /* the highest is the default; <= 0 is never chosen unasked */
    guint64 memory; /* bytes in all, 0 when unknown */
} MendDeviceInfo;

typedef struct MendBackend MendBackend;

/* An open device / a network made ready on it. Backends embed these as their first member. */
typedef struct {
    const MendBackend *backend;
    MendDeviceInfo info;
} MendDevice;

typedef struct {
    MendDevice *device;
    const MendGraph *graph; /* borrowed */
} MendPlan;

/* Told which share of something is done, 0..1, never less than before; FALSE stops it. */
typedef gboolean (*MendShareFunc)(double share, gpointer data);

/* All entries are required. Each is called from one thread at a time per device. */
struct MendBackend {
    const char *name;                             /* prefix of the ids: "cpu", "vulkan" */
    int (*probe)(MendDeviceInfo *infos, int max); /* how many were written; never fails */
    MendDevice *(*open)(const char *id, GError **error);
    void (*close)(MendDevice *device);
    /* Packs and uploads the weights, takes all memory. */
    MendPlan *(*plan)(MendDevice *device, const MendGraph *graph, GError **error);
    /* inputs: host tensors [C][H][W], one for each input node in the graph's order; output too.
     * Blocks. progress (may be NULL) is called between the parts of the network, with a share below
     * 1; where all is done in a tenth of a second perhaps never. Stopped by it, the run fails with
     * MEND_ERROR_CANCELLED. A failure leaves the output undefined and the plan unusable. */
    gboolean (*run)(MendPlan *plan, const MendTensor *inputs, MendTensor output,
                    MendShareFunc progress, gpointer data, GError **error);
    void (*plan_free)(MendPlan *plan);
};

extern const MendBackend mend_backend_cpu;
extern const MendBackend mend_backend_vulkan; /* probe finds nothing where Vulkan is not built in */
extern const MendBackend *const mend_backends[]; /* NULL-terminated */

/* All devices of this machine, best score first; the CPU is always among them.
 * Free with g_free(). Thread: safe. The first call may take some 100 ms (driver start). */
MendDeviceInfo *mend_devices_list(int *n);

/* id: a device's id, or "auto" (also NULL or ""): the value of MEND_DEVICE if set, else the best
 * score. An unknown id is MEND_ERROR_OPTION and names the known ones. */
MendDevice *mend_device_open(const char *id, GError **error);
void mend_device_close(MendDevice *device); /* NULL is allowed */

MendPlan *mend_plan_new(MendDevice *device, const MendGraph *graph, GError **error);
gboolean mend_plan_run(MendPlan *plan, const MendTensor *inputs, MendTensor output,
                       MendShareFunc progress, gpointer data, GError **error);
/* Asks progress, which may be NULL, whether to go on; FALSE: MEND_ERROR_CANCELLED. For backends. */
gboolean mend_plan_goes_on(MendShareFunc progress, double share, gpointer data, GError **error);
void mend_plan_free(MendPlan *plan); /* NULL is allowed; before its device and its graph */

/* Runs a small graph once, on the CPU: what sees a whole picture as a thumbnail. */
gboolean mend_graph_run_once(const MendGraph *graph, const MendTensor *inputs, MendTensor output,
                             GError **error);

G_END_DECLS
