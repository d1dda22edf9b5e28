/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend bench dlg: what chains are worth, for each integrator and number of evaluations. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/block.h"
#include "compute/cli.h"
#include "compute/cli_dlg.h"
#include "compute/cli_table.h"
#include "compute/error.h"
#include "compute/metrics_set.h"

#define MOST_SAMPLES 1000000
#define MOST_SEEDS   100
#define OTHER_CROPS  (G_GUINT64_CONSTANT(1) << 32) /* seeds of the second set of held-out crops */

typedef struct {
    char *tiles, *model, *integrators, *evaluations, *out, *device, *tone;
    int samples, seeds, side, torus, length;
    double similarity;
    gboolean json;
} Request;

typedef struct {
    const Request *request;
    MendDlgSets sets;
    MendDlgPlan plan;
    MendDlgTable table;
    GPtrArray *integrators; /* const MendIntegrator */
    GArray *evaluations;    /* int, rising */
    char *path, *chart;     /* of the table, of its drawing */
    double *truth, *made;   /* features: of held-out crops, of a set */
    int truth_seed;         /* whose crops these are; -1: none yet */
    MendDlgRow row;         /* in the making */
    gint64 start;
    double done, all; /* evaluations, of those that were missing at the start */
} Bench;

static void
clear_bench(Bench *bench)
{
    mend_dlg_sets_clear(&bench->sets);
    mend_dlg_table_clear(&bench->table);
    g_ptr_array_unref(bench->integrators);
    g_array_unref(bench->evaluations);
    g_free(bench->path);
    g_free(bench->chart);
    mend_block_free(bench->truth);
    mend_block_free(bench->made);
}

static gconstpointer
find_integrator(const char *name)
{
    return mend_integrator_find(name);
}

static gboolean
parse_integrators(const char *text, GPtrArray *integrators, GError **error)
{
    static const char all[] =
        "karras,karras-sde,probability-flow,rk45,reverse-diffusion,euler-maruyama";
    return mend_cli_rows("integrators", text ? text : all, find_integrator,
                         "different names, such as “karras,rk45”", integrators, error);
}

/* After each part of an evaluation; 1 is its end. */
static gboolean
go_on(double share, gpointer data)
{
    Bench *bench = data;
    bench->done += share >= 1;
    if (isatty(STDERR_FILENO) && share >= 1) {
        double seconds = (double)(g_get_monotonic_time() - bench->start) * 1e-6;
        double left = seconds / bench->done * (bench->all - bench->done);
        fprintf(stderr, "\r\033[K%s %s, %d evaluations, seed %d: %.1f %% of all, %.0f min left",
                bench->row.integrator->name, bench->row.chains ? "dlg" : "plain",
                bench->row.evaluations, bench->row.seed, 100 * bench->done / bench->all,
                ceil(MAX(left, 0) / 60));
    }
    return !mend_cli_interrupted();
}

static gboolean
check_numbers(const Request *r, int torus, int align, GError **error)
{
    const char *wrong = NULL;
    if (r->samples < 2 || r->samples > MOST_SAMPLES)
        wrong = "there must be 2 to 1000000 samples";
    else if (r->seeds < 1 || r->seeds > MOST_SEEDS)
        wrong = "there must be 1 to 100 seeds";
    else if (r->side < MEND_FEATURE_SIDE || r->side > 4096)
        wrong = "a side is 18 to 4096 pixels";
    else if (torus < r->side || torus > 4096 || torus % r->side || torus % align)
        wrong = "a torus is a multiple of the side and of the network's step, at most 4096";
    else if (r->length < 1)
        wrong = "a chain makes at least one picture";
    else if (!(r->similarity >= 0 && r->similarity <= 1))
        wrong = "the similarity is 0 to 1";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "--samples %d --seeds %d --side %d --torus %d --length %d --similarity %g: %s.",
                    r->samples, r->seeds, r->side, torus, r->length, r->similarity, wrong);
    return !wrong;
}

/* Chains that are too short cannot pay for their beginnings. */
static gboolean
check_budgets(const Bench *bench, GError **error)
{
    int least = g_array_index(bench->evaluations, int, 0);
    if (mend_dlg_budget(&bench->sets, bench->plan.length, least) > 0)
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                "With %d samples of %d materials and at most %d tori a chain, %d evaluations a "
                "torus do not last for the beginnings of the chains, %d each. Take more "
                "--samples, a larger --length, or more --evaluations.",
                bench->sets.n_samples, bench->sets.n_materials, bench->plan.length, least,
                MEND_GENERATE_FIRST);
    return FALSE;
}

static gboolean
prepare(Bench *bench, const MendTextureInfo *texture, GError **error)
{
    const Request *r = bench->request;
    const char *out = r->out ? r->out : "dlg";
    int torus = r->torus ? r->torus : r->side;
    bench->plan = (MendDlgPlan){r->device, r->similarity, r->length, go_on, bench};
    bench->path = g_build_filename(out, "dlg.json", NULL);
    bench->chart = g_build_filename(out, "dlg.svg", NULL);
    gboolean even = g_strcmp0(r->tone, "even") == 0;
    if (r->tone && !even && strcmp(r->tone, "own") != 0)
        return mend_cli_refuse(error, "tone", r->tone, "own or even");
    if (!parse_integrators(r->integrators, bench->integrators, error) ||
        !mend_cli_numbers("evaluations", r->evaluations ? r->evaluations : "10,15,20,30,50,100",
                          bench->evaluations, error) ||
        !check_numbers(r, torus, texture->align, error) ||
        !mend_dlg_sets_init(&bench->sets, r->tiles, texture, r->side, torus, r->samples, error) ||
        !check_budgets(bench, error))
        return FALSE;
    g_autofree char *sum = mend_cli_checksum(texture->model->path, error);
    if (!sum)
        return FALSE;
    bench->sets.even = even;
    mend_dlg_table_init(&bench->table, sum, &bench->sets, &bench->plan);
    size_t bytes = (size_t)r->samples * MEND_N_FEATURES * sizeof(double);
    bench->truth = mend_block_new(bytes, error);
    bench->made = bench->truth ? mend_block_new(bytes, error) : NULL;
    if (!bench->made)
        return FALSE;
    return mend_dlg_table_resume(&bench->table, bench->path, error) &&
           mend_cli_make_folder(out, error);
}

/* Calls take, which may be NULL, for all rows that are missing: with the first seed first, then
 * few evaluations, so that a stopped run has a table of all integrators. */
static gboolean
each_missing(Bench *bench, gboolean (*take)(Bench *bench, GError **error), double *evaluations,
             GError **error)
{
    for (int seed = 0; seed < bench->request->seeds; seed++)
        for (guint k = 0; k < bench->evaluations->len; k++)
            for (guint i = 0; i < 2 * bench->integrators->len; i++) {
                bench->row = (MendDlgRow){.integrator = bench->integrators->pdata[i / 2],
                                          .chains = i % 2,
                                          .evaluations = g_array_index(bench->evaluations, int, k),
                                          .seed = seed};
                if (mend_dlg_table_find(&bench->table, &bench->row))
                    continue;
                if (evaluations)
                    *evaluations += mend_dlg_work(&bench->sets, bench->row.evaluations);
                if (take && !take(bench, error))
                    return FALSE;
            }
    return TRUE;
}

static void
score(Bench *bench, MendDlgRow *row)
{
    MendSets sets = {bench->made, bench->truth, bench->sets.n_samples, MEND_N_FEATURES};
    row->of[MEND_DLG_SLICED] = mend_sliced_wasserstein(sets);
    row->of[MEND_DLG_FRECHET] = mend_frechet(sets);
}

static gboolean
keep(Bench *bench, const MendDlgRow *row, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_array_append_vals(bench->table.rows, row, 1);
    mend_dlg_table_add_json(out, &bench->table);
    g_string_append_c(out, '\n');
    return mend_table_write(bench->path, out->str, error);
}

/* The seed's held-out crops, and how far others are from them. */
static gboolean
take_truth(Bench *bench, int seed, GError **error)
{
    MendDlgRow row = {.seed = seed};
    if (bench->truth_seed == seed)
        return TRUE;
    if (!mend_dlg_crops(&bench->sets, (guint64)seed, bench->truth, error))
        return FALSE;
    bench->truth_seed = seed;
    if (mend_dlg_table_find(&bench->table, &row))
        return TRUE;
    if (!mend_dlg_crops(&bench->sets, OTHER_CROPS | (guint64)seed, bench->made, error))
        return FALSE;
    score(bench, &row);
    return keep(bench, &row, error);
}

/* A run that fails in its numbers is a result too: its row has no distances. */
static gboolean
measure(Bench *bench, GError **error)
{
    g_autoptr(GError) reason = NULL;
    MendDlgRow *row = &bench->row;
    if (!take_truth(bench, row->seed, error))
        return FALSE;
    if (mend_dlg_draw(&bench->sets, &bench->plan, row, bench->made, &reason)) {
        score(bench, row);
        return keep(bench, row, error);
    }
    if (!mend_error_is(reason, MEND_ERROR_FAILED)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    fprintf(stderr, "mend: %s\n", reason->message);
    for (int i = 0; i < MEND_N_DLG; i++)
        row->of[i] = (double)NAN;
    return keep(bench, row, error);
}

/* What there is, also after a run that was stopped. */
static gboolean
report(const Bench *bench, GError **error)
{
    g_autoptr(GString) json = g_string_new(NULL);
    g_autofree char *svg = mend_dlg_chart(&bench->table);
    if (!mend_table_write(bench->chart, svg, error))
        return FALSE;
    mend_dlg_table_add_json(json, &bench->table);
    if (bench->request->json ? mend_cli_print("%s\n", json->str)
                             : mend_dlg_table_print(&bench->table))
        return TRUE;
    g_set_error_literal(error, MEND_ERROR, MEND_ERROR_FAILED, "The table was not printed.");
    return FALSE;
}

static gboolean
run_bench(Bench *bench, GError **error)
{
    g_autoptr(MendTextureInfo) texture = mend_texture_choose(bench->request->model, NULL, error);
    if (!texture || !prepare(bench, texture, error))
        return FALSE;
    mend_cli_catch_interrupt();
    each_missing(bench, NULL, &bench->all, NULL);
    bench->start = g_get_monotonic_time();
    g_autoptr(GError) stopped = NULL;
    gboolean whole = each_missing(bench, measure, NULL, &stopped);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    gboolean nothing = !bench->table.rows || bench->table.rows->len == 0;
    gboolean reported = nothing || report(bench, stopped ? NULL : error);
    if (whole)
        return reported;
    g_propagate_error(error, g_steal_pointer(&stopped));
    return FALSE;
}

static MendExit
run(const Request *r)
{
    g_autoptr(GError) error = NULL;
    if (!r->tiles) {
        fprintf(stderr, "mend: Name a folder of held-out textures with --tiles.\n");
        return MEND_EXIT_USAGE;
    }
    Bench bench = {.request = r,
                   .integrators = g_ptr_array_new(),
                   .evaluations = g_array_new(FALSE, FALSE, sizeof(int)),
                   .truth_seed = -1};
    MendExit status = run_bench(&bench, &error) ? MEND_EXIT_OK : mend_cli_fail(error);
    clear_bench(&bench);
    return status;
}

int
mend_cli_dlg(int argc, char **argv)
{
    Request r = {.samples = 2048, .seeds = 3, .side = 64, .length = 32, .similarity = 0.7};
    const GOptionEntry entries[] = {
        {"tiles", 0, 0, G_OPTION_ARG_FILENAME, &r.tiles,
         "Held-out textures: DIR/MATERIAL/FILE, or DIR/FILE for no material", "DIR"},
        {"model", 0, 0, G_OPTION_ARG_FILENAME, &r.model, "A texture model's id or file (auto)",
         "NAME"},
        {"samples", 0, 0, G_OPTION_ARG_INT, &r.samples, "Pictures of each set (2048)", "N"},
        {"seeds", 0, 0, G_OPTION_ARG_INT, &r.seeds, "Sets of each kind, for error bars (3)", "K"},
        {"evaluations", 0, 0, G_OPTION_ARG_STRING, &r.evaluations,
         "Of the network a picture, all counted (10,15,20,30,50,100)", "LIST"},
        {"integrators", 0, 0, G_OPTION_ARG_STRING, &r.integrators, "Integrators (the paper's six)",
         "LIST"},
        {"side", 0, 0, G_OPTION_ARG_INT, &r.side, "Of a picture, pixels (64)", "N"},
        {"torus", 0, 0, G_OPTION_ARG_INT, &r.torus,
         "Side of what is generated, and cut into pictures of that side (the same)", "N"},
        {"length", 0, 0, G_OPTION_ARG_INT, &r.length, "Tori of one chain, at most (32)", "N"},
        {"similarity", 0, 0, G_OPTION_ARG_DOUBLE, &r.similarity,
         "Of a chain's successive pictures (0.7)", "X"},
        {"tone", 0, 0, G_OPTION_ARG_STRING, &r.tone,
         "own: pictures as they are; even: of equal means and contrast (own)", "own|even"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &r.device, "What computes (auto)", "ID"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &r.out, "Where table and drawing go (dlg)",
         "FOLDER"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(
            argc, argv, "--tiles DIR",
            "Measures Denoising MCMC against runs from noise: how far generated textures "
            "are from\nheld-out ones, with each integrator at each number of "
            "evaluations. A chain's beginning\nis counted and spread over its pictures. "
            "FOLDER gets dlg.json and dlg.svg. A run that\nwas stopped goes on from "
            "there.",
            entries, NULL))
        status = run(&r);
    char *texts[] = {r.tiles, r.model, r.integrators, r.evaluations, r.out, r.device, r.tone};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    return status;
}
