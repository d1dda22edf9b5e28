/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sampler's view of the network, and what the hooks are told meanwhile. */
#include "compute/restore_run.h"

#include <string.h>

#include "compute/bands.h"
#include "compute/rng.h"

#define LEAST_GAINED 0.005 /* of the whole: less tells nothing of the rest */

void
mend_restoration_start_clock(MendRestoration *run)
{
    run->start = g_get_monotonic_time();
    run->start_fraction = run->fraction;
}

static double
seconds_left(MendRestoration *run)
{
    gint64 now = g_get_monotonic_time();
    if (mend_evaluator_note(run->evaluator) && !run->moved) {
        run->moved = TRUE;
        mend_restoration_start_clock(run);
    }
    double gained = run->fraction - run->start_fraction;
    if (gained < LEAST_GAINED)
        return -1;
    return (double)(now - run->start) * 1e-6 * (1 - run->fraction) / gained;
}

gboolean
mend_restoration_report(double share, gpointer data)
{
    MendRestoration *run = data;
    if (!run->hooks || !run->hooks->progress)
        return TRUE;
    double done = run->mean_cost * run->mean_share + run->done + share * run->weight +
                  run->coarse_cost * run->coarse_share +
                  run->wide_cost * (run->wide_done + run->wide_share);
    double all = run->mean_cost + run->n_all + run->coarse_cost + run->wide_cost * run->n_wide;
    run->fraction = MAX(run->fraction, MIN(done / all, 1));
    MendProgress progress = {
        .fraction = run->fraction,
        .seconds_left = seconds_left(run),
        .step = MIN(run->done + (share >= 1) * run->weight, run->n_all),
        .n_steps = run->n_all,
        .device = mend_evaluator_device(run->evaluator)->name,
        .note = mend_evaluator_note(run->evaluator),
    };
    return run->hooks->progress(&progress, run->hooks->data);
}

gboolean
mend_restoration_go_on(gpointer data)
{
    return mend_restoration_report(0, data);
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

gboolean
mend_restoration_predict(gpointer data, const MendState *x, double t, MendState *out,
                         GError **error)
{
    MendRestoration *run = data;
    MendTensor from = {run->degraded.shape, x->data}, to = {run->degraded.shape, out->data};
    if (!mend_evaluator_predict(run->evaluator, from, run->mean, run->degraded, t, to,
                                mend_restoration_report, run, error))
        return FALSE;
    Keep keep = {run->degraded, to, run->hole};
    if (run->hole.data && run->model->prediction == MEND_PREDICT_CLEAN)
        mend_bands_run(mend_shape_count(to.shape), MEND_BAND, keep_band, &keep);
    run->done += run->weight;
    return TRUE;
}

static void
noise(gpointer data, guint32 stream, MendState *out)
{
    const MendRestoration *run = data;
    mend_rng_normal((MendRng){run->seed, stream}, run->x0, run->y0,
                    (MendTensor){run->degraded.shape, out->data});
}

gboolean
mend_restoration_sample(MendRestoration *run, MendTensor restored, GError **error)
{
    MendSchedule schedule;
    if (run->no_hole) {
        memcpy(restored.data, run->degraded.data, mend_shape_count(restored.shape) * sizeof(float));
        return TRUE;
    }
    if (!mend_schedule_init(&schedule, &run->model->schedule, error))
        return FALSE;
    MendSamplerParams params = mend_sampler_defaults;
    params.n_steps = run->solver.steps;
    params.grid.grid = run->solver.grid;
    params.coef = MEND_COEF_EXACT;
    params.denoise_last = TRUE;
    size_t n = mend_shape_count(restored.shape);
    MendState mu = {FALSE, n, run->mean.data}, x = {FALSE, n, restored.data};
    MendDenoiser net = {run->model->prediction, mend_restoration_predict, noise, NULL, run};
    mend_restoration_start_clock(run); /* what came before took its own time */
    mend_evaluator_mirror(run->evaluator, run->solver.mirror);
    gboolean good = mend_sampler_run(run->solver.sampler, &schedule, &params, &net, &mu, &x, error);
    mend_evaluator_mirror(run->evaluator, FALSE); /* alternatives are many as it is */
    run->weight = 1;
    mend_schedule_clear(&schedule);
    return good;
}
