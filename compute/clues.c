/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The clues in their order, and those of detail: steps, specks, grid, sharpness, likeness. */
#include "compute/clues.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/clues_parts.h"
#include "compute/error.h"
#include "compute/i18n.h"

enum { GRID = 8, SQUARE = 16, LEVELS = 4 };

static const double few[] = {0.1, 0.5, 0.9}, low[] = {0.1, 0.5};

MendSheet
mend_sheet_new(int n, int side)
{
    return (MendSheet){n, side, g_try_new0(double, (gsize)n *(gsize)side *(gsize)side)};
}

void
mend_sheet_clear(MendSheet *sheet)
{
    g_clear_pointer(&sheet->v, g_free);
}

void
mend_clue_add(MendClueList *list, double clue)
{
    if (!list->failed && list->n < MEND_CLUES)
        list->at[list->n] = (float)clue;
    list->n++;
}

gboolean
mend_clue_has(MendClueList *list, const void *memory)
{
    list->failed |= !memory;
    return memory != NULL;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void
mend_sort(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
}

double
mend_quantile(const double *sorted, int n, double q)
{
    return sorted[(int)(q * n)];
}

MendSheet
mend_sheet_halved(const MendSheet *sheet)
{
    MendSheet half = mend_sheet_new(sheet->n, sheet->side / 2);
    double *to = half.v;
    for (int i = 0; i < half.n && half.v; i++) {
        for (int y = 0; y < half.side; y++) {
            const double *row = mend_sheet_row(sheet, i, 2 * y), *next = row + sheet->side;
            for (int x = 0; x < half.side; x++)
                *to++ = (row[2 * x] + row[2 * x + 1] + next[2 * x] + next[2 * x + 1]) / 4;
        }
    }
    return half;
}

/* How much the picture changes over dy, dx pixels; shape: also how evenly. */
static void
add_step(MendClueList *list, const MendSheet *s, int dy, int dx, gboolean shape)
{
    double m1 = 0, m2 = 0, n = 0;
    for (int i = 0; i < s->n; i++) {
        for (int y = dy; y < s->side; y++) {
            const double *row = mend_sheet_row(s, i, y), *back = row - dy * s->side - dx;
            for (int x = MAX(dx, 0); x < s->side + MIN(dx, 0); x++, n++) {
                double d = row[x] - back[x];
                m1 += fabs(d);
                m2 += d * d;
            }
        }
    }
    mend_clue_add(list, log(m2 / n + 0.01));
    if (shape)
        mend_clue_add(list, log(m2 / n + 0.01) - 2 * log(m1 / n + 0.1));
}

/* Steps across and down, with shape along the diagonals too. */
static void
add_steps(MendClueList *list, const MendSheet *s, int longest, gboolean shape)
{
    for (int lag = 1; lag <= longest; lag *= 2) {
        add_step(list, s, 0, lag, shape);
        add_step(list, s, lag, 0, shape);
        if (shape) {
            add_step(list, s, lag, lag, shape);
            add_step(list, s, lag, -lag, shape);
        }
    }
}

static void
add_level(MendClueList *list, const MendSheet *s)
{
    double m[5] = {0}, over = 0, under = 0, n = (double)s->n * (s->side - 2) * (s->side - 2);
    for (int i = 0; i < s->n; i++) {
        for (int y = 1; y < s->side - 1; y++) {
            for (int x = 1; x < s->side - 1; x++) {
                double d = mend_sheet_detail(s, i, y, x);
                m[2] += d * d;
                m[3] += d * d * d;
                m[4] += d * d * d * d;
                over += d > 20.3;
                under += d < -20.3;
            }
        }
    }
    double m2 = m[2] / n + 0.01;
    mend_clue_add(list, log(m2));
    mend_clue_add(list, asinh(m[3] / n / pow(m2, 1.5)));
    mend_clue_add(list, log(m[4] / n / (m2 * m2) + 0.1));
    mend_clue_add(list, log(over / n + 1e-3));
    mend_clue_add(list, log(under / n + 1e-3));
}

void
mend_clue_specks(MendClueList *list, const MendSheet *sheet, int n_levels)
{
    g_auto(MendSheet) half = {0};
    if (n_levels == 0)
        return;
    add_level(list, sheet);
    half = mend_sheet_halved(sheet);
    if (mend_clue_has(list, half.v))
        mend_clue_specks(list, &half, n_levels - 1);
}

/* Steps between neighbours dy, dx apart, by where on JPEG's grid they lie. */
static void
add_grid(MendClueList *list, const MendSheet *s, int dy, int dx)
{
    double sum[GRID] = {0}, n[GRID] = {0}, most = 0, others = 0;
    for (int i = 0; i < s->n; i++) {
        for (int y = 0; y < s->side - dy; y++) {
            const double *row = mend_sheet_row(s, i, y), *next = row + dy * s->side + dx;
            for (int x = 0; x < s->side - dx; x++) {
                int phase = (dy ? y : x) % GRID;
                sum[phase] += fabs(next[x] - row[x]);
                n[phase]++;
            }
        }
    }
    for (int k = 0; k < GRID; k++)
        sum[k] = sum[k] / n[k] + 0.05;
    for (int k = 0; k < GRID - 1; k++) {
        others += sum[k] / (GRID - 1);
        most = MAX(most, sum[k]);
    }
    mend_clue_add(list, log(sum[GRID - 1] / others));
    mend_clue_add(list, log(most / others));
}

/* Mean squares of the detail over squares of the given side: its logarithms, one for each. */
static void
measure_squares(const MendSheet *s, int side, double *out)
{
    int across = s->side / side;
    memset(out, 0, (size_t)(s->n * across * across) * sizeof *out);
    for (int i = 0; i < s->n; i++) {
        for (int y = 1; y < s->side - 1; y++) {
            double *row = out + (i * across + y / side) * across;
            for (int x = 1; x < s->side - 1; x++) {
                double d = mend_sheet_detail(s, i, y, x);
                row[x / side] += d * d;
            }
        }
    }
    for (int i = 0; i < s->n * across * across; i++)
        out[i] = log(out[i] / (side * side) + 0.3);
}

/* Quantiles of values less those of less, which may be NULL. values are lost. */
static void
add_spread(MendClueList *list, double *values, const double *less, int n)
{
    for (int i = 0; i < n && less; i++)
        values[i] -= less[i];
    mend_sort(values, n);
    for (int k = 1; k < 10; k += 2)
        mend_clue_add(list, mend_quantile(values, n, k / 10.0));
}

/* Over squares: how fine detail compares with coarse, and how much there is. */
static void
add_sharpness(MendClueList *list, const MendSheet *luma)
{
    int across = luma->side / SQUARE, n = luma->n * across * across;
    g_autofree double *squares = g_try_new0(double, (gsize)((LEVELS + 2) * n));
    g_auto(MendSheet) level = {0};
    if (!mend_clue_has(list, squares))
        return;
    measure_squares(luma, SQUARE, squares);
    level = mend_sheet_halved(luma);
    for (int k = 1; k < LEVELS; k++) {
        if (!mend_clue_has(list, level.v))
            return;
        measure_squares(&level, SQUARE >> k, squares + k * n);
        MendSheet half = mend_sheet_halved(&level);
        mend_sheet_clear(&level);
        level = half;
    }
    double *first = squares + LEVELS * n, *second = first + n;
    memcpy(first, squares, (size_t)n * sizeof *first);
    memcpy(second, squares + n, (size_t)n * sizeof *second);
    add_spread(list, first, squares + 2 * n, n);
    add_spread(list, second, squares + 3 * n, n);
    add_spread(list, squares, NULL, n);
    add_spread(list, squares + 2 * n, NULL, n);
}

/* Sums over one square of 8 x 8 of the detail's products: RR, GG, BB, RG, GB. */
static void
measure_likeness(const MendSheet rgb[3], int square, double out[5])
{
    int side = rgb->side, across = side / GRID, tile = square / (across * across);
    int y0 = square / across % across * GRID, x0 = square % across * GRID;
    for (int y = MAX(y0, 1); y < MIN(y0 + GRID, side - 1); y++) {
        for (int x = MAX(x0, 1); x < MIN(x0 + GRID, side - 1); x++) {
            double r = mend_sheet_detail(&rgb[0], tile, y, x);
            double g = mend_sheet_detail(&rgb[1], tile, y, x);
            double b = mend_sheet_detail(&rgb[2], tile, y, x);
            const double products[] = {r * r, g * g, b * b, r * g, g * b};
            for (int k = 0; k < 5; k++)
                out[k] += products[k];
        }
    }
}

/* Of the squares with at most that much detail. */
static void
add_likeness_below(MendClueList *list, const double (*squares)[5], int n, double most)
{
    double sums[5] = {0}, count = 0;
    for (int i = 0; i < n; i++) {
        if (squares[i][0] + squares[i][1] + squares[i][2] > most)
            continue;
        for (int k = 0; k < 5; k++)
            sums[k] += squares[i][k];
        count += GRID * GRID;
    }
    for (int k = 0; k < 2; k++)
        mend_clue_add(list,
                      sums[3 + k] / count / (sqrt(sums[k] * sums[k + 1] / (count * count)) + 0.05));
}

/* How alike the channels' finest detail is, in the flattest quarter of the squares and in all. */
static void
add_likeness(MendClueList *list, const MendSheet rgb[3])
{
    int across = rgb->side / GRID, n = rgb->n * across * across;
    g_autofree double *order = g_try_new(double, (gsize)n);
    g_autofree double(*squares)[5] = g_try_malloc0_n((gsize)n, sizeof *squares);
    if (!mend_clue_has(list, order) || !mend_clue_has(list, squares))
        return;
    for (int i = 0; i < n; i++) {
        measure_likeness(rgb, i, squares[i]);
        order[i] = squares[i][0] + squares[i][1] + squares[i][2];
    }
    mend_sort(order, n);
    add_likeness_below(list, (const double(*)[5])squares, n, mend_quantile(order, n, 0.25));
    add_likeness_below(list, (const double(*)[5])squares, n, HUGE_VAL);
}

/* weights of the channels; the picture is cut into across x across tiles. */
static MendSheet
sheet_of(MendTensor picture, int across, double r, double g, double b)
{
    int side = picture.shape.h / across, width = picture.shape.w;
    MendSheet sheet = mend_sheet_new(across * across, side);
    double *to = sheet.v;
    for (int i = 0; i < sheet.n && sheet.v; i++) {
        for (int y = 0; y < side; y++) {
            size_t from = (size_t)(i / across * side + y) * (size_t)width;
            from += (size_t)(i % across * side);
            const float *red = mend_tensor_plane(picture, 0).data + from;
            const float *green = mend_tensor_plane(picture, 1).data + from;
            const float *blue = mend_tensor_plane(picture, 2).data + from;
            for (int x = 0; x < side; x++)
                *to++ = (r * (double)red[x] + g * (double)green[x] + b * (double)blue[x]) * 255;
        }
    }
    return sheet;
}

static void
add_detail(MendClueList *list, const MendSheet *luma, const MendSheet *blue, const MendSheet *red)
{
    add_steps(list, luma, 8, TRUE);
    add_steps(list, blue, 4, FALSE);
    add_steps(list, red, 4, FALSE);
    mend_clue_specks(list, luma, LEVELS);
    mend_clue_waves(list, luma, 0, FALSE, few, G_N_ELEMENTS(few));
    mend_clue_waves(list, luma, GRID / 2, FALSE, NULL, 0);
    mend_clue_waves(list, blue, 0, TRUE, low, G_N_ELEMENTS(low));
    mend_clue_waves(list, red, 0, TRUE, low, G_N_ELEMENTS(low));
    add_grid(list, luma, 1, 0);
    add_grid(list, luma, 0, 1);
    add_grid(list, blue, 1, 0);
    add_grid(list, blue, 0, 1);
    add_sharpness(list, luma);
}

/* Luma, and blue and red less luma. */
static const double mixes[3][3] = {
    {0.299, 0.587, 0.114},
    {-0.564 * 0.299, -0.564 * 0.587, 0.564 * (1 - 0.114)},
    {0.713 * (1 - 0.299), -0.713 * 0.587, -0.713 * 0.114},
};

gboolean
mend_clues_find(MendTensor thumbnail, MendTensor crops, float clues[MEND_CLUES], GError **error)
{
    MendClueList list = {clues, 0, FALSE};
    MendSheet sheets[7];
    for (int i = 0; i < 3; i++) {
        sheets[i] = sheet_of(crops, 2, mixes[i][0], mixes[i][1], mixes[i][2]);
        sheets[3 + i] = sheet_of(crops, 2, i == 0, i == 1, i == 2);
    }
    sheets[6] = sheet_of(thumbnail, 1, mixes[0][0], mixes[0][1], mixes[0][2]);
    for (int i = 0; i < 7; i++)
        mend_clue_has(&list, sheets[i].v);
    if (!list.failed) {
        add_detail(&list, &sheets[0], &sheets[1], &sheets[2]);
        mend_clue_tone(&list, thumbnail, &sheets[6]);
        mend_clue_holes(&list, crops);
        mend_clue_shade(&list, thumbnail);
        add_likeness(&list, sheets + 3);
    }
    for (int i = 0; i < 7; i++)
        mend_sheet_clear(&sheets[i]);
    if (list.failed)
        g_set_error(error, MEND_ERROR, MEND_ERROR_MEMORY,
                    _("There is not enough memory to look at the picture. Close other programs."));
    return !list.failed;
}
