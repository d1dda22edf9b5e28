/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict JSON reader (RFC 8259) for file headers and test cases, and quoting what we print. */
#include "compute/json.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/tensor.h"

#define MAX_DEPTH  32
#define MAX_LENGTH (16 << 20)
#define MAX_NUMBER 64

struct MendJson {
    MendJsonValue *values; /* the one block: values, then text */
    char *text;            /* where the next unescaped string goes */
    size_t n_values;
};

typedef struct {
    MendJson *json;
    const char *start, *at, *end;
    gboolean lenient;
    GError **error;
} Parser;

static gboolean
fail(Parser *p, const char *what)
{
    g_set_error(p->error, MEND_ERROR, MEND_ERROR_FAILED, "JSON: %s at byte %" G_GSIZE_FORMAT ".",
                what, (gsize)(p->at - p->start));
    return FALSE;
}

static void
skip_space(Parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

static gboolean
take(Parser *p, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
        return FALSE;
    p->at += n;
    return TRUE;
}

static gboolean
parse_hex4(Parser *p, gunichar *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        int digit = p->at < p->end ? g_ascii_xdigit_value(*p->at) : -1;
        if (digit < 0)
            return fail(p, "four hexadecimal digits are expected");
        *code = *code << 4 | (gunichar)digit;
    }
    return TRUE;
}

/* After "\u". NUL is refused because strings are handed out NUL-terminated. */
static gboolean
parse_unicode(Parser *p)
{
    gunichar code, low;
    if (!parse_hex4(p, &code))
        return FALSE;
    if (code >= 0xd800 && code < 0xdc00) {
        if (!take(p, "\\u") || !parse_hex4(p, &low) || low < 0xdc00 || low > 0xdfff)
            return p->error && *p->error ? FALSE : fail(p, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return fail(p, "half of a surrogate pair");
    }
    if (code == 0)
        return fail(p, "a NUL character in a string");
    p->json->text += g_unichar_to_utf8(code, p->json->text);
    return TRUE;
}

static gboolean
parse_escape(Parser *p)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end)
        return fail(p, "the text ends within a string");
    char c = *p->at++;
    if (c == 'u')
        return parse_unicode(p);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return fail(p, "unknown escape in a string");
    *p->json->text++ = to[found - from];
    return TRUE;
}

static gboolean
parse_string(Parser *p, const char **string)
{
    if (!take(p, "\""))
        return fail(p, "a string is expected");
    *string = p->json->text;
    while (p->at < p->end && *p->at != '"') {
        char c = *p->at++;
        if ((guchar)c < 0x20)
            return fail(p, "a control character in a string");
        if (c != '\\')
            *p->json->text++ = c;
        else if (!parse_escape(p))
            return FALSE;
    }
    if (p->at == p->end)
        return fail(p, "the text ends within a string");
    p->at++;
    *p->json->text++ = '\0';
    return TRUE;
}

static gboolean
parse_non_finite(Parser *p, MendJsonValue *value)
{
    if (take(p, "NaN"))
        value->number = NAN;
    else if (take(p, "Infinity"))
        value->number = INFINITY;
    else if (take(p, "-Infinity"))
        value->number = -INFINITY;
    else
        return FALSE;
    return TRUE;
}

/* One or more digits. */
static gboolean
skip_digits(Parser *p)
{
    const char *from = p->at;
    while (p->at < p->end && g_ascii_isdigit(*p->at))
        p->at++;
    return p->at > from;
}

static gboolean
parse_number(Parser *p, MendJsonValue *value)
{
    value->kind = MEND_JSON_NUMBER;
    if (p->lenient && parse_non_finite(p, value))
        return TRUE;
    const char *from = p->at;
    gboolean whole = TRUE;
    take(p, "-");
    if (!take(p, "0") && !skip_digits(p))
        return fail(p, "a value is expected");
    if (take(p, ".")) {
        whole = FALSE;
        if (!skip_digits(p))
            return fail(p, "digits are expected after the point");
    }
    if (take(p, "e") || take(p, "E")) {
        whole = FALSE;
        if (!take(p, "+"))
            take(p, "-");
        if (!skip_digits(p))
            return fail(p, "digits are expected in the exponent");
    }
    char digits[MAX_NUMBER + 1];
    size_t n = (size_t)(p->at - from);
    if (n > MAX_NUMBER)
        return fail(p, "a number of more than 64 characters");
    memcpy(digits, from, n);
    digits[n] = '\0';
    value->number = g_ascii_strtod(digits, NULL);
    if (!isfinite(value->number))
        return fail(p, "a number beyond the range of double precision");
    value->is_integer = whole && g_ascii_string_to_signed(digits, 10, G_MININT64, G_MAXINT64,
                                                          &value->integer, NULL);
    return TRUE;
}

static gboolean parse_value(Parser *p, MendJsonValue *value, int depth);

static gboolean
parse_members(Parser *p, MendJsonValue *value, char close, int depth)
{
    const MendJsonValue **link = &value->first;
    p->at++;
    skip_space(p);
    if (p->at < p->end && *p->at == close) {
        p->at++;
        return TRUE;
    }
    for (;;) {
        MendJsonValue *member = &p->json->values[p->json->n_values++];
        memset(member, 0, sizeof *member);
        skip_space(p);
        if (close == '}') {
            if (!parse_string(p, &member->key))
                return FALSE;
            skip_space(p);
            if (!take(p, ":"))
                return fail(p, "':' is expected");
        }
        if (!parse_value(p, member, depth + 1))
            return FALSE;
        *link = member;
        link = &member->next;
        skip_space(p);
        if (p->at < p->end && *p->at == close)
            break;
        if (!take(p, ","))
            return fail(p, close == '}' ? "',' or '}' is expected" : "',' or ']' is expected");
    }
    p->at++;
    return TRUE;
}

static gboolean
parse_value(Parser *p, MendJsonValue *value, int depth)
{
    skip_space(p);
    if (p->at == p->end)
        return fail(p, "the text ends where a value is expected");
    char c = *p->at;
    if (c == '{' || c == '[') {
        if (depth >= MAX_DEPTH)
            return fail(p, "more than 32 levels");
        value->kind = c == '{' ? MEND_JSON_OBJECT : MEND_JSON_ARRAY;
        return parse_members(p, value, c == '{' ? '}' : ']', depth);
    }
    if (c == '"') {
        value->kind = MEND_JSON_STRING;
        return parse_string(p, &value->string);
    }
    value->kind = MEND_JSON_BOOL;
    if (take(p, "true"))
        value->boolean = TRUE;
    else if (take(p, "null"))
        value->kind = MEND_JSON_NULL;
    else if (!take(p, "false"))
        return parse_number(p, value);
    return TRUE;
}

/* Each value but the first follows one of these characters, so this is never too few. */
static size_t
count_values(const char *text, gsize length)
{
    size_t n = 1;
    for (gsize i = 0; i < length; i++)
        n += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return n;
}

MendJson *
mend_json_parse(const char *text, gsize length, gboolean lenient, GError **error)
{
    g_autoptr(GError) problem = NULL;
    Parser p = {NULL, text, text, text + length, lenient, &problem};
    const char *invalid;
    if (length > MAX_LENGTH) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                    "JSON: %" G_GSIZE_FORMAT " bytes are more than the allowed %d.", length,
                    MAX_LENGTH);
        return NULL;
    }
    if (!g_utf8_validate_len(text, length, &invalid)) {
        p.at = invalid;
        fail(&p, "invalid UTF-8");
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    /* A string without its quotes, plus NUL, is never longer than with them. */
    size_t values_bytes = count_values(text, length) * sizeof(MendJsonValue);
    MendJsonValue *block = mend_block_new(values_bytes + length + 1, error);
    if (!block)
        return NULL;
    g_autoptr(MendJson) json = g_new0(MendJson, 1);
    *json = (MendJson){block, (char *)block + values_bytes, 1};
    p.json = json;
    memset(block, 0, sizeof *block);
    gboolean ok = parse_value(&p, block, 0);
    skip_space(&p);
    if (ok && p.at < p.end)
        ok = fail(&p, "something follows the value");
    if (!ok) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    return g_steal_pointer(&json);
}

void
mend_json_free(MendJson *json)
{
    if (!json)
        return;
    mend_block_free(json->values);
    g_free(json);
}

const MendJsonValue *
mend_json_root(const MendJson *json)
{
    return json->values;
}

const MendJsonValue *
mend_json_member(const MendJsonValue *value, const char *key)
{
    if (!value || value->kind != MEND_JSON_OBJECT)
        return NULL;
    for (const MendJsonValue *member = value->first; member; member = member->next)
        if (strcmp(member->key, key) == 0)
            return member;
    return NULL;
}

double
mend_json_number(const MendJsonValue *value, double otherwise)
{
    return value && value->kind == MEND_JSON_NUMBER ? value->number : otherwise;
}

const char *
mend_json_string(const MendJsonValue *value, const char *otherwise)
{
    return value && value->kind == MEND_JSON_STRING ? value->string : otherwise;
}

guint
mend_json_length(const MendJsonValue *value)
{
    guint n = 0;
    for (const MendJsonValue *member = value ? value->first : NULL; member; member = member->next)
        n++;
    return n;
}

void
mend_json_quote(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_printf(out, "\\%c", *text);
        else if ((guchar)*text < 0x20)
            g_string_append_printf(out, "\\u%04x", (guchar)*text);
        else
            g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}
