/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Squares of spot noise, each from one known square, overlapping by half under windows whose
 * squares sum to one: noises that have nothing to do with each other then add up to one strength.
 */
#include "compute/grain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/bands.h"
#include "compute/grain_source.h"

enum {
    SIDE = MEND_GRAIN_SIDE,
    STEP = SIDE / 2,
    REACH = 3,              /* of the Gaussian that fine structure is without, of deviation 1 */
    FAR = 12,               /* of that within which its strength is looked up, of deviation 4 */
    AREA = SIDE + 2 * FAR,  /* in which fine structure is wanted, at most */
    RAW = AREA + 2 * REACH, /* and what it is made of */
    NOISE = 2 * SIDE,       /* side of the white noise of a square */
    ROWS = 16,              /* of squares, between two questions whether to go on */
};
#define GAIN  1.15f /* for the octave below, which a fill lacks too but which costs fidelity */
#define MOST  1.5f  /* energy of the texture over that of its source */
#define PEAK  2.5f  /* medians above which structure is an edge, and cut */
#define FLOOR 1e-7f /* energy below a quarter of 1/255, which no picture has */
#define TRUST 0.05f /* weight of the source itself in the strength looked up */

typedef struct {
    MendTensor degraded, hole, filled, texture;
    int x0, y0;
    float amount;
    MendRng rng;
    MendGrainSource source;
    float near[2 * REACH + 1], far[2 * FAR + 1], window[SIDE];
    int first;     /* row of squares that item 0 of a pass is */
    GError *error; /* atomic: the first one */
} Grain;

/* What one square needs. Colours of [side][side] pixels: their side changes. */
typedef struct {
    float raw[4][RAW * RAW]; /* three colours, and 1 where they are known */
    float rows[4][RAW * RAW];
    float fine[3][AREA * AREA];
    guint8 core[AREA * AREA]; /* fine structure is known there */
    float log_energy[AREA * AREA];
    float level[SIDE * SIDE]; /* energy of the texture over that of its source */
    float source[3][SIDE * SIDE];
    float sorted[SIDE * SIDE];
    float noise[NOISE * NOISE];
} Work;

static void
set_gaussian(float *weights, int reach, double deviation)
{
    double sum = 0;
    for (int i = -reach; i <= reach; i++)
        sum += exp(-i * i / (2 * deviation * deviation));
    for (int i = -reach; i <= reach; i++)
        weights[i + reach] = (float)(exp(-i * i / (2 * deviation * deviation)) / sum);
}

/* side x side pixels from left, top on, which may lie outside: what is known, and with fill also
 * what was filled. */
static void
load(const Grain *g, Work *work, int left, int top, int side, gboolean fill)
{
    int w = g->hole.shape.w, h = g->hole.shape.h;
    size_t plane = (size_t)w * (size_t)h;
    for (int i = 0; i < side * side; i++) {
        int x = left + i % side, y = top + i / side;
        gboolean inside = x >= 0 && x < w && y >= 0 && y < h;
        size_t at = inside ? (size_t)y * (size_t)w + (size_t)x : 0;
        gboolean hole = inside && g->hole.data[at] > 0;
        const float *from = hole ? g->filled.data : g->degraded.data;
        work->raw[3][i] = inside && (fill || !hole) ? 1.0f : 0.0f;
        for (int c = 0; c < 3; c++)
            work->raw[c][i] =
                work->raw[3][i] > 0 ? CLAMP(from[(size_t)c * plane + at], 0.0f, 1.0f) : 0.0f;
    }
}

/* One plane of a Gaussian, from [side][side] to [out][out]. */
static void
blur(const float *from, const float *weights, int reach, int out, float *rows, float *to)
{
    int side = out + 2 * reach;
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < out; x++) {
            float sum = 0;
            for (int k = 0; k <= 2 * reach; k++)
                sum += weights[k] * from[y * side + x + k];
            rows[y * out + x] = sum;
        }
    }
    for (int y = 0; y < out; y++) {
        for (int x = 0; x < out; x++) {
            float sum = 0;
            for (int k = 0; k <= 2 * reach; k++)
                sum += weights[k] * rows[(y + k) * out + x];
            to[y * out + x] = sum;
        }
    }
}

/* The fine structure of what is loaded, out x out pixels without the margin: what is known less the
 * mean of what is known around it. Beside the unknown it is 0, and no core. */
static void
take_fine(const Grain *g, Work *work, int out)
{
    int side = out + 2 * REACH;
    const float *known = work->raw[3];
    float *share = work->log_energy; /* filled in later */
    blur(known, g->near, REACH, out, work->rows[0], share);
    for (int c = 0; c < 3; c++) {
        blur(work->raw[c], g->near, REACH, out, work->rows[0], work->fine[c]);
        for (int i = 0; i < out * out; i++) {
            int at = (i / out + REACH) * side + i % out + REACH;
            gboolean core = known[at] > 0 && known[at - 1] > 0 && known[at + 1] > 0 &&
                            known[at - side] > 0 && known[at + side] > 0;
            work->core[i] = core;
            work->fine[c][i] = core ? work->raw[c][at] - work->fine[c][i] / share[i] : 0.0f;
        }
    }
}

static float
energy(const float *const fine[3], int i)
{
    return fine[0][i] * fine[0][i] + fine[1][i] * fine[1][i] + fine[2][i] * fine[2][i];
}

static int
compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The texture of a source: its fine structure without edges and without a mean. */
typedef struct {
    int n;            /* pixels of it */
    float energy;     /* their mean */
    float log_energy; /* the mean of its logarithm */
} Spot;

static void
flatten_edges(Work *work, int n)
{
    const float *const source[3] = {work->source[0], work->source[1], work->source[2]};
    qsort(work->sorted, (size_t)n, sizeof *work->sorted, compare);
    float most = PEAK * sqrtf(work->sorted[n / 2]);
    for (int i = 0; i < SIDE * SIDE; i++) {
        float size = sqrtf(energy(source, i));
        for (int c = 0; c < 3 && size > most; c++)
            work->source[c][i] *= most / size;
    }
}

static Spot
take_spot(const Grain *g, Work *work, int left, int top)
{
    const float *const source[3] = {work->source[0], work->source[1], work->source[2]};
    Spot spot = {0};
    load(g, work, left - REACH, top - REACH, SIDE + 2 * REACH, FALSE);
    take_fine(g, work, SIDE);
    for (int c = 0; c < 3; c++)
        memcpy(work->source[c], work->fine[c], sizeof work->source[c]);
    for (int i = 0; i < SIDE * SIDE; i++)
        if (work->core[i])
            work->sorted[spot.n++] = energy(source, i);
    if (spot.n == 0)
        return spot;
    flatten_edges(work, spot.n);
    for (int c = 0; c < 3; c++) {
        float mean = 0;
        for (int i = 0; i < SIDE * SIDE; i++)
            mean += work->source[c][i] / (float)spot.n;
        for (int i = 0; i < SIDE * SIDE; i++)
            work->source[c][i] -= work->core[i] ? mean : 0.0f;
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (work->core[i]) {
            spot.energy += energy(source, i) / (float)spot.n;
            spot.log_energy += logf(energy(source, i) + FLOOR) / (float)spot.n;
        }
    }
    return spot;
}

/* level: how strong the surroundings are at each pixel, against the source; geometric means, so
 * that an edge hardly counts. */
static void
look_around(const Grain *g, Work *work, int left, int top, const Spot *spot)
{
    const float *const fine[3] = {work->fine[0], work->fine[1], work->fine[2]};
    load(g, work, left - FAR - REACH, top - FAR - REACH, RAW, FALSE);
    take_fine(g, work, AREA);
    for (int i = 0; i < AREA * AREA; i++) {
        work->raw[0][i] = work->core[i] ? logf(energy(fine, i) + FLOOR) : 0.0f;
        work->raw[1][i] = work->core[i];
    }
    for (int k = 0; k < 2; k++)
        blur(work->raw[k], g->far, FAR, SIDE, work->rows[0], work->rows[1 + k]);
    for (int i = 0; i < SIDE * SIDE; i++) {
        float mean = (work->rows[1][i] + TRUST * spot->log_energy) / (work->rows[2][i] + TRUST);
        work->level[i] = MIN(expf(mean - spot->log_energy), MOST);
    }
}

/* The mean energy of the fine structure that the fill has already, in the square's part of the
 * hole. */
static float
own_energy(const Grain *g, Work *work, int left, int top)
{
    const float *const fine[3] = {work->fine[0], work->fine[1], work->fine[2]};
    float sum = 0;
    int n = 0, w = g->hole.shape.w, h = g->hole.shape.h;
    load(g, work, left - REACH, top - REACH, SIDE + 2 * REACH, TRUE);
    take_fine(g, work, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = left + i % SIDE, y = top + i / SIDE;
        if (work->core[i] && x < w && y < h &&
            g->hole.data[(size_t)y * (size_t)w + (size_t)x] > 0) {
            sum += energy(fine, i);
            n++;
        }
    }
    return n > 0 ? sum / (float)n : 0;
}

/* A row of the source's correlation with the noise: one random spot at every pixel. */
static void
throw_spots(const Work *work, int c, int y, float row[SIDE])
{
    float sums[SIDE] = {0};
    for (int v = 0; v < SIDE; v++) {
        for (int u = 0; u < SIDE; u++) {
            float spot = work->source[c][v * SIDE + u];
            const float *noise = work->noise + (y + v) * NOISE + u;
            for (int x = 0; x < SIDE; x++)
                sums[x] += spot * noise[x];
        }
    }
    memcpy(row, sums, sizeof sums);
}

static void
add_square(const Grain *g, Work *work, int left, int top, const Spot *spot, float own)
{
    int w = g->hole.shape.w, h = g->hole.shape.h;
    float scale = 1 / sqrtf((float)spot->n);
    for (int c = 0; c < 3; c++) {
        float *plane = mend_tensor_plane(g->texture, c).data;
        for (int y = MAX(0, -top); y < MIN(SIDE, h - top); y++) {
            float row[SIDE];
            throw_spots(work, c, y, row);
            float *to = plane + (size_t)(top + y) * (size_t)w;
            for (int x = MAX(0, -left); x < MIN(SIDE, w - left); x++) {
                float lacking = MAX(0.0f, work->level[y * SIDE + x] - own / spot->energy);
                to[left + x] += sqrtf(lacking) * g->window[x] * g->window[y] * scale * row[x];
            }
        }
    }
}

static gboolean
touches_hole(const Grain *g, int left, int top)
{
    int w = g->hole.shape.w, h = g->hole.shape.h;
    for (int y = MAX(0, top); y < MIN(top + SIDE, h); y++)
        for (int x = MAX(0, left); x < MIN(left + SIDE, w); x++)
            if (g->hole.data[(size_t)y * (size_t)w + (size_t)x] > 0)
                return TRUE;
    return FALSE;
}

/* The square of a column and row of the larger picture. */
static void
make_square(const Grain *g, Work *work, int column, int row)
{
    int left = column * STEP - g->x0, top = row * STEP - g->y0, from_x, from_y;
    if (!touches_hole(g, left, top) ||
        !mend_grain_source_find(&g->source, left, top, &from_x, &from_y))
        return;
    Spot spot = take_spot(g, work, from_x, from_y);
    if (spot.n == 0 || spot.energy < FLOOR)
        return;
    look_around(g, work, left, top, &spot);
    float own = own_energy(g, work, left, top);
    mend_rng_normal(g->rng, column * NOISE, row * NOISE,
                    (MendTensor){{1, NOISE, NOISE}, work->noise});
    add_square(g, work, left, top, &spot, own);
}

/* Every other row of squares: they do not meet. */
static void
square_band(gpointer data, size_t begin, size_t end)
{
    Grain *g = data;
    GError *error = NULL;
    Work *work = mend_block_new(sizeof *work, &error);
    if (!work) {
        if (!g_atomic_pointer_compare_and_exchange(&g->error, NULL, error))
            g_error_free(error);
        return;
    }
    int last = (g->x0 + g->hole.shape.w - 1) / STEP;
    for (int row = (int)begin; row < (int)end; row++)
        for (int column = g->x0 / STEP - 1; column <= last; column++)
            make_square(g, work, column, g->first + 2 * row);
    mend_block_free(work);
}

static gboolean
make_texture(Grain *g, const MendGoOn *go_on, GError **error)
{
    int begin = g->y0 / STEP - 1, n = (g->y0 + g->hole.shape.h - 1) / STEP - begin + 1;
    for (int row = 0; row < n; row += 2 * ROWS) {
        for (int odd = 0; odd < 2; odd++) {
            int rows = MIN(2 * ROWS, n - row);
            g->first = begin + row + odd;
            mend_bands_run((size_t)((rows + 1 - odd) / 2), 1, square_band, g);
        }
        if (g->error) {
            g_propagate_error(error, g_steal_pointer(&g->error));
            return FALSE;
        }
        if (!mend_go_on(go_on, error))
            return FALSE;
    }
    return TRUE;
}

static void
add_band(gpointer data, size_t begin, size_t end)
{
    Grain *g = data;
    size_t n = mend_shape_count(g->hole.shape);
    for (size_t i = begin, k = begin % n; i < end; i++, k = k + 1 < n ? k + 1 : 0)
        if (g->hole.data[k] > 0)
            g->filled.data[i] += g->amount * g->texture.data[i];
}

gboolean
mend_grain_add(double amount, MendTensor degraded, MendTensor hole, int x0, int y0, MendRng rng,
               MendTensor filled, const MendGoOn *go_on, GError **error)
{
    g_auto(MendTensor) texture = mend_tensor_new(filled.shape, error);
    Grain g = {.degraded = degraded,
               .hole = hole,
               .filled = filled,
               .texture = texture,
               .amount = (float)amount * GAIN,
               .x0 = x0,
               .y0 = y0,
               .rng = rng};
    if (!texture.data || !mend_grain_source_init(&g.source, hole, x0, y0, error)) {
        mend_grain_source_clear(&g.source);
        return FALSE;
    }
    memset(texture.data, 0, mend_shape_count(texture.shape) * sizeof(float));
    set_gaussian(g.near, REACH, 1);
    set_gaussian(g.far, FAR, 4);
    for (int i = 0; i < SIDE; i++)
        g.window[i] = (float)sin(G_PI * (i + 0.5) / SIDE);
    gboolean good = make_texture(&g, go_on, error);
    if (good)
        mend_bands_run(mend_shape_count(filled.shape), MEND_BAND, add_band, &g);
    mend_grain_source_clear(&g.source);
    return good;
}
