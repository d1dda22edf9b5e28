/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all samplers share: the walk down a time grid with one network evaluation a step.
 * Used by sampler.c and the samplers alone. Thread: one walk belongs to one thread. */
#pragma once

#include "compute/sampler.h"
#include "compute/samplers/state.h"

G_BEGIN_DECLS

#define MEND_WALK_HISTORY 3

struct MendWalk {
    const MendSchedule *s;
    const MendSamplerParams *params;
    const MendDenoiser *net;
    const MendState *mu;
    MendState *x; /* at times[i - 1] before step i, at times[i] after it */

    int n_steps;
    MendCoef *at; /* n_steps + 1, at the times of the grid */
    int step;     /* 1 to n_steps: the step being taken */
    int n_draws;  /* noises drawn, without the start's */

    /* What the network predicted, newest first, as the clean picture or (noise_form) the noise.
     * Only the first order are there. */
    int order;
    MendState q[MEND_WALK_HISTORY];
    MendState clean; /* only where q is noise and the clean picture is wanted too */
};

/* All memory of a run, for x and mu of one size and precision. */
gboolean mend_walk_init(MendWalk *walk, int order, GError **error);
void mend_walk_clear(MendWalk *walk);

/* Evaluates the network at x, turns the history by one, converts the result into q[0], and tells
 * the caller. Also fails where the result is not finite. */
gboolean mend_walk_evaluate(MendWalk *walk, GError **error);

/* x = the clean picture that q[0] stands for: the walk's end. */
gboolean mend_walk_finish(MendWalk *walk, GError **error);

/* x = the sum of terms (x among them), then x += noise * a fresh normal state. The oldest q is lost
 * where noise is not 0: it lends its memory. Fails where the result is not finite. */
gboolean mend_walk_move(MendWalk *walk, const MendTerm *terms, int n_terms, double noise,
                        GError **error);

/* The steps of the samplers (MendSampler.step). */
gboolean mend_mr_step(MendWalk *walk, GError **error);
gboolean mend_posterior_step(MendWalk *walk, GError **error);
gboolean mend_euler_step(MendWalk *walk, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendWalk, mend_walk_clear)

G_END_DECLS
