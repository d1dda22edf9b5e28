/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arrays of recorded sampler runs and the inputs they share. */
#include "compute/parity/recording.h"

#include <math.h>

#include "compute/error.h"
#include "compute/tensor.h"

#define N_INPUTS 5

static gboolean
read_from(MendRecording *rec, const MendWeights *file, const char *name, size_t unit,
          const double **data, size_t *count, GError **error)
{
    const MendArray *array = mend_weights_find(file, name);
    *data = NULL;
    *count = 0;
    if (!array)
        return TRUE;
    if (array->count == 0 || array->count % unit != 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "\"%s\": %s has %" G_GSIZE_FORMAT " numbers, not a multiple of %" G_GSIZE_FORMAT
                    ".",
                    mend_weights_path(file), name, array->count, unit);
        return FALSE;
    }
    double *block = mend_block_new(array->count * sizeof(double), error);
    if (!block)
        return FALSE;
    g_ptr_array_add(rec->blocks, block);
    *data = block;
    *count = array->count / unit;
    return mend_array_read_f64(array, block, error);
}

static gboolean
open_inputs(MendRecording *rec, GError **error)
{
    rec->inputs = rec->tensors;
    g_auto(GStrv) parts = g_strsplit(mend_weights_path(rec->tensors), "_f32.", 2);
    if (mend_weights_find(rec->tensors, "input/mu") || g_strv_length(parts) != 2)
        return TRUE;
    g_autofree char *beside = g_strjoin("_f64.", parts[0], parts[1], NULL);
    rec->inputs = mend_weights_open(beside, error);
    return rec->inputs != NULL;
}

static gboolean
read_inputs(MendRecording *rec, GError **error)
{
    static const char *const names[N_INPUTS] = {"input/mu", "input/m1", "input/m2", "input/noiseT",
                                                "input/noise"};
    const double **data[N_INPUTS] = {&rec->mu, &rec->m1, &rec->m2, &rec->start, &rec->noises};
    for (int i = 0; i < N_INPUTS; i++) {
        size_t count, unit = i == 0 ? 1 : rec->n;
        if (!read_from(rec, rec->inputs, names[i], unit, data[i], &count, error))
            return FALSE;
        if (i == 0)
            rec->n = count;
        if (i == N_INPUTS - 1)
            rec->n_noises = count;
        else if (count != (i == 0 ? rec->n : 1) || count == 0) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                        "\"%s\" has no array %s of one picture.", mend_weights_path(rec->inputs),
                        names[i]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
mend_recording_open(MendRecording *rec, const char *cases, const char *tensors, GError **error)
{
    *rec = (MendRecording){.blocks = g_ptr_array_new_with_free_func(mend_block_free)};
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(cases, &text, &length, error))
        return FALSE;
    rec->json = mend_json_parse(text, length, TRUE, error);
    if (!rec->json) {
        g_prefix_error(error, "\"%s\": ", cases);
        return FALSE;
    }
    rec->tensors = mend_weights_open(tensors, error);
    if (!rec->tensors || !open_inputs(rec, error) || !read_inputs(rec, error))
        return FALSE;
    const MendJsonValue *meta = mend_json_member(mend_json_root(rec->json), "meta");
    const MendJsonValue *model = mend_json_member(meta, "model");
    rec->spread = mend_json_number(mend_json_member(model, "s"), NAN);
    rec->weight = mend_json_number(mend_json_member(model, "w1"), NAN);
    return TRUE;
}

void
mend_recording_clear(MendRecording *rec)
{
    if (rec->inputs != rec->tensors)
        mend_weights_free(rec->inputs);
    mend_weights_free(rec->tensors);
    mend_json_free(rec->json);
    g_clear_pointer(&rec->blocks, g_ptr_array_unref);
}

gboolean
mend_recording_read(MendRecording *rec, const char *owner, const char *what, size_t unit,
                    const double **data, size_t *count, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s/%s", owner, what);
    return read_from(rec, rec->tensors, name, unit, data, count, error);
}

void
mend_recording_forget(MendRecording *rec)
{
    g_ptr_array_set_size(rec->blocks, MIN((int)rec->blocks->len, N_INPUTS));
}
