/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The common frame of integrators and chains: whatever process a network was trained for, here it
 * answers for w = x_0 + sigma noise (variance-exploding form), w in the clean picture's units.
 *   variance exploding  x_t = x_0 + s eps                       w = x_t
 *   variance preserving x_t = alpha x_0 + s eps                 w = x_t / alpha
 *   mean reverting      x_t = mu + alpha (x_0 - mu) + s eps     w = mu + (x_t - mu) / alpha
 * and sigma = s / alpha. Then the probability-flow ODE is dw / dsigma = (w - D) / sigma and the
 * score of w is (D - w) / sigma^2 (Song et al. 2021, eq. 13; Karras et al. 2022, eq. 1). */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

typedef struct {
    /* clean = D(w; sigma) = E[x_0 | w]; clean is not w. The answer need not be finite: callers
     * look. Called on the caller's thread, once per evaluation; where the user has stopped it,
     * MEND_ERROR_CANCELLED. */
    gboolean (*clean)(gpointer data, const MendState *w, double sigma, MendState *clean,
                      GError **error);
    double sigma_min, sigma_max; /* the noise levels that the network knows */
    gpointer data;
    /* Called before the answers of one step of a chain, or of one way down, with a number that
     * belongs to this step's random numbers: what an answer draws for itself it takes from there,
     * so that the same chain gets the same answers. May be NULL. */
    void (*draw)(gpointer data, guint64 number);
} MendFrame;

/* Standard normal numbers: the same stream gives the same numbers. */
typedef struct {
    void (*normal)(gpointer data, guint32 stream, MendState *out);
    gpointer data;
} MendNoise;

/* A network of a schedule (mean reverting; variance preserving with mu NULL and level 1) behind a
 * frame. A view of net, s and mu (borrowed, they outlive it); owns one state as big as like. A
 * level beyond the schedule's is answered for the nearest time there is. */
typedef struct {
    MendFrame frame; /* data points to this struct: it must not be moved */
    const MendSchedule *s;
    const MendDenoiser *net;
    const MendState *mu; /* NULL: 0 everywhere */
    MendState x;
} MendScheduleFrame;

gboolean mend_schedule_frame_init(MendScheduleFrame *out, const MendSchedule *s,
                                  const MendDenoiser *net, const MendState *mu,
                                  const MendState *like, GError **error);
void mend_schedule_frame_clear(MendScheduleFrame *frame);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendScheduleFrame, mend_schedule_frame_clear)

G_END_DECLS
