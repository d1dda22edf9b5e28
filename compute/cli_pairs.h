/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of damaged and true pictures, and how near a restored one comes: DIR/lq, DIR/gt, and
 * perhaps DIR/mask. What mend eval and mend bench nfe have in common. Thread: main only. */
#pragma once

#include "compute/picture.h"

G_BEGIN_DECLS

/* compute/metrics.h defines them. HOLE: PSNR inside the hole. SEAM: how much its edge shows;
 * TRUE_SEAM: in the truth. EDGE: how steep the edge is beside the truth's. SAME_LUMA: PSNR at the
 * truth's mean luma. */
typedef enum {
    MEND_SCORE_PSNR,
    MEND_SCORE_SSIM,
    MEND_SCORE_GMSD,
    MEND_SCORE_SHARP,
    MEND_SCORE_HOLE,
    MEND_SCORE_SEAM,
    MEND_SCORE_TRUE_SEAM,
    MEND_SCORE_EDGE,
    MEND_SCORE_SAME_LUMA,
    MEND_N_SCORES,
} MendScore;
extern const char *const mend_score_names[MEND_N_SCORES]; /* "psnr", "ssim", ...: for JSON */

typedef struct {
    double of[MEND_N_SCORES]; /* NaN where there is none */
} MendScores;

/* Means over pictures: arithmetic ones, of ratios (sharpness, seams, edge) geometric ones. Zero to
 * begin with. */
typedef struct {
    MendScores sum, count;
} MendScoreSum;
void mend_scores_add(MendScoreSum *sum, const MendScores *scores);
MendScores mend_scores_mean(const MendScoreSum *sum);

typedef struct {
    const char *dir;
    const char *task; /* for inpainting a hole is scored even where there is no mask */
    gboolean harm;    /* the true pictures stand for the damaged ones; lq and mask are not read */
    int crop;         /* only the crop x crop pixels in the middle; 0: all */
} MendPairFolder;

/* The names of the pictures in a folder, sorted, freed with the array; perhaps none.
 * MEND_ERROR_IMAGE where it cannot be read. */
GPtrArray *mend_picture_names(const char *path, GError **error);
/* A picture's partner in a folder: the file of the same name, or one that differs from it only by
 * extension. Owned by the caller; NULL where there is none. */
char *mend_picture_partner(const char *folder, const char *name);

/* The names of the damaged pictures, sorted, freed with the array. None: MEND_ERROR_IMAGE. */
GPtrArray *mend_pair_names(const MendPairFolder *folder, GError **error);
gboolean mend_pair_masks(const MendPairFolder *folder); /* whether DIR/mask is there, and read */

typedef struct {
    MendPicture picture; /* the damaged one, to be restored in place */
    MendTensor truth;    /* {3,h,w} */
    MendTensor mask;     /* {1,h,w}, what is to be restored; data NULL where there is none */
    MendTensor hole;     /* {1,h,w}, for HOLE, seams, EDGE; data NULL where there is none */
} MendPair;

/* MEND_ERROR_IMAGE where a partner is missing or of another size. pair is zero before. */
gboolean mend_pair_read(const MendPairFolder *folder, const char *name, MendPair *pair,
                        GError **error);
void mend_pair_clear(MendPair *pair);
/* Of the picture as it is now. */
MendScores mend_pair_score(const MendPair *pair);

/* Adds a member for each score, its name after prefix. */
void mend_scores_add_json(GString *out, const char *prefix, const MendScores *scores);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendPair, mend_pair_clear)

G_END_DECLS
