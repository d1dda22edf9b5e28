/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One restoration under way, and its three stages: what it begins with (restore_mean.c), the
 * sampler's view of the network (restore_run.c), what is done to the network's answer
 * (restore_after.c). Used by restore.c alone. Thread: the job's. */
#pragma once

#include "compute/blend.h"
#include "compute/evaluator.h"
#include "compute/exemplar.h"
#include "compute/restore.h"

G_BEGIN_DECLS

typedef struct {
    const MendModelInfo *model;
    int row; /* of the task in the model's table */
    const MendOptions *options;
    MendPreset solver; /* of the result; steps are the sampler's, each mirrored or not */
    MendEvaluator *evaluator;
    MendTensor degraded; /* the picture, clamped */
    MendTensor mean;     /* its estimate, from which the sampler starts */
    MendTensor hole;     /* {1,h,w}, above 0 where it is to be filled; without data: no matter */
    guint64 seed;
    int done, n_all;    /* evaluations: so far, and of alternatives too */
    int weight;         /* evaluations of a step of the sampler: 2 where it is mirrored */
    double mean_cost;   /* of a mean that takes long, in evaluations; 0: it does not */
    double mean_share;  /* of it that is done */
    double coarse_cost; /* of the small picture of compute/coarse.h; 0: there is none */
    double coarse_share;
    gboolean no_hole;      /* where one is to be filled: the picture stays */
    MendExemplar *wide;    /* owned; NULL: nothing is put together from patches */
    int n_wide, wide_done; /* times that it is: for the result, and each alternative; so far */
    double wide_cost;      /* of each */
    double wide_share;     /* of the one under way */
    const MendRestoreHooks *hooks;
    int x0, y0;            /* of the hooks */
    gint64 start;          /* microseconds, monotonic: where the estimate counts from */
    double start_fraction; /* what was done then */
    double fraction;       /* of the whole, never less than before */
    gboolean absent;       /* the damage is hardly there */
    gboolean moved;        /* the device was changed, so the clock was set anew */
} MendRestoration;

/* MendShareFunc of an evaluation: tells the hooks. FALSE: stop. data here and below: the run. */
gboolean mend_restoration_report(double share, gpointer data);
/* The same between evaluations, for what else takes long. */
gboolean mend_restoration_go_on(gpointer data);

/* From now on the time left is estimated from what is done from here on. */
void mend_restoration_start_clock(MendRestoration *run);

/* MendDenoiser's predict: the network, and known pixels as they are where there is a hole. */
gboolean mend_restoration_predict(gpointer data, const MendState *x, double t, MendState *out,
                                  GError **error);
/* restored {3,h,w} = what the solver makes of the mean. */
gboolean mend_restoration_sample(MendRestoration *run, MendTensor restored, GError **error);

/* Sets run's mean, and its hole where the task wants one and no mask says it. owned, hole: their
 * memory, where it is not the picture's; to be cleared. */
gboolean mend_restoration_find_mean(MendRestoration *run, MendTensor *owned, MendTensor *hole,
                                    GError **error);

/* Where known pixels stay as they are in every answer, only the hole is evaluated from here on.
 * Sets run's no_hole, wide and its cost. */
gboolean mend_restoration_find_wide(MendRestoration *run, GError **error);

/* For run's coarse_cost. */
double mend_restoration_coarse_cost(const MendRestoration *run);
/* Where damage that would lie over all of a picture is hardly to be found, blend's strength becomes
 * less. Whoever selects a part knows that there is some. */
gboolean mend_restoration_find_share(MendRestoration *run, MendBlend *blend, GError **error);
/* Puts wide holes together from what is known around them (compute/exemplar.h): number 0 is the
 * result, 1, 2, ... are alternatives. */
gboolean mend_restoration_structure(MendRestoration *run, int number, MendTensor restored,
                                    GError **error);
/* Changes the network's answer: what it left of the noise, broad blotches, texture of holes. The
 * evaluator is of another size then. */
gboolean mend_restoration_finish(MendRestoration *run, MendTensor restored, GError **error);

G_END_DECLS
