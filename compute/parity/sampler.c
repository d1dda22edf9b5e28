/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend parity sampler: our samplers against recorded runs of the published ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

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
} Report;

static void
report_clear(Report *report)
{
    mend_recording_clear(&report->rec);
    g_clear_pointer(&report->groups, g_ptr_array_unref);
    g_clear_pointer(&report->skipped, g_ptr_array_unref);
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

static gboolean
check_precision(Report *report, Group *group, const MendSamplerCase *c, int precision)
{
    g_autoptr(GError) error = NULL;
    double bound = precision == DOUBLE ? DOUBLE_BOUND : c->single_bound, worst = 0;
    if (!mend_sampler_case_run(c, &report->rec, precision == DOUBLE, &worst, &error)) {
        printf("failed %s (%s): %s\n", c->id, precision_names[precision], error->message);
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
    printf("failed %s (%s): off by %.3g, allowed are %.3g\n", c->id, precision_names[precision],
           worst, bound);
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
    if (!ok)
        printf("failed %s: %s\n", c.id, error->message);
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
    if (argc != 2) {
        fprintf(stderr, "Usage: mend parity sampler CASES.json TENSORS.safetensors\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_auto(Report) report = {.groups = g_ptr_array_new_with_free_func(g_free),
                             .skipped = g_ptr_array_new_with_free_func(g_free)};
    if (!mend_recording_open(&report.rec, argv[0], argv[1], &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    report.has_double = has_double_results(report.rec.tensors);
    const MendJsonValue *cases = mend_json_member(mend_json_root(report.rec.json), "cases");
    for (const MendJsonValue *c = cases ? cases->first : NULL; c; c = c->next)
        check_case(&report, c);
    print_report(&report);
    return report.n_failed == 0 && report.n_passed > 0 ? 0 : 1;
}
