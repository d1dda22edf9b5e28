/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clues of tone, in the thumbnail, and of holes painted white, in the crops. */
#include <math.h>
#include <string.h>

#include "compute/clues_parts.h"

enum { REACH = 3 }; /* pixels of the thumbnail around a dark one */

static double
value(MendTensor picture, int c, size_t i)
{
    return (double)mend_tensor_plane(picture, c).data[i];
}

/* least, most: of the three channels. */
static void
extremes(MendTensor picture, size_t i, double *least, double *most)
{
    double r = value(picture, 0, i), g = value(picture, 1, i), b = value(picture, 2, i);
    *least = MIN(r, MIN(g, b)) * 255;
    *most = MAX(r, MAX(g, b)) * 255;
}

/* The smallest value within REACH, along one axis: pixels are step apart. */
static void
erode(const double *from, double *to, int side, gboolean down)
{
    int step = down ? side : 1, line = down ? 1 : side;
    for (int i = 0; i < side; i++) {
        for (int k = 0; k < side; k++) {
            double least = from[i * line + k * step];
            for (int j = MAX(k - REACH, 0); j <= MIN(k + REACH, side - 1); j++)
                least = MIN(least, from[i * line + j * step]);
            to[i * line + k * step] = least;
        }
    }
}

static void
add_moments(MendClueList *list, const double sums[3], const double squares[3], double n)
{
    for (int c = 1; c < 3; c++)
        mend_clue_add(list, sums[c] / n / 16);
    for (int c = 0; c < 3; c++) {
        double mean = sums[c] / n;
        mend_clue_add(list, log(sqrt(MAX(squares[c] / n - mean * mean, 0)) + 1));
    }
}

static void
add_colours(MendClueList *list, MendTensor small, const double *luma, size_t n)
{
    double sums[3] = {0}, squares[3] = {0};
    for (size_t i = 0; i < n; i++) {
        double y = luma[i];
        const double v[] = {y, 0.564 * (value(small, 2, i) * 255 - y),
                            0.713 * (value(small, 0, i) * 255 - y)};
        for (int c = 0; c < 3; c++) {
            sums[c] += v[c];
            squares[c] += v[c] * v[c];
        }
    }
    add_moments(list, sums, squares, (double)n);
}

/* Quantiles of values, which are put in order: logarithms, or divided by scale. */
static void
add_quantiles(MendClueList *list, double *values, int n, const double *q, int n_q, double scale)
{
    mend_sort(values, n);
    for (int i = 0; i < n_q; i++) {
        double v = mend_quantile(values, n, q[i]);
        mend_clue_add(list, scale > 0 ? v / scale : log(v + 4));
    }
}

void
mend_clue_tone(MendClueList *list, MendTensor thumbnail, const MendSheet *luma)
{
    static const double most[] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};
    static const double few[] = {0.05, 0.5, 0.95}, middle[] = {0.1, 0.25, 0.5, 0.75, 0.9};
    int side = luma->side, n = side * side;
    g_autofree double *values = g_try_new(double, 4 * (gsize)n);
    if (!mend_clue_has(list, values))
        return;
    double *least = values + n, *highest = least + n, *saturation = highest + n;
    for (int i = 0; i < n; i++) {
        extremes(thumbnail, (size_t)i, &least[i], &highest[i]);
        saturation[i] = (highest[i] - least[i]) / (highest[i] + 8);
    }
    memcpy(values, luma->v, (size_t)n * sizeof *values);
    add_quantiles(list, values, n, most, G_N_ELEMENTS(most), 64);
    erode(least, values, side, TRUE);
    erode(values, least, side, FALSE);
    add_quantiles(list, least, n, most + 1, 5, 0);
    add_quantiles(list, highest, n, few, G_N_ELEMENTS(few), 0);
    add_quantiles(list, saturation, n, middle, G_N_ELEMENTS(middle), 1);
    add_colours(list, thumbnail, luma->v, (size_t)n);
    mend_clue_specks(list, luma, 3);
}

/* What is counted of blocks of 3 x 3 pixels. */
typedef struct {
    double n, white, constant, pixels, edges, jumps, far_jumps;
} Count;

/* Places of a tile in the mosaic of crops. */
typedef struct {
    MendTensor crops;
    int side, top, left;
} Tile;

static double
tile_value(const Tile *t, int c, int y, int x)
{
    return value(t->crops, c,
                 (size_t)(t->top + y) * (size_t)t->crops.shape.w + (size_t)(t->left + x));
}

static gboolean
is_white(const Tile *t, int y, int x)
{
    for (int c = 0; c < 3; c++) {
        if (tile_value(t, c, y, x) * 255 <= 254.5)
            return FALSE;
    }
    return TRUE;
}

static double
luma_at(const Tile *t, int y, int x)
{
    return 255 * (0.299 * tile_value(t, 0, y, x) + 0.587 * tile_value(t, 1, y, x) +
                  0.114 * tile_value(t, 2, y, x));
}

/* Whether the 3 x 3 pixels from y, x on hardly differ. */
static gboolean
is_constant(const Tile *t, int y, int x)
{
    for (int c = 0; c < 3; c++) {
        double least = HUGE_VAL, most = -HUGE_VAL;
        for (int k = 0; k < 9; k++) {
            double v = tile_value(t, c, y + k / 3, x + k % 3);
            least = MIN(least, v);
            most = MAX(most, v);
        }
        if ((most - least) * 255 >= 0.6)
            return FALSE;
    }
    return TRUE;
}

/* white: of each pixel of the tile; block: whether the nine from there on are. */
static void
find_blocks(const Tile *t, guchar *white, guchar *block, Count *count)
{
    int side = t->side;
    for (int i = 0; i < side * side; i++) {
        white[i] = is_white(t, i / side, i % side);
        count->pixels += white[i];
    }
    for (int y = 0; y < side - 2; y++) {
        for (int x = 0; x < side - 2; x++) {
            guchar all = 1, *b = &block[y * side + x];
            for (int k = 0; k < 9 && all; k++)
                all = white[(y + k / 3) * side + x + k % 3];
            *b = all;
            count->n++;
            count->white += all;
            count->constant += !all && is_constant(t, y, x);
        }
    }
}

/* How much darker the pixel next to a white block is, to the left and to the right, and the one two
 * pixels further: a hole ends at once, light fades. */
static void
find_edges(const Tile *t, const guchar *block, Count *count)
{
    for (int y = 0; y < t->side - 2; y++) {
        for (int x = 2; x < t->side - 5; x++) {
            const guchar *b = &block[y * t->side + x];
            if (b[0] == b[1])
                continue;
            count->edges++;
            count->jumps += 255 - luma_at(t, y + 1, b[1] ? x : x + 3);
            count->far_jumps += 255 - luma_at(t, y + 1, b[1] ? x - 2 : x + 5);
        }
    }
}

void
mend_clue_holes(MendClueList *list, MendTensor crops)
{
    int side = crops.shape.h / 2;
    Count count = {0};
    g_autofree guchar *marks = g_try_malloc0((gsize)2 * (gsize)side * (gsize)side);
    if (!mend_clue_has(list, marks))
        return;
    for (int i = 0; i < 4; i++) {
        Tile tile = {crops, side, i / 2 * side, i % 2 * side};
        find_blocks(&tile, marks, marks + side * side, &count);
        find_edges(&tile, marks + side * side, &count);
    }
    mend_clue_add(list, log(count.white / count.n + 1e-4));
    mend_clue_add(list, log(count.constant / count.n + 1e-3));
    mend_clue_add(list, log(count.edges / count.n + 1e-4));
    double jump = log((count.edges > 0 ? count.jumps / count.edges : 0) + 4);
    mend_clue_add(list, jump);
    mend_clue_add(list, log((count.edges > 0 ? count.far_jumps / count.edges : 0) + 4) - jump);
    mend_clue_add(list, log(count.pixels / (4.0 * side * side) + 1e-4));
}
