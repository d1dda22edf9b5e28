/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comparisons print: a line a group, or with --json one object. Thread: one at a time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum { MEND_SINGLE, MEND_DOUBLE, MEND_N_PRECISIONS };
extern const char *const mend_precision_names[]; /* "single", "double" */

typedef struct MendReportGroup MendReportGroup; /* cases of one kind */

typedef struct {
    GPtrArray *groups, *skipped;
    GStringChunk *names;
    gboolean has_double;
    int n_passed, n_failed;
    GString *failures; /* --json: an array's elements; else NULL */
} MendReport;

void mend_report_init(MendReport *report, gboolean json);
void mend_report_clear(MendReport *report);

/* The group of one more case. Owned by the report, as copies of all names are. */
MendReportGroup *mend_report_group(MendReport *report, const char *name);
/* A case that is not compared, and why. */
void mend_report_skip(MendReport *report, const char *reason);
/* A line that begins with "failed ID". */
void mend_report_tell(MendReport *report, const char *id, const char *what);
/* The largest error of a case in one precision. FALSE, and told, where it is above bound. */
gboolean mend_report_compare(MendReport *report, MendReportGroup *group, const char *id,
                             int precision, double error, double bound);
/* A case's end: counted as passed or failed. */
void mend_report_count(MendReport *report, gboolean passed);
/* Prints everything, last "N passed, N failed". Returns the exit status: 0 where all of some cases
 * passed, else 1. */
int mend_report_print(const MendReport *report);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendReport, mend_report_clear)

G_END_DECLS
