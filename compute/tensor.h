/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures and feature maps at the borders of compute: float32, planar. */
#pragma once

#include "compute/block.h"

G_BEGIN_DECLS

/* Channels, height, width: batch is always 1. Row-major, W fastest: [C][H][W].
 * A vector of n is {n, 1, 1}. */
typedef struct {
    int c, h, w;
} MendShape;

/* A view of float32 memory, [C][H][W]. Copy it freely; the view owns nothing. */
typedef struct {
    MendShape shape;
    float *data; /* host memory, 64-byte aligned when it comes from mend_tensor_new */
} MendTensor;

size_t mend_shape_count(MendShape shape); /* elements; 0 where a side is <= 0 */
gboolean mend_shape_equal(MendShape a, MendShape b);

/* A tensor that owns its memory; fails like mend_block_new_large(). data is NULL on failure. */
MendTensor mend_tensor_new(MendShape shape, GError **error);
void mend_tensor_clear(
    MendTensor *tensor); /* frees data and sets it to NULL; may be called twice */

/* In place, as far as TRUE: each row from right to left, the rows from bottom to top. */
void mend_tensor_flip(MendTensor tensor, gboolean x, gboolean y);

/* Plane c as a view of shape {1, h, w}. Borrowed. */
MendTensor mend_tensor_plane(MendTensor tensor, int c);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendTensor, mend_tensor_clear)

G_END_DECLS
