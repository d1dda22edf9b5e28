/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where model files are. */
#include <string.h>

#include "compute/model.h"

#ifndef MEND_MODELDIR
#define MEND_MODELDIR "/usr/local/share/mend/models"
#endif

G_LOCK_DEFINE_STATIC(added);
static GPtrArray *added; /* folders named by the program, for its whole life */

void
mend_models_add_folder(const char *folder)
{
    G_LOCK(added);
    if (!added)
        added = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(added, g_strdup(folder));
    G_UNLOCK(added);
}

/* Where models are looked for, best first. Owned by the caller. */
GPtrArray *
mend_models_folders(void)
{
    GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
    const char *chosen = g_getenv("MEND_MODELS");
    if (chosen && chosen[0]) {
        g_auto(GStrv) items = g_strsplit(chosen, G_SEARCHPATH_SEPARATOR_S, 0);
        for (char **item = items; *item; item++)
            g_ptr_array_add(folders, g_strdup(*item));
        return folders;
    }
    g_ptr_array_add(folders, g_build_filename(g_get_user_data_dir(), "mend", "models", NULL));
    G_LOCK(added);
    for (guint i = 0; added && i < added->len; i++)
        g_ptr_array_add(folders, g_strdup(g_ptr_array_index(added, i)));
    G_UNLOCK(added);
    g_ptr_array_add(folders, g_strdup(MEND_MODELDIR));
    return folders;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
files_in(const char *folder)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        if (g_str_has_suffix(name, ".safetensors"))
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

GPtrArray *
mend_models_files(void)
{
    g_autoptr(GPtrArray) folders = mend_models_folders();
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < folders->len; i++) {
        GPtrArray *more = files_in(g_ptr_array_index(folders, i));
        g_ptr_array_extend_and_steal(files, more);
    }
    return files;
}
