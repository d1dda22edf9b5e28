/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comparisons print: counts, the worst case of each group, failures. */
#include "compute/parity/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/json.h"

const char *const mend_precision_names[] = {"single", "double"};

/* Cases of one group, or skipped for one reason. The worst one is by error / bound. */
struct MendReportGroup {
    const char *name;
    int n_cases;
    struct {
        double error, bound;
        const char *id;
    } worst[MEND_N_PRECISIONS];
};

void
mend_report_init(MendReport *report, gboolean json)
{
    *report = (MendReport){.groups = g_ptr_array_new_with_free_func(g_free),
                           .skipped = g_ptr_array_new_with_free_func(g_free),
                           .names = g_string_chunk_new(1024),
                           .failures = json ? g_string_new(NULL) : NULL};
}

void
mend_report_clear(MendReport *report)
{
    g_clear_pointer(&report->groups, g_ptr_array_unref);
    g_clear_pointer(&report->skipped, g_ptr_array_unref);
    g_clear_pointer(&report->names, g_string_chunk_free);
    if (report->failures)
        g_string_free(report->failures, TRUE);
    report->failures = NULL;
}

static MendReportGroup *
count_in(MendReport *report, GPtrArray *groups, const char *name)
{
    MendReportGroup *group = NULL;
    for (guint i = 0; i < groups->len && !group; i++) {
        MendReportGroup *candidate = g_ptr_array_index(groups, i);
        if (strcmp(candidate->name, name) == 0)
            group = candidate;
    }
    if (!group) {
        group = g_new0(MendReportGroup, 1);
        group->name = g_string_chunk_insert_const(report->names, name);
        g_ptr_array_add(groups, group);
    }
    group->n_cases++;
    return group;
}

MendReportGroup *
mend_report_group(MendReport *report, const char *name)
{
    return count_in(report, report->groups, name);
}

void
mend_report_skip(MendReport *report, const char *reason)
{
    count_in(report, report->skipped, reason);
}

void
mend_report_tell(MendReport *report, const char *id, const char *what)
{
    g_autofree char *line = g_strdup_printf("failed %s%s", id, what);
    if (report->failures)
        mend_json_add_text(report->failures, NULL, line);
    else
        printf("%s\n", line);
}

gboolean
mend_report_compare(MendReport *report, MendReportGroup *group, const char *id, int precision,
                    double error, double bound)
{
    if (!group->worst[precision].id ||
        error / bound > group->worst[precision].error / group->worst[precision].bound) {
        group->worst[precision].error = error;
        group->worst[precision].bound = bound;
        group->worst[precision].id = g_string_chunk_insert_const(report->names, id);
    }
    if (error <= bound)
        return TRUE;
    g_autofree char *text = g_strdup_printf(" (%s): off by %.3g, allowed are %.3g",
                                            mend_precision_names[precision], error, bound);
    mend_report_tell(report, id, text);
    return FALSE;
}

void
mend_report_count(MendReport *report, gboolean passed)
{
    report->n_passed += passed;
    report->n_failed += !passed;
}

static void
print_text(const MendReport *report)
{
    for (int p = report->has_double ? MEND_DOUBLE : MEND_SINGLE; p >= MEND_SINGLE; p--) {
        printf("%s precision, largest error of each group:\n", mend_precision_names[p]);
        for (guint i = 0; i < report->groups->len; i++) {
            const MendReportGroup *group = g_ptr_array_index(report->groups, i);
            if (!group->worst[MEND_SINGLE].id && !group->worst[MEND_DOUBLE].id)
                printf("  %-24s %3d cases  none could be run\n", group->name, group->n_cases);
            else if (group->worst[p].id)
                printf("  %-24s %3d cases  %9.3g of %9.3g allowed  %s\n", group->name,
                       group->n_cases, group->worst[p].error, group->worst[p].bound,
                       group->worst[p].id);
        }
    }
    for (guint i = 0; i < report->skipped->len; i++) {
        const MendReportGroup *group = g_ptr_array_index(report->skipped, i);
        printf("skipped %d: %s\n", group->n_cases, group->name);
    }
    printf("%d passed, %d failed\n", report->n_passed, report->n_failed);
}

static void
add_group(GString *out, const MendReport *report, const MendReportGroup *group)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "group", group->name);
    mend_json_add_number(out, "cases", group->n_cases);
    for (int p = report->has_double ? MEND_DOUBLE : MEND_SINGLE; p >= MEND_SINGLE; p--) {
        if (!group->worst[p].id)
            continue;
        mend_json_open(out, mend_precision_names[p], '{');
        mend_json_add_number(out, "error", group->worst[p].error);
        mend_json_add_number(out, "bound", group->worst[p].bound);
        mend_json_add_text(out, "case", group->worst[p].id);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void
print_json(const MendReport *report)
{
    g_autoptr(GString) out = g_string_new("{");
    mend_json_open(out, "groups", '[');
    for (guint i = 0; i < report->groups->len; i++)
        add_group(out, report, g_ptr_array_index(report->groups, i));
    g_string_append_c(out, ']');
    mend_json_open(out, "skipped", '[');
    for (guint i = 0; i < report->skipped->len; i++) {
        const MendReportGroup *group = g_ptr_array_index(report->skipped, i);
        mend_json_open(out, NULL, '{');
        mend_json_add_text(out, "reason", group->name);
        mend_json_add_number(out, "cases", group->n_cases);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, ']');
    mend_json_open(out, "failures", '[');
    g_string_append_printf(out, "%s]", report->failures->str);
    mend_json_add_number(out, "passed", report->n_passed);
    mend_json_add_number(out, "failed", report->n_failed);
    printf("%s}\n", out->str);
}

int
mend_report_print(const MendReport *report)
{
    if (report->failures)
        print_json(report);
    else
        print_text(report);
    return report->n_failed == 0 && report->n_passed > 0 ? 0 : 1;
}
