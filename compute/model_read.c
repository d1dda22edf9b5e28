/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a model file says of itself. */
#include "compute/model.h"

#include <glib/gstdio.h>
#include <string.h>

#include "compute/coarse.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/weights.h"

void
mend_model_info_free(MendModelInfo *info)
{
    if (!info)
        return;
    char *texts[] = {info->path,    info->id,      info->label,  info->network,
                     info->sampler, info->licence, info->source, info->training};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(info->tasks);
    g_strfreev(info->offered);
    g_strfreev(info->quality);
    g_free(info->means);
    g_free(info->presets);
    g_free(info->dct);
    g_free(info->everywhere);
    g_free(info->coarse);
    g_free(info);
}

/* A file's metadata while it is read. The first error sticks, so reading needs no checks. */
typedef struct {
    const MendWeights *weights;
    GError **error;
    gboolean failed;
} Reader;

static void
refuse(Reader *r, const char *key, const char *value, const char *expected)
{
    if (r->failed)
        return;
    r->failed = TRUE;
    if (value)
        g_set_error(
            r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
            "%s: its %s is “%.80s”; expected %s. Use a model made for this version of Mend.",
            mend_weights_path(r->weights), key, value, expected);
    else
        g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: its metadata has no %s (expected %s), so it is not a model of Mend.",
                    mend_weights_path(r->weights), key, expected);
}

/* A value that a person will see: never NULL, one line. */
static const char *
need(Reader *r, const char *key, const char *expected)
{
    const char *value = mend_weights_meta_line(r->weights, key);
    if (!value)
        refuse(r, key, mend_weights_meta(r->weights, key) ? "…" : NULL, expected);
    return value ? value : "";
}

static int
need_name(Reader *r, const char *key, const char *const *names)
{
    g_autofree char *known = g_strjoinv(" or ", (char **)names);
    const char *value = need(r, key, known);
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], value) == 0)
            return i;
    }
    refuse(r, key, value, known);
    return 0;
}

static double
need_number(Reader *r, const char *key, double above, double at_most)
{
    g_autofree char *expected = g_strdup_printf("a number above %g, at most %g", above, at_most);
    const char *value = need(r, key, expected);
    char *end = NULL;
    double number = g_ascii_strtod(value, &end);
    if (end != value && *end == '\0' && number > above && number <= at_most)
        return number;
    refuse(r, key, value, expected);
    return at_most;
}

static gboolean
is_id(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n < 32 && text[n] == '\0';
}

static char **
need_tasks(Reader *r, const char *key, gboolean may_be_empty)
{
    const char *value = mend_weights_meta(r->weights, key);
    if (!may_be_empty || !value)
        value = need(r, key, "a list of tasks, such as “noise,jpeg”");
    char **tasks = g_strsplit(value, ",", 64);
    for (int i = 0; tasks[i]; i++) {
        gboolean twice = g_strv_contains((const char *const *)tasks + i + 1, tasks[i]);
        if (!is_id(tasks[i]) || twice)
            refuse(r, key, value, "different tasks, such as “noise,jpeg”");
    }
    return tasks;
}

static void
need_steps(Reader *r, int steps[3])
{
    const char *value = need(r, "mend.steps", "three step counts, such as “1,2,5”");
    g_auto(GStrv) items = g_strsplit(value, ",", 4);
    for (int i = 0; i < 3; i++) {
        char *end = NULL;
        gint64 n = g_strv_length(items) == 3 ? g_ascii_strtoll(items[i], &end, 10) : 0;
        if (n < 1 || n > 1000 || *end != '\0')
            refuse(r, "mend.steps", value, "three step counts, such as “1,2,5”");
        steps[i] = (int)n;
    }
}

/* Optional, for people to read. */
static char *
text_or_empty(Reader *r, const char *key)
{
    const char *value = mend_weights_meta(r->weights, key);
    return g_strdelimit(g_strndup(value ? value : "", 4096), "\r\n\t\033", ' ');
}

static void
read_lists(Reader *r, MendModelInfo *info)
{
    info->tasks = need_tasks(r, "mend.tasks", FALSE);
    info->offered = info->detector ? g_new0(char *, 1) : need_tasks(r, "mend.offered", TRUE);
    for (char **task = info->offered; *task; task++) {
        if (!g_strv_contains((const char *const *)info->tasks, *task))
            refuse(r, "mend.offered", *task, "only tasks that are in mend.tasks");
    }
    info->quality = g_new0(char *, g_strv_length(info->tasks) + 1);
    for (int i = 0; info->tasks[i]; i++) {
        g_autofree char *key = g_strconcat("mend.quality.", info->tasks[i], NULL);
        info->quality[i] = text_or_empty(r, key);
    }
}

/* "identity" alone stands for all tasks. overview: the bits of those that are learned. */
static const MendMean **
need_means(Reader *r, char **tasks, guint64 *overview)
{
    g_autoptr(GString) expected = g_string_new("“identity”, or one for each of its tasks of");
    for (int i = 0; mend_means[i]; i++)
        g_string_append_printf(expected, "%s %s", i ? "," : "", mend_means[i]->name);
    g_string_append(expected, ", each but wiener perhaps with “overview:” before it");
    const char *value = need(r, "mend.mean", expected->str);
    guint n = g_strv_length(tasks);
    gboolean same = strcmp(value, "identity") == 0;
    g_auto(GStrv) names = g_strsplit(value, ",", 65);
    const MendMean **means = g_new0(const MendMean *, n + 1);
    gboolean good = same || g_strv_length(names) == n;
    for (guint i = 0; i < n && good; i++) {
        const char *name = names[same ? 0 : i];
        gboolean prefixed = g_str_has_prefix(name, MEND_OVERVIEW);
        means[i] = mend_mean_find(prefixed ? name + strlen(MEND_OVERVIEW) : name);
        *overview |= (guint64)prefixed << i;
        good = means[i] && !(prefixed && means[i]->learned);
    }
    if (!good)
        refuse(r, "mend.mean", value, expected->str);
    return means;
}

/* Keys of tasks that the model does not have are mistakes. */
static void
refuse_others(Reader *r, const MendModelInfo *info, const char *prefix)
{
    for (const MendTask *task = mend_tasks; task->id; task++) {
        g_autofree char *key = g_strconcat(prefix, task->id, NULL);
        const char *value = mend_weights_meta(r->weights, key);
        if (value && !g_strv_contains((const char *const *)info->tasks, task->id))
            refuse(r, key, value, "this key only of tasks that are in mend.tasks");
    }
}

static void
read_presets(Reader *r, MendModelInfo *info)
{
    info->presets = g_new0(MendPresets, g_strv_length(info->tasks) + 1);
    for (int i = 0; info->tasks[i]; i++) {
        g_autofree char *key = g_strconcat("mend.preset.", info->tasks[i], NULL);
        for (int k = 0; k < MEND_N_PRESETS; k++)
            info->presets[i].at[k] =
                (MendPreset){mend_sampler_find(info->sampler), info->grid, info->steps[k], FALSE};
        if (!mend_weights_meta(r->weights, key))
            continue;
        const char *value = need(r, key, mend_presets_form);
        if (!mend_presets_parse(value, info->grid, &info->presets[i]))
            refuse(r, key, value, mend_presets_form);
    }
    refuse_others(r, info, "mend.preset.");
}

/* PREFIX<task>: a number 0 to most for each task, 0 where there is none. */
static double *
read_numbers(Reader *r, const MendModelInfo *info, const char *prefix, double most)
{
    double *numbers = g_new0(double, g_strv_length(info->tasks) + 1);
    for (int i = 0; info->tasks[i]; i++) {
        g_autofree char *key = g_strconcat(prefix, info->tasks[i], NULL);
        if (mend_weights_meta(r->weights, key))
            numbers[i] = need_number(r, key, 0, most);
    }
    refuse_others(r, info, prefix);
    return numbers;
}

static gboolean
is_identity(const MendModelInfo *info, int row)
{
    const MendMean *mean = info->means[row];
    return !(mean->estimate || mean->fill || mean->learned || info->overview >> row & 1);
}

/* mend.coarse.<task>, whole numbers, of tasks whose mean is the picture: what another mean would
 * make of a picture that is restored already is not known. */
static int *
read_coarse(Reader *r, const MendModelInfo *info)
{
    g_autofree double *numbers = read_numbers(r, info, "mend.coarse.", MEND_COARSE_MOST);
    int n = (int)g_strv_length(info->tasks), *factors = g_new0(int, (guint)n + 1);
    for (int i = 0; i < n; i++) {
        factors[i] = (int)numbers[i];
        g_autofree char *key = g_strconcat("mend.coarse.", info->tasks[i], NULL);
        const char *value = mend_weights_meta(r->weights, key);
        if (numbers[i] == 1 || numbers[i] != factors[i])
            refuse(r, key, value, "a whole number from 2 to 16");
        else if (factors[i] && !is_identity(info, i))
            refuse(r, key, value, "this key only of tasks whose mean is “identity”");
    }
    return factors;
}

static void
read_process(Reader *r, MendModelInfo *info)
{
    MendScheduleParams *p = &info->schedule;
    p->theta = (MendTheta)need_name(r, "mend.theta", mend_theta_names);
    p->tables = (MendTables)need_name(r, "mend.tables", mend_tables_names);
    p->T = (int)need_number(r, "mend.T", 0.5, 100000);
    p->max_sigma = need_number(r, "mend.max_sigma", 0, 1e6);
    p->eps = need_number(r, "mend.eps", 0, 0.999999);
    info->prediction = (MendPrediction)need_name(r, "mend.prediction", mend_prediction_names);
    info->grid = (MendGrid)need_name(r, "mend.grid", mend_grid_names);
    info->sampler = g_strdup(need(r, "mend.sampler", "the name of a sampler"));
    if (!mend_sampler_find(info->sampler))
        refuse(r, "mend.sampler", info->sampler, "the name of a sampler, such as “mr-ode-2”");
    need_steps(r, info->steps);
    read_presets(r, info);
    info->dct = read_numbers(r, info, "mend.dct.", 10);
    info->everywhere = read_numbers(r, info, "mend.everywhere.", 255);
    info->coarse = read_coarse(r, info);
}

static void
read_all(Reader *r, MendModelInfo *info)
{
    static const char *const formats[] = {"1", NULL};
    static const char *const attentions[] = {"pixel", "global", NULL};
    static const char *const residuals[] = {"none", "mean", NULL};
    need_name(r, "mend.format", formats);
    info->id = g_strdup(need(r, "mend.id", "a name"));
    info->label = g_strdup(need(r, "mend.label", "a line of text"));
    info->network = g_strdup(need(r, "mend.network", "the name of a network"));
    info->licence = g_strdup(need(r, "mend.licence", "a licence"));
    info->source = text_or_empty(r, "mend.source");
    info->training = text_or_empty(r, "mend.training");
    info->detector = strcmp(info->network, "context") == 0;
    read_lists(r, info);
    if (info->detector)
        return;
    info->global_attention = need_name(r, "mend.attention", attentions) == 1;
    info->residual = need_name(r, "mend.residual", residuals) == 1;
    info->means = need_means(r, info->tasks, &info->overview);
    read_process(r, info);
}

MendModelInfo *
mend_model_read(const char *path, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(path, error);
    if (!weights)
        return NULL;
    g_autoptr(MendModelInfo) info = g_new0(MendModelInfo, 1);
    const char *kind = mend_weights_meta(weights, "mend.kind");
    if (kind && strcmp(kind, "restoration") != 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_UNSUPPORTED,
                    _("%s is a model of kind “%.40s”; it restores nothing."), path, kind);
        return NULL;
    }
    Reader reader = {.weights = weights, .error = error};
    read_all(&reader, info);
    if (reader.failed)
        return NULL;
    GStatBuf facts;
    info->path = g_strdup(path);
    info->bytes = g_stat(path, &facts) == 0 ? (guint64)facts.st_size : 0;
    return g_steal_pointer(&info);
}
