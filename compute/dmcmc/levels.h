/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise levels of a chain, and what is known of a picture's level: a log-probability for each.
 * The prior is uniform over them, so p(sigma) ~ 1 / sigma (Kim & Ye 2022). Thread: safe. */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

typedef struct {
    int n;
    double *sigma;  /* falling: the first is the largest */
    int first, end; /* those in use: first <= j < end; a chain's range is capped by this */
} MendLevels;

/* sigma_j = low (high / low)^u_j, u_j evenly from 1 to last (0 <= last < 1; 0 ends at low).
 * MEND_ERROR_OPTION unless 0 < low < high and n is 2..100000. */
gboolean mend_levels_init(MendLevels *levels, double low, double high, int n, double last,
                          GError **error);
void mend_levels_clear(MendLevels *levels);
/* Uses only those within low..high; at least one, the nearest to high. */
void mend_levels_restrict(MendLevels *levels, double low, double high);

/* Of those in use; log_p has n entries, and only those in use are read. */
int mend_levels_best(const MendLevels *levels, const double *log_p);
/* A draw from the distribution; uniform is in [0, 1). */
int mend_levels_draw(const MendLevels *levels, const double *log_p, double uniform);

/* Judges the noise level of a picture. */
typedef struct {
    /* log_p[j] = ln p(sigma_j | w) + any constant, for the levels in use. clean = D(w; sigma), the
     * answer of the latest evaluation, where wants_clean, else NULL. A classifier of any kind, or
     * one of the estimators below. */
    gboolean (*judge)(gpointer data, const MendState *w, const MendState *clean, double sigma,
                      const MendLevels *levels, double *log_p, GError **error);
    gboolean wants_clean; /* judges before the picture moves, from the evaluation that moves it */
    gpointer data;
} MendJudge;

/* Closed form, from w alone: the median of the finest diagonal Haar details (HH1) of each channel
 * over 0.6745 (Donoho & Johnstone 1994). Needs sides >= 2 and many pixels: the estimate's relative
 * deviation is 1.17 / sqrt(number of details). */
typedef struct {
    MendShape shape; /* of w */
    double detail;   /* standard deviation of clean pictures' own details: keep levels above it */
    float *scratch;  /* as many as mend_haar_count() */
} MendHaarJudge;
size_t mend_haar_count(MendShape shape);
MendJudge mend_haar_judge(MendHaarJudge *judge); /* borrowed */

/* From the evaluation's own residual: w - D is noise less what was taken for the picture, so
 * sigma^2 is about mean (w - D)^2 + error(sigma), error being the network's mean squared error.
 * Conjugate form: w's likelihood for a D that is held. Costs nothing; any size. */
typedef struct {
    int n;               /* of the table, at least 1 */
    const double *sigma; /* rising */
    const double *error; /* mean squared error of D there; constant beyond the ends, borrowed */
} MendResidualJudge;
MendJudge mend_residual_judge(const MendResidualJudge *judge); /* borrowed */

/* From the evaluation and its slope, without a table: of pictures that are given to the network
 * (a hole's surroundings, a damaged picture) nobody knows beforehand how far it is off. By
 * Tweedie's formula the variance of x_0 given w is sigma^2 dD / dw. For Gaussian pictures of
 * variance V around what is given, slope = V / (V + sigma^2) and w - D = (1 - slope) (w - its
 * mean), so that V and the mean square of w are known, and with them w's likelihood at each level;
 * for others it is that of the Gaussian with these moments. Costs nothing; any size. */
typedef struct {
    /* Mean of dD / dw over w's numbers, of the evaluation judged, 0 to below 1: set by who
     * evaluates. */
    double slope;
} MendSlopeJudge;
MendJudge mend_slope_judge(const MendSlopeJudge *judge); /* borrowed */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendLevels, mend_levels_clear)

G_END_DECLS
