/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands that measure have in common: lists of numbers and of names, and tables in JSON
 * files, which a run that was stopped goes on with. Thread: main only. */
#pragma once

#include "compute/json.h"

G_BEGIN_DECLS

/* --flag: “value” is not possible. Use ... MEND_ERROR_OPTION; returns FALSE. */
gboolean mend_cli_refuse(GError **error, const char *flag, const char *value, const char *allowed);
/* Appends the ints of a text such as "1,5,100", rising, 1 to 1000. */
gboolean mend_cli_numbers(const char *flag, const char *text, GArray *numbers, GError **error);
/* Appends the rows that find knows by the names of a text such as "karras,rk45", each once.
 * allowed: what is said of other texts. */
gboolean mend_cli_rows(const char *flag, const char *text, gconstpointer (*find)(const char *name),
                       const char *allowed, GPtrArray *rows, GError **error);
int mend_cli_by_number(gconstpointer a, gconstpointer b); /* for g_array_sort() of ints */
/* SHA-256 of a file, owned by the caller; MEND_ERROR_WEIGHTS. */
char *mend_cli_checksum(const char *path, GError **error);
gboolean mend_cli_make_folder(const char *path, GError **error);

/* A member of a table's file that says what was measured. */
typedef struct {
    const char *key;
    const char *text; /* NULL: number is its value */
    double number;
    const char *words; /* "another model": why rows of another value cannot stand beside ours; NULL:
                        * they can */
} MendTableKey;

void mend_table_add_keys(GString *out, const MendTableKey *keys, size_t n);
/* Hands take the rows ("rows", objects) of the file, where there is one. MEND_ERROR_FAILED where it
 * is no such table or was measured otherwise, or where take returns FALSE. */
gboolean mend_table_resume(const char *path, const MendTableKey *keys, size_t n,
                           gboolean (*take)(gpointer data, const MendJsonValue *row), gpointer data,
                           GError **error);
gboolean mend_table_write(const char *path, const char *text, GError **error);

G_END_DECLS
