/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several unit tests do with model files: open them, and damage copies of them. */
#pragma once

#include "compute/model.h"

/* It must be a good one. Owned by the caller. */
MendModelInfo *models_open(const char *path);

/* A copy of a model's file in which old, where it first comes after place in the header, is
 * overwritten by new, which is as long; where old is NULL, place is an array, all of whose bytes
 * become fill. Owned by the caller, as is the file. */
char *models_altered(const char *from, const char *place, const char *old, const char *new,
                     guint8 fill);
