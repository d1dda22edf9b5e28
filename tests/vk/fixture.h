/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the tests of the Vulkan backend: devices, and graphs of made-up weights. */
#pragma once

#include "compute/backend.h"

G_BEGIN_DECLS

/* Call first: turns the validation layer on where it is installed. Without a Vulkan device it says
 * so in TAP and ends the program. */
void fixture_init(int *argc, char ***argv);

/* Runs the tests; the program's exit status. A message of the validation layer is a failure. */
int fixture_finish(void);

/* The devices of this machine, at most 8. Borrowed. */
const MendDeviceInfo *fixture_devices(int *n);

/* One array of a fixture's file. */
typedef struct {
    const char *name;
    int n_dims, dims[4];
} FixtureArray;

/* Weights of random values, scaled so that a convolution keeps the size of its input. Ends at the
 * array without a name. */
MendWeights *fixture_weights(const FixtureArray *arrays);

/* A small conditional network of all ops: inputs x {3, h, w} and t {1, 1, 1}; h and w are even. */
MendWeights *fixture_net_weights(void);
MendGraph *fixture_net(const MendWeights *weights, int h, int w);

/* Runs graph on the device with inputs that depend on seed. Out: the result, clear it. */
gboolean fixture_run(MendDevice *device, const MendGraph *graph, guint32 seed, int n_runs,
                     MendTensor *output, GError **error);

/* The largest difference, as part of the largest value (at least 1). Infinite for what is not a
 * number. */
double fixture_difference(MendTensor a, MendTensor b);

G_END_DECLS
