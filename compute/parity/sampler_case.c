/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the description of a recorded sampler run. */
#include "compute/parity/sampler_case.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"

/* The first failing read sets error; the later ones do nothing. */
typedef struct {
    const MendJsonValue *object;
    GError **error;
    gboolean failed;
} Reader;

static void
refuse(Reader *r, const char *key, const char *wanted)
{
    if (!r->failed)
        g_set_error(r->error, MEND_ERROR, MEND_ERROR_OPTION, "\"%s\" is not %s.", key, wanted);
    r->failed = TRUE;
}

static double
read_number(Reader *r, const char *key, double otherwise)
{
    const MendJsonValue *value = mend_json_member(r->object, key);
    if (!value || value->kind == MEND_JSON_NULL)
        return otherwise;
    if (value->kind != MEND_JSON_NUMBER)
        refuse(r, key, "a number");
    return mend_json_number(value, otherwise);
}

static int
read_int(Reader *r, const char *key, int otherwise)
{
    double value = read_number(r, key, otherwise);
    if (!(fabs(value) <= 1e6) || value != floor(value)) {
        refuse(r, key, "a whole number");
        return otherwise;
    }
    return (int)value;
}

static gboolean
read_flag(Reader *r, const char *key)
{
    const MendJsonValue *value = mend_json_member(r->object, key);
    return value && value->kind == MEND_JSON_BOOL && value->boolean;
}

/* The place of the value among names, the last of which is NULL. */
static int
read_name(Reader *r, const char *key, const char *const *names, const char *otherwise)
{
    const char *value = mend_json_string(mend_json_member(r->object, key), otherwise);
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], value) == 0)
            return i;
    refuse(r, key, "a known name");
    return 0;
}

static void
read_schedule(Reader *r, MendScheduleParams *p)
{
    p->max_sigma = read_number(r, "max_sigma", p->max_sigma);
    p->T = read_int(r, "T", p->T);
    p->eps = read_number(r, "eps", p->eps);
    /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): the names are the values */
    p->theta = (MendTheta)read_name(r, "schedule", mend_theta_names, mend_theta_names[p->theta]);
}

static MendPrediction
read_prediction(Reader *r)
{
    static const char *const names[] = {"noise", "data", "velocity", "reverse_traj", "patch", NULL};
    static const MendPrediction meanings[] = {MEND_PREDICT_NOISE, MEND_PREDICT_CLEAN,
                                              MEND_PREDICT_VELOCITY, MEND_PREDICT_NOISE,
                                              MEND_PREDICT_CLEAN};
    return meanings[read_name(r, "fit_target", names, "data")];
}

/* A run of the published MR Sampler; the defaults are its constructor's. */
static void
read_mr(Reader *r, MendSamplerCase *out)
{
    static const char *const solvers[] = {"ode", "sde", NULL};
    static const char *const forms[] = {"data", "noise", NULL};
    MendSamplerParams *p = &out->params;
    p->published = TRUE;
    p->n_steps = read_int(r, "num_sample_steps", 10);
    p->order = read_int(r, "order", 2);
    p->sde = read_name(r, "solver_type", solvers, "ode");
    p->noise_form = read_name(r, "parameterization", forms, "data");
    p->grid.grid = (MendGrid)read_name(r, "time_schedule", mend_grid_names, "linspace");
    p->grid.lambda_min = read_number(r, "lambda_min", -INFINITY);
    p->grid.rho = read_number(r, "rho", 7);
    p->grid.offset = read_int(r, "timestep_offset", 0);
    p->denoise_last = read_flag(r, "denoise_last");
    p->thresholding = read_flag(r, "thresholding");
    p->threshold_ratio = read_number(r, "threshold_ratio", p->threshold_ratio);
    p->threshold_max = read_number(r, "threshold_max", p->threshold_max);
    out->prediction = read_prediction(r);
    out->schedule.tables = MEND_TABLES_UNSHIFTED;
    g_autofree char *name = g_strdup_printf("mr-%s-%d", solvers[p->sde ? 1 : 0], p->order);
    out->sampler = mend_sampler_find(name);
    if (!out->sampler)
        refuse(r, "order", "an order that exists");
    else if (p->n_steps < p->order)
        out->skip = "fewer steps than the order";
}

/* A run of the older samplers, which in the published code are right only where they take every
 * training step: with sample_T the schedule itself is made that short. */
static void
read_baseline(Reader *r, MendSamplerCase *out)
{
    static const char *const methods[] = {"posterior", "sde", "ode", NULL};
    static const char *const samplers[] = {"posterior", "euler-sde", "euler-ode"};
    static const char *const repos[] = {"daclip", "mrs", NULL}; /* shifted, unshifted tables */
    const char *method = mend_json_string(mend_json_member(r->object, "method"), "");
    out->group = method;
    out->baseline = TRUE;
    if (!g_strv_contains(methods, method)) {
        out->skip = "a method that is wrong as published and not built here";
        return;
    }
    out->sampler = mend_sampler_find(samplers[read_name(r, "method", methods, "")]);
    out->schedule.tables = (MendTables)read_name(r, "repo", repos, "");
    int n_steps = read_int(r, "num_steps", -1);
    const MendJsonValue *opts = mend_json_member(r->object, "opts");
    Reader inner = {mend_json_member(opts, "sde"), r->error, r->failed};
    read_schedule(&inner, &out->schedule);
    int trained = out->schedule.T;
    inner.object = opts;
    out->schedule.T = read_int(&inner, "sample_T", trained);
    r->failed = inner.failed;
    out->t_scale = (double)trained / out->schedule.T;
    out->prediction = MEND_PREDICT_NOISE;
    out->params.n_steps = out->schedule.T;
    if (n_steps >= 0 && n_steps != out->schedule.T)
        out->skip = "fewer than all training steps, wrong as published";
}

gboolean
mend_sampler_case_read(MendSamplerCase *out, const MendJsonValue *json, GError **error)
{
    Reader r = {json, error, FALSE};
    *out = (MendSamplerCase){
        .schedule = mend_schedule_defaults, .params = mend_sampler_defaults, .t_scale = 1};
    out->id = mend_json_string(mend_json_member(json, "id"), "(unnamed)");
    out->group = mend_json_string(mend_json_member(json, "group"), "(no group)");
    out->coef = mend_json_string(mend_json_member(json, "coef"), NULL);
    out->net_times = mend_json_member(json, "net_times");
    out->single_bound = 10 * read_number(&r, "max_abs_f32_minus_f64", 0) + 1e-5;
    out->two_peaks = strcmp(mend_json_string(mend_json_member(json, "model"), "gmm2"), "gauss");
    out->params.coef = MEND_COEF_PARITY;
    out->params.denoise_last = FALSE;
    out->params.grid.grid = MEND_GRID_LINSPACE;
    if (mend_json_member(json, "method")) {
        read_baseline(&r, out);
    } else {
        r.object = mend_json_member(json, "sde");
        read_schedule(&r, &out->schedule);
        r.object = mend_json_member(json, "sampler");
        read_mr(&r, out);
    }
    const MendJsonValue *finite = mend_json_member(json, "finite");
    if (mend_json_member(json, "error"))
        out->skip = "the published code raised an error";
    else if (finite && finite->kind == MEND_JSON_BOOL && !finite->boolean)
        out->skip = "the published result is not finite";
    if (out->skip)
        g_clear_error(error);
    return out->skip || !r.failed;
}
