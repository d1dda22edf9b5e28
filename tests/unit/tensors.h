/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several unit tests do with tensors: read recorded ones, and compare. */
#pragma once

#include "compute/tensor.h"
#include "compute/weights.h"

/* The array of that name, which has three dimensions. Owned by the caller. */
MendTensor tensors_read(const MendWeights *file, const char *name);

/* Of the numbers of two tensors of one shape, all of them finite. */
float tensors_largest_difference(MendTensor a, MendTensor b);
