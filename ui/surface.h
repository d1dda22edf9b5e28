/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Float pictures as cairo surfaces. Thread: any. */
#pragma once

#include <cairo.h>

#include "compute/tensor.h"

G_BEGIN_DECLS

/* rgb: {3,h,w}, R'G'B' in 0..1 (clamped; NaN becomes 0). One surface pixel for each picture pixel;
 * scale is the device scale, so it is drawn at 1:1 device pixels. Owned by the caller. */
cairo_surface_t *mend_surface_new(MendTensor rgb, int scale);

/* before + strength * (after - before), both {3,h,w} of one shape. Owned by the caller. */
cairo_surface_t *mend_surface_new_blend(MendTensor before, MendTensor after, double strength,
                                        int scale);

G_END_DECLS
