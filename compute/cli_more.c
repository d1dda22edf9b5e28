/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files beside a result: their names, and what is in them. */
#include "compute/cli_more.h"

#include <string.h>

#include "compute/error.h"

void
mend_cli_more_init(MendCliMore *more, const MendPicture *like, const char *out)
{
    *more = (MendCliMore){.like = like, .out = out};
    more->alternatives = g_ptr_array_new_with_free_func(g_free);
}

void
mend_cli_more_clear(MendCliMore *more)
{
    g_clear_pointer(&more->alternatives, g_ptr_array_unref);
    g_clear_pointer(&more->uncertainty, g_free);
}

/* "a/b.png" with "alt", 2: "a/b-alt-2.png"; number 0: none. */
static char *
name_beside(const char *out, const char *what, int number)
{
    const char *base = strrchr(out, G_DIR_SEPARATOR), *dot = strrchr(base ? base : out, '.');
    int stem = dot ? (int)(dot - out) : (int)strlen(out);
    if (number > 0)
        return g_strdup_printf("%.*s-%s-%d%s", stem, out, what, number, dot ? dot : "");
    return g_strdup_printf("%.*s-%s%s", stem, out, what, dot ? dot : "");
}

static gboolean
check_name(const char *name, char *const *inputs, char *const *outputs, GError **error)
{
    if (!mend_picture_writable(name, error))
        return FALSE;
    if (g_strv_contains((const char *const *)outputs, name)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "%s would be two results. Restore these pictures one by one.", name);
        return FALSE;
    }
    gboolean exists = g_file_test(name, G_FILE_TEST_EXISTS);
    for (int i = 0; exists && inputs[i]; i++) {
        if (mend_cli_same_file(name, inputs[i])) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                        "%s would be overwritten. Name another output.", inputs[i]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
mend_cli_more_check(const MendOptions *options, const char *out, char *const *inputs,
                    char *const *outputs, GError **error)
{
    for (int i = 1; i <= options->alternatives; i++) {
        g_autofree char *name = name_beside(out, "alt", i);
        if (!check_name(name, inputs, outputs, error))
            return FALSE;
    }
    g_autofree char *name = name_beside(out, "uncertainty", 0);
    return !options->uncertainty || check_name(name, inputs, outputs, error);
}

gboolean
mend_cli_more_alternative(MendTensor picture, int number, gpointer data, GError **error)
{
    MendCliMore *more = data;
    MendPicture own = *more->like; /* tags are borrowed */
    g_autofree char *name = name_beside(more->out, "alt", number);
    g_auto(MendTensor) pixels = mend_tensor_new(own.pixels.shape, error);
    if (!pixels.data)
        return FALSE;
    memcpy(pixels.data, own.pixels.data, mend_shape_count(pixels.shape) * sizeof(float));
    own.pixels = pixels;
    mend_picture_set_rgb(&own, picture);
    if (!mend_picture_write(name, &own, error))
        return FALSE;
    g_ptr_array_add(more->alternatives, g_steal_pointer(&name));
    return TRUE;
}

/* Grey; a format that knows only colours gets three times the same. */
gboolean
mend_cli_more_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data,
                          GError **error)
{
    MendCliMore *more = data;
    g_autofree char *name = name_beside(more->out, "uncertainty", 0);
    g_autofree char *lower = g_ascii_strdown(name, -1);
    gboolean colours = g_str_has_suffix(lower, ".ppm");
    MendShape shape = {colours ? 3 : 1, deviation.shape.h, deviation.shape.w};
    size_t n = mend_shape_count(deviation.shape), all = mend_shape_count(shape);
    g_auto(MendTensor) pixels = mend_tensor_new(shape, error);
    if (!pixels.data)
        return FALSE;
    for (size_t i = 0; i < all; i++)
        pixels.data[i] = deviation.data[i % n] / (float)about->white;
    MendPicture picture = {.pixels = pixels, .bits = more->like->bits};
    if (!mend_picture_write(name, &picture, error))
        return FALSE;
    more->uncertainty = g_steal_pointer(&name);
    more->map = *about;
    return TRUE;
}

void
mend_cli_more_add_json(GString *json, const MendCliMore *more, const MendAlternativesInfo *info)
{
    if (!more->alternatives->len && !more->uncertainty)
        return;
    mend_json_open(json, "alternatives", '[');
    for (guint i = 0; i < more->alternatives->len; i++)
        mend_json_add_text(json, NULL, more->alternatives->pdata[i]);
    g_string_append_c(json, ']');
    mend_json_open(json, "alternative_evaluations", '{');
    mend_json_add_number(json, "first", info->first);
    mend_json_add_number(json, "next", info->next);
    mend_json_add_number(json, "all", info->n_evaluations);
    g_string_append_c(json, '}');
    mend_json_add_number(json, "alternative_level", info->level);
    if (!more->uncertainty)
        return;
    mend_json_open(json, "uncertainty", '{');
    mend_json_add_text(json, "output", more->uncertainty);
    mend_json_add_number(json, "white", more->map.white);
    mend_json_add_number(json, "alternatives", more->map.n_made);
    mend_json_add_number(json, "effective", more->map.effective);
    g_string_append_c(json, '}');
}
