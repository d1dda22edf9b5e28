/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quality against network evaluations: the table that mend bench nfe fills for one task, its file,
 * its drawing and its verdict. Thread: main only. */
#pragma once

#include "compute/cli_pairs.h"
#include "compute/sampler.h"

G_BEGIN_DECLS

/* One sampler at one number of evaluations, means over the pictures. */
typedef struct {
    const MendSampler *sampler;
    int steps;
    MendScores scores; /* NaN where it failed */
    double seconds;    /* a picture */
} MendNfeRow;

typedef struct {
    /* What was measured: rows of one table have all of this in common. */
    char *task, *model, *sha256; /* of the model's file */
    char *grid;
    int crop, seed, n_pictures; /* crop 0: whole pictures */
    MendScores input;           /* of the damaged pictures themselves */
    GArray *rows;               /* MendNfeRow, by sampler as in mend_samplers[], then by steps */
} MendNfeTable;

/* All texts are copied. Owned by the caller. */
MendNfeTable *mend_nfe_table_new(const char *task, const char *model, const char *sha256,
                                 const char *grid);
void mend_nfe_table_free(MendNfeTable *table); /* NULL is allowed */

/* Takes over the rows of the file where there is one. MEND_ERROR_FAILED where it is no such table
 * or was measured otherwise: its rows cannot stand beside new ones, and are not thrown away. */
gboolean mend_nfe_table_resume(MendNfeTable *table, const char *path, GError **error);
gboolean mend_nfe_table_write(const MendNfeTable *table, const char *path, GError **error);
void mend_nfe_table_add_json(GString *out, const MendNfeTable *table); /* an object */

void mend_nfe_table_add(MendNfeTable *table, const MendNfeRow *row); /* copied */
/* The different numbers of steps (int) of all rows, rising. Owned by the caller. */
GArray *mend_nfe_table_steps(const MendNfeTable *table);
const MendNfeRow *mend_nfe_table_find(const MendNfeTable *table, const char *sampler, int steps);

/* Whether few evaluations of the MR Sampler are worth many of posterior sampling. */
typedef struct {
    const MendNfeRow *mr,
        *posterior;    /* MR of the best PSNR at 5, posterior at 100; NULL: missing */
    double psnr, ssim; /* mr - posterior */
    gboolean holds;    /* not below by more than 0.1 dB, nor by more than 0.005 */
} MendNfeVerdict;
MendNfeVerdict mend_nfe_verdict(const MendNfeTable *table);

/* To standard output: a block for each score, then the verdict. FALSE: it takes no more. */
gboolean mend_nfe_table_print(const MendNfeTable *table);

/* An SVG picture of the table: four panels over the number of evaluations. Owned by the caller. */
char *mend_nfe_chart(const MendNfeTable *table);

int mend_cli_nfe(int argc, char **argv); /* mend bench nfe; returns a MendExit */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendNfeTable, mend_nfe_table_free)

G_END_DECLS
