/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Push-pull: known colours go up a pyramid, and come down into the holes. */
#include "plugin/fill.h"

/* Weighted mean of the up to four pixels under each coarse one. Coarse weights stay in 0..1. */
static void
push(MendTensor fine, MendTensor weight, MendTensor coarse, MendTensor coarse_weight)
{
    const int w = fine.shape.w, h = fine.shape.h, cw = coarse.shape.w, ch = coarse.shape.h;
    for (int y = 0; y < ch; y++) {
        for (int x = 0; x < cw; x++) {
            float sum[4] = {0}, total = 0;
            for (int k = 0; k < 4; k++) {
                int fy = 2 * y + k / 2, fx = 2 * x + k % 2;
                size_t at = (size_t)fy * (size_t)w + (size_t)fx;
                if (fy >= h || fx >= w || weight.data[at] <= 0)
                    continue;
                total += weight.data[at];
                for (int c = 0; c < fine.shape.c; c++)
                    sum[c] += weight.data[at] * mend_tensor_plane(fine, c).data[at];
            }
            size_t to = (size_t)y * (size_t)cw + (size_t)x;
            coarse_weight.data[to] = MIN(total, 1.0f);
            for (int c = 0; c < fine.shape.c; c++)
                mend_tensor_plane(coarse, c).data[to] = total > 0 ? sum[c] / total : 0.5f;
        }
    }
}

/* plane at the place of fine pixel x, y, between its four nearest pixels. */
static float
sample(MendTensor plane, int x, int y)
{
    const int w = plane.shape.w, h = plane.shape.h;
    int x0 = x / 2, x1 = CLAMP(x0 + (x % 2 ? 1 : -1), 0, w - 1);
    int y0 = y / 2, y1 = CLAMP(y0 + (y % 2 ? 1 : -1), 0, h - 1);
    const float *near_row = plane.data + (size_t)y0 * (size_t)w;
    const float *far_row = plane.data + (size_t)y1 * (size_t)w;
    return 0.75f * (0.75f * near_row[x0] + 0.25f * near_row[x1]) +
           0.25f * (0.75f * far_row[x0] + 0.25f * far_row[x1]);
}

static void
pull(MendTensor fine, MendTensor weight, MendTensor coarse)
{
    const int w = fine.shape.w, h = fine.shape.h;
    for (int c = 0; c < fine.shape.c; c++) {
        MendTensor to = mend_tensor_plane(fine, c), from = mend_tensor_plane(coarse, c);
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                size_t at = (size_t)y * (size_t)w + (size_t)x;
                float k = weight.data[at];
                if (k <= 0)
                    to.data[at] = sample(from, x, y); /* what is there may be NaN */
                else if (k < 1)
                    to.data[at] = k * to.data[at] + (1 - k) * sample(from, x, y);
            }
        }
    }
}

static gboolean
fill_level(MendTensor fine, MendTensor weight, GError **error)
{
    MendShape half = {fine.shape.c, (fine.shape.h + 1) / 2, (fine.shape.w + 1) / 2};
    if (fine.shape.h <= 1 && fine.shape.w <= 1)
        return TRUE;
    g_auto(MendTensor) coarse = mend_tensor_new(half, error);
    if (!coarse.data)
        return FALSE;
    half.c = 1;
    g_auto(MendTensor) coarse_weight = mend_tensor_new(half, error);
    if (!coarse_weight.data)
        return FALSE;
    push(fine, weight, coarse, coarse_weight);
    if (!fill_level(coarse, coarse_weight, error))
        return FALSE;
    pull(fine, weight, coarse);
    return TRUE;
}

gboolean
mend_fill_unknown(MendTensor picture, MendTensor known, GError **error)
{
    g_return_val_if_fail(picture.shape.c <= 4, FALSE);
    if (picture.shape.h == 1 && picture.shape.w == 1) {
        for (int c = 0; c < picture.shape.c && known.data[0] <= 0; c++)
            picture.data[c] = 0.5f;
        return TRUE;
    }
    return fill_level(picture, known, error);
}
