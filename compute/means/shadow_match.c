/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for shadow on a thumbnail: what is darker than Otsu's threshold on log light (A
 * threshold selection method from gray-level histograms, 1979, eq. 18) gets the mean, and half way
 * the spread, of what lies around it, channel by channel. Right where there is one shadow on plain
 * ground; the overview tells when not to trust it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/mean.h"

#define BINS      256
#define RING      12  /* pixels around the shadow that show the ground in light */
#define LEAST     20  /* pixels in the shadow and around it: with fewer the picture stays */
#define NO_SHADOW 0.2 /* lightened, in logarithms: see presence() */
#define A_SHADOW  0.3

enum { DARK = 1, NEAR = 2, AROUND = 4 }; /* NEAR: dark is within RING in the row */

typedef struct {
    int w, h;
    size_t n;
    const float *rgb[3];
    double *tone, *room; /* planes */
    guint8 *marks;
    int *counts; /* of one row */
} Match;

/* Mean and spread of a channel in two sets of pixels. */
typedef struct {
    double mean, spread;
} Moments;

static double
linear(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* Twice the mean of 3 x 3 pixels, cut off at the edges. */
static void
soften(const Match *m, double *plane)
{
    for (int times = 0; times < 2; times++) {
        for (size_t i = 0; i < m->n; i++) {
            size_t x = i % (size_t)m->w;
            double sum = plane[i], count = 1;
            if (x > 0)
                sum += plane[i - 1], count++;
            if (x + 1 < (size_t)m->w)
                sum += plane[i + 1], count++;
            m->room[i] = sum / count;
        }
        for (size_t i = 0, w = (size_t)m->w; i < m->n; i++) {
            double sum = m->room[i], count = 1;
            if (i >= w)
                sum += m->room[i - w], count++;
            if (i + w < m->n)
                sum += m->room[i + w], count++;
            plane[i] = sum / count;
        }
    }
}

/* Log light between 0, the darkest, and 1. */
static void
find_tone(const Match *m)
{
    static const double luma[] = {0.299, 0.587, 0.114};
    double least = HUGE_VAL, most = -HUGE_VAL;
    for (size_t i = 0; i < m->n; i++) {
        m->tone[i] = 0;
        for (int c = 0; c < 3; c++)
            m->tone[i] += luma[c] * log(linear((double)m->rgb[c][i]) + 0.01);
    }
    soften(m, m->tone);
    for (size_t i = 0; i < m->n; i++) {
        least = MIN(least, m->tone[i]);
        most = MAX(most, m->tone[i]);
    }
    for (size_t i = 0; i < m->n; i++)
        m->tone[i] = (m->tone[i] - least) / MAX(most - least, 1e-9);
}

/* The upper edge of the last bin of the lower class, where the classes differ most. */
static double
threshold(const Match *m)
{
    size_t counts[BINS] = {0};
    double all = 0, below = 0, moment = 0, best = -1;
    int last = 0;
    for (size_t i = 0; i < m->n; i++)
        counts[MIN((int)(m->tone[i] * BINS), BINS - 1)]++;
    for (int i = 0; i < BINS; i++)
        all += (double)counts[i] / (double)m->n * i;
    for (int i = 0; i < BINS; i++) {
        double share = (double)counts[i] / (double)m->n;
        below += share;
        moment += share * i;
        double apart = all * below - moment;
        double between = apart * apart / MAX(below * (1 - below), 1e-9);
        if (between > best) {
            best = between;
            last = i;
        }
    }
    return (last + 1.0) / BINS;
}

static void
mark_near(const Match *m, guint8 *row)
{
    int count = 0;
    for (int x = -RING; x < m->w; x++) {
        count += x + RING < m->w && row[x + RING] & DARK;
        count -= x - RING > 0 && row[x - RING - 1] & DARK;
        if (x >= 0 && count > 0)
            row[x] |= NEAR;
    }
}

static void
count_row(const Match *m, int y, int by)
{
    const guint8 *row = m->marks + (size_t)y * (size_t)m->w;
    for (int x = 0; x < m->w; x++)
        m->counts[x] += row[x] & NEAR ? by : 0;
}

/* What is not dark, but within RING of it, in rows and in columns. */
static void
mark_around(const Match *m)
{
    for (int y = 0; y < m->h; y++)
        mark_near(m, m->marks + (size_t)y * (size_t)m->w);
    memset(m->counts, 0, (size_t)m->w * sizeof *m->counts);
    for (int y = -RING; y < m->h; y++) {
        if (y + RING < m->h)
            count_row(m, y + RING, 1);
        if (y - RING > 0)
            count_row(m, y - RING - 1, -1);
        guint8 *row = y >= 0 ? m->marks + (size_t)y * (size_t)m->w : NULL;
        for (int x = 0; row && x < m->w; x++)
            row[x] |= m->counts[x] > 0 && !(row[x] & DARK) ? AROUND : 0;
    }
}

static Moments
moments_of(const Match *m, const float *plane, guint8 mark)
{
    double count = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (m->marks[i] & mark) {
            sum += (double)plane[i];
            count++;
        }
    }
    for (size_t i = 0; i < m->n; i++) {
        double away = m->marks[i] & mark ? (double)plane[i] - sum / count : 0;
        squares += away * away;
    }
    return (Moments){sum / count, sqrt(squares / count)};
}

static gboolean
enough(const Match *m)
{
    size_t dark = 0, around = 0;
    for (size_t i = 0; i < m->n; i++) {
        dark += (m->marks[i] & DARK) != 0;
        around += (m->marks[i] & AROUND) != 0;
    }
    return MIN(dark, around) >= LEAST;
}

/* edge: how much of a pixel is in the shadow. */
static void
light_up(const Match *m, const float *plane, const double *edge, float *out)
{
    Moments in = moments_of(m, plane, DARK), ground = moments_of(m, plane, AROUND);
    double ratio = ground.spread / MAX(in.spread, 1e-3);
    double slope = 1 + (CLAMP(ratio, 0.5, 4.0) - 1) / 2;
    for (size_t i = 0; i < m->n; i++) {
        double y = (double)plane[i], lit = (y - in.mean) * slope + ground.mean;
        out[i] = (float)CLAMP(y + (lit - y) * edge[i], 0.0, 1.0);
    }
}

static gboolean
match(const Match *m, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    find_tone(m);
    if (!mend_go_on(go_on, error))
        return FALSE;
    double limit = threshold(m);
    for (size_t i = 0; i < m->n; i++)
        m->marks[i] = m->tone[i] < limit ? DARK : 0;
    mark_around(m);
    if (!enough(m)) {
        for (int c = 0; c < 3; c++)
            memcpy(mean.data + (size_t)c * m->n, m->rgb[c], m->n * sizeof *mean.data);
        return TRUE;
    }
    for (size_t i = 0; i < m->n; i++)
        m->tone[i] = m->marks[i] & DARK;
    soften(m, m->tone);
    for (int c = 0; c < 3; c++) {
        if (!mend_go_on(go_on, error))
            return FALSE;
        light_up(m, m->rgb[c], m->tone, mean.data + (size_t)c * m->n);
    }
    return TRUE;
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    Match m = {.w = degraded.shape.w, .h = degraded.shape.h};
    m.n = (size_t)m.h * (size_t)m.w;
    size_t bytes = 2 * m.n * sizeof(double) + (size_t)m.w * sizeof(int) + m.n;
    m.tone = mend_block_new_large(bytes, error);
    if (!m.tone)
        return FALSE;
    m.room = m.tone + m.n;
    m.counts = (int *)(m.room + m.n);
    m.marks = (guint8 *)(m.counts + m.w);
    for (int c = 0; c < 3; c++)
        m.rgb[c] = mend_tensor_plane(degraded, c).data;
    gboolean good = match(&m, mean, go_on, error);
    mend_block_free(m.tone);
    return good;
}

static int
by_value(gconstpointer a, gconstpointer b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* By how much the hundredth of the pixels is lightened that is lightened most: where that is little
 * the network mostly errs. */
static double
presence(MendTensor degraded, MendTensor clean, MendTensor scratch)
{
    size_t n = (size_t)degraded.shape.h * (size_t)degraded.shape.w;
    for (size_t i = 0; i < n; i++)
        scratch.data[i] = (float)mend_lightened(degraded, clean, i);
    qsort(scratch.data, n, sizeof *scratch.data, by_value);
    return mend_smooth_step((double)scratch.data[n - 1 - n / 100], NO_SHADOW, A_SHADOW);
}

const MendMean mend_mean_shadow_match = {
    .name = "shadow-match",
    .blurb = "one shadow lit like what lies around it",
    .estimate = estimate,
    .trust = 0.65f,
    .by_accord = TRUE,
    .presence = presence,
};
