/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded sampler run done again and compared. */
#include "compute/parity/sampler_run.h"

#include <math.h>

#include "compute/error.h"
#include "compute/parity/ideal.h"
#include "compute/samplers/state.h"

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendState, mend_state_clear)

/* Arrays may be NULL: nothing recorded. */
typedef struct {
    const MendSamplerCase *c;
    MendRecording *rec;
    const MendSchedule *s;
    MendIdeal ideal;
    gboolean f64;

    int n_steps;
    const double *result;
    const double *coef[4]; /* t, alpha, sigma, lambda: n_steps + 1 each */
    const double **states; /* n_steps + 1, by the number of steps done */
    const double *q;       /* a picture for each evaluation */

    int n_done; /* evaluations */
    const MendJsonValue *next_time;
    const MendState *x; /* and where the last one was */
    double t;
    gboolean lacks_noise;
    double worst;
} Run;

static void
compare(Run *run, double got, double expected)
{
    double off = fabs(got - expected);
    run->worst = isnan(off) ? INFINITY : MAX(run->worst, off);
}

static void
compare_state(Run *run, const MendState *got, const double *expected)
{
    for (size_t i = 0; expected && i < got->n; i++)
        compare(run, mend_state_get(got, i), expected[i]);
}

static void
compare_coefs(Run *run)
{
    for (int k = 0; run->coef[0] && k <= run->n_steps; k++) {
        MendCoef c = mend_schedule_at(run->s, run->coef[0][k], MEND_COEF_PARITY);
        const double got[] = {c.t, c.alpha, c.sigma, c.lambda};
        for (int j = 0; j < 4; j++)
            if (run->coef[j])
                compare(run, got[j], run->coef[j][k]);
    }
}

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    Run *run = data;
    if (run->n_done >= run->n_steps) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "More than the %d evaluations recorded.",
                    run->n_steps);
        return FALSE;
    }
    if (run->f64) {
        compare_state(run, x, run->states[run->n_done]);
        if (run->coef[0])
            compare(run, t, run->coef[0][run->n_done]);
        if (run->next_time)
            compare(run, t * run->c->t_scale, mend_json_number(run->next_time, NAN));
    }
    run->next_time = run->next_time ? run->next_time->next : NULL;
    mend_ideal_predict(&run->ideal, run->c->prediction, x, t, out);
    run->n_done++;
    run->x = x;
    run->t = t;
    return TRUE;
}

static void
noise(gpointer data, guint32 stream, MendState *out)
{
    Run *run = data;
    const double *from = run->rec->start;
    if (stream > 0)
        from = stream <= run->rec->n_noises ? run->rec->noises + (stream - 1) * out->n : NULL;
    run->lacks_noise = run->lacks_noise || !from;
    for (size_t i = 0; i < out->n; i++)
        mend_state_put(out, i, from ? from[i] : 0);
}

/* The recorded q is of what is integrated: the clean picture, or the noise that goes with it. */
static gboolean
step(gpointer data, int done, int n_steps, const MendState *clean)
{
    Run *run = data;
    (void)n_steps;
    MendCoef c = mend_schedule_at(run->s, run->t, MEND_COEF_PARITY);
    for (size_t i = 0; run->f64 && run->q && i < clean->n; i++) {
        double mu = run->rec->mu[i], value = mend_state_get(clean, i);
        if (run->c->params.noise_form)
            value = (mend_state_get(run->x, i) - mu - c.alpha * (value - mu)) / c.sigma;
        compare(run, value, run->q[(size_t)(done - 1) * clean->n + i]);
    }
    return TRUE;
}

static gboolean
misfit(const Run *run, const char *what, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, "%s/%s is missing or does not fit %d steps.",
                run->c->id, what, run->n_steps);
    return FALSE;
}

/* The time grid, too, says how many steps there are: a clipped trailing one has fewer than asked.
 */
static gboolean
load_coefs(Run *run, GError **error)
{
    static const char *const names[] = {"timesteps", "alphas", "sigmas", "lambdas"};
    g_autofree char *owner = g_strconcat("coef/", run->c->coef, NULL);
    run->n_steps = run->c->params.n_steps;
    for (int k = 0; run->c->coef && k < 4; k++) {
        size_t count, expected = (size_t)run->n_steps + 1;
        if (!mend_recording_read(run->rec, owner, names[k], 1, &run->coef[k], &count, error))
            return FALSE;
        if (run->coef[k] && (k > 0 ? count != expected : count < 2 || count > expected + 1))
            return misfit(run, names[k], error);
        if (run->coef[k])
            run->n_steps = (int)count - 1;
    }
    return TRUE;
}

/* States 0, 1, 2, the middle one and the last four of n_steps + 1. */
static gboolean
load_baseline_states(Run *run, GError **error)
{
    static const char *const what = "states_first_mid_last4";
    const double *states;
    size_t count, n = (size_t)run->n_steps + 1;
    const size_t places[] = {0, 1, 2, n / 2, n - 4, n - 3, n - 2, n - 1};
    if (!mend_recording_read(run->rec, run->c->id, what, run->rec->n, &states, &count, error))
        return FALSE;
    if (!states || n < 8) /* too short for those places to be told apart */
        return TRUE;
    if (count != G_N_ELEMENTS(places))
        return misfit(run, what, error);
    for (size_t k = 0; k < count; k++)
        run->states[places[k]] = states + k * run->rec->n;
    return TRUE;
}

/* States 1, 2, ... before clipping; with denoise_last the last of them is number n_steps - 1. */
static gboolean
load_states(Run *run, GError **error)
{
    const double *states, *last;
    size_t count, n_last, n = run->rec->n;
    size_t n_states = (size_t)run->n_steps - (run->c->params.denoise_last ? 1 : 0);
    if (!mend_recording_read(run->rec, run->c->id, "states", n, &states, &count, error) ||
        !mend_recording_read(run->rec, run->c->id, "last_state_unclipped", n, &last, &n_last,
                             error))
        return FALSE;
    if (states && count != n_states)
        return misfit(run, "states", error);
    for (size_t k = 0; k < count; k++)
        run->states[k + 1] = states + k * n;
    if (last && n_last == 1)
        run->states[n_states] = last;
    return TRUE;
}

static gboolean
load_expected(Run *run, GError **error)
{
    size_t n_results, n_q, n = run->rec->n;
    if (!load_coefs(run, error) ||
        !mend_recording_read(run->rec, run->c->id, "final", n, &run->result, &n_results, error) ||
        !mend_recording_read(run->rec, run->c->id, "q", n, &run->q, &n_q, error))
        return FALSE;
    if (n_results != 1)
        return misfit(run, "final", error);
    if (run->q && n_q != (size_t)run->n_steps)
        return misfit(run, "q", error);
    run->states = g_new0(const double *, run->n_steps + 1);
    return run->c->baseline ? load_baseline_states(run, error) : load_states(run, error);
}

static gboolean
run_and_compare(Run *run, GError **error)
{
    const MendSamplerCase *c = run->c;
    const MendState shape = {run->f64, run->rec->n, NULL};
    g_auto(MendState) mu = {0}, x = {0};
    if (!mend_state_init(&mu, &shape, error) || !mend_state_init(&x, &shape, error))
        return FALSE;
    for (size_t i = 0; i < mu.n; i++)
        mend_state_put(&mu, i, run->rec->mu[i]);
    const MendDenoiser net = {c->prediction, predict, noise, step, run};
    if (!mend_sampler_run(c->sampler, run->s, &c->params, &net, &mu, &x, error))
        return FALSE;
    if (run->n_done != run->n_steps || run->lacks_noise) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "%d evaluations of %d recorded%s.",
                    run->n_done, run->n_steps, run->lacks_noise ? ", and too few noises" : "");
        return FALSE;
    }
    if (run->f64) {
        compare_coefs(run);
        if (!c->params.denoise_last)
            compare_state(run, &x, run->states[run->n_steps]);
    }
    for (size_t i = 0; i < x.n; i++) {
        double value = mend_state_get(&x, i);
        compare(run, c->baseline ? value : CLAMP(value, 0, 1), run->result[i]);
    }
    return TRUE;
}

gboolean
mend_sampler_case_run(const MendSamplerCase *c, MendRecording *rec, gboolean f64, double *worst,
                      GError **error)
{
    g_auto(MendSchedule) s;
    if (!mend_schedule_init(&s, &c->schedule, error))
        return FALSE;
    Run run = {
        .c = c,
        .rec = rec,
        .s = &s,
        .ideal = {&s, MEND_COEF_PARITY, c->two_peaks, rec->spread, rec->weight, rec->mu, rec->m1,
                  rec->m2},
        .f64 = f64,
        .next_time = c->net_times ? c->net_times->first : NULL,
    };
    gboolean ok = load_expected(&run, error) && run_and_compare(&run, error);
    g_free((gpointer)run.states);
    mend_recording_forget(rec);
    *worst = run.worst;
    return ok;
}
