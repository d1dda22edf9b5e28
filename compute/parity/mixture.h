/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best possible network for mixtures of round Gaussians in any dimension: a formula, so
 * integrators and chains can be compared and tested without weights. Thread: safe. */
#pragma once

#include "compute/frame.h"

G_BEGIN_DECLS

/* x_0 is, with probability weight[k], N(mean[k], spread[k]^2) of d numbers. Arrays are borrowed. */
typedef struct {
    int n, d;             /* modes, at most MEND_MIXTURE_MODES; dimensions */
    const double *weight; /* n */
    const double *mean;   /* n x d */
    const double *spread; /* n */
} MendMixture;

#define MEND_MIXTURE_MODES 64

/* share[k]: the probability that w = x_0 + sigma noise (d numbers) is of mode k. Returns
 * ln p(w | sigma). */
double mend_mixture_shares(const MendMixture *m, const double *w, double sigma, double *share);

/* MendFrame.clean with a MendMixture as data; w holds any number of points. Computed in double. */
gboolean mend_mixture_clean(gpointer mixture, const MendState *w, double sigma, MendState *clean,
                            GError **error);

/* out[j] = ln p(w | sigma[j]) for one point. */
void mend_mixture_likelihood(const MendMixture *m, const double *w, const double *sigma, int n,
                             double *out);

G_END_DECLS
