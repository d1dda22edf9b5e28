/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network may see of a picture, and how much of its answer is taken. */
#include "compute/blend.h"

#include <math.h>

#include "compute/bands.h"

static float
seen(float value)
{
    return value > 0.0f ? MIN(value, 1.0f) : 0.0f;
}

static void
look_band(gpointer data, size_t begin, size_t end)
{
    MendBlend *blend = data;
    int outside = 0;
    for (size_t i = begin; i < end; i++)
        outside |= !(blend->picture.data[i] >= 0.0f && blend->picture.data[i] <= 1.0f);
    if (outside)
        g_atomic_int_set(&blend->outside, 1);
}

static void
clamp_band(gpointer data, size_t begin, size_t end)
{
    const MendBlend *blend = data;
    const float *from = blend->picture.data, *hole = blend->hole.data;
    size_t n = hole ? mend_shape_count(blend->hole.shape) : 0;
    for (size_t i = begin; i < end; i++)
        blend->clamped.data[i] = hole && hole[i % n] > 0 ? 1.0f : seen(from[i]);
}

/* restored is clamped too: what a network adds beyond black and white is not of the picture. */
static void
blend_band(gpointer data, size_t begin, size_t end)
{
    const MendBlend *n = data;
    const float *mask = n->mask.data;
    size_t plane = mask ? mend_shape_count(n->mask.shape) : 1;
    for (size_t i = begin, k = begin % plane; i < end; i++, k = k + 1 < plane ? k + 1 : 0) {
        float old = n->picture.data[i], clean = CLAMP(n->restored.data[i], 0.0f, 1.0f);
        float taken = mask ? mask[k] : 1.0f;
        float share = taken > 0 ? n->strength * MIN(taken, 1.0f) : 0; /* NaN is none */
        if (!(share > 0))
            n->result.data[i] = old;
        else
            n->result.data[i] = isfinite(old) ? old + share * (clean - seen(old)) : clean;
    }
}

static void
pass_over(MendBlend *blend, void (*band)(gpointer data, size_t begin, size_t end))
{
    mend_bands_run(mend_shape_count(blend->picture.shape), MEND_BAND, band, blend);
}

gboolean
mend_blend_clamp(MendBlend *blend, MendTensor *owned, GError **error)
{
    blend->clamped = blend->picture;
    pass_over(blend, look_band);
    if (!blend->outside && !blend->hole.data)
        return TRUE;
    *owned = mend_tensor_new(blend->picture.shape, error);
    blend->clamped = *owned;
    if (owned->data)
        pass_over(blend, clamp_band);
    return owned->data != NULL;
}

void
mend_blend_run(MendBlend *blend)
{
    pass_over(blend, blend_band);
}
