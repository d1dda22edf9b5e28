/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture models: the preconditioned network on a torus, for one style at a time. */
#include "compute/texture.h"

#include <math.h>
#include <string.h>

#include "compute/context.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/i18n.h"
#include "compute/rng.h"

#define STYLE_STREAM 77

struct MendTexture {
    const MendTextureInfo *info;
    MendTextureParams params;
    MendEvaluator *evaluator, *any; /* any: for the guidance, else NULL */
    MendTensor scaled;              /* c_in z: what the network sees */
    MendTensor unguided;            /* what any answers */
    float *styles, *paints;         /* of the material, [n_styles][64] and [12]; NULL: none */
    int n_styles, style;
    gboolean shifts; /* by random numbers: after the first draw */
    MendRng shift;
    MendFrame frame;
};

static void
draw(gpointer data, guint64 number)
{
    MendTexture *t = data;
    t->shifts = TRUE;
    t->shift = (MendRng){number, 0};
}

/* Networks that halve their maps have a grid: each answer has it somewhere else, so that it does
 * not show in what becomes of many. */
static void
shift_grid(MendTexture *t)
{
    int at[2];
    for (int i = 0; i < 2; i++, t->shift.stream++)
        at[i] = MIN((int)(mend_rng_uniform(t->shift) * t->info->align), t->info->align - 1);
    mend_evaluator_shift(t->evaluator, at[0], at[1]);
    if (t->any)
        mend_evaluator_shift(t->any, at[0], at[1]);
}

/* F of the two networks, the second in between being nothing but a direction. */
static gboolean
answer(MendTexture *t, double time, MendTensor to, GError **error)
{
    if (!mend_evaluator_predict(t->evaluator, t->scaled, t->scaled, t->scaled, time, to,
                                t->params.go_on, t->params.data, error))
        return FALSE;
    if (!t->any)
        return TRUE;
    if (!mend_evaluator_predict(t->any, t->scaled, t->scaled, t->scaled, time, t->unguided,
                                t->params.go_on, t->params.data, error))
        return FALSE;
    size_t n = mend_shape_count(to.shape);
    float strength = (float)t->params.guidance;
    for (size_t i = 0; i < n; i++)
        to.data[i] = t->unguided.data[i] + strength * (to.data[i] - t->unguided.data[i]);
    return TRUE;
}

/* Plain pictures have this deviation at most along each axis, and means of such have less. Without
 * this, a network that shrinks too little by a hair lets a chain's contrast grow without end. */
static void
hold_contrast(MendTensor plain, double deviation)
{
    size_t n = mend_shape_count(plain.shape) / 3;
    for (int c = 0; c < 3; c++) {
        float *u = plain.data + (size_t)c * n;
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)u[i] * (double)u[i];
        double scale = deviation / sqrt(sum / (double)n);
        for (size_t i = 0; scale < 1 && i < n; i++)
            u[i] *= (float)scale;
    }
}

static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    MendTexture *t = data;
    double d = t->info->sigma_data, center = t->info->center, s2 = sigma * sigma + d * d;
    double skip = d * d / s2, gain = sigma * d / sqrt(s2), scale = 1 / sqrt(s2);
    const float *x = w->data;
    float *out = clean->data;
    for (size_t i = 0; i < w->n; i++)
        t->scaled.data[i] = (float)(((double)x[i] - center) * scale);
    double time = t->info->time_offset + t->info->time_scale * log(sigma) / 4;
    MendTensor to = {t->scaled.shape, out};
    if (t->shifts)
        shift_grid(t);
    if (!answer(t, time, to, error))
        return FALSE;
    for (size_t i = 0; i < w->n; i++)
        out[i] = (float)(center + skip * ((double)x[i] - center) + gain * (double)out[i]);
    if (t->paints)
        hold_contrast(to, d);
    return TRUE;
}

/* n rows of a table, from first on. Owned by the caller; NULL where it fails. */
static float *
load_rows(const MendWeights *weights, const char *name, int first, int n, size_t columns,
          GError **error)
{
    const MendArray *table = mend_weights_get(weights, name, error);
    if (!table)
        return NULL;
    if (table->count < (size_t)(first + n) * columns) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    _("%s: its table %s is not what it was a moment ago."),
                    mend_weights_path(weights), name);
        return NULL;
    }
    float *all = mend_block_new(table->count * sizeof *all, error), *rows = NULL;
    if (all && mend_array_read_f32(table, all, error))
        rows = g_memdup2(all + (size_t)first * columns, (size_t)n * columns * sizeof *all);
    mend_block_free(all);
    return rows;
}

/* The rows of the material, or all where it is "none" or has no row of its own. */
static gboolean
load_styles(MendTexture *t, GError **error)
{
    int row = mend_model_task_row(t->info->model, t->params.material), first = 0, n = 0;
    int n_classes = (int)g_strv_length(t->info->model->tasks);
    if (row >= 0 && t->info->n_styles[row] == 0)
        row = -1;
    for (int i = 0; i < n_classes; i++) {
        first += i < row ? t->info->n_styles[i] : 0;
        n += row < 0 || i == row ? t->info->n_styles[i] : 0;
    }
    g_autoptr(MendWeights) weights = mend_weights_open(t->info->model->path, error);
    if (!weights)
        return FALSE;
    t->n_styles = n;
    t->styles = load_rows(weights, "styles", first, n, MEND_CONTEXT_VECTOR, error);
    if (!t->styles)
        return FALSE;
    if (mend_weights_find(weights, "paints"))
        t->paints = load_rows(weights, "paints", first, n, MEND_TEXTURE_PAINT, error);
    return t->paints || !mend_weights_find(weights, "paints");
}

static gboolean
open_any(MendTexture *t, MendEvaluatorParams params, MendShape shape, GError **error)
{
    params.task = NULL;
    t->any = mend_evaluator_new(&params, shape.w, shape.h, error);
    if (t->any)
        t->unguided = mend_tensor_new(shape, error);
    return t->unguided.data != NULL;
}

MendTexture *
mend_texture_open(const MendTextureInfo *info, const MendTextureParams *params, int width,
                  int height, GError **error)
{
    g_autoptr(MendTexture) texture = g_new0(MendTexture, 1);
    MendEvaluatorParams evaluator = {info->model, params->material, params->device, params->tile,
                                     TRUE};
    texture->info = info;
    texture->params = *params;
    texture->frame = (MendFrame){clean_of, info->sigma_min, info->sigma_max, texture, draw};
    texture->evaluator = mend_evaluator_new(&evaluator, width, height, error);
    if (!texture->evaluator)
        return NULL;
    MendShape shape = {3, height, width};
    texture->scaled = mend_tensor_new(shape, error);
    if (!texture->scaled.data || (info->n_styles && !load_styles(texture, error)))
        return NULL;
    gboolean guided = params->guidance != 0 && params->guidance != 1 && evaluator.task &&
                      mend_model_task_row(info->model, evaluator.task) >= 0;
    if (guided && !open_any(texture, evaluator, shape, error))
        return NULL;
    mend_texture_turn(texture, 0);
    return g_steal_pointer(&texture);
}

void
mend_texture_free(MendTexture *texture)
{
    if (!texture)
        return;
    mend_evaluator_free(texture->evaluator);
    mend_evaluator_free(texture->any);
    mend_tensor_clear(&texture->scaled);
    mend_tensor_clear(&texture->unguided);
    g_free(texture->styles);
    g_free(texture->paints);
    g_free(texture);
}

int
mend_texture_cost(const MendTexture *texture)
{
    return texture->any ? 2 : 1;
}

void
mend_texture_turn(MendTexture *t, guint64 draw)
{
    if (t->n_styles == 0)
        return;
    double u = mend_rng_uniform((MendRng){mend_rng_split(t->params.seed, draw), STYLE_STREAM});
    t->style = MIN((int)(u * t->n_styles), t->n_styles - 1);
    mend_evaluator_tell(t->evaluator, t->styles + (size_t)t->style * MEND_CONTEXT_VECTOR);
}

void
mend_texture_paint(const MendTexture *t, MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape) / 3;
    if (!t->paints)
        return;
    const float *c = t->paints + (size_t)t->style * MEND_TEXTURE_PAINT, *a = c + 3;
    for (size_t i = 0; i < n; i++) {
        float *p = picture.data + i, u0 = p[0], u1 = p[n], u2 = p[2 * n];
        for (int k = 0; k < 3; k++)
            p[(size_t)k * n] = c[k] + a[3 * k] * u0 + a[3 * k + 1] * u1 + a[3 * k + 2] * u2;
    }
}

const MendFrame *
mend_texture_frame(const MendTexture *texture)
{
    return &texture->frame;
}

const char *
mend_texture_device(const MendTexture *texture)
{
    return mend_evaluator_device(texture->evaluator)->name;
}

const char *
mend_texture_note(const MendTexture *texture)
{
    return mend_evaluator_note(texture->evaluator);
}
