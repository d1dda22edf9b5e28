/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Detection: the model's probabilities under the names of the tasks, and the choice of one. */
#include "compute/detect.h"

#include <stdlib.h>
#include <string.h>

#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/model.h"

static gboolean
known(const char *class)
{
    return strcmp(class, MEND_CLEAN) == 0 || mend_task_find(class);
}

/* The model's classes as findings, without their chances. */
static gboolean
name_classes(const MendModelInfo *model, int n_classes, MendDetection *detection, GError **error)
{
    int n = (int)g_strv_length(model->tasks);
    if (n != n_classes) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                    _("%s: it names %d classes, its network has %d."), model->path, n, n_classes);
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        if (!known(model->tasks[i])) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                        _("%s: this version of Mend has no task “%s”."), model->path,
                        model->tasks[i]);
            return FALSE;
        }
        g_strlcpy(detection->findings[i].what, model->tasks[i], sizeof detection->findings->what);
    }
    detection->n = n;
    return TRUE;
}

static int
compare(const void *a, const void *b)
{
    double x = ((const MendFinding *)a)->chance, y = ((const MendFinding *)b)->chance;
    return (x < y) - (x > y);
}

gboolean
mend_detect_glance(const MendGlance *glance, MendDetection *detection, GError **error)
{
    MendContext context;
    g_autoptr(MendModelInfo) model = mend_model_choose_detector(error);
    g_autoptr(MendWeights) weights = model ? mend_weights_open(model->path, error) : NULL;
    memset(detection, 0, sizeof *detection);
    if (!weights || !mend_context_run(weights, "", glance, &context, error) ||
        !name_classes(model, context.n_classes, detection, error))
        return FALSE;
    for (int i = 0; i < detection->n; i++)
        detection->findings[i].chance = context.chances[i];
    qsort(detection->findings, (size_t)detection->n, sizeof *detection->findings, compare);
    return TRUE;
}

gboolean
mend_detect(MendTensor picture, MendDetection *detection, GError **error)
{
    g_auto(MendGlance) glance = {0};
    memset(detection, 0, sizeof *detection);
    if (!mend_glance_init(&glance, picture.shape.w, picture.shape.h, error))
        return FALSE;
    mend_glance_add(&glance, 0, picture);
    return mend_detect_glance(&glance, detection, error);
}

/* What was detected cannot be done: that is about this picture, others may be better off. */
static gboolean
refuse(const MendFinding *best, GError *reason, GError **error)
{
    if (reason && !mend_error_is(reason, MEND_ERROR_WEIGHTS)) {
        g_propagate_error(error, reason);
        return FALSE;
    }
    if (reason)
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    _("The picture seems to need “%s” (%.0f %%). %s"), best->what,
                    best->chance * 100, reason->message);
    else
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_IMAGE,
            _("Nothing seems to be wrong with the picture (%.0f %%), so it is left as it is. "
              "Name a task to restore it anyway."),
            best->chance * 100);
    g_clear_error(&reason);
    return FALSE;
}

gboolean
mend_detect_task(MendTensor picture, MendOptions *options, double *chance, GError **error)
{
    MendDetection detection;
    *chance = 0;
    if (strcmp(options->task, MEND_TASK_AUTO) != 0)
        return TRUE;
    if (!mend_detect(picture, &detection, error))
        return FALSE;
    const MendFinding *best = &detection.findings[0];
    if (strcmp(best->what, MEND_CLEAN) == 0)
        return refuse(best, NULL, error);
    GError *reason = NULL;
    g_autoptr(MendModelInfo) model = mend_model_choose(best->what, options->model, &reason);
    if (!model)
        return refuse(best, reason, error);
    g_strlcpy(options->task, best->what, sizeof options->task);
    *chance = best->chance;
    return TRUE;
}
