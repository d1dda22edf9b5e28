/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The borders of a restoration: what a network may see of a picture, and how much of what it made
 * is taken. Thread: one at a time; passes use several (compute/bands.h). */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* All borrowed. Tensors are {3,h,w}, mask and hole {1,h,w}. */
typedef struct {
    MendTensor picture;  /* what came: any numbers */
    MendTensor clamped;  /* the same as networks see it; set by mend_blend_clamp() */
    MendTensor restored; /* what they made of it */
    MendTensor result;   /* may be picture or restored */
    MendTensor hole;     /* above 0: painted white, as networks know a hole; or no data */
    MendTensor mask;     /* how much of a pixel may change, 0 (and NaN) nothing; no data: all */
    float strength;
    gint outside; /* private */
} MendBlend;

/* clamped: the picture itself where that will do, else a copy in owned (freed by the caller). */
gboolean mend_blend_clamp(MendBlend *blend, MendTensor *owned, GError **error);

/* result = picture + strength * mask * (restored - seen), both clamped to 0..1: what lies outside
 * the range survives, where nothing is taken the picture's bits do; a NaN or infinity of the
 * picture becomes the restored value where anything is taken. */
void mend_blend_run(MendBlend *blend);

G_END_DECLS
