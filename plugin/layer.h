/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run leaves in an image: a layer with its mask and settings, or pixels replaced.
 * Thread: main only. */
#pragma once

#include "compute/restore.h"
#include "plugin/gegl_io.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

#define MEND_PARASITE "mend-settings"

/* One drawable's result. Borrows everything. */
typedef struct {
    GimpDrawable *source;
    const MendPixels *pixels;
    const MendOptions *options;
    const MendRestoreInfo *info;
    const char *procedure; /* name of the procedure that was called */
} MendResult;

/* A layer of result for image, not yet in it: named, filled, at the source's place, with the
 * parasite MEND_PARASITE: a JSON object {procedure, version, model, task, sampler, steps, seed,
 * strength, device}, arguments that make it again, and confidence where the task was detected.
 * Owned by the caller: gimp_item_delete(). NULL on failure. */
GimpLayer *mend_layer_new(const MendResult *result, GimpImage *image, GError **error);

/* Puts layer directly above source. Its mask is the selection, where there is one, times the
 * source's own mask. FALSE: layer is not in the image, and deleted. */
gboolean mend_layer_insert_above(GimpLayer *layer, GimpDrawable *source, GError **error);

/* Replaces the source's pixels, weighted by the selection: first they are sent to GIMP, which does
 * not change the image yet, then taken. */
gboolean mend_layer_send_pixels(const MendResult *result, GError **error);
gboolean mend_layer_take_pixels(const MendResult *result, GError **error);

/* A new image of n results, one layer each in their order. layers: gets them (borrowed). Owned by
 * the caller. NULL on failure. */
GimpImage *mend_layer_new_image(const MendResult *results, int n, GPtrArray *layers,
                                GError **error);

G_END_DECLS
