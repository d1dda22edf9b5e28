/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What GIMP knows of plug-in-mend-generate. */
#include "plugin/arguments.h"
#include "plugin/generate.h"
#include "plugin/generate_run.h"

#include <glib/gi18n-lib.h>

#define RENDER "<Image>/Filters/Render/Mend"
#define CREATE "<Image>/File/Create"

static void
add_returns(GimpProcedure *procedure)
{
    gimp_procedure_add_core_object_array_return_value(
        procedure, "layers", _("Layers"), _("The layers made; empty where patterns were"),
        GIMP_TYPE_LAYER, G_PARAM_READWRITE);
    gimp_procedure_add_int_return_value(procedure, "n-pictures", _("Number of pictures"),
                                        _("How many layers or patterns were made"), 0, G_MAXINT, 0,
                                        G_PARAM_READWRITE);
    gimp_procedure_add_image_return_value(procedure, "image", _("Image"),
                                          _("The image that has the layers; none for patterns"),
                                          TRUE, G_PARAM_READWRITE);
}

static void
document(GimpProcedure *procedure)
{
    const char *help =
        _("Draws pictures of a material with a texture model, by chains of Denoising MCMC: the "
          "first picture of a chain comes from noise, each later one costs a few evaluations of "
          "the network. Several layers are put into a group above the selected layer; their "
          "parasite \"mend-settings\" tells how each was made. Without an image, or with the "
          "output \"new-image\", a new one is made; patterns go into GIMP's folder for them. The "
          "same settings and seed give the same pictures.");
    gimp_procedure_set_documentation(
        procedure, _("Draw textures whose edges match: stone, wood, fabric and more"), help, NULL);
    gimp_procedure_set_attribution(procedure, "The Mend authors", "The Mend authors", "2025");
}

GimpProcedure *
mend_generate_create(GimpPlugIn *plug_in)
{
    GimpProcedure *procedure = gimp_image_procedure_new(
        plug_in, MEND_GENERATE, GIMP_PDB_PROC_TYPE_PLUGIN, mend_generate_run, NULL, NULL);
    gimp_procedure_set_image_types(procedure, "*");
    gimp_procedure_set_sensitivity_mask(
        procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE | GIMP_PROCEDURE_SENSITIVE_DRAWABLES |
                       GIMP_PROCEDURE_SENSITIVE_NO_DRAWABLES | GIMP_PROCEDURE_SENSITIVE_NO_IMAGE);
    gimp_procedure_set_menu_label(procedure, _("_Texture…"));
    gimp_procedure_set_icon_name(procedure, "gimp-pattern");
    gimp_procedure_add_menu_path(procedure, RENDER);
    gimp_procedure_add_menu_path(procedure, CREATE);
    document(procedure);
    for (const MendOption *option = mend_generate_fields; option->name; option++)
        mend_argument_add(procedure, option);
    add_returns(procedure);
    return procedure;
}

gboolean
mend_generate_read(GimpProcedureConfig *config, MendGenerateSettings *settings, GError **error)
{
    *settings = (MendGenerateSettings){0};
    mend_fields_init(mend_generate_fields, settings);
    for (const MendOption *option = mend_generate_fields; option->name; option++) {
        if (!mend_argument_read(mend_generate_fields, option, G_OBJECT(config), settings, error))
            return FALSE;
    }
    return TRUE;
}
