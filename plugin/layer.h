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
    GeglBuffer *selection; /* mend_source_selection() when the pixels were read, or NULL */
    int x, y; /* of the image it goes into, in the source's: 0, 0 unless that is a new one */
    const MendOptions *options;
    const MendRestoreInfo *info;
    const char *procedure;           /* name of the procedure that was called */
    int alternative;                 /* 1, 2, ...: pixels are that one's; 0: the result's */
    const MendAlternativesInfo *map; /* pixels are the map of uncertainty; NULL: they are not */
} MendResult;

/* "Photo (Remove noise, seed 42)", with ": alternative 2" or what the map's white means where it is
 * one of them. Owned by the caller. */
char *mend_layer_name(const MendResult *result);

/* Sets the parasite MEND_PARASITE, kept in files and undone with the layer. json is copied. FALSE:
 * GIMP refuses; the caller says so. */
gboolean mend_layer_attach_settings(GimpLayer *layer, const char *json);

/* A transparent layer for image, in its colours, not yet in it. Owned by the caller, as below. */
GimpLayer *mend_layer_blank(GimpImage *image, const char *name, int width, int height,
                            GError **error);

/* A layer of result for image, not yet in it: named, filled, at the source's place, with the
 * parasite MEND_PARASITE: a JSON object {procedure, version, model, task, sampler, steps, seed,
 * strength, device}, arguments that make it again, and confidence where the task was detected; for
 * an alternative alternatives, its number, and variety beside it, for a map also uncertainty.
 * Owned by the caller: gimp_item_delete(). NULL on failure. */
GimpLayer *mend_layer_new(const MendResult *result, GimpImage *image, GError **error);

/* Puts layer, of result's size, at position of parent (NULL: its image). Its mask is the selection
 * of result, where there is one, times the source's own mask. FALSE: layer is not in the image, and
 * deleted. */
gboolean mend_layer_insert(GimpLayer *layer, GimpLayer *parent, int position,
                           const MendResult *result, GError **error);

/* The group that drawable is in (NULL: none), and its place there: above it, as seen from new ones.
 * FALSE: it is in no image any more. */
gboolean mend_layer_place(GimpDrawable *drawable, GimpLayer **parent, int *position,
                          GError **error);

/* Replaces the source's pixels, weighted by the image's selection: first they are sent to GIMP,
 * which does not change the image yet, then taken. What is selected now and was not when the pixels
 * were read stays as it is. */
gboolean mend_layer_send_pixels(const MendResult *result, GError **error);
gboolean mend_layer_take_pixels(const MendResult *result, GError **error);

G_END_DECLS
