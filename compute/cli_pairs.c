/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of pictures: finding, reading, cropping, scoring. */
#include "compute/cli_pairs.h"

#include <math.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/error.h"
#include "compute/metrics.h"

const char *const mend_score_names[MEND_N_SCORES] = {
    "psnr", "ssim", "gmsd", "sharp", "hole_psnr", "seam", "true_seam", "edge", "gtmean_psnr"};

static gboolean
is_ratio(int score)
{
    return score == MEND_SCORE_SHARP || score == MEND_SCORE_SEAM || score == MEND_SCORE_TRUE_SEAM ||
           score == MEND_SCORE_EDGE;
}

void
mend_scores_add(MendScoreSum *sum, const MendScores *scores)
{
    for (int i = 0; i < MEND_N_SCORES; i++) {
        double value = scores->of[i];
        if (!isfinite(value))
            continue;
        sum->sum.of[i] += is_ratio(i) ? log(MAX(value, 1e-9)) : value;
        sum->count.of[i] += 1;
    }
}

MendScores
mend_scores_mean(const MendScoreSum *sum)
{
    MendScores mean;
    for (int i = 0; i < MEND_N_SCORES; i++) {
        mean.of[i] = sum->sum.of[i] / sum->count.of[i]; /* 0/0: none */
        if (is_ratio(i))
            mean.of[i] = exp(mean.of[i]);
    }
    return mean;
}

void
mend_scores_add_json(GString *out, const char *prefix, const MendScores *scores)
{
    for (int i = 0; i < MEND_N_SCORES; i++) {
        g_autofree char *key = g_strconcat(prefix, mend_score_names[i], NULL);
        mend_json_add_number(out, key, scores->of[i]);
    }
}

static int
compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *const suffixes[] = {".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".pfm", NULL};

static gboolean
is_picture(const char *name)
{
    const char *end = strrchr(name, '.');
    g_autofree char *suffix = g_ascii_strdown(end ? end : "", -1);
    return g_strv_contains(suffixes, suffix);
}

GPtrArray *
mend_picture_names(const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) entries = g_dir_open(path, 0, &reason);
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

GPtrArray *
mend_pair_names(const MendPairFolder *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder->dir, folder->harm ? "gt" : "lq", NULL);
    g_autoptr(GPtrArray) names = mend_picture_names(path, error);
    if (names && names->len == 0)
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "%s has no pictures.", path);
    return names && names->len ? g_steal_pointer(&names) : NULL;
}

gboolean
mend_pair_masks(const MendPairFolder *folder)
{
    g_autofree char *path = g_build_filename(folder->dir, "mask", NULL);
    return !folder->harm && g_file_test(path, G_FILE_TEST_IS_DIR);
}

char *
mend_picture_partner(const char *folder, const char *name)
{
    const char *end = strrchr(name, '.');
    g_autofree char *stem = g_strndup(name, end ? (gsize)(end - name) : strlen(name));
    for (int i = -1; i < 0 || suffixes[i]; i++) {
        g_autofree char *file = i < 0 ? g_strdup(name) : g_strconcat(stem, suffixes[i], NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&path);
    }
    return NULL;
}

static gboolean
read_truth(const char *dir, const char *name, MendPair *pair, GError **error)
{
    g_auto(MendPicture) gt = {0};
    g_autofree char *folder = g_build_filename(dir, "gt", NULL);
    g_autofree char *path = mend_picture_partner(folder, name);
    if (!path) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "%s/gt has no picture for %s.", dir, name);
        return FALSE;
    }
    if (!mend_picture_read(path, &gt, error))
        return FALSE;
    MendShape a = gt.pixels.shape, b = pair->picture.pixels.shape;
    if (a.w != b.w || a.h != b.h) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "%s has %d × %d pixels, but its truth %d × %d.", name, b.w, b.h, a.w, a.h);
        return FALSE;
    }
    pair->truth = mend_picture_rgb(&gt, error);
    return pair->truth.data != NULL;
}

/* The middle of a tensor, moved to its start: the memory stays. */
static void
crop(MendTensor *tensor, int side)
{
    MendShape from = tensor->shape, to = {from.c, MIN(from.h, side), MIN(from.w, side)};
    int x0 = (from.w - to.w) / 2, y0 = (from.h - to.h) / 2;
    float *out = tensor->data;
    for (int c = 0; out && c < to.c; c++) {
        const float *plane = mend_tensor_plane(*tensor, c).data;
        for (int y = 0; y < to.h; y++, out += to.w)
            memmove(out, plane + (size_t)(y0 + y) * (size_t)from.w + (size_t)x0,
                    (size_t)to.w * sizeof *out);
    }
    tensor->shape = to;
}

/* What HOLE is scored in: the mask, else what was painted over. */
static gboolean
find_hole(MendPair *pair, GError **error)
{
    MendShape shape = {1, pair->truth.shape.h, pair->truth.shape.w};
    pair->hole = mend_tensor_new(shape, error);
    if (!pair->hole.data)
        return FALSE;
    if (pair->mask.data) {
        memcpy(pair->hole.data, pair->mask.data, mend_shape_count(shape) * sizeof(float));
        return TRUE;
    }
    g_auto(MendTensor) degraded = mend_picture_rgb(&pair->picture, error);
    if (degraded.data)
        mend_find_hole(degraded, pair->truth, pair->hole);
    return degraded.data != NULL;
}

gboolean
mend_pair_read(const MendPairFolder *folder, const char *name, MendPair *pair, GError **error)
{
    g_autofree char *path = g_build_filename(folder->dir, folder->harm ? "gt" : "lq", name, NULL);
    g_autofree char *masks = g_build_filename(folder->dir, "mask", NULL);
    g_autofree char *mask = mend_pair_masks(folder) ? mend_picture_partner(masks, name) : NULL;
    if (!mend_picture_read(path, &pair->picture, error) ||
        !read_truth(folder->dir, name, pair, error))
        return FALSE;
    if (mask) {
        pair->mask = mend_cli_read_mask(mask, pair->picture.pixels.shape, error);
        if (!pair->mask.data)
            return FALSE;
    }
    if (folder->crop > 0) {
        crop(&pair->picture.pixels, folder->crop);
        crop(&pair->truth, folder->crop);
        crop(&pair->mask, folder->crop);
    }
    gboolean hole = !folder->harm && (mask || strcmp(folder->task, "inpainting") == 0);
    return !hole || find_hole(pair, error);
}

void
mend_pair_clear(MendPair *pair)
{
    mend_picture_clear(&pair->picture);
    mend_tensor_clear(&pair->truth);
    mend_tensor_clear(&pair->mask);
    mend_tensor_clear(&pair->hole);
}

MendScores
mend_pair_score(const MendPair *pair)
{
    MendScores scores;
    MendTensor truth = pair->truth;
    g_auto(MendTensor) rgb = mend_picture_rgb(&pair->picture, NULL);
    for (int i = 0; i < MEND_N_SCORES; i++)
        scores.of[i] = (double)NAN;
    if (!rgb.data)
        return scores;
    scores.of[MEND_SCORE_PSNR] = mend_psnr(rgb, truth, (MendTensor){0});
    scores.of[MEND_SCORE_SSIM] = mend_ssim(rgb, truth);
    scores.of[MEND_SCORE_GMSD] = mend_gmsd(rgb, truth);
    scores.of[MEND_SCORE_SHARP] = mend_sharpness(rgb, truth);
    scores.of[MEND_SCORE_SAME_LUMA] = mend_psnr_same_luma(rgb, truth);
    if (pair->hole.data) {
        scores.of[MEND_SCORE_HOLE] = mend_psnr(rgb, truth, pair->hole);
        scores.of[MEND_SCORE_SEAM] = mend_seam(rgb, pair->hole);
        scores.of[MEND_SCORE_TRUE_SEAM] = mend_seam(truth, pair->hole);
        scores.of[MEND_SCORE_EDGE] = mend_edge(rgb, truth, pair->hole);
    }
    return scores;
}
