/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plausible colours where a picture has none: under alpha 0, NaN, infinity.
 * Push-pull over a pyramid (Gortler et al., "The Lumigraph", 1996). Thread: any. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* picture: {c, h, w}. known: {1, h, w}, 1 where the colour counts, 0 where it is to be replaced.
 * Where nothing is known, the picture becomes mid-grey (0.5). Fails with MEND_ERROR_MEMORY only. */
gboolean mend_fill_unknown(MendTensor picture, MendTensor known, GError **error);

G_END_DECLS
