/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is seen of a window: the logarithm of its power, and its cepstrum, along each direction. */
#include <math.h>

#include "compute/wiener_parts.h"

#include "compute/block.h"

enum { SIDE = MEND_WIENER_SIDE, HALF = MEND_WIENER_HALF, ANGLES = MEND_WIENER_ANGLES };
#define FLOOR    1e-7       /* added to powers: a sixth of what 8 bits leave in luma */
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

/* One look: a Gaussian around place k along an angle, no narrower across it than half of the way to
 * the next angle. unit: of the points' coordinates. at and share may be NULL. Returns how many
 * points it has. */
static guint
look_at(const Places *places, int k, int angle, double unit, guint *at, float *share)
{
    double turn = angle * G_PI / ANGLES, c = cos(turn), s = sin(turn), far = sqrt(2 * FARTHEST);
    double where = places->begin + k * places->step;
    double wide = MAX(places->spread, where * G_PI / ANGLES / 2), sum = 0;
    int reach = (int)(hypot(where + far * places->spread, far * wide) / unit) + 1;
    guint n = 0;
    for (int row = MAX(-reach, -SIDE / 2); row <= MIN(reach, SIDE / 2 - 1); row++) {
        for (int column = 0; column <= MIN(reach, HALF - 1); column++) {
            double y = row * unit, x = column * unit;
            double along = (fabs(x * c + y * s) - where) / places->spread;
            double across = (y * c - x * s) / wide, power = (along * along + across * across) / 2;
            if (power >= FARTHEST)
                continue;
            if (at && share) {
                at[n] = (guint)((row + SIDE) % SIDE * HALF + column);
                share[n] = (float)exp(-power);
                sum += (double)share[n];
            }
            n++;
        }
    }
    for (guint i = 0; i < n && share; i++)
        share[i] /= (float)sum;
    return n;
}

/* All looks, one after the other; where rows has memory, into it. Returns how many points. */
static guint
each_look(MendWienerRows *rows, const Places *const *places, int n_places, double unit)
{
    guint n = 0;
    int row = 0;
    for (int angle = 0; angle < ANGLES; angle++)
        for (int p = 0; p < n_places; p++)
            for (int k = 0; k < places[p]->n; k++, row++) {
                guint *at = rows->at ? rows->at + n : NULL;
                float *share = rows->share ? rows->share + n : NULL;
                if (rows->first)
                    rows->first[row] = n;
                n += look_at(places[p], k, angle, unit, at, share);
            }
    if (rows->first)
        rows->first[row] = n;
    rows->n_rows = row;
    return n;
}

static gboolean
make_rows(MendWienerRows *rows, const Places *const *places, int n_places, double unit,
          GError **error)
{
    guint n = each_look(rows, places, n_places, unit), n_rows = (guint)rows->n_rows;
    G_STATIC_ASSERT(sizeof(guint) == sizeof(float));
    rows->first = mend_block_new((n_rows + 1 + 2 * (size_t)n) * sizeof(guint), error);
    if (!rows->first)
        return FALSE;
    rows->at = rows->first + n_rows + 1;
    rows->share = (float *)(gpointer)(rows->at + n);
    each_look(rows, places, n_places, unit);
    return TRUE;
}

gboolean
mend_wiener_looks_init(MendWienerLooks *looks, GError **error)
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
    return make_rows(&looks->spectrum, powers, G_N_ELEMENTS(powers), 1.0 / SIDE, error) &&
           make_rows(&looks->cepstrum, cepstra, G_N_ELEMENTS(cepstra), 1, error);
}

void
mend_wiener_looks_clear(MendWienerLooks *looks)
{
    g_clear_pointer(&looks->spectrum.first, mend_block_free);
    g_clear_pointer(&looks->cepstrum.first, mend_block_free);
}

/* Less its mean under the window, then times the window. */
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
