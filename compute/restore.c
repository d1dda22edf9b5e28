/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job: options to model, schedule and sampler; its stages; alternatives, where they are
 * asked for. */
#include "compute/restore.h"

#include <string.h>

#include "compute/detect.h"
#include "compute/error.h"
#include "compute/exemplar.h"
#include "compute/i18n.h"
#include "compute/restore_more.h"
#include "compute/restore_run.h"

static gboolean
structure(MendTensor picture, int number, gpointer data, GError **error)
{
    return mend_restoration_structure(data, number, picture, error);
}

/* The alternatives that are asked for: before the result is written, which may be the picture. */
static gboolean
make_more(MendRestoration *run, const MendBlend *blend, MendAlternativesInfo *info, GError **error)
{
    const MendOptions *options = run->options;
    if (mend_more_count(options, run->hooks) == 0)
        return TRUE;
    MendSchedule schedule;
    if (!mend_schedule_init(&schedule, &run->model->schedule, error))
        return FALSE;
    MendDenoiser net = {run->model->prediction, mend_restoration_predict, NULL, NULL, run};
    MendAlternativesSetup setup = {.schedule = &schedule,
                                   .net = &net,
                                   .mean = run->mean,
                                   .first = blend->restored,
                                   .hole = run->hole,
                                   .variety = options->variety,
                                   .seed = run->seed,
                                   .finish = structure,
                                   .data = run};
    gboolean good = mend_more_make(&setup, blend, options, run->hooks, info, error);
    mend_schedule_clear(&schedule);
    return good;
}

static void
write_note(const MendRestoration *run, MendRestoreInfo *info)
{
    const char *device = mend_evaluator_note(run->evaluator);
    g_autofree char *own = NULL;
    if (info->more.n_restarts)
        own = g_strdup_printf(
            _("The chain of the alternatives left the range of pictures; times: %u."),
            info->more.n_restarts);
    g_snprintf(info->note, sizeof info->note, "%s%s%s", own ? own : "", own && device ? " " : "",
               device ? device : "");
    info->absent = run->absent;
}

static int
weight_of(const MendPreset *solver)
{
    return solver->mirror ? 2 : 1;
}

static void
tell(const MendRestoration *run, gint64 begun, MendRestoreInfo *info)
{
    const MendDeviceInfo *device = mend_evaluator_device(run->evaluator);
    g_strlcpy(info->model, run->model->id, sizeof info->model);
    g_strlcpy(info->model_label, run->model->label, sizeof info->model_label);
    g_strlcpy(info->device, device->name, sizeof info->device);
    g_strlcpy(info->device_id, device->id, sizeof info->device_id);
    g_strlcpy(info->sampler, run->solver.sampler->name, sizeof info->sampler);
    g_strlcpy(info->grid, mend_grid_names[run->solver.grid], sizeof info->grid);
    write_note(run, info);
    info->steps = run->solver.steps * weight_of(&run->solver);
    info->mirror = run->solver.mirror;
    info->seconds = (double)(g_get_monotonic_time() - begun) * 1e-6;
}

/* The preset that the steps belong to, and in it what the options name. A sampler of the user's
 * own runs on the model's grid: the preset's was chosen for another one. Only a preset as it is
 * mirrors, and then takes two evaluations for each of the sampler's steps. */
static MendPreset
solver_for(const MendModelInfo *model, int row, const MendOptions *options)
{
    MendPreset solver = *mend_presets_for(&model->presets[row], options->steps);
    const MendSampler *own = mend_sampler_find(options->sampler); /* NULL: "auto" */
    if (own && own != solver.sampler) {
        solver.sampler = own;
        solver.grid = model->grid;
    }
    gboolean as_it_is = !own && (options->steps <= 0 || options->steps == solver.steps);
    if (options->steps > 0)
        solver.steps = options->steps;
    if (mend_grid_find(options->grid, &solver.grid)) /* "auto" is none */
        as_it_is = FALSE;
    solver.mirror = solver.mirror && as_it_is;
    if (solver.mirror)
        solver.steps /= 2;
    return solver;
}

static gboolean
check_mask(MendShape picture, MendTensor mask, GError **error)
{
    if (!mask.data || mend_shape_equal(mask.shape, (MendShape){1, picture.h, picture.w}))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                _("The mask has %d × %d pixels, its picture %d × %d. They must be equal."),
                mask.shape.w, mask.shape.h, picture.w, picture.h);
    return FALSE;
}

/* All between the picture and the result. */
static gboolean
make(MendRestoration *run, MendBlend *blend, MendRestoreInfo *info, GError **error)
{
    g_auto(MendTensor) mean = {0}, hole = {0};
    if (!mend_evaluator_look(run->evaluator, run->degraded, error) ||
        !mend_restoration_find_mean(run, &mean, &hole, error) ||
        !mend_restoration_find_wide(run, error) ||
        !mend_restoration_sample(run, blend->restored, error) ||
        !mend_restoration_find_share(run, blend, error))
        return FALSE;
    if (!blend->mask.data)
        blend->mask = run->hole;
    if (!make_more(run, blend, &info->more, error))
        return FALSE;
    mend_tensor_clear(&mean);
    if (!mend_restoration_finish(run, blend->restored, error))
        return FALSE;
    mend_blend_run(blend);
    return TRUE;
}

/* All that is known before there is memory. */
static MendRestoration
run_for(const MendModelInfo *model, const MendOptions *options, const MendRestoreHooks *hooks)
{
    int row = MAX(mend_model_task_row(model, options->task), 0);
    MendPreset solver = solver_for(model, row, options);
    int n_more = mend_alternatives_cost(mend_more_count(options, hooks));
    return (MendRestoration){.model = model,
                             .row = row,
                             .options = options,
                             .solver = solver,
                             .seed = (guint64)options->seed,
                             .n_all = solver.steps * weight_of(&solver) + n_more,
                             .weight = weight_of(&solver),
                             .hooks = hooks,
                             .x0 = hooks ? hooks->x0 : 0,
                             .y0 = hooks ? hooks->y0 : 0};
}

static gboolean
restore(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
        MendTensor result, MendRestoreInfo *info, GError **error)
{
    gint64 begun = g_get_monotonic_time();
    g_autoptr(MendModelInfo) model = mend_model_choose(options->task, options->model, error);
    if (!model)
        return FALSE;
    MendRestoration run = run_for(model, options, hooks);
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
    run.evaluator = evaluator;
    run.degraded = blend.clamped;
    run.hole = blend.hole;
    run.coarse_cost = mend_restoration_coarse_cost(&run);
    gboolean good = make(&run, &blend, info, error);
    mend_exemplar_free(run.wide);
    if (!good)
        return FALSE;
    tell(&run, begun, info);
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

int
mend_restore_margin(const char *task, int side)
{
    enum { USUAL = 64 };
    return strcmp(task, "inpainting") == 0 ? mend_exemplar_reach(side) : USUAL;
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
                    _("A picture of %d × %d pixels and %d channels cannot be restored."),
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
