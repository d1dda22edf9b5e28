/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matches of patches. A pass reads the matches of the pass before and writes new ones, so all its
 * targets can be looked at side by side. */
#include "compute/exemplar_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/bands.h"
#include "compute/depth.h"

enum {
    R = MEND_PATCH_RADIUS,
    SIDE = MEND_PATCH_SIDE,
    GRAIN = 2048,    /* targets of a band */
    SLICE = 1 << 17, /* between two questions whether to go on */
    TRIES = 4,       /* of chance at a first match */
    SAMPLE = 4096,   /* costs that are looked at for what is usual */
    REACH = 16,      /* of chance where a coarse match is known */
    HALVINGS = 64,   /* of the reach of a search, at most */
};
#define DECAY 0.77f /* of a pixel's weight with each pixel into the hole */
#define FAR   60.0f /* pixels, from where on it stays: 2e-7 */
#define LEAST 1e-6f /* of a mean squared difference, and of a vote */

gboolean
mend_patch_field_init(MendPatchField *field, int w, int h, GError **error)
{
    size_t n = (size_t)w * (size_t)h;
    *field = (MendPatchField){.w = w, .h = h};
    field->rgb = mend_block_new_large(4 * n * sizeof *field->rgb, error);
    if (!field->rgb || !(field->hole = mend_block_new_large(n, error)) ||
        !(field->kind = mend_block_new_large(n, error)) ||
        !(field->match = mend_block_new_large(n * sizeof *field->match, error)) ||
        !(field->next = mend_block_new_large(n * sizeof *field->next, error)) ||
        !(field->origin = mend_block_new_large(n * sizeof *field->origin, error)) ||
        !(field->weight = mend_block_new_large(n * sizeof *field->weight, error)) ||
        !(field->cost = mend_block_new_large(n * sizeof *field->cost, error)) ||
        !(field->targets = mend_block_new_large(n * sizeof *field->targets, error)) ||
        !(field->sources = mend_block_new_large(n * sizeof *field->sources, error))) {
        mend_patch_field_clear(field);
        return FALSE;
    }
    return TRUE;
}

void
mend_patch_field_clear(MendPatchField *field)
{
    void *blocks[] = {field->rgb,    field->hole,   field->kind, field->match,   field->next,
                      field->origin, field->weight, field->cost, field->targets, field->sources};
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++)
        mend_block_free(blocks[i]);
    *field = (MendPatchField){0};
}

static gboolean
meets_hole(const MendPatchField *f, int x, int y)
{
    for (int v = y - R; v <= y + R; v++)
        if (memchr(f->hole + (size_t)v * (size_t)f->w + (size_t)(x - R), 1, SIDE))
            return TRUE;
    return FALSE;
}

/* Weights of pixels, and their sums for the targets. */
static void
weigh(MendPatchField *f)
{
    size_t w = (size_t)f->w, n = w * (size_t)f->h;
    float *weight = f->rgb + 3;
    for (size_t i = 0; i < n; i++)
        weight[4 * i] = f->hole[i] ? FAR : 0;
    mend_depth(weight, f->w, f->h, 4);
    for (size_t i = 0; i < n; i++)
        weight[4 * i] = powf(DECAY, MIN(weight[4 * i], FAR));
    for (int i = 0; i < f->n_targets; i++) {
        size_t first = (size_t)f->targets[i] - R * w - R;
        float sum = 0;
        for (size_t k = 0; k < SIDE * SIDE; k++)
            sum += weight[4 * (first + k / SIDE * w + k % SIDE)];
        f->weight[f->targets[i]] = sum;
    }
}

gboolean
mend_patch_field_sort(MendPatchField *f)
{
    f->n_targets = f->n_sources = 0;
    memset(f->kind, MEND_PATCH_NONE, (size_t)f->w * (size_t)f->h);
    if (MIN(f->w, f->h) < MEND_PATCH_LEAST)
        return FALSE;
    for (int y = R; y < f->h - R; y++) {
        for (int x = R; x < f->w - R; x++) {
            int at = y * f->w + x;
            gboolean target = meets_hole(f, x, y);
            f->kind[at] = target ? MEND_PATCH_TARGET : MEND_PATCH_SOURCE;
            if (target)
                f->targets[f->n_targets++] = at;
            else
                f->sources[f->n_sources++] = at;
        }
    }
    weigh(f);
    return f->n_targets > 0 && f->n_sources > 0;
}

/* The mean squared difference, weighted, given up where it passes most. */
static float
difference(const MendPatchField *f, int target, int source, float most)
{
    size_t w = (size_t)f->w;
    float limit = most * f->weight[target];
    const float *a = f->rgb + 4 * ((size_t)target - R * w - R);
    const float *b = f->rgb + 4 * ((size_t)source - R * w - R);
    float sum = 0;
    for (int v = 0; v < SIDE && sum < limit; v++, a += 4 * w, b += 4 * w) {
        MendRgbx row = {0};
        for (int u = 0; u < SIDE; u++) {
            MendRgbx p, q;
            memcpy(&p, a + 4 * u, sizeof p);
            memcpy(&q, b + 4 * u, sizeof q);
            row += p[3] * (p - q) * (p - q);
        }
        sum += row[0] + row[1] + row[2];
    }
    return sum / f->weight[target];
}

static int
below(guint32 chance, int n)
{
    return (int)((guint64)chance * (guint64)n >> 32);
}

static void
draw(MendRng rng, int place, int round, guint32 chance[4])
{
    const guint32 counter[4] = {(guint32)place, (guint32)round, rng.stream, 0};
    const guint32 key[2] = {(guint32)rng.seed, (guint32)(rng.seed >> 32)};
    mend_philox4x32(counter, key, chance);
}

/* The place of a coarse match, twice as far; -1 where there is none that is a source. */
static int
from_coarse(const MendPatchField *f, const MendPatchField *coarse, int x, int y)
{
    int cx = CLAMP(x / 2, R, coarse->w - R - 1), cy = CLAMP(y / 2, R, coarse->h - R - 1);
    int at = cy * coarse->w + cx;
    if (coarse->kind[at] != MEND_PATCH_TARGET)
        return -1;
    int match = coarse->match[at];
    int sx = CLAMP(2 * (match % coarse->w) + x - 2 * cx, R, f->w - R - 1);
    int sy = CLAMP(2 * (match / coarse->w) + y - 2 * cy, R, f->h - R - 1);
    return f->kind[sy * f->w + sx] == MEND_PATCH_SOURCE ? sy * f->w + sx : -1;
}

void
mend_patch_field_begin(MendPatchField *f, const MendPatchField *coarse, MendRng rng)
{
    f->reach = coarse ? REACH : MAX(f->w, f->h);
    for (int i = 0; i < f->n_targets; i++) {
        int at = f->targets[i];
        int match = coarse ? from_coarse(f, coarse, at % f->w, at / f->w) : -1;
        guint32 chance[4];
        draw(rng, at, -1, chance);
        f->match[at] = match >= 0 ? match : f->sources[below(chance[0], f->n_sources)];
        f->cost[at] = difference(f, at, f->match[at], INFINITY);
        for (int k = 1; match < 0 && k < TRIES; k++) {
            int other = f->sources[below(chance[k], f->n_sources)];
            float cost = difference(f, at, other, f->cost[at]);
            if (cost < f->cost[at]) {
                f->match[at] = other;
                f->cost[at] = cost;
            }
        }
    }
}

typedef struct {
    MendPatchField *field;
    MendRng rng;
    int number;     /* of a search's passes */
    size_t first;   /* target of the slice under way */
    gboolean sharp; /* of a vote */
    float usual;    /* of a vote: the cost that three quarters are below */
} Pass;

/* Whether source (x, y), if it is one, is more like the target. */
static void
try_source(const MendPatchField *f, int target, int x, int y, int *match, float *cost)
{
    if (x < R || y < R || x >= f->w - R || y >= f->h - R)
        return;
    int source = y * f->w + x;
    if (source == *match || f->kind[source] != MEND_PATCH_SOURCE)
        return;
    float other = difference(f, target, source, *cost);
    if (other < *cost) {
        *cost = other;
        *match = source;
    }
}

/* What is like the neighbours', so far away from it as they are. */
static void
ask_neighbours(const MendPatchField *f, int target, int *match, float *cost)
{
    static const int steps[] = {1, 3};
    int x = target % f->w, y = target / f->w;
    for (int i = 0; i < 8; i++) {
        int dx = (i & 1 ? 1 : -1) * (i & 2 ? steps[i / 4] : 0);
        int dy = (i & 1 ? 1 : -1) * (i & 2 ? 0 : steps[i / 4]);
        int nx = x + dx, ny = y + dy;
        if (nx < 0 || ny < 0 || nx >= f->w || ny >= f->h ||
            f->kind[ny * f->w + nx] != MEND_PATCH_TARGET)
            continue;
        int theirs = f->match[ny * f->w + nx];
        try_source(f, target, theirs % f->w - dx, theirs / f->w - dy, match, cost);
    }
}

/* Around the best one, ever nearer. */
static void
ask_chance(const Pass *pass, int target, int *match, float *cost)
{
    const MendPatchField *f = pass->field;
    int round = pass->number * HALVINGS;
    for (int reach = f->reach; reach >= 1; reach /= 2, round++) {
        guint32 chance[4];
        draw(pass->rng, target, round, chance);
        int x = *match % f->w + below(chance[0], 2 * reach + 1) - reach;
        int y = *match / f->w + below(chance[1], 2 * reach + 1) - reach;
        try_source(f, target, x, y, match, cost);
    }
}

static void
search_band(gpointer data, size_t begin, size_t end)
{
    const Pass *pass = data;
    MendPatchField *f = pass->field;
    for (size_t i = pass->first + begin; i < pass->first + end; i++) {
        int target = f->targets[i], match = f->match[target];
        float cost = difference(f, target, match, INFINITY);
        ask_neighbours(f, target, &match, &cost);
        ask_chance(pass, target, &match, &cost);
        f->next[target] = match;
        f->cost[target] = cost;
    }
}

gboolean
mend_patch_field_search(MendPatchField *f, int passes, MendRng rng, const MendGoOn *go_on,
                        GError **error)
{
    size_t n = (size_t)f->n_targets;
    for (int pass = 0; pass < passes; pass++) {
        for (size_t first = 0; first < n; first += SLICE) {
            Pass about = {.field = f, .rng = rng, .number = pass, .first = first};
            mend_bands_run(MIN(SLICE, n - first), GRAIN, search_band, &about);
            if (!mend_go_on(go_on, error))
                return FALSE;
        }
        int *before = f->match;
        f->match = f->next;
        f->next = before;
    }
    return TRUE;
}

static int
compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Three quarters of the costs are below. */
static float
usual_cost(const MendPatchField *f)
{
    float sample[SAMPLE];
    int n = MIN(f->n_targets, SAMPLE);
    for (int i = 0; i < n; i++)
        sample[i] = f->cost[f->targets[(gint64)i * f->n_targets / n]];
    qsort(sample, (size_t)n, sizeof *sample, compare);
    return MAX(sample[n * 3 / 4], LEAST);
}

/* The part that a patch's word has in a vote. */
static float
say(const Pass *pass, int target)
{
    const MendPatchField *f = pass->field;
    return f->weight[target] * (expf(-f->cost[target] / (2 * pass->usual)) + LEAST);
}

static void
vote_pixel(const Pass *pass, int x, int y)
{
    MendPatchField *f = pass->field;
    MendRgbx sum = {0};
    float all = 0, least = INFINITY;
    for (int cy = MAX(y - R, R); cy <= MIN(y + R, f->h - R - 1); cy++) {
        for (int cx = MAX(x - R, R); cx <= MIN(x + R, f->w - R - 1); cx++) {
            int target = cy * f->w + cx;
            int from = f->match[target] + (y - cy) * f->w + x - cx;
            MendRgbx colour;
            memcpy(&colour, f->rgb + 4 * (size_t)from, sizeof colour);
            if (!pass->sharp) {
                float part = say(pass, target);
                sum += part * colour;
                all += part;
            } else if (f->cost[target] < least) {
                least = f->cost[target];
                sum = colour;
                all = 1;
                f->origin[y * f->w + x] = from;
            }
        }
    }
    float *to = f->rgb + 4 * ((size_t)y * (size_t)f->w + (size_t)x);
    for (int c = 0; c < 3; c++)
        to[c] = sum[c] / all;
}

/* Rows. Sources are known pixels, so what is written is read by nobody. */
static void
vote_band(gpointer data, size_t begin, size_t end)
{
    const Pass *pass = data;
    const MendPatchField *f = pass->field;
    for (int y = (int)begin; y < (int)end; y++)
        for (int x = 0; x < f->w; x++)
            if (f->hole[(size_t)y * (size_t)f->w + (size_t)x])
                vote_pixel(pass, x, y);
}

void
mend_patch_field_vote(MendPatchField *f, gboolean sharp)
{
    Pass pass = {.field = f, .sharp = sharp, .usual = usual_cost(f)};
    mend_bands_run((size_t)f->h, 16, vote_band, &pass);
}
