/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arrays of recorded sampler runs and the inputs they share. Thread: one reader. */
#pragma once

#include "compute/json.h"
#include "compute/weights.h"

G_BEGIN_DECLS

/* All pointers are owned by the recording. Pictures have n numbers. */
typedef struct {
    MendJson *json;       /* "meta" and "cases" */
    MendWeights *tensors; /* the results */
    MendWeights *inputs;  /* input/...: the same file, or the one beside it in double precision */
    GPtrArray *blocks;
    size_t n, n_noises;
    const double *mu, *m1, *m2, *start, *noises; /* start: of x_T; noises: n_noises pictures */
    double spread, weight;                       /* of the network: see MendIdeal */
} MendRecording;

/* Errors name the file. A file in single precision (..._f32.safetensors) holds results only; its
 * inputs are read from the ..._f64.safetensors beside it. */
gboolean mend_recording_open(MendRecording *rec, const char *cases, const char *tensors,
                             GError **error);
void mend_recording_clear(MendRecording *rec);

/* Array owner/what in double and its count in units of unit numbers. One that is not there gives
 * TRUE, NULL and 0; one of another size (no multiple of unit) or with a bad number is an error.
 * *data lives until mend_recording_forget(). */
gboolean mend_recording_read(MendRecording *rec, const char *owner, const char *what, size_t unit,
                             const double **data, size_t *count, GError **error);
void mend_recording_forget(MendRecording *rec); /* everything but the inputs */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendRecording, mend_recording_clear)

G_END_DECLS
