/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Further restorations of one picture, each for a few evaluations: Denoising MCMC chains
 * (compute/dmcmc/chain.h) in the common frame around a first one, of the network that restores,
 * which is told the damaged picture as always. Each makes two: on a longer walk they become worse,
 * as those of many evaluations from noise are. What comes out are draws from p(clean | damaged) as
 * far as the network knows it; the first restoration, at few steps, is rather its mean. Where
 * there is a hole, a chain walks in the hole alone: the network is shown what is known with fresh
 * noise of the present level, the level is judged on the hole, and known numbers are those of the
 * first restoration, bit by bit. (In a wide hole the job then puts other patches there, by the
 * setup's finish: compute/exemplar.h.)
 * Memory: 9 states of what walks (the whole picture, or the hole), and with a hole three pictures
 * more; compute/block.h.
 * Thread: one at a time. */
#pragma once

#include "compute/sampler.h"
#include "compute/tensor.h"

G_BEGIN_DECLS

/* All borrowed, and to outlive the chain. Pictures are {3,h,w}. */
typedef struct {
    const MendSchedule *schedule;
    const MendDenoiser *net; /* of whole pictures; noise and step are not used */
    MendTensor mean;         /* what the process reverts to; outside a hole, what is known */
    MendTensor first;        /* the restoration around which */
    MendTensor hole;         /* {1,h,w}, above 0 where it is to be filled; without data: no hole */
    double variety;          /* 0..1: how far the chain goes, see below */
    guint64 seed;
    /* Done to number 1, 2, ... before it comes out, but to copies of the first; not to the chain.
     * May be NULL. */
    gboolean (*finish)(MendTensor picture, int number, gpointer data, GError **error);
    gpointer data;
} MendAlternativesSetup;

typedef struct {
    int n_evaluations; /* that this one cost */
    double sigma;      /* the chain's level, in the picture's units */
    guint n_restarts;  /* so far: a lost chain went back */
    gboolean follows;  /* its chain is that of the one before, so they are alike */
} MendAlternative;

typedef struct MendAlternatives MendAlternatives;

/* A chain begins at the level schedule->level * 0.4 * 6^variety, and its levels are from half to
 * twice that: for the usual schedule (0.196) 0.04..0.16, 0.1..0.4 or 0.24..0.94 for variety 0, 0.5
 * or 1. Low: alternatives stay near each other and the first; high: they may differ in all that the
 * damaged picture leaves open. NULL: MEND_ERROR_MEMORY, MEND_ERROR_OPTION. */
MendAlternatives *mend_alternatives_new(const MendAlternativesSetup *setup, GError **error);
void mend_alternatives_free(MendAlternatives *alternatives); /* NULL is allowed */

/* The next one, into out ({3,h,w}, none of the setup's), not clamped. about may be NULL. Without a
 * hole to fill (a hole that is 0 everywhere) it is the first, for no evaluation. After an error or
 * a cancel the chain can go on. */
gboolean mend_alternatives_next(MendAlternatives *alternatives, MendTensor out,
                                MendAlternative *about, GError **error);

/* Evaluations that n of them take, where no chain is ever lost: 7 for the first of a chain, 5 for
 * the second. */
int mend_alternatives_cost(int n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendAlternatives, mend_alternatives_free)

G_END_DECLS
