/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Putting JSON together, member by member. */
#include <math.h>
#include <string.h>

#include "compute/json.h"

static void
add_key(GString *out, const char *key)
{
    if (out->len && !strchr("{[", out->str[out->len - 1]))
        g_string_append(out, ", ");
    if (key) {
        g_autofree char *valid = g_utf8_make_valid(key, -1);
        mend_json_quote(out, valid);
        g_string_append(out, ": ");
    }
}

void
mend_json_add_text(GString *out, const char *key, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    add_key(out, key);
    mend_json_quote(out, valid);
}

void
mend_json_add_number(GString *out, const char *key, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    add_key(out, key);
    g_string_append(out,
                    isfinite(value) ? g_ascii_formatd(text, sizeof text, "%.10g", value) : "null");
}

void
mend_json_add_flag(GString *out, const char *key, gboolean value)
{
    add_key(out, key);
    g_string_append(out, value ? "true" : "false");
}

void
mend_json_open(GString *out, const char *key, char bracket)
{
    add_key(out, key);
    g_string_append_c(out, bracket);
}
