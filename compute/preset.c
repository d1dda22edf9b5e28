/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quality presets: reading them, and choosing one by the number of steps. */
#include "compute/preset.h"

#include <string.h>

const char mend_presets_form[] =
    "three of SAMPLER:STEPS[:GRID[:mirror]], steps not falling, and even "
    "where mirrored, such as “mr-ode-2:1,mr-ode-2:2,mr-sde-1:5”";

gboolean
mend_grid_find(const char *name, MendGrid *grid)
{
    for (int i = 0; mend_grid_names[i]; i++) {
        if (strcmp(mend_grid_names[i], name) == 0) {
            *grid = (MendGrid)i;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
parse_one(const char *text, MendPreset *preset)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 5);
    guint n = g_strv_length(parts);
    guint64 steps = 0;
    if (n < 2 || n > 4 || !g_ascii_string_to_unsigned(parts[1], 10, 1, 1000, &steps, NULL))
        return FALSE;
    preset->sampler = mend_sampler_find(parts[0]);
    preset->steps = (int)steps;
    preset->mirror = n == 4;
    if (preset->mirror && (strcmp(parts[3], "mirror") != 0 || steps % 2))
        return FALSE;
    return preset->sampler && (n == 2 || mend_grid_find(parts[2], &preset->grid));
}

gboolean
mend_presets_parse(const char *text, MendGrid grid, MendPresets *presets)
{
    g_auto(GStrv) items = g_strsplit(text, ",", MEND_N_PRESETS + 1);
    if (g_strv_length(items) != MEND_N_PRESETS)
        return FALSE;
    for (int i = 0; i < MEND_N_PRESETS; i++) {
        MendPreset *preset = &presets->at[i], *before = i ? preset - 1 : NULL;
        preset->grid = grid;
        if (!parse_one(items[i], preset) || (before && preset->steps < before->steps))
            return FALSE;
        if (before && preset->steps == before->steps &&
            (preset->sampler != before->sampler || preset->grid != before->grid ||
             preset->mirror != before->mirror))
            return FALSE;
    }
    return TRUE;
}

const MendPreset *
mend_presets_for(const MendPresets *presets, int steps)
{
    if (steps <= 0)
        return &presets->at[1];
    const MendPreset *found = &presets->at[0];
    for (int i = 1; i < MEND_N_PRESETS; i++) {
        if (presets->at[i].steps <= steps && presets->at[i].steps >= found->steps)
            found = &presets->at[i];
    }
    return found;
}
