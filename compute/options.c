/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what a user can set, and setting it from text. */
#include "compute/options.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "compute/detect.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/model.h"
#include "compute/sampler.h"

#define ON          "yes"
#define OFF         "no"
#define FIELD(name) offsetof(MendOptions, name), sizeof(((MendOptions *)NULL)->name)

static const char *
task_choice(int index, const char **label)
{
    const MendTask *task = mend_tasks;
    if (index == 0) {
        if (label)
            *label = N_("Detect automatically");
        return MEND_TASK_AUTO;
    }
    for (int i = 1; i < index && task->id; i++)
        task++;
    if (label)
        *label = task->label;
    return task->id;
}

static const char *
sampler_choice(int index, const char **label)
{
    if (index == 0) {
        if (label)
            *label = N_("Recommended for the model");
        return "auto";
    }
    const MendSampler *sampler = mend_samplers;
    for (int i = 1; i < index && sampler->name; i++)
        sampler++;
    if (label)
        *label = sampler->label;
    return sampler->name;
}

static const char *
grid_choice(int index, const char **label)
{
    const char *value = index == 0 ? "auto" : mend_grid_names[index - 1];
    if (label)
        *label = value;
    return value;
}

static const char *
output_choice(int index, const char **label)
{
    static const struct {
        const char *id, *label;
    } outputs[] = {
        {"new-layer", N_("New layer above")},
        {"in-place", N_("Change the layer itself")},
        {"new-image", N_("New image")},
        {NULL, NULL},
    };
    if (label)
        *label = outputs[index].label;
    return outputs[index].id;
}

const MendOption mend_options[] = {
    {"task", N_("_Task"), N_("What is wrong with the picture"), MEND_OPTION_CHOICE,
     MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(task), 0, 0, "", task_choice},
    {"steps", N_("Ste_ps"), N_("Network evaluations: more is slower; 0: the model's Good preset"),
     MEND_OPTION_INT, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(steps), 0, 1000, "0", NULL},
    {"sampler", N_("S_ampler"), N_("How the diffusion process is solved"), MEND_OPTION_CHOICE,
     MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(sampler), 0, 0, "auto", sampler_choice},
    {"strength", N_("Stren_gth"), N_("How much of the restoration is used: 0 nothing, 1 all"),
     MEND_OPTION_DOUBLE, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(strength), 0, 1, "1", NULL},
    {"seed", N_("S_eed"), N_("Start of the random numbers: the same seed gives the same result"),
     MEND_OPTION_INT, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(seed), 0, G_MAXINT, "0", NULL},
    {"device", N_("_Device"), N_("What computes: a device's id, or auto"), MEND_OPTION_NAME,
     MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(device), 0, 0, "auto", NULL},
    {"output", N_("O_utput"), N_("Where the result goes"), MEND_OPTION_CHOICE, MEND_FOR_GIMP,
     FIELD(output), 0, 0, "new-layer", output_choice},
    {"model", N_("_Model"), N_("A model's id or file, or auto: the first that offers the task"),
     MEND_OPTION_NAME, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(model), 0, 0, "auto", NULL},
    {"alternatives", N_("_Further results"),
     N_("Alternatives: so many further restorations, each as likely as the others"),
     MEND_OPTION_INT, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(alternatives), 0, 64, "0", NULL},
    {"variety", N_("_How different"),
     N_("How far alternatives may go: 0 like each other, 1 in all that is open"),
     MEND_OPTION_DOUBLE, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(variety), 0, 1, "0.5", NULL},
    {"uncertainty", N_("Uncertainty by pi_xel"),
     N_("A map of how far alternatives differ: the standard deviation over at least eight"),
     MEND_OPTION_BOOL, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(uncertainty), 0, 1, "no", NULL},
    {"grain", N_("Gra_in of fills"),
     N_("Texture for what fills a hole, and structure where it is wide: 0 none, 1 as around it"),
     MEND_OPTION_DOUBLE, MEND_FOR_CLI | MEND_FOR_GIMP, FIELD(grain), 0, 1, "1", NULL},
    {"tile", N_("Ti_le"), N_("Side of a tile in pixels; 0: automatic"), MEND_OPTION_INT,
     MEND_FOR_CLI, FIELD(tile), 0, 16384, "0", NULL},
    {"grid", N_("G_rid"), N_("Times at which the network is asked"), MEND_OPTION_CHOICE,
     MEND_FOR_CLI, FIELD(grid), 0, 0, "auto", grid_choice},
    {.name = NULL},
};

const MendOption *
mend_fields_find(const MendOption *rows, const char *name)
{
    for (const MendOption *option = rows; option->name; option++) {
        if (g_strcmp0(option->name, name) == 0)
            return option;
    }
    return NULL;
}

const MendOption *
mend_option_find(const char *name)
{
    return mend_fields_find(mend_options, name);
}

void
mend_fields_init(const MendOption *rows, gpointer fields)
{
    for (const MendOption *option = rows; option->name; option++) {
        void *field = (char *)fields + option->offset;
        int whole = (int)g_ascii_strtoll(option->fallback, NULL, 10);
        double number = g_ascii_strtod(option->fallback, NULL);
        gboolean on = strcmp(option->fallback, ON) == 0;
        if (option->type == MEND_OPTION_INT)
            memcpy(field, &whole, sizeof whole);
        else if (option->type == MEND_OPTION_DOUBLE)
            memcpy(field, &number, sizeof number);
        else if (option->type == MEND_OPTION_BOOL)
            memcpy(field, &on, sizeof on);
        else
            g_strlcpy(field, option->fallback, option->size);
    }
}

void
mend_options_init(MendOptions *options)
{
    memset(options, 0, sizeof *options);
    mend_fields_init(mend_options, options);
}

static gboolean
refuse(const MendOption *option, const char *text, const char *allowed, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(text, (gssize)strnlen(text, 200));
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, _("%s: “%s” is not possible. Use %s."),
                option->name, shown, allowed);
    return FALSE;
}

static gboolean
check_choice(const MendOption *option, const char *text, GError **error)
{
    g_autoptr(GString) allowed = g_string_new("one of: ");
    const char *value;
    for (int i = 0; (value = option->choice(i, NULL)); i++) {
        if (strcmp(value, text) == 0)
            return TRUE;
        g_string_append_printf(allowed, "%s%s", i ? ", " : "", value);
    }
    return refuse(option, text, allowed->str, error);
}

static gboolean
check_name(const MendOption *option, const char *text, GError **error)
{
    g_autofree char *allowed =
        g_strdup_printf("\"auto\", or a name of at most %zu bytes", option->size - 1);
    if (strlen(text) < option->size && g_utf8_validate(text, -1, NULL))
        return TRUE;
    return refuse(option, text, allowed, error);
}

static gboolean
check_number(const MendOption *option, double value, const char *text, GError **error)
{
    if (value >= option->min && value <= option->max)
        return TRUE;
    g_autofree char *allowed = g_strdup_printf(
        "%s from %.12g to %.12g", option->type == MEND_OPTION_INT ? "a whole number" : "a number",
        option->min, option->max);
    return refuse(option, text, allowed, error);
}

static gboolean
set_int(const MendOption *option, const char *text, int *field, GError **error)
{
    char *end = NULL;
    errno = 0;
    gint64 value = g_ascii_strtoll(text, &end, 10);
    gboolean whole = end != text && *end == '\0' && errno == 0;
    if (!check_number(option, whole ? (double)value : (double)NAN, text, error))
        return FALSE;
    *field = (int)value;
    return TRUE;
}

static gboolean
set_double(const MendOption *option, const char *text, double *field, GError **error)
{
    char *end = NULL;
    double value = g_ascii_strtod(text, &end);
    gboolean whole = end != text && *end == '\0';
    if (!check_number(option, whole ? value : (double)NAN, text, error))
        return FALSE;
    *field = value;
    return TRUE;
}

static gboolean
set_bool(const MendOption *option, const char *text, gboolean *field, GError **error)
{
    if (strcmp(text, ON) != 0 && strcmp(text, OFF) != 0)
        return refuse(option, text, ON " or " OFF, error);
    *field = strcmp(text, ON) == 0;
    return TRUE;
}

gboolean
mend_fields_set(const MendOption *rows, gpointer fields, const char *name, const char *text,
                GError **error)
{
    const MendOption *option = mend_fields_find(rows, name);
    if (!option) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, _("There is no option “%s”."), name);
        return FALSE;
    }
    void *field = (char *)fields + option->offset;
    switch (option->type) {
    case MEND_OPTION_INT:
        return set_int(option, text, field, error);
    case MEND_OPTION_DOUBLE:
        return set_double(option, text, field, error);
    case MEND_OPTION_BOOL:
        return set_bool(option, text, field, error);
    case MEND_OPTION_CHOICE:
        if (!check_choice(option, text, error))
            return FALSE;
        break;
    case MEND_OPTION_NAME:
        if (!check_name(option, text, error))
            return FALSE;
        break;
    }
    g_strlcpy(field, text, option->size);
    return TRUE;
}

gboolean
mend_options_set(MendOptions *options, const char *name, const char *text, GError **error)
{
    return mend_fields_set(mend_options, options, name, text, error);
}

/* The shortest text that reads back as the same number. */
static char *
print_double(double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%.15g", value);
    if (g_ascii_strtod(text, NULL) != value)
        g_ascii_dtostr(text, sizeof text, value);
    return g_strdup(text);
}

char *
mend_fields_get(const MendOption *rows, gconstpointer fields, const char *name)
{
    const MendOption *option = mend_fields_find(rows, name);
    g_return_val_if_fail(option, NULL);
    const void *field = (const char *)fields + option->offset;
    switch (option->type) {
    case MEND_OPTION_INT:
        return g_strdup_printf("%d", *(const int *)field);
    case MEND_OPTION_DOUBLE:
        return print_double(*(const double *)field);
    case MEND_OPTION_BOOL:
        return g_strdup(*(const gboolean *)field ? ON : OFF);
    case MEND_OPTION_CHOICE:
    case MEND_OPTION_NAME:
        break;
    }
    return g_strndup(field, option->size - 1);
}

char *
mend_options_get(const MendOptions *options, const char *name)
{
    return mend_fields_get(mend_options, options, name);
}

gboolean
mend_options_equal(const MendOptions *a, const MendOptions *b)
{
    gboolean equal = TRUE;
    for (const MendOption *option = mend_options; equal && option->name; option++) {
        g_autofree char *first = mend_options_get(a, option->name);
        g_autofree char *second = mend_options_get(b, option->name);
        equal = strcmp(first, second) == 0;
    }
    return equal;
}

gboolean
mend_options_check(const MendOptions *options, GError **error)
{
    if (!options->task[0]) {
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_OPTION,
            _("No task is named. Say what is wrong with the picture, for example “noise”."));
        return FALSE;
    }
    MendOptions copy = *options;
    for (const MendOption *option = mend_options; option->name; option++) {
        g_autofree char *text = mend_options_get(options, option->name);
        if (!mend_options_set(&copy, option->name, text, error))
            return FALSE;
    }
    return TRUE;
}
