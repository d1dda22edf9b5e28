/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texture models: networks that draw, of a material, on a torus of any size.
 *
 * Metadata of such a file, beside mend.format, mend.id, mend.label, mend.network and mend.licence
 * of compute/model.h (all values strings):
 *   mend.kind "texture" · mend.attention "pixel" · mend.residual "none" ·
 *   mend.classes "stone,brick" (rows of the table task_embedding, in order; one more row, the last,
 *   stands for any) · mend.sigma_data · mend.center (what is taken off a pixel) · mend.sigma_min,
 *   mend.sigma_max (trained levels) · mend.time "a,b" (the network's t is a + b ln(sigma) / 4) ·
 *   mend.styles "12,7" (optional: how many rows of the array styles [n][64] belong to each class; a
 *   row tells the network of one real texture, such as its colour; where it is there, paints
 *   [n][12] holds for each style a colour c and a matrix A, by rows: the network's pictures u are
 *   plain, each channel of mean 0 and of deviation sigma_data at most, and R'G'B' is c + A u) ·
 *   mend.detail (standard deviation of the clean textures' HH1 Haar details) ·
 *   mend.source · mend.training.
 * The network F takes x alone (3 channels), and with z = x - center (Karras et al. 2022, table 1)
 *   D(x; sigma) = center + c_skip z + c_out F(c_in z; t),   d = sigma_data,
 *   c_skip = d^2 / (sigma^2 + d^2), c_out = sigma d / sqrt(sigma^2 + d^2), c_in = 1 / sqrt(...).
 * Pixels are R'G'B', 0..1, but where there are paints. There a channel of D that deviates by more
 * than sigma_data is weakened to that. */
#pragma once

#include "compute/frame.h"
#include "compute/model.h"

G_BEGIN_DECLS

#define MEND_TEXTURE_PAINT 12 /* numbers of a row of paints: c and A */

typedef struct {
    MendModelInfo *model; /* path, id, label, network, licence, source, training; tasks: classes */
    double sigma_data, center, sigma_min, sigma_max, time_offset, time_scale, detail;
    int align;     /* sides of a torus are multiples of it */
    int *n_styles; /* of each class; NULL: the model has none */
} MendTextureInfo;

/* Errors as mend_model_read(); MEND_ERROR_UNSUPPORTED where it is a model of another kind. */
MendTextureInfo *mend_texture_read(const char *path, GError **error);
void mend_texture_info_free(MendTextureInfo *info); /* NULL is allowed */
/* All that are installed, MendTextureInfo, freed with the array. Unreadable files are left out, and
 * reported in problems (strings; may be NULL), one line each that is not there yet. */
GPtrArray *mend_textures_list(GPtrArray *problems);
/* name: "auto" (NULL, ""): the first installed that has the material; else an id or a path.
 * material: a class, or "none" (NULL, ""). MEND_ERROR_OPTION names what there is. */
MendTextureInfo *mend_texture_choose(const char *name, const char *material, GError **error);

/* A network made ready for a torus of width x height. */
typedef struct MendTexture MendTexture;

typedef struct {
    const char *material, *device;
    int tile; /* as in MendEvaluatorParams */
    /* After each part of the network; FALSE is MEND_ERROR_CANCELLED. May be NULL. */
    gboolean (*go_on)(double share, gpointer data);
    gpointer data;
    /* Class strength (Ho & Salimans 2022): 1 or 0 is none; above, the answer is D_any + guidance
     * (D_material - D_any), and costs two evaluations. Not for "none". */
    double guidance;
    guint64 seed; /* of the draws of mend_texture_turn() */
} MendTextureParams;

/* info is borrowed and outlives it; params is copied, but not the strings. */
MendTexture *mend_texture_open(const MendTextureInfo *info, const MendTextureParams *params,
                               int width, int height, GError **error);
void mend_texture_free(MendTexture *texture);      /* NULL is allowed */
int mend_texture_cost(const MendTexture *texture); /* evaluations an answer: 1 or 2 */
/* From now on the answers are for the style that draw (any number) stands for: one of the
 * material's, or where it is "none" of all. Does nothing where the model has none. */
void mend_texture_turn(MendTexture *texture, guint64 draw);
/* Plain pictures become those of the present style, in place; nothing where there are no paints. */
void mend_texture_paint(const MendTexture *texture, MendTensor picture);
/* For float states of 3 x height x width. After its draw(), each answer has the network's grid of
 * steps at another place of the torus (a random cyclic shift before the network, undone after it),
 * by the number that was drawn and the answers since. Borrowed. */
const MendFrame *mend_texture_frame(const MendTexture *texture);
const char *mend_texture_device(const MendTexture *texture); /* name, at present */
const char *mend_texture_note(const MendTexture *texture);   /* a change of device, or NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendTextureInfo, mend_texture_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendTexture, mend_texture_free)

G_END_DECLS
