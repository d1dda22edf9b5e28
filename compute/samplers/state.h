/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic on sampler states of either precision. Sums are formed in double and rounded once.
 * Used by samplers, integrators and chains alone. Thread: safe, no hidden state. */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

/* A new state of the precision and size of like, uninitialised. FALSE and MEND_ERROR_MEMORY. */
gboolean mend_state_init(MendState *state, const MendState *like, GError **error);
void mend_state_clear(MendState *state); /* may be called twice */

static inline double
mend_state_get(const MendState *state, size_t i)
{
    return state->f64 ? ((const double *)state->data)[i] : (double)((const float *)state->data)[i];
}

static inline void
mend_state_put(MendState *state, size_t i, double value)
{
    if (state->f64)
        ((double *)state->data)[i] = value;
    else
        ((float *)state->data)[i] = (float)value;
}

typedef struct {
    double factor;
    const MendState *state; /* borrowed; not read, and may be NULL, where factor is 0 */
} MendTerm;

/* out = sum of the n_terms terms. out may be one of them. FALSE where a number of the result is
 * infinite or not a number. */
gboolean mend_state_sum(MendState *out, const MendTerm *terms, int n_terms);

/* Whether all numbers are finite. */
gboolean mend_state_is_finite(const MendState *state);

/* The quantile of all |values|, 0 <= ratio <= 1, linear between order statistics. Finite values
 * only. Takes no memory that grows with n. */
double mend_state_quantile(const MendState *state, double ratio);

/* Dynamic thresholding (Saharia et al. 2022, section 2.3): with c = quantile(ratio), at least 1 and
 * at most max, the values become clamp(value, -c, c) / c. */
void mend_state_threshold(MendState *state, double ratio, double max);

G_END_DECLS
