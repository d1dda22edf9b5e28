/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The widest vector of floats of the instruction set this file is built for (GCC, Clang). */
#pragma once

#include <glib.h>
#include <string.h>

#if defined(__AVX512F__)
#define MEND_LANES 16
#elif defined(__AVX2__)
#define MEND_LANES 8
#else
#define MEND_LANES 4
#endif

typedef float MendVec __attribute__((vector_size(4 * MEND_LANES)));

/* Loops over registers must be unrolled whole, or the arrays of vectors land in memory. */
#if defined(__clang__)
#define MEND_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MEND_UNROLL _Pragma("GCC unroll 16")
#endif

/* No round of the loop reads what another one writes; a result may stand exactly in a source's
 * place. */
#if defined(__clang__)
#define MEND_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define MEND_INDEPENDENT _Pragma("GCC ivdep")
#endif

static inline MendVec
mend_vec_load(const float *from)
{
    MendVec v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void
mend_vec_store(float *to, MendVec v)
{
    memcpy(to, &v, sizeof v);
}

static inline float
mend_vec_sum(MendVec v)
{
    float sum = 0;
    for (int i = 0; i < MEND_LANES; i++)
        sum += v[i];
    return sum;
}
