/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job of generating: an engine asked for all pictures. */
#include <string.h>

#include "compute/error.h"
#include "compute/generate_engine.h"
#include "compute/i18n.h"

typedef struct {
    const MendGenerateOptions *options;
    const MendGenerateHooks *hooks;
    MendEngine *engine;
    int done, n_expected; /* evaluations */
} Job;

static gboolean
go_on(double share, gpointer data)
{
    Job *job = data;
    job->done += share >= 1;
    if (!job->hooks || !job->hooks->progress || !job->engine)
        return TRUE;
    double done = job->done + (share < 1 ? share : 0);
    return job->hooks->progress(MIN(done / job->n_expected, 1), mend_engine_device(job->engine),
                                job->hooks->data);
}

static int
expected(const Job *job)
{
    const MendGenerateOptions *o = job->options;
    int n_chains = MIN(o->n_chains > 0 ? o->n_chains : (o->count + 3) / 4, o->count);
    return n_chains * mend_engine_expected(job->engine, TRUE) +
           (o->count - n_chains) * mend_engine_expected(job->engine, FALSE);
}

static gboolean
make_all(Job *job, MendTensor picture, MendGenerateInfo *info, GError **error)
{
    for (int i = 0; i < job->options->count; i++) {
        MendGeneratePicture about;
        if (!mend_generator_next(mend_engine_generator(job->engine), picture, &about, error))
            return FALSE;
        mend_engine_clamp(picture);
        info->n_pictures++;
        info->n_evaluations += (guint64)about.n_evaluations;
        if (job->hooks && job->hooks->picture &&
            !job->hooks->picture(picture, i, &about, job->hooks->data)) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED,
                        _("Stopped after %d of %d pictures."), i + 1, job->options->count);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
run(Job *job, MendGenerateInfo *info, GError **error)
{
    g_autoptr(MendEngine) engine = mend_engine_open(job->options, go_on, job, error);
    if (!engine)
        return FALSE;
    job->engine = engine;
    job->n_expected = expected(job);
    MendShape shape = mend_generator_shape(mend_engine_generator(engine));
    g_auto(MendTensor) picture = mend_tensor_new(shape, error);
    g_strlcpy(info->model, mend_engine_model(engine), sizeof info->model);
    info->width = shape.w;
    info->height = shape.h;
    gboolean good = picture.data && make_all(job, picture, info, error);
    g_autofree char *note = mend_engine_note(engine);
    g_strlcpy(info->device, mend_engine_device(engine), sizeof info->device);
    g_strlcpy(info->note, note, sizeof info->note);
    return good;
}

gboolean
mend_generate(const MendGenerateOptions *options, const MendGenerateHooks *hooks,
              MendGenerateInfo *info, GError **error)
{
    MendGenerateInfo own, *to = info ? info : &own;
    memset(to, 0, sizeof *to);
    gint64 begun = g_get_monotonic_time();
    Job job = {.options = options, .hooks = hooks};
    gboolean good = run(&job, to, error);
    to->seconds = (double)(g_get_monotonic_time() - begun) * 1e-6;
    return good;
}
