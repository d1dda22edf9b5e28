/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the mean by Wiener filters: what is seen of a window, and what is made of that. Only
 * for compute/wiener*.c. Thread: any; but for a desk, which is one
 * thread's, nothing here changes once it is made. */
#pragma once

#include "compute/fft_plane.h"
#include "compute/weights.h"

G_BEGIN_DECLS

enum {
    MEND_WIENER_SIDE = 256, /* of a window, pixels */
    MEND_WIENER_AREA = MEND_WIENER_SIDE * MEND_WIENER_SIDE,
    MEND_WIENER_HALF = MEND_WIENER_SIDE / 2 + 1,
    MEND_WIENER_POINTS = MEND_WIENER_SIDE * MEND_WIENER_HALF, /* of a spectrum */
    MEND_WIENER_ANGLES = 24,
    MEND_WIENER_SEEN = 51, /* numbers for each direction */
    MEND_WIENER_KNOTS = 65 /* of a profile */
};

/* What one thread works in. */
typedef struct {
    MendFftPlane *fft;
    double *plane;         /* MEND_WIENER_AREA */
    MendComplex *spectrum; /* MEND_WIENER_POINTS */
    double *filter;        /* " */
} MendWienerDesk;

/* Row i has the numbers from first[i] to first[i + 1] of these: shares of points, of sum 1. */
typedef struct {
    guint *first; /* n_rows + 1; the others are in its memory, too */
    guint *at;
    float *share;
    int n_rows;
} MendWienerRows;

/* Where spectra are looked at: for each direction, for each place along it. */
typedef struct {
    double window[MEND_WIENER_SIDE]; /* Hann's */
    double power;                    /* its square's sum over a plane */
    MendWienerRows spectrum, cepstrum;
} MendWienerLooks;

/* 2 MiB of tables. MEND_ERROR_MEMORY. */
gboolean mend_wiener_looks_init(MendWienerLooks *looks, GError **error);
void mend_wiener_looks_clear(MendWienerLooks *looks);
/* seen[MEND_WIENER_SEEN][MEND_WIENER_ANGLES] of the luma in desk->plane, which is changed. */
void mend_wiener_look(const MendWienerLooks *looks, MendWienerDesk *desk, float *seen);

/* The network and its filters, from a model file. */
typedef struct {
    int n_hidden, n_paths, n_round;
    double *centre, *scale, *first, *first_bias, *second, *second_bias, *paths, *paths_bias,
        *others, *others_bias, *path_profiles, *round_profiles;
    double *gain;   /* MEND_WIENER_POINTS: of all paths */
    float *radius;  /* " : place of the frequency on a profile, in knots */
    double *memory; /* of all these */
} MendWienerChoice;

/* Shares that a choice has: paths by direction, then round ones, then what is left as it is. */
static inline int
mend_wiener_n_shares(const MendWienerChoice *choice)
{
    return choice->n_paths * MEND_WIENER_ANGLES + choice->n_round + 1;
}

gboolean mend_wiener_choice_open(MendWienerChoice *choice, const MendWeights *weights,
                                 GError **error);
void mend_wiener_choice_clear(MendWienerChoice *choice);
/* seen: [2 MEND_WIENER_SEEN][MEND_WIENER_ANGLES]. scratch: mend_wiener_scratch() numbers. Shares
 * that are no numbers: the weights are to blame. */
void mend_wiener_choose(const MendWienerChoice *choice, const float *seen, double *scratch,
                        double *shares);
size_t mend_wiener_scratch(const MendWienerChoice *choice);
/* The sum of the filters: MEND_WIENER_POINTS numbers by which a spectrum is multiplied. */
void mend_wiener_filter(const MendWienerChoice *choice, const double *shares, double *filter);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendWienerLooks, mend_wiener_looks_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendWienerChoice, mend_wiener_choice_clear)

G_END_DECLS
