/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of pictures and their features: crops of held-out textures, and what is generated. */
#include <math.h>
#include <string.h>

#include "compute/cli_dlg.h"
#include "compute/cli_pairs.h"
#include "compute/error.h"
#include "compute/generate_engine.h"
#include "compute/metrics_set.h"
#include "compute/picture.h"
#include "compute/rng.h"

#define MOST_SEEDS 1000 /* of one material: see seed_of() */

typedef struct {
    char *material;
    GPtrArray *tiles; /* paths */
    int n;            /* samples */
} Group;

static void
free_group(gpointer data)
{
    Group *group = data;
    g_free(group->material);
    g_ptr_array_unref(group->tiles);
    g_free(group);
}

void
mend_dlg_sets_clear(MendDlgSets *sets)
{
    g_clear_pointer(&sets->groups, g_ptr_array_unref);
    g_clear_pointer(&sets->sum, g_free);
}

static const Group *
group_at(const MendDlgSets *sets, guint i)
{
    return sets->groups->pdata[i];
}

static gboolean
add_group(MendDlgSets *sets, const char *dir, const char *material, GChecksum *sum, GError **error)
{
    g_autoptr(GPtrArray) names = mend_picture_names(dir, error);
    if (!names || names->len == 0)
        return names != NULL;
    Group *group = g_new0(Group, 1);
    group->material = g_strdup(material);
    group->tiles = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(sets->groups, group);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *line = g_strdup_printf("%s/%s\n", material, (char *)names->pdata[i]);
        g_checksum_update(sum, (const guchar *)line, -1);
        g_ptr_array_add(group->tiles, g_build_filename(dir, names->pdata[i], NULL));
    }
    sets->n_tiles += (int)names->len;
    return TRUE;
}

/* A folder that is no class of the model's must not be left out unseen. */
static gboolean
check_folders(const char *dir, const MendTextureInfo *texture, GError **error)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (name[0] == '.' || !g_file_test(path, G_FILE_TEST_IS_DIR) ||
            mend_model_task_row(texture->model, name) >= 0)
            continue;
        g_autofree char *classes = g_strjoinv(", ", texture->model->tasks);
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "The folder %s is none of the model's materials: %s.", path, classes);
        return FALSE;
    }
    return TRUE;
}

/* Shares of the samples: what rounding leaves goes to those it took most from. */
static void
share_out(MendDlgSets *sets)
{
    int left = sets->n_samples;
    for (guint i = 0; i < sets->groups->len; i++) {
        Group *group = sets->groups->pdata[i];
        group->n = (int)((gint64)sets->n_samples * group->tiles->len / sets->n_tiles);
        left -= group->n;
    }
    for (; left > 0; left--) {
        Group *most = sets->groups->pdata[0];
        double missing = -1;
        for (guint i = 0; i < sets->groups->len; i++) {
            Group *group = sets->groups->pdata[i];
            double due = (double)sets->n_samples * group->tiles->len / sets->n_tiles - group->n;
            if (due > missing) {
                missing = due;
                most = group;
            }
        }
        most->n++;
    }
}

gboolean
mend_dlg_sets_init(MendDlgSets *sets, const char *dir, const MendTextureInfo *texture, int side,
                   int torus, int n_samples, GError **error)
{
    *sets = (MendDlgSets){.texture = texture, .n_samples = n_samples, .side = side, .torus = torus};
    sets->groups = g_ptr_array_new_with_free_func(free_group);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gboolean good = add_group(sets, dir, "none", sum, error) && check_folders(dir, texture, error);
    for (char **name = texture->model->tasks; good && *name; name++) {
        g_autofree char *path = g_build_filename(dir, *name, NULL);
        good = !g_file_test(path, G_FILE_TEST_IS_DIR) || add_group(sets, path, *name, sum, error);
    }
    if (good && sets->n_tiles == 0)
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "%s has no textures: DIR/MATERIAL/FILE is expected there.", dir);
    if (!good || sets->n_tiles == 0) {
        mend_dlg_sets_clear(sets);
        return FALSE;
    }
    sets->sum = g_strdup(g_checksum_get_string(sum));
    share_out(sets);
    for (guint i = 0; i < sets->groups->len; i++)
        sets->n_materials += group_at(sets, i)->n > 0;
    return TRUE;
}

/* 0 .. n - 1 */
static int
pick(guint64 seed, guint32 stream, int n)
{
    return MIN((int)(mend_rng_uniform((MendRng){seed, stream}) * n), n - 1);
}

/* to = from at (x0, y0), as much as fits. */
static void
cut(MendTensor from, int x0, int y0, MendTensor to)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < to.shape.h; y++)
            memcpy(mend_tensor_plane(to, c).data + (size_t)y * (size_t)to.shape.w,
                   mend_tensor_plane(from, c).data + (size_t)(y0 + y) * (size_t)from.shape.w +
                       (size_t)x0,
                   (size_t)to.shape.w * sizeof(float));
}

/* Sample number i of those of the seed. */
static gboolean
crop(const Group *group, guint64 seed, guint32 i, MendTensor out, GError **error)
{
    const char *path = group->tiles->pdata[pick(seed, 3 * i, (int)group->tiles->len)];
    g_auto(MendPicture) picture = {0};
    g_auto(MendTensor) rgb = {0};
    if (!mend_picture_read(path, &picture, error) ||
        !(rgb = mend_picture_rgb(&picture, error)).data)
        return FALSE;
    MendShape have = rgb.shape, want = out.shape;
    if (have.w < want.w || have.h < want.h) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "%s has %d × %d pixels: too few for a crop of %d × %d. Take larger textures, "
                    "or a smaller --side.",
                    path, have.w, have.h, want.w, want.h);
        return FALSE;
    }
    cut(rgb, pick(seed, 3 * i + 1, have.w - want.w + 1), pick(seed, 3 * i + 2, have.h - want.h + 1),
        out);
    return TRUE;
}

/* features has room for one. sample is changed. */
static gboolean
describe(const MendDlgSets *sets, MendTensor sample, double *features, GError **error)
{
    if (sets->even)
        mend_even_tone(sample);
    return mend_features(sample, features, error);
}

gboolean
mend_dlg_crops(const MendDlgSets *sets, guint64 seed, double *features, GError **error)
{
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, sets->side, sets->side}, error);
    guint32 number = 0;
    if (!picture.data)
        return FALSE;
    for (guint g = 0; g < sets->groups->len; g++)
        for (int i = 0; i < group_at(sets, g)->n; i++, number++)
            if (!crop(group_at(sets, g), seed, number, picture, error) ||
                !describe(sets, picture, features + (size_t)number * MEND_N_FEATURES, error))
                return FALSE;
    return TRUE;
}

static int
n_tori_of(const MendDlgSets *sets, const Group *group)
{
    int per_side = sets->torus / sets->side;
    return (group->n + per_side * per_side - 1) / (per_side * per_side);
}

static int
n_chains_of(const MendDlgSets *sets, const Group *group, int length)
{
    return (n_tori_of(sets, group) + length - 1) / length;
}

static int
n_tori(const MendDlgSets *sets)
{
    int n = 0;
    for (guint i = 0; i < sets->groups->len; i++)
        n += n_tori_of(sets, group_at(sets, i));
    return n;
}

int
mend_dlg_budget(const MendDlgSets *sets, int length, int evaluations)
{
    gint64 n_chains = 0, n = n_tori(sets);
    for (guint i = 0; i < sets->groups->len; i++)
        n_chains += n_chains_of(sets, group_at(sets, i), length);
    for (int each = evaluations; each >= 2; each--)
        if (n_chains * MAX(each, MEND_GENERATE_FIRST) + n * each <= n * evaluations)
            return each;
    return 0;
}

double
mend_dlg_work(const MendDlgSets *sets, int evaluations)
{
    return (double)n_tori(sets) * evaluations;
}

/* A material's part of a set in the making. */
typedef struct {
    const MendDlgPlan *plan;
    const Group *group;
    MendDlgRow *row;
    MendTexture *texture;
    MendGenerateOptions options;
} Part;

/* Runs from noise take the styles of the chains. */
static void
turn_as_chains(gpointer data, guint64 origin)
{
    const Part *part = data;
    mend_texture_turn(part->texture, origin % (guint64)part->options.n_chains);
}

static void
paint_so(gpointer data, MendTensor picture)
{
    const Part *part = data;
    mend_texture_paint(part->texture, picture);
}

/* Features of the samples that a torus is cut into, at most n; how many there were, or -1. */
static int
describe_parts(const MendDlgSets *sets, MendTensor torus, int n, double *features, GError **error)
{
    int per_side = sets->torus / sets->side, i = 0;
    g_auto(MendTensor) sample = mend_tensor_new((MendShape){3, sets->side, sets->side}, error);
    for (; sample.data && i < MIN(n, per_side * per_side); i++) {
        cut(torus, i % per_side * sets->side, i / per_side * sets->side, sample);
        if (!describe(sets, sample, features + (size_t)i * MEND_N_FEATURES, error))
            return -1;
    }
    return sample.data ? i : -1;
}

/* Pictures that are made first, one of each chain, are not of the set. */
static gboolean
draw_pictures(const MendDlgSets *sets, Part *part, MendGenerator *generator, double *features,
              GError **error)
{
    g_auto(MendTensor) picture = mend_tensor_new(mend_generator_shape(generator), error);
    int n_first = part->row->chains ? part->options.n_chains : 0, left = part->group->n;
    g_autofree guint *restarts = g_new0(guint, part->options.n_chains);
    if (!picture.data)
        return FALSE;
    for (int i = 0; left > 0; i++) {
        MendGeneratePicture about;
        if (!mend_generator_next(generator, picture, &about, error))
            return FALSE;
        mend_engine_clamp(picture);
        part->row->of[MEND_DLG_SPENT] += about.n_evaluations;
        if (about.chain >= 0)
            restarts[about.chain] = about.n_restarts;
        int n = i < n_first ? 0 : describe_parts(sets, picture, left, features, error);
        if (n < 0)
            return FALSE;
        features += (size_t)n * MEND_N_FEATURES;
        left -= n;
    }
    for (int i = 0; i < part->options.n_chains; i++)
        part->row->of[MEND_DLG_RESTARTS] += restarts[i];
    return TRUE;
}

static gboolean
draw_part(const MendDlgSets *sets, Part *part, double *features, GError **error)
{
    const MendGenerateOptions *o = &part->options;
    MendTextureParams params = {.material = o->material,
                                .device = part->plan->device,
                                .go_on = part->plan->go_on,
                                .data = part->plan->data,
                                .seed = (guint64)o->seed};
    g_autoptr(MendTexture) texture =
        mend_texture_open(sets->texture, &params, sets->torus, sets->torus, error);
    if (!texture)
        return FALSE;
    MendGenerateNetwork network = mend_engine_network(sets->texture, texture);
    part->texture = texture;
    if (o->plain) {
        network.turn = turn_as_chains;
        network.paint = paint_so;
        network.data = part;
    }
    g_autoptr(MendGenerator) generator = mend_generator_new(o, &network, error);
    return generator && draw_pictures(sets, part, generator, features, error);
}

/* Materials take numbers of their own, the same whatever else is measured. */
static int
seed_of(const MendDlgRow *row, guint group)
{
    return (int)group * MOST_SEEDS + row->seed % MOST_SEEDS;
}

static MendGenerateOptions
options_of(const MendDlgSets *sets, const MendDlgPlan *plan, const MendDlgRow *row, guint group)
{
    MendGenerateOptions o;
    mend_generate_options_init(&o);
    o.width = o.height = sets->torus;
    o.plain = !row->chains;
    o.evaluations =
        row->chains ? mend_dlg_budget(sets, plan->length, row->evaluations) : row->evaluations;
    o.n_chains = n_chains_of(sets, group_at(sets, group), plan->length);
    o.similarity = plan->similarity;
    o.seed = seed_of(row, group);
    g_strlcpy(o.integrator, row->integrator->name, sizeof o.integrator);
    g_strlcpy(o.material, group_at(sets, group)->material, sizeof o.material);
    return o;
}

gboolean
mend_dlg_draw(const MendDlgSets *sets, const MendDlgPlan *plan, MendDlgRow *row, double *features,
              GError **error)
{
    gint64 start = g_get_monotonic_time();
    row->of[MEND_DLG_SPENT] = row->of[MEND_DLG_RESTARTS] = 0;
    for (guint g = 0; g < sets->groups->len; g++) {
        const Group *group = group_at(sets, g);
        Part part = {plan, group, row, NULL, options_of(sets, plan, row, g)};
        if (group->n > 0 && !draw_part(sets, &part, features, error))
            return FALSE;
        features += (size_t)group->n * MEND_N_FEATURES;
    }
    row->of[MEND_DLG_SPENT] /= n_tori(sets);
    row->of[MEND_DLG_SECONDS] = (double)(g_get_monotonic_time() - start) * 1e-6 / n_tori(sets);
    return TRUE;
}
