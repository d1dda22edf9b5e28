/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether damage lies over all of a picture: the median of what windows of it were changed by. */
#include "compute/presence.h"

#include <stdlib.h>

#include "compute/bands.h"
#include "compute/mean.h"

#define SIDE  32   /* of a window: wider than streaks and flakes are apart */
#define LIGHT 0.75 /* mean of a window before which they hardly show */

typedef struct {
    MendTensor before, after;
    size_t rows, columns; /* of windows */
    float *change;        /* [rows][columns]; < 0: too light */
    gboolean all;         /* however light they are */
} Windows;

static float
shown(float value)
{
    return value > 0.0f ? MIN(value, 1.0f) : 0.0f;
}

static float
change_of(const Windows *w, size_t row, size_t column)
{
    size_t height = (size_t)w->before.shape.h, width = (size_t)w->before.shape.w;
    size_t plane = height * width, n = 0;
    double change = 0, light = 0;
    for (size_t y = row * height / w->rows; y < (row + 1) * height / w->rows; y++)
        for (size_t x = column * width / w->columns; x < (column + 1) * width / w->columns; x++) {
            float most = 0;
            for (size_t i = y * width + x; i < 3 * plane; i += plane) {
                float old = shown(w->before.data[i]);
                most = MAX(most, ABS(shown(w->after.data[i]) - old));
                light += (double)old / 3;
            }
            change += (double)most;
            n++;
        }
    return !w->all && light > LIGHT * (double)n ? -1 : (float)(255 * change / (double)n);
}

static void
band(gpointer data, size_t begin, size_t end)
{
    const Windows *w = data;
    for (size_t i = begin; i < end; i++)
        w->change[i] = change_of(w, i / w->columns, i % w->columns);
}

static int
compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Fills and sorts change; how many windows are too light. */
static size_t
measure(Windows *w)
{
    size_t n = w->rows * w->columns, light = 0;
    mend_bands_run(n, MEND_BAND / (SIDE * SIDE), band, w);
    qsort(w->change, n, sizeof *w->change, compare);
    while (light < n && w->change[light] < 0)
        light++;
    return light;
}

gboolean
mend_presence_change(MendTensor before, MendTensor after, double *change, GError **error)
{
    MendShape grid = {1, MAX(1, before.shape.h / SIDE), MAX(1, before.shape.w / SIDE)};
    g_auto(MendTensor) own = mend_tensor_new(grid, error);
    if (!own.data)
        return FALSE;
    Windows w = {before, after, (size_t)grid.h, (size_t)grid.w, own.data, FALSE};
    size_t n = mend_shape_count(grid), light = measure(&w);
    if (light == n) {
        w.all = TRUE;
        light = measure(&w);
    }
    *change = (double)own.data[light + (n - light) / 2];
    return TRUE;
}

double
mend_presence_share(double change, double least)
{
    return mend_smooth_step(change, least, MEND_PRESENCE_SURE * least);
}
