/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts: ranges, axes, lines, bars, legend. */
#include "compute/cli_chart.h"

#include <math.h>

#define WIDTH      920
#define LEFT       60.0
#define TOP        95.0
#define PANEL_W    370.0
#define GAP_X      75.0
#define GAP_Y      65.0
#define LEGEND_W   105.0
#define LEGEND_ROW 20.0

/* One panel: its place, and what its axes show. Values are logarithms where the axis is. */
typedef struct {
    int number;
    double x, y;
    double low, high;
    double first, last; /* log10 of evaluations */
} Place;

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

static double
to_x(const Place *place, int x)
{
    return place->x + PANEL_W * (log10(x) - place->first) / (place->last - place->first);
}

static double
to_y(const MendChart *chart, const Place *place, double value)
{
    return place->y + chart->panel_height * (place->high - value) / (place->high - place->low);
}

/* On the axis: NaN where it has no place. error becomes the ends of the bar, or NaN. */
static double
value_at(const MendChart *chart, int panel, int line, int x, double ends[2])
{
    double error = 0, value = chart->value(chart->data, panel, line, x, &error);
    ends[0] = error > 0 ? value - error : (double)NAN;
    ends[1] = error > 0 ? value + error : (double)NAN;
    if (!chart->log_values)
        return value;
    for (int i = 0; i < 2; i++)
        ends[i] = log10(MAX(ends[i], value / 100));
    return value > 0 ? log10(value) : (double)NAN;
}

static gboolean
has_values(const MendChart *chart, int panel, int line)
{
    double ends[2];
    for (int i = 0; i < chart->n_x; i++)
        if (isfinite(value_at(chart, panel, line, chart->x[i], ends)))
            return TRUE;
    return FALSE;
}

static gboolean
all_stray(const MendChart *chart, int panel)
{
    for (int line = 0; line < chart->n_lines; line++)
        if (!chart->lines[line].stray && has_values(chart, panel, line))
            return FALSE;
    return TRUE;
}

/* Ranges with some air around what was measured; of one value, too. */
static void
find_ranges(const MendChart *chart, Place *place)
{
    gboolean stray = all_stray(chart, place->number);
    place->low = INFINITY;
    place->high = -INFINITY;
    for (int i = 0; i < chart->n_lines * chart->n_x; i++) {
        int line = i / chart->n_x;
        double ends[2];
        double value = value_at(chart, place->number, line, chart->x[i % chart->n_x], ends);
        if (!isfinite(value) || (chart->lines[line].stray && !stray))
            continue;
        place->low = MIN(place->low, isfinite(ends[0]) ? ends[0] : value);
        place->high = MAX(place->high, isfinite(ends[1]) ? ends[1] : value);
    }
    if (!(place->low <= place->high))
        place->low = place->high = 0;
    double least = chart->log_values ? 0.02 : 1e-3 * MAX(fabs(place->high), 0.1);
    double air = MAX(0.06 * (place->high - place->low), least);
    place->low -= air;
    place->high += air;
    place->first = chart->n_x ? log10(chart->x[0]) : 0;
    place->last = chart->n_x ? log10(chart->x[chart->n_x - 1]) : 0;
    if (place->first == place->last)
        place->last = place->first + 1;
}

static void
draw_value(GString *out, const MendChart *chart, const Place *place, double at, const char *label)
{
    double y = to_y(chart, place, at);
    append(out, "<path class=\"grid\" d=\"M%.1f %.1fh%.1f\"/>", place->x, y, PANEL_W);
    append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>", place->x - 6, y + 4,
           label);
}

/* 1, 2 or 5 times a power of ten: about five of them in the range. */
static double
tick_of(double range)
{
    double power = pow(10, floor(log10(range / 5))), rest = range / 5 / power;
    return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
}

static void
draw_values(GString *out, const MendChart *chart, const Place *place)
{
    double tick = tick_of(place->high - place->low);
    int digits = MAX(0, (int)-floor(log10(tick) + 1e-9));
    int first = (int)ceil(place->low / tick), last = (int)floor(place->high / tick);
    for (int i = first; i <= last; i++) {
        g_autofree char *label = g_strdup_printf("%.*f", digits, i * tick);
        draw_value(out, chart, place, i * tick, label);
    }
}

/* 1, 2 and 5 times the powers of ten; where these are many, the powers alone. */
static void
draw_log_values(GString *out, const MendChart *chart, const Place *place)
{
    static const int steps[] = {1, 2, 5};
    size_t n = place->high - place->low > 3 ? 1 : G_N_ELEMENTS(steps);
    for (int power = (int)floor(place->low); power <= (int)floor(place->high); power++)
        for (size_t i = 0; i < n; i++) {
            double at = power + log10(steps[i]);
            g_autofree char *label = g_strdup_printf("%g", steps[i] * pow(10, power));
            if (at >= place->low && at <= place->high)
                draw_value(out, chart, place, at, label);
        }
}

/* A label for each number of evaluations that was measured, where it finds room. */
static void
draw_steps(GString *out, const MendChart *chart, const Place *place)
{
    double bottom = place->y + chart->panel_height, right = -INFINITY;
    for (int i = 0; i < chart->n_x; i++) {
        double x = to_x(place, chart->x[i]);
        append(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, place->y, bottom);
        if (x < right + 24)
            continue;
        right = x;
        append(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>", x, bottom + 16,
               chart->x[i]);
    }
}

static void
draw_line(GString *out, const MendChart *chart, const Place *place, int number)
{
    const MendChartLine *line = &chart->lines[number];
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GString) marks = g_string_new(NULL);
    for (int i = 0; i < chart->n_x; i++) {
        double ends[2], value = value_at(chart, place->number, number, chart->x[i], ends);
        if (!isfinite(value))
            continue;
        double x = to_x(place, chart->x[i]), y = to_y(chart, place, value);
        g_string_append_printf(path, "%s%.1f %.1f", path->len ? "L" : "M", x, y);
        append(marks, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x, y, line->colour);
        if (isfinite(ends[0]))
            append(marks, "<path class=\"bar\" stroke=\"%s\" d=\"M%.1f %.1fV%.1f\"/>", line->colour,
                   x, to_y(chart, place, ends[0]), to_y(chart, place, ends[1]));
    }
    if (!path->len)
        return;
    append(out,
           "<path class=\"line\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-dasharray=\"%s\" "
           "d=\"%s\"/>",
           line->colour, line->width, line->dashes, path->str);
    g_string_append(out, marks->str);
}

static void
draw_panel(GString *out, const MendChart *chart, Place *place)
{
    const MendChartPanel *panel = &chart->panels[place->number];
    g_autofree char *title = g_markup_escape_text(panel->title, -1);
    g_autofree char *aside = g_markup_escape_text(panel->aside ? panel->aside : "", -1);
    find_ranges(chart, place);
    append(out,
           "<text class=\"head\" x=\"%.1f\" y=\"%.1f\">%s<tspan class=\"dim\">%s%s</tspan></text>",
           place->x, place->y - 10, title, panel->aside ? "&#160;· " : "", aside);
    if (chart->log_values)
        draw_log_values(out, chart, place);
    else
        draw_values(out, chart, place);
    draw_steps(out, chart, place);
    append(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"frame\"/>",
           place->x, place->y, PANEL_W, chart->panel_height);
    append(out,
           "<clipPath id=\"%s\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
           "</clipPath><g clip-path=\"url(#%s)\">",
           panel->id, place->x - 4, place->y, PANEL_W + 8, chart->panel_height, panel->id);
    for (int line = 0; line < chart->n_lines; line++)
        draw_line(out, chart, place, line);
    append(out, "</g>");
}

static gboolean
measured(const MendChart *chart, int line)
{
    for (int panel = 0; panel < chart->n_panels; panel++)
        if (has_values(chart, panel, line))
            return TRUE;
    return FALSE;
}

/* Returns its height. */
static double
draw_legend(GString *out, const MendChart *chart, double y)
{
    double x = LEFT, top = y;
    for (int i = 0; i < chart->n_lines; i++) {
        const MendChartLine *line = &chart->lines[i];
        if (!measured(chart, i))
            continue;
        if (x + LEGEND_W > WIDTH) {
            x = LEFT;
            y += LEGEND_ROW;
        }
        g_autofree char *name = g_markup_escape_text(line->name, -1);
        append(out,
               "<path class=\"line\" stroke=\"%s\" stroke-width=\"%.1f\" "
               "stroke-dasharray=\"%s\" d=\"M%.1f %.1fh26\"/>",
               line->colour, line->width, line->dashes, x, y);
        append(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x + 13, y,
               line->colour);
        append(out, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x + 32, y + 4, name);
        x += LEGEND_W;
    }
    return y - top + LEGEND_ROW;
}

static void
draw_titles(GString *out, const MendChart *chart)
{
    g_autofree char *title = g_markup_escape_text(chart->title, -1);
    g_autofree char *subtitle = g_markup_escape_text(chart->subtitle, -1);
    append(out, "<text class=\"title\" x=\"%.0f\" y=\"32\">%s</text>", LEFT, title);
    append(out, "<text class=\"dim\" x=\"%.0f\" y=\"52\">%s</text>", LEFT, subtitle);
}

char *
mend_chart_svg(const MendChart *chart)
{
    g_autoptr(GString) body = g_string_new(NULL);
    int rows = (chart->n_panels + 1) / 2;
    double bottom = TOP + rows * (chart->panel_height + GAP_Y) - 20;
    draw_titles(body, chart);
    for (int i = 0; i < chart->n_panels; i++) {
        int row = i / 2, column = i % 2;
        Place place = {.number = i,
                       .x = LEFT + column * (PANEL_W + GAP_X),
                       .y = TOP + row * (chart->panel_height + GAP_Y)};
        draw_panel(body, chart, &place);
    }
    append(body, "<text x=\"%d\" y=\"%.0f\" text-anchor=\"middle\">%s</text>", WIDTH / 2, bottom,
           chart->x_label);
    double height = bottom + 27 + draw_legend(body, chart, bottom + 27);
    GString *out = g_string_new(NULL);
    append(out,
           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
           "viewBox=\"0 0 %d %.0f\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">",
           WIDTH, height, WIDTH, height);
    append(out, "<style>.title{font-size:18px;font-weight:bold}.head{font-size:13px;"
                "font-weight:bold}.dim{fill:#666;font-weight:normal}"
                ".grid{stroke:#e4e4e4;fill:none}.frame{stroke:#888;fill:none}"
                ".line{fill:none}.bar{fill:none;stroke-width:1.5}</style>");
    append(out, "<rect width=\"%d\" height=\"%.0f\" fill=\"#fff\"/>", WIDTH, height);
    g_string_append(out, body->str);
    append(out, "</svg>");
    return g_string_free(out, FALSE);
}
