/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded figures of the mixtures themselves, and steps of a published Denoising Langevin Gibbs
 * chain on them. */
#include <math.h>
#include <stdlib.h>

#include "compute/dmcmc/langevin.h"
#include "compute/dmcmc/levels.h"
#include "compute/parity/integrator_files.h"
#include "compute/samplers/state.h"

#define EXACT  1e-9
#define SINGLE 5e-5

/* The grid of the recordings. */
#define N_LEVELS 1000
#define LOWEST   0.01
#define HIGHEST  50.0
#define LAST     1e-3

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendState, mend_state_clear)

static double
far(double got, double expected)
{
    double off = fabs(got - expected);
    return isnan(off) ? INFINITY : off;
}

/* ---- mixtures ---- */

typedef struct {
    const double *x, *sigma, *denoised, *logp, *argmax, *mean, *deviation;
} Points;

static gboolean
read_points(MendNumbers *numbers, const MendJsonValue *object, size_t n, size_t d, Points *p,
            GError **error)
{
    const MendJsonValue *posterior = mend_json_member(object, "posterior");
    const struct {
        const MendJsonValue *object;
        const char *name;
        size_t n;
        const double **to;
    } wanted[] = {
        {object, "test_x", n * d, &p->x},
        {object, "test_sigma", n, &p->sigma},
        {object, "denoised", n * d, &p->denoised},
        {object, "logp", n, &p->logp},
        {posterior, "argmax", n, &p->argmax},
        {posterior, "mean_log_sigma", n, &p->mean},
        {posterior, "std_log_sigma", n, &p->deviation},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        *wanted[i].to =
            mend_numbers_get(numbers, wanted[i].object, wanted[i].name, wanted[i].n, error);
        if (!*wanted[i].to)
            return FALSE;
    }
    return TRUE;
}

/* How far the distribution of ln sigma given x is from the recorded one. */
static double
compare_posterior(const MendMixture *m, const MendLevels *levels, const Points *p, size_t point)
{
    g_autofree double *log_p = g_new(double, levels->n);
    mend_mixture_likelihood(m, p->x + point * (size_t)m->d, levels->sigma, levels->n, log_p);
    int best = mend_levels_best(levels, log_p);
    double sum = 0, first = 0, second = 0;
    for (int j = 0; j < levels->n; j++) {
        double share = exp(log_p[j] - log_p[best]), place = log(levels->sigma[j]);
        sum += share;
        first += share * place;
        second += share * place * place;
    }
    double mean = first / sum, deviation = sqrt(MAX(second / sum - mean * mean, 0));
    /* the square of the deviation is a difference of nearly equal numbers */
    return MAX(MAX(far(best, p->argmax[point]), far(mean, p->mean[point])),
               0.01 * far(deviation, p->deviation[point]));
}

static double
compare_point(const MendMixture *m, const MendLevels *levels, const Points *p, size_t point,
              gboolean f64, GError **error)
{
    size_t d = (size_t)m->d;
    const MendState like = {f64, d, NULL};
    g_auto(MendState) x = {0}, clean = {0};
    if (!mend_state_init(&x, &like, error) || !mend_state_init(&clean, &like, error))
        return INFINITY;
    for (size_t i = 0; i < d; i++)
        mend_state_put(&x, i, p->x[point * d + i]);
    mend_mixture_clean((gpointer)m, &x, p->sigma[point], &clean, error);
    double worst = 0;
    for (size_t i = 0; i < d; i++)
        worst = MAX(worst, far(mend_state_get(&clean, i), p->denoised[point * d + i]));
    if (!f64)
        return worst;
    double share[MEND_MIXTURE_MODES];
    double logp = mend_mixture_shares(m, p->x + point * d, p->sigma[point], share);
    return MAX(MAX(worst, far(logp, p->logp[point])), compare_posterior(m, levels, p, point));
}

static gboolean
check_mixture(MendReport *report, MendNumbers *numbers, const char *name, const MendMixture *m,
              const MendLevels *levels, GError **error)
{
    const MendJsonValue *object = mend_json_member(mend_json_root(numbers->json), name);
    size_t n = mend_numbers_count(object, "test_sigma");
    Points points;
    if (!read_points(numbers, object, n, (size_t)m->d, &points, error))
        return FALSE;
    for (size_t i = 0; i < n; i++) {
        g_autofree char *id = g_strdup_printf("%s/point %d", name, (int)i);
        MendReportGroup *group = mend_report_group(report, "Mixtures");
        gboolean passed = TRUE;
        for (int p = MEND_DOUBLE; p >= MEND_SINGLE; p--) {
            double worst = compare_point(m, levels, &points, i, p == MEND_DOUBLE, error);
            passed = mend_report_compare(report, group, id, p, worst,
                                         p == MEND_DOUBLE ? EXACT : SINGLE) &&
                     passed;
        }
        mend_report_count(report, passed);
    }
    return TRUE;
}

gboolean
mend_recorded_mixtures(MendReport *report, MendNumbers *numbers,
                       const MendRecordedMixtures *mixtures, GError **error)
{
    g_auto(MendLevels) levels = {0};
    return mend_levels_init(&levels, LOWEST, HIGHEST, N_LEVELS, LAST, error) &&
           check_mixture(report, numbers, "gmm2d", &mixtures->plane, &levels, error) &&
           check_mixture(report, numbers, "gmm16d", &mixtures->space, &levels, error);
}

/* ---- chains ---- */

typedef struct {
    const MendMixture *m;
    const MendLevels *levels;
    size_t n_points;
    int n_steps;
    double eta;
    const double *x, *sigma, *noise;
    const double **to_x, **to_sigma, **to_index; /* for each step: all points */
} Chain;

typedef struct {
    double state, level; /* the largest difference; level: in grid places */
} Off;

/* One point's chain. */
static gboolean
walk(const Chain *c, size_t point, gboolean f64, Off *off, GError **error)
{
    size_t d = (size_t)c->m->d;
    const MendState like = {f64, d, NULL};
    g_auto(MendState) x = {0}, clean = {0}, next = {0};
    g_autofree double *log_p = g_new(double, c->levels->n), *here = g_new(double, d);
    if (!mend_state_init(&x, &like, error) || !mend_state_init(&clean, &like, error) ||
        !mend_state_init(&next, &like, error))
        return FALSE;
    double sigma = c->sigma[point];
    for (size_t i = 0; i < d; i++)
        mend_state_put(&x, i, c->x[point * d + i]);
    for (int step = 0; step < c->n_steps; step++) {
        const double *to_x = c->to_x[step];
        if (!to_x)
            return FALSE;
        for (size_t i = 0; i < d; i++)
            mend_state_put(&next, i, c->noise[((size_t)step * c->n_points + point) * d + i]);
        mend_mixture_clean((gpointer)c->m, &x, sigma, &clean, error);
        mend_langevin_step(&x, &clean, sigma, c->eta, FALSE, &next, &next);
        for (size_t i = 0; i < d; i++) {
            here[i] = mend_state_get(&next, i);
            mend_state_put(&x, i, here[i]);
            off->state = MAX(off->state, far(here[i], to_x[point * d + i]));
        }
        mend_mixture_likelihood(c->m, here, c->levels->sigma, c->levels->n, log_p);
        int best = mend_levels_best(c->levels, log_p);
        off->level = MAX(off->level, far(best, c->to_index[step][point]));
        sigma = c->levels->sigma[best];
        if (f64)
            off->state = MAX(off->state, far(sigma, c->to_sigma[step][point]));
    }
    return TRUE;
}

static void
compare_chain(MendReport *report, const char *name, const Chain *c)
{
    MendReportGroup *states = mend_report_group(report, "DLG steps");
    g_autofree char *level_id = g_strdup_printf("%s/levels", name);
    gboolean passed = TRUE;
    for (int p = MEND_DOUBLE; p >= MEND_SINGLE; p--) {
        gboolean f64 = p == MEND_DOUBLE;
        Off off = {0, 0};
        for (size_t i = 0; i < c->n_points; i++)
            if (!walk(c, i, f64, &off, NULL))
                off.state = INFINITY;
        passed =
            mend_report_compare(report, states, name, p, off.state, f64 ? EXACT : SINGLE) && passed;
        if (off.level > (f64 ? 0 : 1)) {
            mend_report_tell(report, level_id, ": another noise level was found");
            passed = FALSE;
        }
    }
    mend_report_count(report, passed);
}

static gboolean
read_steps(MendNumbers *numbers, const MendJsonValue *object, Chain *c, GError **error)
{
    const MendJsonValue *list = mend_json_member(object, "steps");
    const MendJsonValue *step = list ? list->first : NULL;
    size_t n = c->n_points, all = n * (size_t)c->m->d;
    for (int i = 0; step; i++, step = step->next) {
        c->to_x[i] = mend_numbers_get(numbers, step, "x", all, error);
        c->to_sigma[i] = c->to_x[i] ? mend_numbers_get(numbers, step, "sigma", n, error) : NULL;
        c->to_index[i] = c->to_sigma[i] ? mend_numbers_get(numbers, step, "index", n, error) : NULL;
        if (!c->to_index[i])
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_chain(MendReport *report, MendNumbers *numbers, const char *name, const MendMixture *m,
            const MendLevels *levels, GError **error)
{
    const MendJsonValue *object = mend_json_member(mend_json_root(numbers->json), name);
    guint n_steps = mend_json_length(mend_json_member(object, "steps"));
    Chain c = {.m = m,
               .levels = levels,
               .n_points = mend_numbers_count(object, "sigma0"),
               .n_steps = (int)n_steps,
               .eta = mend_json_number(mend_json_member(object, "eta"), 0)};
    size_t all = c.n_points * (size_t)m->d;
    g_autofree const double **tables = g_new0(const double *, 3 * (gsize)n_steps + 1);
    c.to_x = tables;
    c.to_sigma = tables + n_steps;
    c.to_index = tables + 2 * (gsize)n_steps;
    c.x = mend_numbers_get(numbers, object, "x0", all, error);
    c.sigma = c.x ? mend_numbers_get(numbers, object, "sigma0", c.n_points, error) : NULL;
    c.noise = c.sigma ? mend_numbers_get(numbers, object, "noise", n_steps * all, error) : NULL;
    if (!c.noise || !read_steps(numbers, object, &c, error))
        return FALSE;
    compare_chain(report, name, &c);
    return TRUE;
}

gboolean
mend_recorded_chain(MendReport *report, MendNumbers *numbers, const MendRecordedMixtures *mixtures,
                    GError **error)
{
    g_auto(MendLevels) levels = {0};
    return mend_levels_init(&levels, LOWEST, HIGHEST, N_LEVELS, LAST, error) &&
           check_chain(report, numbers, "gmm2d", &mixtures->plane, &levels, error) &&
           check_chain(report, numbers, "gmm16d", &mixtures->space, &levels, error);
}
