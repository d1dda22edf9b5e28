/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How alike successive pictures of a chain are, and which noise levels and steps make them so.
 * A feature of variance S (Gaussian, in an orthonormal basis) keeps the correlation b^n over n
 * steps, b = 1 - kappa^2 sigma^2 / (2 (S + sigma^2)): mend_chain_similarity(). Features here are
 * those of Fourier, gathered into bands of a third of an octave, so coarse ones, of large variance,
 * change slowest. The correlation of two whole pictures, each about its own mean, is the mean of
 * b^n, weighted by the bands' shares of the pictures' variance. Thread: safe. */
#pragma once

#include "compute/dmcmc/levels.h"

G_BEGIN_DECLS

#define MEND_BANDS_MOST 64

/* What is known of a chain's pictures, which are all of one size. Zero to begin with. */
typedef struct {
    int n_pictures;
    double count[MEND_BANDS_MOST], power[MEND_BANDS_MOST]; /* features; their mean variance */
} MendSpectrum;

/* Takes a torus {c,h,w} in. Pictures with a side above 128 are halved by means over 2 x 2 until
 * they have none, and what each halving takes away is a band. scratch: c (h / 2) (w / 2) numbers at
 * least, where a side is above 128. FALSE and MEND_ERROR_MEMORY. */
gboolean mend_spectrum_add(MendSpectrum *spectrum, MendTensor picture, float *scratch,
                           GError **error);

/* What happens between two pictures. */
typedef struct {
    int n;               /* steps */
    gboolean placed;     /* the first of the two is clean, and was made noisy again after it */
    gboolean stochastic; /* ways down add noise of their own */
} MendPassage;

/* The correlation to be expected; kappa 0..sqrt(2). 1 where nothing is known. */
double mend_likeness(const MendSpectrum *spectrum, MendPassage passage, double sigma, double kappa);
/* The level, within low..high, at which steps of that kappa bring the likeness that is wanted, or
 * the nearest to it. */
double mend_likeness_level(const MendSpectrum *spectrum, MendPassage passage, double wanted,
                           double kappa, double low, double high);
/* The kappa, within low..high, that does at the level sigma. */
double mend_likeness_kappa(const MendSpectrum *spectrum, MendPassage passage, double wanted,
                           double sigma, double low, double high);

#define MEND_PACE_RANGE 1.6 /* a chain's highest level over its lowest */

/* The levels and steps of one chain. */
typedef struct {
    MendSpectrum spectrum; /* of its pictures */
    MendPassage passage;   /* to the next one */
    double wanted;         /* the likeness that the range is for */
    double low, middle, high;
} MendPace;

/* Chooses the range, within all levels that there are: in its middle, usual steps (kappa 0.85)
 * bring the likeness wanted once the chain walks. */
void mend_pace_choose(MendPace *pace, const MendLevels *all, double wanted);
/* The kappa, at most 1, for the passage from the level sigma; *got: what to expect of it. */
double mend_pace_kappa(const MendPace *pace, double sigma, double *got);

G_END_DECLS
