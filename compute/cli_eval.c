/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend eval: pictures restored and scored against the truth, PSNR and SSIM on 8-bit values. */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/error.h"
#include "compute/metrics.h"

typedef struct {
    MendOptions options;
    char **folders; /* DIR, NULL-terminated */
    char *out;
    gboolean json;
    gboolean masks; /* DIR/mask is there */
} Request;

enum { INPUT_PSNR, INPUT_SSIM, PSNR, SSIM, INPUT_HOLE, HOLE, SECONDS, N_SCORES };
static const char *const score_names[N_SCORES] = {"input_psnr",      "input_ssim", "psnr",   "ssim",
                                                  "input_hole_psnr", "hole_psnr",  "seconds"};

typedef struct {
    double values[N_SCORES]; /* NaN where there is none */
} Scores;

typedef struct {
    Scores sum, count;
    int n;
    MendRestoreInfo info; /* of the last picture */
} Total;

static void
add_scores(Total *total, const Scores *scores)
{
    total->n++;
    for (int i = 0; i < N_SCORES; i++) {
        if (isfinite(scores->values[i])) {
            total->sum.values[i] += scores->values[i];
            total->count.values[i] += 1;
        }
    }
}

static Scores
mean_of(const Total *total)
{
    Scores mean;
    for (int i = 0; i < N_SCORES; i++)
        mean.values[i] = total->sum.values[i] / total->count.values[i]; /* 0/0: none */
    return mean;
}

static int
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *const suffixes[] = {".png", ".ppm", ".pgm", ".pfm", NULL};

static gboolean
is_picture(const char *name)
{
    const char *end = strrchr(name, '.');
    g_autofree char *suffix = g_ascii_strdown(end ? end : "", -1);
    return g_strv_contains(suffixes, suffix);
}

/* Names of the pictures in DIR/kind, sorted. NULL where it cannot be read. */
static GPtrArray *
list_pictures(const char *dir, const char *kind, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, kind, NULL);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) entries = g_dir_open(folder, 0, &reason);
    if (!entries) {
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_IMAGE, reason->message);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(entries))) {
        if (is_picture(name))
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare);
    return names;
}

/* DIR/kind/NAME, or the file there that differs from it only by extension. NULL where none is. */
static char *
partner(const char *dir, const char *kind, const char *name)
{
    g_autofree char *stem = g_strndup(name, (gsize)(strrchr(name, '.') - name));
    for (int i = -1; i < 0 || suffixes[i]; i++) {
        g_autofree char *file = i < 0 ? g_strdup(name) : g_strconcat(stem, suffixes[i], NULL);
        g_autofree char *path = g_build_filename(dir, kind, file, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&path);
    }
    return NULL;
}

static void
score(const MendPicture *picture, MendTensor truth, MendTensor hole, double *psnr, double *ssim,
      double *hole_psnr)
{
    g_auto(MendTensor) rgb = mend_picture_rgb(picture, NULL);
    *psnr = rgb.data ? mend_psnr(rgb, truth, (MendTensor){0}) : (double)NAN;
    *ssim = rgb.data ? mend_ssim(rgb, truth) : (double)NAN;
    *hole_psnr = rgb.data && hole.data ? mend_psnr(rgb, truth, hole) : (double)NAN;
}

static gboolean
read_truth(const char *dir, const char *name, const MendPicture *picture, MendTensor *truth,
           GError **error)
{
    g_auto(MendPicture) gt = {0};
    g_autofree char *path = partner(dir, "gt", name);
    if (!path) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "%s/gt has no picture for %s.", dir, name);
        return FALSE;
    }
    if (!mend_picture_read(path, &gt, error))
        return FALSE;
    MendShape a = gt.pixels.shape, b = picture->pixels.shape;
    if (a.w != b.w || a.h != b.h) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "%s has %d × %d pixels, but its truth %d × %d.", name, b.w, b.h, a.w, a.h);
        return FALSE;
    }
    *truth = mend_picture_rgb(&gt, error);
    return truth->data != NULL;
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
eval_one(const Request *r, const char *name, Scores *scores, MendRestoreInfo *info, GError **error)
{
    const char *dir = r->folders[0];
    g_autofree char *path = g_build_filename(dir, "lq", name, NULL);
    g_autofree char *mask_path = r->masks ? partner(dir, "mask", name) : NULL;
    g_auto(MendPicture) picture = {0};
    g_auto(MendTensor) truth = {0};
    g_auto(MendTensor) hole = {0};
    if (!mend_picture_read(path, &picture, error) ||
        !read_truth(dir, name, &picture, &truth, error))
        return FALSE;
    if (mask_path) {
        hole = mend_cli_read_mask(mask_path, picture.pixels.shape, error);
        if (!hole.data)
            return FALSE;
    }
    double *v = scores->values;
    score(&picture, truth, hole, &v[INPUT_PSNR], &v[INPUT_SSIM], &v[INPUT_HOLE]);
    if (!mend_cli_run(&picture, hole, &r->options, name, info, error))
        return FALSE;
    score(&picture, truth, hole, &v[PSNR], &v[SSIM], &v[HOLE]);
    v[SECONDS] = info->seconds;
    return keep_result(r, name, &picture, error);
}

static gboolean
print_row(const Request *r, const char *name, const Scores *scores)
{
    const double *v = scores->values;
    gboolean good = mend_cli_print("%-20.20s %9.4f %8.5f %9.4f %8.5f", name, v[INPUT_PSNR],
                                   v[INPUT_SSIM], v[PSNR], v[SSIM]);
    if (good && r->masks)
        good = mend_cli_print(" %9.4f %9.4f", v[INPUT_HOLE], v[HOLE]);
    return good && mend_cli_print(" %8.2f\n", v[SECONDS]);
}

static gboolean
print_head(const Request *r)
{
    return mend_cli_print("%-20s %9s %8s %9s %8s%s %8s\n", "picture", "PSNR in", "SSIM in", "PSNR",
                          "SSIM", r->masks ? "   hole in      hole" : "", "seconds");
}

static void
add_row(GString *json, const char *name, const Scores *scores)
{
    mend_json_open(json, name, '{');
    for (int i = 0; i < N_SCORES; i++)
        mend_json_add_number(json, score_names[i], scores->values[i]);
    g_string_append_c(json, '}');
}

static gboolean
print_summary(const Request *r, const Total *total, GString *images)
{
    Scores mean = mean_of(total);
    if (!r->json)
        return total->n == 0 ||
               (print_row(r, "mean", &mean) &&
                mend_cli_print("%s, %s, %d steps, on %s\n", total->info.model, total->info.sampler,
                               total->info.steps, total->info.device));
    g_autoptr(GString) out = g_string_new("{");
    mend_json_add_text(out, "task", r->options.task);
    mend_cli_add_info(out, &total->info);
    mend_json_add_number(out, "count", total->n);
    add_row(out, "mean", &mean);
    return mend_cli_print("%s, \"images\": %s}}\n", out->str, images->str);
}

static MendExit
eval_all(const Request *r, const GPtrArray *names)
{
    g_autoptr(GString) images = g_string_new("{");
    Total total = {0};
    MendExit status = MEND_EXIT_OK;
    if (!r->json && !print_head(r))
        return MEND_EXIT_FAILED;
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autoptr(GError) error = NULL;
        Scores scores;
        if (!eval_one(r, name, &scores, &total.info, &error)) {
            status = mend_cli_fail(error);
            if (!mend_error_is(error, MEND_ERROR_IMAGE))
                break;
            continue;
        }
        add_scores(&total, &scores);
        add_row(images, name, &scores);
        if (!r->json && !print_row(r, name, &scores))
            return MEND_EXIT_FAILED;
    }
    if (!print_summary(r, &total, images))
        return MEND_EXIT_FAILED;
    return total.n && status == MEND_EXIT_FAILED ? MEND_EXIT_SOME : status;
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
    g_autoptr(GPtrArray) names = list_pictures(r->folders[0], "lq", &error);
    if (names && names->len == 0)
        g_set_error(&error, MEND_ERROR, MEND_ERROR_IMAGE, "%s/lq has no pictures.", r->folders[0]);
    if (!error && r->out && g_mkdir_with_parents(r->out, 0777) != 0)
        g_set_error(&error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot make the folder %s: %s.", r->out,
                    g_strerror(errno));
    if (error || !names)
        return mend_cli_fail(error);
    g_autofree char *masks = g_build_filename(r->folders[0], "mask", NULL);
    r->masks = g_file_test(masks, G_FILE_TEST_IS_DIR);
    mend_cli_catch_interrupt();
    return eval_all(r, names);
}

int
mend_cli_eval(int argc, char **argv)
{
    Request r = {0};
    const GOptionEntry entries[] = {
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &r.out, "Keep the results in this folder", "FOLDER"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &r.json, "Report as JSON on standard output", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &r.folders, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    MendExit status = MEND_EXIT_USAGE;
    if (mend_cli_parse(argc, argv, "DIR",
                       "Restores DIR/lq, compares with DIR/gt. With DIR/mask only what is white\n"
                       "there is restored, and scored for itself too (hole).",
                       entries, &r.options))
        status = run(&r);
    g_strfreev(r.folders);
    g_free(r.out);
    return status;
}
