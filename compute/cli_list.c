/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend devices, mend models: what is there. */
#include <stdio.h>

#include "compute/backend.h"
#include "compute/cli.h"
#include "compute/cli_cost.h"
#include "compute/model.h"
#include "compute/texture.h"

static gboolean
parse_json_only(int argc, char **argv, const char *summary, gboolean *json)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, json, "As JSON", NULL},
        G_OPTION_ENTRY_NULL,
    };
    return mend_cli_parse(argc, argv, "", summary, entries, NULL);
}

static void
add_device(GString *out, const MendDeviceInfo *device)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "id", device->id);
    mend_json_add_text(out, "name", device->name);
    mend_json_add_number(out, "score", device->score);
    mend_json_add_number(out, "memory", (double)device->memory);
    mend_json_add_text(out, "note", device->note);
    g_string_append_c(out, '}');
}

int
mend_cli_devices(int argc, char **argv)
{
    gboolean json = FALSE, good = TRUE;
    if (!parse_json_only(argc, argv, "Lists what can compute, the best first.", &json))
        return MEND_EXIT_USAGE;
    int n = 0;
    g_autofree MendDeviceInfo *devices = mend_devices_list(&n);
    g_autoptr(GString) out = g_string_new("{");
    mend_json_open(out, "devices", '[');
    for (int i = 0; i < n && good; i++) {
        add_device(out, &devices[i]);
        if (!json)
            good = mend_cli_print("%-44s %5d  %s%s%s\n", devices[i].id, devices[i].score,
                                  devices[i].name, devices[i].note[0] ? ": " : "", devices[i].note);
    }
    if (json)
        good = mend_cli_print("%s]}\n", out->str);
    return good ? MEND_EXIT_OK : MEND_EXIT_FAILED;
}

static void
add_presets(GString *out, const MendPresets *presets)
{
    mend_json_open(out, "presets", '[');
    for (int i = 0; i < MEND_N_PRESETS; i++) {
        const MendPreset *preset = &presets->at[i];
        mend_json_open(out, NULL, '{');
        mend_json_add_text(out, "sampler", preset->sampler->name);
        mend_json_add_number(out, "steps", preset->steps);
        mend_json_add_text(out, "grid", mend_grid_names[preset->grid]);
        mend_json_add_flag(out, "mirror", preset->mirror);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
}

static void
add_tasks(GString *out, const MendModelInfo *info)
{
    mend_json_open(out, "tasks", '[');
    for (int i = 0; info->tasks[i]; i++) {
        mend_json_open(out, NULL, '{');
        mend_json_add_text(out, "task", info->tasks[i]);
        mend_json_add_flag(out, "offered", mend_model_has_task(info, info->tasks[i]));
        mend_json_add_text(out, "quality", info->quality[i]);
        add_presets(out, &info->presets[i]);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    mend_json_open(out, "steps", '[');
    for (int i = 0; i < 3; i++)
        mend_json_add_number(out, NULL, info->steps[i]);
    g_string_append_c(out, ']');
}

static gboolean
find_cost(const MendModelInfo *info, MendModelCost *cost, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(info->path, error);
    return weights && mend_model_cost(info, weights, cost, error);
}

/* The members are missing where the file has no network that we know; mend check says more. */
static void
add_cost(GString *out, const MendModelInfo *info)
{
    MendModelCost cost;
    if (!find_cost(info, &cost, NULL))
        return;
    mend_json_add_number(out, "parameters", (double)cost.n_parameters);
    mend_json_add_number(out, "flops_per_pixel", cost.flops);
    mend_json_add_number(out, "bytes_per_megapixel", cost.bytes_per_megapixel);
}

/* What a detection model tells apart, or a texture model draws. */
static void
add_classes(GString *out, const MendModelInfo *info)
{
    mend_json_open(out, "classes", '[');
    for (int i = 0; info->tasks[i]; i++)
        mend_json_add_text(out, NULL, info->tasks[i]);
    g_string_append_c(out, ']');
}

static void
add_model(GString *out, const MendModelInfo *info, gboolean restores)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "id", info->id);
    mend_json_add_text(out, "label", info->label);
    mend_json_add_text(out, "path", info->path);
    mend_json_add_number(out, "bytes", (double)info->bytes);
    mend_json_add_text(out, "network", info->network);
    mend_json_add_text(out, "licence", info->licence);
    mend_json_add_text(out, "source", info->source);
    mend_json_add_text(out, "training", info->training);
    if (!restores) {
        add_classes(out, info);
    } else {
        add_cost(out, info);
        add_tasks(out, info);
    }
    g_string_append_c(out, '}');
}

static gboolean
print_model(const MendModelInfo *info)
{
    gboolean good = mend_cli_print("%s  %s\n  %s, %.1f MiB, %s\n", info->id, info->label,
                                   info->path, (double)info->bytes / (1 << 20), info->licence);
    MendModelCost cost;
    g_autoptr(GError) error = NULL;
    if (good && find_cost(info, &cost, &error))
        good = mend_cli_print("  %.2f M parameters, %.3f MFLOP a pixel and evaluation, up to %.0f "
                              "MiB a megapixel\n",
                              (double)cost.n_parameters * 1e-6, cost.flops * 1e-6,
                              cost.bytes_per_megapixel / (1 << 20));
    else if (good)
        good = mend_cli_print("  cannot be used: %s\n", error->message);
    for (int i = 0; info->tasks[i] && good; i++)
        good = mend_cli_print("  %-12s %s%s\n", info->tasks[i],
                              mend_model_has_task(info, info->tasks[i]) ? "" : "(not offered) ",
                              info->quality[i]);
    return good;
}

static gboolean
print_classes(const MendModelInfo *info, const char *what)
{
    g_autofree char *classes = g_strjoinv(", ", info->tasks);
    return mend_cli_print("%s  %s\n  %s, %.1f MiB, %s\n  %s of %s\n", info->id, info->label,
                          info->path, (double)info->bytes / (1 << 20), info->licence, what,
                          classes);
}

static gboolean
print_problems(const GPtrArray *problems)
{
    gboolean good = TRUE;
    for (guint i = 0; i < problems->len && good; i++)
        good = mend_cli_print("left out: %s\n", (const char *)problems->pdata[i]);
    return good;
}

static int
print_all(const GPtrArray *models, const GPtrArray *detectors, const GPtrArray *textures,
          const GPtrArray *problems)
{
    gboolean good = TRUE;
    for (guint i = 0; i < models->len && good; i++)
        good = print_model(models->pdata[i]);
    for (guint i = 0; i < detectors->len && good; i++)
        good = print_classes(detectors->pdata[i], "detection");
    for (guint i = 0; i < textures->len && good; i++)
        good = print_classes(((const MendTextureInfo *)textures->pdata[i])->model, "textures");
    return good && print_problems(problems) ? MEND_EXIT_OK : MEND_EXIT_FAILED;
}

int
mend_cli_models(int argc, char **argv)
{
    gboolean json = FALSE;
    if (!parse_json_only(argc, argv, "Lists the installed models.", &json))
        return MEND_EXIT_USAGE;
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) models = mend_models_list(&problems);
    g_autoptr(GPtrArray) detectors = mend_detectors_list();
    g_autoptr(GPtrArray) textures = mend_textures_list(problems);
    if (!json)
        return print_all(models, detectors, textures, problems);
    g_autoptr(GString) out = g_string_new("{");
    mend_json_open(out, "models", '[');
    for (guint i = 0; i < models->len; i++)
        add_model(out, models->pdata[i], TRUE);
    g_string_append_c(out, ']');
    mend_json_open(out, "detectors", '[');
    for (guint i = 0; i < detectors->len; i++)
        add_model(out, detectors->pdata[i], FALSE);
    g_string_append_c(out, ']');
    mend_json_open(out, "textures", '[');
    for (guint i = 0; i < textures->len; i++)
        add_model(out, ((const MendTextureInfo *)textures->pdata[i])->model, FALSE);
    g_string_append_c(out, ']');
    mend_json_open(out, "problems", '[');
    for (guint i = 0; i < problems->len; i++)
        mend_json_add_text(out, NULL, problems->pdata[i]);
    return mend_cli_print("%s]}\n", out->str) ? MEND_EXIT_OK : MEND_EXIT_FAILED;
}
