/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for inpainting: what is painted over in white is the hole, and is filled with the
 * harmonic continuation of its surroundings (Laplace's equation), from coarse to fine: known pixels
 * are averaged down until no hole is left, each finer level starts from the coarser one. */
#include <string.h>

#include "compute/mean.h"

#define SWEEPS      30 /* of red-black Gauss-Seidel, on each level */
#define STEPS       2  /* pixels that the hole grows over white */
#define MOST_LEVELS 40 /* more than halvings of a side, whose length is an int */

/* Colour and, in the last plane, known pixels: sums over the 2^k x 2^k pixels that each pixel of
 * level k stands for, later their quotients. Level 0's colour is the result. */
typedef struct {
    int w, h;
    float *planes[4];
} Level;

/* Pixels x0 <= x < x1 of row y, all of them in the hole. */
typedef struct {
    int y, x0, x1;
} Run;

typedef struct {
    Level levels[MOST_LEVELS];
    int n_levels;
    void *blocks[MOST_LEVELS]; /* what the levels own */
    Run *runs;
    size_t n_runs;
} Fill;

static void
fill_clear(Fill *fill)
{
    for (int i = 0; i < MOST_LEVELS; i++)
        mend_block_free(fill->blocks[i]);
    mend_block_free(fill->runs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fill, fill_clear)

enum { NOT_WHITE, WHITE, HOLE }; /* and HOLE + i: added by step i */

static void
find_white(MendTensor picture, guint8 *marks)
{
    size_t n = (size_t)picture.shape.h * (size_t)picture.shape.w;
    const float *y = picture.data, white = (float)(254.5 / 255);
    for (size_t i = 0; i < n; i++)
        marks[i] = y[i] >= white && y[n + i] >= white && y[2 * n + i] >= white ? WHITE : NOT_WHITE;
}

/* Every 3 x 3 block that is white all over. */
static void
mark_blocks(guint8 *marks, int w, int h)
{
    for (int y = 1; y < h - 1; y++) {
        guint8 *row = marks + (size_t)y * (size_t)w;
        for (int x = 1; x < w - 1; x++) {
            guint8 *rows[] = {row + x - w, row + x, row + x + w};
            gboolean all = row[x] != NOT_WHITE;
            for (int i = 0; i < 9 && all; i++)
                all = rows[i / 3][i % 3 - 1] != NOT_WHITE;
            for (int i = 0; i < 9 && all; i++)
                rows[i / 3][i % 3 - 1] = HOLE;
        }
    }
}

/* White pixels beside what earlier steps made: the corners of strokes. */
static void
grow(guint8 *marks, int w, int h, int step)
{
    for (int y = 0; y < h; y++) {
        guint8 *row = marks + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++) {
            if (row[x] != WHITE)
                continue;
            guint8 around[] = {x > 0 ? row[x - 1] : 0, x < w - 1 ? row[x + 1] : 0,
                               y > 0 ? row[x - w] : 0, y < h - 1 ? row[x + w] : 0};
            for (int i = 0; i < 4; i++)
                if (around[i] >= HOLE && around[i] < HOLE + step)
                    row[x] = (guint8)(HOLE + step);
        }
    }
}

static gboolean
find_hole(MendTensor picture, MendTensor hole, GError **error)
{
    int w = picture.shape.w, h = picture.shape.h;
    size_t n = (size_t)h * (size_t)w;
    guint8 *marks = mend_block_new_large(n, error);
    if (!marks)
        return FALSE;
    find_white(picture, marks);
    mark_blocks(marks, w, h);
    for (int step = 1; step <= STEPS; step++)
        grow(marks, w, h, step);
    for (size_t i = 0; i < n; i++)
        hole.data[i] = marks[i] >= HOLE;
    mend_block_free(marks);
    return TRUE;
}

/* Sums of 2 x 2 blocks; an odd last row or column is a block of its own. */
static void
halve(const float *from, int w, int h, float *to)
{
    for (int y = 0; y < h; y += 2) {
        const float *up = from + (size_t)y * (size_t)w;
        gboolean low = y + 1 < h;
        for (int x = 0; x < w; x += 2) {
            float sum = up[x] + (low ? up[x + w] : 0);
            if (x + 1 < w)
                sum += up[x + 1] + (low ? up[x + 1 + w] : 0);
            *to++ = sum;
        }
    }
}

static gboolean
add_coarser(Fill *fill, GError **error)
{
    const Level *fine = &fill->levels[fill->n_levels - 1];
    Level *coarse = &fill->levels[fill->n_levels];
    coarse->w = (fine->w + 1) / 2;
    coarse->h = (fine->h + 1) / 2;
    size_t n = (size_t)coarse->h * (size_t)coarse->w;
    float *block = mend_block_new_large(4 * n * sizeof *block, error);
    if (!block)
        return FALSE;
    fill->blocks[fill->n_levels++] = block;
    for (int i = 0; i < 4; i++) {
        coarse->planes[i] = block + (size_t)i * n;
        halve(fine->planes[i], fine->w, fine->h, coarse->planes[i]);
    }
    return TRUE;
}

static gboolean
has_hole(const Level *level)
{
    size_t n = (size_t)level->h * (size_t)level->w;
    for (size_t i = 0; i < n; i++)
        if (!(level->planes[3][i] > 0))
            return TRUE;
    return FALSE;
}

/* Where pixel i of n lies between two of half as many: centres aligned, edges repeated. */
typedef struct {
    int low, high;
    float share; /* of high */
} Between;

static Between
between(int i, int n)
{
    int half = (n + 1) / 2;
    float at = CLAMP(((float)i - 0.5f) / 2, 0.0f, (float)(half - 1));
    int low = MIN((int)at, MAX(half - 2, 0));
    return (Between){low, MIN(low + 1, half - 1), at - (float)low};
}

static void
fill_from(const float *coarse, const Level *fine, Run run, float *plane)
{
    int half = (fine->w + 1) / 2;
    Between v = between(run.y, fine->h);
    const float *up = coarse + (size_t)v.low * (size_t)half;
    const float *down = coarse + (size_t)v.high * (size_t)half;
    float *row = plane + (size_t)run.y * (size_t)fine->w;
    for (int x = run.x0; x < run.x1; x++) {
        Between u = between(x, fine->w);
        float left = up[u.low] * (1 - v.share) + down[u.low] * v.share;
        float right = up[u.high] * (1 - v.share) + down[u.high] * v.share;
        row[x] = left * (1 - u.share) + right * u.share;
    }
}

/* One half of a sweep: pixels with x + y of one parity, which see only the others. Edges are
 * mirrored: a neighbour outside has the pixel's own value. */
static void
relax(float *plane, const Level *level, Run run, int parity)
{
    float *row = plane + (size_t)run.y * (size_t)level->w;
    const float *up = run.y > 0 ? row - level->w : row;
    const float *down = run.y < level->h - 1 ? row + level->w : row;
    for (int x = run.x0 + ((run.x0 + run.y + parity) & 1); x < run.x1; x += 2) {
        float left = row[x > 0 ? x - 1 : x], right = row[x < level->w - 1 ? x + 1 : x];
        row[x] = (up[x] + down[x] + left + right) * 0.25f;
    }
}

/* Counts the runs of a level, and writes them to where there is room. */
static size_t
list_runs(const Level *level, Run *runs)
{
    size_t n = 0;
    for (int y = 0; y < level->h; y++) {
        const float *known = level->planes[3] + (size_t)y * (size_t)level->w;
        for (int x = 0; x < level->w; x++) {
            int x0 = x;
            while (x < level->w && !(known[x] > 0))
                x++;
            if (x == x0)
                continue;
            if (runs)
                runs[n] = (Run){y, x0, x};
            n++;
        }
    }
    return n;
}

static gboolean
find_runs(Fill *fill, const Level *level, GError **error)
{
    fill->n_runs = list_runs(level, NULL);
    mend_block_free(fill->runs);
    fill->runs = mend_block_new_large(fill->n_runs * sizeof *fill->runs, error);
    if (!fill->runs)
        return FALSE;
    list_runs(level, fill->runs);
    return TRUE;
}

static void
divide(float *plane, const Level *level)
{
    size_t n = (size_t)level->h * (size_t)level->w;
    const float *known = level->planes[3];
    for (size_t i = 0; i < n; i++)
        if (known[i] > 1)
            plane[i] /= known[i];
}

/* Sums to colours on level k, the hole from the level below. */
static gboolean
finish_level(Fill *fill, int k, const MendGoOn *go_on, GError **error)
{
    const Level *level = &fill->levels[k];
    if (!find_runs(fill, level, error))
        return FALSE;
    for (int c = 0; c < 3; c++) {
        float *plane = level->planes[c];
        divide(plane, level);
        for (size_t i = 0; i < fill->n_runs; i++)
            fill_from(fill->levels[k + 1].planes[c], level, fill->runs[i], plane);
        for (int half = 0; half < 2 * SWEEPS; half++)
            for (size_t i = 0; i < fill->n_runs; i++)
                relax(plane, level, fill->runs[i], half % 2);
        if (!mend_go_on(go_on, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
fill_levels(Fill *fill, const MendGoOn *go_on, GError **error)
{
    do {
        if (!add_coarser(fill, error))
            return FALSE;
    } while (has_hole(&fill->levels[fill->n_levels - 1]));
    for (int c = 0; c < 3; c++)
        divide(fill->levels[fill->n_levels - 1].planes[c], &fill->levels[fill->n_levels - 1]);
    for (int k = fill->n_levels - 2; k >= 0; k--)
        if (!finish_level(fill, k, go_on, error))
            return FALSE;
    return TRUE;
}

static gboolean
fill_hole(MendTensor degraded, MendTensor hole, MendTensor mean, const MendGoOn *go_on,
          GError **error)
{
    size_t n = (size_t)degraded.shape.h * (size_t)degraded.shape.w, n_known = 0;
    memcpy(mean.data, degraded.data, 3 * n * sizeof *mean.data);
    float *known = mend_block_new_large(n * sizeof *known, error);
    if (!known)
        return FALSE;
    g_auto(Fill) fill = {.n_levels = 1, .blocks = {known}};
    Level *finest = &fill.levels[0];
    *finest = (Level){degraded.shape.w, degraded.shape.h, {0, 0, 0, known}};
    for (size_t i = 0; i < n; i++) {
        known[i] = !(hole.data[i] > 0);
        n_known += !(hole.data[i] > 0);
    }
    if (n_known == 0 || n_known == n)
        return TRUE;
    for (int c = 0; c < 3; c++) {
        finest->planes[c] = mean.data + (size_t)c * n;
        for (size_t i = 0; i < n; i++)
            finest->planes[c][i] *= known[i];
    }
    return fill_levels(&fill, go_on, error);
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    MendShape shape = {1, degraded.shape.h, degraded.shape.w};
    g_auto(MendTensor) hole = mend_tensor_new(shape, error);
    return hole.data && find_hole(degraded, hole, error) &&
           fill_hole(degraded, hole, mean, go_on, error);
}

const MendMean mend_mean_harmonic = {
    .name = "harmonic",
    .blurb = "what is painted over in white, filled smoothly from around it",
    .estimate = estimate,
    .find_hole = find_hole,
    .fill = fill_hole,
};
