/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising MCMC against runs from noise: the sets of pictures that mend bench dlg compares, the
 * table it fills, its drawing and its verdict. Thread: main only. */
#pragma once

#include "compute/generate.h"
#include "compute/json.h"

G_BEGIN_DECLS

/* Sets of n_samples pictures of side x side: crops of held-out textures, and generated ones of the
 * same materials, in the same proportions. These are tori of that size, or larger ones cut up: a
 * network sees far beyond the edges of a small one, so many small ones cost much more. */
typedef struct {
    const MendTextureInfo *texture; /* borrowed */
    GPtrArray *groups;              /* what cli_dlg_sets.c keeps of each material */
    int n_samples, side, n_tiles, n_materials;
    int torus;     /* side of a torus: a multiple of side */
    gboolean even; /* the pictures' own tones are taken away first: mend_even_tone() */
    char *sum;     /* of the tiles' names */
} MendDlgSets;

/* DIR/MATERIAL holds tiles of one of the model's classes; pictures in DIR itself are of "none".
 * A material has as large a share of the samples as of the tiles. torus: a multiple of side and of
 * the texture's align. even is for the caller to set. MEND_ERROR_IMAGE, MEND_ERROR_OPTION. */
gboolean mend_dlg_sets_init(MendDlgSets *sets, const char *dir, const MendTextureInfo *texture,
                            int side, int torus, int n_samples, GError **error);
void mend_dlg_sets_clear(MendDlgSets *sets);

/* Features (compute/metrics_set.h) of random crops, a function of seed: n_samples x
 * MEND_N_FEATURES. MEND_ERROR_IMAGE names a tile that cannot be read or is too small. */
gboolean mend_dlg_crops(const MendDlgSets *sets, guint64 seed, double *features, GError **error);

typedef enum {
    MEND_DLG_SLICED,   /* distances of the sets' features */
    MEND_DLG_FRECHET,  /* " */
    MEND_DLG_SPENT,    /* evaluations a torus, all counted */
    MEND_DLG_SECONDS,  /* a torus */
    MEND_DLG_RESTARTS, /* of all chains */
    MEND_N_DLG,
} MendDlgScore;

/* One set against the crops of its seed. */
typedef struct {
    const MendIntegrator *integrator; /* NULL: other crops of the held-out textures */
    gboolean chains;                  /* with DLG; else each picture from noise */
    int evaluations;                  /* allowed a picture; 0 where integrator is NULL */
    int seed;
    double of[MEND_N_DLG]; /* NaN where it failed */
} MendDlgRow;

/* How pictures are made. */
typedef struct {
    const char *device;
    double similarity; /* of a chain's successive pictures: MendGenerateOptions */
    int length;        /* pictures of a chain, at most */
    gboolean (*go_on)(double share, gpointer data); /* as in MendTextureParams */
    gpointer data;
} MendDlgPlan;

/* Evaluations that each torus of a chain may cost so that all evaluations together, the chains'
 * beginnings too, are no more than evaluations for each of them. A beginning is a run from
 * noise whose picture is not one of the set, so this is below evaluations. 0: they do not last.
 */
int mend_dlg_budget(const MendDlgSets *sets, int length, int evaluations);
/* Evaluations of a set, at most. */
double mend_dlg_work(const MendDlgSets *sets, int evaluations);
/* Makes the row's set: its features, and the row's spent, seconds and restarts. Chains and runs
 * from noise of one seed take the same materials and styles. */
gboolean mend_dlg_draw(const MendDlgSets *sets, const MendDlgPlan *plan, MendDlgRow *row,
                       double *features, GError **error);

typedef struct {
    /* What was measured: rows of one table have all of this in common. */
    char *model, *sha256, *tiles; /* sums of the model's file, of the tiles' names */
    int side, torus, n_samples, n_tiles, n_materials, length;
    double similarity;
    gboolean even;
    GArray *rows; /* MendDlgRow, as they came */
} MendDlgTable;

void mend_dlg_table_init(MendDlgTable *table, const char *sha256, const MendDlgSets *sets,
                         const MendDlgPlan *plan);
void mend_dlg_table_clear(MendDlgTable *table);
gboolean mend_dlg_table_resume(MendDlgTable *table, const char *path, GError **error);
void mend_dlg_table_add_json(GString *out, const MendDlgTable *table); /* an object */
const MendDlgRow *mend_dlg_table_find(const MendDlgTable *table, const MendDlgRow *like);

/* Over the seeds that did not fail. n 0: there is none; spread: deviation, 0 where n is 1. */
typedef struct {
    int n;
    double mean, spread;
} MendDlgMean;
MendDlgMean mend_dlg_mean(const MendDlgTable *table, const MendIntegrator *integrator,
                          gboolean chains, int evaluations, MendDlgScore score);

/* To standard output: a block for each score, then for which integrators DLG is better at few
 * evaluations, and where it is not. FALSE: it takes no more. */
gboolean mend_dlg_table_print(const MendDlgTable *table);
/* An SVG picture: for each integrator both distances. Owned by the caller. */
char *mend_dlg_chart(const MendDlgTable *table);

int mend_cli_dlg(int argc, char **argv); /* mend bench dlg; returns a MendExit */

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendDlgSets, mend_dlg_sets_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendDlgTable, mend_dlg_table_clear)

G_END_DECLS
