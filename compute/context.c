/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The context encoder's two inputs, and its run. */
#include "compute/context.h"

#include <math.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/clues.h"
#include "compute/error.h"
#include "compute/i18n.h"

enum { SIDE = MEND_CONTEXT_SIDE, CROP = MEND_CONTEXT_CROP, GRID = 8 };

static const float farthest = 3; /* deviations from its mean that are seen of a clue */

/* Pixels first .. first + n - 1 of a side of the picture make one of the thumbnail: the first with
 * the weight head, the last of several with tail, those between with body. */
typedef struct {
    int first, n;
    double head, body, tail;
} Taps;

static Taps
area_taps(int i, int size)
{
    double low = (double)i * size / SIDE, high = (double)(i + 1) * size / SIDE, unit = SIDE;
    int first = (int)low, end = MIN((int)ceil(high), size);
    unit /= size;
    Taps taps = {first, end - first, (MIN(high, first + 1.0) - low) * unit, unit, 0};
    taps.tail = (high - (end - 1)) * unit;
    return taps;
}

static Taps
linear_taps(int i, int size)
{
    double at = CLAMP((i + 0.5) * size / SIDE - 0.5, 0.0, size - 1.0);
    int first = MIN((int)at, MAX(size - 2, 0));
    return (Taps){first, MIN(size, 2), 1 - (at - first), 0, at - first};
}

static Taps
taps_of(int i, int size)
{
    return size >= SIDE ? area_taps(i, size) : linear_taps(i, size);
}

static double
weight(const Taps *taps, int k)
{
    if (k == 0)
        return taps->head;
    return k == taps->n - 1 ? taps->tail : taps->body;
}

static float
seen(float value)
{
    return value > 0.0f ? MIN(value, 1.0f) : 0.0f;
}

/* The pixel of a side of n that place i of the mosaic shows. */
static int
crop_pixel(int i, int n)
{
    gint64 quarter = i < CROP ? 1 : 3;
    gint64 start = quarter * n / 4 - CROP / 2, turn = 2 * MAX((gint64)n - 1, 1);
    start -= ((start % GRID) + GRID) % GRID; /* downwards, also below zero */
    gint64 at = (start + i % CROP) % turn;
    at = at < 0 ? at + turn : at;
    return (int)MIN(MIN(at, turn - at), n - 1);
}

gboolean
mend_glance_init(MendGlance *glance, int width, int height, GError **error)
{
    *glance = (MendGlance){width, height, {{0}, NULL}, {{0}, NULL}};
    glance->thumbnail = mend_tensor_new((MendShape){3, SIDE, SIDE}, error);
    if (!glance->thumbnail.data)
        return FALSE;
    glance->crops = mend_tensor_new((MendShape){3, 2 * CROP, 2 * CROP}, error);
    if (!glance->crops.data)
        return FALSE;
    memset(glance->thumbnail.data, 0, mend_shape_count(glance->thumbnail.shape) * sizeof(float));
    memset(glance->crops.data, 0, mend_shape_count(glance->crops.shape) * sizeof(float));
    return TRUE;
}

void
mend_glance_clear(MendGlance *glance)
{
    mend_tensor_clear(&glance->thumbnail);
    mend_tensor_clear(&glance->crops);
}

/* Four sums at once: one alone would wait for itself. */
static double
sum_of(const float *x, int n)
{
    float sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int k = 0; k < 4; k++)
            sum[k] += seen(x[i + k]);
    }
    double total = (double)sum[0] + (double)sum[1] + (double)sum[2] + (double)sum[3];
    for (; i < n; i++)
        total += (double)seen(x[i]);
    return total;
}

/* One row of a plane, as wide as the thumbnail. */
static void
narrow_row(const float *row, int width, double *narrow)
{
    for (int i = 0; i < SIDE; i++) {
        Taps t = taps_of(i, width);
        const float *from = row + t.first;
        narrow[i] = t.head * (double)seen(from[0]);
        if (t.n > 1)
            narrow[i] += t.tail * (double)seen(from[t.n - 1]);
        if (t.n > 2)
            narrow[i] += t.body * sum_of(from + 1, t.n - 2);
    }
}

static void
add_to_thumbnail(MendGlance *glance, int c, int y, const float *row)
{
    double narrow[SIDE];
    float *to = mend_tensor_plane(glance->thumbnail, c).data;
    narrow_row(row, glance->width, narrow);
    for (int i = 0; i < SIDE; i++, to += SIDE) {
        Taps rows = taps_of(i, glance->height);
        if (y < rows.first || y >= rows.first + rows.n)
            continue;
        double share = weight(&rows, y - rows.first);
        for (int x = 0; x < SIDE; x++)
            to[x] += (float)(share * narrow[x]);
    }
}

static void
add_to_crops(MendGlance *glance, int c, int y, const float *row)
{
    float *to = mend_tensor_plane(glance->crops, c).data;
    for (int i = 0; i < 2 * CROP; i++, to += (size_t)2 * CROP) {
        if (crop_pixel(i, glance->height) != y)
            continue;
        for (int x = 0; x < 2 * CROP; x++)
            to[x] = seen(row[crop_pixel(x, glance->width)]);
    }
}

void
mend_glance_add(MendGlance *glance, int y, MendTensor rows)
{
    for (int c = 0; c < 3; c++) {
        const float *row = mend_tensor_plane(rows, c).data;
        for (int i = 0; i < rows.shape.h; i++, row += rows.shape.w) {
            add_to_thumbnail(glance, c, y + i, row);
            add_to_crops(glance, c, y + i, row);
        }
    }
}

/* Softmax of the logits. */
static void
set_chances(const float *logits, MendContext *context)
{
    double most = -HUGE_VAL, sum = 0;
    for (int i = 0; i < context->n_classes; i++)
        most = MAX(most, (double)logits[i]);
    for (int i = 0; i < context->n_classes; i++)
        sum += context->chances[i] = exp((double)logits[i] - most);
    for (int i = 0; i < context->n_classes; i++)
        context->chances[i] /= sum;
}

static gboolean
take(const MendWeights *weights, MendTensor out, MendContext *context, GError **error)
{
    for (int i = 0; i < out.shape.c; i++) {
        if (!isfinite(out.data[i])) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                        _("%s: its encoder gave values that are no numbers. Use another model."),
                        mend_weights_path(weights));
            return FALSE;
        }
    }
    context->n_classes = MIN(out.shape.c - MEND_CONTEXT_VECTOR, MEND_CONTEXT_CLASSES);
    memcpy(context->vector, out.data, sizeof context->vector);
    set_chances(out.data + MEND_CONTEXT_VECTOR, context);
    return TRUE;
}

/* mean or gain of the clues. */
static gboolean
read_clue_array(const MendWeights *weights, const char *prefix, const char *part,
                float values[MEND_CLUES], GError **error)
{
    g_autofree char *name = g_strconcat(prefix, "clues.", part, NULL);
    const MendArray *array = mend_weights_get(weights, name, error);
    if (!array)
        return FALSE;
    if (array->count == MEND_CLUES)
        return mend_array_read_f32(array, values, error);
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                _("%s: its encoder expects %zu clues of a picture, this version of Mend finds %d. "
                  "Use a model made for this version."),
                mend_weights_path(weights), array->count, MEND_CLUES);
    return FALSE;
}

/* The clues as the encoder wants them. */
static gboolean
find_clues(const MendWeights *weights, const char *prefix, const MendGlance *glance,
           float clues[MEND_CLUES], GError **error)
{
    float mean[MEND_CLUES], gain[MEND_CLUES];
    if (!read_clue_array(weights, prefix, "mean", mean, error) ||
        !read_clue_array(weights, prefix, "gain", gain, error) ||
        !mend_clues_find(glance->thumbnail, glance->crops, clues, error))
        return FALSE;
    for (int i = 0; i < MEND_CLUES; i++)
        clues[i] = CLAMP((clues[i] - mean[i]) * gain[i], -farthest, farthest);
    return TRUE;
}

gboolean
mend_context_run(const MendWeights *weights, const char *prefix, const MendGlance *glance,
                 MendContext *context, GError **error)
{
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    if (!mend_context_build(graph, weights, prefix, error))
        return FALSE;
    MendShape shape = mend_graph_node(graph, mend_graph_output(graph))->shape;
    g_auto(MendTensor) out = mend_tensor_new(shape, error);
    float clues[MEND_CLUES];
    MendTensor inputs[] = {glance->thumbnail, glance->crops, {{MEND_CLUES, 1, 1}, clues}};
    if (!out.data || (mend_context_n_clues(weights, prefix) > 0 &&
                      !find_clues(weights, prefix, glance, clues, error)))
        return FALSE;
    return mend_graph_run_once(graph, inputs, out, error) && take(weights, out, context, error);
}

gboolean
mend_context_look(const MendWeights *weights, const char *prefix, MendTensor picture,
                  MendContext *context, GError **error)
{
    g_auto(MendGlance) glance = {0};
    if (!mend_glance_init(&glance, picture.shape.w, picture.shape.h, error))
        return FALSE;
    mend_glance_add(&glance, 0, picture);
    return mend_context_run(weights, prefix, &glance, context, error);
}
