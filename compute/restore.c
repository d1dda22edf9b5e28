/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job: options to model, schedule and sampler; the sampler's view of the network;
 * progress; and the blend of what came with what was restored. */
#include "compute/restore.h"

#include <math.h>
#include <string.h>

#include "compute/bands.h"
#include "compute/detect.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/overview.h"
#include "compute/rng.h"
#include "compute/sampler.h"

/* One restoration under way. */
typedef struct {
    MendEvaluator *evaluator;
    MendTensor degraded; /* the picture, clamped */
    MendTensor mean;     /* its estimate, from which the sampler starts */
    guint64 seed;
    int done, n_steps;
    const MendRestoreHooks *hooks;
    gint64 start;          /* microseconds, monotonic: where the estimate counts from */
    double start_fraction; /* what was done then */
    double fraction;       /* of the whole, never less than before */
    gboolean moved;        /* the device was changed, so the clock was set anew */
} Run;

static double
seconds_left(Run *run)
{
    gint64 now = g_get_monotonic_time();
    if (mend_evaluator_note(run->evaluator) && !run->moved) {
        run->moved = TRUE;
        run->start = now;
        run->start_fraction = run->fraction;
    }
    double gained = run->fraction - run->start_fraction;
    if (gained <= 0)
        return -1;
    return (double)(now - run->start) * 1e-6 * (1 - run->fraction) / gained;
}

static gboolean
report(double share, gpointer data)
{
    Run *run = data;
    if (!run->hooks || !run->hooks->progress)
        return TRUE;
    run->fraction = MAX(run->fraction, (run->done + share) / run->n_steps);
    MendProgress progress = {
        .fraction = run->fraction,
        .seconds_left = seconds_left(run),
        .step = run->done + (share >= 1),
        .n_steps = run->n_steps,
        .device = mend_evaluator_device(run->evaluator)->name,
        .note = mend_evaluator_note(run->evaluator),
    };
    return run->hooks->progress(&progress, run->hooks->data);
}

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Run *run = data;
    MendTensor from = {run->degraded.shape, x->data}, to = {run->degraded.shape, out->data};
    if (!mend_evaluator_predict(run->evaluator, from, run->mean, run->degraded, t, to, report, run,
                                error))
        return FALSE;
    run->done++;
    return TRUE;
}

static void
noise(gpointer data, guint32 stream, MendState *out)
{
    const Run *run = data;
    int x0 = run->hooks ? run->hooks->x0 : 0, y0 = run->hooks ? run->hooks->y0 : 0;
    mend_rng_normal((MendRng){run->seed, stream}, x0, y0,
                    (MendTensor){run->degraded.shape, out->data});
}

/* A pass over the numbers of tensors of one shape. */
typedef struct {
    MendTensor picture, clamped, restored, result;
    float strength;
    gint outside; /* atomic: values of picture that are not in 0..1 */
} Numbers;

static void
look_band(gpointer data, size_t begin, size_t end)
{
    Numbers *numbers = data;
    int outside = 0;
    for (size_t i = begin; i < end; i++)
        outside |= !(numbers->picture.data[i] >= 0.0f && numbers->picture.data[i] <= 1.0f);
    if (outside)
        g_atomic_int_set(&numbers->outside, 1);
}

static void
clamp_band(gpointer data, size_t begin, size_t end)
{
    const Numbers *numbers = data;
    const float *from = numbers->picture.data;
    for (size_t i = begin; i < end; i++)
        numbers->clamped.data[i] = from[i] > 0.0f ? MIN(from[i], 1.0f) : 0.0f;
}

/* restored is clamped too: what a network adds beyond black and white is not of the picture. */
static void
blend_band(gpointer data, size_t begin, size_t end)
{
    const Numbers *n = data;
    for (size_t i = begin; i < end; i++) {
        float clean = CLAMP(n->restored.data[i], 0.0f, 1.0f);
        n->result.data[i] = isfinite(n->picture.data[i])
                                ? n->picture.data[i] + n->strength * (clean - n->clamped.data[i])
                                : clean;
    }
}

static void
pass_over(Numbers *numbers, void (*band)(gpointer data, size_t begin, size_t end))
{
    mend_bands_run(mend_shape_count(numbers->picture.shape), MEND_BAND, band, numbers);
}

/* What a network may see of the picture: mostly the picture itself. owned: the copy, where one is
 * needed. */
static gboolean
clamp(Numbers *numbers, MendTensor *owned, GError **error)
{
    numbers->clamped = numbers->picture;
    pass_over(numbers, look_band);
    if (!numbers->outside)
        return TRUE;
    *owned = mend_tensor_new(numbers->picture.shape, error);
    numbers->clamped = *owned;
    if (owned->data)
        pass_over(numbers, clamp_band);
    return owned->data != NULL;
}

static gboolean
sample(Run *run, const MendModelInfo *model, const MendPreset *solver, MendTensor restored,
       GError **error)
{
    MendSchedule schedule;
    if (!mend_schedule_init(&schedule, &model->schedule, error))
        return FALSE;
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = run->n_steps;
    params.grid.grid = solver->grid;
    params.coef = MEND_COEF_EXACT;
    params.denoise_last = TRUE;
    size_t n = mend_shape_count(restored.shape);
    MendState mu = {FALSE, n, run->mean.data}, x = {FALSE, n, restored.data};
    MendDenoiser net = {model->prediction, predict, noise, NULL, run};
    run->start = g_get_monotonic_time();
    gboolean good = mend_sampler_run(solver->sampler, &schedule, &params, &net, &mu, &x, error);
    mend_schedule_clear(&schedule);
    return good;
}

static gboolean
go_on(gpointer data)
{
    return report(0, data);
}

/* What model reverts to for the task. owned: its memory, where it is not the picture's. */
static gboolean
find_mean(Run *run, const MendModelInfo *model, const char *task, MendTensor *owned, GError **error)
{
    int row = mend_model_task_row(model, task);
    const MendMean *mean = model->means[MAX(row, 0)];
    const MendGoOn ask = {go_on, run};
    gboolean learned = model->overview >> MAX(row, 0) & 1;
    run->mean = run->degraded;
    if (!mean->estimate && !learned)
        return TRUE;
    *owned = mend_tensor_new(run->degraded.shape, error);
    run->mean = *owned;
    if (!owned->data)
        return FALSE;
    return learned ? mend_overview_estimate(model, MAX(row, 0), run->degraded, *owned, &ask, error)
                   : mean->estimate(run->degraded, *owned, &ask, error);
}

static void
tell(const Run *run, const MendModelInfo *model, const MendPreset *solver, gint64 begun,
     MendRestoreInfo *info)
{
    const MendDeviceInfo *device = mend_evaluator_device(run->evaluator);
    const char *note = mend_evaluator_note(run->evaluator);
    g_strlcpy(info->model, model->id, sizeof info->model);
    g_strlcpy(info->model_label, model->label, sizeof info->model_label);
    g_strlcpy(info->device, device->name, sizeof info->device);
    g_strlcpy(info->device_id, device->id, sizeof info->device_id);
    g_strlcpy(info->sampler, solver->sampler->name, sizeof info->sampler);
    g_strlcpy(info->grid, mend_grid_names[solver->grid], sizeof info->grid);
    g_strlcpy(info->note, note ? note : "", sizeof info->note);
    info->steps = run->n_steps;
    info->seconds = (double)(g_get_monotonic_time() - begun) * 1e-6;
}

/* The preset that the steps belong to, and in it what the options name. A sampler of the user's own
 * runs on the model's grid: the preset's was chosen for another one. */
static MendPreset
solver_for(const MendModelInfo *model, const MendOptions *options)
{
    int row = mend_model_task_row(model, options->task);
    MendPreset solver = *mend_presets_for(&model->presets[MAX(row, 0)], options->steps);
    const MendSampler *own = mend_sampler_find(options->sampler); /* NULL: "auto" */
    if (own && own != solver.sampler) {
        solver.sampler = own;
        solver.grid = model->grid;
    }
    if (options->steps > 0)
        solver.steps = options->steps;
    mend_grid_find(options->grid, &solver.grid); /* "auto" is none */
    return solver;
}

static gboolean
restore(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
        MendTensor result, MendRestoreInfo *info, GError **error)
{
    gint64 begun = g_get_monotonic_time();
    g_autoptr(MendModelInfo) model = mend_model_choose(options->task, options->model, error);
    if (!model)
        return FALSE;
    MendPreset solver = solver_for(model, options);
    MendEvaluatorParams params = {model, options->task, options->device, options->tile, FALSE};
    g_autoptr(MendEvaluator) evaluator =
        mend_evaluator_new(&params, picture.shape.w, picture.shape.h, error);
    if (!evaluator)
        return FALSE;
    Numbers numbers = {.picture = picture, .result = result, .strength = (float)options->strength};
    g_auto(MendTensor) clamped = {0};
    if (!clamp(&numbers, &clamped, error))
        return FALSE;
    g_auto(MendTensor) restored = mend_tensor_new(picture.shape, error);
    numbers.restored = restored;
    if (!restored.data)
        return FALSE;
    Run run = {.evaluator = evaluator,
               .degraded = numbers.clamped,
               .seed = (guint64)options->seed,
               .n_steps = solver.steps,
               .hooks = hooks};
    g_auto(MendTensor) mean = {0};
    if (!mend_evaluator_look(evaluator, run.degraded, error) ||
        !find_mean(&run, model, options->task, &mean, error) ||
        !sample(&run, model, &solver, restored, error))
        return FALSE;
    pass_over(&numbers, blend_band);
    if (info)
        tell(&run, model, &solver, begun, info);
    return TRUE;
}

/* Strength 0. A model that is named must still be there. */
static gboolean
copy(MendTensor picture, const MendOptions *options, MendTensor result, GError **error)
{
    if (options->model[0] && strcmp(options->model, "auto") != 0) {
        g_autoptr(MendModelInfo) model = mend_model_choose(options->task, options->model, error);
        if (!model)
            return FALSE;
    }
    memmove(result.data, picture.data, mend_shape_count(picture.shape) * sizeof(float));
    return TRUE;
}

double
mend_restore_bytes(const MendMean *mean, const MendSampler *sampler, int steps)
{
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = steps;
    int states = 2 + (mean->estimate != NULL); /* the picture, which becomes the result; restored */
    return (states + mend_sampler_states(sampler, &params)) * 3 * (double)sizeof(float);
}

gboolean
mend_restore(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
             MendTensor result, MendRestoreInfo *info, GError **error)
{
    g_return_val_if_fail(mend_shape_equal(picture.shape, result.shape), FALSE);
    if (info)
        memset(info, 0, sizeof *info);
    if (!mend_options_check(options, error))
        return FALSE;
    if (picture.shape.c != 3 || mend_shape_count(picture.shape) == 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    "A picture of %d × %d pixels and %d channels cannot be restored.",
                    picture.shape.w, picture.shape.h, picture.shape.c);
        return FALSE;
    }
    MendOptions own = *options;
    double confidence;
    if (!mend_detect_task(picture, &own, &confidence, error))
        return FALSE;
    if (info) {
        g_strlcpy(info->task, own.task, sizeof info->task);
        info->confidence = confidence;
    }
    if (own.strength == 0)
        return copy(picture, &own, result, error);
    return restore(picture, &own, hooks, result, info, error);
}
