/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend bench nfe: what a network evaluation more is worth, for each task and sampler. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/cli.h"
#include "compute/cli_nfe.h"
#include "compute/cli_table.h"
#include "compute/error.h"
#include "compute/model.h"

typedef struct {
    char **folders, **tasks; /* DIR; the tasks wanted, or NULL: all that are there */
    char *samplers, *steps, *grid, *out, *model, *device;
    int crop, pictures, seed;
    gboolean json;
} Request;

/* One task: what is to be measured, and what has been. */
typedef struct {
    char *dir, *path, *chart; /* of the pictures, the table's file, its drawing */
    MendPairFolder folder;
    GPtrArray *names;
    MendNfeTable *table;
} Job;

typedef struct {
    const Request *request;
    GPtrArray *jobs;
    GPtrArray *samplers; /* const MendSampler */
    GArray *steps;       /* int, ascending */
    gint64 start;
    double done, all; /* evaluations of pictures, of those that were missing at the start */
} Bench;

static void
free_job(gpointer data)
{
    Job *job = data;
    g_free(job->dir);
    g_free(job->path);
    g_free(job->chart);
    g_clear_pointer(&job->names, g_ptr_array_unref);
    mend_nfe_table_free(job->table);
    g_free(job);
}

static gconstpointer
find_sampler(const char *name)
{
    return mend_sampler_find(name);
}

static gboolean
parse_samplers(const char *text, GPtrArray *samplers, GError **error)
{
    static const char all[] =
        "posterior,euler-sde,euler-ode,mr-ode-1,mr-ode-2,mr-ode-3,mr-sde-1,mr-sde-2";
    return mend_cli_rows("samplers", text ? text : all, find_sampler,
                         "different names, such as “posterior,mr-ode-2”", samplers, error);
}

static char *
file_in(const Request *r, const char *task, const char *suffix)
{
    g_autofree char *name = g_strconcat(task, suffix, NULL);
    return g_build_filename(r->out ? r->out : "nfe", name, NULL);
}

/* The scores of the damaged pictures, so a row says what it gained. Reads all of them: a broken
 * one is found before the hours of work. */
static gboolean
measure_input(Job *job, GError **error)
{
    MendScoreSum sum = {0};
    for (guint i = 0; i < job->names->len; i++) {
        g_auto(MendPair) pair = {0};
        if (!mend_pair_read(&job->folder, job->names->pdata[i], &pair, error))
            return FALSE;
        MendScores scores = mend_pair_score(&pair);
        mend_scores_add(&sum, &scores);
    }
    job->table->input = mend_scores_mean(&sum);
    return TRUE;
}

static gboolean
prepare(const Request *r, const MendTask *task, const MendModelInfo *model, Job *job,
        GError **error)
{
    job->dir = g_build_filename(r->folders[0], task->id, NULL);
    job->path = file_in(r, task->id, ".json");
    job->chart = file_in(r, task->id, ".svg");
    job->folder = (MendPairFolder){.dir = job->dir, .task = task->id, .crop = r->crop};
    job->names = mend_pair_names(&job->folder, error);
    g_autofree char *sum = job->names ? mend_cli_checksum(model->path, error) : NULL;
    if (!sum)
        return FALSE;
    if (r->pictures > 0 && (guint)r->pictures < job->names->len)
        g_ptr_array_set_size(job->names, r->pictures);
    job->table = mend_nfe_table_new(task->id, model->id, sum,
                                    r->grid ? r->grid : mend_grid_names[model->grid]);
    job->table->crop = r->crop;
    job->table->seed = r->seed;
    job->table->n_pictures = (int)job->names->len;
    return mend_nfe_table_resume(job->table, job->path, error) && measure_input(job, error);
}

/* A task that was named must be there, and have a model; of the others those that do. */
static gboolean
add_job(Bench *bench, const MendTask *task, gboolean named, GError **error)
{
    const Request *r = bench->request;
    g_autoptr(GError) reason = NULL;
    g_autofree char *lq = g_build_filename(r->folders[0], task->id, "lq", NULL);
    if (!named && !g_file_test(lq, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_autoptr(MendModelInfo) model = mend_model_choose(task->id, r->model, &reason);
    if (!model && named) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (!model) {
        fprintf(stderr, "mend: %s is left out: %s\n", task->id, reason->message);
        return TRUE;
    }
    Job *job = g_new0(Job, 1);
    g_ptr_array_add(bench->jobs, job);
    return prepare(r, task, model, job, error);
}

static gboolean
add_jobs(Bench *bench, GError **error)
{
    char **tasks = bench->request->tasks;
    for (char **name = tasks; name && *name; name++) {
        const MendTask *task = mend_task_find(*name);
        if (!task)
            return mend_cli_refuse(error, "task", *name, "the name of a task, such as “noise”");
        if (!add_job(bench, task, TRUE, error))
            return FALSE;
    }
    for (const MendTask *task = mend_tasks; !tasks && task->id; task++) {
        if (!add_job(bench, task, FALSE, error))
            return FALSE;
    }
    if (bench->jobs->len == 0)
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "%s has no folder of a task that a model offers: TASK/lq and TASK/gt are "
                    "expected there.",
                    bench->request->folders[0]);
    return bench->jobs->len > 0;
}

static gboolean
wanted(const Job *job, const MendSampler *sampler, int steps)
{
    return steps >= sampler->order && !mend_nfe_table_find(job->table, sampler->name, steps);
}

/* Evaluations of pictures that are missing. */
static double
count_missing(const Bench *bench)
{
    double n = 0;
    for (guint i = 0; i < bench->jobs->len; i++) {
        const Job *job = bench->jobs->pdata[i];
        for (guint s = 0; s < bench->samplers->len; s++) {
            for (guint k = 0; k < bench->steps->len; k++) {
                int steps = g_array_index(bench->steps, int, k);
                if (wanted(job, bench->samplers->pdata[s], steps))
                    n += (double)steps * job->names->len;
            }
        }
    }
    return n;
}

static void
show(const Bench *bench, const Job *job, const MendSampler *sampler, int steps, guint picture)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K%s %s, %d steps, picture %u of %u: %.0f %% of all", job->table->task,
            sampler->name, steps, picture + 1, job->names->len, 100 * bench->done / bench->all);
    double seconds = (double)(g_get_monotonic_time() - bench->start) * 1e-6;
    if (bench->done > 0)
        fprintf(stderr, ", %.0f min left",
                ceil(seconds / 60 * (bench->all - bench->done) / bench->done));
}

static gboolean
restore_one(const Bench *bench, const Job *job, const MendNfeRow *row, const char *name,
            MendScores *scores, double *seconds, GError **error)
{
    const Request *r = bench->request;
    g_auto(MendPair) pair = {0};
    MendOptions options;
    MendRestoreInfo info;
    mend_options_init(&options);
    g_strlcpy(options.task, job->table->task, sizeof options.task);
    g_strlcpy(options.sampler, row->sampler->name, sizeof options.sampler);
    g_strlcpy(options.grid, job->table->grid, sizeof options.grid);
    options.steps = row->steps;
    options.seed = r->seed;
    if ((r->model && !mend_options_set(&options, "model", r->model, error)) ||
        (r->device && !mend_options_set(&options, "device", r->device, error)) ||
        !mend_pair_read(&job->folder, name, &pair, error) ||
        !mend_cli_run(&pair.picture, pair.mask, &options, NULL, NULL, &info, error))
        return FALSE;
    *scores = mend_pair_score(&pair);
    *seconds = info.seconds;
    return TRUE;
}

/* A run that fails in its numbers is a result too: its row has no scores. */
static gboolean
measure(Bench *bench, const Job *job, MendNfeRow *row, GError **error)
{
    MendScoreSum sum = {0};
    for (guint i = 0; i < job->names->len; i++) {
        g_autoptr(GError) reason = NULL;
        MendScores scores;
        double seconds = 0;
        show(bench, job, row->sampler, row->steps, i);
        if (!restore_one(bench, job, row, job->names->pdata[i], &scores, &seconds, &reason)) {
            if (!mend_error_is(reason, MEND_ERROR_FAILED)) {
                g_propagate_error(error, g_steal_pointer(&reason));
                return FALSE;
            }
            fprintf(stderr, "mend: %s\n", reason->message);
            sum = (MendScoreSum){0};
            bench->done += (double)row->steps * (job->names->len - i);
            break;
        }
        mend_scores_add(&sum, &scores);
        row->seconds += seconds / job->names->len;
        bench->done += row->steps;
    }
    row->scores = mend_scores_mean(&sum);
    return TRUE;
}

/* Few evaluations first: what is dear comes last, and a stopped run has a table of all samplers. */
static gboolean
run_job(Bench *bench, Job *job, GError **error)
{
    for (guint k = 0; k < bench->steps->len; k++) {
        for (guint s = 0; s < bench->samplers->len; s++) {
            int steps = g_array_index(bench->steps, int, k);
            MendNfeRow row = {.sampler = bench->samplers->pdata[s], .steps = steps};
            if (!wanted(job, row.sampler, steps))
                continue;
            if (!measure(bench, job, &row, error))
                return FALSE;
            mend_nfe_table_add(job->table, &row);
            if (!mend_nfe_table_write(job->table, job->path, error))
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean
draw(const Job *job, GError **error)
{
    g_autofree char *svg = mend_nfe_chart(job->table);
    return mend_table_write(job->chart, svg, error);
}

/* What there is of each table, also after a run that was stopped. */
static gboolean
report(const Bench *bench, GError **error)
{
    g_autoptr(GString) json = g_string_new("{");
    gboolean good = TRUE;
    mend_json_open(json, "tasks", '[');
    for (guint i = 0; i < bench->jobs->len && good; i++) {
        const Job *job = bench->jobs->pdata[i];
        if (job->table->rows->len == 0)
            continue;
        mend_nfe_table_add_json(json, job->table);
        if (!draw(job, error))
            return FALSE;
        if (!bench->request->json)
            good = mend_nfe_table_print(job->table) &&
                   mend_cli_print("%s, %s\n\n", job->path, job->chart);
    }
    if (bench->request->json)
        good = mend_cli_print("%s]}\n", json->str);
    if (!good)
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_FAILED, "The table was not printed.");
    return good;
}

static gboolean
run_bench(Bench *bench, GError **error)
{
    const Request *r = bench->request;
    const char *out = r->out ? r->out : "nfe";
    MendGrid grid;
    if (r->grid && !mend_grid_find(r->grid, &grid))
        return mend_cli_refuse(error, "grid", r->grid, "the name of a grid, such as “linspace”");
    if (!parse_samplers(r->samplers, bench->samplers, error) ||
        !mend_cli_numbers("steps", r->steps ? r->steps : "1,2,3,5,10,20,50,100", bench->steps,
                          error) ||
        !add_jobs(bench, error) || !mend_cli_make_folder(out, error))
        return FALSE;
    mend_cli_catch_interrupt();
    bench->all = count_missing(bench);
    bench->start = g_get_monotonic_time();
    g_autoptr(GError) stopped = NULL;
    for (guint i = 0; i < bench->jobs->len && !stopped; i++)
        run_job(bench, bench->jobs->pdata[i], &stopped);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    gboolean reported = report(bench, stopped ? NULL : error);
    if (!stopped)
        return reported;
    g_propagate_error(error, g_steal_pointer(&stopped));
    return FALSE;
}

static MendExit
run(const Request *r)
{
    g_autoptr(GError) error = NULL;
    if (!r->folders || !r->folders[0] || r->folders[1] || r->crop < 0 || r->pictures < 0 ||
        r->seed < 0) {
        fprintf(stderr, "mend: Name one folder that has TASK/lq and TASK/gt in it; numbers are not "
                        "below 0.\n");
        return MEND_EXIT_USAGE;
    }
    Bench bench = {.request = r,
                   .jobs = g_ptr_array_new_with_free_func(free_job),
                   .samplers = g_ptr_array_new(),
                   .steps = g_array_new(FALSE, FALSE, sizeof(int))};
    MendExit status = run_bench(&bench, &error) ? MEND_EXIT_OK : mend_cli_fail(error);
    g_ptr_array_unref(bench.jobs);
    g_ptr_array_unref(bench.samplers);
    g_array_unref(bench.steps);
    return status;
}

int
mend_cli_nfe(int argc, char **argv)
{
    Request r = {0};
    const GOptionEntry entries[] = {
        {"task", 0, 0, G_OPTION_ARG_STRING_ARRAY, &r.tasks, "A task (again for more); else all",
         "TASK"},
        {"steps", 0, 0, G_OPTION_ARG_STRING, &r.steps, "Evaluations (1,2,3,5,10,20,50,100)",
         "LIST"},
        {"samplers", 0, 0, G_OPTION_ARG_STRING, &r.samplers, "Samplers (all)", "LIST"},
        {"grid", 0, 0, G_OPTION_ARG_STRING, &r.grid, "Time grid of all (the model's)", "NAME"},
        {"crop", 0, 0, G_OPTION_ARG_INT, &r.crop, "Only the N x N pixels in the middle", "N"},
        {"pictures", 0, 0, G_OPTION_ARG_INT, &r.pictures, "Only the first N of each task", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT, &r.seed, "Start of the random numbers (0)", "N"},
        {"model", 0, 0, G_OPTION_ARG_FILENAME, &r.model, "A model's id or file (auto)", "NAME"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &r.device, "What computes (auto)", "ID"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &r.out, "Where tables and drawings go (nfe)",
         "FOLDER"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r.folders, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(argc, argv, "DIR",
                       "Measures quality against network evaluations: restores DIR/TASK/lq with\n"
                       "each sampler at each number of evaluations and scores it against\n"
                       "DIR/TASK/gt. FOLDER gets TASK.json and TASK.svg. A run that was stopped\n"
                       "goes on from there.",
                       entries, NULL))
        status = run(&r);
    g_strfreev(r.folders);
    g_strfreev(r.tasks);
    char *texts[] = {r.samplers, r.steps, r.grid, r.out, r.model, r.device};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    return status;
}
