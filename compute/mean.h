/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classical estimates of the clean picture: the means to which the diffusion reverts. A mean is one
 * file in means/ that ends with one MendMean, but for the learned one (compute/wiener.h);
 * weights/train/means.py is their twin in training,
 * which a network has learned to start from, so both must agree (1e-5; tests/unit/mean.c). Thread:
 * any one; go_on is called on it. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* Asked now and then whether to go on. A NULL pointer to it: always. */
typedef struct {
    gboolean (*ask)(gpointer data);
    gpointer data;
    double *share; /* of the mean that is done by then, 0..1, where it takes long; may be NULL */
} MendGoOn;

/* Of linear light, at least 1; root is gain^(1/2.4). */
typedef struct {
    double gain, root;
} MendGain;

typedef struct {
    const char *name;  /* "dark-channel": a model file's mend.mean names it */
    const char *blurb; /* what it is, for people */
    /* degraded: {3,h,w}, R'G'B' sRGB-encoded, all in 0..1; any size from 1 x 1.
     * mean: the same shape, other memory, filled with values in 0..1; undefined on failure.
     * Statistics are of the whole picture, so it is never to be called on tiles. Time and memory
     * are proportional to the pixels. MEND_ERROR_MEMORY, MEND_ERROR_CANCELLED. NULL, where it is
     * not learned: the picture itself is the mean, and nothing has to be computed or held. */
    gboolean (*estimate)(MendTensor degraded, MendTensor mean, const MendGoOn *go_on,
                         GError **error);
    /* Means that fill a hole have these two, of which estimate is made; others NULL. hole: {1,h,w},
     * above 0 where a pixel is not known. find_hole writes 1 there and 0 elsewhere, as painted over
     * in white; what degraded shows in a hole that fill gets is not looked at, and outside of it
     * the mean is degraded, bit by bit. */
    gboolean (*find_hole)(MendTensor degraded, MendTensor hole, GError **error);
    gboolean (*fill)(MendTensor degraded, MendTensor hole, MendTensor mean, const MendGoOn *go_on,
                     GError **error);
    /* estimate is NULL, and the mean is made with arrays of the model's own: compute/wiener.h. */
    gboolean learned;
    /* Its part in the thumbnail of an overview, 0..1; the rest is what the network learned. Where
     * the estimate is right or wrong altogether (by_accord), it is its part where both lighten the
     * same places, and 0 where they do not: compute/overview.h. */
    float trust;
    gboolean by_accord;
    /* Where the estimate is the picture exposed by a gain, that gain. An overview then fits its
     * lines to the exposed thumbnail and applies them to the exposed picture: where it is dark
     * slopes would be damped (compute/overview.h). NULL elsewhere. */
    gboolean (*gain)(MendTensor degraded, MendGain *gain, const MendGoOn *go_on, GError **error);
    /* How surely there is any of the damage in a thumbnail: 0, the picture is to stay as it is, to
     * 1. NULL where that is not judged: 1. degraded as above; clean: what the network made of it;
     * scratch: the same shape, other memory, changed. */
    double (*presence)(MendTensor degraded, MendTensor clean, MendTensor scratch);
} MendMean;

extern const MendMean *const mend_means[];        /* NULL-terminated; learned ones come last */
const MendMean *mend_mean_find(const char *name); /* or NULL */

/* An sRGB-encoded value 0..1 after the gain; encoded too, and beyond 1 where that is over white. */
double mend_exposed(double y, MendGain gain);

/* 0 up to low, 1 from high on, smooth between (low < high). */
double mend_smooth_step(double x, double low, double high);

/* How much lighter pixel number i of {3,h,w} has become, in logarithms of all three channels; noise
 * in what is dark does not count. */
double mend_lightened(MendTensor before, MendTensor after, size_t i);

/* For the estimates. FALSE, with MEND_ERROR_CANCELLED, where the answer is no. */
gboolean mend_go_on(const MendGoOn *go_on, GError **error);
/* The same, and tells how much is done. */
gboolean mend_go_on_at(const MendGoOn *go_on, double share, GError **error);

G_END_DECLS
