/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parameters, arithmetic and memory of a model. */
#include "compute/cli_cost.h"

#include "compute/error.h"
#include "compute/network.h"
#include "compute/restore.h"

static double
memory_of(const MendModelInfo *model)
{
    double most = 0;
    for (int i = 0; model->tasks[i]; i++) {
        for (int k = 0; k < MEND_N_PRESETS; k++) {
            const MendPreset *preset = &model->presets[i].at[k];
            double bytes = mend_restore_bytes(model->means[i], preset->sampler, preset->steps);
            most = MAX(most, bytes * 1e6);
        }
    }
    return most;
}

gboolean
mend_model_cost(const MendModelInfo *model, const MendWeights *weights, MendModelCost *cost,
                GError **error)
{
    const MendNetwork *network = mend_network_find(model->network);
    *cost = (MendModelCost){0};
    if (!network) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: this version of Mend has no network “%s”.", model->path, model->network);
        return FALSE;
    }
    for (guint i = 0; i < mend_weights_count(weights); i++)
        cost->n_parameters += mend_weights_at(weights, i)->count;
    MendNetworkConfig config = {
        .global_attention = model->global_attention,
        .residual = model->residual,
    };
    if (!network->extent(weights, &config, &cost->align, &cost->radius, error))
        return FALSE;
    for (int i = 0; model->tasks[i]; i++) { /* a task table that is too short shows here */
        g_autoptr(MendGraph) graph = mend_graph_new(weights);
        config.task_row = i;
        if (!network->build(graph, weights, &config, cost->align, cost->align, error))
            return FALSE;
        cost->flops = mend_graph_flops(graph) / ((double)cost->align * cost->align);
    }
    cost->bytes_per_megapixel = memory_of(model);
    return TRUE;
}
