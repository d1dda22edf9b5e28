/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture models: what their files say, and which one is taken. */
#include "compute/texture.h"

#include <glib/gstdio.h>
#include <string.h>

#include "compute/context.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/network.h"

#define MATERIALS_MAX 64
#define STYLES_MAX    100000

/* The first error sticks. */
typedef struct {
    const MendWeights *weights;
    GError **error;
    gboolean failed;
} Reader;

static const char *
need(Reader *r, const char *key, const char *expected)
{
    const char *value = mend_weights_meta_line(r->weights, key);
    if (value)
        return value;
    if (!r->failed)
        g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: its metadata has no good %s (expected %s). Use a texture model made for "
                    "this version of Mend.",
                    mend_weights_path(r->weights), key, expected);
    r->failed = TRUE;
    return "";
}

/* Numbers of a list, each within least..most. */
static void
need_numbers(Reader *r, const char *key, int n, double least, double most, double *out)
{
    g_autofree char *expected =
        g_strdup_printf("%d number%s, %g to %g", n, n > 1 ? "s" : "", least, most);
    const char *value = need(r, key, expected);
    g_auto(GStrv) items = g_strsplit(value, ",", n + 1);
    gboolean good = g_strv_length(items) == (guint)n;
    for (int i = 0; good && i < n; i++) {
        char *end = NULL;
        out[i] = g_ascii_strtod(items[i], &end);
        good = end != items[i] && *end == '\0' && out[i] >= least && out[i] <= most;
    }
    if (!good && !r->failed)
        g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: its %s is “%.80s”; expected %s. Use a texture model made for this version "
                    "of Mend.",
                    mend_weights_path(r->weights), key, value, expected);
    r->failed = r->failed || !good;
}

static void
need_word(Reader *r, const char *key, const char *word)
{
    const char *value = need(r, key, word);
    if (r->failed || strcmp(value, word) == 0)
        return;
    g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS, "%s: its %s is “%.80s”; expected “%s”.",
                mend_weights_path(r->weights), key, value, word);
    r->failed = TRUE;
}

static void
read_classes(Reader *r, MendTextureInfo *info)
{
    const char *value = need(r, "mend.classes", "a list of materials, such as “stone,brick”");
    info->model->tasks = g_strsplit(value, ",", MATERIALS_MAX);
    const MendArray *table = mend_weights_find(r->weights, "task_embedding");
    guint n = g_strv_length(info->model->tasks);
    if (r->failed || (table && table->n_dims == 2 && table->dims[0] == (gint64)n + 1))
        return;
    g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: its table task_embedding does not have %u rows: one for each of “%.200s” and "
                "one for any.",
                mend_weights_path(r->weights), n + 1, value);
    r->failed = TRUE;
}

static gboolean
is_table(const MendArray *table, double rows, int columns)
{
    return table && table->n_dims == 2 && (double)table->dims[0] == rows &&
           table->dims[1] == columns;
}

static void
read_styles(Reader *r, MendTextureInfo *info)
{
    const MendArray *table = mend_weights_find(r->weights, "styles");
    int n = (int)g_strv_length(info->model->tasks);
    double counts[MATERIALS_MAX], sum = 0;
    if (r->failed || !mend_weights_meta(r->weights, "mend.styles"))
        return;
    need_numbers(r, "mend.styles", n, 0, STYLES_MAX, counts);
    info->n_styles = g_new0(int, n);
    for (int i = 0; !r->failed && i < n; i++) {
        info->n_styles[i] = (int)counts[i];
        sum += info->n_styles[i];
    }
    const MendArray *paints = mend_weights_find(r->weights, "paints");
    if (r->failed || (sum > 0 && is_table(table, sum, MEND_CONTEXT_VECTOR) &&
                      (!paints || is_table(paints, sum, MEND_TEXTURE_PAINT))))
        return;
    g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: its tables styles and paints do not have %g rows of %d and %d numbers, as its "
                "mend.styles says.",
                info->model->path, sum, MEND_CONTEXT_VECTOR, MEND_TEXTURE_PAINT);
    r->failed = TRUE;
}

static void
read_all(Reader *r, MendTextureInfo *info)
{
    MendModelInfo *model = info->model;
    double time[2] = {0, 0};
    need_word(r, "mend.format", "1");
    need_word(r, "mend.attention", "pixel");
    need_word(r, "mend.residual", "none");
    model->id = g_strdup(need(r, "mend.id", "a name"));
    model->label = g_strdup(need(r, "mend.label", "a line of text"));
    model->network = g_strdup(need(r, "mend.network", "the name of a network"));
    model->licence = g_strdup(need(r, "mend.licence", "a licence"));
    model->source = g_strdup(need(r, "mend.source", "where it is from"));
    model->training = g_strdup(need(r, "mend.training", "how it was trained"));
    read_classes(r, info);
    read_styles(r, info);
    need_numbers(r, "mend.sigma_data", 1, 1e-3, 100, &info->sigma_data);
    need_numbers(r, "mend.center", 1, -10, 10, &info->center);
    need_numbers(r, "mend.sigma_min", 1, 1e-5, 1, &info->sigma_min);
    need_numbers(r, "mend.sigma_max", 1, 1e-2, 1e4, &info->sigma_max);
    need_numbers(r, "mend.detail", 1, 0, 1, &info->detail);
    need_numbers(r, "mend.time", 2, -1e5, 1e5, time);
    info->time_offset = time[0];
    info->time_scale = time[1];
    if (!r->failed && !(info->sigma_max > info->sigma_min)) {
        g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: its mend.sigma_max is not above its mend.sigma_min.", model->path);
        r->failed = TRUE;
    }
}

static gboolean
read_extent(const MendWeights *weights, MendTextureInfo *info, GError **error)
{
    const MendNetwork *network = mend_network_find(info->model->network);
    MendNetworkConfig config = {.task_row = -1};
    int radius;
    if (network)
        return network->extent(weights, &config, &info->align, &radius, error);
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                _("%s: this version of Mend has no network “%.80s”."), info->model->path,
                info->model->network);
    return FALSE;
}

MendTextureInfo *
mend_texture_read(const char *path, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(path, error);
    if (!weights)
        return NULL;
    const char *kind = mend_weights_meta(weights, "mend.kind");
    if (!kind || strcmp(kind, "texture") != 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_UNSUPPORTED, _("%s is not a texture model."),
                    path);
        return NULL;
    }
    g_autoptr(MendTextureInfo) info = g_new0(MendTextureInfo, 1);
    info->model = g_new0(MendModelInfo, 1);
    info->model->path = g_strdup(path);
    GStatBuf facts;
    info->model->bytes = g_stat(path, &facts) == 0 ? (guint64)facts.st_size : 0;
    Reader reader = {weights, error, FALSE};
    read_all(&reader, info);
    if (reader.failed || !read_extent(weights, info, error))
        return NULL;
    return g_steal_pointer(&info);
}

void
mend_texture_info_free(MendTextureInfo *info)
{
    if (!info)
        return;
    mend_model_info_free(info->model);
    g_free(info->n_styles);
    g_free(info);
}

static gboolean
is_any(const char *name, const char *any)
{
    return !name || !name[0] || strcmp(name, any) == 0;
}

static gboolean
has(const MendTextureInfo *info, const char *material)
{
    return is_any(material, "none") || mend_model_task_row(info->model, material) >= 0;
}

static void
free_info(gpointer info)
{
    mend_texture_info_free(info);
}

GPtrArray *
mend_textures_list(GPtrArray *problems)
{
    g_autoptr(GPtrArray) files = mend_models_files();
    GPtrArray *list = g_ptr_array_new_with_free_func(free_info);
    for (guint i = 0; i < files->len; i++) {
        g_autoptr(GError) reason = NULL;
        MendTextureInfo *info = mend_texture_read(g_ptr_array_index(files, i), &reason);
        if (info)
            g_ptr_array_add(list, info);
        else if (problems && !mend_error_is(reason, MEND_ERROR_UNSUPPORTED) &&
                 !g_ptr_array_find_with_equal_func(problems, reason->message, g_str_equal, NULL))
            g_ptr_array_add(problems, g_strdup(reason->message));
    }
    return list;
}

/* The first of the installed ones that fits. known: what there is, for a message. */
static MendTextureInfo *
find_installed(const char *name, const char *material, GString *known)
{
    g_autoptr(GPtrArray) list = mend_textures_list(NULL);
    for (guint i = 0; i < list->len; i++) {
        const MendTextureInfo *info = g_ptr_array_index(list, i);
        if (is_any(name, "auto") ? has(info, material) : strcmp(info->model->id, name) == 0)
            return g_ptr_array_steal_index(list, i);
        g_autofree char *classes = g_strjoinv(", ", info->model->tasks);
        g_string_append_printf(known, "%s%s (%s)", known->len ? "; " : "", info->model->id,
                               classes);
    }
    return NULL;
}

/* None is installed at all. */
static void
refuse_none(GError **error)
{
    g_autoptr(GPtrArray) folders = mend_models_folders();
    g_ptr_array_add(folders, NULL);
    g_autofree char *places = g_strjoinv(", ", (char **)folders->pdata);
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                _("There is no texture model. Put one, a .safetensors file, into one of: %s."),
                places);
}

MendTextureInfo *
mend_texture_choose(const char *name, const char *material, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    g_autoptr(MendTextureInfo) info = NULL;
    if (name && (strchr(name, G_DIR_SEPARATOR) || g_str_has_suffix(name, ".safetensors")))
        info = mend_texture_read(name, error);
    else if (!(info = find_installed(name, material, known)) && !known->len)
        refuse_none(error);
    else if (!info)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    _("There is no texture model%s%s for the material “%s”. Installed: %s."),
                    is_any(name, "auto") ? "" : " ", is_any(name, "auto") ? "" : name,
                    is_any(material, "none") ? "none" : material, known->str);
    if (!info)
        return NULL;
    if (has(info, material))
        return g_steal_pointer(&info);
    g_autofree char *classes = g_strjoinv(", ", info->model->tasks);
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                _("The model “%s” has no material “%s”. It has: %s; or take “none”."),
                info->model->id, material, classes);
    return NULL;
}
