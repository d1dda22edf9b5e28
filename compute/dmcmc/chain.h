/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising MCMC (Kim & Ye 2022): chains in the product space of picture and noise level. A chain's
 * state (w, sigma) is a draw from p(w | sigma) p(sigma); an integrator takes a copy of it down to a
 * clean picture at any time, and the chain goes on from the noisy one. The kernel is Denoising
 * Langevin Gibbs: a Langevin step of the picture at its level, then a new level given the picture;
 * one evaluation of the network in all.
 * Memory: a state for each chain, three for all together, and the integrator's.
 * Randomness: of (seed, chain, step, x, y, channel), so the same calls give the same bits.
 * Thread: one at a time. */
#pragma once

#include "compute/dmcmc/levels.h"
#include "compute/integrator.h"

G_BEGIN_DECLS

typedef struct {
    double kappa;       /* the step: eta = kappa^2 sigma^2; above 0, at most sqrt(2) */
    double eta;         /* above 0: this step instead, whatever the level; shortened, and counted,
                         * where it is too long for the level (mend_langevin_most) */
    gboolean corrected; /* the noise of a step makes up for the energy that the step adds */
    gboolean argmax;    /* the new level is the most probable one, not a draw */
    gboolean lowest;    /* a picture is made from the least noisy state since the one before */
    double tweedie;     /* above 0: the picture is cleaned once more at this level */
    int skip;           /* steps before each picture, >= 0 */
    double limit;       /* |number| of a clean picture; a chain beyond that and 12 times the highest
                         * level is lost */
    const MendIntegrator *integrator;
    MendIntegratorParams descent; /* its from is the chain's level */
} MendChainParams;

/* Ours: kappa 1, corrected, a draw, the latest state; 4 steps, then Karras with 3 levels (5
 * evaluations) to 0.01. As published: eta 0.8, all the quirks; 10 steps, then stochastic Karras
 * with 19 levels and the extra cleaning. The range of levels is the MendLevels' part: ours caps it.
 */
extern const MendChainParams mend_chain_ours, mend_chain_published;

typedef struct {
    MendState w;
    double sigma;
    guint64 key;         /* of its random numbers: a function of the seed and of all forks */
    guint32 step;        /* steps of this key so far */
    guint64 settled_key; /* whose noise it was settled with */
    guint32 settled_step;
    guint64 n_evaluations;
    guint n_restarts;  /* back to the last good state: no number, or out of the data's range */
    guint n_shortened; /* steps that were too long for their level */
} MendChain;

void mend_chain_clear(MendChain *chain);

/* What all chains share. All pointers of the setup are borrowed. */
typedef struct {
    const MendFrame *frame;
    const MendJudge *judge;
    const MendLevels *levels;
    MendShape shape; /* of a picture, for the noise's coordinates */
    gboolean f64;
    MendChainParams params;
} MendChainSetup;

typedef struct {
    MendChainSetup setup;
    MendState clean, spare, good; /* scratch */
    double *log_p;
} MendChains;

/* MEND_ERROR_OPTION for a step that no level allows, and the like; MEND_ERROR_MEMORY. */
gboolean mend_chains_init(MendChains *chains, const MendChainSetup *setup, GError **error);
void mend_chains_clear(MendChains *chains);

/* A new chain at a clean picture: w = picture + sigma noise. chain is overwritten. */
gboolean mend_chain_place(MendChains *chains, MendChain *chain, guint64 key,
                          const MendState *picture, double sigma, GError **error);
/* A new chain, number n of a seed, from nothing but noise: the integrator row (its params->from
 * is the level of the noise) gives a first picture, which goes to out, and the chain is placed at
 * it. */
gboolean mend_chain_start(MendChains *chains, MendChain *chain, guint64 seed, guint32 n,
                          const MendIntegrator *row, const MendIntegratorParams *params,
                          double sigma, MendState *out, GError **error);
/* The chain goes on at a clean picture instead: w = picture + sigma noise. Twice at the same step
 * it is the same noise. */
void mend_chain_settle(MendChains *chains, MendChain *chain, const MendState *picture,
                       double sigma);
/* The picture at which the chain, or the one that it forked off, was settled or placed; only while
 * it has made no step since. Exact but for rounding. */
void mend_chain_unsettle(MendChains *chains, const MendChain *chain, MendState *picture);
/* A new chain in the state of another, with numbers of its own; branch tells forks apart. */
gboolean mend_chain_fork(const MendChain *chain, guint32 branch, MendChain *out, GError **error);

/* n steps. A chain that is lost goes back to where this call began, with other random numbers;
 * where that does not help three times, MEND_ERROR_FAILED. After that and any other error, such as
 * a cancel, it is where it was before the call; after the latter a second call does the same. */
gboolean mend_chain_walk(MendChains *chains, MendChain *chain, int n, GError **error);
/* A picture of the present state; the chain stays as it is. */
gboolean mend_chain_emit(MendChains *chains, MendChain *chain, MendState *out, GError **error);
/* skip steps, then a picture, of the least noisy state where lowest. */
gboolean mend_chain_next(MendChains *chains, MendChain *chain, MendState *out, GError **error);
/* A jump to somewhere else: noise is added up to the level params->from, the integrator row takes
 * that down to a picture, which goes to out, and the chain goes on there at its level. */
gboolean mend_chain_jump(MendChains *chains, MendChain *chain, const MendIntegrator *row,
                         const MendIntegratorParams *params, MendState *out, GError **error);

/* How alike two pictures n steps apart are: the correlation of a feature of the data that is
 * Gaussian with this variance, b^n with b = 1 - eta / (2 (variance + sigma^2)). */
double mend_chain_similarity(double eta, double sigma, double variance, int n);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendChain, mend_chain_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendChains, mend_chains_clear)

G_END_DECLS
