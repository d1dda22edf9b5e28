/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known squares, and a walk in all directions from all of them at once. */
#include "compute/grain_source.h"

enum {
    CELL = 8,
    CELLS = MEND_GRAIN_SIDE / CELL,                     /* of a square's side */
    ENOUGH = MEND_GRAIN_SIDE * MEND_GRAIN_SIDE * 3 / 5, /* known pixels of a good square */
    LEAST = 64,                                         /* below which nothing can be told */
};

static void
count_known(MendGrainSource *s, MendTensor hole)
{
    int w = hole.shape.w, dx = s->x0 & (CELL - 1), dy = s->y0 & (CELL - 1);
    for (int y = 0; y < hole.shape.h; y++) {
        const float *row = hole.data + (size_t)y * (size_t)w;
        guint16 *cells = s->known + (size_t)((y + dy) / CELL) * (size_t)s->n_x;
        for (int x = 0; x < w; x++)
            cells[(x + dx) / CELL] += !(row[x] > 0);
    }
}

static int
known_in_square(const MendGrainSource *s, int cx, int cy)
{
    int n = 0;
    for (int y = cy; y < MIN(cy + CELLS, s->n_y); y++)
        for (int x = cx; x < MIN(cx + CELLS, s->n_x); x++)
            n += s->known[(size_t)y * (size_t)s->n_x + (size_t)x];
    return n;
}

/* Known pixels that a square must have: where none has enough, as many as the best one. */
static int
find_limit(const MendGrainSource *s)
{
    int most = 0;
    for (int cy = 0; cy < s->n_y && most < ENOUGH; cy++)
        for (int cx = 0; cx < s->n_x && most < ENOUGH; cx++)
            most = MAX(most, known_in_square(s, cx, cy));
    return MAX(MIN(most, ENOUGH), LEAST);
}

/* Step by step from the good squares, in the order of queue, which has room for all cells. */
static void
spread(MendGrainSource *s, int limit, int *queue)
{
    int n = 0;
    for (int i = 0; i < s->n_x * s->n_y; i++) {
        gboolean good = known_in_square(s, i % s->n_x, i / s->n_x) >= limit;
        s->square[i] = good ? i : -1;
        if (good)
            queue[n++] = i;
    }
    for (int head = 0; head < n; head++) {
        int i = queue[head], x = i % s->n_x, y = i / s->n_x;
        int next[] = {x > 0 ? i - 1 : -1, x + 1 < s->n_x ? i + 1 : -1, y > 0 ? i - s->n_x : -1,
                      y + 1 < s->n_y ? i + s->n_x : -1};
        for (int k = 0; k < 4; k++) {
            if (next[k] < 0 || s->square[next[k]] >= 0)
                continue;
            s->square[next[k]] = s->square[i];
            queue[n++] = next[k];
        }
    }
}

gboolean
mend_grain_source_init(MendGrainSource *source, MendTensor hole, int x0, int y0, GError **error)
{
    int dx = x0 & (CELL - 1), dy = y0 & (CELL - 1);
    *source = (MendGrainSource){.x0 = x0,
                                .y0 = y0,
                                .n_x = (hole.shape.w + dx + CELL - 1) / CELL,
                                .n_y = (hole.shape.h + dy + CELL - 1) / CELL};
    size_t n = (size_t)source->n_x * (size_t)source->n_y;
    int *queue = mend_block_new(n * sizeof *queue, error);
    source->square = queue ? mend_block_new(n * sizeof *source->square, error) : NULL;
    source->known = source->square ? mend_block_new(n * sizeof *source->known, error) : NULL;
    if (source->known) {
        for (size_t i = 0; i < n; i++)
            source->known[i] = 0;
        count_known(source, hole);
        spread(source, find_limit(source), queue);
    }
    mend_block_free(queue);
    return source->known != NULL;
}

void
mend_grain_source_clear(MendGrainSource *source)
{
    mend_block_free(source->square);
    mend_block_free(source->known);
    source->square = NULL;
    source->known = NULL;
}

gboolean
mend_grain_source_find(const MendGrainSource *s, int x, int y, int *left, int *top)
{
    int dx = s->x0 & (CELL - 1), dy = s->y0 & (CELL - 1);
    int cx = CLAMP((x + dx) / CELL, 0, s->n_x - 1), cy = CLAMP((y + dy) / CELL, 0, s->n_y - 1);
    int square = s->square[(size_t)cy * (size_t)s->n_x + (size_t)cx];
    if (square < 0)
        return FALSE;
    *left = square % s->n_x * CELL - dx;
    *top = square / s->n_x * CELL - dy;
    return TRUE;
}
