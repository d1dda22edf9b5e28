/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clues: numbers in which damage shows, of the two small pictures of a glance. Thread: any. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* Of noise, sharpness and its direction, the traces of JPEG's blocks, specks, tone, holes painted
 * white, shadow. */
#define MEND_CLUES 240

/* thumbnail: {3,96,96}; crops: {3,2n,2n}, two by two crops of full resolution with n a multiple of
 * 16; values 0..1. All clues are finite and of some size, -20 to 20. Their twin, equal to 1e-5, is
 * weights/train/clues.py, where each is described. MEND_ERROR_MEMORY. */
gboolean mend_clues_find(MendTensor thumbnail, MendTensor crops, float clues[MEND_CLUES],
                         GError **error);

G_END_DECLS
