/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a graph runs on the CPU: in steps. A step is a set of nodes over one grid of pixels that is
 * run block by block, all nodes of a block one after another, so that what passes between them
 * stays in the thread's cache; only what other steps read goes to the shared scratch.
 * A node that looks at neighbours of its source (3x3, shuffle) starts a new step, as does a reader
 * of a mean, whose sum over blocks is complete only after its step. */
#pragma once

#include "compute/cpu/kernels.h"

G_BEGIN_DECLS

typedef struct {
    int first, n_nodes; /* in MendCpuSchedule.order */
    size_t n_pixels;
    size_t block; /* pixels; depends on the graph only, so sums come out alike on all threads */
    int n_blocks;
    double done; /* share of a run's arithmetic after this step, below 1 */
} MendCpuStep;

/* Where a node's result is while it is needed, in floats. */
typedef struct {
    int step;
    gboolean shared; /* in the shared scratch, whole; else in the thread's, one block of it */
    size_t offset;   /* mean: the vector, then sums[n_blocks] */
    size_t work;     /* offset of the kernel's own scratch in the thread's */
} MendCpuPlace;

typedef struct {
    int n_nodes, n_steps;
    MendNode *order;      /* [n_nodes], step by step */
    MendCpuStep *steps;   /* [n_steps] */
    MendCpuPlace *places; /* [n_nodes] */
    size_t shared, local; /* floats: in all, and for each thread */
} MendCpuSchedule;

void mend_cpu_schedule_init(MendCpuSchedule *schedule, const MendGraph *graph);
void mend_cpu_schedule_clear(MendCpuSchedule *schedule);

G_END_DECLS
