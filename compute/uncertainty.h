/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far several restorations of one picture are apart, pixel by pixel: the standard deviation of
 * what is shown, from pictures that come one after the other and resemble their neighbours.
 * Memory: 10 planes. Thread: one at a time. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_UNCERTAINTY_LEAST 8 /* pictures for a map that is worth showing */

typedef struct {
    int n;              /* pictures so far */
    MendTensor mean;    /* of them: {3,h,w} */
    MendTensor squares; /* {1,h,w}: of their distances from it, summed over channels */
    MendTensor last[2]; /* the latest, and the one before */
    double apart[2];    /* half the squares between pictures one and two apart, summed */
} MendUncertainty;

gboolean mend_uncertainty_init(MendUncertainty *u, MendShape picture, GError **error);
void mend_uncertainty_clear(MendUncertainty *u); /* may be called twice */

/* picture: {3,h,w}. What is not finite counts as 0. */
void mend_uncertainty_add(MendUncertainty *u, MendTensor picture);

/* deviation {1,h,w}: the root of the channels' mean variance, in the picture's units; 0 where there
 * were not two pictures. Neighbours of a chain are alike, with a correlation rho^k at distance k;
 * rho, the same for all pixels, is the ratio of the two sums of differences less 1. Then n pictures
 * say as much as n / (1 + 2 sum_k (1 - k / n) rho^k) independent ones, which is returned, and the
 * deviation is what independent ones would have. */
double mend_uncertainty_finish(const MendUncertainty *u, MendTensor deviation);

/* For showing it: what is to be white, of 1, 2, 5, 10, 20, 50, 100 and 255 of 255 the least that
 * all but the 0.5 % largest deviations keep below. */
double mend_uncertainty_white(MendTensor deviation);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendUncertainty, mend_uncertainty_clear)

G_END_DECLS
