/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the answers of a generator's network are spent on: a first picture from noise, then of each
 * picture's answers one half on steps of its chain, the other half on the way down; and between
 * which noise levels. Numbers only. Thread: any. */
#pragma once

#include "compute/generate.h"

G_BEGIN_DECLS

typedef struct {
    MendChainParams params;      /* of chains; kappa and descent.to are the generator's to choose */
    double to;                   /* lowest level of their ways down, where these are short */
    const MendIntegrator *begin; /* from noise: for chains the one that works best, as published */
    MendIntegratorParams first;  /* of the first picture's way down */
} MendGenerateBudget;

/* options are in order; what of network is borrowed is read during the call only. */
MendGenerateBudget mend_generate_budget(const MendGenerateOptions *options,
                                        const MendGenerateNetwork *network);
/* Lowest level of a picture's way down that begins at the level from. */
double mend_generate_lowest(const MendGenerateBudget *budget, double from);
/* All levels that chains may use. MEND_ERROR_OPTION, as mend_levels_init(). */
gboolean mend_generate_levels(MendLevels *levels, const MendGenerateNetwork *network,
                              GError **error);
/* Evaluations that an answer of the network costs. */
int mend_generate_cost(const MendGenerateNetwork *network);

G_END_DECLS
