/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job as one blocking call: degraded picture in, restored picture out.
 * Thread: any one; the callback is called on it. */
#pragma once

#include "compute/mean.h"
#include "compute/options.h"
#include "compute/sampler.h"
#include "compute/tensor.h"

G_BEGIN_DECLS

typedef struct {
    double fraction;     /* of the whole job, 0..1 */
    double seconds_left; /* < 0: not known yet */
    int step, n_steps;   /* evaluations done, in all */
    const char *device;  /* name; valid during the call */
    const char *note;    /* a change of device to tell the user, or NULL; valid during the call */
} MendProgress;

/* What was made beside the result. */
typedef struct {
    int n, n_made;     /* alternatives that were handed over, and made: a map needs 8 */
    int first, next;   /* evaluations of the network that the first of a chain took, and the next
                        * one: at most */
    int n_evaluations; /* for all of them; the result's own are MendRestoreInfo.steps */
    guint n_restarts;  /* their chains were lost and set back */
    double level;      /* noise level of the last chain's end, in the picture's units */
    double effective;  /* so many independent ones would say as much about the spread; 0: no map */
    double white;      /* the deviation that is to be shown as white */
} MendAlternativesInfo;

typedef struct {
    /* After each part of the network, and now and then while the mean is made. FALSE stops with
     * MEND_ERROR_CANCELLED. May be NULL. */
    gboolean (*progress)(const MendProgress *progress, gpointer data);
    gpointer data;
    /* Where picture's first pixel lies in a larger one, any numbers: the noise is a function of the
     * place, so a part gets the noise of the whole. 0, 0: the picture is the whole. */
    int x0, y0;
    /* The user says where the damage is, by a selection or a mask: it is not asked whether there is
     * any (mend.everywhere, compute/model.h). A mask here says so too. */
    gboolean marked;
    /* {1,h,w} of the picture's size: how much of a pixel is replaced, 0 (and NaN) nothing, 1 all.
     * Borrowed. Without data: all of each. For the task "inpainting" it is also the hole: what is
     * above 0 is not looked at, whatever it shows. */
    MendTensor mask;
    /* Alternatives, as many as the options say, where this is not NULL: further restorations
     * (compute/alternatives.h), blended with the picture as the result is. number: 1, 2, ...;
     * picture is valid during the call. FALSE, with error set, ends the job. */
    gboolean (*alternative)(MendTensor picture, int number, gpointer data, GError **error);
    /* Where this is not NULL and the options ask for it: the standard deviation {1,h,w} of what is
     * shown, over at least 8 alternatives (compute/uncertainty.h); after the last of them. */
    gboolean (*uncertainty)(MendTensor deviation, const MendAlternativesInfo *about, gpointer data,
                            GError **error);
} MendRestoreHooks;

typedef struct {
    char task[32];     /* what was done */
    double confidence; /* 0..1, where the task was detected; 0 where it was named */
    char model[128], model_label[128], device[256], device_id[64], sampler[32], grid[32];
    char note[256]; /* what the user should know (device change), or "" */
    gboolean
        absent; /* the damage is hardly there (compute/presence.h): the picture stayed as it was */
    int steps;  /* evaluations */
    gboolean mirror;           /* every other one mirrored, as its preset says */
    double seconds;            /* of all */
    MendAlternativesInfo more; /* zeros where none were wanted */
} MendRestoreInfo;

/* The model's mean for the task is computed once, of the whole picture; the sampler reverts to it.
 * picture: {3,h,w}, R'G'B' sRGB-encoded, nominally 0..1, any number, NaN, infinity: values are
 * clamped for the network, and result = picture + strength * mask * (restored - clamped), so what
 * lies outside the range survives; a NaN or infinity becomes the restored value. Where the mask is
 * 0 the result is the picture, bit by bit, and so it is outside the hole of a model whose mean
 * fills one (compute/mean.h), which without a mask is what is white: there the sampler, too, is
 * given the known pixel in place of the network's answer.
 * result: {3,h,w}, may be the picture itself; unchanged on failure. strength 0: a bit-exact copy.
 * hooks, info may be NULL. Alternatives come before the result is written. */
gboolean mend_restore(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
                      MendTensor result, MendRestoreInfo *info, GError **error);

/* Pixels around a part of a picture, of which side is the longer side, that the task wants to see:
 * with them a part is restored as the whole is. Less is allowed. */
int mend_restore_margin(const char *task, int side);

/* The most memory that grows with the picture, in bytes a pixel, for a picture within 0..1 that is
 * restored in place, without alternatives. What a device takes for one tile comes on top, and a
 * model's weights. What is above a limit is in files: compute/block.h. */
double mend_restore_bytes(const MendMean *mean, const MendSampler *sampler, int steps);

G_END_DECLS
