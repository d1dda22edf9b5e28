/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture models: metadata, choice, and the preconditioned network on a torus. */
#include "compute/texture.h"

#include <math.h>
#include <string.h>

#include "compute/context.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/network.h"
#include "compute/rng.h"

#define MATERIALS_MAX 64
#define STYLES_MAX    100000
#define STYLE_STREAM  77
#define PAINT         12 /* numbers: c and A */

/* The first error sticks. */
typedef struct {
    const MendWeights *weights;
    GError **error;
    gboolean failed;
} Reader;

static const char *
need(Reader *r, const char *key, const char *expected)
{
    const char *value = mend_weights_meta(r->weights, key);
    gboolean good = value && value[0] && strlen(value) < 4096;
    for (const char *p = value; good && *p; p++)
        good = !g_ascii_iscntrl(*p);
    if (good)
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
                      (!paints || is_table(paints, sum, PAINT))))
        return;
    g_set_error(r->error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: its tables styles and paints do not have %g rows of %d and %d numbers, as its "
                "mend.styles says.",
                info->model->path, sum, MEND_CONTEXT_VECTOR, PAINT);
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
                "%s: this version of Mend has no network “%.80s”.", info->model->path,
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
        g_set_error(error, MEND_ERROR, MEND_ERROR_UNSUPPORTED, "%s is not a texture model.", path);
        return NULL;
    }
    g_autoptr(MendTextureInfo) info = g_new0(MendTextureInfo, 1);
    info->model = g_new0(MendModelInfo, 1);
    info->model->path = g_strdup(path);
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
mend_textures_list(void)
{
    g_autoptr(GPtrArray) files = mend_models_files();
    GPtrArray *list = g_ptr_array_new_with_free_func(free_info);
    for (guint i = 0; i < files->len; i++) {
        MendTextureInfo *info = mend_texture_read(g_ptr_array_index(files, i), NULL);
        if (info)
            g_ptr_array_add(list, info);
    }
    return list;
}

/* The first of the installed ones that fits. known: what there is, for a message. */
static MendTextureInfo *
find_installed(const char *name, const char *material, GString *known)
{
    g_autoptr(GPtrArray) list = mend_textures_list();
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
                "There is no texture model. Put one, a .safetensors file, into one of: %s.",
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
                    "There is no texture model%s%s for the material “%s”. Installed: %s.",
                    is_any(name, "auto") ? "" : " ", is_any(name, "auto") ? "" : name,
                    is_any(material, "none") ? "none" : material, known->str);
    if (!info)
        return NULL;
    if (has(info, material))
        return g_steal_pointer(&info);
    g_autofree char *classes = g_strjoinv(", ", info->model->tasks);
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                "The model “%s” has no material “%s”. It has: %s; or take “none”.", info->model->id,
                material, classes);
    return NULL;
}

struct MendTexture {
    const MendTextureInfo *info;
    MendTextureParams params;
    MendEvaluator *evaluator, *any; /* any: for the guidance, else NULL */
    MendTensor scaled;              /* c_in z: what the network sees */
    MendTensor unguided;            /* what any answers */
    float *styles, *paints;         /* of the material, [n_styles][64] and [12]; NULL: none */
    int n_styles, style;
    gboolean shifts; /* by random numbers: after the first draw */
    MendRng shift;
    MendFrame frame;
};

static void
draw(gpointer data, guint64 number)
{
    MendTexture *t = data;
    t->shifts = TRUE;
    t->shift = (MendRng){number, 0};
}

/* Networks that halve their maps have a grid: each answer has it somewhere else, so that it does
 * not show in what becomes of many. */
static void
shift_grid(MendTexture *t)
{
    int at[2];
    for (int i = 0; i < 2; i++, t->shift.stream++)
        at[i] = MIN((int)(mend_rng_uniform(t->shift) * t->info->align), t->info->align - 1);
    mend_evaluator_shift(t->evaluator, at[0], at[1]);
    if (t->any)
        mend_evaluator_shift(t->any, at[0], at[1]);
}

/* F of the two networks, the second in between being nothing but a direction. */
static gboolean
answer(MendTexture *t, double time, MendTensor to, GError **error)
{
    if (!mend_evaluator_predict(t->evaluator, t->scaled, t->scaled, t->scaled, time, to,
                                t->params.go_on, t->params.data, error))
        return FALSE;
    if (!t->any)
        return TRUE;
    if (!mend_evaluator_predict(t->any, t->scaled, t->scaled, t->scaled, time, t->unguided,
                                t->params.go_on, t->params.data, error))
        return FALSE;
    size_t n = mend_shape_count(to.shape);
    float strength = (float)t->params.guidance;
    for (size_t i = 0; i < n; i++)
        to.data[i] = t->unguided.data[i] + strength * (to.data[i] - t->unguided.data[i]);
    return TRUE;
}

static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    MendTexture *t = data;
    double d = t->info->sigma_data, center = t->info->center, s2 = sigma * sigma + d * d;
    double skip = d * d / s2, gain = sigma * d / sqrt(s2), scale = 1 / sqrt(s2);
    const float *x = w->data;
    float *out = clean->data;
    for (size_t i = 0; i < w->n; i++)
        t->scaled.data[i] = (float)(((double)x[i] - center) * scale);
    double time = t->info->time_offset + t->info->time_scale * log(sigma) / 4;
    MendTensor to = {t->scaled.shape, out};
    if (t->shifts)
        shift_grid(t);
    if (!answer(t, time, to, error))
        return FALSE;
    for (size_t i = 0; i < w->n; i++)
        out[i] = (float)(center + skip * ((double)x[i] - center) + gain * (double)out[i]);
    return TRUE;
}

/* n rows of a table, from first on. Owned by the caller; NULL where it fails. */
static float *
load_rows(const MendWeights *weights, const char *name, int first, int n, size_t columns,
          GError **error)
{
    const MendArray *table = mend_weights_get(weights, name, error);
    if (!table)
        return NULL;
    if (table->count < (size_t)(first + n) * columns) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    "%s: its table %s is not what it was a moment ago.", mend_weights_path(weights),
                    name);
        return NULL;
    }
    g_autofree float *all = g_new(float, table->count);
    if (!mend_array_read_f32(table, all, error))
        return NULL;
    return g_memdup2(all + (size_t)first * columns, (size_t)n * columns * sizeof *all);
}

/* The rows of the material, or all where it is "none" or has no row of its own. */
static gboolean
load_styles(MendTexture *t, GError **error)
{
    int row = mend_model_task_row(t->info->model, t->params.material), first = 0, n = 0;
    int n_classes = (int)g_strv_length(t->info->model->tasks);
    if (row >= 0 && t->info->n_styles[row] == 0)
        row = -1;
    for (int i = 0; i < n_classes; i++) {
        first += i < row ? t->info->n_styles[i] : 0;
        n += row < 0 || i == row ? t->info->n_styles[i] : 0;
    }
    g_autoptr(MendWeights) weights = mend_weights_open(t->info->model->path, error);
    if (!weights)
        return FALSE;
    t->n_styles = n;
    t->styles = load_rows(weights, "styles", first, n, MEND_CONTEXT_VECTOR, error);
    if (!t->styles)
        return FALSE;
    if (mend_weights_find(weights, "paints"))
        t->paints = load_rows(weights, "paints", first, n, PAINT, error);
    return t->paints || !mend_weights_find(weights, "paints");
}

static gboolean
open_any(MendTexture *t, MendEvaluatorParams params, MendShape shape, GError **error)
{
    params.task = NULL;
    t->any = mend_evaluator_new(&params, shape.w, shape.h, error);
    if (t->any)
        t->unguided = mend_tensor_new(shape, error);
    return t->unguided.data != NULL;
}

MendTexture *
mend_texture_open(const MendTextureInfo *info, const MendTextureParams *params, int width,
                  int height, GError **error)
{
    g_autoptr(MendTexture) texture = g_new0(MendTexture, 1);
    MendEvaluatorParams evaluator = {info->model, params->material, params->device, params->tile,
                                     TRUE};
    texture->info = info;
    texture->params = *params;
    texture->frame = (MendFrame){clean_of, info->sigma_min, info->sigma_max, texture, draw};
    texture->evaluator = mend_evaluator_new(&evaluator, width, height, error);
    if (!texture->evaluator)
        return NULL;
    MendShape shape = {3, height, width};
    texture->scaled = mend_tensor_new(shape, error);
    if (!texture->scaled.data || (info->n_styles && !load_styles(texture, error)))
        return NULL;
    gboolean guided = params->guidance != 0 && params->guidance != 1 && evaluator.task &&
                      mend_model_task_row(info->model, evaluator.task) >= 0;
    if (guided && !open_any(texture, evaluator, shape, error))
        return NULL;
    mend_texture_turn(texture, 0);
    return g_steal_pointer(&texture);
}

void
mend_texture_free(MendTexture *texture)
{
    if (!texture)
        return;
    mend_evaluator_free(texture->evaluator);
    mend_evaluator_free(texture->any);
    mend_tensor_clear(&texture->scaled);
    mend_tensor_clear(&texture->unguided);
    g_free(texture->styles);
    g_free(texture->paints);
    g_free(texture);
}

int
mend_texture_cost(const MendTexture *texture)
{
    return texture->any ? 2 : 1;
}

void
mend_texture_turn(MendTexture *t, guint64 draw)
{
    if (t->n_styles == 0)
        return;
    double u = mend_rng_uniform((MendRng){mend_rng_split(t->params.seed, draw), STYLE_STREAM});
    t->style = MIN((int)(u * t->n_styles), t->n_styles - 1);
    mend_evaluator_tell(t->evaluator, t->styles + (size_t)t->style * MEND_CONTEXT_VECTOR);
}

void
mend_texture_paint(const MendTexture *t, MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape) / 3;
    if (!t->paints)
        return;
    const float *c = t->paints + (size_t)t->style * PAINT, *a = c + 3;
    for (size_t i = 0; i < n; i++) {
        float *p = picture.data + i, u0 = p[0], u1 = p[n], u2 = p[2 * n];
        for (int k = 0; k < 3; k++)
            p[(size_t)k * n] = c[k] + a[3 * k] * u0 + a[3 * k + 1] * u1 + a[3 * k + 2] * u2;
    }
}

const MendFrame *
mend_texture_frame(const MendTexture *texture)
{
    return &texture->frame;
}

const char *
mend_texture_device(const MendTexture *texture)
{
    return mend_evaluator_device(texture->evaluator)->name;
}

const char *
mend_texture_note(const MendTexture *texture)
{
    return mend_evaluator_note(texture->evaluator);
}
