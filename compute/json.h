/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict JSON reader for file headers and test cases, and quoting for what we print.
 * Depth and size are bounded; a document is one block. Thread: a document may be read by many. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    MEND_JSON_NULL,
    MEND_JSON_BOOL,
    MEND_JSON_NUMBER,
    MEND_JSON_STRING,
    MEND_JSON_ARRAY,
    MEND_JSON_OBJECT
} MendJsonKind;

typedef struct MendJsonValue MendJsonValue;
struct MendJsonValue {
    MendJsonKind kind;
    const char *key; /* in an object: this member's name (unescaped), else NULL */
    gboolean boolean;
    double number;
    gint64 integer; /* where is_integer: the exact value */
    gboolean is_integer;
    const char *string;         /* unescaped, valid UTF-8, NUL-terminated */
    const MendJsonValue *first; /* array, object: members in order */
    const MendJsonValue *next;  /* sibling */
};

typedef struct MendJson MendJson;

/* Errors name the byte. Depth is at most 32; NaN and Infinity are refused, except where lenient:
 * then NaN, Infinity and -Infinity are numbers (Python writes them). */
MendJson *mend_json_parse(const char *text, gsize length, gboolean lenient, GError **error);
void mend_json_free(MendJson *json); /* NULL is allowed */
const MendJsonValue *mend_json_root(const MendJson *json);

/* Member of an object; NULL where value is NULL, no object, or has no such member. */
const MendJsonValue *mend_json_member(const MendJsonValue *value, const char *key);
double mend_json_number(const MendJsonValue *value, double otherwise);
const char *mend_json_string(const MendJsonValue *value, const char *otherwise);
guint mend_json_length(const MendJsonValue *value); /* members of an array or object */

/* Appends text as a JSON string with its quotes. */
void mend_json_quote(GString *out, const char *text);
/* Appends "key": value and, before it, a comma where out does not end with a bracket. A number that
 * is not finite is null. key NULL: an element of an array. */
void mend_json_add_text(GString *out, const char *key, const char *value);
void mend_json_add_number(GString *out, const char *key, double value);
void mend_json_add_flag(GString *out, const char *key, gboolean value);
/* Appends "key": and the opening bracket. */
void mend_json_open(GString *out, const char *key, char bracket);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendJson, mend_json_free)

G_END_DECLS
