/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A network over a whole picture: planned for one tile shape, run tile by tile, on the CPU where
 * the device fails. */
#include "compute/evaluator.h"

#include <math.h>
#include <string.h>

#include "compute/context.h"
#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"
#include "compute/network.h"
#include "compute/tiler.h"

#define CPU_TILE   1024 /* a seventh less is computed than with 512, in some 300 MiB more */
#define CPU_FREE   ((size_t)4 << 30)
#define OTHER_TILE 512 /* the memory of devices is their own, and less; a torus sees its grid */
#define LEAST_TILE 128 /* below, the overlap costs more than memory can be worth */
#define MOST_SIDE  (1 << 24)

enum { X, MEAN, DEGRADED, N_PLANES };
static const char *const plane_names[N_PLANES] = {"x", "mean", "degraded"};

struct MendEvaluator {
    MendWeights *weights;
    const MendNetwork *network;
    MendNetworkConfig config;
    int width, height, align, radius;
    MendTile part;   /* of the picture, that is covered with tiles */
    MendTensor mask; /* tiles that do not meet it are left out; without data: none are */
    gboolean wrap;
    int shift_x, shift_y; /* with wrap */
    int tile, asked_tile; /* at present, 0: not chosen yet; as in the params */
    MendDevice *device;
    MendDeviceInfo info; /* of device */
    MendGraph *graph;
    MendPlan *plan;
    MendTiler tiler;
    MendTensor planes[N_PLANES], out; /* one tile each */
    gboolean mirror;
    MendTensor other; /* with mirror: the answer for the tile as it is */
    float t;
    MendContext context;
    MendTensor inputs[N_PLANES + 2]; /* views of planes, t and context, in the graph's order */
    char *note;
};

static void
unprepare(MendEvaluator *e)
{
    mend_plan_free(e->plan);
    mend_graph_free(e->graph);
    e->plan = NULL;
    e->graph = NULL;
    for (int i = 0; i < N_PLANES; i++)
        mend_tensor_clear(&e->planes[i]);
    mend_tensor_clear(&e->out);
    mend_tensor_clear(&e->other);
}

void
mend_evaluator_free(MendEvaluator *e)
{
    if (!e)
        return;
    unprepare(e);
    mend_device_close(e->device);
    mend_weights_free(e->weights);
    g_free(e->note);
    g_free(e);
}

static gboolean
on_cpu(const MendEvaluator *e)
{
    return e->device && e->device->backend == &mend_backend_cpu;
}

/* Puts memory behind one input of the graph. */
static gboolean
connect_input(MendEvaluator *e, const MendNodeInfo *node, MendTensor *input, GError **error)
{
    if (strcmp(node->name, "t") == 0) {
        *input = (MendTensor){{1, 1, 1}, &e->t};
        return TRUE;
    }
    if (strcmp(node->name, "context") == 0 && node->shape.c == MEND_CONTEXT_VECTOR) {
        *input = (MendTensor){node->shape, e->context.vector};
        return TRUE;
    }
    for (int i = 0; i < N_PLANES; i++) {
        if (strcmp(node->name, plane_names[i]) != 0)
            continue;
        e->planes[i] = mend_tensor_new(node->shape, error);
        *input = e->planes[i];
        return input->data != NULL;
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                _("%s: its network wants an input “%s” of %d channels, which there is not."),
                mend_weights_path(e->weights), node->name, node->shape.c);
    return FALSE;
}

static gboolean
connect_all(MendEvaluator *e, GError **error)
{
    int n = 0;
    for (int i = 0; i < mend_graph_n_nodes(e->graph); i++) {
        const MendNodeInfo *node = mend_graph_node(e->graph, i);
        if (node->op != MEND_OP_input)
            continue;
        g_assert(n < (int)G_N_ELEMENTS(e->inputs));
        if (!connect_input(e, node, &e->inputs[n++], error))
            return FALSE;
    }
    e->out = mend_tensor_new(mend_graph_node(e->graph, mend_graph_output(e->graph))->shape, error);
    return e->out.data != NULL;
}

/* A device knows arrays, not files; a message about an array must say whose. */
static MendPlan *
plan_new(MendEvaluator *e, GError **error)
{
    g_autoptr(GError) reason = NULL;
    MendPlan *plan = mend_plan_new(e->device, e->graph, &reason);
    if (mend_error_is(reason, MEND_ERROR_WEIGHTS))
        g_prefix_error(&reason, "%s: ", mend_weights_path(e->weights));
    if (reason)
        g_propagate_error(error, g_steal_pointer(&reason));
    return plan;
}

static int
usual_tile(const MendEvaluator *e)
{
    gboolean large = on_cpu(e) && !e->wrap && mend_block_available() >= CPU_FREE;
    return large ? CPU_TILE : OTHER_TILE;
}

static gboolean
prepare(MendEvaluator *e, GError **error)
{
    if (!e->tile)
        e->tile = e->asked_tile > 0 ? e->asked_tile : usual_tile(e);
    e->tiler = e->radius > 0 ? mend_tiler(e->part.w, e->part.h, e->tile, e->radius, e->align)
                             : mend_tiler_whole(e->width, e->height, e->align);
    gboolean whole = e->wrap && MAX(e->width, e->height) <= e->tile + e->tile / 2;
    if (whole) /* the network itself reads around the edges: nothing is computed twice */
        e->tiler = mend_tiler(e->width, e->height, e->tile + e->tile / 2, 0, e->align);
    e->tiler.wrap = e->wrap;
    e->graph = mend_graph_new(e->weights);
    if (whole)
        mend_graph_wrap(e->graph);
    if (!e->network->build(e->graph, e->weights, &e->config, mend_tiler_side_h(&e->tiler),
                           mend_tiler_side_w(&e->tiler), error))
        return FALSE;
    e->plan = plan_new(e, error);
    return e->plan && connect_all(e, error);
}

static gboolean
take_device(MendEvaluator *e, const char *id, GError **error)
{
    MendDevice *device = mend_device_open(id, error);
    if (!device)
        return FALSE;
    mend_device_close(e->device);
    e->device = device;
    e->info = device->info;
    return TRUE;
}

static gboolean
move_to_cpu(MendEvaluator *e, const char *reason, GError **error)
{
    g_autofree char *old = g_strdup(e->device ? e->info.name : _("The device"));
    if (!take_device(e, "cpu", error))
        return FALSE;
    e->tile = 0;
    g_free(e->note);
    e->note = g_strdup_printf(_("%s failed, so the CPU goes on. (%s)"), old, reason);
    return TRUE;
}

/* After a failure: a smaller tile or another device. FALSE, with error set, where nothing is left
 * to try. */
static gboolean
retreat(MendEvaluator *e, GError *reason, GError **error)
{
    gboolean memory = mend_error_is(reason, MEND_ERROR_MEMORY);
    gboolean device =
        mend_error_is(reason, MEND_ERROR_DEVICE) || mend_error_is(reason, MEND_ERROR_UNSUPPORTED);
    unprepare(e);
    int side = MIN(e->tile, MAX(e->part.w, e->part.h));
    if (memory && e->device && e->radius > 0 && side > LEAST_TILE) {
        e->tile = MAX(side / 2, LEAST_TILE);
        return TRUE;
    }
    if (!on_cpu(e) && (memory || device))
        return move_to_cpu(e, reason->message, error);
    g_propagate_error(error, g_error_copy(reason));
    return FALSE;
}

static gboolean
prepare_somehow(MendEvaluator *e, GError **error)
{
    while (!e->plan) {
        g_autoptr(GError) reason = NULL;
        if (!prepare(e, &reason) && !retreat(e, reason, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
open_device(MendEvaluator *e, const char *id, GError **error)
{
    g_autoptr(GError) reason = NULL;
    return take_device(e, id, &reason) || retreat(e, reason, error);
}

static gboolean
open_network(MendEvaluator *e, const MendEvaluatorParams *params, GError **error)
{
    const MendModelInfo *model = params->model;
    e->network = mend_network_find(model->network);
    if (!e->network) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    _("%s: this version of Mend has no network “%s”."), model->path,
                    model->network);
        return FALSE;
    }
    e->config.global_attention = model->global_attention;
    e->config.residual = model->residual;
    e->config.task_row = mend_model_task_row(model, params->task);
    e->weights = mend_weights_open(model->path, error);
    return e->weights && e->network->extent(e->weights, &e->config, &e->align, &e->radius, error);
}

static gboolean
check_torus(const MendEvaluator *e, GError **error)
{
    if (!e->wrap || (e->radius > 0 && e->width % e->align == 0 && e->height % e->align == 0))
        return TRUE;
    g_set_error(
        error, MEND_ERROR, MEND_ERROR_SHAPE,
        _("%s: %d × %d pixels cannot be joined at their edges. Take sides that are multiples "
          "of %d, and a model without global attention."),
        mend_weights_path(e->weights), e->width, e->height, e->align);
    return FALSE;
}

static void
set_size(MendEvaluator *e, int width, int height)
{
    e->width = width;
    e->height = height;
    e->part = (MendTile){0, 0, width, height};
    e->mask = (MendTensor){0};
}

MendEvaluator *
mend_evaluator_new(const MendEvaluatorParams *params, int width, int height, GError **error)
{
    if (width < 1 || height < 1 || width > MOST_SIDE || height > MOST_SIDE) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    _("A picture of %d × %d pixels cannot be restored: a side may have 1 to %d."),
                    width, height, MOST_SIDE);
        return NULL;
    }
    MendEvaluator *e = g_new0(MendEvaluator, 1);
    set_size(e, width, height);
    e->asked_tile = params->tile;
    e->wrap = params->wrap;
    if (open_network(e, params, error) && check_torus(e, error) &&
        open_device(e, params->device, error) && prepare_somehow(e, error))
        return e;
    mend_evaluator_free(e);
    return NULL;
}

static gboolean
is_finite(MendTensor tensor)
{
    size_t n = mend_shape_count(tensor.shape);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(tensor.data[i]))
            return FALSE;
    }
    return TRUE;
}

/* What a device answers is not believed unseen: a failing driver may report success. */
static gboolean
run_plan(MendEvaluator *e, MendShareFunc progress, gpointer data, GError **error)
{
    if (mend_fault("predict")) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE, "%s failed on demand.", e->info.name);
        return FALSE;
    }
    if (!mend_plan_run(e->plan, e->inputs, e->out, progress, data, error))
        return FALSE;
    if (is_finite(e->out))
        return TRUE;
    if (on_cpu(e))
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                    _("%s: its network gave values that are no numbers. Use another model."),
                    mend_weights_path(e->weights));
    else
        g_set_error(error, MEND_ERROR, MEND_ERROR_DEVICE, _("%s gave values that are no numbers."),
                    e->info.name);
    return FALSE;
}

gboolean
mend_evaluator_look(MendEvaluator *e, MendTensor picture, GError **error)
{
    if (mend_graph_find_input(e->graph, "context") < 0)
        return TRUE;
    return mend_context_look(e->weights, "encoder.", picture, &e->context, error);
}

void
mend_evaluator_shift(MendEvaluator *e, int x, int y)
{
    e->shift_x = x;
    e->shift_y = y;
}

void
mend_evaluator_resize(MendEvaluator *e, int width, int height)
{
    unprepare(e);
    set_size(e, width, height);
}

/* Where it is above 0, on the align's grid. w 0: nowhere. */
static MendTile
bounds(MendTensor mask, int align)
{
    int x0 = mask.shape.w, y0 = mask.shape.h, x1 = 0, y1 = 0;
    for (int y = 0; y < mask.shape.h; y++) {
        const float *row = mask.data + (size_t)y * (size_t)mask.shape.w;
        for (int x = 0; x < mask.shape.w; x++) {
            if (!(row[x] > 0))
                continue;
            x0 = MIN(x0, x);
            x1 = MAX(x1, x + 1);
            y0 = MIN(y0, y);
            y1 = y + 1;
        }
    }
    if (x1 == 0)
        return (MendTile){0};
    x0 = x0 / align * align;
    y0 = y0 / align * align;
    return (MendTile){x0, y0, x1 - x0, y1 - y0};
}

size_t
mend_evaluator_only(MendEvaluator *e, MendTensor mask)
{
    MendTile part = bounds(mask, e->align);
    if (part.w == 0)
        return 0;
    if (e->radius > 0 && !e->wrap) {
        unprepare(e);
        e->part = part;
        e->mask = mask;
    }
    return (size_t)e->part.w * (size_t)e->part.h;
}

void
mend_evaluator_mirror(MendEvaluator *e, gboolean mirror)
{
    e->mirror = mirror;
    mend_tensor_clear(&e->other);
}

void
mend_evaluator_tell(MendEvaluator *e, const float *vector)
{
    memcpy(e->context.vector, vector, sizeof e->context.vector);
}

typedef struct {
    MendTensor planes[N_PLANES], out; /* of the whole picture */
    MendShareFunc progress;
    gpointer data;
    int tile, n_tiles, round; /* under way; round 1: the tile mirrored */
    int n_rounds;
} Pass;

/* share: of the round under way. */
static gboolean
report(double share, gpointer data)
{
    const Pass *pass = data;
    double tiles = pass->tile + (pass->round + share) / pass->n_rounds;
    return !pass->progress || pass->progress(tiles / pass->n_tiles, pass->data);
}

/* The tile that was read; where it is mirrored, the mean of both answers. */
static gboolean
run_tile(MendEvaluator *e, Pass *pass, GError **error)
{
    pass->n_rounds = 1 + e->mirror;
    pass->round = 0;
    if (!run_plan(e, report, pass, error))
        return FALSE;
    if (!e->mirror)
        return TRUE;
    if (!e->other.data)
        e->other = mend_tensor_new(e->out.shape, error);
    if (!e->other.data)
        return FALSE;
    size_t n = mend_shape_count(e->out.shape);
    memcpy(e->other.data, e->out.data, n * sizeof(float));
    for (int k = 0; k < N_PLANES; k++) {
        if (e->planes[k].data)
            mend_tensor_flip(e->planes[k], TRUE, FALSE);
    }
    pass->round = 1;
    if (!run_plan(e, report, pass, error))
        return FALSE;
    mend_tensor_flip(e->out, TRUE, FALSE);
    for (size_t i = 0; i < n; i++)
        e->out.data[i] = 0.5f * (e->out.data[i] + e->other.data[i]);
    return TRUE;
}

static gboolean
run_tiles(MendEvaluator *e, Pass *pass, GError **error)
{
    pass->n_tiles = mend_tiler_count(&e->tiler);
    e->tiler.shift_x = e->wrap ? e->shift_x : e->part.x;
    e->tiler.shift_y = e->wrap ? e->shift_y : e->part.y;
    for (pass->tile = 0; pass->tile < pass->n_tiles; pass->tile++) {
        MendTile tile = mend_tiler_at(&e->tiler, pass->tile);
        if (e->mask.data && !mend_tiler_meets(&e->tiler, tile, e->mask)) {
            if (!mend_plan_goes_on(report, 1, pass, error))
                return FALSE;
            continue;
        }
        for (int k = 0; k < N_PLANES; k++) {
            if (e->planes[k].data)
                mend_tiler_read(&e->tiler, tile, pass->planes[k], e->planes[k]);
        }
        if (!run_tile(e, pass, error))
            return FALSE;
        mend_tiler_write(&e->tiler, tile, e->out, pass->out);
        if (!mend_plan_goes_on(report, 1, pass, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mend_evaluator_predict(MendEvaluator *e, MendTensor x, MendTensor mean, MendTensor degraded,
                       double t, MendTensor out, MendShareFunc progress, gpointer data,
                       GError **error)
{
    g_return_val_if_fail(out.data != x.data, FALSE); /* an evaluation may have to be repeated */
    Pass pass = {{x, mean, degraded}, out, progress, data, 0, 0, 0, 0};
    e->t = (float)t;
    for (;;) {
        g_autoptr(GError) reason = NULL;
        if (!prepare_somehow(e, error))
            return FALSE;
        if (run_tiles(e, &pass, &reason))
            return TRUE;
        if (!retreat(e, reason, error))
            return FALSE;
    }
}

double
mend_evaluator_flops(const MendEvaluator *e)
{
    MendShape tile = mend_graph_node(e->graph, mend_graph_output(e->graph))->shape;
    return mend_graph_flops(e->graph) / ((double)tile.h * (double)tile.w);
}

const MendDeviceInfo *
mend_evaluator_device(const MendEvaluator *e)
{
    return &e->info;
}

const char *
mend_evaluator_note(const MendEvaluator *e)
{
    return e->note;
}
