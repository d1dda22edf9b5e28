/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads safetensors files; the header is checked whole before anything is handed out. */
#include "compute/weights.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/file.h"
#include "compute/i18n.h"
#include "compute/json.h"
#include "compute/tensor.h"

#define PREFIX     8 /* bytes of the header's length */
#define MAX_HEADER (16 << 20)
#define MAX_DIMS   8

struct MendWeights {
    char *path;
    void *bytes;      /* the file */
    MendJson *header; /* owns all names and metadata */
    const MendJsonValue *meta;
    GArray *arrays; /* MendArray, sorted by name */
};

/* All element types of the format, so that every array's size can be checked. Those past
 * MEND_F64 exist in files but are never read as numbers. */
static const struct {
    const char *name;
    size_t size;
} types[] = {
    [MEND_F32] = {"F32", 4},
    [MEND_F16] = {"F16", 2},
    [MEND_BF16] = {"BF16", 2},
    [MEND_F64] = {"F64", 8},
    {"I64", 8},
    {"I32", 4},
    {"I16", 2},
    {"I8", 1},
    {"U64", 8},
    {"U32", 4},
    {"U16", 2},
    {"U8", 1},
    {"BOOL", 1},
    {"F8_E5M2", 1},
    {"F8_E4M3", 1},
};

size_t
mend_type_size(MendType type)
{
    return types[type].size;
}

static gboolean G_GNUC_PRINTF(3, 4)
    fail(const MendWeights *weights, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, _("The model file \"%s\" is damaged: %s."),
                weights->path, what);
    return FALSE;
}

static gboolean
parse_type(const MendWeights *weights, MendArray *array, const MendJsonValue *entry, GError **error)
{
    const char *name = mend_json_string(mend_json_member(entry, "dtype"), NULL);
    if (!name)
        return fail(weights, error, "\"%s\" has no dtype", array->name);
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            array->type = (MendType)i;
            return TRUE;
        }
    }
    return fail(weights, error, "\"%s\" has the unknown dtype \"%.32s\"", array->name, name);
}

static gboolean
parse_dims(const MendWeights *weights, MendArray *array, const MendJsonValue *entry, GError **error)
{
    const MendJsonValue *dims = mend_json_member(entry, "shape");
    if (!dims || dims->kind != MEND_JSON_ARRAY)
        return fail(weights, error, "\"%s\" has no shape", array->name);
    array->count = 1;
    for (const MendJsonValue *dim = dims->first; dim; dim = dim->next) {
        if (array->n_dims == MAX_DIMS)
            return fail(weights, error, "\"%s\" has more than %d dimensions", array->name,
                        MAX_DIMS);
        if (!dim->is_integer || dim->integer < 0 ||
            !g_size_checked_mul(&array->count, array->count, (gsize)dim->integer))
            return fail(weights, error, "\"%s\" has an impossible shape", array->name);
        array->dims[array->n_dims++] = dim->integer;
    }
    return TRUE;
}

static gboolean
parse_offsets(const MendWeights *weights, MendArray *array, const MendJsonValue *entry,
              const guint8 *data, size_t size, GError **error)
{
    const MendJsonValue *offsets = mend_json_member(entry, "data_offsets");
    const MendJsonValue *begin =
        offsets && offsets->kind == MEND_JSON_ARRAY ? offsets->first : NULL;
    const MendJsonValue *end = begin ? begin->next : NULL;
    if (!end || end->next || !begin->is_integer || !end->is_integer)
        return fail(weights, error, "\"%s\" has no pair of data_offsets", array->name);
    if (begin->integer < 0 || end->integer < begin->integer || (guint64)end->integer > size)
        return fail(weights, error,
                    "\"%s\" is said to be at bytes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                    ", but there are %" G_GSIZE_FORMAT,
                    array->name, begin->integer, end->integer, size);
    gsize bytes;
    if (!g_size_checked_mul(&bytes, array->count, types[array->type].size) ||
        bytes != (gsize)(end->integer - begin->integer))
        return fail(weights, error, "the size of \"%s\" does not fit its shape and dtype",
                    array->name);
    array->data = data + begin->integer;
    return TRUE;
}

static gboolean
parse_meta(MendWeights *weights, const MendJsonValue *meta, GError **error)
{
    if (weights->meta || meta->kind != MEND_JSON_OBJECT)
        return fail(weights, error, "__metadata__ is not one object");
    for (const MendJsonValue *item = meta->first; item; item = item->next)
        if (item->kind != MEND_JSON_STRING)
            return fail(weights, error, "the metadata \"%.64s\" is no string", item->key);
    weights->meta = meta;
    return TRUE;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(((const MendArray *)a)->name, ((const MendArray *)b)->name);
}

static int
by_place(gconstpointer a, gconstpointer b)
{
    const MendArray *x = a, *y = b;
    if (x->data != y->data)
        return (const guint8 *)x->data < (const guint8 *)y->data ? -1 : 1;
    return x->count < y->count ? -1 : x->count > y->count; /* empty ones first */
}

/* The format wants the arrays to fill the data without gap or overlap. */
static gboolean
check_places(const MendWeights *weights, const guint8 *data, size_t size, GError **error)
{
    const guint8 *at = data;
    g_array_sort(weights->arrays, by_place);
    for (guint i = 0; i < weights->arrays->len; i++) {
        const MendArray *array = mend_weights_at(weights, i);
        if (array->data != at)
            return fail(weights, error, "\"%s\" %s", array->name,
                        (const guint8 *)array->data < at ? "overlaps another array"
                                                         : "is preceded by unused bytes");
        at += array->count * types[array->type].size;
    }
    if (at != data + size)
        return fail(weights, error,
                    "%" G_GSIZE_FORMAT " bytes follow the last array; perhaps the file is of "
                    "another kind",
                    (gsize)(data + size - at));
    return TRUE;
}

static gboolean
check_names(const MendWeights *weights, GError **error)
{
    g_array_sort(weights->arrays, by_name);
    for (guint i = 1; i < weights->arrays->len; i++)
        if (by_name(mend_weights_at(weights, i - 1), mend_weights_at(weights, i)) == 0)
            return fail(weights, error, "the name \"%s\" is there twice",
                        mend_weights_at(weights, i)->name);
    return TRUE;
}

static gboolean
parse_entries(MendWeights *weights, const guint8 *data, size_t size, GError **error)
{
    const MendJsonValue *root = mend_json_root(weights->header);
    if (root->kind != MEND_JSON_OBJECT)
        return fail(weights, error, "its header is no object");
    for (const MendJsonValue *entry = root->first; entry; entry = entry->next) {
        if (strcmp(entry->key, "__metadata__") == 0) {
            if (!parse_meta(weights, entry, error))
                return FALSE;
            continue;
        }
        MendArray array = {.name = entry->key};
        if (!parse_type(weights, &array, entry, error) ||
            !parse_dims(weights, &array, entry, error) ||
            !parse_offsets(weights, &array, entry, data, size, error))
            return FALSE;
        g_array_append_val(weights->arrays, array);
    }
    return check_places(weights, data, size, error) && check_names(weights, error);
}

static gboolean
parse(MendWeights *weights, const guint8 *bytes, size_t size, GError **error)
{
    guint64 length = 0;
    if (size < PREFIX)
        return fail(weights, error, "it has only %" G_GSIZE_FORMAT " bytes", size);
    for (int i = PREFIX - 1; i >= 0; i--)
        length = length << 8 | bytes[i];
    if (length > size - PREFIX || length > MAX_HEADER)
        return fail(weights, error,
                    "its header is said to have %" G_GUINT64_FORMAT
                    " bytes, the file has %" G_GSIZE_FORMAT
                    " (it may be incomplete, or no safetensors file)",
                    length, size);
    g_autoptr(GError) problem = NULL;
    weights->header = mend_json_parse((const char *)bytes + PREFIX, (gsize)length, FALSE, &problem);
    if (!weights->header) {
        if (mend_error_is(problem, MEND_ERROR_MEMORY)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return FALSE;
        }
        return fail(weights, error, "its header cannot be read (%s)", problem->message);
    }
    return parse_entries(weights, bytes + PREFIX + length, size - PREFIX - (size_t)length, error);
}

static MendWeights *
weights_new(const char *path)
{
    MendWeights *weights = g_new0(MendWeights, 1);
    weights->path = g_strdup(path);
    weights->arrays = g_array_new(FALSE, FALSE, sizeof(MendArray));
    return weights;
}

MendWeights *
mend_weights_open(const char *path, GError **error)
{
    g_autoptr(MendWeights) weights = weights_new(path);
    g_autoptr(GError) problem = NULL;
    size_t size = 0;
    weights->bytes = mend_file_read(path, &size, &problem);
    if (mend_error_is(problem, MEND_ERROR_MEMORY)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    if (!weights->bytes) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, _("The model file cannot be read: %s"),
                    problem->message);
        return NULL;
    }
    if (!parse(weights, weights->bytes, size, error))
        return NULL;
    return g_steal_pointer(&weights);
}

MendWeights *
mend_weights_parse(const void *bytes, size_t size, const char *name, GError **error)
{
    g_autoptr(MendWeights) weights = weights_new(name);
    weights->bytes = mend_block_new(size, error);
    if (!weights->bytes)
        return NULL;
    if (size)
        memcpy(weights->bytes, bytes, size);
    if (!parse(weights, weights->bytes, size, error))
        return NULL;
    return g_steal_pointer(&weights);
}

void
mend_weights_free(MendWeights *weights)
{
    if (!weights)
        return;
    g_array_unref(weights->arrays);
    mend_json_free(weights->header);
    mend_block_free(weights->bytes);
    g_free(weights->path);
    g_free(weights);
}

const char *
mend_weights_path(const MendWeights *weights)
{
    return weights->path;
}

const char *
mend_weights_meta(const MendWeights *weights, const char *key)
{
    return mend_json_string(mend_json_member(weights->meta, key), NULL);
}

const char *
mend_weights_meta_line(const MendWeights *weights, const char *key)
{
    const char *value = mend_weights_meta(weights, key);
    gboolean good = value && value[0] && strlen(value) < 4096;
    for (const char *p = value; good && *p; p++)
        good = !g_ascii_iscntrl(*p);
    return good ? value : NULL;
}

guint
mend_weights_count(const MendWeights *weights)
{
    return weights->arrays->len;
}

const MendArray *
mend_weights_at(const MendWeights *weights, guint index)
{
    return &g_array_index(weights->arrays, MendArray, index);
}

const MendArray *
mend_weights_find(const MendWeights *weights, const char *name)
{
    MendArray wanted = {.name = name};
    guint index;
    if (!g_array_binary_search(weights->arrays, &wanted, by_name, &index))
        return NULL;
    return mend_weights_at(weights, index);
}

const MendArray *
mend_weights_get(const MendWeights *weights, const char *name, GError **error)
{
    const MendArray *array = mend_weights_find(weights, name);
    if (!array)
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    _("The model file \"%s\" has no \"%s\": it does not fit its network."),
                    weights->path, name);
    return array;
}

float
mend_half_to_float(guint16 half)
{
    guint32 sign = (guint32)(half & 0x8000) << 16, exponent = half >> 10 & 31, bits = half & 1023;
    float value;
    if (exponent == 0) { /* zero or subnormal: bits * 2^-24 */
        value = (float)bits * 0x1p-24f;
        return sign ? -value : value;
    }
    guint32 wide = exponent == 31 ? 255 : exponent + 112;
    guint32 word = sign | wide << 23 | bits << 13;
    memcpy(&value, &word, sizeof value);
    return value;
}

guint16
mend_float_to_half(float value)
{
    guint32 word;
    memcpy(&word, &value, sizeof word);
    guint16 sign = (guint16)(word >> 16 & 0x8000);
    word &= 0x7fffffff;
    if (word > 0x7f800000)
        return sign | 0x7e00; /* NaN */
    if (word >= 0x477ff000)
        return sign | 0x7c00; /* rounds to 65536 or more: infinity */
    if (word < 0x38800000)    /* below 2^-14: a whole number of 2^-24 */
        return sign | (guint16)lrintf(fabsf(value) * 0x1p24f);
    guint32 rounded = word + 0xfff + (word >> 13 & 1); /* to nearest, ties to even */
    return sign | (guint16)((rounded >> 13) - (112 << 10));
}

static double
element(const MendArray *array, size_t i)
{
    const guint8 *at = (const guint8 *)array->data + i * types[array->type].size;
    guint16 half;
    guint32 word;
    float single;
    double value = 0;
    switch (array->type) {
    case MEND_F64:
        memcpy(&value, at, sizeof value);
        return value;
    case MEND_F32:
        memcpy(&single, at, sizeof single);
        return single;
    case MEND_F16:
        memcpy(&half, at, sizeof half);
        return mend_half_to_float(half);
    case MEND_BF16:
        memcpy(&half, at, sizeof half);
        word = (guint32)half << 16;
        memcpy(&single, &word, sizeof single);
        return single;
    }
    return value;
}

static gboolean
readable(const MendArray *array, GError **error)
{
    if (array->type <= MEND_F64)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                _("\"%s\" has the dtype %s; only F32, F16, BF16 and F64 can be read."), array->name,
                types[array->type].name);
    return FALSE;
}

static gboolean
not_finite(const MendArray *array, size_t i, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "\"%s\" holds a value that is no finite number (element %" G_GSIZE_FORMAT
                "); get the model file again.",
                array->name, i);
    return FALSE;
}

gboolean
mend_array_read_f32(const MendArray *array, float *dst, GError **error)
{
    if (!readable(array, error))
        return FALSE;
    for (size_t i = 0; i < array->count; i++) {
        dst[i] = (float)element(array, i);
        if (!isfinite(dst[i]))
            return not_finite(array, i, error);
    }
    return TRUE;
}

gboolean
mend_array_read_f64(const MendArray *array, double *dst, GError **error)
{
    if (!readable(array, error))
        return FALSE;
    for (size_t i = 0; i < array->count; i++) {
        dst[i] = element(array, i);
        if (!isfinite(dst[i]))
            return not_finite(array, i, error);
    }
    return TRUE;
}
