/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole job of generating: a texture model found, opened, and asked for all pictures. */
#include <string.h>

#include "compute/error.h"
#include "compute/generate.h"

typedef struct {
    const MendGenerateOptions *options;
    const MendGenerateHooks *hooks;
    MendTexture *texture;
    int done, n_expected; /* evaluations */
} Job;

static gboolean
go_on(double share, gpointer data)
{
    Job *job = data;
    job->done += share >= 1;
    if (!job->hooks || !job->hooks->progress || !job->texture)
        return TRUE;
    double done = job->done + (share < 1 ? share : 0);
    return job->hooks->progress(MIN(done / job->n_expected, 1), mend_texture_device(job->texture),
                                job->hooks->data);
}

static int
expected(const MendGenerateOptions *o, int cost)
{
    int n_chains = o->plain ? 0 : MIN(o->n_chains > 0 ? o->n_chains : (o->count + 3) / 4, o->count);
    int more = MAX(MEND_GENERATE_FIRST * cost - o->evaluations, 0);
    return o->count * o->evaluations + n_chains * more;
}

static void
clamp(MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape);
    for (size_t i = 0; i < n; i++)
        picture.data[i] = CLAMP(picture.data[i], 0.0F, 1.0F);
}

static gboolean
make_all(Job *job, MendGenerator *generator, MendGenerateInfo *info, GError **error)
{
    g_auto(MendTensor) picture = mend_tensor_new(mend_generator_shape(generator), error);
    if (!picture.data)
        return FALSE;
    for (int i = 0; i < job->options->count; i++) {
        MendGeneratePicture about;
        if (!mend_generator_next(generator, picture, &about, error))
            return FALSE;
        clamp(picture);
        info->n_pictures++;
        info->n_evaluations += (guint64)about.n_evaluations;
        if (job->hooks && job->hooks->picture &&
            !job->hooks->picture(picture, i, &about, job->hooks->data)) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped after %d of %d pictures.",
                        i + 1, job->options->count);
            return FALSE;
        }
    }
    return TRUE;
}

static void
turn(gpointer data, guint64 origin)
{
    mend_texture_turn(data, origin);
}

static gboolean
run(Job *job, const MendTextureInfo *texture, MendGenerateInfo *info, GError **error)
{
    const MendGenerateOptions *o = job->options;
    int align = texture->align;
    MendTextureParams params = {o->material, o->device,       0, go_on, job,
                                o->guidance, (guint64)o->seed};
    g_autoptr(MendTexture) open =
        mend_texture_open(texture, &params, (o->width + align - 1) / align * align,
                          (o->height + align - 1) / align * align, error);
    if (!open)
        return FALSE;
    job->texture = open;
    job->n_expected = expected(o, mend_texture_cost(open));
    MendGenerateNetwork network = {mend_texture_frame(open),
                                   texture->sigma_data,
                                   texture->detail,
                                   align,
                                   mend_texture_cost(open),
                                   turn,
                                   open};
    g_autoptr(MendGenerator) generator = mend_generator_new(o, &network, error);
    if (!generator)
        return FALSE;
    MendShape shape = mend_generator_shape(generator);
    info->width = shape.w;
    info->height = shape.h;
    gboolean good = make_all(job, generator, info, error);
    const char *moved = mend_texture_note(open), *note = mend_generator_note(generator);
    g_strlcpy(info->device, mend_texture_device(open), sizeof info->device);
    g_snprintf(info->note, sizeof info->note, "%s%s%s", note, moved && note[0] ? " " : "",
               moved ? moved : "");
    return good;
}

gboolean
mend_generate(const MendGenerateOptions *options, const MendGenerateHooks *hooks,
              MendGenerateInfo *info, GError **error)
{
    MendGenerateInfo own, *to = info ? info : &own;
    memset(to, 0, sizeof *to);
    if (!mend_generate_options_check(options, error))
        return FALSE;
    gint64 begun = g_get_monotonic_time();
    g_autoptr(MendTextureInfo) texture =
        mend_texture_choose(options->model, options->material, error);
    if (!texture)
        return FALSE;
    g_strlcpy(to->model, texture->model->id, sizeof to->model);
    Job job = {.options = options, .hooks = hooks};
    gboolean good = run(&job, texture, to, error);
    to->seconds = (double)(g_get_monotonic_time() - begun) * 1e-6;
    return good;
}
