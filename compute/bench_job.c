/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a whole restoration costs, in time and memory. */
#include "compute/bench_job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "compute/cli.h"
#include "compute/error.h"
#include "compute/json.h"
#include "compute/model.h"
#include "compute/restore.h"
#include "compute/rng.h"

#define MOST_MEGAPIXELS 2000
enum { SPOT = 12, SPOT_EVERY = 96 }; /* pixels */

typedef struct {
    double megapixels, seconds, processor; /* a megapixel */
    double resident, anonymous;            /* greatest, MiB */
} Cost;

/* A row of this process's status, in MiB; -1: there is none. */
static double
status_mib(const char *key)
{
    g_autofree char *text = NULL;
    const char *row = NULL;
    if (g_file_get_contents("/proc/self/status", &text, NULL, NULL))
        row = strstr(text, key);
    return row ? g_ascii_strtod(row + strlen(key), NULL) / 1024 : -1;
}

/* The greatest resident memory counts anew; where that may not be, the sizes must rise. */
static void
forget_greatest(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}

static gboolean
look(const MendProgress *progress G_GNUC_UNUSED, gpointer data)
{
    Cost *cost = data;
    cost->anonymous = MAX(cost->anonymous, status_mib("RssAnon:"));
    return TRUE;
}

/* Grey with noise, and with white spots everywhere, which are holes to who fills some: what else a
 * picture shows does not change what it costs. */
static MendTensor
made_up(double megapixels, GError **error)
{
    int w = MAX((int)lrint(sqrt(megapixels * 1e6 * 4 / 3)), 1);
    int h = MAX((int)lrint(megapixels * 1e6 / w), 1);
    MendTensor picture = mend_tensor_new((MendShape){3, h, w}, error);
    if (!picture.data)
        return picture;
    mend_rng_normal((MendRng){1, 0}, 0, 0, picture);
    for (size_t i = 0; i < mend_shape_count(picture.shape); i++) {
        size_t x = i % (size_t)w, y = i / (size_t)w % (size_t)h;
        gboolean spot = x % SPOT_EVERY < SPOT && y % SPOT_EVERY < SPOT;
        picture.data[i] = spot ? 1 : CLAMP(0.5f + 0.1f * picture.data[i], 0.0f, 1.0f);
    }
    return picture;
}

static gboolean
measure(const MendOptions *options, Cost *cost, GError **error)
{
    forget_greatest();
    g_auto(MendTensor) picture = made_up(cost->megapixels, error);
    if (!picture.data)
        return FALSE;
    MendRestoreHooks hooks = {.progress = look, .data = cost};
    clock_t processor = clock();
    gint64 start = g_get_monotonic_time();
    if (!mend_restore(picture, options, &hooks, picture, NULL, error))
        return FALSE;
    cost->seconds = (double)(g_get_monotonic_time() - start) * 1e-6 / cost->megapixels;
    cost->processor = (double)(clock() - processor) / CLOCKS_PER_SEC / cost->megapixels;
    cost->resident = status_mib("VmHWM:");
    return TRUE;
}

static gboolean
print_cost(const Cost *cost, const Cost *first, gboolean json)
{
    double ratio = cost->seconds / first->seconds;
    double processor_ratio = cost->processor / first->processor;
    if (!json)
        return mend_cli_print(
            "%.2f megapixels: %.3f s a megapixel (%.3f times), processor %.3f s (%.3f times); "
            "at most %.0f MiB resident, %.0f MiB of it not in files\n",
            cost->megapixels, cost->seconds, ratio, cost->processor, processor_ratio,
            cost->resident, cost->anonymous);
    g_autoptr(GString) out = g_string_new("{");
    mend_json_add_number(out, "megapixels", cost->megapixels);
    mend_json_add_number(out, "seconds_per_megapixel", cost->seconds);
    mend_json_add_number(out, "seconds_ratio", ratio);
    mend_json_add_number(out, "processor_per_megapixel", cost->processor);
    mend_json_add_number(out, "processor_ratio", processor_ratio);
    mend_json_add_number(out, "resident_mib", cost->resident);
    mend_json_add_number(out, "anonymous_mib", cost->anonymous);
    return mend_cli_print("%s}\n", out->str);
}

static gboolean
make_options(const MendBenchJob *job, MendOptions *options, GError **error)
{
    mend_options_init(options);
    options->steps = job->steps;
    options->tile = job->tile;
    g_autoptr(MendModelInfo) model = mend_model_read(job->model, error);
    return model && mend_options_set(options, "task", model->tasks[0], error) &&
           mend_options_set(options, "model", job->model, error) &&
           (!job->device || mend_options_set(options, "device", job->device, error)) &&
           (!job->sampler || mend_options_set(options, "sampler", job->sampler, error));
}

gboolean
mend_bench_job(const MendBenchJob *job, GError **error)
{
    MendOptions options;
    Cost first = {0};
    if (!make_options(job, &options, error))
        return FALSE;
    g_auto(GStrv) sizes = g_strsplit(job->megapixels, ",", -1);
    for (int i = 0; sizes[i]; i++) {
        char *end;
        Cost cost = {.megapixels = g_ascii_strtod(sizes[i], &end), .anonymous = -1};
        if (*end || !(cost.megapixels >= 0.01 && cost.megapixels <= MOST_MEGAPIXELS)) {
            g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                        "“%s” is no number of megapixels from 0.01 to %d.", sizes[i],
                        MOST_MEGAPIXELS);
            return FALSE;
        }
        if (!measure(&options, &cost, error))
            return FALSE;
        if (i == 0)
            first = cost;
        if (!print_cost(&cost, &first, job->json))
            return FALSE;
    }
    return TRUE;
}
