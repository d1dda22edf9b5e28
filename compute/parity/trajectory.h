/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded run of an integrator done again and compared. Thread: one at a time. */
#pragma once

#include "compute/integrator.h"
#include "compute/parity/mixture.h"

G_BEGIN_DECLS

/* Points lie one after the other, n_points of d numbers. All arrays are borrowed; NULL: not
 * recorded. */
typedef struct {
    const MendIntegrator *row;
    MendIntegratorParams params;
    const MendMixture *mixture;
    size_t n_points;
    const double *start;
    const double *from;  /* a start level of each point's own: each is run alone; NULL: params has
                          * it and all are one state */
    const double *noise; /* for each step: a state */
    /* the mean-reverting schedule behind which the network is put, and its mu; or NULL */
    const MendSchedule *schedule;
    const double *mu;
    gboolean preserving; /* recorded states are of the variance-preserving process: w / sqrt(1 +
                          * sigma^2); start is as recorded, too */

    int n_calls;
    const double *call_sigma; /* n_calls, or n_calls x n_points where from is there */
    const double *call_x;     /* n_calls states */
    const double *result;
    const double *tweedie; /* result cleaned once more at tweedie_sigma */
    double tweedie_sigma;
} MendTrajectory;

/* The largest absolute difference (infinite for what is not a number). In single precision the
 * results alone are compared. FALSE where the run itself fails. */
gboolean mend_trajectory_run(const MendTrajectory *trajectory, gboolean f64, double *worst,
                             GError **error);

G_END_DECLS
