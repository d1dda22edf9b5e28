/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to a network's answer. */
#include <string.h>

#include "compute/coarse.h"
#include "compute/dct.h"
#include "compute/grain.h"
#include "compute/presence.h"
#include "compute/restore_more.h"
#include "compute/restore_run.h"
#include "compute/rng.h"

/* Putting a pixel together from patches takes about as long as this much of a network that runs on
 * the CPU too. */
#define PATCHES_FLOPS 0.3e6

gboolean
mend_restoration_find_share(MendRestoration *run, MendBlend *blend, GError **error)
{
    double change, least = run->model->everywhere[run->row];
    if (least == 0 || blend->mask.data || (run->hooks && run->hooks->marked))
        return TRUE;
    if (!mend_presence_change(run->degraded, blend->restored, &change, error))
        return FALSE;
    double share = mend_presence_share(change, least);
    run->absent = share < 0.5;
    blend->strength *= (float)share;
    return TRUE;
}

/* What the network left of the noise. */
static gboolean
denoise_rest(MendRestoration *run, MendTensor restored, GError **error)
{
    double times = run->model->dct[run->row];
    if (times == 0)
        return TRUE;
    double sigma = MIN(times * mend_dct_noise(run->degraded, restored), MEND_DCT_MOST);
    const MendGoOn ask = {mend_restoration_go_on, run, NULL};
    return mend_dct_denoise(restored, sigma, &ask, error);
}

double
mend_restoration_coarse_cost(const MendRestoration *run)
{
    int factor = run->model->coarse[run->row];
    if (factor == 0 ||
        MIN(run->degraded.shape.w, run->degraded.shape.h) < MEND_COARSE_LEAST * factor)
        return 0;
    return (double)run->solver.steps * run->weight / (factor * factor);
}

static gboolean
report_coarse(const MendProgress *progress, gpointer data)
{
    MendRestoration *run = data;
    run->coarse_share = progress->fraction;
    return mend_restoration_go_on(run);
}

/* cleaned = small, restored as the picture was. */
static gboolean
restore_small(MendRestoration *run, MendTensor small, MendTensor cleaned, GError **error)
{
    int factor = run->model->coarse[run->row];
    MendRestoreHooks hooks = {.progress = report_coarse, .data = run};
    MendRestoration coarse = {.model = run->model,
                              .row = run->row,
                              .options = run->options,
                              .solver = run->solver,
                              .evaluator = run->evaluator,
                              .degraded = small,
                              .mean = small,
                              .seed = run->seed,
                              .n_all = run->solver.steps * run->weight,
                              .weight = run->weight,
                              .hooks = &hooks,
                              .x0 = mend_coarse_square(run->x0, factor),
                              .y0 = mend_coarse_square(run->y0, factor)};
    mend_evaluator_resize(run->evaluator, small.shape.w, small.shape.h);
    return mend_restoration_sample(&coarse, cleaned, error) &&
           denoise_rest(&coarse, cleaned, error);
}

/* Blotches of colour that are too broad for the network, by way of a small picture. */
static gboolean
clean_colours(MendRestoration *run, MendTensor restored, GError **error)
{
    MendCoarse grid = {run->model->coarse[run->row], run->x0, run->y0};
    if (run->coarse_cost == 0)
        return TRUE;
    MendShape shape = mend_coarse_shape(grid, restored.shape);
    g_auto(MendTensor) small = mend_tensor_new(shape, error);
    if (!small.data)
        return FALSE;
    g_auto(MendTensor) cleaned = mend_tensor_new(shape, error);
    if (!cleaned.data)
        return FALSE;
    mend_coarse_shrink(grid, restored, small);
    if (!restore_small(run, small, cleaned, error))
        return FALSE;
    mend_coarse_add(grid, small, cleaned, restored);
    return TRUE;
}

static gboolean
wants_texture(const MendRestoration *run)
{
    return strcmp(run->options->task, "inpainting") == 0 && run->hole.data &&
           run->options->grain > 0;
}

gboolean
mend_restoration_find_wide(MendRestoration *run, GError **error)
{
    double flops = mend_evaluator_flops(run->evaluator);
    size_t pixels = mend_shape_count(run->hole.shape);
    const MendGoOn ask = {mend_restoration_go_on, run, NULL};
    if (run->hole.data && run->model->prediction == MEND_PREDICT_CLEAN) {
        pixels = mend_evaluator_only(run->evaluator, run->hole);
        run->no_hole = pixels == 0;
    }
    if (!wants_texture(run) || run->no_hole)
        return TRUE;
    run->wide = mend_exemplar_new(run->hole, &ask, error);
    if (!run->wide)
        return FALSE;
    run->n_wide = 1 + mend_more_count(run->options, run->hooks);
    run->wide_cost =
        PATCHES_FLOPS * (double)mend_exemplar_pixels(run->wide) / (flops * (double)pixels);
    return TRUE;
}

gboolean
mend_restoration_structure(MendRestoration *run, int number, MendTensor restored, GError **error)
{
    enum { BRANCH = 0x6578 }; /* of the seed: no other draw's */
    if (!run->wide)
        return TRUE;
    const MendGoOn ask = {mend_restoration_go_on, run, &run->wide_share};
    guint64 seed = mend_rng_split(mend_rng_split(run->seed, BRANCH), (guint64)number);
    run->wide_share = 0;
    if (!mend_exemplar_fill(run->wide, run->degraded, (MendRng){seed, 0}, restored, &ask, error))
        return FALSE;
    run->wide_share = 0;
    run->wide_done++;
    return TRUE;
}

/* Texture for a hole, as its surroundings have it: whatever the network, and after alternatives,
 * whose chain begins at its answer. */
static gboolean
add_grain(MendRestoration *run, MendTensor restored, GError **error)
{
    enum { BRANCH = 0x6772 }; /* of the seed: no other draw's */
    if (!wants_texture(run))
        return TRUE;
    const MendGoOn ask = {mend_restoration_go_on, run, NULL};
    MendRng rng = {mend_rng_split(run->seed, BRANCH), 0};
    return mend_grain_add(run->options->grain, run->degraded, run->hole, run->x0, run->y0, rng,
                          restored, &ask, error);
}

gboolean
mend_restoration_finish(MendRestoration *run, MendTensor restored, GError **error)
{
    return denoise_rest(run, restored, error) && clean_colours(run, restored, error) &&
           add_grain(run, restored, error) && mend_restoration_structure(run, 0, restored, error);
}
