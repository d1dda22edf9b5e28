/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns in the user's folder. */
#include "plugin/pattern.h"

#include "compute/error.h"
#include "compute/picture.h"
#include "plugin/place.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#define MODE 0700 /* of the folder, as GIMP makes it */

/* A path in folder that there is no file at. */
static char *
free_path(const char *folder, const char *name)
{
    for (int i = 1;; i++) {
        g_autofree char *file =
            i == 1 ? g_strdup_printf("%s.pat", name) : g_strdup_printf("%s (%d).pat", name, i);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
}

char *
mend_pattern_save(const MendVariation *variation, GError **error)
{
    g_autofree char *folder = g_build_filename(gimp_directory(), "patterns", NULL);
    if (g_mkdir_with_parents(folder, MODE) != 0) {
        int reason = errno;
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, _("The folder %s cannot be made: %s"),
                    folder, g_strerror(reason));
        return NULL;
    }
    g_autofree char *name = mend_variation_name(variation);
    g_strdelimit(name, "/\\:", '-');
    g_autofree char *path = free_path(folder, name);
    MendPicture picture = {.pixels = variation->pixels, .bits = 8};
    return mend_picture_write(path, &picture, error) ? g_steal_pointer(&path) : NULL;
}

void
mend_patterns_refresh(void)
{
    gimp_patterns_refresh();
}
