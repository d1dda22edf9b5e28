/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far several restorations of one picture are apart, pixel by pixel: the standard deviation of
 * what is shown, from pictures that come one after the other; some resemble the one before.
 * Memory: 7 planes. Thread: one at a time. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

#define MEND_UNCERTAINTY_LEAST 8 /* pictures for a map that is worth showing */

typedef struct {
    int n;              /* pictures so far */
    MendTensor mean;    /* of them: {3,h,w} */
    MendTensor squares; /* {1,h,w}: of their distances from it, summed over channels */
    MendTensor last;    /* the latest */
    /* Half the squares between a picture and the one before, summed, and how many there were: [1]
     * where it follows that, [0] where it does not. */
    double apart[2];
    int n_apart[2];
} MendUncertainty;

gboolean mend_uncertainty_init(MendUncertainty *u, MendShape picture, GError **error);
void mend_uncertainty_clear(MendUncertainty *u); /* may be called twice */

/* picture: {3,h,w}. What is not finite counts as 0. follows: it resembles the one before, being of
 * the same chain, of which no more than two come. */
void mend_uncertainty_add(MendUncertainty *u, MendTensor picture, gboolean follows);

/* deviation {1,h,w}: the root of the channels' mean variance, in the picture's units; 0 where there
 * were not two pictures. Pictures that follow have a correlation rho with the one before, the same
 * for all pixels: 1 less the ratio of the mean squares of both kinds of differences. Then n
 * pictures of which m follow say as much as n^2 / (n + 2 m rho) independent ones, which is
 * returned, and the deviation is what independent ones would have. */
double mend_uncertainty_finish(const MendUncertainty *u, MendTensor deviation);

/* For showing it: what is to be white, of 1, 2, 5, 10, 20, 50, 100 and 255 of 255 the least that
 * all but the 0.5 % largest deviations keep below. */
double mend_uncertainty_white(MendTensor deviation);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendUncertainty, mend_uncertainty_clear)

G_END_DECLS
