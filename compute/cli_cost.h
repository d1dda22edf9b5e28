/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model costs, from its file alone: nothing is run. Thread: any. */
#pragma once

#include "compute/model.h"
#include "compute/weights.h"

G_BEGIN_DECLS

typedef struct {
    guint64 n_parameters;
    int align, radius;          /* of compute/network.h; radius 0: sees everything */
    double flops;               /* for one evaluation of one pixel, without the overlap of tiles */
    double bytes_per_megapixel; /* the most of all tasks and presets: mend_restore_bytes() */
} MendModelCost;

/* Builds the network for each of the model's tasks, so that arrays which are missing or of another
 * shape show. MEND_ERROR_WEIGHTS. weights: of model's file. */
gboolean mend_model_cost(const MendModelInfo *model, const MendWeights *weights,
                         MendModelCost *cost, GError **error);

G_END_DECLS
