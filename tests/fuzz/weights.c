/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fuzz target: bytes as a safetensors file, all of which is then read, as a network too. */
#include "compute/network.h"
#include "compute/tensor.h"
#include "tests/fuzz/fuzz.h"

static void
read_all(const MendWeights *weights)
{
    for (guint i = 0; i < mend_weights_count(weights); i++) {
        const MendArray *array = mend_weights_at(weights, i);
        double *values = mend_block_new(array->count * sizeof *values, NULL);
        if (values)
            mend_array_read_f64(array, values, NULL);
        mend_block_free(values);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(MendWeights) weights = mend_weights_parse(data, size, "fuzz", NULL);
    if (!weights)
        return 0;
    const MendNetwork *nafnet = mend_network_find("nafnet");
    MendNetworkConfig config = {.residual = TRUE, .task_row = -1};
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    int align, radius;
    read_all(weights);
    if (nafnet->extent(weights, &config, &align, &radius, NULL))
        nafnet->build(graph, weights, &config, align, align, NULL);
    return 0;
}
