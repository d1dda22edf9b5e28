/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend generate: pictures from nothing. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/cli.h"
#include "compute/error.h"
#include "compute/generate.h"
#include "compute/metrics.h"

typedef struct {
    MendGenerateOptions options;
    char *out, *size, *material, *method, *integrator, *device, *model, *tileable;
    gboolean json, terminal;
    int percent;      /* shown last */
    GString *results; /* --json: elements of an array */
    GError *reason;   /* why a picture could not be written */
} Request;

static gboolean
take_name(char *to, size_t size, const char *from, GError **error)
{
    if (!from || g_strlcpy(to, from, size) < size)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "“%.40s…” is too long a name.", from);
    return FALSE;
}

static gboolean
take_size(Request *r, GError **error)
{
    int width, height, used = 0;
    if (!r->size)
        return TRUE;
    if (sscanf(r->size, "%9dx%9d%n", &width, &height, &used) == 2 && r->size[used] == '\0') {
        r->options.width = width;
        r->options.height = height;
        return TRUE;
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                "The size “%.40s” is not understood; write it as 512x512.", r->size);
    return FALSE;
}

static gboolean
take_choice(const char *flag, const char *value, const char *yes, const char *no, gboolean *to,
            GError **error)
{
    if (!value || strcmp(value, yes) == 0 || strcmp(value, no) == 0) {
        *to = value ? strcmp(value, yes) == 0 : *to;
        return TRUE;
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "--%s is “%.40s”; it may be %s or %s.", flag,
                value, yes, no);
    return FALSE;
}

static gboolean
take_all(Request *r, GError **error)
{
    MendGenerateOptions *o = &r->options;
    if (!r->out) {
        g_set_error_literal(
            error, MEND_ERROR, MEND_ERROR_OPTION,
            "Where to? Name a file with -o; several become OUT-1.png, OUT-2.png, …");
        return FALSE;
    }
    return take_size(r, error) &&
           take_choice("method", r->method, "plain", "dlg", &o->plain, error) &&
           take_choice("tileable", r->tileable, "yes", "no", &o->tileable, error) &&
           take_name(o->material, sizeof o->material, r->material, error) &&
           take_name(o->integrator, sizeof o->integrator, r->integrator, error) &&
           take_name(o->device, sizeof o->device, r->device, error) &&
           take_name(o->model, sizeof o->model, r->model, error) &&
           mend_generate_options_check(o, error);
}

/* "wall.png" is "wall-3.png" where there are several. Owned by the caller. */
static char *
name_of(const Request *r, int number)
{
    const char *dot = strrchr(r->out, '.'), *slash = strrchr(r->out, '/');
    if (r->options.count == 1)
        return g_strdup(r->out);
    if (!dot || (slash && dot < slash))
        dot = r->out + strlen(r->out);
    return g_strdup_printf("%.*s-%d%s", (int)(dot - r->out), r->out, number + 1, dot);
}

static gboolean
write_picture(MendTensor pixels, int number, const MendGeneratePicture *about, gpointer data)
{
    Request *r = data;
    g_autofree char *path = name_of(r, number);
    MendPicture picture = {.pixels = pixels, .bits = 8};
    if (!mend_picture_write(path, &picture, &r->reason))
        return FALSE;
    mend_json_open(r->results, NULL, '{');
    mend_json_add_text(r->results, "output", path);
    mend_json_add_number(r->results, "chain", about->chain);
    mend_json_add_number(r->results, "evaluations", about->n_evaluations);
    mend_json_add_number(r->results, "level", about->sigma);
    mend_json_add_number(r->results, "restarts", about->n_restarts);
    mend_json_add_number(r->results, "seam", mend_torus_seam(pixels));
    g_string_append_c(r->results, '}');
    return !mend_cli_interrupted();
}

static gboolean
show(double fraction, const char *device, gpointer data)
{
    Request *r = data;
    int percent = (int)(fraction * 100);
    if (r->terminal && percent != r->percent) {
        r->percent = percent;
        fprintf(stderr, "\r\033[Kgenerate: %d %% on %s", percent, device);
    }
    return !mend_cli_interrupted();
}

static gboolean
report(const Request *r, const MendGenerateInfo *info, const GError *failure)
{
    g_autoptr(GString) json = g_string_new("{");
    if (!r->json)
        return TRUE;
    mend_json_open(json, "results", '[');
    g_string_append_printf(json, "%s]", r->results->str);
    if (failure) {
        mend_json_add_text(json, "error", failure->message);
        return mend_cli_print("%s}\n", json->str);
    }
    mend_json_add_text(json, "model", info->model);
    mend_json_add_text(json, "device_name", info->device);
    mend_json_add_number(json, "width", info->width);
    mend_json_add_number(json, "height", info->height);
    mend_json_add_number(json, "evaluations", (double)info->n_evaluations);
    mend_json_add_number(json, "seconds", info->seconds);
    mend_json_add_text(json, "note", info->note);
    return mend_cli_print("%s}\n", json->str);
}

static MendExit
generate(Request *r)
{
    MendGenerateHooks hooks = {write_picture, show, r};
    MendGenerateInfo info = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *first = NULL;
    if (take_all(r, &error))
        first = name_of(r, 0);
    const MendPicture like = {.pixels.shape = {3, r->options.height, r->options.width}, .bits = 8};
    gboolean good = first && mend_picture_writable(first, &error) &&
                    mend_picture_fits(first, &like, &error) &&
                    mend_generate(&r->options, &hooks, &info, &error);
    if (r->percent >= 0)
        fputs("\r\033[K", stderr);
    const GError *failure = good ? NULL : r->reason ? r->reason : error;
    if (good && info.note[0])
        fprintf(stderr, "mend: %s\n", info.note);
    if (!report(r, &info, failure))
        return MEND_EXIT_FAILED;
    return failure ? mend_cli_fail(failure) : MEND_EXIT_OK;
}

static void
clear(Request *r)
{
    char *texts[] = {r->out,        r->size,   r->material, r->method,
                     r->integrator, r->device, r->model,    r->tileable};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_clear_error(&r->reason);
    g_string_free(r->results, TRUE);
}

int
mend_cli_generate(int argc, char **argv)
{
    Request r = {.results = g_string_new(NULL), .percent = -1};
    MendGenerateOptions *o = &r.options;
    r.terminal = isatty(STDERR_FILENO) != 0;
    mend_generate_options_init(o);
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &r.out,
         "File; several become OUT-1.png, OUT-2.png, …", "OUT"},
        {"size", 0, 0, G_OPTION_ARG_STRING, &r.size, "Width and height (512x512)", "WxH"},
        {"material", 0, 0, G_OPTION_ARG_STRING, &r.material, "What it shows (none: anything)",
         "NAME"},
        {"seed", 0, 0, G_OPTION_ARG_INT, &o->seed, "The same seed gives the same pictures (0)",
         "N"},
        {"steps", 0, 0, G_OPTION_ARG_INT, &o->evaluations,
         "Evaluations of the network a picture, all counted (10); a chain's first takes 19", "N"},
        {"count", 0, 0, G_OPTION_ARG_INT, &o->count, "How many pictures (1)", "N"},
        {"chains", 0, 0, G_OPTION_ARG_INT, &o->n_chains,
         "Chains side by side (0: one for every four pictures)", "N"},
        {"similarity", 0, 0, G_OPTION_ARG_DOUBLE, &o->similarity,
         "Of a chain's successive pictures, 0 to 1 (0.4)", "X"},
        {"guidance", 0, 0, G_OPTION_ARG_DOUBLE, &o->guidance,
         "Strength of the material, 1 to 8; above 1 half of the evaluations go into it (1)", "X"},
        {"tileable", 0, 0, G_OPTION_ARG_STRING, &r.tileable, "Edges match: yes or no (yes)",
         "yes|no"},
        {"method", 0, 0, G_OPTION_ARG_STRING, &r.method,
         "dlg: chains; plain: each picture from noise (dlg)", "dlg|plain"},
        {"integrator", 0, 0, G_OPTION_ARG_STRING, &r.integrator, "How noise is removed (karras)",
         "NAME"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &r.device, "See mend devices (auto)", "ID"},
        {"model", 0, 0, G_OPTION_ARG_STRING, &r.model, "A texture model's name or file (auto)",
         "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(argc, argv, "-o OUT", "Draws textures with a texture model.", entries,
                       NULL)) {
        mend_cli_catch_interrupt();
        status = generate(&r);
    }
    clear(&r);
    return status;
}
