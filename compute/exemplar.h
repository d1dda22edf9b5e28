/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structure for wide holes. A network that sees only so far knows nothing of the middle of a wide
 * hole and answers with a smear; there the picture itself is the best example. A hole, as far as it
 * is wide, is put together from known patches of its surroundings, from coarse to fine (Wexler,
 * Shechtman and Irani 2007, "Space-time completion of video"; Barnes et al. 2009, "PatchMatch"). */
#pragma once

#include "compute/mean.h"
#include "compute/rng.h"

G_BEGIN_DECLS

/* A hole is wide where it is so many pixels deep: where a disc of this radius fits in. */
#define MEND_EXEMPLAR_DEEP 20

/* Pixels around a hole, whose longer side is side, that are worth to be known: no more are looked
 * at. */
int mend_exemplar_reach(int side);

/* Where a hole is wide. */
typedef struct MendExemplar MendExemplar;

/* hole: {1,h,w}, above 0 where a pixel is not known; borrowed until this is freed. Memory: 4 bytes
 * a pixel, where it is wide anywhere. NULL: MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED. */
MendExemplar *mend_exemplar_new(MendTensor hole, const MendGoOn *go_on, GError **error);
void mend_exemplar_free(MendExemplar *exemplar);           /* NULL is allowed */
size_t mend_exemplar_pixels(const MendExemplar *exemplar); /* that are to be filled */

/* degraded: {3,h,w}, 0..1. filled {3,h,w}, what the hole was filled with, is changed in the hole
 * alone, where that is wide, to what is a function of degraded, the hole and rng, but for an edge
 * of 4 pixels, where it passes into filled: so neither tiles nor devices nor threads change it. A
 * part of a picture may get other structure than the whole. A hole with too little known around it,
 * or of more than 33 megapixels with its surroundings, stays as it is. Memory: some 75 bytes a
 * pixel of a wide hole's rectangle with its surroundings. go_on's share is of all pixels.
 * MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED; filled is changed in part then. */
gboolean mend_exemplar_fill(MendExemplar *exemplar, MendTensor degraded, MendRng rng,
                            MendTensor filled, const MendGoOn *go_on, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendExemplar, mend_exemplar_free)

G_END_DECLS
