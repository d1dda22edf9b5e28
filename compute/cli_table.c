/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of numbers, checksums, and tables that are continued. */
#include "compute/cli_table.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "compute/block.h"
#include "compute/error.h"
#include "compute/file.h"

gboolean
mend_cli_refuse(GError **error, const char *flag, const char *value, const char *allowed)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "--%s: “%s” is not possible. Use %s.", flag,
                value, allowed);
    return FALSE;
}

gboolean
mend_cli_numbers(const char *flag, const char *text, GArray *numbers, GError **error)
{
    g_auto(GStrv) items = g_strsplit(text, ",", 0);
    for (char **item = items; *item; item++) {
        guint64 n = 0;
        int last = numbers->len ? g_array_index(numbers, int, numbers->len - 1) : 0;
        if (!g_ascii_string_to_unsigned(*item, 10, 1, 1000, &n, NULL) || (int)n <= last)
            return mend_cli_refuse(error, flag, text,
                                   "growing numbers from 1 to 1000, such as “1,5,100”");
        int number = (int)n;
        g_array_append_val(numbers, number);
    }
    return numbers->len > 0 || mend_cli_refuse(error, flag, text, "at least one number");
}

gboolean
mend_cli_rows(const char *flag, const char *text, gconstpointer (*find)(const char *name),
              const char *allowed, GPtrArray *rows, GError **error)
{
    g_auto(GStrv) names = g_strsplit(text, ",", 0);
    for (char **name = names; *name; name++) {
        gconstpointer row = find(*name);
        if (!row || g_ptr_array_find(rows, row, NULL))
            return mend_cli_refuse(error, flag, text, allowed);
        g_ptr_array_add(rows, (gpointer)row);
    }
    return rows->len > 0 || mend_cli_refuse(error, flag, text, "at least one name");
}

int
mend_cli_by_number(gconstpointer a, gconstpointer b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

char *
mend_cli_checksum(const char *path, GError **error)
{
    size_t size = 0;
    g_autoptr(GError) reason = NULL;
    guint8 *bytes = mend_file_read(path, &size, &reason);
    if (!bytes)
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, "Cannot read %s.", reason->message);
    char *sum = bytes ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, size) : NULL;
    mend_block_free(bytes);
    return sum;
}

gboolean
mend_cli_make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0777) == 0)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED, "Cannot make the folder %s: %s.", path,
                g_strerror(errno));
    return FALSE;
}

void
mend_table_add_keys(GString *out, const MendTableKey *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (keys[i].text)
            mend_json_add_text(out, keys[i].key, keys[i].text);
        else
            mend_json_add_number(out, keys[i].key, keys[i].number);
    }
}

/* What makes the file's rows those of another measurement, in words; NULL where nothing does. */
static const char *
difference(const MendTableKey *keys, size_t n, const MendJsonValue *root)
{
    if (!mend_json_member(root, "rows"))
        return "something else in it";
    for (size_t i = 0; i < n; i++) {
        const MendJsonValue *value = mend_json_member(root, keys[i].key);
        gboolean same = keys[i].text ? strcmp(mend_json_string(value, ""), keys[i].text) == 0
                                     : mend_json_number(value, -1) == keys[i].number;
        if (keys[i].words && !same)
            return keys[i].words;
    }
    return NULL;
}

gboolean
mend_table_resume(const char *path, const MendTableKey *keys, size_t n,
                  gboolean (*take)(gpointer data, const MendJsonValue *row), gpointer data,
                  GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) reason = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    g_autoptr(MendJson) json = NULL;
    if (g_file_get_contents(path, &text, &length, &reason))
        json = mend_json_parse(text, length, FALSE, &reason);
    const MendJsonValue *root = json ? mend_json_root(json) : NULL;
    const char *other = root ? difference(keys, n, root) : reason->message;
    const MendJsonValue *rows = mend_json_member(root, "rows");
    for (const MendJsonValue *v = rows ? rows->first : NULL; v && !other; v = v->next) {
        if (!take(data, v))
            other = "a row that is not understood";
    }
    if (!other)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                "%s cannot be continued: it has %s. Name another folder with -o, or remove it.",
                path, other);
    return FALSE;
}

gboolean
mend_table_write(const char *path, const char *text, GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (g_file_set_contents(path, text, -1, &reason))
        return TRUE;
    g_set_error_literal(error, MEND_ERROR, MEND_ERROR_FAILED, reason->message);
    return FALSE;
}
