/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawing of mend bench dlg: two panels for each integrator. */
#include <math.h>

#include "compute/cli_chart.h"
#include "compute/cli_dlg.h"
#include "compute/cli_table.h"

enum { PLAIN, DLG, HELD_OUT };
static const MendChartLine lines[] = {
    [PLAIN] = {"plain", "#c2182b", "none", 1.8, FALSE},
    [DLG] = {"DLG", "#1f78c8", "none", 1.8, FALSE},
    [HELD_OUT] = {"held-out", "#888888", "6 3", 1.2, FALSE},
};
static const struct {
    MendDlgScore score;
    const char *id, *name;
} kinds[] = {{MEND_DLG_SLICED, "sliced", "sliced Wasserstein"},
             {MEND_DLG_FRECHET, "frechet", "Fréchet distance"}};
#define N_KINDS ((int)G_N_ELEMENTS(kinds))

typedef struct {
    const MendDlgTable *table;
    GPtrArray *integrators; /* const MendIntegrator */
} Picture;

static double
value_of(gconstpointer data, int panel, int line, int evaluations, double *error)
{
    const Picture *picture = data;
    const MendIntegrator *row = picture->integrators->pdata[panel / N_KINDS];
    MendDlgScore score = kinds[panel % N_KINDS].score;
    MendDlgMean mean = line == HELD_OUT
                           ? mend_dlg_mean(picture->table, NULL, FALSE, 0, score)
                           : mend_dlg_mean(picture->table, row, line == DLG, evaluations, score);
    *error = mean.spread;
    return mean.mean;
}

/* Those that were measured, in the order of their table, and all numbers of evaluations. */
static void
collect(Picture *picture, GArray *budgets)
{
    const MendDlgTable *table = picture->table;
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (guint i = 0; i < table->rows->len; i++) {
            const MendDlgRow *r = &g_array_index(table->rows, MendDlgRow, i);
            gboolean known = r->integrator != row;
            if (known)
                continue;
            if (!g_ptr_array_find(picture->integrators, row, NULL))
                g_ptr_array_add(picture->integrators, (gpointer)row);
            for (guint k = 0; k < budgets->len && !known; k++)
                known = g_array_index(budgets, int, k) == r->evaluations;
            if (!known)
                g_array_append_val(budgets, r->evaluations);
        }
    g_array_sort(budgets, mend_cli_by_number);
}

static MendChartPanel *
panels_of(const Picture *picture, GPtrArray *texts)
{
    int n = (int)picture->integrators->len * N_KINDS;
    MendChartPanel *panels = g_new0(MendChartPanel, n);
    for (int i = 0; i < n; i++) {
        const MendIntegrator *row = picture->integrators->pdata[i / N_KINDS];
        panels[i].id = g_strdup_printf("%s-%s", kinds[i % N_KINDS].id, row->name);
        panels[i].title = row->label;
        panels[i].aside = kinds[i % N_KINDS].name;
        g_ptr_array_add(texts, (gpointer)panels[i].id);
    }
    return panels;
}

char *
mend_dlg_chart(const MendDlgTable *table)
{
    g_autoptr(GPtrArray) integrators = g_ptr_array_new();
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) budgets = g_array_new(FALSE, FALSE, sizeof(int));
    Picture picture = {table, integrators};
    collect(&picture, budgets);
    g_autofree MendChartPanel *panels = panels_of(&picture, texts);
    g_autofree char *subtitle = g_strdup_printf(
        "model %s, %d pictures of %d × %d px from tori of %d, %d materials, %d tori a chain; lower "
        "is better",
        table->model, table->n_samples, table->side, table->side, table->torus, table->n_materials,
        table->length);
    const MendChart chart = {
        .title = "Denoising MCMC: distance to held-out textures",
        .subtitle = subtitle,
        .x_label = "network evaluations a torus, all counted",
        .lines = lines,
        .n_lines = (int)G_N_ELEMENTS(lines),
        .panels = panels,
        .n_panels = (int)integrators->len * N_KINDS,
        .panel_height = 170,
        .log_values = TRUE,
        .x = (const int *)(gpointer)budgets->data,
        .n_x = (int)budgets->len,
        .value = value_of,
        .data = &picture,
    };
    return mend_chart_svg(&chart);
}
