/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend eval: pictures restored and scored against the truth, on 8-bit values. */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/cli_pairs.h"
#include "compute/error.h"

typedef struct {
    MendOptions options;
    MendPairFolder folder;
    char **folders; /* DIR, NULL-terminated */
    char *out;
    int worst;
    gboolean json;
} Request;

/* What was made of one picture. */
typedef struct {
    char *name;
    MendScores before, after;
    double seconds;
} Result;

typedef struct {
    GPtrArray *results;   /* Result */
    MendRestoreInfo info; /* of the last picture */
} Results;

static void
free_result(gpointer data)
{
    g_free(((Result *)data)->name);
    g_free(data);
}

/* The means; as a result its name is "mean". */
static Result
mean_of(const GPtrArray *results)
{
    static char name[] = "mean";
    MendScoreSum before = {0}, after = {0};
    double seconds = 0;
    for (guint i = 0; i < results->len; i++) {
        const Result *result = results->pdata[i];
        mend_scores_add(&before, &result->before);
        mend_scores_add(&after, &result->after);
        seconds += result->seconds;
    }
    return (Result){name, mend_scores_mean(&before), mend_scores_mean(&after),
                    seconds / results->len};
}

static gboolean
keep_result(const Request *r, const char *name, const MendPicture *picture, GError **error)
{
    if (!r->out)
        return TRUE;
    g_autofree char *path = g_build_filename(r->out, name, NULL);
    return mend_picture_write(path, picture, error);
}

static gboolean
eval_one(const Request *r, const char *name, Result *result, MendRestoreInfo *info, GError **error)
{
    g_auto(MendPair) pair = {0};
    if (!mend_pair_read(&r->folder, name, &pair, error))
        return FALSE;
    result->before = mend_pair_score(&pair);
    if (!mend_cli_run(&pair.picture, pair.mask, &r->options, name, NULL, info, error))
        return FALSE;
    result->after = mend_pair_score(&pair);
    result->seconds = info->seconds;
    return keep_result(r, name, &pair.picture, error);
}

static const struct {
    MendScore score;
    const char *head;
    int width, digits;
} columns[] = {
    {MEND_SCORE_PSNR, "PSNR", 9, 4},          {MEND_SCORE_SSIM, "SSIM", 8, 5},
    {MEND_SCORE_GMSD, "GMSD", 8, 5},          {MEND_SCORE_SHARP, "sharp", 8, 4},
    {MEND_SCORE_HOLE, "hole", 9, 4},          {MEND_SCORE_SEAM, "seam", 8, 3},
    {MEND_SCORE_TRUE_SEAM, "truth's", 8, 3},  {MEND_SCORE_EDGE, "edge", 8, 3},
    {MEND_SCORE_SAME_LUMA, "GT-mean", 10, 4},
};

/* Whether the table shows a column; JSON has all. */
static gboolean
applies(const Request *r, MendScore score)
{
    if (score >= MEND_SCORE_HOLE && score <= MEND_SCORE_EDGE)
        return !r->folder.harm &&
               (mend_pair_masks(&r->folder) || strcmp(r->options.task, "inpainting") == 0);
    return score != MEND_SCORE_SAME_LUMA || strcmp(r->options.task, "low-light") == 0;
}

/* Whether a column has one for the damaged picture: a hole's edge has none that says anything. */
static gboolean
has_input(const Request *r, MendScore score)
{
    return !r->folder.harm && score != MEND_SCORE_TRUE_SEAM && score != MEND_SCORE_EDGE;
}

/* Column i of a row; a score that is not defined (the seam of a hole painted white) is a dash. */
static void
append_score(GString *line, size_t i, const MendScores *scores)
{
    double value = scores->of[columns[i].score];
    if (isnan(value))
        g_string_append_printf(line, " %*s", columns[i].width, "-");
    else
        g_string_append_printf(line, " %*.*f", columns[i].width, columns[i].digits, value);
}

static gboolean
print_row(const Request *r, const Result *result)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%-20.20s", result->name);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (!applies(r, columns[i].score))
            continue;
        if (has_input(r, columns[i].score))
            append_score(line, i, &result->before);
        append_score(line, i, &result->after);
    }
    return mend_cli_print("%s %8.2f\n", line->str, result->seconds);
}

static gboolean
print_head(const Request *r)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%-20s", "picture");
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        int width = columns[i].width;
        if (!applies(r, columns[i].score))
            continue;
        if (has_input(r, columns[i].score))
            g_string_append_printf(line, " %*s in", width - 3, columns[i].head);
        g_string_append_printf(line, " %*s", width, columns[i].head);
    }
    return mend_cli_print("%s %8s\n", line->str, "seconds");
}

static double
gain(const Result *result)
{
    return result->after.of[MEND_SCORE_PSNR] - result->before.of[MEND_SCORE_PSNR];
}

static int
by_gain(gconstpointer a, gconstpointer b)
{
    double x = gain(*(Result *const *)a), y = gain(*(Result *const *)b);
    return (x > y) - (x < y);
}

/* The n results that lost most, worst first. Borrowed elements. */
static GPtrArray *
worst_of(const GPtrArray *results, int n)
{
    GPtrArray *worst = g_ptr_array_new();
    for (guint i = 0; i < results->len; i++)
        g_ptr_array_add(worst, results->pdata[i]);
    g_ptr_array_sort(worst, by_gain);
    g_ptr_array_set_size(worst, CLAMP(n, 0, (int)worst->len));
    return worst;
}

/* The PSNR against itself that a clean picture must keep for nothing visible to be lost; 0: tasks
 * that have no such rule, for they change what is clean too. */
static double
harm_limit(const char *task)
{
    static const struct {
        const char *task;
        double limit;
    } limits[] = {{"noise", 38}, {"jpeg", 38}, {"haze", 32},
                  {"rain", 32},  {"snow", 32}, {"raindrop", 32}};
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (strcmp(limits[i].task, task) == 0)
            return limits[i].limit;
    }
    return 0;
}

static int
count_harmed(const Request *r, const GPtrArray *results)
{
    int n = 0;
    for (guint i = 0; i < results->len; i++)
        n += ((Result *)results->pdata[i])->after.of[MEND_SCORE_PSNR] < harm_limit(r->options.task);
    return n;
}

static gboolean
print_notes(const Request *r, const Results *all)
{
    gboolean good = TRUE;
    g_autoptr(GPtrArray) worst = worst_of(all->results, r->worst);
    for (guint i = 0; i < worst->len && good; i++) {
        const Result *result = worst->pdata[i];
        good = mend_cli_print("worst %u: %s, %+.2f dB (%.2f to %.2f)\n", i + 1, result->name,
                              gain(result), result->before.of[MEND_SCORE_PSNR],
                              result->after.of[MEND_SCORE_PSNR]);
    }
    double limit = r->folder.harm ? harm_limit(r->options.task) : 0;
    if (good && limit > 0) {
        int n = count_harmed(r, all->results);
        good = mend_cli_print("clean pictures: %d of %u keep %.0f dB against themselves: %s\n",
                              (int)all->results->len - n, all->results->len, limit,
                              n ? "some lose what may be seen" : "nothing visible is lost");
    }
    return good &&
           mend_cli_print("%s, %s, %d steps%s, on %s\n", all->info.model, all->info.sampler,
                          all->info.steps, all->info.mirror ? ", mirrored" : "", all->info.device);
}

static void
add_result(GString *json, const Result *result)
{
    mend_json_open(json, result->name, '{');
    mend_scores_add_json(json, "input_", &result->before);
    mend_scores_add_json(json, "", &result->after);
    mend_json_add_number(json, "seconds", result->seconds);
    g_string_append_c(json, '}');
}

static gboolean
print_json(const Request *r, const Results *all, const Result *mean)
{
    g_autoptr(GString) out = g_string_new("{");
    g_autoptr(GPtrArray) worst = worst_of(all->results, r->worst);
    mend_json_add_text(out, "task", r->options.task);
    mend_cli_add_info(out, &all->info);
    mend_json_add_number(out, "count", all->results->len);
    mend_json_add_flag(out, "harm", r->folder.harm);
    if (r->folder.harm && harm_limit(r->options.task) > 0) {
        mend_json_add_number(out, "harm_limit", harm_limit(r->options.task));
        mend_json_add_number(out, "harmed", count_harmed(r, all->results));
    }
    mend_json_open(out, "worst", '[');
    for (guint i = 0; i < worst->len; i++)
        mend_json_add_text(out, NULL, ((Result *)worst->pdata[i])->name);
    g_string_append_c(out, ']');
    add_result(out, mean);
    mend_json_open(out, "images", '{');
    for (guint i = 0; i < all->results->len; i++)
        add_result(out, all->results->pdata[i]);
    return mend_cli_print("%s}}\n", out->str);
}

static gboolean
print_summary(const Request *r, const Results *all)
{
    Result mean = mean_of(all->results);
    if (r->json)
        return print_json(r, all, &mean);
    return all->results->len == 0 || (print_row(r, &mean) && print_notes(r, all));
}

static MendExit
eval_names(const Request *r, const GPtrArray *names, Results *all)
{
    MendExit status = MEND_EXIT_OK;
    if (!r->json && !print_head(r))
        return MEND_EXIT_FAILED;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autoptr(GError) error = NULL;
        Result result = {0};
        if (!eval_one(r, name, &result, &all->info, &error)) {
            status = mend_cli_fail(error);
            if (!mend_error_is(error, MEND_ERROR_IMAGE))
                break;
            continue;
        }
        result.name = g_strdup(name);
        g_ptr_array_add(all->results, g_memdup2(&result, sizeof result));
        if (!r->json && !print_row(r, &result))
            return MEND_EXIT_FAILED;
    }
    if (!print_summary(r, all))
        return MEND_EXIT_FAILED;
    return all->results->len && status == MEND_EXIT_FAILED ? MEND_EXIT_SOME : status;
}

/* Results must not take the place of what they are compared with. */
static gboolean
check_out(const Request *r, GError **error)
{
    static const char *const parts[] = {"lq", "gt", "mask"};
    if (!r->out)
        return TRUE;
    if (g_mkdir_with_parents(r->out, 0777) != 0) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot make the folder %s: %s.", r->out,
                    g_strerror(errno));
        return FALSE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *part = g_build_filename(r->folder.dir, parts[i], NULL);
        if (mend_cli_same_file(part, r->out)) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                        "The pictures in %s would be overwritten. Name another folder.", part);
            return FALSE;
        }
    }
    return TRUE;
}

static MendExit
run(Request *r)
{
    g_autoptr(GError) error = NULL;
    if (!r->folders || !r->folders[0] || r->folders[1]) {
        fprintf(stderr, "mend: Name one folder that has lq and gt in it.\n");
        return MEND_EXIT_USAGE;
    }
    if (!mend_options_check(&r->options, &error))
        return mend_cli_fail(error);
    r->folder.dir = r->folders[0];
    r->folder.task = r->options.task;
    g_autoptr(GPtrArray) names = mend_pair_names(&r->folder, &error);
    if (!names || !check_out(r, &error))
        return mend_cli_fail(error);
    mend_cli_catch_interrupt();
    Results all = {.results = g_ptr_array_new_with_free_func(free_result)};
    MendExit status = eval_names(r, names, &all);
    g_ptr_array_unref(all.results);
    return status;
}

int
mend_cli_eval(int argc, char **argv)
{
    Request r = {0};
    const GOptionEntry entries[] = {
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &r.out, "Keep the results in this folder", "FOLDER"},
        {"harm", 0, 0, G_OPTION_ARG_NONE, &r.folder.harm,
         "Restore DIR/gt itself: what does a clean picture lose?", NULL},
        {"worst", 0, 0, G_OPTION_ARG_INT, &r.worst, "Name the N pictures that lost most", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r.folders, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(
            argc, argv, "DIR",
            "Restores DIR/lq, compares with DIR/gt. With DIR/mask only what is white\n"
            "there is restored, and scored for itself too (hole). GMSD: lower is\n"
            "better; sharp: high frequencies, 1 is as sharp as the truth; seam: steps\n"
            "across the hole's edge, 1 is as inside, beside the truth's own; edge: these\n"
            "steps over the truth's, without the inside; GT-mean: PSNR at the truth's\n"
            "mean brightness.",
            entries, &r.options))
        status = run(&r);
    g_strfreev(r.folders);
    g_free(r.out);
    return status;
}
