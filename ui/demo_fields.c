/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as properties. */
#include "ui/demo_fields.h"

void
demo_fields_get(const MendOption *rows, gconstpointer fields, GParamSpec *spec, GValue *value)
{
    g_autofree char *text = mend_fields_get(rows, fields, spec->name);
    if (G_VALUE_HOLDS_INT(value))
        g_value_set_int(value, (int)g_ascii_strtoll(text, NULL, 10));
    else if (G_VALUE_HOLDS_DOUBLE(value))
        g_value_set_double(value, g_ascii_strtod(text, NULL));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        g_value_set_boolean(value, g_str_equal(text, "yes"));
    else
        g_value_set_string(value, text);
}

void
demo_fields_set(const MendOption *rows, gpointer fields, GParamSpec *spec, const GValue *value)
{
    g_autoptr(GError) error = NULL;
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    const char *text = number;
    if (G_VALUE_HOLDS_INT(value))
        g_snprintf(number, sizeof number, "%d", g_value_get_int(value));
    else if (G_VALUE_HOLDS_DOUBLE(value))
        g_ascii_dtostr(number, sizeof number, g_value_get_double(value));
    else if (G_VALUE_HOLDS_BOOLEAN(value))
        text = g_value_get_boolean(value) ? "yes" : "no";
    else
        text = g_value_get_string(value);
    if (!mend_fields_set(rows, fields, spec->name, text ? text : "", &error))
        g_warning("%s", error->message);
}

static GParamSpec *
spec_of(const MendOption *option)
{
    const char *name = option->name;
    if (option->type == MEND_OPTION_INT)
        return g_param_spec_int(name, name, name, (int)option->min, (int)option->max,
                                (int)option->min, G_PARAM_READWRITE);
    if (option->type == MEND_OPTION_DOUBLE)
        return g_param_spec_double(name, name, name, option->min, option->max, option->min,
                                   G_PARAM_READWRITE);
    if (option->type == MEND_OPTION_BOOL)
        return g_param_spec_boolean(name, name, name, FALSE, G_PARAM_READWRITE);
    return g_param_spec_string(name, name, name, NULL, G_PARAM_READWRITE);
}

void
demo_fields_install(GObjectClass *klass, const MendOption *rows)
{
    guint id = 1;
    for (const MendOption *option = rows; option->name; option++) {
        if (option->scope & MEND_FOR_GIMP)
            g_object_class_install_property(klass, id++, spec_of(option));
    }
}
