/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plug-in's program: what GIMP asks of it at its start, and the folder its models lie in. */
#include "compute/model.h"
#include "plugin/generate.h"
#include "plugin/procedures.h"
#include "plugin/run.h"

#include <libgimp/gimp.h>
#include <string.h>

G_DECLARE_FINAL_TYPE(MendPlugIn, mend_plug_in, MEND, PLUG_IN, GimpPlugIn)

struct _MendPlugIn {
    GimpPlugIn parent;
};

G_DEFINE_FINAL_TYPE(MendPlugIn, mend_plug_in, GIMP_TYPE_PLUG_IN)

static GList *
query_procedures(GimpPlugIn *plug_in G_GNUC_UNUSED)
{
    return g_list_append(mend_procedures_names(), g_strdup(MEND_GENERATE));
}

static GimpProcedure *
create_procedure(GimpPlugIn *plug_in, const char *name)
{
    if (strcmp(name, MEND_GENERATE) == 0)
        return mend_generate_create(plug_in);
    return mend_procedures_create(plug_in, name, mend_run);
}

static char *folder; /* this program's: set once, before GIMP's own main */

/* The catalogs are in locale/ beside this program, where GIMP looks when dir stays NULL. Without
 * them (a build without gettext) FALSE keeps GIMP from warning at each call. */
static gboolean
set_i18n(GimpPlugIn *plug_in G_GNUC_UNUSED, const char *procedure G_GNUC_UNUSED, char **domain,
         char **dir)
{
    g_autofree char *locale = g_build_filename(folder, "locale", NULL);
    *domain = g_strdup(GETTEXT_PACKAGE);
    *dir = NULL;
    return g_file_test(locale, G_FILE_TEST_IS_DIR);
}

static void
mend_plug_in_class_init(MendPlugInClass *class)
{
    GimpPlugInClass *plug_in = GIMP_PLUG_IN_CLASS(class);
    plug_in->query_procedures = query_procedures;
    plug_in->create_procedure = create_procedure;
    plug_in->set_i18n = set_i18n;
}

static void
mend_plug_in_init(MendPlugIn *plug_in G_GNUC_UNUSED)
{
}

/* Not GIMP_MAIN(): the models installed with the plug-in are found by the program's own path. */
int
main(int argc, char *argv[])
{
    folder = g_path_get_dirname(argv[0]);
    g_autofree char *models = g_build_filename(folder, "models", NULL);
    mend_models_add_folder(models);
    return gimp_main(mend_plug_in_get_type(), argc, argv);
}
