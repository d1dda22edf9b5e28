/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clues in the waves of JPEG's blocks: how strong they are, and how many are next to nothing. */
#include <math.h>

#include "compute/clues_parts.h"

enum { BLOCK = 8, BANDS = 12, RINGS = 4 };

static const double next_to_nothing = 1.003; /* 255ths: what rounding to 8 bits leaves of a zero */

typedef struct {
    double cosines[BLOCK][BLOCK];
    int band[BLOCK][BLOCK]; /* -1: the mean, which is no wave */
    int n_bands, size[BANDS];
} Plan;

/* Ring of the larger frequency; in it waves across, along and diagonal. */
static int
band_of(int v, int u, gboolean rings)
{
    int most = MAX(u, v), least = MIN(u, v), ring = most / 2;
    if (most == 0)
        return -1;
    if (most == 1)
        ring = 0;
    if (rings)
        return ring;
    return 3 * ring + (2 * least > most ? 2 : u > v ? 0 : 1);
}

static Plan
make_plan(gboolean rings)
{
    Plan plan = {.n_bands = rings ? RINGS : BANDS};
    for (int u = 0; u < BLOCK; u++) {
        for (int k = 0; k < BLOCK; k++) {
            double scale = sqrt((u == 0 ? 1.0 : 2.0) / BLOCK);
            plan.cosines[u][k] = scale * cos(G_PI * (k + 0.5) * u / BLOCK);
            plan.band[u][k] = band_of(u, k, rings);
            if (plan.band[u][k] >= 0)
                plan.size[plan.band[u][k]]++;
        }
    }
    return plan;
}

/* waves = C block C^T */
static void
transform(const Plan *plan, const double *block, int stride, double waves[BLOCK][BLOCK])
{
    double half[BLOCK][BLOCK];
    for (int y = 0; y < BLOCK; y++) {
        for (int u = 0; u < BLOCK; u++) {
            double sum = 0;
            for (int x = 0; x < BLOCK; x++)
                sum += block[y * stride + x] * plan->cosines[u][x];
            half[y][u] = sum;
        }
    }
    for (int v = 0; v < BLOCK; v++) {
        for (int u = 0; u < BLOCK; u++) {
            double sum = 0;
            for (int y = 0; y < BLOCK; y++)
                sum += half[y][u] * plan->cosines[v][y];
            waves[v][u] = sum;
        }
    }
}

/* One block: its power in each band, powers[band * step]; zeros counts. */
static void
measure(const Plan *plan, double waves[BLOCK][BLOCK], double *powers, int step, double *zeros)
{
    for (int v = 0; v < BLOCK; v++) {
        for (int u = 0; u < BLOCK; u++) {
            int band = plan->band[v][u];
            if (band < 0)
                continue;
            powers[band * step] += waves[v][u] * waves[v][u] / plan->size[band];
            zeros[band] += fabs(waves[v][u]) < next_to_nothing;
        }
    }
}

void
mend_clue_waves(MendClueList *list, const MendSheet *sheet, int off, gboolean rings,
                const double *quantiles, int n_quantiles)
{
    Plan plan = make_plan(rings);
    int across = (sheet->side - off) / BLOCK, n = sheet->n * across * across;
    double waves[BLOCK][BLOCK], zeros[BANDS] = {0};
    g_autofree double *powers = g_try_new0(double, (gsize)(plan.n_bands * n));
    if (!mend_clue_has(list, powers))
        return;
    for (int i = 0; i < n; i++) {
        int y = off + i / across % across * BLOCK, x = off + i % across * BLOCK;
        const double *block = mend_sheet_row(sheet, i / (across * across), y) + x;
        transform(&plan, block, sheet->side, waves);
        measure(&plan, waves, powers + i, n, zeros);
    }
    for (int b = 0; b < plan.n_bands; b++) {
        double *mine = powers + b * n;
        if (n_quantiles > 0)
            mend_sort(mine, n);
        for (int q = 0; q < n_quantiles; q++)
            mend_clue_add(list, log(mend_quantile(mine, n, quantiles[q]) + 0.05));
        mend_clue_add(list, zeros[b] / plan.size[b] / n);
    }
}
