/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Philox4x32-10 (Salmon et al. 2011). There is no state: a number is a function of where it is
 * used, so tiles, threads and devices agree, and a crop gets the whole's noise. Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

typedef struct {
    guint64 seed;
    guint32 stream; /* which draw: 0 is the start state, then the step */
} MendRng;

void mend_philox4x32(const guint32 counter[4], const guint32 key[2], guint32 out[4]);

/* Normal numbers (Box-Muller) for the picture's pixels (x0 + x, y0 + y), channel c of dst. */
void mend_rng_normal(MendRng rng, int x0, int y0, MendTensor dst);

/* The seed of branch number branch: streams of other branches, and of the seed itself, have nothing
 * to do with its own. A path of branches is split step by step. */
guint64 mend_rng_split(guint64 seed, guint64 branch);

/* One number of [0, 1), of the stream; other than its normal numbers. */
double mend_rng_uniform(MendRng rng);

G_END_DECLS
