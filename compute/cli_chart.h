/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Charts of what was measured over the number of evaluations, as SVG: panels in two columns, the
 * same lines in each, a legend. Thread: any. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    const char *name, *colour, *dashes; /* in the legend; "#1f78c8"; "none" or "6 3" */
    double width;
    gboolean stray; /* may leave a panel: ranges are those of the others */
} MendChartLine;

typedef struct {
    const char *id, *title, *aside; /* id: of letters; aside: dim, behind the title; or NULL */
} MendChartPanel;

/* All texts are plain, and borrowed. */
typedef struct {
    const char *title, *subtitle, *x_label;
    const MendChartLine *lines; /* drawn in this order */
    const MendChartPanel *panels;
    int n_lines, n_panels;
    double panel_height; /* pixels */
    gboolean log_values; /* the axis of values is logarithmic */
    const int *x;        /* n_x numbers >= 1, rising: where values may be */
    int n_x;
    /* NaN where there is none. *error, 0 at first: half of the bar around it. */
    double (*value)(gconstpointer data, int panel, int line, int x, double *error);
    gconstpointer data;
} MendChart;

char *mend_chart_svg(const MendChart *chart); /* owned by the caller */

G_END_DECLS
