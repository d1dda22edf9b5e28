/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend parity sampler: our samplers against recorded runs of the published ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/json.h"
#include "compute/parity/parity.h"
#include "compute/parity/sampler_run.h"

#define DOUBLE_BOUND 1e-9

enum { SINGLE, DOUBLE, N_PRECISIONS };

static const char *const precision_names[] = {"single", "double"};

/* Cases of one group, or skipped for one reason. The worst one is by error / bound. */
typedef struct {
    const char *name;
    int n_cases;
    struct {
        double error, bound;
        const char *id;
    } worst[N_PRECISIONS];
} Group;

typedef struct {
    MendRecording rec;
    GPtrArray *groups, *skipped; /* Group, owned */
    gboolean has_double;
    int n_passed, n_failed;
    GString *failures; /* --json: an array's elements; else NULL */
} Report;

static void
report_clear(Report *report)
{
    mend_recording_clear(&report->rec);
    g_clear_pointer(&report->groups, g_ptr_array_unref);
    g_clear_pointer(&report->skipped, g_ptr_array_unref);
    if (report->failures)
        g_string_free(report->failures, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Report, report_clear)

static Group *
count_in(GPtrArray *groups, const char *name)
{
    Group *group = NULL;
    for (guint i = 0; i < groups->len && !group; i++) {
        Group *candidate = g_ptr_array_index(groups, i);
        if (strcmp(candidate->name, name) == 0)
            group = candidate;
    }
    if (!group) {
        group = g_new0(Group, 1);
        group->name = name;
        g_ptr_array_add(groups, group);
    }
    group->n_cases++;
    return group;
}

static void
tell_failure(Report *report, const char *id, const char *what)
{
    g_autofree char *line = g_strdup_printf("failed %s%s", id, what);
    if (report->failures)
        mend_json_add_text(report->failures, NULL, line);
    else
        printf("%s\n", line);
}

static gboolean
check_precision(Report *report, Group *group, const MendSamplerCase *c, int precision)
{
    g_autoptr(GError) error = NULL;
    double bound = precision == DOUBLE ? DOUBLE_BOUND : c->single_bound, worst = 0;
    if (!mend_sampler_case_run(c, &report->rec, precision == DOUBLE, &worst, &error)) {
        g_autofree char *text =
            g_strdup_printf(" (%s): %s", precision_names[precision], error->message);
        tell_failure(report, c->id, text);
        return FALSE;
    }
    if (!group->worst[precision].id ||
        worst / bound > group->worst[precision].error / group->worst[precision].bound) {
        group->worst[precision].error = worst;
        group->worst[precision].bound = bound;
        group->worst[precision].id = c->id;
    }
    if (worst <= bound)
        return TRUE;
    g_autofree char *text = g_strdup_printf(" (%s): off by %.3g, allowed are %.3g",
                                            precision_names[precision], worst, bound);
    tell_failure(report, c->id, text);
    return FALSE;
}

static void
check_case(Report *report, const MendJsonValue *json)
{
    g_autoptr(GError) error = NULL;
    MendSamplerCase c;
    gboolean ok = mend_sampler_case_read(&c, json, &error);
    if (c.skip) {
        count_in(report->skipped, c.skip);
        return;
    }
    if (!ok) {
        g_autofree char *text = g_strconcat(": ", error->message, NULL);
        tell_failure(report, c.id, text);
    }
    if (ok) {
        Group *group = count_in(report->groups, c.group);
        for (int p = report->has_double ? DOUBLE : SINGLE; p >= SINGLE; p--)
            ok = check_precision(report, group, &c, p) && ok;
    }
    report->n_passed += ok;
    report->n_failed += !ok;
}

static void
print_report(const Report *report)
{
    for (int p = report->has_double ? DOUBLE : SINGLE; p >= SINGLE; p--) {
        printf("%s precision, largest error of each group:\n", precision_names[p]);
        for (guint i = 0; i < report->groups->len; i++) {
            const Group *group = g_ptr_array_index(report->groups, i);
            if (!group->worst[p].id)
                printf("  %-16s %3d cases  none could be run\n", group->name, group->n_cases);
            else
                printf("  %-16s %3d cases  %9.3g of %9.3g allowed  %s\n", group->name,
                       group->n_cases, group->worst[p].error, group->worst[p].bound,
                       group->worst[p].id);
        }
    }
    for (guint i = 0; i < report->skipped->len; i++) {
        const Group *group = g_ptr_array_index(report->skipped, i);
        printf("skipped %d: %s\n", group->n_cases, group->name);
    }
    printf("%d passed, %d failed\n", report->n_passed, report->n_failed);
}

static void
add_group(GString *out, const Report *report, const Group *group)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "group", group->name);
    mend_json_add_number(out, "cases", group->n_cases);
    for (int p = report->has_double ? DOUBLE : SINGLE; p >= SINGLE; p--) {
        if (!group->worst[p].id)
            continue;
        mend_json_open(out, precision_names[p], '{');
        mend_json_add_number(out, "error", group->worst[p].error);
        mend_json_add_number(out, "bound", group->worst[p].bound);
        mend_json_add_text(out, "case", group->worst[p].id);
        g_string_append_c(out, '}');
    }
    g_string_append_c(out, '}');
}

static void
print_json(const Report *report)
{
    g_autoptr(GString) out = g_string_new("{");
    mend_json_open(out, "groups", '[');
    for (guint i = 0; i < report->groups->len; i++)
        add_group(out, report, g_ptr_array_index(report->groups, i));
    g_string_append_c(out, ']');
    mend_json_open(out, "skipped", '[');
    for (guint i = 0; i < report->skipped->len; i++) {
        const Group *group = g_ptr_array_index(report->skipped, i);
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

/* The recorded results' precision is that of the first one there is. */
static gboolean
has_double_results(const MendWeights *tensors)
{
    for (guint i = 0; i < mend_weights_count(tensors); i++)
        if (g_str_has_suffix(mend_weights_at(tensors, i)->name, "/final"))
            return mend_weights_at(tensors, i)->type == MEND_F64;
    return FALSE;
}

int
mend_parity_sampler(int argc, char **argv)
{
    gboolean json = argc == 3 && strcmp(argv[2], "--json") == 0;
    if (argc != 2 && !json) {
        fprintf(stderr, "Usage: mend parity sampler CASES.json TENSORS.safetensors [--json]\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_auto(Report) report = {.groups = g_ptr_array_new_with_free_func(g_free),
                             .skipped = g_ptr_array_new_with_free_func(g_free),
                             .failures = json ? g_string_new(NULL) : NULL};
    if (!mend_recording_open(&report.rec, argv[0], argv[1], &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    report.has_double = has_double_results(report.rec.tensors);
    const MendJsonValue *cases = mend_json_member(mend_json_root(report.rec.json), "cases");
    for (const MendJsonValue *c = cases ? cases->first : NULL; c; c = c->next)
        check_case(&report, c);
    if (json)
        print_json(&report);
    else
        print_report(&report);
    return report.n_failed == 0 && report.n_passed > 0 ? 0 : 1;
}
