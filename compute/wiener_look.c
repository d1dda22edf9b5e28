/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is seen of a window: the logarithm of its power, and its cepstrum, along each direction. */
#include <math.h>

#include "compute/wiener_parts.h"

enum { SIDE = MEND_WIENER_SIDE, HALF = MEND_WIENER_HALF, ANGLES = MEND_WIENER_ANGLES };
#define FLOOR    1e-7       /* added to powers: an eighth of what 8 bits leave */
#define FARTHEST log(100.0) /* looks end where they weigh less than a hundredth */

/* Places along a direction, evenly apart, and the deviation of the looks there. Frequencies are in
 * cycles a pixel, lags in pixels. */
typedef struct {
    double begin, step;
    int n;
    double spread;
} Places;

static const Places low = {0.012, 0.008, 11, 0.004}, high = {0.11, 0.026, 15, 0.013},
                    lags = {2, 2, 25, 1};

G_STATIC_ASSERT(11 + 15 + 25 == MEND_WIENER_SEEN);

/* One look, growing: a Gaussian around a place along an angle, no narrower across it than half of
 * the way to the next angle. unit: of the points' coordinates. */
static void
add_row(const Places *places, int k, int angle, double unit, GArray *at, GArray *share)
{
    double turn = angle * G_PI / ANGLES, c = cos(turn), s = sin(turn), far = sqrt(2 * FARTHEST);
    double where = places->begin + k * places->step;
    double wide = MAX(places->spread, where * G_PI / ANGLES / 2), sum = 0;
    int reach = (int)(hypot(where + far * places->spread, far * wide) / unit) + 1;
    guint begin = share->len;
    for (int row = MAX(-reach, -SIDE / 2); row <= MIN(reach, SIDE / 2 - 1); row++) {
        for (int column = 0; column <= MIN(reach, HALF - 1); column++) {
            double y = row * unit, x = column * unit;
            double along = (fabs(x * c + y * s) - where) / places->spread;
            double across = (y * c - x * s) / wide, power = (along * along + across * across) / 2;
            if (power >= FARTHEST)
                continue;
            guint i = (guint)((row + SIDE) % SIDE * HALF + column);
            float g = (float)exp(-power);
            sum += (double)g;
            g_array_append_val(at, i);
            g_array_append_val(share, g);
        }
    }
    for (guint i = begin; i < share->len; i++)
        g_array_index(share, float, i) /= (float)sum;
}

static void
make_rows(MendWienerRows *rows, const Places *const *places, int n_places, double unit)
{
    GArray *first = g_array_new(FALSE, FALSE, sizeof(guint));
    GArray *at = g_array_new(FALSE, FALSE, sizeof(guint));
    GArray *share = g_array_new(FALSE, FALSE, sizeof(float));
    for (int angle = 0; angle < ANGLES; angle++)
        for (int p = 0; p < n_places; p++)
            for (int k = 0; k < places[p]->n; k++) {
                g_array_append_val(first, at->len);
                add_row(places[p], k, angle, unit, at, share);
            }
    g_array_append_val(first, at->len);
    rows->n_rows = (int)first->len - 1;
    rows->first = (guint *)(gpointer)g_array_free(first, FALSE);
    rows->at = (guint *)(gpointer)g_array_free(at, FALSE);
    rows->share = (float *)(gpointer)g_array_free(share, FALSE);
}

static void
clear_rows(MendWienerRows *rows)
{
    g_clear_pointer(&rows->first, g_free);
    g_clear_pointer(&rows->at, g_free);
    g_clear_pointer(&rows->share, g_free);
}

void
mend_wiener_looks_init(MendWienerLooks *looks)
{
    static const Places *const powers[] = {&low, &high};
    static const Places *const cepstra[] = {&lags};
    double sum = 0;
    *looks = (MendWienerLooks){0};
    for (int i = 0; i < SIDE; i++) {
        looks->window[i] = 0.5 - 0.5 * cos(2 * G_PI * (i + 0.5) / SIDE);
        sum += looks->window[i] * looks->window[i];
    }
    looks->power = sum * sum;
    make_rows(&looks->spectrum, powers, G_N_ELEMENTS(powers), 1.0 / SIDE);
    make_rows(&looks->cepstrum, cepstra, G_N_ELEMENTS(cepstra), 1);
}

void
mend_wiener_looks_clear(MendWienerLooks *looks)
{
    clear_rows(&looks->spectrum);
    clear_rows(&looks->cepstrum);
}

/* Seen under the window, around the mean seen so. */
static void
fade_in(const MendWienerLooks *looks, double *plane)
{
    double sum = 0, weight = 0;
    for (int i = 0; i < MEND_WIENER_AREA; i++) {
        double w = looks->window[i / SIDE] * looks->window[i % SIDE];
        sum += w * plane[i];
        weight += w;
    }
    for (int i = 0; i < MEND_WIENER_AREA; i++)
        plane[i] = (plane[i] - sum / weight) * looks->window[i / SIDE] * looks->window[i % SIDE];
}

static double
sum_row(const MendWienerRows *rows, int i, const double *values)
{
    double sum = 0;
    for (guint k = rows->first[i]; k < rows->first[i + 1]; k++)
        sum += (double)rows->share[k] * values[rows->at[k]];
    return sum;
}

void
mend_wiener_look(const MendWienerLooks *looks, MendWienerDesk *desk, float *seen)
{
    double *values = desk->filter;
    int n = looks->spectrum.n_rows / ANGLES, n_lags = looks->cepstrum.n_rows / ANGLES;
    fade_in(looks, desk->plane);
    mend_fft_plane_forward(desk->fft, desk->plane, desk->spectrum);
    for (int i = 0; i < MEND_WIENER_POINTS; i++) {
        MendComplex v = desk->spectrum[i];
        values[i] = (v.re * v.re + v.im * v.im) / looks->power;
        desk->spectrum[i] = (MendComplex){log(values[i] + FLOOR), 0};
    }
    for (int i = 0; i < n * ANGLES; i++)
        seen[i % n * ANGLES + i / n] = (float)log(sum_row(&looks->spectrum, i, values) + FLOOR);
    mend_fft_plane_inverse(desk->fft, desk->spectrum, desk->plane);
    for (int i = 0; i < MEND_WIENER_POINTS; i++)
        values[i] = desk->plane[i / HALF * SIDE + i % HALF];
    for (int i = 0; i < n_lags * ANGLES; i++)
        seen[(n + i % n_lags) * ANGLES + i / n_lags] = (float)sum_row(&looks->cepstrum, i, values);
}
