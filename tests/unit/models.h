/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several unit tests do with model files: open them, and damage copies of them. */
#pragma once

#include "compute/model.h"
#include "compute/tensor.h"

/* It must be a good one. Owned by the caller. */
MendModelInfo *models_open(const char *path);

/* A copy of a model's file in which old, where it first comes after place in the header, is
 * overwritten by new, which is as long; where old is NULL, place is an array, all of whose bytes
 * become fill. Owned by the caller, as is the file. */
char *models_altered(const char *from, const char *place, const char *old, const char *new,
                     guint8 fill);

/* A mean made with a model's own arrays; as mend_wiener_estimate(). */
typedef gboolean (*ModelsEstimate)(const MendModelInfo *model, MendTensor picture, MendTensor mean,
                                   const MendGoOn *go_on, GError **error);
/* It fails in order wherever its memory ends; it is stopped whenever it asks, which it does more
 * often than `asks`. */
void models_check_starved(ModelsEstimate estimate, const MendModelInfo *model, MendTensor picture);
void models_check_stopped(ModelsEstimate estimate, const MendModelInfo *model, MendTensor picture,
                          int asks);
