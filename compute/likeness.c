/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Variances by frequency, the correlation they let one expect, and its inversion. */
#include "compute/likeness.h"

#include <math.h>

#include "compute/dmcmc/chain.h"
#include "compute/fft.h"

#define MOST_SIDE   128 /* of what is transformed */
#define HALVINGS    20  /* the first bands are theirs */
#define PER_OCTAVE  3
#define N_BISECTED  40 /* times, of an interval */
#define USUAL_KAPPA 0.85
#define LEAST_KAPPA 0.02
#define MOST_KAPPA  1.0

static double
variance_of(MendTensor plane)
{
    size_t n = mend_shape_count(plane.shape);
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)plane.data[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += pow((double)plane.data[i] - mean, 2);
    return squares / (double)n;
}

/* Means over 2 x 2, to to, which may be the same memory. */
static MendTensor
halved(MendTensor t, float *to)
{
    MendTensor half = {{t.shape.c, t.shape.h / 2, t.shape.w / 2}, to};
    size_t width = (size_t)t.shape.w;
    for (int c = 0; c < t.shape.c; c++) {
        const float *plane = mend_tensor_plane(t, c).data;
        for (int y = 0; y < half.shape.h; y++)
            for (int x = 0; x < half.shape.w; x++) {
                const float *p = plane + (size_t)(2 * y) * width + (size_t)(2 * x);
                *to++ = (p[0] + p[1] + p[width] + p[width + 1]) / 4;
            }
    }
    return half;
}

/* Sums of one picture. */
typedef struct {
    double count[MEND_BANDS_MOST], energy[MEND_BANDS_MOST];
} Sums;

static double
variances_of(MendTensor t)
{
    double sum = 0;
    for (int c = 0; c < t.shape.c; c++)
        sum += variance_of(mend_tensor_plane(t, c));
    return sum;
}

/* Cycles a pixel of coefficient i of n. */
static double
frequency(int i, int n)
{
    return (double)MIN(i, n - i) / n;
}

/* scale: pixels of the first picture for one of these. */
static void
gather(Sums *sums, const MendComplex *line, int x, int w, int h, double scale)
{
    for (int y = 0; y < h; y++) {
        double radius = hypot(frequency(x, w), frequency(y, h));
        if (radius == 0)
            continue; /* the mean is not compared */
        int band = HALVINGS + MAX((int)(PER_OCTAVE * log2(radius * MOST_SIDE)), 0);
        band = MIN(band, MEND_BANDS_MOST - 1);
        sums->count[band] += 1;
        sums->energy[band] +=
            scale * (line[y].re * line[y].re + line[y].im * line[y].im) / ((double)w * h);
    }
}

static gboolean
transform(Sums *sums, MendTensor t, double scale, GError **error)
{
    size_t w = (size_t)t.shape.w, h = (size_t)t.shape.h;
    g_autoptr(MendFft) rows = mend_fft_new(t.shape.w, error);
    g_autoptr(MendFft) columns = rows ? mend_fft_new(t.shape.h, error) : NULL;
    if (!columns)
        return FALSE;
    g_autofree MendComplex *plane = g_new(MendComplex, w * h), *line = g_new(MendComplex, h);
    for (int c = 0; c < t.shape.c; c++) {
        const float *from = mend_tensor_plane(t, c).data;
        for (size_t i = 0; i < w * h; i++)
            plane[i] = (MendComplex){(double)from[i], 0};
        for (size_t y = 0; y < h; y++)
            mend_fft_run(rows, plane + y * w);
        for (size_t x = 0; x < w; x++) {
            for (size_t y = 0; y < h; y++)
                line[y] = plane[y * w + x];
            mend_fft_run(columns, line);
            gather(sums, line, (int)x, t.shape.w, t.shape.h, scale);
        }
    }
    return TRUE;
}

/* What a halving takes away: three of four features of that size. */
static void
take_away(Sums *sums, int band, double lost, MendShape half, double scale)
{
    double n = (double)half.w * half.h;
    sums->count[band] += 3 * n * half.c;
    sums->energy[band] += scale * MAX(lost, 0) * 4 * n;
}

gboolean
mend_spectrum_add(MendSpectrum *s, MendTensor picture, float *scratch, GError **error)
{
    Sums sums = {0};
    MendTensor at = picture;
    double scale = 1;
    for (int band = 0; MAX(at.shape.w, at.shape.h) > MOST_SIDE; band++, scale *= 4) {
        if (MIN(at.shape.w, at.shape.h) < 2 || band == HALVINGS)
            break;
        double before = variances_of(at);
        at = halved(at, scratch);
        take_away(&sums, band, before - variances_of(at), at.shape, scale);
    }
    if (!transform(&sums, at, scale, error))
        return FALSE;
    for (int k = 0; k < MEND_BANDS_MOST; k++) {
        double power = sums.count[k] > 0 ? sums.energy[k] / sums.count[k] : 0;
        s->power[k] += (power - s->power[k]) / (s->n_pictures + 1);
        s->count[k] = sums.count[k];
    }
    s->n_pictures++;
    return TRUE;
}

/* Of one feature of that variance. A way down that adds noise of its own forgets what the noise of
 * the level hid; placing hides it once. */
static double
kept(MendPassage passage, double sigma, double kappa, double variance)
{
    double seen = variance / (variance + sigma * sigma);
    double walk = mend_chain_similarity(kappa * kappa * sigma * sigma, sigma, variance, passage.n);
    if (passage.placed)
        walk *= sqrt(seen);
    if (passage.stochastic)
        walk *= passage.placed ? sqrt(seen) : seen;
    return walk;
}

double
mend_likeness(const MendSpectrum *s, MendPassage passage, double sigma, double kappa)
{
    double sum = 0, all = 0;
    for (int k = 0; k < MEND_BANDS_MOST; k++) {
        double share = s->count[k] * s->power[k];
        if (share > 0)
            sum += share * kept(passage, sigma, kappa, s->power[k]);
        all += share;
    }
    return all > 0 ? sum / all : 1;
}

double
mend_likeness_level(const MendSpectrum *s, MendPassage passage, double wanted, double kappa,
                    double low, double high)
{
    for (int i = 0; i < N_BISECTED; i++) {
        double middle = sqrt(low * high);
        if (mend_likeness(s, passage, middle, kappa) > wanted)
            low = middle;
        else
            high = middle;
    }
    return sqrt(low * high);
}

double
mend_likeness_kappa(const MendSpectrum *s, MendPassage passage, double wanted, double sigma,
                    double low, double high)
{
    for (int i = 0; i < N_BISECTED; i++) {
        double middle = (low + high) / 2;
        if (mend_likeness(s, passage, sigma, middle) > wanted)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void
mend_pace_choose(MendPace *p, const MendLevels *all, double wanted)
{
    double half = sqrt(MEND_PACE_RANGE), lowest = all->sigma[all->n - 1] * half;
    double highest = MAX(all->sigma[0] / half, lowest);
    MendPassage walk = p->passage;
    walk.placed = FALSE;
    p->wanted = wanted;
    p->middle = mend_likeness_level(&p->spectrum, walk, wanted, USUAL_KAPPA, lowest, highest);
    p->low = p->middle / half;
    p->high = p->middle * half;
}

double
mend_pace_kappa(const MendPace *p, double sigma, double *got)
{
    double kappa =
        mend_likeness_kappa(&p->spectrum, p->passage, p->wanted, sigma, LEAST_KAPPA, MOST_KAPPA);
    *got = mend_likeness(&p->spectrum, p->passage, sigma, kappa);
    return kappa;
}
