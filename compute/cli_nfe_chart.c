/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawing of mend bench nfe: a panel for each score, a line for each sampler. */
#include <math.h>

#include "compute/cli_chart.h"
#include "compute/cli_nfe.h"

/* Posterior sampling lies under the others, wide: the MR Sampler of order 1 can hide it. Euler's
 * method goes astray at few steps: its lines may leave the panel. */
static const MendChartLine lines[] = {
    {"posterior", "#aaaaaa", "none", 6, FALSE},  {"euler-sde", "#9a6a00", "6 3", 1.8, TRUE},
    {"euler-ode", "#d9a400", "6 3", 1.8, TRUE},  {"mr-ode-1", "#7fb8e6", "none", 1.8, FALSE},
    {"mr-ode-2", "#1f78c8", "none", 1.8, FALSE}, {"mr-ode-3", "#0b3a75", "none", 1.8, FALSE},
    {"mr-sde-1", "#f2876b", "none", 1.8, FALSE}, {"mr-sde-2", "#c2182b", "none", 1.8, FALSE},
};

static const struct {
    const char *title;
    MendScore score;
    int digits; /* of the input's value */
} scores[] = {
    {"PSNR, dB (higher is better)", MEND_SCORE_PSNR, 2},
    {"SSIM (higher is better)", MEND_SCORE_SSIM, 4},
    {"GMSD (lower is better)", MEND_SCORE_GMSD, 4},
    {"Sharpness (1: as the truth)", MEND_SCORE_SHARP, 3},
};
#define N_SCORES ((int)G_N_ELEMENTS(scores))

static double
value_of(gconstpointer data, int panel, int line, int steps, double *error)
{
    const MendNfeRow *row = mend_nfe_table_find(data, lines[line].name, steps);
    (void)error;
    return row ? row->scores.of[scores[panel].score] : (double)NAN;
}

char *
mend_nfe_chart(const MendNfeTable *table)
{
    MendChartPanel panels[N_SCORES];
    char asides[N_SCORES][32];
    for (int i = 0; i < N_SCORES; i++) {
        g_snprintf(asides[i], sizeof asides[i], "input %.*f", scores[i].digits,
                   table->input.of[scores[i].score]);
        panels[i] = (MendChartPanel){mend_score_names[scores[i].score], scores[i].title, asides[i]};
    }
    g_autofree char *crop = table->crop
                                ? g_strdup_printf("middle %d × %d px", table->crop, table->crop)
                                : g_strdup("whole");
    g_autofree char *title =
        g_strdup_printf("%s: quality against network evaluations", table->task);
    g_autofree char *subtitle = g_strdup_printf("model %s, grid %s, pictures: %d, %s", table->model,
                                                table->grid, table->n_pictures, crop);
    g_autoptr(GArray) steps = mend_nfe_table_steps(table);
    const MendChart chart = {
        .title = title,
        .subtitle = subtitle,
        .x_label = "network evaluations",
        .lines = lines,
        .n_lines = (int)G_N_ELEMENTS(lines),
        .panels = panels,
        .n_panels = N_SCORES,
        .panel_height = 250,
        .x = (const int *)(gpointer)steps->data,
        .n_x = (int)steps->len,
        .value = value_of,
        .data = table,
    };
    return mend_chart_svg(&chart);
}
