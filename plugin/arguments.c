/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arguments from rows, and back. */
#include "plugin/arguments.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

/* The blurb, and for a choice every value that it takes. */
static char *
describe(const MendOption *option)
{
    GString *text = g_string_new(_(option->blurb));
    for (int i = 0; option->choice; i++) {
        const char *label = NULL, *value = option->choice(i, &label);
        if (!value)
            break;
        g_string_append_printf(text, "%s\"%s\"", i == 0 ? " { " : ", ", value);
        if (label)
            g_string_append_printf(text, " (%s)", _(label));
    }
    if (option->choice)
        g_string_append(text, " }");
    return g_string_free(text, FALSE);
}

void
mend_argument_add(GimpProcedure *procedure, const MendOption *option)
{
    g_autofree char *blurb = describe(option);
    const char *label = _(option->label), *fallback = option->fallback ? option->fallback : "";
    switch (option->type) {
    case MEND_OPTION_CHOICE:
    case MEND_OPTION_NAME:
        gimp_procedure_add_string_argument(procedure, option->name, label, blurb, fallback,
                                           G_PARAM_READWRITE);
        break;
    case MEND_OPTION_INT:
        gimp_procedure_add_int_argument(procedure, option->name, label, blurb, (int)option->min,
                                        (int)option->max, atoi(fallback), G_PARAM_READWRITE);
        break;
    case MEND_OPTION_BOOL:
        gimp_procedure_add_boolean_argument(procedure, option->name, label, blurb,
                                            strcmp(fallback, "yes") == 0, G_PARAM_READWRITE);
        break;
    case MEND_OPTION_DOUBLE:
        gimp_procedure_add_double_argument(procedure, option->name, label, blurb, option->min,
                                           option->max, g_ascii_strtod(fallback, NULL),
                                           G_PARAM_READWRITE);
        break;
    }
}

/* The present value of a property as text that mend_fields_set() reads. */
static char *
property_text(GObject *config, const MendOption *option)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE], *text = NULL;
    gboolean on = FALSE;
    int integer = 0;
    double real = 0;
    switch (option->type) {
    case MEND_OPTION_INT:
        g_object_get(config, option->name, &integer, NULL);
        return g_strdup_printf("%d", integer);
    case MEND_OPTION_DOUBLE:
        g_object_get(config, option->name, &real, NULL);
        return g_strdup(g_ascii_dtostr(number, sizeof number, real));
    case MEND_OPTION_BOOL:
        g_object_get(config, option->name, &on, NULL);
        return g_strdup(on ? "yes" : "no");
    case MEND_OPTION_CHOICE:
    case MEND_OPTION_NAME:
        break;
    }
    g_object_get(config, option->name, &text, NULL);
    return text ? text : g_strdup(option->fallback ? option->fallback : "");
}

gboolean
mend_argument_read(const MendOption *rows, const MendOption *option, GObject *config,
                   gpointer fields, GError **error)
{
    g_autofree char *text = property_text(config, option);
    return mend_fields_set(rows, fields, option->name, text, error);
}
