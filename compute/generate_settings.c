/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what a user can set for generating. */
#include "compute/generate_settings.h"

#include <string.h>

#include "compute/i18n.h"

#define FIELD(name)                                                                                \
    offsetof(MendGenerateSettings, name), sizeof(((MendGenerateSettings *)NULL)->name)

typedef struct {
    const char *id, *label;
} Row;

static const char *
row_of(const Row *rows, int index, const char **label)
{
    if (label)
        *label = rows[index].label;
    return rows[index].id;
}

static const char *
size_choice(int index, const char **label)
{
    static const Row rows[] = {{"typed", N_("As typed")},
                               {"image", N_("Of the image")},
                               {"selection", N_("Of the selection")},
                               {NULL, NULL}};
    return row_of(rows, index, label);
}

static const char *
method_choice(int index, const char **label)
{
    static const Row rows[] = {{"dlg", N_("Chains (Denoising MCMC)")},
                               {"plain", N_("Each picture from noise")},
                               {NULL, NULL}};
    return row_of(rows, index, label);
}

static const char *
output_choice(int index, const char **label)
{
    static const Row rows[] = {{"layers", N_("Layers")},
                               {"new-image", N_("New image")},
                               {"pattern", N_("Patterns")},
                               {NULL, NULL}};
    return row_of(rows, index, label);
}

static const char *
integrator_choice(int index, const char **label)
{
    if (label)
        *label = mend_integrators[index].label;
    return mend_integrators[index].name;
}

const MendOption mend_generate_fields[] = {
    {"material", N_("_Material"), N_("What it shows: a class of the model, or none for any"),
     MEND_OPTION_NAME, MEND_FOR_GIMP, FIELD(made.material), 0, 0, "none", NULL},
    {"size", N_("Si_ze"), N_("Where the size is taken from"), MEND_OPTION_CHOICE, MEND_FOR_GIMP,
     FIELD(size), 0, 0, "typed", size_choice},
    {"width", N_("_Width"), N_("In pixels, where the size is typed"), MEND_OPTION_INT,
     MEND_FOR_GIMP, FIELD(made.width), 8, 65536, "512", NULL},
    {"height", N_("_Height"), N_("In pixels, where the size is typed"), MEND_OPTION_INT,
     MEND_FOR_GIMP, FIELD(made.height), 8, 65536, "512", NULL},
    {"tileable", N_("Tilea_ble"),
     N_("Opposite edges match. The size becomes the next larger one that the network can do"),
     MEND_OPTION_BOOL, MEND_FOR_GIMP, FIELD(made.tileable), 0, 0, "yes", NULL},
    {"seed", N_("S_eed"), N_("Start of the random numbers: the same seed gives the same result"),
     MEND_OPTION_INT, MEND_FOR_GIMP, FIELD(made.seed), 0, G_MAXINT, "0", NULL},
    {"count", N_("_Number"), N_("How many are made"), MEND_OPTION_INT, MEND_FOR_GIMP,
     FIELD(made.count), 1, 1000, "8", NULL},
    {"evaluations", N_("E_valuations"),
     N_("Of the network for each picture: more is slower. A chain's first picture takes 19"),
     MEND_OPTION_INT, MEND_FOR_GIMP, FIELD(made.evaluations), 1, 1000, "10", NULL},
    {"method", N_("Me_thod"),
     N_("Chains make the second and later pictures cheap, and pictures that are alike"),
     MEND_OPTION_CHOICE, MEND_FOR_GIMP, FIELD(method), 0, 0, "dlg", method_choice},
    {"chains", N_("_Chains"), N_("That go side by side; 0: one for every four pictures"),
     MEND_OPTION_INT, MEND_FOR_GIMP, FIELD(made.n_chains), 0, 4096, "0", NULL},
    {"similarity", N_("Similarit_y"),
     N_("Of a picture to the one that it comes from: 0 little, 1 nearly the same"),
     MEND_OPTION_DOUBLE, MEND_FOR_GIMP, FIELD(made.similarity), 0, 1, "0.4", NULL},
    {"class-strength", N_("Cl_ass strength"),
     N_("How clearly the material is shown; above 1 half of the evaluations go into it"),
     MEND_OPTION_DOUBLE, MEND_FOR_GIMP, FIELD(made.guidance), 1, 8, "1", NULL},
    {"integrator", N_("_Integrator"), N_("How noise becomes a picture"), MEND_OPTION_CHOICE,
     MEND_FOR_GIMP, FIELD(made.integrator), 0, 0, "karras", integrator_choice},
    {"device", N_("_Device"), N_("What computes: a device's id, or auto"), MEND_OPTION_NAME,
     MEND_FOR_GIMP, FIELD(made.device), 0, 0, "auto", NULL},
    {"model", N_("Mode_l"), N_("A texture model's id or file; auto: the first with the material"),
     MEND_OPTION_NAME, MEND_FOR_GIMP, FIELD(made.model), 0, 0, "auto", NULL},
    {"output", N_("O_utput"), N_("What becomes of the pictures"), MEND_OPTION_CHOICE, MEND_FOR_GIMP,
     FIELD(output), 0, 0, "layers", output_choice},
    {.name = NULL},
};

gboolean
mend_generate_settings_options(const MendGenerateSettings *settings, int width, int height,
                               MendGenerateOptions *options, GError **error)
{
    *options = settings->made;
    options->width = width;
    options->height = height;
    options->plain = strcmp(settings->method, "plain") == 0;
    return mend_generate_options_check(options, error);
}

const char *
mend_material_label(const char *material)
{
    static const Row rows[] = {
        {"none", N_("Any material")},
        {"asphalt", N_("Asphalt")},
        {"bark", N_("Bark")},
        {"brick", N_("Brick")},
        {"concrete", N_("Concrete")},
        {"fabric", N_("Fabric")},
        {"grass", N_("Grass")},
        {"ground", N_("Ground")},
        {"leather", N_("Leather")},
        {"marble", N_("Marble")},
        {"metal", N_("Metal")},
        {"paper", N_("Paper")},
        {"pattern", N_("Pattern")},
        {"paving", N_("Paving")},
        {"planks", N_("Planks")},
        {"plaster", N_("Plaster")},
        {"plastic", N_("Plastic")},
        {"roof", N_("Roof")},
        {"snow", N_("Snow")},
        {"stone", N_("Stone")},
        {"tiles", N_("Tiles")},
        {"wood", N_("Wood")},
        {NULL, NULL},
    };
    for (const Row *row = rows; row->id; row++) {
        if (strcmp(row->id, material) == 0)
            return row->label;
    }
    return material;
}
