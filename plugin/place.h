/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where generated pictures go in an image, how large they are, and putting them there.
 * Thread: main only. */
#pragma once

#include "compute/generate_session.h"
#include "compute/generate_settings.h"

#include <libgimp/gimp.h>

G_BEGIN_DECLS

typedef struct {
    GimpImage *image;   /* that gets the layers; NULL: a new one. Borrowed */
    GimpItem *above;    /* the layer that they go above; NULL: on top. Borrowed */
    int x, y;           /* of the pictures' corner in the image */
    int width, height;  /* of a picture, as asked for */
    gboolean selection; /* the selection becomes the mask */
} MendPlace;

/* image may be NULL; drawables: NULL, or NULL-terminated. MEND_ERROR_IMAGE: a floating selection;
 * MEND_ERROR_OPTION: a size of an image where there is none. */
gboolean mend_place_find(MendPlace *place, const MendGenerateSettings *settings, GimpImage *image,
                         GimpDrawable **drawables, GError **error);

/* The pictures as layers, several of them in one group with the first one visible, in one undo
 * step; or as the layers of a new image. Each has the parasite "mend-settings": a JSON object with
 * arguments, the number of the picture (from 1), how it was made ("next", "more", "surprise") and
 * of which. A "next" is the last one that a call with these arguments makes, unless
 * "similarity-before" says that those before it were made with another one. layers: gets them,
 * borrowed. A new image is returned in *made, owned by the caller. FALSE: no image was touched. */
gboolean mend_place_layers(const MendPlace *place, const GPtrArray *variations, GPtrArray *layers,
                           GimpImage **made, GError **error);

/* "Stone 3, seed 7" */
char *mend_variation_name(const MendVariation *variation);

G_END_DECLS
