/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Fast, Good and Best mean for a task: a sampler, a time grid, a number of evaluations, and
 * whether they are mirrored.
 * Thread: safe. */
#pragma once

#include "compute/sampler.h"

G_BEGIN_DECLS

typedef struct {
    const MendSampler *sampler; /* a row of mend_samplers[] */
    MendGrid grid;
    int steps;       /* network evaluations, 1 to 1000 */
    gboolean mirror; /* each step takes two of them: mend_evaluator_mirror() */
} MendPreset;

#define MEND_N_PRESETS 3
typedef struct {
    MendPreset at[MEND_N_PRESETS]; /* Fast, Good, Best */
} MendPresets;

extern const char mend_presets_form[]; /* what parse() expects, for messages */

/* "mr-ode-2:1,mr-ode-2:2:linspace:mirror,mr-sde-1:5:karras-n": three of
 * SAMPLER:STEPS[:GRID[:mirror]]; grid is for those that name none. Steps of a mirrored one are
 * even. Steps must not fall, and where two are equal the whole presets must be: so the steps alone
 * tell which is meant. FALSE where text is anything else. */
gboolean mend_presets_parse(const char *text, MendGrid grid, MendPresets *presets);

/* The preset that a number of steps belongs to: 0: Good; else the best whose steps are not more;
 * Fast where all have more. Its steps may be fewer than were asked for. Borrowed. */
const MendPreset *mend_presets_for(const MendPresets *presets, int steps);

/* FALSE where there is no grid of this name. */
gboolean mend_grid_find(const char *name, MendGrid *grid);

G_END_DECLS
