/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alternatives of one drawable's result and the map of their uncertainty: kept while a job hands
 * them over, then hidden layers below the result, in one group. Thread: main only. */
#pragma once

#include "compute/restore.h"
#include "plugin/layer.h"

G_BEGIN_DECLS

/* {0} is empty. */
typedef struct {
    GArray *alternatives; /* MendTensor {3,h,w} of the restored rect, no data: as it was; or NULL */
    MendTensor map;       /* the same, grey; no data: none */
    MendAlternativesInfo about;
    GPtrArray *layers; /* GimpLayer, made and not yet in the image: deleted with this; or NULL */
} MendVariants;

void mend_variants_clear(MendVariants *variants); /* may be called twice */
gboolean mend_variants_any(const MendVariants *variants);

/* Keep the part of what a job hands over (MendJobEvents) that pixels' rect covers. Copied.
 * unchanged: strength 0, so that pixels stay as they were, bit by bit. MEND_ERROR_MEMORY. */
gboolean mend_variants_add(MendVariants *variants, const MendPixels *pixels, MendTensor picture,
                           gboolean unchanged, GError **error);
gboolean mend_variants_set_map(MendVariants *variants, const MendPixels *pixels,
                               MendTensor deviation, const MendAlternativesInfo *about,
                               GError **error);

/* Makes the layers, hidden, for image, as mend_layer_new() does. */
gboolean mend_variants_prepare(MendVariants *variants, const MendResult *result, GimpImage *image,
                               GError **error);

/* A group at position of parent (NULL: the image itself), and in it, from above, own (which the
 * image takes over; NULL: none) and the prepared layers, as mend_layer_insert() puts them in.
 * layers gets them all, without the group, which is returned: the image's. NULL on failure, and
 * then it is out of the image again. */
GimpLayer *mend_variants_insert(MendVariants *variants, const MendResult *result, GimpImage *image,
                                GimpLayer *parent, int position, GimpLayer *own, GPtrArray *layers,
                                GError **error);

G_END_DECLS
