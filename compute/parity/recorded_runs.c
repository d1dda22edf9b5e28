/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded runs of EDM, DMCMC and DEIS, and of integrators behind a mean-reverting schedule. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/error.h"
#include "compute/integrators/descent.h"
#include "compute/parity/integrator_files.h"
#include "compute/parity/trajectory.h"

#define EXACT        1e-9 /* double, of what was computed in double */
#define SINGLE       5e-5
#define SINGLE_TABLE 1e-6 /* double, where levels were in single when it was recorded */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)

/* The file being compared, and the case. The first failing read sets error. */
typedef struct {
    MendReport *report;
    MendNumbers *numbers;
    const char *family; /* "EDM": begins the names of groups */
    const char *prefix; /* "gmm2d" */
    const MendJsonValue *object, *run;
    char name[48];
    GError **error;
    gboolean failed;
} Reader;

static const double *
get(Reader *r, const MendJsonValue *object, const char *name, size_t n)
{
    const double *found = NULL;
    if (!r->failed)
        found = mend_numbers_get(r->numbers, object, name, n, r->error);
    r->failed = r->failed || !found;
    return found;
}

/* Or NULL, where it was not recorded. */
static const double *
get_if(Reader *r, const MendJsonValue *object, const char *name, size_t n)
{
    return mend_json_member(object, name) ? get(r, object, name, n) : NULL;
}

static int
nfe_of(Reader *r)
{
    double n = mend_json_number(mend_json_member(r->run, "nfe"), -1);
    if (n < 0)
        n = mend_json_number(mend_json_member(r->run, "nfe_actual"), 0);
    return (int)CLAMP(n, 0, 100000);
}

/* "heun_det_N5" is the run "heun_det" with 5. FALSE where there is no such case. */
static gboolean
find_run(Reader *r, const char *stem, int n)
{
    snprintf(r->name, sizeof r->name, "%s%d", stem, n);
    r->run = mend_json_member(r->object, r->name);
    return r->run != NULL;
}

static void
report_case(Reader *r, const MendTrajectory *t, const char *kind, double bound)
{
    g_autofree char *group = g_strdup_printf("%s %s", r->family, kind);
    g_autofree char *id = g_strdup_printf("%s/%s", r->prefix, r->name);
    MendReportGroup *counted = mend_report_group(r->report, group);
    const double bounds[] = {[MEND_SINGLE] = MAX(SINGLE, bound), [MEND_DOUBLE] = bound};
    gboolean passed = TRUE;
    for (int p = MEND_DOUBLE; p >= MEND_SINGLE; p--) {
        g_autoptr(GError) error = NULL;
        double worst = 0;
        if (mend_trajectory_run(t, p == MEND_DOUBLE, &worst, &error)) {
            passed = mend_report_compare(r->report, counted, id, p, worst, bounds[p]) && passed;
        } else {
            g_autofree char *text =
                g_strdup_printf(" (%s): %s", mend_precision_names[p], error->message);
            mend_report_tell(r->report, id, text);
            passed = FALSE;
        }
    }
    mend_report_count(r->report, passed);
}

static MendTrajectory
trajectory(const MendMixture *m, const char *integrator)
{
    return (MendTrajectory){
        .row = mend_integrator_find(integrator), .params = mend_integrator_defaults, .mixture = m};
}

/* ---- EDM ---- */

/* stem, integrator, and whether its levels are those recorded */
static const struct {
    const char *stem, *integrator, *kind;
    gboolean own_levels;
} edm_runs[] = {
    {"heun_det_N", "heun", "Heun", FALSE},
    {"heun_sto_N", "karras-sde", "Heun, stochastic", FALSE},
    {"ddim_iddpm_N", "ddim", "DDIM, iDDPM levels", TRUE},
    {"euler_edmgrid_N", "ddim", "DDIM", FALSE},
};

static void
check_edm_run(Reader *r, const MendMixture *m, size_t kind, int n, size_t n_points)
{
    MendTrajectory t = trajectory(m, edm_runs[kind].integrator);
    size_t all = n_points * (size_t)m->d;
    t.n_points = n_points;
    t.n_calls = nfe_of(r);
    size_t n_calls = (size_t)t.n_calls;
    t.call_sigma = get(r, r->run, "call_sigma", n_calls);
    t.call_x = get(r, r->run, "call_x", n_calls * all);
    t.result = get(r, r->run, "final", all);
    t.noise = get_if(r, r->run, "noise", (size_t)n * all);
    t.start = get(r, r->object, "latents_unit", all);
    if (r->failed)
        return;
    t.params.n_levels = n;
    t.params.from = 80;
    t.params.to = 0.002;
    t.params.levels = edm_runs[kind].own_levels ? t.call_sigma : NULL;
    const MendJsonValue *s = mend_json_member(r->run, "S");
    t.params.churn_low = mend_json_number(mend_json_member(s, "S_min"), 0);
    t.params.churn_high = mend_json_number(mend_json_member(s, "S_max"), 0);
    t.params.churn_noise = mend_json_number(mend_json_member(s, "S_noise"), 1);
    t.params.gamma = mend_json_number(mend_json_member(s, "S_churn"), 0) / n;
    g_autofree double *start = g_new(double, all);
    for (size_t i = 0; i < all; i++)
        start[i] = t.start[i] * t.call_sigma[0];
    t.start = start;
    report_case(r, &t, edm_runs[kind].kind, EXACT);
}

static void
check_edm(Reader *r, const MendMixture *m)
{
    size_t n_points = mend_numbers_count(r->object, "latents_unit") / (size_t)m->d;
    for (size_t kind = 0; kind < G_N_ELEMENTS(edm_runs); kind++)
        for (int n = 1; n <= 100 && !r->failed; n++)
            if (find_run(r, edm_runs[kind].stem, n))
                check_edm_run(r, m, kind, n, n_points);
    if (mend_json_member(r->object, "heun_vpscaled_N10"))
        mend_report_skip(r->report, "Heun's method in a state that is scaled as it goes");
}

/* ---- DMCMC ---- */

static void
check_dmcmc_run(Reader *r, const MendMixture *m, gboolean stochastic, int n, size_t n_points)
{
    MendTrajectory t = trajectory(m, stochastic ? "karras-sde" : "karras");
    size_t all = n_points * (size_t)m->d, width = n_points;
    t.n_points = n_points;
    t.n_calls = nfe_of(r);
    t.start = get(r, r->object, "x_init", all);
    t.from = get(r, r->object, "sigma_init", width);
    t.result = get(r, r->run, "final", all);
    t.noise = get_if(r, r->run, "noise", (size_t)(n - 1) * all);
    t.call_sigma = get_if(r, r->run, "sigmas", (size_t)t.n_calls * width);
    t.tweedie = get_if(r, r->run, "tweedie_0.01", all);
    t.tweedie_sigma = 0.01;
    t.params.n_levels = n - 1; /* 0 is counted as one */
    t.params.to = 0.01;
    if (!r->failed)
        report_case(r, &t, stochastic ? "Karras, stochastic" : "Karras", SINGLE_TABLE);
}

static void
check_dmcmc(Reader *r, const MendMixture *m)
{
    size_t n_points = mend_numbers_count(r->object, "x_init") / (size_t)m->d;
    for (int stochastic = 0; stochastic < 2; stochastic++)
        for (int n = 2; n <= 100 && !r->failed; n++)
            if (find_run(r, stochastic ? "kar2_N" : "kar1_N", n))
                check_dmcmc_run(r, m, stochastic, n, n_points);
}

/* ---- DEIS ---- */

static const struct {
    const char *stem, *integrator, *kind;
    gboolean published; /* with coefficients as published */
    gboolean karras;    /* half the steps, on a Karras grid; else roots of time evenly spaced */
} deis_runs[] = {
    {"tab0_N", "deis-0", "tAB 0", TRUE, FALSE},
    {"tab1_N", "deis-1", "tAB 1", TRUE, FALSE},
    {"tab2_N", "deis-2", "tAB 2", TRUE, FALSE},
    {"tab3_N", "deis-3", "tAB 3", TRUE, FALSE},
    {"rhoab1_N", "rho-ab-1", "rhoAB 1", TRUE, FALSE},
    {"rhoab2_N", "rho-ab-2", "rhoAB 2", TRUE, FALSE},
    {"rhoab3_N", "rho-ab-3", "rhoAB 3", TRUE, FALSE},
    {"ddim_closed_N", "ddim", "DDIM", FALSE, FALSE},
    {"rhork_2heun_budget", "heun", "rhoRK 2", FALSE, TRUE},
};

static void
check_deis_run(Reader *r, const MendMixture *m, size_t kind, int n, size_t n_points)
{
    MendTrajectory t = trajectory(m, deis_runs[kind].integrator);
    gboolean karras = deis_runs[kind].karras;
    size_t all = n_points * (size_t)m->d;
    MendIntegratorParams ends = {.from = mend_vp_sigma(1), .to = mend_vp_sigma(1e-3), .rho = 7};
    t.n_points = n_points;
    t.n_calls = karras ? n / 2 * 2 : n;
    t.preserving = TRUE;
    t.start = get(r, r->object, "xT", all);
    t.result = get(r, r->run, "final", all);
    t.call_x = get_if(r, r->run, "call_x", (size_t)t.n_calls * all);
    t.params.n_levels = (karras ? n / 2 : n) + 1;
    g_autofree double *levels = g_new(double, t.params.n_levels);
    (karras ? mend_grid_karras : mend_grid_time)(&ends, t.params.n_levels, levels);
    t.params.levels = levels;
    t.params.stop = TRUE;
    t.params.published = deis_runs[kind].published;
    if (!r->failed)
        report_case(r, &t, deis_runs[kind].kind, EXACT);
}

/* The largest difference of ours to recorded ones, which are those of the variance-preserving
 * state. */
static double
compare_coefs(const double *levels, int n, int order, gboolean published, const double *expected)
{
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double c[4], alpha = 1 / sqrt(1 + levels[i + 1] * levels[i + 1]);
        mend_ab_coefs(MEND_AB_TIME, published, levels, i, order, c);
        for (int j = 0; j <= order; j++)
            worst = MAX(worst, fabs(c[j] * alpha - expected[i * (order + 1) + j]));
    }
    return worst;
}

static void
check_deis_coefs(Reader *r, int order, int n)
{
    static const char *const names[] = {"C_gauss_legendre", "C_official_riemann10000"};
    size_t steps = (size_t)n, width = (size_t)order + 1;
    const double *times = get(r, r->run, "rev_ts", steps + 1);
    for (int published = 0; published < 2; published++) {
        const double *expected = get(r, r->run, names[published], steps * width);
        if (r->failed)
            return;
        g_autofree double *levels = g_new(double, steps + 1);
        for (size_t i = 0; i <= steps; i++)
            levels[i] = mend_vp_sigma(times[i]);
        double worst = compare_coefs(levels, n, order, published, expected);
        g_autofree char *id = g_strdup_printf("%s/%s/%s", r->prefix, r->name, names[published]);
        MendReportGroup *group = mend_report_group(r->report, "DEIS coefficients");
        mend_report_count(r->report,
                          mend_report_compare(r->report, group, id, MEND_DOUBLE, worst, EXACT));
    }
}

static void
check_deis(Reader *r, const MendMixture *m)
{
    size_t n_points = mend_numbers_count(r->object, "xT") / (size_t)m->d;
    for (int n = 1; n <= 100 && !r->failed; n++) {
        for (size_t kind = 0; kind < G_N_ELEMENTS(deis_runs); kind++)
            if (find_run(r, deis_runs[kind].stem, n))
                check_deis_run(r, m, kind, n, n_points);
        for (int order = 0; order <= 3; order++) {
            g_autofree char *stem = g_strdup_printf("coef_tab%d_N", order);
            if (find_run(r, stem, n))
                check_deis_coefs(r, order, n);
        }
        if (find_run(r, "rhork_3kutta_budget", n))
            mend_report_skip(r->report, "Runge-Kutta of order 3 on a fixed grid");
        if (find_run(r, "ipndm_N", n))
            mend_report_skip(r->report, "iPNDM");
    }
}

/* ---- the mean-reverting frame ---- */

static const struct {
    const char *stem, *integrator, *kind;
} reverting_runs[] = {
    {"rhoAB0_N", "ddim", "DDIM"},
    {"lambdaAB0_N", "ddim", "DDIM"},
    {"rhoAB1_N", "rho-ab-1", "rhoAB"},
    {"rhoAB2_N", "rho-ab-2", "rhoAB"},
    {"rhoAB3_N", "rho-ab-3", "rhoAB"},
    {"lambdaAB1_N", "lambda-ab-1", "lambdaAB"},
    {"lambdaAB2_N", "lambda-ab-2", "lambdaAB"},
    {"lambdaAB3_N", "lambda-ab-3", "lambdaAB"},
    {"heun_rho_N", "heun", "Heun"},
};

static void
check_reverting_run(Reader *r, MendTrajectory *t, size_t kind, int n)
{
    t->row = mend_integrator_find(reverting_runs[kind].integrator);
    t->n_calls = nfe_of(r);
    t->params.n_levels = n + 1;
    t->result = get(r, r->run, "x0", t->n_points * (size_t)t->mixture->d);
    if (!r->failed)
        report_case(r, t, reverting_runs[kind].kind, EXACT);
}

/* The recording's tables come from numbers in single precision. */
static void
check_schedule(Reader *r, const double *alpha, const double *sigma, const MendSchedule *s)
{
    double worst = 0;
    for (int i = 0; i <= s->T; i++)
        worst = MAX(worst, MAX(fabs(alpha[i] - s->alpha[i]), fabs(sigma[i] - s->sigma[i])));
    MendReportGroup *group = mend_report_group(r->report, "MR schedule");
    mend_report_count(r->report, mend_report_compare(r->report, group, "mr/schedule", MEND_DOUBLE,
                                                     worst, SINGLE_TABLE));
}

/* Levels are the recorded ones, and the network's schedule reaches a little beyond them: they
 * differ from those of the true one by rounding to single precision. */
static void
check_reverting(Reader *r, const MendMixture *m, const MendSchedule *s, const MendSchedule *wider)
{
    MendTrajectory t = trajectory(m, "ddim");
    t.n_points = mend_numbers_count(r->object, "xT") / (size_t)m->d;
    size_t all = t.n_points * (size_t)m->d, n = (size_t)s->T + 1;
    const double *x = get(r, r->object, "xT", all), *rho = get(r, r->object, "rho", n);
    const double *alpha = get(r, r->object, "alpha", n), *sigma = get(r, r->object, "sigma", n);
    t.mu = get(r, r->object, "mu", all);
    if (r->failed)
        return;
    check_schedule(r, alpha, sigma, s);
    t.schedule = wider;
    t.params.from = rho[s->T];
    t.params.to = rho[1];
    g_autofree double *start = g_new(double, all);
    for (size_t i = 0; i < all; i++)
        start[i] = t.mu[i] + (x[i] - t.mu[i]) / alpha[s->T];
    t.start = start;
    for (size_t kind = 0; kind < G_N_ELEMENTS(reverting_runs); kind++)
        for (int steps = 1; steps <= 100 && !r->failed; steps++)
            if (find_run(r, reverting_runs[kind].stem, steps))
                check_reverting_run(r, &t, kind, steps);
}

gboolean
mend_recorded_reverting(MendReport *report, MendNumbers *numbers,
                        const MendRecordedMixtures *mixtures, GError **error)
{
    g_auto(MendSchedule) s = {0}, wider = {0};
    MendScheduleParams params = mend_schedule_defaults;
    if (!mend_schedule_init(&s, &params, error))
        return FALSE;
    params.eps *= 0.99;
    if (!mend_schedule_init(&wider, &params, error))
        return FALSE;
    Reader r = {report, numbers, "MR", "mr", mend_json_root(numbers->json), NULL, "", error, FALSE};
    check_reverting(&r, &mixtures->space, &s, &wider);
    return !r.failed;
}

/* The files that have an object for each mixture. */
static gboolean
check_both(MendReport *report, MendNumbers *numbers, const MendRecordedMixtures *mixtures,
           const char *family, void (*check)(Reader *r, const MendMixture *m), GError **error)
{
    static const char *const names[] = {"gmm2d", "gmm16d"};
    const MendMixture *both[] = {&mixtures->plane, &mixtures->space};
    Reader r = {report, numbers, family, "", NULL, NULL, "", error, FALSE};
    for (int i = 0; i < 2 && !r.failed; i++) {
        r.prefix = names[i];
        r.object = mend_json_member(mend_json_root(numbers->json), names[i]);
        if (r.object)
            check(&r, both[i]);
    }
    return !r.failed;
}

gboolean
mend_recorded_edm(MendReport *report, MendNumbers *numbers, const MendRecordedMixtures *mixtures,
                  GError **error)
{
    return check_both(report, numbers, mixtures, "EDM", check_edm, error);
}

gboolean
mend_recorded_dmcmc(MendReport *report, MendNumbers *numbers, const MendRecordedMixtures *mixtures,
                    GError **error)
{
    return check_both(report, numbers, mixtures, "DMCMC", check_dmcmc, error);
}

gboolean
mend_recorded_deis(MendReport *report, MendNumbers *numbers, const MendRecordedMixtures *mixtures,
                   GError **error)
{
    return check_both(report, numbers, mixtures, "DEIS", check_deis, error);
}
