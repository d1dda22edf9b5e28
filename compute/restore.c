/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job: options to model, schedule and sampler; the sampler's view of the network;
 * progress; alternatives, where they are asked for. */
#include "compute/restore.h"

#include <string.h>

#include "compute/bands.h"
#include "compute/dct.h"
#include "compute/detect.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/grain.h"
#include "compute/overview.h"
#include "compute/presence.h"
#include "compute/restore_more.h"
#include "compute/rng.h"
#include "compute/sampler.h"
#include "compute/wiener.h"

/* One restoration under way. */
typedef struct {
    MendEvaluator *evaluator;
    MendTensor degraded; /* the picture, clamped */
    MendTensor mean;     /* its estimate, from which the sampler starts */
    MendTensor hole;     /* {1,h,w}, above 0 where it is to be filled; without data: no matter */
    gboolean clean;      /* the network's answers are clean pictures */
    guint64 seed;
    int done, n_steps, n_all; /* evaluations: so far, of the result, and of alternatives too */
    double mean_cost;         /* of a mean that takes long, in evaluations; 0: it does not */
    double mean_share;        /* of it that is done */
    const MendRestoreHooks *hooks;
    gint64 start;          /* microseconds, monotonic: where the estimate counts from */
    double start_fraction; /* what was done then */
    double fraction;       /* of the whole, never less than before */
    gboolean absent;       /* the damage is hardly there */
    gboolean moved;        /* the device was changed, so the clock was set anew */
} Run;

static void
start_clock(Run *run)
{
    run->start = g_get_monotonic_time();
    run->start_fraction = run->fraction;
}

static double
seconds_left(Run *run)
{
    gint64 now = g_get_monotonic_time();
    if (mend_evaluator_note(run->evaluator) && !run->moved) {
        run->moved = TRUE;
        start_clock(run);
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
    double done = run->mean_cost * run->mean_share + run->done + share;
    run->fraction = MAX(run->fraction, MIN(done / (run->mean_cost + run->n_all), 1));
    MendProgress progress = {
        .fraction = run->fraction,
        .seconds_left = seconds_left(run),
        .step = MIN(run->done + (share >= 1), run->n_all),
        .n_steps = run->n_all,
        .device = mend_evaluator_device(run->evaluator)->name,
        .note = mend_evaluator_note(run->evaluator),
    };
    return run->hooks->progress(&progress, run->hooks->data);
}

/* A pass over the numbers of a picture; hole or mask is one plane for its three. */
typedef struct {
    MendTensor from, to, hole;
} Keep;

static void
keep_band(gpointer data, size_t begin, size_t end)
{
    const Keep *keep = data;
    size_t n = mend_shape_count(keep->hole.shape);
    for (size_t i = begin, k = begin % n; i < end; i++, k = k + 1 < n ? k + 1 : 0) {
        if (!(keep->hole.data[k] > 0))
            keep->to.data[i] = keep->from.data[i];
    }
}

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Run *run = data;
    MendTensor from = {run->degraded.shape, x->data}, to = {run->degraded.shape, out->data};
    if (!mend_evaluator_predict(run->evaluator, from, run->mean, run->degraded, t, to, report, run,
                                error))
        return FALSE;
    Keep keep = {run->degraded, to, run->hole};
    if (run->hole.data && run->clean)
        mend_bands_run(mend_shape_count(to.shape), MEND_BAND, keep_band, &keep);
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
    start_clock(run); /* what came before took its own time */
    gboolean good = mend_sampler_run(solver->sampler, &schedule, &params, &net, &mu, &x, error);
    mend_schedule_clear(&schedule);
    return good;
}

/* The alternatives that are asked for: before the result is written, which may be the picture. */
static gboolean
make_more(Run *run, const MendModelInfo *model, const MendOptions *options, const MendBlend *blend,
          MendAlternativesInfo *info, GError **error)
{
    if (mend_more_count(options, run->hooks) == 0)
        return TRUE;
    MendSchedule schedule;
    if (!mend_schedule_init(&schedule, &model->schedule, error))
        return FALSE;
    MendDenoiser net = {model->prediction, predict, NULL, NULL, run};
    MendAlternativesSetup setup = {
        &schedule, &net, run->mean, blend->restored, run->hole, options->variety, run->seed};
    gboolean good = mend_more_make(&setup, blend, options, run->hooks, info, error);
    mend_schedule_clear(&schedule);
    return good;
}

static gboolean
go_on(gpointer data)
{
    return report(0, data);
}

/* Filters take about as long as this much of a network that runs on the CPU too: on two cores,
 * 1.3 s a megapixel where 0.17 MFLOP a pixel take 2.4. */
#define FILTERS_FLOPS 0.09e6

static gboolean
filter(Run *run, const MendModelInfo *model, MendTensor mean, GError **error)
{
    const MendGoOn ask = {go_on, run, &run->mean_share};
    run->mean_cost = FILTERS_FLOPS / mend_evaluator_flops(run->evaluator);
    start_clock(run);
    if (!mend_wiener_estimate(model, run->degraded, mean, &ask, error))
        return FALSE;
    run->mean_share = 1;
    return TRUE;
}

/* The hole, where the mean wants one and no mask says it. owned: its memory. */
static gboolean
find_hole(Run *run, const MendMean *mean, MendTensor *owned, GError **error)
{
    if (!mean->fill || run->hole.data)
        return TRUE;
    *owned = mend_tensor_new((MendShape){1, run->degraded.shape.h, run->degraded.shape.w}, error);
    run->hole = *owned;
    return owned->data && mean->find_hole(run->degraded, *owned, error);
}

/* What model reverts to for the task. owned, hole: its memory, where it is not the picture's, and
 * that of the hole. */
static gboolean
find_mean(Run *run, const MendModelInfo *model, const char *task, MendTensor *owned,
          MendTensor *hole, GError **error)
{
    int row = mend_model_task_row(model, task);
    const MendMean *mean = model->means[MAX(row, 0)];
    const MendGoOn ask = {go_on, run, NULL};
    gboolean overview = model->overview >> MAX(row, 0) & 1;
    run->mean = run->degraded;
    if (!mean->estimate && !overview && !mean->learned)
        return TRUE;
    *owned = mend_tensor_new(run->degraded.shape, error);
    run->mean = *owned;
    if (!owned->data)
        return FALSE;
    if (overview)
        return mend_overview_estimate(model, MAX(row, 0), run->degraded, *owned, &ask, error);
    if (mean->learned)
        return filter(run, model, *owned, error);
    if (!mean->fill)
        return mean->estimate(run->degraded, *owned, &ask, error);
    return find_hole(run, mean, hole, error) &&
           mean->fill(run->degraded, run->hole, *owned, &ask, error);
}

static void
write_note(const Run *run, MendRestoreInfo *info)
{
    const char *device = mend_evaluator_note(run->evaluator);
    g_autofree char *own = NULL;
    if (info->more.n_restarts)
        own =
            g_strdup_printf("The chain of the alternatives left the range of pictures; times: %u.",
                            info->more.n_restarts);
    g_snprintf(info->note, sizeof info->note, "%s%s%s", own ? own : "", own && device ? " " : "",
               device ? device : "");
    info->absent = run->absent;
}

static void
tell(const Run *run, const MendModelInfo *model, const MendPreset *solver, gint64 begun,
     MendRestoreInfo *info)
{
    const MendDeviceInfo *device = mend_evaluator_device(run->evaluator);
    g_strlcpy(info->model, model->id, sizeof info->model);
    g_strlcpy(info->model_label, model->label, sizeof info->model_label);
    g_strlcpy(info->device, device->name, sizeof info->device);
    g_strlcpy(info->device_id, device->id, sizeof info->device_id);
    g_strlcpy(info->sampler, solver->sampler->name, sizeof info->sampler);
    g_strlcpy(info->grid, mend_grid_names[solver->grid], sizeof info->grid);
    write_note(run, info);
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

/* Texture for a hole, as its surroundings have it: whatever the network, and after alternatives,
 * whose chain begins at its answer. */
static gboolean
add_grain(Run *run, const MendOptions *options, MendTensor restored, GError **error)
{
    enum { BRANCH = 0x6772 }; /* of the seed: no other draw's */
    if (strcmp(options->task, "inpainting") != 0 || !run->hole.data || options->grain == 0)
        return TRUE;
    const MendGoOn ask = {go_on, run, NULL};
    MendRng rng = {mend_rng_split(run->seed, BRANCH), 0};
    int x0 = run->hooks ? run->hooks->x0 : 0, y0 = run->hooks ? run->hooks->y0 : 0;
    return mend_grain_add(options->grain, run->degraded, run->hole, x0, y0, rng, restored, &ask,
                          error);
}

/* What the network left of the noise. */
static gboolean
denoise_rest(Run *run, const MendModelInfo *model, const char *task, MendTensor restored,
             GError **error)
{
    double times = model->dct[MAX(mend_model_task_row(model, task), 0)];
    if (times == 0)
        return TRUE;
    double sigma = MIN(times * mend_dct_noise(run->degraded, restored), MEND_DCT_MOST);
    const MendGoOn ask = {go_on, run, NULL};
    return mend_dct_denoise(restored, sigma, &ask, error);
}

/* Where damage that would lie over all of a picture is hardly to be found the picture stays as it
 * is. Whoever selects a part knows that there is some. */
static gboolean
find_share(Run *run, const MendModelInfo *model, const char *task, MendBlend *blend, GError **error)
{
    double change, least = model->everywhere[MAX(mend_model_task_row(model, task), 0)];
    if (least == 0 || blend->mask.data || (run->hooks && run->hooks->marked))
        return TRUE;
    if (!mend_presence_change(run->degraded, blend->restored, &change, error))
        return FALSE;
    double share = mend_presence_share(change, least);
    run->absent = share < 0.5;
    blend->strength *= (float)share;
    return TRUE;
}

static gboolean
check_mask(MendShape picture, MendTensor mask, GError **error)
{
    if (!mask.data || mend_shape_equal(mask.shape, (MendShape){1, picture.h, picture.w}))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                "The mask has %d × %d pixels, its picture %d × %d. They must be equal.",
                mask.shape.w, mask.shape.h, picture.w, picture.h);
    return FALSE;
}

/* All between the picture and the result. */
static gboolean
make(Run *run, const MendModelInfo *model, const MendPreset *solver, const MendOptions *options,
     MendBlend *blend, MendRestoreInfo *info, GError **error)
{
    g_auto(MendTensor) mean = {0}, hole = {0};
    if (!mend_evaluator_look(run->evaluator, run->degraded, error) ||
        !find_mean(run, model, options->task, &mean, &hole, error) ||
        !sample(run, model, solver, blend->restored, error) ||
        !find_share(run, model, options->task, blend, error))
        return FALSE;
    if (!blend->mask.data)
        blend->mask = run->hole;
    if (!make_more(run, model, options, blend, &info->more, error))
        return FALSE;
    mend_tensor_clear(&mean);
    if (!denoise_rest(run, model, options->task, blend->restored, error) ||
        !add_grain(run, options, blend->restored, error))
        return FALSE;
    mend_blend_run(blend);
    return TRUE;
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
    MendBlend blend = {.picture = picture, .result = result, .strength = (float)options->strength};
    if (hooks)
        blend.mask = hooks->mask;
    if (strcmp(options->task, "inpainting") == 0)
        blend.hole = blend.mask;
    g_auto(MendTensor) clamped = {0};
    if (!mend_blend_clamp(&blend, &clamped, error))
        return FALSE;
    g_auto(MendTensor) restored = mend_tensor_new(picture.shape, error);
    blend.restored = restored;
    if (!restored.data)
        return FALSE;
    Run run = {.evaluator = evaluator,
               .degraded = blend.clamped,
               .hole = blend.hole,
               .clean = model->prediction == MEND_PREDICT_CLEAN,
               .seed = (guint64)options->seed,
               .n_steps = solver.steps,
               .n_all = solver.steps + mend_alternatives_cost(mend_more_count(options, hooks)),
               .hooks = hooks};
    if (!make(&run, model, &solver, options, &blend, info, error))
        return FALSE;
    tell(&run, model, &solver, begun, info);
    return TRUE;
}

/* Strength 0. A model that is named must still be there. */
static gboolean
copy(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
     MendTensor result, MendRestoreInfo *info, GError **error)
{
    if (options->model[0] && strcmp(options->model, "auto") != 0) {
        g_autoptr(MendModelInfo) model = mend_model_choose(options->task, options->model, error);
        if (!model)
            return FALSE;
    }
    if (!mend_more_copies(picture, options, hooks, &info->more, error))
        return FALSE;
    memmove(result.data, picture.data, mend_shape_count(picture.shape) * sizeof(float));
    return TRUE;
}

double
mend_restore_bytes(const MendMean *mean, const MendSampler *sampler, int steps)
{
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = steps;
    /* the picture, which becomes the result; restored; the mean */
    int states = 2 + (mean->estimate || mean->learned);
    return (states + mend_sampler_states(sampler, &params)) * 3 * (double)sizeof(float);
}

gboolean
mend_restore(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
             MendTensor result, MendRestoreInfo *info, GError **error)
{
    g_return_val_if_fail(mend_shape_equal(picture.shape, result.shape), FALSE);
    MendRestoreInfo own_info;
    info = info ? info : &own_info;
    memset(info, 0, sizeof *info);
    if (!mend_options_check(options, error))
        return FALSE;
    if (picture.shape.c != 3 || mend_shape_count(picture.shape) == 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    "A picture of %d × %d pixels and %d channels cannot be restored.",
                    picture.shape.w, picture.shape.h, picture.shape.c);
        return FALSE;
    }
    if (hooks && !check_mask(picture.shape, hooks->mask, error))
        return FALSE;
    MendOptions own = *options;
    double confidence;
    if (!mend_detect_task(picture, &own, &confidence, error))
        return FALSE;
    g_strlcpy(info->task, own.task, sizeof info->task);
    info->confidence = confidence;
    if (own.strength == 0)
        return copy(picture, &own, hooks, result, info, error);
    return restore(picture, &own, hooks, result, info, error);
}
