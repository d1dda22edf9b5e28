/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a restoration begins with: the mean, and the hole. */
#include "compute/overview.h"
#include "compute/restore_run.h"
#include "compute/wiener.h"

/* Filters take about as long as this much of a network that runs on the CPU too: on two cores,
 * 1.3 s a megapixel where 0.17 MFLOP a pixel take 2.4. */
#define FILTERS_FLOPS 0.09e6

static gboolean
filter(MendRestoration *run, MendTensor mean, GError **error)
{
    const MendGoOn ask = {mend_restoration_go_on, run, &run->mean_share};
    run->mean_cost = FILTERS_FLOPS / mend_evaluator_flops(run->evaluator);
    mend_restoration_start_clock(run);
    if (!mend_wiener_estimate(run->model, run->degraded, mean, &ask, error))
        return FALSE;
    run->mean_share = 1;
    return TRUE;
}

/* The hole, where the mean wants one and no mask says it. owned: its memory. */
static gboolean
find_hole(MendRestoration *run, const MendMean *mean, MendTensor *owned, GError **error)
{
    if (!mean->fill || run->hole.data)
        return TRUE;
    *owned = mend_tensor_new((MendShape){1, run->degraded.shape.h, run->degraded.shape.w}, error);
    run->hole = *owned;
    return owned->data && mean->find_hole(run->degraded, *owned, error);
}

gboolean
mend_restoration_find_mean(MendRestoration *run, MendTensor *owned, MendTensor *hole,
                           GError **error)
{
    const MendModelInfo *model = run->model;
    const MendMean *mean = model->means[run->row];
    const MendGoOn ask = {mend_restoration_go_on, run, NULL};
    gboolean overview = model->overview >> run->row & 1;
    run->mean = run->degraded;
    if (!mean->estimate && !overview && !mean->learned)
        return TRUE;
    *owned = mend_tensor_new(run->degraded.shape, error);
    run->mean = *owned;
    if (!owned->data)
        return FALSE;
    if (overview)
        return mend_overview_estimate(model, run->row, run->degraded, *owned, &ask, error);
    if (mean->learned)
        return filter(run, *owned, error);
    if (!mean->fill)
        return mean->estimate(run->degraded, *owned, &ask, error);
    return find_hole(run, mean, hole, error) &&
           mean->fill(run->degraded, run->hole, *owned, &ask, error);
}
