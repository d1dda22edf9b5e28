/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drawing of mend bench nfe: a panel for each score, a line for each sampler, as SVG. */
#include <math.h>
#include <string.h>

#include "compute/cli_nfe.h"

#define WIDTH   920
#define HEIGHT  760
#define PANEL_W 370.0
#define PANEL_H 250.0

/* One panel: its place, and what its axes show. */
typedef struct {
    const char *title;
    MendScore score;
    int digits; /* of the input's value */
    double x, y;
    double low, high;   /* of the score */
    double first, last; /* log10 of evaluations */
} Panel;

/* Posterior sampling lies under the others, wide: the MR Sampler of order 1 can hide it. */
static const struct {
    const char *sampler, *colour, *dashes;
    double width;
} looks[] = {
    {"posterior", "#aaaaaa", "none", 6},  {"euler-sde", "#9a6a00", "6 3", 1.8},
    {"euler-ode", "#d9a400", "6 3", 1.8}, {"mr-ode-1", "#7fb8e6", "none", 1.8},
    {"mr-ode-2", "#1f78c8", "none", 1.8}, {"mr-ode-3", "#0b3a75", "none", 1.8},
    {"mr-sde-1", "#f2876b", "none", 1.8}, {"mr-sde-2", "#c2182b", "none", 1.8},
};

static void append(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
append(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
}

static const MendNfeRow *
row_at(const MendNfeTable *table, guint i)
{
    return &g_array_index(table->rows, MendNfeRow, i);
}

static double
to_x(const Panel *panel, int steps)
{
    return panel->x + PANEL_W * (log10(steps) - panel->first) / (panel->last - panel->first);
}

static double
to_y(const Panel *panel, double value)
{
    return panel->y + PANEL_H * (panel->high - value) / (panel->high - panel->low);
}

/* 1, 2 or 5 times a power of ten: about five of them in the range. */
static double
tick_of(double range)
{
    double power = pow(10, floor(log10(range / 5))), rest = range / 5 / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

/* Euler's method goes astray at few steps: its lines may leave the panel, the others may not. */
static gboolean
in_range(const MendNfeTable *table, guint i)
{
    gboolean any = FALSE;
    for (guint k = 0; k < table->rows->len; k++)
        any |= !g_str_has_prefix(row_at(table, k)->sampler->name, "euler-");
    return !any || !g_str_has_prefix(row_at(table, i)->sampler->name, "euler-");
}

/* Ranges with some air around what was measured; of one value, too. */
static void
find_ranges(const MendNfeTable *table, Panel *panel)
{
    panel->low = panel->first = INFINITY;
    panel->high = panel->last = -INFINITY;
    for (guint i = 0; i < table->rows->len; i++) {
        double value = row_at(table, i)->scores.of[panel->score];
        panel->first = MIN(panel->first, log10(row_at(table, i)->steps));
        panel->last = MAX(panel->last, log10(row_at(table, i)->steps));
        if (isfinite(value) && in_range(table, i)) {
            panel->low = MIN(panel->low, value);
            panel->high = MAX(panel->high, value);
        }
    }
    if (!(panel->low <= panel->high))
        panel->low = panel->high = 0;
    double air = MAX(0.06 * (panel->high - panel->low), 1e-3 * MAX(fabs(panel->high), 0.1));
    panel->low -= air;
    panel->high += air;
    if (!(panel->first <= panel->last))
        panel->first = panel->last = 0;
    if (panel->first == panel->last)
        panel->last = panel->first + 1;
}

static void
draw_values(GString *out, const Panel *panel)
{
    double tick = tick_of(panel->high - panel->low);
    int digits = MAX(0, (int)-floor(log10(tick) + 1e-9));
    int first = (int)ceil(panel->low / tick), last = (int)floor(panel->high / tick);
    for (int i = first; i <= last; i++) {
        double v = i * tick, y = to_y(panel, v);
        append(out, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", panel->x, y, PANEL_W);
        append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.*f</text>", panel->x - 6,
               y + 4, digits, v);
    }
}

/* A label for each number of evaluations that was measured, where it finds room. */
static void
draw_steps(GString *out, const MendNfeTable *table, const Panel *panel)
{
    double bottom = panel->y + PANEL_H, right = -INFINITY;
    for (int steps = 1; steps <= 100000 && log10(steps) <= panel->last; steps++) {
        gboolean measured = FALSE;
        for (guint i = 0; i < table->rows->len; i++)
            measured |= row_at(table, i)->steps == steps;
        if (!measured)
            continue;
        double x = to_x(panel, steps);
        append(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, panel->y, bottom);
        if (x < right + 24)
            continue;
        right = x;
        append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>", x, bottom + 16,
               steps);
    }
}

static void
draw_line(GString *out, const MendNfeTable *table, const Panel *panel, size_t look)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autoptr(GString) marks = g_string_new(NULL);
    for (guint i = 0; i < table->rows->len; i++) {
        const MendNfeRow *row = row_at(table, i);
        double value = row->scores.of[panel->score];
        if (strcmp(row->sampler->name, looks[look].sampler) != 0 || !isfinite(value))
            continue;
        double x = to_x(panel, row->steps), y = to_y(panel, value);
        g_string_append_printf(line, "%s%.1f %.1f", line->len ? "L" : "M", x, y);
        append(marks, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y,
               looks[look].colour);
    }
    if (!line->len)
        return;
    append(out,
           "<path class=\"line\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-dasharray=\"%s\" "
           "d=\"%s\"/>",
           looks[look].colour, looks[look].width, looks[look].dashes, line->str);
    g_string_append(out, marks->str);
}

static void
draw_panel(GString *out, const MendNfeTable *table, Panel *panel)
{
    find_ranges(table, panel);
    append(out,
           "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s<tspan class=\"dim\">&#160;· input "
           "%.*f</tspan></text>",
           panel->x, panel->y - 10, panel->title, panel->digits, table->input.of[panel->score]);
    draw_values(out, panel);
    draw_steps(out, table, panel);
    append(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"frame\"/>",
           panel->x, panel->y, PANEL_W, PANEL_H);
    append(out,
           "<clipPath id=\"%s\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
           "</clipPath><g clip-path=\"url(#%s)\">",
           mend_score_names[panel->score], panel->x - 4, panel->y, PANEL_W + 8, PANEL_H,
           mend_score_names[panel->score]);
    for (size_t look = 0; look < G_N_ELEMENTS(looks); look++)
        draw_line(out, table, panel, look);
    append(out, "</g>");
}

static gboolean
measured(const MendNfeTable *table, const char *sampler)
{
    for (guint i = 0; i < table->rows->len; i++) {
        if (strcmp(row_at(table, i)->sampler->name, sampler) == 0)
            return TRUE;
    }
    return FALSE;
}

static void
draw_legend(GString *out, const MendNfeTable *table, double y)
{
    double x = 60;
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++) {
        if (!measured(table, looks[i].sampler))
            continue;
        append(out,
               "<path class=\"line\" stroke=\"%s\" stroke-width=\"%.1f\" "
               "stroke-dasharray=\"%s\" d=\"M%.1f %.1fh26\"/>",
               looks[i].colour, looks[i].width, looks[i].dashes, x, y);
        append(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x + 13, y,
               looks[i].colour);
        append(out, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x + 32, y + 4, looks[i].sampler);
        x += 105;
    }
}

static void
draw_title(GString *out, const MendNfeTable *table)
{
    g_autofree char *model = g_markup_escape_text(table->model, -1);
    g_autofree char *crop = table->crop
                                ? g_strdup_printf("middle %d × %d px", table->crop, table->crop)
                                : g_strdup("whole");
    append(out,
           "<text class=\"title\" x=\"60\" y=\"32\">%s: quality against network evaluations"
           "</text>",
           table->task);
    append(out,
           "<text class=\"dim\" x=\"60\" y=\"52\">model %s, grid %s, pictures: %d, %s"
           "</text>",
           model, table->grid, table->n_pictures, crop);
}

char *
mend_nfe_chart(const MendNfeTable *table)
{
    Panel panels[] = {
        {.title = "PSNR, dB (higher is better)", .score = MEND_SCORE_PSNR, .digits = 2},
        {.title = "SSIM (higher is better)", .score = MEND_SCORE_SSIM, .digits = 4},
        {.title = "GMSD (lower is better)", .score = MEND_SCORE_GMSD, .digits = 4},
        {.title = "Sharpness (1: as the truth)", .score = MEND_SCORE_SHARP, .digits = 3},
    };
    GString *out = g_string_new(NULL);
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
           "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">",
           WIDTH, HEIGHT, WIDTH, HEIGHT);
    append(out, "<style>.title{font-size:18px;font-weight:bold}.head{font-size:13px;"
                "font-weight:bold}.dim{fill:#666;font-weight:normal}"
                ".grid{stroke:#e4e4e4;fill:none}.frame{stroke:#888;fill:none}"
                ".line{fill:none}</style>");
    append(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", WIDTH, HEIGHT);
    draw_title(out, table);
    for (size_t i = 0; i < G_N_ELEMENTS(panels); i++) {
        int column = (int)(i % 2), row = (int)(i / 2);
        panels[i].x = 60 + column * (PANEL_W + 75);
        panels[i].y = 95 + row * (PANEL_H + 65);
        draw_panel(out, table, &panels[i]);
    }
    append(out, "<text x=\"%d\" y=\"705\" text-anchor=\"middle\">network evaluations</text>",
           WIDTH / 2);
    draw_legend(out, table, 732);
    append(out, "</svg>");
    return g_string_free(out, FALSE);
}
