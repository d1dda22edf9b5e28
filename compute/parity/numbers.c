/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrays of numbers in recorded JSON, of any depth, laid flat. */
#include "compute/parity/numbers.h"

#include "compute/error.h"
#include "compute/tensor.h"

gboolean
mend_numbers_open(MendNumbers *numbers, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length;
    *numbers = (MendNumbers){.path = g_strdup(path),
                             .blocks = g_ptr_array_new_with_free_func(mend_block_free)};
    if (!g_file_get_contents(path, &text, &length, error))
        return FALSE;
    numbers->json = mend_json_parse(text, length, TRUE, error);
    if (!numbers->json)
        g_prefix_error(error, "%s: ", path);
    return numbers->json != NULL;
}

void
mend_numbers_clear(MendNumbers *numbers)
{
    g_clear_pointer(&numbers->blocks, g_ptr_array_unref);
    mend_json_free(numbers->json);
    numbers->json = NULL;
    g_clear_pointer(&numbers->path, g_free);
}

static size_t
count(const MendJsonValue *value)
{
    if (value->kind != MEND_JSON_ARRAY)
        return 1;
    size_t n = 0;
    for (const MendJsonValue *v = value->first; v; v = v->next)
        n += count(v);
    return n;
}

/* FALSE where something is not a number. */
static gboolean
flatten(const MendJsonValue *value, double **to)
{
    if (value->kind == MEND_JSON_NUMBER) {
        *(*to)++ = value->number;
        return TRUE;
    }
    gboolean good = value->kind == MEND_JSON_ARRAY;
    for (const MendJsonValue *v = good ? value->first : NULL; v && good; v = v->next)
        good = flatten(v, to);
    return good;
}

size_t
mend_numbers_count(const MendJsonValue *object, const char *name)
{
    const MendJsonValue *value = mend_json_member(object, name);
    return value ? count(value) : 0;
}

const double *
mend_numbers_get(MendNumbers *numbers, const MendJsonValue *object, const char *name, size_t n,
                 GError **error)
{
    const MendJsonValue *value = mend_json_member(object, name);
    size_t there = value ? count(value) : 0;
    if (n > 0 && there == n) {
        double *block = mend_block_new(n * sizeof *block, error);
        if (!block)
            return NULL;
        g_ptr_array_add(numbers->blocks, block);
        double *to = block;
        if (flatten(value, &to))
            return block;
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: “%s” has %" G_GSIZE_FORMAT " entries; %" G_GSIZE_FORMAT
                " numbers are expected.",
                numbers->path, name, there, n);
    return NULL;
}
