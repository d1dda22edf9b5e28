/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic on sampler states of either precision. */
#include "compute/samplers/state.h"

#include <math.h>
#include <string.h>

#include "compute/bands.h"

#define CHUNK 512 /* numbers summed at a time: fits the first-level cache with its terms */

gboolean
mend_state_init(MendState *state, const MendState *like, GError **error)
{
    *state = *like;
    state->data =
        mend_block_new_large(like->n * (like->f64 ? sizeof(double) : sizeof(float)), error);
    return state->data != NULL;
}

void
mend_state_clear(MendState *state)
{
    mend_block_free(state->data);
    state->data = NULL;
}

static void
add_chunk(double *sum, MendTerm term, size_t start, size_t n)
{
    const double factor = term.factor;
    if (term.state->f64) {
        const double *values = (const double *)term.state->data + start;
        for (size_t i = 0; i < n; i++)
            sum[i] += factor * values[i];
    } else {
        const float *values = (const float *)term.state->data + start;
        for (size_t i = 0; i < n; i++)
            sum[i] += factor * (double)values[i];
    }
}

/* FALSE where not all are finite: 0 times a finite number is 0, times any other NaN. */
static gboolean
store_chunk(MendState *out, const double *sum, size_t start, size_t n)
{
    double check = 0;
    if (out->f64) {
        double *values = (double *)out->data + start;
        memcpy(values, sum, n * sizeof(double));
        for (size_t i = 0; i < n; i++)
            check += 0 * sum[i];
    } else {
        float *values = (float *)out->data + start;
        for (size_t i = 0; i < n; i++) {
            values[i] = (float)sum[i];
            check += (double)(0 * values[i]);
        }
    }
    return check == 0;
}

typedef struct {
    MendState *out;
    const MendTerm *terms;
    int n_terms;
    gint bad; /* atomic */
} Sum;

static void
sum_band(gpointer data, size_t begin, size_t end)
{
    Sum *s = data;
    for (size_t start = begin; start < end; start += CHUNK) {
        size_t n = MIN(CHUNK, end - start);
        double sum[CHUNK] = {0};
        for (int k = 0; k < s->n_terms; k++)
            if (s->terms[k].factor != 0)
                add_chunk(sum, s->terms[k], start, n);
        if (!store_chunk(s->out, sum, start, n))
            g_atomic_int_set(&s->bad, 1);
    }
}

gboolean
mend_state_sum(MendState *out, const MendTerm *terms, int n_terms)
{
    Sum sum = {out, terms, n_terms, 0};
    mend_bands_run(out->n, MEND_BAND, sum_band, &sum);
    return !g_atomic_int_get(&sum.bad);
}

static void
check_band(gpointer data, size_t begin, size_t end)
{
    Sum *s = data;
    double check = 0;
    for (size_t i = begin; i < end; i++)
        check += 0 * mend_state_get(s->terms->state, i);
    if (check != 0 || isnan(check))
        g_atomic_int_set(&s->bad, 1);
}

gboolean
mend_state_is_finite(const MendState *state)
{
    const MendTerm only = {1, state};
    Sum sum = {NULL, &only, 1, 0};
    mend_bands_run(state->n, MEND_BAND, check_band, &sum);
    return !g_atomic_int_get(&sum.bad);
}

#define DIGIT_BITS 11

/* The value at place rank of the sorted magnitudes. The bits of numbers >= 0 sort like the numbers,
 * so a digit is settled a pass by counting. */
static double
order_statistic(const MendState *state, size_t rank)
{
    guint64 prefix = 0; /* the digits settled */
    for (int shift = 5 * DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
        size_t counts[1 << DIGIT_BITS] = {0};
        for (size_t i = 0; i < state->n; i++) {
            double value = fabs(mend_state_get(state, i));
            guint64 bits;
            memcpy(&bits, &value, sizeof bits);
            bits >>= shift;
            if (bits >> DIGIT_BITS == prefix)
                counts[bits & (G_N_ELEMENTS(counts) - 1)]++;
        }
        guint64 digit = 0;
        while (rank >= counts[digit])
            rank -= counts[digit++];
        prefix = prefix << DIGIT_BITS | digit;
    }
    double value;
    memcpy(&value, &prefix, sizeof value);
    return value;
}

double
mend_state_quantile(const MendState *state, double ratio)
{
    double place = ratio * (double)(state->n - 1);
    size_t below = (size_t)place;
    double weight = place - (double)below;
    double low = order_statistic(state, below);
    return weight > 0 ? low + weight * (order_statistic(state, below + 1) - low) : low;
}

void
mend_state_threshold(MendState *state, double ratio, double max)
{
    double c = CLAMP(mend_state_quantile(state, ratio), 1, max);
    for (size_t i = 0; i < state->n; i++)
        mend_state_put(state, i, CLAMP(mend_state_get(state, i), -c, c) / c);
}
