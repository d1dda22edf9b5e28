/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean-reverting process on its training grid, and the time grids of the samplers.
 * x_t ~ N(mu + (x_0 - mu) alpha(t), sigma(t)^2); mu is the mean (the degraded picture or the
 * classical estimate); sigma(t)^2 = level^2 (1 - alpha(t)^2). Plain data, double. Thread: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { MEND_THETA_COSINE, MEND_THETA_LINEAR, MEND_THETA_CONSTANT } MendTheta;
extern const char *const mend_theta_names[]; /* "cosine", "linear", "constant", NULL */
/* shifted: integral of theta starts at 0, alpha[0] = 1 (how checkpoints are trained).
 * unshifted: as the published MR Sampler evaluates them. */
typedef enum { MEND_TABLES_SHIFTED, MEND_TABLES_UNSHIFTED } MendTables;
extern const char *const mend_tables_names[]; /* "shifted", "unshifted", NULL */
/* exact: theta's integral is interpolated, all else derived. parity: alpha, sigma and lambda
 * are interpolated each for itself, as published. They agree at whole t. */
typedef enum { MEND_COEF_EXACT, MEND_COEF_PARITY } MendCoefMode;

typedef struct {
    int T;            /* last index; every table has T + 1 entries */
    double level;     /* stationary standard deviation (max_sigma / 255 where max_sigma >= 1) */
    double dt;        /* -ln(eps) / integral[T] */
    double *theta;    /* rate */
    double *integral; /* of theta, in units where alpha = exp(-integral * dt) */
    double *alpha, *sigma;
    double *g;      /* level * sqrt(2 theta), the diffusion coefficient */
    double *lambda; /* ln(alpha / sigma); +infinity at 0 in shifted tables */
} MendSchedule;

typedef struct {
    MendTheta theta;
    MendTables tables;
    int T;            /* 1 to 100000 */
    double max_sigma; /* > 0; >= 1 is on the 0..255 scale */
    double eps;       /* alpha at T, in (0, 1) */
} MendScheduleParams;
extern const MendScheduleParams mend_schedule_defaults; /* cosine, shifted, 100, 50, 0.005 */

gboolean mend_schedule_init(MendSchedule *s, const MendScheduleParams *params, GError **error);
void mend_schedule_clear(MendSchedule *s);

/* Coefficients at a (perhaps fractional) time. */
typedef struct {
    double t, alpha, sigma, lambda;
} MendCoef;
MendCoef mend_schedule_at(const MendSchedule *s, double t, MendCoefMode mode);
/* The time at which sigma / alpha is ratio (>= 0), exact mode; the nearest of 0 and T beyond. */
double mend_schedule_time(const MendSchedule *s, double ratio);

typedef enum {
    MEND_GRID_LINSPACE,
    MEND_GRID_LEADING,
    MEND_GRID_TRAILING,
    MEND_GRID_KARRAS_N,
    MEND_GRID_KARRAS_T,
    MEND_GRID_LINEAR_LAMBDA,
} MendGrid;
extern const char *const mend_grid_names[]; /* "linspace", "leading", ..., NULL-terminated */

typedef struct {
    MendGrid grid;
    int n_steps;
    double lambda_min; /* -INFINITY: none */
    double rho;        /* Karras grids; 7 */
    int offset;        /* leading only; 0 */
} MendGridParams;

/* Decreasing times t_0 > ... > t_M in [0, T]. Returns M + 1 values in a new array (g_free), M in
 * *n_steps: params->n_steps, except for a trailing grid, where lambda_min can leave fewer, and in
 * parity mode rounding one more. lambda_min takes the times of lower lambda away. The last time is
 * 0, except trailing (one stride), karras-t (1) and leading (offset). Shifted tables have no lambda
 * at 0: there karras-n and linear-lambda are laid to t = 1 and end at 0 instead. MEND_ERROR_OPTION
 * where the times would not fall. */
double *mend_schedule_grid(const MendSchedule *s, const MendGridParams *params, MendCoefMode mode,
                           int *n_steps, GError **error);

G_END_DECLS
