/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean and variance of pictures as they come (Welford 1962), and what their likeness takes off. */
#include "compute/uncertainty.h"

#include <math.h>
#include <string.h>

#include "compute/samplers/state.h"

#define MOST_LIKENESS 0.95
#define SHOWN         0.995 /* share of pixels that are not all white */

gboolean
mend_uncertainty_init(MendUncertainty *u, MendShape picture, GError **error)
{
    *u = (MendUncertainty){0};
    u->mean = mend_tensor_new(picture, error);
    u->squares = u->mean.data ? mend_tensor_new((MendShape){1, picture.h, picture.w}, error)
                              : (MendTensor){0};
    for (int i = 0; i < 2 && u->squares.data; i++) {
        u->last[i] = mend_tensor_new(picture, error);
        if (!u->last[i].data)
            mend_tensor_clear(&u->squares);
    }
    if (!u->squares.data) {
        mend_uncertainty_clear(u);
        return FALSE;
    }
    memset(u->mean.data, 0, mend_shape_count(picture) * sizeof(float));
    memset(u->squares.data, 0, mend_shape_count(u->squares.shape) * sizeof(float));
    return TRUE;
}

void
mend_uncertainty_clear(MendUncertainty *u)
{
    mend_tensor_clear(&u->mean);
    mend_tensor_clear(&u->squares);
    mend_tensor_clear(&u->last[0]);
    mend_tensor_clear(&u->last[1]);
}

static float
number(float value)
{
    return isfinite(value) ? value : 0.0f;
}

/* Half the square of what lies between picture and an earlier one, summed. */
static double
half_square(MendTensor picture, MendTensor earlier)
{
    double sum = 0;
    size_t n = mend_shape_count(picture.shape);
    for (size_t i = 0; i < n; i++) {
        double off = (double)number(picture.data[i]) - (double)earlier.data[i];
        sum += off * off / 2;
    }
    return sum;
}

void
mend_uncertainty_add(MendUncertainty *u, MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape), plane = n / 3;
    for (int lag = 0; lag < 2 && lag < u->n; lag++)
        u->apart[lag] += half_square(picture, u->last[lag]);
    u->n++;
    MendTensor newest = u->last[1];
    u->last[1] = u->last[0];
    u->last[0] = newest;
    for (size_t i = 0; i < n; i++) {
        float value = number(picture.data[i]), off = value - u->mean.data[i];
        newest.data[i] = value;
        u->mean.data[i] += off / (float)u->n;
        u->squares.data[i % plane] += off * (value - u->mean.data[i]);
    }
}

/* Of pictures next to each other. */
static double
likeness(const MendUncertainty *u)
{
    if (u->n < 3 || !(u->apart[0] > 0))
        return 0;
    double one = u->apart[0] / (u->n - 1), two = u->apart[1] / (u->n - 2);
    return CLAMP(two / one - 1, 0, MOST_LIKENESS);
}

double
mend_uncertainty_finish(const MendUncertainty *u, MendTensor deviation)
{
    double rho = likeness(u), power = 1, sum = 0;
    for (int k = 1; k < u->n; k++) {
        power *= rho;
        sum += (1 - (double)k / u->n) * power;
    }
    double effective = u->n / (1 + 2 * sum);
    double share = effective > 1 ? 1 / (3 * u->n * (1 - 1 / effective)) : 0;
    size_t n = mend_shape_count(deviation.shape);
    for (size_t i = 0; i < n; i++)
        deviation.data[i] = (float)sqrt(share * (double)u->squares.data[i]);
    return effective;
}

double
mend_uncertainty_white(MendTensor deviation)
{
    static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 255};
    MendState state = {FALSE, mend_shape_count(deviation.shape), deviation.data};
    double most = mend_state_quantile(&state, SHOWN) * 255;
    size_t i = 0;
    while (i < G_N_ELEMENTS(steps) - 1 && most > steps[i])
        i++;
    return steps[i] / 255;
}
