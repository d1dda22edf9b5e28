/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wide holes, one after another; each on a pyramid of its own. */
#include "compute/exemplar.h"

#include <math.h>
#include <string.h>

#include "compute/depth.h"
#include "compute/exemplar_match.h"

enum {
    DEEP = MEND_EXEMPLAR_DEEP,
    EDGE = 4,    /* pixels from the edge of what is changed to where all is */
    CELL = 32,   /* pixels: what is changed in neighbouring cells is one hole */
    SHALLOW = 4, /* depth in pixels of a hole on its coarsest level, at most */
    MOST_LEVELS = 12,
    MOST_PIXELS = 1 << 25, /* of a hole with its surroundings */
    LEAST_REACH = 128,     /* pixels around a hole */
    MOST_REACH = 512,
    ROUNDS = 10, /* of search and vote on the coarsest level, two fewer on each finer one */
    LEAST_ROUNDS = 2,
    PASSES = 3, /* of a search */
};

/* A rectangle of the picture. */
typedef struct {
    int x, y, w, h;
} Box;

enum { FREE, MARKED, TAKEN }; /* cells */

struct MendExemplar {
    MendTensor hole;
    float *shallow; /* [h][w], below 0: how deep in what is changed, negated; NULL: nothing is */
    guint8 *cells;  /* MARKED: something is changed there; TAKEN: by the group under way */
    int *queue;     /* the group's cells; room for all */
    int n_taken;
    int n_x, n_y; /* cells */
    size_t n_pixels;
};

/* One filling. */
typedef struct {
    MendExemplar *e;
    MendTensor degraded, filled;
    MendRng rng;
    const MendGoOn *go_on;
    size_t n_done; /* pixels of groups that are done */
} Filling;

/* side: of a rectangle of cells, in pixels. */
static int
reach_of(int side)
{
    return CLAMP(side, LEAST_REACH, MOST_REACH);
}

int
mend_exemplar_reach(int side)
{
    return reach_of(side + 2 * CELL) + CELL;
}

/* What is changed: the discs around all that is deep, as far as the known. A scratch that runs into
 * a wide hole is not of it. FALSE: nothing is deep, or the error is set. */
static gboolean
find_deep(MendExemplar *e, const MendGoOn *go_on, GError **error)
{
    int w = e->hole.shape.w, h = e->hole.shape.h;
    size_t n = (size_t)w * (size_t)h;
    gboolean any = FALSE;
    for (size_t i = 0; i < n; i++)
        e->shallow[i] = e->hole.data[i] > 0 ? (float)w + (float)h : 0;
    mend_depth(e->shallow, w, h, 1);
    for (size_t i = 0; i < n; i++) {
        e->shallow[i] = e->shallow[i] >= DEEP ? -e->shallow[i] : 0;
        any |= e->shallow[i] < 0;
    }
    if (!mend_go_on(go_on, error) || !any)
        return FALSE;
    mend_depth(e->shallow, w, h, 1);
    for (size_t i = 0; i < n; i++)
        e->n_pixels += e->shallow[i] < 0;
    return TRUE;
}

static void
mark_cells(MendExemplar *e)
{
    int w = e->hole.shape.w;
    memset(e->cells, FREE, (size_t)e->n_x * (size_t)e->n_y);
    for (int y = 0; y < e->hole.shape.h; y++) {
        const float *row = e->shallow + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++)
            if (row[x] < 0)
                e->cells[(size_t)(y / CELL) * (size_t)e->n_x + (size_t)(x / CELL)] = MARKED;
    }
}

/* The rectangle, in cells, of those that hang together with first: these are TAKEN. */
static Box
take_group(MendExemplar *e, int first)
{
    int x0 = e->n_x, y0 = e->n_y, x1 = 0, y1 = 0, n = 0;
    e->queue[n++] = first;
    e->cells[first] = TAKEN;
    for (int head = 0; head < n; head++) {
        int cx = e->queue[head] % e->n_x, cy = e->queue[head] / e->n_x;
        x0 = MIN(x0, cx);
        y0 = MIN(y0, cy);
        x1 = MAX(x1, cx + 1);
        y1 = MAX(y1, cy + 1);
        for (int y = MAX(cy - 1, 0); y <= MIN(cy + 1, e->n_y - 1); y++) {
            for (int x = MAX(cx - 1, 0); x <= MIN(cx + 1, e->n_x - 1); x++) {
                int at = y * e->n_x + x;
                if (e->cells[at] != MARKED)
                    continue;
                e->cells[at] = TAKEN;
                e->queue[n++] = at;
            }
        }
    }
    e->n_taken = n;
    return (Box){x0, y0, x1 - x0, y1 - y0};
}

static Box
grown(const MendExemplar *e, Box box, int by)
{
    int x0 = MAX(box.x - by, 0), y0 = MAX(box.y - by, 0);
    int x1 = MIN(box.x + box.w + by, e->hole.shape.w),
        y1 = MIN(box.y + box.h + by, e->hole.shape.h);
    return (Box){x0, y0, x1 - x0, y1 - y0};
}

/* Pixels from the edge of what the group under way changes; at most 0 elsewhere. */
static float
changed_at(const MendExemplar *e, int x, int y)
{
    if (e->cells[(size_t)(y / CELL) * (size_t)e->n_x + (size_t)(x / CELL)] != TAKEN)
        return 0;
    return -e->shallow[(size_t)y * (size_t)e->hole.shape.w + (size_t)x];
}

/* Of the group under way, which lies in box: its pixels, and how deep it is. */
static size_t
measure(const MendExemplar *e, Box box, float *depth)
{
    size_t n = 0;
    *depth = 0;
    for (int y = box.y; y < box.y + box.h; y++) {
        for (int x = box.x; x < box.x + box.w; x++) {
            float here = changed_at(e, x, y);
            n += here > 0;
            *depth = MAX(*depth, here);
        }
    }
    return n;
}

/* Owned by the caller; data NULL on failure. */
static MendTensor
crop(MendTensor from, Box box, GError **error)
{
    MendTensor to = mend_tensor_new((MendShape){from.shape.c, box.h, box.w}, error);
    for (int c = 0; to.data && c < from.shape.c; c++)
        for (int y = 0; y < box.h; y++)
            memcpy(mend_tensor_plane(to, c).data + (size_t)y * (size_t)box.w,
                   mend_tensor_plane(from, c).data + (size_t)(box.y + y) * (size_t)from.shape.w +
                       (size_t)box.x,
                   (size_t)box.w * sizeof(float));
    return to;
}

/* The finest level. Its hole begins smooth, and not as the network filled it, which differs a
 * little from device to device and with the tiles: all would come out otherwise. */
static gboolean
load(const Filling *f, Box box, MendPatchField *field, GError **error)
{
    g_auto(MendTensor) hole = crop(f->e->hole, box, error);
    g_auto(MendTensor) known = {0};
    if (!hole.data || !(known = crop(f->degraded, box, error)).data)
        return FALSE;
    g_auto(MendTensor) rgb = mend_tensor_new(known.shape, error);
    if (!rgb.data || !mend_mean_find("harmonic")->fill(known, hole, rgb, f->go_on, error) ||
        !mend_patch_field_init(field, box.w, box.h, error))
        return FALSE;
    size_t n = mend_shape_count(hole.shape);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < 3; c++)
            field->rgb[4 * i + c] = rgb.data[c * n + i];
        field->rgb[4 * i + 3] = 0;
        field->hole[i] = hole.data[i] > 0;
    }
    return TRUE;
}

/* Means of 2 x 2 pixels; known where all four are. */
static gboolean
halve(const MendPatchField *fine, MendPatchField *coarse, GError **error)
{
    if (!mend_patch_field_init(coarse, (fine->w + 1) / 2, (fine->h + 1) / 2, error))
        return FALSE;
    for (int y = 0; y < coarse->h; y++) {
        for (int x = 0; x < coarse->w; x++) {
            size_t to = (size_t)y * (size_t)coarse->w + (size_t)x;
            coarse->hole[to] = 0;
            memset(coarse->rgb + 4 * to, 0, 4 * sizeof(float));
            for (int k = 0; k < 4; k++) {
                int fx = MIN(2 * x + k % 2, fine->w - 1), fy = MIN(2 * y + k / 2, fine->h - 1);
                size_t at = (size_t)fy * (size_t)fine->w + (size_t)fx;
                coarse->hole[to] |= fine->hole[at];
                for (size_t c = 0; c < 3; c++)
                    coarse->rgb[4 * to + c] += fine->rgb[4 * at + c] / 4;
            }
        }
    }
    return TRUE;
}

typedef struct {
    MendPatchField levels[MOST_LEVELS]; /* from fine to coarse */
    int n;
} Pyramid;

static void
pyramid_clear(Pyramid *pyramid)
{
    for (int i = 0; i < pyramid->n; i++)
        mend_patch_field_clear(&pyramid->levels[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pyramid, pyramid_clear)

/* As far down as the hole is deep and there are examples. n becomes 0 where there are none. */
static gboolean
build(const Filling *f, Box box, float depth, Pyramid *pyramid, GError **error)
{
    if (!load(f, box, &pyramid->levels[0], error))
        return FALSE;
    pyramid->n = 1;
    if (!mend_patch_field_sort(&pyramid->levels[0])) {
        pyramid_clear(pyramid);
        pyramid->n = 0;
        return TRUE;
    }
    while (pyramid->n < MOST_LEVELS && depth > SHALLOW) {
        MendPatchField *coarse = &pyramid->levels[pyramid->n];
        if (!halve(coarse - 1, coarse, error))
            return FALSE;
        depth /= 2;
        if (!mend_patch_field_sort(coarse)) {
            mend_patch_field_clear(coarse);
            break;
        }
        pyramid->n++;
    }
    return TRUE;
}

/* Of search and vote. */
static int
rounds_of(const Pyramid *pyramid, int k)
{
    return MAX(ROUNDS - 2 * (pyramid->n - 1 - k), LEAST_ROUNDS);
}

/* From coarse to fine; a round costs a quarter of a finer level's. n_pixels: of the group. */
static gboolean
complete(Filling *f, Pyramid *pyramid, size_t n_pixels, GError **error)
{
    double all = 0, done = 0;
    for (int k = 0; k < pyramid->n; k++)
        all += rounds_of(pyramid, k) / pow(4, k);
    for (int k = pyramid->n - 1; k >= 0; k--) {
        MendPatchField *field = &pyramid->levels[k];
        gboolean coarsest = k == pyramid->n - 1;
        MendRng rng = {mend_rng_split(f->rng.seed, (guint64)k), f->rng.stream};
        mend_patch_field_begin(field, coarsest ? NULL : field + 1, rng);
        if (!coarsest)
            mend_patch_field_vote(field, FALSE);
        int rounds = rounds_of(pyramid, k);
        for (int i = 0; i < rounds; i++) {
            rng.stream++;
            if (!mend_patch_field_search(field, PASSES, rng, f->go_on, error))
                return FALSE;
            mend_patch_field_vote(field, i == rounds - 1);
            done += 1 / pow(4, k);
            double pixels = (double)f->n_done + (double)n_pixels * done / all;
            if (!mend_go_on_at(f->go_on, pixels / (double)f->e->n_pixels, error))
                return FALSE;
        }
    }
    return mend_patch_field_join(&pyramid->levels[0], f->go_on, error);
}

/* All of the group under way, which is in core, a part of box. */
static void
store(const Filling *f, Box box, Box core, const MendPatchField *field)
{
    size_t width = (size_t)f->filled.shape.w, plane = width * (size_t)f->filled.shape.h;
    for (int y = core.y; y < core.y + core.h; y++) {
        for (int x = core.x; x < core.x + core.w; x++) {
            float share = (float)mend_smooth_step(changed_at(f->e, x, y), 0, EDGE);
            size_t at = (size_t)(y - box.y) * (size_t)box.w + (size_t)(x - box.x);
            float *to = f->filled.data + (size_t)y * width + (size_t)x;
            for (size_t c = 0; c < 3 && share > 0; c++) {
                float own = share < 1 ? to[c * plane] : 0; /* at 1 not a bit of it */
                to[c * plane] = own * (1 - share) + field->rgb[4 * at + c] * share;
            }
        }
    }
}

static gboolean
fill_group(Filling *f, Box cells, GError **error)
{
    Box core =
        grown(f->e, (Box){cells.x * CELL, cells.y * CELL, cells.w * CELL, cells.h * CELL}, 0);
    Box box = grown(f->e, core, reach_of(MAX(core.w, core.h)));
    float depth;
    size_t n = measure(f->e, core, &depth);
    g_auto(Pyramid) pyramid = {.n = 0};
    if ((gint64)box.w * box.h <= MOST_PIXELS) {
        if (!build(f, box, depth, &pyramid, error))
            return FALSE;
        if (pyramid.n > 0 && !complete(f, &pyramid, n, error))
            return FALSE;
        if (pyramid.n > 0)
            store(f, box, core, &pyramid.levels[0]);
    }
    f->n_done += n;
    return TRUE;
}

gboolean
mend_exemplar_fill(MendExemplar *e, MendTensor degraded, MendRng rng, MendTensor filled,
                   const MendGoOn *go_on, GError **error)
{
    Filling f = {e, degraded, filled, rng, go_on, 0};
    if (e->n_pixels == 0)
        return TRUE;
    mark_cells(e);
    for (int i = 0; i < e->n_x * e->n_y; i++) {
        if (e->cells[i] != MARKED)
            continue;
        if (!fill_group(&f, take_group(e, i), error))
            return FALSE;
        for (int k = 0; k < e->n_taken; k++)
            e->cells[e->queue[k]] = FREE;
    }
    return TRUE;
}

MendExemplar *
mend_exemplar_new(MendTensor hole, const MendGoOn *go_on, GError **error)
{
    g_autoptr(MendExemplar) e = g_new0(MendExemplar, 1);
    g_autoptr(GError) own = NULL;
    e->hole = hole;
    e->n_x = (hole.shape.w + CELL - 1) / CELL;
    e->n_y = (hole.shape.h + CELL - 1) / CELL;
    size_t n = (size_t)e->n_x * (size_t)e->n_y;
    e->shallow = mend_block_new_large(mend_shape_count(hole.shape) * sizeof *e->shallow, error);
    if (!e->shallow)
        return NULL;
    if (!find_deep(e, go_on, &own)) {
        if (own) {
            g_propagate_error(error, g_steal_pointer(&own));
            return NULL;
        }
        mend_block_free(e->shallow);
        e->shallow = NULL;
        return g_steal_pointer(&e);
    }
    if (!(e->cells = mend_block_new_large(n, error)) ||
        !(e->queue = mend_block_new_large(n * sizeof *e->queue, error)))
        return NULL;
    return g_steal_pointer(&e);
}

void
mend_exemplar_free(MendExemplar *e)
{
    if (!e)
        return;
    mend_block_free(e->shallow);
    mend_block_free(e->cells);
    mend_block_free(e->queue);
    g_free(e);
}

size_t
mend_exemplar_pixels(const MendExemplar *e)
{
    return e->n_pixels;
}
