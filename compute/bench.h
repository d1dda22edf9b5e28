/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a model's network runs on a device: `mend bench`. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* argv is what follows "bench". MODEL [--size N] [--runs N] [--device ID] [--json] evaluates the
 * network on a picture of N x N pixels (256) and prints best and median time in ms, the rate,
 * and the least processor time of all threads together, which other programs disturb less.
 * MODEL --megapixels N,... [--steps N] [--tile N] [--sampler ID] [--device ID] [--json] restores
 * whole pictures (compute/bench_job.h).
 * Returns the exit status: 0, 1 (it failed) or 2 (wrong usage, no such device). */
int mend_bench_main(int argc, char **argv);

G_END_DECLS
