/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean and variance of pictures as they come (Welford 1962), and what their likeness takes off. */
#include "compute/uncertainty.h"

#include <math.h>
#include <string.h>

#include "compute/samplers/state.h"

#define SHOWN 0.995 /* share of pixels that are not all white */

gboolean
mend_uncertainty_init(MendUncertainty *u, MendShape picture, GError **error)
{
    *u = (MendUncertainty){0};
    u->mean = mend_tensor_new(picture, error);
    u->squares = u->mean.data ? mend_tensor_new((MendShape){1, picture.h, picture.w}, error)
                              : (MendTensor){0};
    if (u->squares.data)
        u->last = mend_tensor_new(picture, error);
    if (!u->last.data) {
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
    mend_tensor_clear(&u->last);
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
mend_uncertainty_add(MendUncertainty *u, MendTensor picture, gboolean follows)
{
    size_t n = mend_shape_count(picture.shape), plane = n / 3;
    if (u->n > 0) {
        u->apart[follows != FALSE] += half_square(picture, u->last);
        u->n_apart[follows != FALSE]++;
    }
    u->n++;
    for (size_t i = 0; i < n; i++) {
        float value = number(picture.data[i]), off = value - u->mean.data[i];
        u->last.data[i] = value;
        u->mean.data[i] += off / (float)u->n;
        u->squares.data[i % plane] += off * (value - u->mean.data[i]);
    }
}

/* Of pictures that follow with the one before. */
static double
likeness(const MendUncertainty *u)
{
    if (u->n_apart[0] == 0 || u->n_apart[1] == 0 || !(u->apart[0] > 0))
        return 0;
    double other = u->apart[0] / u->n_apart[0], same = u->apart[1] / u->n_apart[1];
    return CLAMP(1 - same / other, 0, 1);
}

double
mend_uncertainty_finish(const MendUncertainty *u, MendTensor deviation)
{
    double all = u->n, effective = all * all / (all + 2 * u->n_apart[1] * likeness(u));
    double share = effective > 1 ? 1 / (3 * all * (1 - 1 / effective)) : 0;
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
