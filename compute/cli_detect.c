/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend detect: what is wrong with pictures. */
#include <stdio.h>

#include "compute/cli.h"
#include "compute/detect.h"
#include "compute/error.h"

enum { SHOWN = 3 }; /* findings of a line; JSON has all */

/* seconds: of the detection, without reading the file. */
static gboolean
detect_file(const char *path, MendDetection *detection, double *seconds, GError **error)
{
    g_auto(MendPicture) picture = {0};
    if (!mend_picture_read(path, &picture, error))
        return FALSE;
    g_auto(MendTensor) rgb = mend_picture_rgb(&picture, error);
    gint64 start = g_get_monotonic_time();
    gboolean good = rgb.data && mend_detect(rgb, detection, error);
    *seconds = (double)(g_get_monotonic_time() - start) * 1e-6;
    return good;
}

static void
add_json(GString *out, const char *path, const MendDetection *detection, double seconds,
         const GError *error)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "input", path);
    if (error)
        mend_json_add_text(out, "error", error->message);
    else
        mend_json_add_number(out, "seconds", seconds);
    if (!error)
        mend_json_open(out, "findings", '[');
    for (int i = 0; i < detection->n && !error; i++) {
        mend_json_open(out, NULL, '{');
        mend_json_add_text(out, "task", detection->findings[i].what);
        mend_json_add_number(out, "probability", detection->findings[i].chance);
        g_string_append_c(out, '}');
    }
    g_string_append(out, error ? "}" : "]}");
}

static gboolean
print_line(const char *path, const MendDetection *detection)
{
    g_autoptr(GString) line = g_string_new(path);
    for (int i = 0; i < MIN(detection->n, SHOWN); i++)
        g_string_append_printf(line, "%s%s %.1f %%", i ? ", " : ": ", detection->findings[i].what,
                               detection->findings[i].chance * 100);
    return mend_cli_print("%s\n", line->str);
}

static MendExit
detect_all(char **files, gboolean json)
{
    g_autoptr(GString) out = g_string_new("{");
    MendExit status = MEND_EXIT_OK;
    gboolean some = FALSE, stop = FALSE;
    mend_json_open(out, "pictures", '[');
    for (int i = 0; files[i] && !stop && !mend_cli_interrupted(); i++) {
        g_autoptr(GError) error = NULL;
        MendDetection detection = {0};
        double seconds = 0;
        if (!detect_file(files[i], &detection, &seconds, &error)) {
            status = mend_cli_fail(error);
            stop = mend_error_is(error, MEND_ERROR_WEIGHTS); /* no better with the next picture */
        } else {
            some = TRUE;
            if (!json && !print_line(files[i], &detection))
                return MEND_EXIT_FAILED;
        }
        add_json(out, files[i], &detection, seconds, error);
    }
    if (json && !mend_cli_print("%s]}\n", out->str))
        return MEND_EXIT_FAILED;
    if (mend_cli_interrupted())
        return MEND_EXIT_CANCELLED;
    return some && status == MEND_EXIT_FAILED ? MEND_EXIT_SOME : status;
}

int
mend_cli_detect(int argc, char **argv)
{
    gboolean json = FALSE;
    char **files = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Report as JSON, with all probabilities", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(
            argc, argv, "IN...",
            "Says what is wrong with pictures (PNG, JPEG, PPM, PGM, PFM): the likeliest tasks.",
            entries, NULL)) {
        mend_cli_catch_interrupt();
        if (files)
            status = detect_all(files, json);
        else
            fprintf(stderr, "mend: Which picture? Name at least one.\n");
    }
    g_strfreev(files);
    return status;
}
