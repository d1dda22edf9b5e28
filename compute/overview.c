/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The overview: thumbnail, network, lines, and their way back to the picture. */
#include "compute/overview.h"

#include <math.h>
#include <string.h>

#include "compute/backend.h"
#include "compute/bands.h"
#include "compute/context.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/network.h"

enum { SIDE = MEND_CONTEXT_SIDE, AREA = SIDE * SIDE };
#define PREFIX "overview."
#define EPS    1e-4 /* slopes are damped where a window's variance is below it */
#define DIFFER 0.5  /* accords of estimates that agree not at all */
#define AGREE  0.8  /* entirely */
#define BANDS  16   /* between two looks at go_on */
#define VIEWS  4    /* of the thumbnail: as it is, mirrored left to right, upside down, both */

/* Of one channel: clean ~ slope * guide + offset around each pixel of the thumbnail. */
typedef struct {
    double slope[AREA], offset[AREA];
} Lines;

/* Where a pixel of a long side lies between two of the thumbnail. */
typedef struct {
    int low;
    double share; /* of low + 1 */
} Place;

/* The last pass, row by row of all three channels. */
typedef struct {
    MendTensor degraded, mean;
    const MendGain *gain; /* the picture is exposed by it first, or NULL */
    const Lines *lines;
    const Place *columns;
    size_t first; /* row that the bands count from */
} Pass;

static gboolean
check_table(const MendWeights *weights, const MendModelInfo *model, GError **error)
{
    const MendArray *table = mend_weights_find(weights, PREFIX "task_embedding");
    guint n = g_strv_length(model->tasks);
    if (table ? table->n_dims == 2 && table->dims[0] == n + 1 : n == 1)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: its mend.mean wants an overview, so the array " PREFIX
                "task_embedding must have %u rows: one for each of mend.tasks, and one more.",
                model->path, n + 1);
    return FALSE;
}

/* data of the graph's inputs, in its order, which is not for others to know. FALSE: there is one
 * that is none of these. */
static gboolean
find_inputs(const MendGraph *graph, float *t, float *x, float *mean, MendTensor inputs[3])
{
    int n = 0;
    for (int i = 0; i < mend_graph_n_nodes(graph); i++) {
        const MendNodeInfo *node = mend_graph_node(graph, i);
        if (node->op != MEND_OP_input)
            continue;
        gboolean is_t = g_str_equal(node->name, "t"), is_x = g_str_equal(node->name, "x");
        if (n == 3 || !(is_t || is_x || g_str_equal(node->name, "mean")))
            return FALSE;
        inputs[n++] = (MendTensor){node->shape, is_t ? t : is_x ? x : mean};
    }
    return n == 3;
}

gboolean
mend_overview_build(MendGraph *graph, const MendWeights *weights, const MendModelInfo *model,
                    int row, GError **error)
{
    MendNetworkConfig config = {TRUE, TRUE, row, PREFIX};
    MendTensor inputs[3];
    if (!check_table(weights, model, error) ||
        !mend_network_find("nafnet")->build(graph, weights, &config, SIDE, SIDE, error))
        return FALSE;
    if (find_inputs(graph, NULL, NULL, NULL, inputs))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: the network of its overview must take x and mean alone: " PREFIX
                "intro.weight of 6 channels, and no " PREFIX "context.weight.",
                model->path);
    return FALSE;
}

/* What is lightened in both thumbnails over what is in either. */
static double
accord(MendTensor damaged, MendTensor classical, MendTensor learned)
{
    double both = 0, either = 0;
    for (size_t i = 0; i < AREA; i++) {
        double a = mend_lightened(damaged, classical, i), b = mend_lightened(damaged, learned, i);
        both += MAX(MIN(a, b), 0);
        either += MAX(MAX(a, b), 0);
    }
    return both / MAX(either, 1e-9);
}

static float
trust_in(const MendMean *mean, MendTensor damaged, MendTensor classical, MendTensor learned)
{
    if (!mean->by_accord)
        return mean->trust;
    double agreed = accord(damaged, classical, learned);
    return mean->trust * (float)mend_smooth_step(agreed, DIFFER, AGREE);
}

/* answer: the mean of the network's to all views, for they err in different ways. inputs, in its
 * order, are t and the two planes. */
static gboolean
run_views(MendPlan *plan, const MendTensor inputs[3], const MendTensor planes[2], MendTensor answer,
          GError **error)
{
    g_auto(MendTensor) one = mend_tensor_new(answer.shape, error);
    if (!one.data)
        return FALSE;
    memset(answer.data, 0, 3 * AREA * sizeof(float));
    for (int view = 0; view < VIEWS; view++) {
        gboolean across = view & 1, down = view >> 1;
        for (int i = 0; i < 2; i++)
            mend_tensor_flip(planes[i], across, down);
        gboolean good = mend_plan_run(plan, inputs, one, NULL, NULL, error);
        for (int i = 0; i < 2; i++)
            mend_tensor_flip(planes[i], across, down);
        if (!good)
            return FALSE;
        mend_tensor_flip(one, across, down);
        for (int i = 0; i < 3 * AREA; i++)
            answer.data[i] += one.data[i] / VIEWS;
    }
    return TRUE;
}

static gboolean
ask_views(const MendGraph *graph, const MendTensor inputs[3], const MendTensor planes[2],
          MendTensor answer, GError **error)
{
    MendDevice *device = mend_device_open("cpu", error);
    MendPlan *plan = device ? mend_plan_new(device, graph, error) : NULL;
    gboolean good = plan && run_views(plan, inputs, planes, answer, error);
    mend_plan_free(plan);
    mend_device_close(device);
    return good;
}

/* The learned thumbnail, clamped, for lines are fitted to what can be seen. */
static gboolean
ask_network(const MendModelInfo *model, int row, MendTensor damaged, MendTensor classical,
            MendTensor clean, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(model->path, error);
    if (!weights)
        return FALSE;
    g_autoptr(MendGraph) graph = mend_graph_new(weights);
    float t = (float)model->schedule.T;
    MendTensor inputs[3];
    if (!mend_overview_build(graph, weights, model, row, error))
        return FALSE;
    find_inputs(graph, &t, damaged.data, classical.data, inputs);
    const MendTensor planes[] = {damaged, classical};
    if (!ask_views(graph, inputs, planes, clean, error)) {
        g_prefix_error(error, "%s: ", model->path);
        return FALSE;
    }
    for (int i = 0; i < 3 * AREA; i++) {
        if (!isfinite(clean.data[i])) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                        _("%s: its overview gave values that are no numbers. Use another model."),
                        model->path);
            return FALSE;
        }
        clean.data[i] = CLAMP(clean.data[i], 0.0f, 1.0f);
    }
    return TRUE;
}

/* The line of least squares from y to x in the window around pixel i, cut off at the edges. */
static void
fit(const float *y, const float *x, int i, double *slope, double *offset)
{
    double n = 0, sum_y = 0, sum_x = 0, sum_yy = 0, sum_yx = 0;
    int v0 = MAX(i / SIDE - 1, 0), v1 = MIN(i / SIDE + 1, SIDE - 1);
    int u0 = MAX(i % SIDE - 1, 0), u1 = MIN(i % SIDE + 1, SIDE - 1);
    for (int v = v0; v <= v1; v++) {
        for (int k = v * SIDE + u0; k <= v * SIDE + u1; k++) {
            double a = (double)y[k], b = (double)x[k];
            n++;
            sum_y += a;
            sum_x += b;
            sum_yy += a * a;
            sum_yx += a * b;
        }
    }
    double my = sum_y / n, mx = sum_x / n;
    *slope = (sum_yx / n - my * mx) / (sum_yy / n - my * my + EPS);
    *offset = mx - *slope * my;
}

static void
smooth(const double *from, double *to)
{
    for (int i = 0; i < AREA; i++) {
        double n = 0, sum = 0;
        int v0 = MAX(i / SIDE - 1, 0), v1 = MIN(i / SIDE + 1, SIDE - 1);
        int u0 = MAX(i % SIDE - 1, 0), u1 = MIN(i % SIDE + 1, SIDE - 1);
        for (int v = v0; v <= v1; v++) {
            for (int u = u0; u <= u1; u++, n++)
                sum += from[v * SIDE + u];
        }
        to[i] = sum / n;
    }
}

/* lines has room for one more than the channels, to work in. */
static void
find_lines(MendTensor guide, MendTensor clean, Lines *lines)
{
    Lines *raw = &lines[3];
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < AREA; i++)
            fit(guide.data + c * AREA, clean.data + c * AREA, i, &raw->slope[i], &raw->offset[i]);
        smooth(raw->slope, lines[c].slope);
        smooth(raw->offset, lines[c].offset);
    }
}

/* Pixel i of n: centres aligned, edges repeated. */
static Place
place(int i, int n)
{
    double at = CLAMP((i + 0.5) * SIDE / n - 0.5, 0.0, SIDE - 1.0);
    int low = MIN((int)at, SIDE - 2);
    return (Place){low, at - low};
}

static void
apply_to_rows(gpointer data, size_t begin, size_t end)
{
    const Pass *pass = data;
    size_t w = (size_t)pass->mean.shape.w, h = (size_t)pass->mean.shape.h;
    double slope[SIDE], offset[SIDE];
    for (size_t row = pass->first + begin; row < pass->first + end; row++) {
        const Lines *lines = &pass->lines[row / h];
        Place v = place((int)(row % h), (int)h);
        for (int i = 0, k = v.low * SIDE; i < SIDE; i++, k++) {
            slope[i] = lines->slope[k] * (1 - v.share) + lines->slope[k + SIDE] * v.share;
            offset[i] = lines->offset[k] * (1 - v.share) + lines->offset[k + SIDE] * v.share;
        }
        const float *from = pass->degraded.data + row * w;
        float *to = pass->mean.data + row * w;
        for (size_t x = 0; x < w; x++) {
            Place u = pass->columns[x];
            double a = slope[u.low] * (1 - u.share) + slope[u.low + 1] * u.share;
            double b = offset[u.low] * (1 - u.share) + offset[u.low + 1] * u.share;
            double y = (double)from[x];
            y = pass->gain ? mend_exposed(y, *pass->gain) : y;
            to[x] = (float)CLAMP(a * y + b, 0.0, 1.0);
        }
    }
}

static gboolean
apply(MendTensor degraded, const Lines *lines, const MendGain *gain, MendTensor mean,
      const MendGoOn *go_on, GError **error)
{
    size_t w = (size_t)mean.shape.w, n = 3 * (size_t)mean.shape.h, grain = MEND_BAND / w + 1;
    Place *columns = mend_block_new(w * sizeof *columns, error);
    if (!columns)
        return FALSE;
    for (size_t x = 0; x < w; x++)
        columns[x] = place((int)x, (int)w);
    Pass pass = {degraded, mean, gain, lines, columns, 0};
    gboolean good = TRUE;
    for (; good && pass.first < n; pass.first += BANDS * grain) {
        good = mend_go_on(go_on, error);
        if (good)
            mend_bands_run(MIN(BANDS * grain, n - pass.first), grain, apply_to_rows, &pass);
    }
    mend_block_free(columns);
    return good;
}

/* Thumbnails of the picture, of its classical estimate, of what the lines lead from, and of what is
 * clean; the lines are applied to the picture, exposed where there is a gain. */
typedef struct {
    MendTensor damaged, classical, guide, clean, scratch;
    MendGain gain;
    gboolean exposed;
} Views;

static void
clear_views(Views *views)
{
    mend_tensor_clear(&views->damaged);
    mend_tensor_clear(&views->classical);
    mend_tensor_clear(&views->guide);
    mend_tensor_clear(&views->clean);
    mend_tensor_clear(&views->scratch);
}

static gboolean
open_views(Views *views, MendTensor degraded, GError **error)
{
    g_auto(MendGlance) glance = {0};
    if (!mend_glance_init(&glance, degraded.shape.w, degraded.shape.h, error))
        return FALSE;
    mend_glance_add(&glance, 0, degraded);
    views->damaged = glance.thumbnail;
    glance.thumbnail.data = NULL;
    MendTensor *const others[] = {&views->classical, &views->guide, &views->clean, &views->scratch};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        *others[i] = mend_tensor_new(views->damaged.shape, error);
        if (!others[i]->data)
            return FALSE;
        memcpy(others[i]->data, views->damaged.data, 3 * AREA * sizeof(float));
    }
    return TRUE;
}

/* The clean thumbnail, which is the learned one so far: between that and the classical one, and
 * nearer to the damaged one where there may be no damage at all. */
static void
weigh(const MendMean *how, Views *views)
{
    float trust = trust_in(how, views->damaged, views->classical, views->clean);
    float presence = 1;
    if (how->presence)
        presence = (float)how->presence(views->damaged, views->clean, views->scratch);
    for (int i = 0; i < 3 * AREA; i++) {
        float before = views->damaged.data[i], *after = &views->clean.data[i];
        *after = trust * views->classical.data[i] + (1 - trust) * *after;
        *after = before + presence * (*after - before);
    }
}

static gboolean
look(const MendModelInfo *model, int row, Views *views, const MendGoOn *go_on, GError **error)
{
    const MendMean *how = model->means[row];
    if (how->estimate && !how->estimate(views->damaged, views->classical, go_on, error))
        return FALSE;
    views->exposed = how->gain != NULL;
    if (how->gain && !how->gain(views->damaged, &views->gain, go_on, error))
        return FALSE;
    for (int i = 0; how->gain && i < 3 * AREA; i++)
        views->guide.data[i] = (float)mend_exposed((double)views->damaged.data[i], views->gain);
    if (!ask_network(model, row, views->damaged, views->classical, views->clean, error))
        return FALSE;
    weigh(how, views);
    return TRUE;
}

gboolean
mend_overview_estimate(const MendModelInfo *model, int row, MendTensor degraded, MendTensor mean,
                       const MendGoOn *go_on, GError **error)
{
    Views views = {0};
    gboolean good = open_views(&views, degraded, error) && mend_go_on(go_on, error) &&
                    look(model, row, &views, go_on, error) && mend_go_on(go_on, error);
    Lines *lines = good ? mend_block_new(4 * sizeof *lines, error) : NULL;
    if (lines) {
        find_lines(views.guide, views.clean, lines);
        good = apply(degraded, lines, views.exposed ? &views.gain : NULL, mean, go_on, error);
    }
    mend_block_free(lines);
    clear_views(&views);
    return good && lines;
}
