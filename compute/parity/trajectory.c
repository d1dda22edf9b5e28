/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded run of an integrator done again and compared. */
#include "compute/parity/trajectory.h"

#include <math.h>

#include "compute/error.h"
#include "compute/samplers/state.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendState, mend_state_clear)

typedef struct {
    const MendTrajectory *t;
    size_t first, n; /* of the numbers of all points: those of this run */
    int done;        /* evaluations */
    double worst;
} Run;

static void
compare(Run *run, double got, double expected)
{
    double off = fabs(got - expected);
    run->worst = isnan(off) ? INFINITY : MAX(run->worst, off);
}

/* What recorded states are of those in the common frame. */
static double
scale_at(const MendTrajectory *t, double sigma)
{
    return t->preserving ? 1 / sqrt(1 + sigma * sigma) : 1;
}

static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    Run *run = data;
    const MendTrajectory *t = run->t;
    if (run->done >= t->n_calls) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "More than the %d evaluations recorded.",
                    t->n_calls);
        return FALSE;
    }
    size_t width = t->from ? t->n_points : 1, d = (size_t)t->mixture->d, all = t->n_points * d;
    if (w->f64 && t->call_sigma)
        compare(run, sigma, t->call_sigma[(size_t)run->done * width + run->first / d]);
    for (size_t i = 0; w->f64 && t->call_x && i < w->n; i++)
        compare(run, mend_state_get(w, i) * scale_at(t, sigma),
                t->call_x[(size_t)run->done * all + run->first + i]);
    run->done++;
    return mend_mixture_clean((gpointer)t->mixture, w, sigma, clean, error);
}

static void
normal(gpointer data, guint32 stream, MendState *out)
{
    const Run *run = data;
    size_t all = run->t->n_points * (size_t)run->t->mixture->d;
    for (size_t i = 0; i < out->n; i++)
        mend_state_put(out, i, run->t->noise[stream * all + run->first + i]);
}

/* The mixture behind a mean-reverting network that predicts noise. */
typedef struct {
    Run *run;
    MendState *mu;
} Reverting;

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Reverting *r = data;
    MendCoef c = mend_schedule_at(r->run->t->schedule, t, MEND_COEF_EXACT);
    g_auto(MendState) w = {0};
    if (!mend_state_init(&w, x, error))
        return FALSE;
    MendTerm back[] = {{1 / c.alpha, x}, {1 - 1 / c.alpha, r->mu}};
    mend_state_sum(&w, back, G_N_ELEMENTS(back));
    if (!clean_of(r->run, &w, c.sigma / c.alpha, out, error))
        return FALSE;
    MendTerm noise[] = {{c.alpha / c.sigma, &w}, {-c.alpha / c.sigma, out}};
    mend_state_sum(out, noise, G_N_ELEMENTS(noise));
    return TRUE;
}

static gboolean
descend(Run *run, const MendFrame *frame, const MendIntegratorParams *params, MendState *x,
        GError **error)
{
    const MendTrajectory *t = run->t;
    MendNoise noise = {normal, run};
    int n;
    if (!mend_integrator_run(t->row, params, frame, t->noise ? &noise : NULL, x, &n, error))
        return FALSE;
    if (run->done == t->n_calls && n == t->n_calls)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "%d evaluations; recorded are %d.", run->done,
                t->n_calls);
    return FALSE;
}

static gboolean
descend_reverting(Run *run, const MendIntegratorParams *params, MendState *x, GError **error)
{
    g_auto(MendState) mu = {0};
    g_auto(MendScheduleFrame) frame = {0};
    if (!mend_state_init(&mu, x, error))
        return FALSE;
    for (size_t i = 0; i < mu.n; i++)
        mend_state_put(&mu, i, run->t->mu[run->first + i]);
    Reverting r = {run, &mu};
    MendDenoiser net = {MEND_PREDICT_NOISE, predict, NULL, NULL, &r};
    return mend_schedule_frame_init(&frame, run->t->schedule, &net, &mu, x, error) &&
           descend(run, &frame.frame, params, x, error);
}

/* The level at the end, for a trajectory that stops there. */
static double
last_level(const MendIntegratorParams *p)
{
    return p->stop ? (p->levels ? p->levels[p->n_levels - 1] : p->to) : 0;
}

static gboolean
run_points(Run *run, const MendIntegratorParams *params, gboolean f64, GError **error)
{
    const MendTrajectory *t = run->t;
    const MendState like = {f64, run->n, NULL};
    g_auto(MendState) x = {0}, again = {0};
    if (!mend_state_init(&x, &like, error) || !mend_state_init(&again, &like, error))
        return FALSE;
    double from = params->levels ? params->levels[0] : params->from;
    for (size_t i = 0; i < x.n; i++)
        mend_state_put(&x, i, t->start[run->first + i] / scale_at(t, from));
    MendFrame frame = {clean_of, 0, 0, run, NULL};
    run->done = 0;
    if (!(t->schedule ? descend_reverting(run, params, &x, error)
                      : descend(run, &frame, params, &x, error)))
        return FALSE;
    double scale = scale_at(t, last_level(params));
    for (size_t i = 0; i < x.n; i++)
        compare(run, mend_state_get(&x, i) * scale, t->result[run->first + i]);
    if (!t->tweedie)
        return TRUE;
    gboolean good = mend_mixture_clean((gpointer)t->mixture, &x, t->tweedie_sigma, &again, error);
    for (size_t i = 0; i < x.n; i++)
        compare(run, mend_state_get(&again, i), t->tweedie[run->first + i]);
    return good;
}

gboolean
mend_trajectory_run(const MendTrajectory *t, gboolean f64, double *worst, GError **error)
{
    size_t d = (size_t)t->mixture->d;
    Run run = {.t = t, .n = t->from ? d : t->n_points * d};
    gboolean good = TRUE;
    for (; good && run.first < t->n_points * d; run.first += run.n) {
        MendIntegratorParams params = t->params;
        if (t->from)
            params.from = t->from[run.first / d];
        good = run_points(&run, &params, f64, error);
    }
    *worst = run.worst;
    return good;
}
