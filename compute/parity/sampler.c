/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend parity sampler: our samplers against recorded runs of the published ones. */
#include <stdio.h>
#include <string.h>

#include "compute/parity/parity.h"
#include "compute/parity/report.h"
#include "compute/parity/sampler_run.h"

#define DOUBLE_BOUND 1e-9

static gboolean
check_precision(MendReport *report, MendRecording *rec, MendReportGroup *group,
                const MendSamplerCase *c, int precision)
{
    g_autoptr(GError) error = NULL;
    double bound = precision == MEND_DOUBLE ? DOUBLE_BOUND : c->single_bound, worst = 0;
    if (mend_sampler_case_run(c, rec, precision == MEND_DOUBLE, &worst, &error))
        return mend_report_compare(report, group, c->id, precision, worst, bound);
    g_autofree char *text =
        g_strdup_printf(" (%s): %s", mend_precision_names[precision], error->message);
    mend_report_tell(report, c->id, text);
    return FALSE;
}

static void
check_case(MendReport *report, MendRecording *rec, const MendJsonValue *json)
{
    g_autoptr(GError) error = NULL;
    MendSamplerCase c;
    gboolean ok = mend_sampler_case_read(&c, json, &error);
    if (c.skip) {
        mend_report_skip(report, c.skip);
        return;
    }
    if (!ok) {
        g_autofree char *text = g_strconcat(": ", error->message, NULL);
        mend_report_tell(report, c.id, text);
    }
    if (ok) {
        MendReportGroup *group = mend_report_group(report, c.group);
        for (int p = report->has_double ? MEND_DOUBLE : MEND_SINGLE; p >= MEND_SINGLE; p--)
            ok = check_precision(report, rec, group, &c, p) && ok;
    }
    mend_report_count(report, ok);
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
    g_auto(MendRecording) rec = {0};
    g_auto(MendReport) report = {0};
    mend_report_init(&report, json);
    if (!mend_recording_open(&rec, argv[0], argv[1], &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    report.has_double = has_double_results(rec.tensors);
    const MendJsonValue *cases = mend_json_member(mend_json_root(rec.json), "cases");
    for (const MendJsonValue *c = cases ? cases->first : NULL; c; c = c->next)
        check_case(&report, &rec, c);
    return mend_report_print(&report);
}
