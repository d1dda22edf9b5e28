/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of compute/clues.h share: planes cut into tiles, and the list that they add to. */
#pragma once

#include <glib.h>

#include "compute/clues.h"

G_BEGIN_DECLS

/* n square tiles of one plane, in 255ths; nothing looks across their edges. Values are its own. */
typedef struct {
    int n, side;
    double *v;
} MendSheet;

/* Room for the sheet, not yet filled; v is NULL where there is no memory. */
MendSheet mend_sheet_new(int n, int side);
void mend_sheet_clear(MendSheet *sheet);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSheet, mend_sheet_clear)

/* The clues found so far. Memory that failed is remembered, and nothing is added afterwards. */
typedef struct {
    float *at;
    int n;
    gboolean failed;
} MendClueList;

void mend_clue_add(MendClueList *list, double clue);
/* Whether there was memory; else the list has failed. */
gboolean mend_clue_has(MendClueList *list, const void *memory);

/* Puts values in order. */
void mend_sort(double *values, int n);
/* The value at place floor(q n) of n in order. */
double mend_quantile(const double *sorted, int n, double q);

static inline const double *
mend_sheet_row(const MendSheet *sheet, int tile, int y)
{
    return sheet->v + ((size_t)tile * (size_t)sheet->side + (size_t)y) * (size_t)sheet->side;
}

/* Each inner pixel less the mean of its four neighbours; x and y are 1 .. side - 2. */
static inline double
mend_sheet_detail(const MendSheet *sheet, int tile, int y, int x)
{
    const double *row = mend_sheet_row(sheet, tile, y) + x;
    int down = sheet->side;
    return row[0] - (row[-down] + row[down] + row[-1] + row[1]) / 4;
}

/* Half as many pixels along each side: means of two by two. v is NULL where there is no memory. */
MendSheet mend_sheet_halved(const MendSheet *sheet);

/* Numbers of the detail of a sheet and of its halves: strength, skewness, tails, specks. */
void mend_clue_specks(MendClueList *list, const MendSheet *sheet, int n_levels);
/* Powers of JPEG's waves in blocks of 8 x 8 that begin at off, in 12 bands or (rings) 4, with their
 * quantiles, then the share of waves that are next to nothing. */
void mend_clue_waves(MendClueList *list, const MendSheet *sheet, int off, gboolean rings,
                     const double *quantiles, int n_quantiles);
/* The thumbnail and the crops are as mend_clues_find() gets them; luma is the thumbnail's, one
 * tile. */
void mend_clue_tone(MendClueList *list, MendTensor thumbnail, const MendSheet *luma);
void mend_clue_holes(MendClueList *list, MendTensor crops);
void mend_clue_shade(MendClueList *list, MendTensor thumbnail);

G_END_DECLS
