/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two walks, there and back. */
#include "compute/depth.h"

#include <glib.h>

#define ACROSS 1.4f

/* before: the row that was walked before, or NULL. */
static void
walk_row(float *row, const float *before, int w, size_t stride, int step)
{
    for (int i = 0; i < w; i++) {
        int x = step > 0 ? i : w - 1 - i;
        float least = row[(size_t)x * stride];
        if (i > 0)
            least = MIN(least, row[(size_t)(x - step) * stride] + 1);
        if (before) {
            least = MIN(least, before[(size_t)x * stride] + 1);
            if (x > 0)
                least = MIN(least, before[(size_t)(x - 1) * stride] + ACROSS);
            if (x + 1 < w)
                least = MIN(least, before[(size_t)(x + 1) * stride] + ACROSS);
        }
        row[(size_t)x * stride] = least;
    }
}

void
mend_depth(float *far, int w, int h, size_t stride)
{
    size_t row = (size_t)w * stride;
    for (int y = 0; y < h; y++)
        walk_row(far + (size_t)y * row, y > 0 ? far + (size_t)(y - 1) * row : NULL, w, stride, 1);
    for (int y = h - 1; y >= 0; y--)
        walk_row(far + (size_t)y * row, y + 1 < h ? far + (size_t)(y + 1) * row : NULL, w, stride,
                 -1);
}
