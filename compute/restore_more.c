/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alternatives as they come: blended, counted, shown, and their spread at the end. */
#include "compute/restore_more.h"

#include <string.h>

#include "compute/uncertainty.h"

typedef struct {
    const MendOptions *options;
    const MendRestoreHooks *hooks;
    MendAlternativesInfo *info;
    MendUncertainty spread; /* where it is asked for */
} More;

static gboolean
wants_map(const MendOptions *options, const MendRestoreHooks *hooks)
{
    return hooks && hooks->uncertainty && options->uncertainty;
}

int
mend_more_count(const MendOptions *options, const MendRestoreHooks *hooks)
{
    int shown = hooks && hooks->alternative ? options->alternatives : 0;
    return wants_map(options, hooks) ? MAX(shown, MEND_UNCERTAINTY_LEAST) : shown;
}

/* Number i, from 1 on; follows: as in MendAlternative. */
static gboolean
take(More *more, MendTensor picture, int i, gboolean follows, GError **error)
{
    const MendRestoreHooks *hooks = more->hooks;
    more->info->n_made = i;
    if (more->spread.mean.data)
        mend_uncertainty_add(&more->spread, picture, follows);
    if (!hooks->alternative || i > more->options->alternatives)
        return TRUE;
    more->info->n = i;
    return hooks->alternative(picture, i, hooks->data, error);
}

static gboolean
tell_uncertainty(More *more, GError **error)
{
    if (!more->spread.mean.data)
        return TRUE;
    g_auto(MendTensor) deviation = mend_tensor_new(more->spread.squares.shape, error);
    if (!deviation.data)
        return FALSE;
    more->info->effective = mend_uncertainty_finish(&more->spread, deviation);
    more->info->white = mend_uncertainty_white(deviation);
    return more->hooks->uncertainty(deviation, more->info, more->hooks->data, error);
}

static gboolean
make_all(More *more, MendAlternatives *alternatives, MendBlend *blend, GError **error)
{
    int n = mend_more_count(more->options, more->hooks);
    for (int i = 1; i <= n; i++) {
        MendAlternative about;
        if (!mend_alternatives_next(alternatives, blend->result, &about, error))
            return FALSE;
        mend_blend_run(blend);
        more->info->n_evaluations += about.n_evaluations;
        if (about.follows)
            more->info->next = MAX(more->info->next, about.n_evaluations);
        else
            more->info->first = MAX(more->info->first, about.n_evaluations);
        more->info->level = about.sigma;
        more->info->n_restarts = about.n_restarts;
        if (!take(more, blend->result, i, about.follows, error))
            return FALSE;
    }
    return tell_uncertainty(more, error);
}

gboolean
mend_more_make(const MendAlternativesSetup *setup, const MendBlend *blend,
               const MendOptions *options, const MendRestoreHooks *hooks,
               MendAlternativesInfo *info, GError **error)
{
    More more = {.options = options, .hooks = hooks, .info = info};
    MendShape shape = blend->picture.shape;
    if (wants_map(options, hooks) && !mend_uncertainty_init(&more.spread, shape, error))
        return FALSE;
    g_auto(MendTensor) out = mend_tensor_new(shape, error);
    MendBlend own = *blend;
    own.restored = own.result = out;
    g_autoptr(MendAlternatives) alternatives =
        out.data ? mend_alternatives_new(setup, error) : NULL;
    gboolean good = alternatives && make_all(&more, alternatives, &own, error);
    mend_uncertainty_clear(&more.spread);
    return good;
}

gboolean
mend_more_copies(MendTensor picture, const MendOptions *options, const MendRestoreHooks *hooks,
                 MendAlternativesInfo *info, GError **error)
{
    More more = {.options = options, .hooks = hooks, .info = info};
    int n = mend_more_count(options, hooks);
    for (int i = 1; i <= n; i++)
        if (!take(&more, picture, i, FALSE, error))
            return FALSE;
    if (!wants_map(options, hooks))
        return TRUE;
    g_auto(MendTensor) none =
        mend_tensor_new((MendShape){1, picture.shape.h, picture.shape.w}, error);
    if (!none.data)
        return FALSE;
    memset(none.data, 0, mend_shape_count(none.shape) * sizeof(float));
    info->effective = n;
    info->white = mend_uncertainty_white(none);
    return hooks->uncertainty(none, info, hooks->data, error);
}
