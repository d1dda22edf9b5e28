/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Procedures and their arguments, made from the tables of compute. */
#include "plugin/procedures.h"

#include "compute/model.h"
#include "plugin/arguments.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PREFIX      "plug-in-mend-"
#define RESTORE     PREFIX "restore"
#define MENU        "<Image>/Filters/Enhance/Mend"
#define TASK_OPTION "task"

GList *
mend_procedures_names(void)
{
    GList *names = g_list_append(NULL, g_strdup(RESTORE));
    for (const MendTask *task = mend_tasks; task->id; task++)
        names = g_list_append(names, g_strconcat(PREFIX, task->verb, NULL));
    return names;
}

static const MendTask *
task_of_name(const char *name)
{
    if (!g_str_has_prefix(name, PREFIX))
        return NULL;
    for (const MendTask *task = mend_tasks; task->id; task++) {
        if (strcmp(name + strlen(PREFIX), task->verb) == 0)
            return task;
    }
    return NULL;
}

const char *
mend_procedure_task(GimpProcedure *procedure)
{
    const MendTask *task = task_of_name(gimp_procedure_get_name(procedure));
    return task ? task->id : NULL;
}

static gboolean
is_argument(const MendOption *option, const MendTask *task)
{
    return (option->scope & MEND_FOR_GIMP) && !(task && strcmp(option->name, TASK_OPTION) == 0);
}

/* A letter of label that no entry of the menu has yet: initials first, from the last word on, since
 * entries often begin alike. used: lower-case letters taken, appended to. */
static int
find_mnemonic(const char *label, GString *used)
{
    for (int pass = 0; pass < 2; pass++) {
        for (int i = (int)strlen(label) - 1; i >= 0; i--) {
            char letter = g_ascii_tolower(label[i]);
            gboolean initial = i == 0 || label[i - 1] == ' ';
            if (!g_ascii_isalpha(letter) || (pass == 0 && !initial) || strchr(used->str, letter))
                continue;
            g_string_append_c(used, letter);
            return i;
        }
    }
    return -1;
}

/* "Remove noise" to "Remove _noise…": the same for a task whatever procedure is being made. */
static char *
menu_label(const MendTask *wanted)
{
    g_autoptr(GString) used = g_string_new(NULL);
    const char *label = _("Restore");
    int at = find_mnemonic(label, used);
    for (const MendTask *task = mend_tasks; wanted && task->id; task++) {
        label = _(task->label);
        at = find_mnemonic(label, used);
        if (task == wanted)
            break;
    }
    if (at < 0)
        return g_strconcat(label, "…", NULL);
    return g_strdup_printf("%.*s_%s…", at, label, label + at);
}

static void
add_returns(GimpProcedure *procedure)
{
    gimp_procedure_add_core_object_array_return_value(
        procedure, "layers", _("Layers"),
        _("The layers made, of each drawable the result, alternatives, map; empty where only "
          "pixels "
          "were replaced"),
        GIMP_TYPE_LAYER, G_PARAM_READWRITE);
    gimp_procedure_add_int_return_value(procedure, "n-layers", _("Number of layers"),
                                        _("How many layers were made"), 0, G_MAXINT, 0,
                                        G_PARAM_READWRITE);
}

static void
document(GimpProcedure *procedure, const MendTask *task)
{
    const char *blurb = task ? _(task->blurb)
                             : _("Restore a damaged photograph: noise, JPEG blocks, haze and more");
    const char *help = _(
        "The result is a new layer above each drawable, as large as the selection and with the "
        "selection as its mask; its parasite \"mend-settings\" holds all that is needed to make it "
        "again. Layer masks and channels are restored in place. New layers and images show what "
        "is seen, layer effects included; in place, the pixels below the effects are restored. In "
        "an indexed image the result takes the palette's colours: output \"new-image\" keeps all. "
        "The same settings and seed give the same result. Alternatives and the map of uncertainty "
        "are "
        "hidden layers below the result, in one group with it.");
    gimp_procedure_set_documentation(procedure, blurb, help, NULL);
    gimp_procedure_set_attribution(procedure, "The Mend authors", "The Mend authors", "2025");
}

GimpProcedure *
mend_procedures_create(GimpPlugIn *plug_in, const char *name, GimpRunImageFunc run)
{
    const MendTask *task = task_of_name(name);
    if (!task && strcmp(name, RESTORE) != 0)
        return NULL;
    GimpProcedure *procedure =
        gimp_image_procedure_new(plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run, NULL, NULL);
    g_autofree char *label = menu_label(task);
    gimp_procedure_set_image_types(procedure, "*");
    gimp_procedure_set_sensitivity_mask(procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE |
                                                       GIMP_PROCEDURE_SENSITIVE_DRAWABLES);
    gimp_procedure_set_menu_label(procedure, label);
    gimp_procedure_set_icon_name(procedure, "gimp-tool-heal");
    gimp_procedure_add_menu_path(procedure, MENU);
    document(procedure, task);
    for (const MendOption *option = mend_options; option->name; option++) {
        if (is_argument(option, task))
            mend_argument_add(procedure, option);
    }
    /* For scripts: in the dialog there is the selection. */
    gimp_procedure_add_channel_argument(
        procedure, MEND_MASK_ARGUMENT, _("Mask"),
        _("A channel of the image, white where to restore or to fill in; grey takes a part of the "
          "result"),
        TRUE, G_PARAM_READWRITE | GIMP_PARAM_DONT_SERIALIZE);
    /* Remembered with the settings, and no argument of scripts. */
    gimp_procedure_add_boolean_aux_argument(procedure, "auto-preview", _("Update automatically"),
                                            NULL, TRUE, G_PARAM_READWRITE);
    add_returns(procedure);
    return procedure;
}

gboolean
mend_procedure_options(GimpProcedure *procedure, GimpProcedureConfig *config, MendOptions *options,
                       GError **error)
{
    const MendTask *task = task_of_name(gimp_procedure_get_name(procedure));
    mend_options_init(options);
    if (task && !mend_options_set(options, TASK_OPTION, task->id, error))
        return FALSE;
    for (const MendOption *option = mend_options; option->name; option++) {
        if (!is_argument(option, task))
            continue;
        if (!mend_argument_read(mend_options, option, G_OBJECT(config), options, error))
            return FALSE;
    }
    return mend_options_check(options, error);
}
