/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ideal network for Gaussian pictures, and runs of samplers on it. For tests of samplers. */
#pragma once

#include "compute/sampler.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)

#define N 64 /* numbers in a picture, where nothing else is said */

/* x0 ~ N(mean, spread^2) in every number; spread 0: x0 is known. mu is the same everywhere. */
typedef struct {
    const MendSchedule *s;
    MendPrediction prediction;
    double mu, mean, spread;
    guint64 seed;
    int n_evaluations, n_told;      /* so far; counted, and checked, by the network */
    int nan_at, fail_at, cancel_at; /* evaluations, 1 the first; 0: never */
    double last_t;
} Gaussian;

/* The usual schedule: cosine, T = 100. */
MendSchedule gaussian_schedule(MendTables tables);

/* The noise of a MendDenoiser: data is a Gaussian, whose seed is used. */
void gaussian_noise(gpointer data, guint32 stream, MendState *out);

/* A run over n numbers of either precision; result holds n doubles. */
gboolean gaussian_run_n(const char *name, Gaussian *ideal, const MendSamplerParams *params,
                        gboolean f64, size_t n, double *result, GError **error);
/* A run over N numbers in double that must succeed with one evaluation a step. */
void gaussian_run(const char *name, Gaussian *ideal, const MendSamplerParams *params,
                  double *result);

/* The largest difference of two pictures of N numbers. */
double gaussian_distance(const double *a, const double *b);
