/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A texture model in the hands of a generator. */
#include "compute/generate_engine.h"

struct MendEngine {
    MendGenerateOptions options;
    MendTextureInfo *info;
    MendTexture *texture;
    MendGenerator *generator;
};

static void
turn(gpointer data, guint64 origin)
{
    mend_texture_turn(data, origin);
}

static void
paint(gpointer data, MendTensor picture)
{
    mend_texture_paint(data, picture);
}

MendGenerateNetwork
mend_engine_network(const MendTextureInfo *info, MendTexture *texture)
{
    return (MendGenerateNetwork){.frame = mend_texture_frame(texture),
                                 .deviation = info->sigma_data,
                                 .detail = info->detail,
                                 .align = info->align,
                                 .cost = mend_texture_cost(texture),
                                 .turn = turn,
                                 .paint = paint,
                                 .data = texture};
}

static gboolean
open_texture(MendEngine *engine, MendEngineGoOn go_on, gpointer data, GError **error)
{
    const MendGenerateOptions *o = &engine->options;
    int align = engine->info->align;
    MendTextureParams params = {o->material, o->device,       0, go_on, data,
                                o->guidance, (guint64)o->seed};
    engine->texture =
        mend_texture_open(engine->info, &params, (o->width + align - 1) / align * align,
                          (o->height + align - 1) / align * align, error);
    return engine->texture != NULL;
}

static gboolean
make_generator(MendEngine *engine, GError **error)
{
    MendGenerateNetwork network = mend_engine_network(engine->info, engine->texture);
    engine->generator = mend_generator_new(&engine->options, &network, error);
    return engine->generator != NULL;
}

MendEngine *
mend_engine_open(const MendGenerateOptions *options, MendEngineGoOn go_on, gpointer data,
                 GError **error)
{
    if (!mend_generate_options_check(options, error))
        return NULL;
    g_autoptr(MendEngine) engine = g_new0(MendEngine, 1);
    engine->options = *options;
    engine->info = mend_texture_choose(options->model, options->material, error);
    if (engine->info && open_texture(engine, go_on, data, error) && make_generator(engine, error))
        return g_steal_pointer(&engine);
    return NULL;
}

void
mend_engine_free(MendEngine *engine)
{
    if (!engine)
        return;
    mend_generator_free(engine->generator);
    mend_texture_free(engine->texture);
    mend_texture_info_free(engine->info);
    g_free(engine);
}

MendGenerator *
mend_engine_generator(MendEngine *engine)
{
    return engine->generator;
}

const char *
mend_engine_model(const MendEngine *engine)
{
    return engine->info->model->id;
}

const char *
mend_engine_device(const MendEngine *engine)
{
    return mend_texture_device(engine->texture);
}

char *
mend_engine_note(MendEngine *engine)
{
    const char *moved = mend_texture_note(engine->texture);
    const char *note = mend_generator_note(engine->generator);
    return g_strdup_printf("%s%s%s", note, moved && note[0] ? " " : "", moved ? moved : "");
}

int
mend_engine_expected(const MendEngine *engine, gboolean first)
{
    const MendGenerateOptions *o = &engine->options;
    int least = first && !o->plain ? MEND_GENERATE_FIRST * mend_texture_cost(engine->texture) : 1;
    return MAX(o->evaluations, least);
}

void
mend_engine_clamp(MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape);
    for (size_t i = 0; i < n; i++)
        picture.data[i] = CLAMP(picture.data[i], 0.0F, 1.0F);
}
