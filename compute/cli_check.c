/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend check: whether a file is a whole model, seen from the header to a first run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/cli_cost.h"
#include "compute/context.h"
#include "compute/error.h"
#include "compute/evaluator.h"
#include "compute/generate.h"
#include "compute/overview.h"
#include "compute/wiener.h"

#define SIDE 64 /* of the picture of the trial run, pixels; not what tasks are measured on */

typedef struct {
    MendModelInfo *model;
    MendTextureInfo *texture; /* owns model, where that is a texture model's */
    guint n_arrays;
    MendModelCost cost;
    double load_seconds; /* from the path to a network that is ready to run */
    double seconds;      /* one evaluation */
} Facts;

static gboolean
check_arrays(const MendWeights *weights, Facts *facts, GError **error)
{
    facts->n_arrays = mend_weights_count(weights);
    for (guint i = 0; i < facts->n_arrays; i++) {
        const MendArray *array = mend_weights_at(weights, i);
        float *values = mend_block_new(array->count * sizeof *values, error);
        gboolean good = values && mend_array_read_f32(array, values, error);
        if (values && !good)
            g_prefix_error(error, "%s: ", mend_weights_path(weights));
        mend_block_free(values);
        if (!good)
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_means(const MendWeights *weights, const MendModelInfo *model, GError **error)
{
    for (int i = 0; model->tasks[i]; i++) {
        if (model->means[i]->learned && !mend_wiener_check(weights, error))
            return FALSE;
        g_autoptr(MendGraph) graph = mend_graph_new(weights);
        if (model->overview >> i & 1 && !mend_overview_build(graph, weights, model, i, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_run(Facts *facts, GError **error)
{
    gint64 start = g_get_monotonic_time();
    MendShape shape = {3, SIDE, SIDE};
    g_autoptr(MendModelInfo) again = mend_model_read(facts->model->path, error);
    if (!again)
        return FALSE;
    MendEvaluatorParams params = {again, again->tasks[0], "cpu", 0, FALSE};
    g_autoptr(MendEvaluator) evaluator = mend_evaluator_new(&params, SIDE, SIDE, error);
    if (!evaluator)
        return FALSE;
    gint64 ready = g_get_monotonic_time();
    facts->load_seconds = (double)(ready - start) * 1e-6;
    g_auto(MendTensor) picture = mend_tensor_new(shape, error);
    if (!picture.data)
        return FALSE;
    g_auto(MendTensor) out = mend_tensor_new(shape, error);
    if (!out.data)
        return FALSE;
    for (size_t i = 0; i < mend_shape_count(shape); i++)
        picture.data[i] = (float)(i % SIDE) / SIDE;
    gboolean good = mend_evaluator_predict(evaluator, picture, picture, picture,
                                           facts->model->schedule.T, out, NULL, NULL, error);
    facts->seconds = (double)(g_get_monotonic_time() - ready) * 1e-6;
    return good;
}

/* A detection model: one run over a grey picture. */
static gboolean
check_detector(const MendWeights *weights, Facts *facts, GError **error)
{
    gint64 start = g_get_monotonic_time();
    MendContext context;
    for (guint i = 0; i < facts->n_arrays; i++)
        facts->cost.n_parameters += mend_weights_at(weights, i)->count;
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, SIDE, SIDE}, error);
    for (size_t i = 0; picture.data && i < mend_shape_count(picture.shape); i++)
        picture.data[i] = 0.5f;
    if (!picture.data || !mend_context_look(weights, "", picture, &context, error))
        return FALSE;
    facts->seconds = (double)(g_get_monotonic_time() - start) * 1e-6;
    int n = (int)g_strv_length(facts->model->tasks);
    if (n == context.n_classes)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: it names %d classes, its network has %d.", facts->model->path, n,
                context.n_classes);
    return FALSE;
}

static gboolean
ignore_picture(MendTensor picture, int number, const MendGeneratePicture *about, gpointer data)
{
    (void)picture, (void)number, (void)about, (void)data;
    return TRUE;
}

static gboolean
check_texture(const MendWeights *weights, Facts *facts, GError **error)
{
    MendGenerateHooks hooks = {.picture = ignore_picture};
    MendGenerateOptions options;
    MendGenerateInfo info;
    mend_generate_options_init(&options);
    options.width = options.height = SIDE;
    options.plain = TRUE;
    options.evaluations = 2;
    g_strlcpy(options.device, "cpu", sizeof options.device);
    g_autofree char *path = g_canonicalize_filename(facts->model->path, NULL);
    if (g_strlcpy(options.model, path, sizeof options.model) >= sizeof options.model) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "%s: this path is too long to be tried.",
                    facts->model->path);
        return FALSE;
    }
    for (guint i = 0; i < facts->n_arrays; i++)
        facts->cost.n_parameters += mend_weights_at(weights, i)->count;
    if (!mend_generate(&options, &hooks, &info, error))
        return FALSE;
    facts->seconds = info.seconds;
    return TRUE;
}

/* Of whatever kind it is. */
static gboolean
read_info(const char *path, Facts *facts, GError **error)
{
    g_autoptr(GError) reason = NULL;
    facts->model = mend_model_read(path, &reason);
    if (!mend_error_is(reason, MEND_ERROR_UNSUPPORTED)) {
        if (reason)
            g_propagate_error(error, g_steal_pointer(&reason));
        return facts->model != NULL;
    }
    g_autoptr(GError) why = NULL;
    facts->texture = mend_texture_read(path, &why);
    if (mend_error_is(why, MEND_ERROR_UNSUPPORTED)) /* it is neither of the two */
        g_propagate_error(error, g_steal_pointer(&reason));
    else if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    facts->model = facts->texture ? facts->texture->model : NULL;
    return facts->model != NULL;
}

static gboolean
check_file(const char *path, Facts *facts, GError **error)
{
    gboolean known = read_info(path, facts, error);
    g_autoptr(MendWeights) weights = known ? mend_weights_open(path, error) : NULL;
    if (!weights || !check_arrays(weights, facts, error))
        return FALSE;
    if (facts->texture)
        return check_texture(weights, facts, error);
    if (facts->model->detector)
        return check_detector(weights, facts, error);
    return mend_model_cost(facts->model, weights, &facts->cost, error) &&
           check_means(weights, facts->model, error) && check_run(facts, error);
}

/* "noise identity, haze dark-channel": owned by the caller. */
static char *
means_of(const MendModelInfo *model)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; model->means && model->tasks[i]; i++)
        g_string_append_printf(text, "%s%s %s%s", i ? ", " : "", model->tasks[i],
                               model->overview >> i & 1 ? MEND_OVERVIEW : "",
                               model->means[i]->name);
    return g_string_free(text, FALSE);
}

static gboolean
print_classes(const Facts *facts)
{
    const MendModelInfo *model = facts->model;
    g_autofree char *classes = g_strjoinv(", ", model->tasks);
    return mend_cli_print("%s: a whole %s model of Mend\n"
                          "  id %s, “%s”, %s\n"
                          "  %s %s\n"
                          "  network %s, %u arrays, %" G_GUINT64_FORMAT " numbers, %.1f MiB\n"
                          "  trial run %.2f s on the CPU\n",
                          model->path, facts->texture ? "texture" : "detection", model->id,
                          model->label, model->licence, facts->texture ? "draws" : "tells apart",
                          classes, model->network, facts->n_arrays, facts->cost.n_parameters,
                          (double)model->bytes / (1 << 20), facts->seconds);
}

static gboolean
print_facts(const Facts *facts)
{
    const MendModelInfo *model = facts->model;
    g_autofree char *tasks = g_strjoinv(", ", model->tasks);
    g_autofree char *offered = g_strjoinv(", ", model->offered);
    g_autofree char *means = means_of(model);
    return mend_cli_print("%s: a whole model of Mend\n"
                          "  id %s, “%s”, %s\n"
                          "  tasks %s; offered: %s\n"
                          "  reverts to %s\n"
                          "  network %s, %u arrays, %" G_GUINT64_FORMAT " numbers, %.1f MiB\n"
                          "  sees %d pixels around (0: everything), sides in steps of %d\n"
                          "  %.1f kFLOP a pixel and evaluation; up to %.0f MiB a megapixel\n"
                          "  loaded in %.3f s; trial run %.2f s on the CPU\n",
                          model->path, model->id, model->label, model->licence, tasks,
                          offered[0] ? offered : "none", means, model->network, facts->n_arrays,
                          facts->cost.n_parameters, (double)model->bytes / (1 << 20),
                          facts->cost.radius, facts->cost.align, facts->cost.flops * 1e-3,
                          facts->cost.bytes_per_megapixel / (1 << 20), facts->load_seconds,
                          facts->seconds);
}

static gboolean
print_json(const char *path, const Facts *facts, const GError *error)
{
    g_autoptr(GString) out = g_string_new("{");
    mend_json_add_text(out, "path", path);
    mend_json_add_flag(out, "good", !error);
    if (error) {
        mend_json_add_text(out, "error", error->message);
    } else {
        mend_json_add_text(out, "id", facts->model->id);
        g_autofree char *means = means_of(facts->model);
        mend_json_add_text(out, "means", means);
        mend_json_add_text(out, "network", facts->model->network);
        mend_json_add_number(out, "arrays", facts->n_arrays);
        mend_json_add_number(out, "numbers", (double)facts->cost.n_parameters);
        mend_json_add_number(out, "bytes", (double)facts->model->bytes);
        mend_json_add_number(out, "radius", facts->cost.radius);
        mend_json_add_number(out, "align", facts->cost.align);
        mend_json_add_number(out, "flops_per_pixel", facts->cost.flops);
        mend_json_add_number(out, "bytes_per_megapixel", facts->cost.bytes_per_megapixel);
        mend_json_add_number(out, "load_seconds", facts->load_seconds);
    }
    return mend_cli_print("%s}\n", out->str);
}

static MendExit
run(char **files, gboolean json)
{
    if (!files || !files[0] || files[1]) {
        fprintf(stderr, "mend: Name one model file.\n");
        return MEND_EXIT_USAGE;
    }
    g_autoptr(GError) error = NULL;
    Facts facts = {0};
    check_file(files[0], &facts, &error);
    gboolean printed = TRUE;
    if (json)
        printed = print_json(files[0], &facts, error);
    else if (!error)
        printed =
            facts.texture || facts.model->detector ? print_classes(&facts) : print_facts(&facts);
    if (!facts.texture)
        mend_model_info_free(facts.model);
    mend_texture_info_free(facts.texture);
    if (error)
        return mend_cli_fail(error);
    return printed ? MEND_EXIT_OK : MEND_EXIT_FAILED;
}

int
mend_cli_check(int argc, char **argv)
{
    gboolean json = FALSE;
    char **files = NULL;
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Report as JSON", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(argc, argv, "FILE",
                       "Examines a model file: metadata, arrays, network, a trial run.", entries,
                       NULL))
        status = run(files, json);
    g_strfreev(files);
    return status;
}
