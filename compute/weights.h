/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads safetensors files: an 8-byte little-endian length, a JSON header, then the data.
 * Nothing in the file is trusted: the header is checked whole (sizes, bounds, overlaps, holes in
 * the arithmetic, duplicate names) before anything is handed out. Thread: any number of readers. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { MEND_F32, MEND_F16, MEND_BF16, MEND_F64 } MendType;
size_t mend_type_size(MendType type);

typedef struct MendWeights MendWeights;

/* One array of the file. Borrowed from the MendWeights it came from. */
typedef struct {
    const char *name;
    MendType type;
    int n_dims;       /* 0 (scalar) to 8 */
    gint64 dims[8];   /* outermost first, as PyTorch writes them */
    size_t count;     /* elements */
    const void *data; /* in the file's bytes; perhaps unaligned */
} MendArray;

/* Reads the whole file into memory (they are a few MiB), so whoever changes it later does no harm.
 * NULL and MEND_ERROR_WEIGHTS (the file's name and what is wrong) on failure. */
MendWeights *mend_weights_open(const char *path, GError **error);
/* The same over memory, copied. name is for messages. */
MendWeights *mend_weights_parse(const void *bytes, size_t size, const char *name, GError **error);
void mend_weights_free(MendWeights *weights); /* NULL is allowed */

const char *mend_weights_path(const MendWeights *weights);
/* A value of "__metadata__", or NULL. Borrowed. */
const char *mend_weights_meta(const MendWeights *weights, const char *key);
/* The same where it is one line for people: not empty, below 4 KiB, no control characters; else
 * NULL. Borrowed. */
const char *mend_weights_meta_line(const MendWeights *weights, const char *key);
guint mend_weights_count(const MendWeights *weights);
const MendArray *mend_weights_at(const MendWeights *weights, guint index); /* in order of name */
const MendArray *mend_weights_find(const MendWeights *weights, const char *name); /* or NULL */
/* As find, but a missing name is MEND_ERROR_WEIGHTS. */
const MendArray *mend_weights_get(const MendWeights *weights, const char *name, GError **error);

/* Converts all elements to float32 / float64. dst holds array->count elements.
 * F64 to float rounds to nearest. FALSE and MEND_ERROR_WEIGHTS where a value is NaN or infinite. */
gboolean mend_array_read_f32(const MendArray *array, float *dst, GError **error);
gboolean mend_array_read_f64(const MendArray *array, double *dst, GError **error);

float mend_half_to_float(guint16 half);  /* IEEE binary16, exact */
guint16 mend_float_to_half(float value); /* round to nearest even, overflow to infinity */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendWeights, mend_weights_free)

G_END_DECLS
