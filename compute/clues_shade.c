/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clues of shadow: two groups of luma in the thumbnail, and what changes across their border. */
#include <math.h>
#include <string.h>

#include "compute/clues_parts.h"

enum { REACH = 3, APART = 32 }; /* pixels over the border; places tried for it, in order of luma */

/* Logarithms of the thumbnail: luma, red to green, blue to green; dark marks the darker group. */
typedef struct {
    int side, n;
    double *planes[3], *order;
    guchar *dark;
} Scene;

static const double least_between = 1e-9; /* between groups: below, all is of one luma */

typedef struct {
    double n, sum, squares;
} Sums;

static void
sums_add(Sums *sums, double v)
{
    sums->n++;
    sums->sum += v;
    sums->squares += v * v;
}

static double
sums_mean(const Sums *sums)
{
    return sums->n > 0 ? sums->sum / sums->n : 0;
}

static double
sums_deviation(const Sums *sums)
{
    double mean = sums_mean(sums);
    return sums->n > 0 ? sqrt(MAX(sums->squares / sums->n - mean * mean, 0)) : 0;
}

static void
fill(Scene *scene, MendTensor small)
{
    for (int i = 0; i < scene->n; i++) {
        double v[3];
        for (int c = 0; c < 3; c++)
            v[c] = log((double)mend_tensor_plane(small, c).data[i] + 0.03);
        scene->planes[0][i] = 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2];
        scene->planes[1][i] = v[0] - v[1];
        scene->planes[2][i] = v[2] - v[1];
    }
    memcpy(scene->order, scene->planes[0], (size_t)scene->n * sizeof *scene->order);
    mend_sort(scene->order, scene->n);
}

/* Where to cut the ordered luma so that the groups' means are farthest apart (Otsu, A threshold
 * selection method from gray-level histograms, 1979); share: of the variance that this explains. */
static int
find_cut(const Scene *scene, double *share)
{
    double total = 0, sum = 0, best = least_between, n = scene->n;
    Sums all = {0};
    int cut = scene->n / 2, margin = scene->n / 16;
    for (int i = 0; i < scene->n; i++) {
        total += scene->order[i];
        sums_add(&all, scene->order[i]);
    }
    for (int i = 1; i < scene->n - margin; i++) {
        sum += scene->order[i - 1];
        if (i < margin || (i - margin) % APART != 0)
            continue;
        double apart = (total - sum) / (n - i) - sum / i;
        double between = i * (n - i) / (n * n) * apart * apart;
        if (between > best) {
            best = between;
            cut = i;
        }
    }
    double deviation = sums_deviation(&all);
    *share = best <= least_between ? 0 : best / (deviation * deviation + 1e-4);
    return cut;
}

static void
add_groups(MendClueList *list, Scene *scene)
{
    double share = 0;
    int cut = find_cut(scene, &share);
    for (int i = 0; i < scene->n; i++)
        scene->dark[i] = scene->planes[0][i] < scene->order[cut];
    mend_clue_add(list, share);
    mend_clue_add(list, (double)cut / scene->n);
    for (int p = 0; p < 3; p++) {
        Sums groups[2] = {0};
        for (int i = 0; i < scene->n; i++)
            sums_add(&groups[scene->dark[i]], scene->planes[p][i]);
        gboolean both = groups[0].n > 0 && groups[1].n > 0;
        mend_clue_add(list, both ? sums_mean(&groups[0]) - sums_mean(&groups[1]) : 0);
    }
}

/* Steps of luma between neighbours of one group: the dark one, then the other. */
static void
add_textures(MendClueList *list, const Scene *scene)
{
    Sums groups[2] = {0};
    const double *luma = scene->planes[0];
    int side = scene->side;
    for (int i = 0; i < scene->n; i++) {
        if (i >= side && scene->dark[i] == scene->dark[i - side])
            sums_add(&groups[scene->dark[i]], fabs(luma[i] - luma[i - side]));
        if (i % side >= 1 && scene->dark[i] == scene->dark[i - 1])
            sums_add(&groups[scene->dark[i]], fabs(luma[i] - luma[i - 1]));
    }
    mend_clue_add(list, log(sums_mean(&groups[1]) + 0.01));
    mend_clue_add(list, log(sums_mean(&groups[0]) + 0.01));
}

/* From the dark side of the border to the light one. */
static void
cross(const Scene *scene, int from, int to, Sums across[3])
{
    if (scene->dark[from] == scene->dark[to])
        return;
    double step = scene->planes[0][to] - scene->planes[0][from];
    double sign = step > 0 ? 1 : step < 0 ? -1 : 0;
    for (int p = 0; p < 3; p++)
        sums_add(&across[p], sign * (scene->planes[p][to] - scene->planes[p][from]));
}

static void
add_border(MendClueList *list, const Scene *scene)
{
    Sums across[3] = {0};
    for (int i = 0; i < scene->n; i++) {
        if (i >= REACH * scene->side)
            cross(scene, i - REACH * scene->side, i, across);
        if (i % scene->side >= REACH)
            cross(scene, i - REACH, i, across);
    }
    mend_clue_add(list, log(across[0].n / scene->n + 1e-3));
    for (int p = 0; p < 3; p++) {
        mend_clue_add(list, sums_mean(&across[p]));
        mend_clue_add(list, log(sums_deviation(&across[p]) + 0.01));
    }
}

void
mend_clue_shade(MendClueList *list, MendTensor thumbnail)
{
    int side = thumbnail.shape.h, n = side * side;
    g_autofree double *values = g_try_new(double, 4 * (gsize)n);
    g_autofree guchar *dark = g_try_new(guchar, (gsize)n);
    if (!mend_clue_has(list, values) || !mend_clue_has(list, dark))
        return;
    Scene scene = {side, n, {values, values + n, values + 2 * n}, values + 3 * n, dark};
    fill(&scene, thumbnail);
    add_groups(list, &scene);
    add_textures(list, &scene);
    add_border(list, &scene);
}
