/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of means. */
#include "compute/mean.h"

#include <math.h>

#include "compute/error.h"
#include "compute/i18n.h"

#define DARK 0.02 /* added to both sides of a ratio */

extern const MendMean mend_mean_dark_channel, mend_mean_dark_channel_small, mend_mean_exposure,
    mend_mean_harmonic, mend_mean_shadow_match, mend_mean_unsharp;

static const MendMean identity = {.name = "identity", .blurb = "the picture itself"};
static const MendMean wiener = {
    .name = "wiener",
    .blurb = "sharpened by Wiener filters for straight motion, chosen by a small network",
    .learned = TRUE,
};

const MendMean *const mend_means[] = {
    &identity,
    &mend_mean_dark_channel,
    &mend_mean_dark_channel_small,
    &mend_mean_exposure,
    &mend_mean_harmonic,
    &mend_mean_shadow_match,
    &mend_mean_unsharp,
    &wiener,
    NULL,
};

const MendMean *
mend_mean_find(const char *name)
{
    for (int i = 0; mend_means[i]; i++)
        if (g_strcmp0(mend_means[i]->name, name) == 0)
            return mend_means[i];
    return NULL;
}

double
mend_smooth_step(double x, double low, double high)
{
    double s = CLAMP((x - low) / (high - low), 0.0, 1.0);
    return s * s * (3 - 2 * s);
}

double
mend_lightened(MendTensor before, MendTensor after, size_t i)
{
    size_t n = (size_t)before.shape.h * (size_t)before.shape.w;
    double sum = 0;
    for (size_t k = i; k < 3 * n; k += n)
        sum += log(((double)after.data[k] + DARK) / ((double)before.data[k] + DARK));
    return sum / 3;
}

gboolean
mend_go_on(const MendGoOn *go_on, GError **error)
{
    if (!go_on || go_on->ask(go_on->data))
        return TRUE;
    g_set_error_literal(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Stopped."));
    return FALSE;
}

gboolean
mend_go_on_at(const MendGoOn *go_on, double share, GError **error)
{
    if (go_on && go_on->share)
        *go_on->share = share;
    return mend_go_on(go_on, error);
}
