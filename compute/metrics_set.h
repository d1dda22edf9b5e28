/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far two sets of pictures are from each other: distances between the distributions of their
 * features. Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* The feature space is fixed: what a small network of random weights, never trained, sees.
 * Map 0 is the picture itself, 2 v - 1, 3 channels. Each of the next three maps has 16 channels:
 * 3 x 3 convolutions of the one before, without bias, only where they lie inside it (no edge is
 * made up), then max(0, .); between two of them sides are halved by the mean over 2 x 2 pixels (an
 * odd last row or column is left out). Weights are normal with variance 2 / (9 channels before):
 * Philox numbers of seed 20, stream: the map's number (from 1), pixel (x, y): (3 x 3 place, channel
 * before), channel: channel after. The features of a picture are, map by map and channel by
 * channel, mean and standard deviation over its pixels: 2 (3 + 3 x 16) = 102 numbers. */
#define MEND_N_FEATURES   102
#define MEND_FEATURE_SIDE 18 /* the least */

/* picture {3,h,w}. MEND_ERROR_SHAPE, MEND_ERROR_MEMORY. */
gboolean mend_features(MendTensor picture, double features[MEND_N_FEATURES], GError **error);

/* Takes a picture's own tone away: each channel gets the mean 0.5, and the deviation of all
 * together becomes 0.25. Flat pictures become grey. In place. */
void mend_even_tone(MendTensor picture);

/* Two sets of n points each, n x d. */
typedef struct {
    const double *a, *b;
    int n, d;
} MendSets;

/* Frechet distance of the normal distributions with the sets' means and covariances (over n - 1),
 * which is also the square of their 2-Wasserstein distance (Dowson & Landau 1982; with features
 * of another network: Heusel et al. 2017): |m_a - m_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2).
 * Falls with n even where the distributions are the same: compare at equal n. n >= 2.
 * NaN where a number is not finite. */
double mend_frechet(MendSets sets);

/* Sliced 2-Wasserstein distance (Bonneel et al. 2015): root of the mean, over directions, of the
 * mean squared difference of sorted projections. The directions are MEND_SLICES random orthogonal
 * bases, always the same, so a set moved by v is |v| / sqrt(d) away, exactly. */
#define MEND_SLICES 2
double mend_sliced_wasserstein(MendSets sets);

G_END_DECLS
