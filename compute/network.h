/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks by name. A network is one file in networks/ that ends with one MendNetwork. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

/* How a file's network is to be built; what can be read off the arrays' shapes is not here. */
typedef struct {
    gboolean global_attention; /* channel attention over the whole picture (published weights);
                                * else over one pixel of its level, and tiles are exact */
    gboolean residual;         /* the output is added to the mean */
    int task_row;              /* row of the task table; < 0: the file has none */
    const char *prefix;        /* before the arrays' names: "overview."; NULL: as the file has it */
} MendNetworkConfig;

typedef struct {
    const char *name; /* "nafnet": the model file's mend.network names it */
    /* Adds the nodes and finishes the graph: inputs "x", "mean" (not where the intro convolution
     * takes 3 channels: then x is all there is), where it takes 9 channels also "degraded"
     * ({3,h,w} each), "t" ({1,1,1}), and where the file has "context.weight" also "context" (a
     * vector: compute/context.h); output {3,h,w}.
     * h and w must be multiples of the align below (MEND_ERROR_SHAPE). */
    gboolean (*build)(MendGraph *graph, const MendWeights *weights, const MendNetworkConfig *config,
                      int h, int w, GError **error);
    /* From the arrays' names: align is the coarsest stride in pixels; radius is how far in pixels
     * an output pixel sees, rounded up to a multiple of align, 0 where it sees everything. */
    gboolean (*extent)(const MendWeights *weights, const MendNetworkConfig *config, int *align,
                       int *radius, GError **error);
} MendNetwork;

extern const MendNetwork *const mend_networks[];        /* NULL-terminated */
const MendNetwork *mend_network_find(const char *name); /* or NULL */

G_END_DECLS
