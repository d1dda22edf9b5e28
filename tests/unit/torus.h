/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ideal network for Gaussian random fields on a torus: textures without weights. */
#pragma once

#include "compute/dmcmc/levels.h"
#include "compute/fft.h"
#include "compute/frame.h"
#include "compute/tensor.h"

/* Pictures of independent channels around mean, with variance S(f) of the unitary Fourier
 * coefficient at f. */
typedef struct {
    MendShape shape;
    double mean;
    double *variance; /* S: h x w */
    MendFft *rows, *columns;
    MendComplex *plane, *column; /* scratch */
    double *power;               /* h x w: scratch */
    double *logs;                /* for each level of the judge's: found at its first call */
    int n_evaluations, nan_at, cancel_at;
    double far_at; /* an answer out of any range, at that evaluation; 0: never */
} Torus;

/* Standard deviation of a pixel is deviation; details fall off above the frequency corner (cycles a
 * pixel). */
void torus_init(Torus *torus, MendShape shape, double deviation, double corner);
void torus_clear(Torus *torus);

/* MendFrame.clean with a Torus as data. */
gboolean torus_clean(gpointer torus, const MendState *w, double sigma, MendState *clean,
                     GError **error);
/* MendJudge.judge with a Torus as data: the exact posterior. */
gboolean torus_judge(gpointer torus, const MendState *w, const MendState *clean, double sigma,
                     const MendLevels *levels, double *log_p, GError **error);
/* An exact draw of a picture plus noise at sigma. */
void torus_draw(Torus *torus, guint64 seed, double sigma, MendState *out);
/* Mean |X|^2 / S over a band of frequencies [low, high) in cycles a pixel: 1 is right. */
double torus_band(Torus *torus, const MendState *x, double low, double high);
/* The mean squared error of the network at sigma. */
double torus_error(const Torus *torus, double sigma);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Torus, torus_clear)
