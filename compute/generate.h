/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures from nothing: textures by Denoising MCMC chains, or by one run from noise for each.
 * Thread: a generator belongs to one; callbacks are called on it. */
#pragma once

#include "compute/dmcmc/chain.h"
#include "compute/texture.h"

G_BEGIN_DECLS

typedef struct {
    int width, height; /* pixels */
    char material[32]; /* a class of the model, or "none" */
    int seed;          /* >= 0 */
    int evaluations;   /* of the network a picture, 1 to 1000, all counted; chains: >= 2. A chain's
                          * first picture costs more: MEND_GENERATE_FIRST */
    int count;         /* pictures, >= 1 */
    int n_chains;      /* that go side by side; 0: one for every four pictures */
    gboolean plain;    /* a run from noise for each picture, without chains */
    char integrator[32]; /* name of mend_integrators[] */
    gboolean tileable;   /* sides are made multiples of the network's step; else the picture is cut
                          * from a torus */
    double similarity;   /* 0..1: of a chain's successive pictures, the correlation of all their
                          * pixels, about the means: compute/likeness.h. 0: as little as chains
                          * can. Measured on Gaussian fields it is met within 0.08 */
    double guidance; /* class strength, 1 (none) to 8; above 1 an answer of the network costs two
                          * evaluations: MendTextureParams */
    char device[64], model[256];
} MendGenerateOptions;

/* 512 x 512, seed 0, 10 evaluations, one picture, Karras, tileable, similarity 0.4, no guidance. */
void mend_generate_options_init(MendGenerateOptions *options);
gboolean mend_generate_options_check(const MendGenerateOptions *options, GError **error);

#define MEND_GENERATE_FIRST 19 /* evaluations of a chain's first picture, or evaluations if more */

/* The network that a generator uses; all borrowed. */
typedef struct {
    const MendFrame *frame;
    double deviation; /* of the data: sigma_data */
    double detail;    /* of its HH1 Haar details */
    int align;        /* of a torus' sides */
    int cost;         /* evaluations an answer of the frame; 0 is 1 */
    /* Called before the frame is asked on behalf of a chain, with a number that is the chain's and
     * its forks', and another after it has jumped. May be NULL. */
    void (*turn)(gpointer data, guint64 origin);
    /* Makes what the frame draws for that chain a picture of 0..1, in place. May be NULL. */
    void (*paint)(gpointer data, MendTensor picture);
    gpointer data;
} MendGenerateNetwork;

/* A picture that was made. */
typedef struct {
    int chain;         /* its chain's number, or -1 where plain */
    int n_evaluations; /* that this one cost */
    double sigma;      /* level of its chain's state */
    guint n_restarts;  /* of its chain so far: see MendChain */
} MendGeneratePicture;

typedef struct MendGenerator MendGenerator;

/* count of options is not used here. MEND_ERROR_OPTION, MEND_ERROR_MEMORY. */
MendGenerator *mend_generator_new(const MendGenerateOptions *options,
                                  const MendGenerateNetwork *network, GError **error);
void mend_generator_free(MendGenerator *generator); /* NULL is allowed */

/* Of the pictures: as asked for, where tileable, the next multiples of align. */
MendShape mend_generator_shape(const MendGenerator *generator);
/* What the user should know: another size, a likeness that cannot be had, restarts, or "".
 * Borrowed, until the next call. */
const char *mend_generator_note(MendGenerator *generator);
int mend_generator_n_chains(const MendGenerator *generator); /* so far */

/* The next picture, of the chains in turn: out is of mend_generator_shape(), not clamped. After an
 * error or a cancel all chains can go on, after a cancel as if nothing had been. about may be
 * NULL. */
gboolean mend_generator_next(MendGenerator *generator, MendTensor out, MendGeneratePicture *about,
                             GError **error);
/* More like this: a new chain that forks off chain number i (0-based), and its next picture. */
gboolean mend_generator_fork(MendGenerator *generator, int i, MendTensor out,
                             MendGeneratePicture *about, GError **error);
/* Chain i goes on. */
gboolean mend_generator_go_on(MendGenerator *generator, int i, MendTensor out,
                              MendGeneratePicture *about, GError **error);
/* Surprise: chain i jumps somewhere else, and this is the picture there. */
gboolean mend_generator_jump(MendGenerator *generator, int i, MendTensor out,
                             MendGeneratePicture *about, GError **error);

/* A new chain that stands where chain i stands, with random numbers of its own: its number; -1 and
 * error otherwise. No evaluation. */
int mend_generator_copy(MendGenerator *generator, int i, GError **error);
/* Gives chain i up, and its memory. No other chain gets its number. Not for those of
 * mend_generator_next(), which go on. Where there is none, nothing happens. */
void mend_generator_drop(MendGenerator *generator, int i);
/* From now on pictures are that much like those before them, 0..1. A chain whose level is out of
 * the new range is placed anew at its picture, which costs what making it does, once. */
gboolean mend_generator_set_similarity(MendGenerator *generator, double similarity, GError **error);

typedef struct {
    /* Each finished picture, number 0 to count - 1, valid during the call, 0..1. FALSE stops. */
    gboolean (*picture)(MendTensor picture, int number, const MendGeneratePicture *about,
                        gpointer data);
    /* After each part of the network; fraction is of the whole. FALSE: MEND_ERROR_CANCELLED. May be
     * NULL. */
    gboolean (*progress)(double fraction, const char *device, gpointer data);
    gpointer data;
} MendGenerateHooks;

typedef struct {
    char model[128], device[256], note[512];
    int width, height, n_pictures;
    guint64 n_evaluations;
    double seconds;
} MendGenerateInfo;

/* The whole job with a texture model, blocking. info may be NULL. */
gboolean mend_generate(const MendGenerateOptions *options, const MendGenerateHooks *hooks,
                       MendGenerateInfo *info, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendGenerator, mend_generator_free)

G_END_DECLS
