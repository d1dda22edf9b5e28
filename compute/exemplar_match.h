/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For compute/exemplar.c: which known patch is most like each patch that meets the hole
 * (PatchMatch: Barnes et al. 2009), and what the hole then looks like (voting: Wexler, Shechtman
 * and Irani 2007).
 * Thread: any one; passes run on several. */
#pragma once

#include "compute/mean.h"
#include "compute/rng.h"

G_BEGIN_DECLS

enum {
    MEND_PATCH_RADIUS = 3,
    MEND_PATCH_SIDE = 2 * MEND_PATCH_RADIUS + 1,
    MEND_PATCH_LEAST = 3 * MEND_PATCH_SIDE, /* pixels that a side must have to be searched */
};

/* A colour, and a weight or nothing. */
typedef float MendRgbx __attribute__((vector_size(16)));

typedef enum {
    MEND_PATCH_NONE,   /* would reach over the picture's edge */
    MEND_PATCH_TARGET, /* meets the hole */
    MEND_PATCH_SOURCE, /* all known */
} MendPatchKind;

/* A picture at one scale. Places are numbers y * w + x; a patch is named by its centre, and lies
 * inside the picture. All memory is the field's own. */
typedef struct {
    int w, h;
    float *rgb;    /* [h][w][4]; the last one is the pixel's weight in a likeness */
    guint8 *hole;  /* [h][w], 1: not known */
    guint8 *kind;  /* [h][w], of the patch there: MendPatchKind */
    int *match;    /* [h][w], of a target: the source that is most like it */
    int *origin;   /* [h][w], of a pixel of the hole: where the last sharp vote took it from */
    int *next;     /* [h][w], of the pass under way */
    float *weight; /* [h][w], of a target: the sum of its pixels' */
    float *cost;   /* [h][w], of a target: the weighted mean of squared differences from match */
    int *targets;  /* places, in order */
    int *sources;  /* " */
    int n_targets, n_sources;
    int reach; /* pixels from the best match that chance looks at, at most */
} MendPatchField;

/* Memory for w x h pixels; colours and hole are the caller's to fill in. FALSE: MEND_ERROR_MEMORY.
 */
gboolean mend_patch_field_init(MendPatchField *field, int w, int h, GError **error);
void mend_patch_field_clear(MendPatchField *field);

/* Finds targets, sources and weights: 1 for what is known, less with each pixel into the hole, for
 * there the picture is only a guess. FALSE: there are no targets, no sources, or a side is too
 * short. */
gboolean mend_patch_field_sort(MendPatchField *field);

/* A first match for each target: that of the same place on the field of half the size, coarse, or
 * where that is NULL or does not say, the best of a few by chance. */
void mend_patch_field_begin(MendPatchField *field, const MendPatchField *coarse, MendRng rng);
/* Better matches: passes over all targets, each of which asks its neighbours and chance. A function
 * of field and rng, as ever not of threads. FALSE: MEND_ERROR_CANCELLED. */
gboolean mend_patch_field_search(MendPatchField *field, int passes, MendRng rng,
                                 const MendGoOn *go_on, GError **error);
/* The hole's colours: what the patches over a pixel say, the likest ones most. sharp: the likest
 * one alone, without which each vote makes the hole a little smoother. */
void mend_patch_field_vote(MendPatchField *field, gboolean sharp);
/* After a sharp vote and all searches: evens out how differently lit the hole's parts are, among
 * themselves and to what is around. FALSE: MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED. */
gboolean mend_patch_field_join(MendPatchField *field, const MendGoOn *go_on, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendPatchField, mend_patch_field_clear)

G_END_DECLS
