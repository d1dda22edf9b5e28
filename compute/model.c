/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which models there are, and which one is taken. */
#include "compute/model.h"

#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"

gboolean
mend_model_has_task(const MendModelInfo *info, const char *task)
{
    return task && g_strv_contains((const char *const *)info->offered, task);
}

int
mend_model_task_row(const MendModelInfo *info, const char *task)
{
    for (int i = 0; task && info->tasks[i]; i++) {
        if (strcmp(info->tasks[i], task) == 0)
            return i;
    }
    return -1;
}

static const MendModelInfo *
find_id(const GPtrArray *models, const char *id)
{
    for (guint i = 0; i < models->len; i++) {
        const MendModelInfo *info = models->pdata[i];
        if (strcmp(info->id, id) == 0)
            return info;
    }
    return NULL;
}

/* FALSE, with error set, where memory is out: then a file's absence would say nothing. */
static gboolean
add_file(GPtrArray *models, gboolean detectors, const char *path, GPtrArray *problems,
         GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(MendModelInfo) info = mend_model_read(path, &reason);
    if (mend_error_is(reason, MEND_ERROR_UNSUPPORTED)) /* of another kind: not for restoring */
        return TRUE;
    if (mend_error_is(reason, MEND_ERROR_MEMORY)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (!info)
        g_ptr_array_add(problems, g_strdup(reason->message));
    else if (info->detector == detectors && !find_id(models, info->id))
        g_ptr_array_add(models, g_steal_pointer(&info));
    return TRUE;
}

static void
free_info(gpointer info)
{
    mend_model_info_free(info);
}

/* Fills both arrays from all folders. detectors: models are detection models, and no others. */
static gboolean
search(GPtrArray *models, gboolean detectors, GPtrArray *problems, GError **error)
{
    g_autoptr(GPtrArray) files = mend_models_files();
    for (guint i = 0; i < files->len; i++) {
        if (!add_file(models, detectors, g_ptr_array_index(files, i), problems, error))
            return FALSE;
    }
    return TRUE;
}

static GPtrArray *
list(gboolean detectors, GPtrArray **problems)
{
    GPtrArray *models = g_ptr_array_new_with_free_func(free_info);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    if (!search(models, detectors, found, &error))
        g_ptr_array_add(found, g_strdup(error->message));
    if (problems)
        *problems = g_steal_pointer(&found);
    return models;
}

GPtrArray *
mend_models_list(GPtrArray **problems)
{
    return list(FALSE, problems);
}

GPtrArray *
mend_detectors_list(void)
{
    return list(TRUE, NULL);
}

static gboolean
is_path(const char *name)
{
    return strchr(name, G_DIR_SEPARATOR) || g_str_has_suffix(name, ".safetensors");
}

/* The end of a message: what could not be read is perhaps what was meant. */
static char *
left_out(const GPtrArray *problems)
{
    return problems->len ? g_strconcat(" ", _("Left out:"), " ", problems->pdata[0], NULL)
                         : g_strdup("");
}

static MendModelInfo *
refuse_name(const GPtrArray *models, const GPtrArray *problems, const char *name, GError **error)
{
    g_autofree char *more = left_out(problems);
    g_autoptr(GString) known = g_string_new(NULL);
    for (guint i = 0; i < models->len; i++) {
        const MendModelInfo *info = models->pdata[i];
        g_string_append_printf(known, "%s%s", i ? ", " : "", info->id);
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                _("There is no model “%s”. Installed: %s. A file can be named by its path.%s"),
                name, known->len ? known->str : "none", more);
    return NULL;
}

/* what: "offers the task “noise”" */
static MendModelInfo *
refuse_none(const GPtrArray *problems, const char *what, GError **error)
{
    g_autoptr(GPtrArray) folders = mend_models_folders();
    g_autoptr(GString) places = g_string_new(NULL);
    g_autofree char *more = left_out(problems);
    for (guint i = 0; i < folders->len; i++)
        g_string_append_printf(places, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(folders, i));
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                _("No installed model %s. Put a model file for it into one of: %s.%s"), what,
                places->str, more);
    return NULL;
}

static MendModelInfo *
choose_first(GPtrArray *models, const GPtrArray *problems, const char *task, GError **error)
{
    for (guint i = 0; i < models->len; i++) {
        if (mend_model_has_task(g_ptr_array_index(models, i), task))
            return g_ptr_array_steal_index(models, i);
    }
    g_autofree char *what = g_strdup_printf(_("offers the task “%s”"), task);
    return refuse_none(problems, what, error);
}

MendModelInfo *
mend_model_choose_detector(GError **error)
{
    g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func(free_info);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    if (!search(models, TRUE, problems, error))
        return NULL;
    return models->len ? g_ptr_array_steal_index(models, 0)
                       : refuse_none(problems, _("detects what is wrong with a picture"), error);
}

static MendModelInfo *
choose_installed(const char *task, const char *name, GError **error)
{
    g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func(free_info);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    if (!search(models, FALSE, problems, error))
        return NULL;
    if (!name || !name[0] || strcmp(name, "auto") == 0)
        return choose_first(models, problems, task, error);
    const MendModelInfo *found = find_id(models, name);
    return found ? mend_model_read(found->path, error) : refuse_name(models, problems, name, error);
}

MendModelInfo *
mend_model_choose(const char *task, const char *name, GError **error)
{
    if (!mend_task_find(task)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, _("There is no task “%s”."),
                    task ? task : "");
        return NULL;
    }
    if (name && is_path(name) && !g_file_test(name, G_FILE_TEST_EXISTS)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, _("There is no model file %s."), name);
        return NULL;
    }
    g_autoptr(MendModelInfo) info =
        name && is_path(name) ? mend_model_read(name, error) : choose_installed(task, name, error);
    if (info && (info->detector || mend_model_task_row(info, task) < 0)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    _("The model “%s” cannot do the task “%s”. Choose another model, or auto."),
                    info->id, task);
        return NULL;
    }
    return g_steal_pointer(&info);
}
