/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend parity integrators: recorded runs of EDM, DMCMC, DEIS and of integrators in the common
 * frame, against ours. A file is known by what is in it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/error.h"
#include "compute/parity/integrator_files.h"
#include "compute/parity/parity.h"

/* The mixtures that the recordings were made of. */
static gboolean
read_mixture(MendNumbers *numbers, const char *name, MendMixture *m, GError **error)
{
    const MendJsonValue *object = mend_json_member(mend_json_root(numbers->json), name);
    size_t n = mend_numbers_count(object, "w"), all = mend_numbers_count(object, "m");
    if (n < 1 || n > MEND_MIXTURE_MODES || all == 0 || all % n || all / n > 4096) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS, "%s: “%s” is no mixture.", numbers->path,
                    name);
        return FALSE;
    }
    *m = (MendMixture){.n = (int)n, .d = (int)(all / n)};
    m->weight = mend_numbers_get(numbers, object, "w", n, error);
    m->mean = m->weight ? mend_numbers_get(numbers, object, "m", all, error) : NULL;
    m->spread = m->mean ? mend_numbers_get(numbers, object, "sd", n, error) : NULL;
    return m->spread != NULL;
}

static gboolean
open_base(const char *path, MendNumbers *base, MendRecordedMixtures *mixtures, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *beside = g_build_filename(folder, "gmm_base.json", NULL);
    return mend_numbers_open(base, beside, error) &&
           read_mixture(base, "gmm2d", &mixtures->plane, error) &&
           read_mixture(base, "gmm16d", &mixtures->space, error);
}

static const struct {
    const char *object, *member; /* what tells the file */
    MendRecordedFile check;
} kinds[] = {
    {"gmm2d", "test_sigma", mend_recorded_mixtures}, {"gmm2d", "latents_unit", mend_recorded_edm},
    {"gmm2d", "x_init", mend_recorded_dmcmc},        {"gmm2d", "xT", mend_recorded_deis},
    {NULL, "xT", mend_recorded_reverting},           {"gmm2d", "steps", mend_recorded_chain},
};

static MendRecordedFile
kind_of(const MendJsonValue *root)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const MendJsonValue *object =
            kinds[i].object ? mend_json_member(root, kinds[i].object) : root;
        if (mend_json_member(object, kinds[i].member))
            return kinds[i].check;
    }
    return NULL;
}

static gboolean
check_file(MendReport *report, const char *path, GError **error)
{
    g_auto(MendNumbers) numbers = {0}, base = {0};
    MendRecordedMixtures mixtures;
    if (!mend_numbers_open(&numbers, path, error))
        return FALSE;
    MendRecordedFile check = kind_of(mend_json_root(numbers.json));
    if (!check) {
        g_autofree char *name = g_path_get_basename(path);
        g_autofree char *reason = g_strdup_printf("%s holds no runs that are compared here", name);
        mend_report_skip(report, reason);
        return TRUE;
    }
    return open_base(path, &base, &mixtures, error) && check(report, &numbers, &mixtures, error);
}

int
mend_parity_integrators(int argc, char **argv)
{
    gboolean json = argc > 0 && strcmp(argv[argc - 1], "--json") == 0;
    int n_files = argc - (json ? 1 : 0);
    if (n_files < 1) {
        fprintf(stderr, "Usage: mend parity integrators FILE.json... [--json]\n");
        return 2;
    }
    g_auto(MendReport) report = {0};
    mend_report_init(&report, json);
    report.has_double = TRUE;
    for (int i = 0; i < n_files; i++) {
        g_autoptr(GError) error = NULL;
        if (!check_file(&report, argv[i], &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 2;
        }
    }
    return mend_report_print(&report);
}
