/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend restore: pictures in, restored pictures out. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "compute/cli_more.h"
#include "compute/cli_pairs.h"
#include "compute/error.h"

typedef struct {
    MendOptions options;
    char **inputs; /* NULL-terminated */
    char *out, *mask;
    gboolean json;
    char **outputs; /* one for each input */
} Request;

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean
refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, MEND_ERROR, MEND_ERROR_OPTION, message);
    return FALSE;
}

/* In a folder each result has its input's name; none may take another's place or an input's. */
static gboolean
name_outputs_in_folder(Request *r, GError **error)
{
    if (g_mkdir_with_parents(r->out, 0777) != 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot make the folder %s: %s.", r->out,
                    g_strerror(errno));
        return FALSE;
    }
    for (int i = 0; r->inputs[i]; i++) {
        g_autofree char *name = g_path_get_basename(r->inputs[i]);
        r->outputs[i] = g_build_filename(r->out, name, NULL);
        for (int k = 0; k < i; k++) {
            if (strcmp(r->outputs[k], r->outputs[i]) == 0)
                return refuse(error, "%s and %s would both become %s. Restore them one by one.",
                              r->inputs[k], r->inputs[i], r->outputs[i]);
        }
        gboolean exists = g_file_test(r->outputs[i], G_FILE_TEST_EXISTS);
        for (int k = 0; exists && r->inputs[k]; k++) {
            if (mend_cli_same_file(r->inputs[k], r->outputs[i]))
                return refuse(error, "%s would be overwritten. Name another folder.", r->inputs[k]);
        }
    }
    return TRUE;
}

/* A name without an extension is no picture's. */
static gboolean
is_folder(const char *out)
{
    g_autofree char *name = g_path_get_basename(out);
    return g_str_has_suffix(out, "/") || g_file_test(out, G_FILE_TEST_IS_DIR) ||
           (!strchr(name, '.') && !g_file_test(out, G_FILE_TEST_EXISTS));
}

static gboolean
name_outputs(Request *r, GError **error)
{
    guint n = r->inputs ? g_strv_length(r->inputs) : 0;
    if (n == 0)
        return refuse(error, "Which picture? Name at least one.");
    if (!r->out)
        return refuse(error, "Where to? Name a file or a folder with -o.");
    r->outputs = g_new0(char *, n + 1);
    if (n > 1 || is_folder(r->out))
        return name_outputs_in_folder(r, error);
    r->outputs[0] = g_strdup(r->out);
    return TRUE;
}

/* The mask for an input: the file itself, or the picture's partner in the folder. */
static MendTensor
mask_for(const Request *r, const char *input, MendShape shape, GError **error)
{
    if (!r->mask)
        return (MendTensor){0};
    g_autofree char *name = g_path_get_basename(input);
    if (!g_file_test(r->mask, G_FILE_TEST_IS_DIR))
        return mend_cli_read_mask(r->mask, shape, error);
    g_autofree char *path = mend_picture_partner(r->mask, name);
    if (!path)
        path = g_build_filename(r->mask, name, NULL); /* to be named by the error */
    return mend_cli_read_mask(path, shape, error);
}

static gboolean
restore_one(const Request *r, int i, MendCliMore *more, MendRestoreInfo *info, GError **error)
{
    g_auto(MendPicture) picture = {0};
    mend_cli_more_init(more, &picture, r->outputs[i]);
    if (!mend_picture_writable(r->outputs[i], error) ||
        !mend_cli_more_check(&r->options, r->outputs[i], r->inputs, r->outputs, error) ||
        !mend_picture_read(r->inputs[i], &picture, error) ||
        !mend_picture_fits(r->outputs[i], &picture, error))
        return FALSE;
    g_auto(MendTensor) mask = mask_for(r, r->inputs[i], picture.pixels.shape, error);
    if (r->mask && !mask.data)
        return FALSE;
    g_autofree char *title = g_path_get_basename(r->inputs[i]);
    return mend_cli_run(&picture, mask, &r->options, title, more, info, error) &&
           mend_picture_write(r->outputs[i], &picture, error);
}

static void
add_result(GString *json, const Request *r, int i, const MendCliMore *more,
           const MendRestoreInfo *info, const GError *error)
{
    mend_json_open(json, NULL, '{');
    mend_json_add_text(json, "input", r->inputs[i]);
    if (error) {
        mend_json_add_text(json, "error", error->message);
    } else {
        mend_json_add_text(json, "output", r->outputs[i]);
        mend_cli_add_info(json, info);
        mend_json_add_flag(json, "absent", info->absent);
        mend_cli_more_add_json(json, more, &info->more);
    }
    g_string_append_c(json, '}');
}

/* What cannot be better with the next picture ends the run. */
static gboolean
concerns_all(const GError *error)
{
    return mend_error_is(error, MEND_ERROR_OPTION) || mend_error_is(error, MEND_ERROR_CANCELLED) ||
           mend_error_is(error, MEND_ERROR_WEIGHTS);
}

static MendExit
restore_all(const Request *r)
{
    g_autoptr(GString) json = g_string_new("{");
    MendExit status = MEND_EXIT_OK;
    int done = 0, failed = 0;
    gboolean stop = FALSE;
    mend_json_open(json, "results", '[');
    for (int i = 0; r->inputs[i] && !stop; i++) {
        g_autoptr(GError) error = NULL;
        MendRestoreInfo info = {0};
        g_auto(MendCliMore) more = {0};
        if (restore_one(r, i, &more, &info, &error)) {
            done++;
            if (info.confidence > 0)
                fprintf(stderr, "mend: %s: detected %s (%.0f %%)\n", r->inputs[i], info.task,
                        info.confidence * 100);
            mend_cli_tell_notes(r->inputs[i], &info);
        } else {
            failed++;
            status = mend_cli_fail(error);
            stop = concerns_all(error);
        }
        add_result(json, r, i, &more, &info, error);
    }
    g_string_append(json, "]}");
    if (r->json && !mend_cli_print("%s\n", json->str))
        return MEND_EXIT_FAILED;
    return failed && done && status == MEND_EXIT_FAILED ? MEND_EXIT_SOME : status;
}

static void
clear(Request *r)
{
    g_strfreev(r->inputs);
    g_strfreev(r->outputs);
    g_free(r->out);
    g_free(r->mask);
}

int
mend_cli_restore(int argc, char **argv)
{
    Request r = {0};
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &r.out,
         "File; or folder, made if missing: a name without extension, or for several pictures",
         "OUT"},
        {"mask", 0, 0, G_OPTION_ARG_FILENAME, &r.mask,
         "Picture of the same size, white where to restore; or a folder of them, by name (the "
         "extension may differ). Holes "
         "without one: what is white in the picture",
         "MASK"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r.inputs, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GError) error = NULL;
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(argc, argv, "IN...", "Restores pictures (PNG, JPEG, PPM, PGM, PFM).",
                       entries, &r.options)) {
        mend_cli_catch_interrupt();
        if (mend_options_check(&r.options, &error) && name_outputs(&r, &error))
            status = restore_all(&r);
        else
            status = mend_cli_fail(error);
    }
    clear(&r);
    return status;
}
