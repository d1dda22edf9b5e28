/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files made up in memory, for tests: arrays of reproducible random numbers. */
#pragma once

#include "compute/weights.h"

G_BEGIN_DECLS

typedef struct {
    GString *header, *data;
    GRand *rand;
} Model;

Model model_new(guint32 seed);
/* Adds a float32 array of values in [-scale, scale]. Dimensions end with 0. */
void model_add(Model *model, const char *name, double scale, const gint64 *dims);
#define MODEL_ADD(model, name, scale, ...)                                                         \
    model_add(model, name, scale, (const gint64[]){__VA_ARGS__, 0})
/* Frees the rest of model. */
MendWeights *model_finish(Model *model);

G_END_DECLS
