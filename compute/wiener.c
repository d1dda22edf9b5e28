/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean by Wiener filters: the windows of a picture, seen, then filtered and blended. */
#include "compute/wiener.h"

#include <math.h>
#include <string.h>

#include "compute/block.h"
#include "compute/cpu/parallel.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/wiener_parts.h"

enum {
    SIDE = MEND_WIENER_SIDE,
    INNER = 192, /* of a window's side: what is used, faded out */
    EDGE = (SIDE - INNER) / 2,
    HOP = INNER / 2, /* from window to window: their fading adds up to 1 */
    AROUND = 2,      /* windows on each side whose mean is seen too */
    NUMBERS = MEND_WIENER_SEEN * MEND_WIENER_ANGLES,
    MOST_THREADS = 8,
    PATIENCE = 2,      /* windows of a thread between two looks at go_on */
    STRETCH = 1 << 22, /* numbers of a pass over a picture between them */
    FILTERING = 4,     /* times as long as seeing a window */
};
#define AS_IT_IS 0.999999 /* share of what is left alone, above which the rest cannot be seen */

/* A thread's memory. */
typedef struct {
    MendWienerDesk desk;
    double *memory, *shares, *scratch;
    float *seen; /* 2 NUMBERS */
} Worker;

typedef struct {
    MendTensor degraded, mean;
    MendWienerLooks looks;
    MendWienerChoice choice;
    int rows, columns;
    float *seen; /* [rows][columns][NUMBERS] */
    double taper[SIDE], fade[INNER];
    Worker workers[MOST_THREADS];
    MendCpuPool *pool;
    int first;       /* window of the pass under way */
    double done;     /* windows seen, and FILTERING for each that is filtered */
    int n_x, x0, y0; /* restoring, window k is in row y0 + 2 (k / n_x), column x0 + 2 (k % n_x) */
    int failed;      /* some window's shares were no numbers; set by any thread */
} Job;

static double
hann(int i, int n)
{
    return 0.5 - 0.5 * cos(2 * G_PI * (i + 0.5) / n);
}

static gboolean
open_worker(Worker *worker, const MendWienerChoice *choice, GError **error)
{
    size_t n_shares = (size_t)mend_wiener_n_shares(choice), n_scratch = mend_wiener_scratch(choice);
    size_t n = MEND_WIENER_AREA + 3 * (size_t)MEND_WIENER_POINTS + n_shares + n_scratch + NUMBERS;
    worker->desk.fft = mend_fft_plane_new(SIDE, error);
    if (!worker->desk.fft)
        return FALSE;
    worker->memory = mend_block_new(n * sizeof(double), error);
    if (!worker->memory)
        return FALSE;
    worker->desk.plane = worker->memory;
    worker->desk.spectrum = (MendComplex *)(worker->memory + MEND_WIENER_AREA);
    worker->desk.filter = (double *)(worker->desk.spectrum + MEND_WIENER_POINTS);
    worker->shares = worker->desk.filter + MEND_WIENER_POINTS;
    worker->scratch = worker->shares + n_shares;
    worker->seen = (float *)(worker->scratch + n_scratch);
    return TRUE;
}

static void
close_job(Job *job)
{
    for (int i = 0; i < MOST_THREADS; i++) {
        mend_fft_plane_free(job->workers[i].desk.fft);
        mend_block_free(job->workers[i].memory);
    }
    if (job->pool)
        mend_cpu_pool_free(job->pool);
    mend_block_free(job->seen);
    mend_wiener_choice_clear(&job->choice);
    mend_wiener_looks_clear(&job->looks);
    g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, close_job)

static gboolean
open_job(Job *job, const MendModelInfo *model, GError **error)
{
    g_autoptr(MendWeights) weights = mend_weights_open(model->path, error);
    if (!weights || !mend_wiener_choice_open(&job->choice, weights, error))
        return FALSE;
    job->rows = (job->degraded.shape.h + HOP + HOP - 1) / HOP;
    job->columns = (job->degraded.shape.w + HOP + HOP - 1) / HOP;
    size_t n = (size_t)job->rows * (size_t)job->columns * NUMBERS;
    job->seen = mend_block_new_large(n * sizeof *job->seen, error);
    if (!job->seen)
        return FALSE;
    if (!mend_wiener_looks_init(&job->looks, error))
        return FALSE;
    for (int i = 0; i < SIDE; i++)
        job->taper[i] = hann(MIN(i, SIDE - 1 - i), 2 * EDGE);
    for (int i = EDGE; i < SIDE - EDGE; i++)
        job->taper[i] = 1;
    for (int i = 0; i < INNER; i++)
        job->fade[i] = hann(i, INNER);
    job->pool = mend_cpu_pool_new(MIN(mend_cpu_default_threads(), MOST_THREADS));
    for (int i = 0; i < mend_cpu_pool_threads(job->pool); i++)
        if (!open_worker(&job->workers[i], &job->choice, error))
            return FALSE;
    return TRUE;
}

/* Beyond its edges a picture is mirrored. */
static int
mirrored(int i, int n)
{
    i = (i % (2 * n) + 2 * n) % (2 * n);
    return i < n ? i : 2 * n - 1 - i;
}

/* The sum of the window's planes, each by its share. */
static void
cut(MendTensor picture, int row, int column, const double share[3], double *plane)
{
    int w = picture.shape.w, h = picture.shape.h, from[SIDE];
    for (int x = 0; x < SIDE; x++)
        from[x] = mirrored(column * HOP - SIDE / 2 + x, w);
    memset(plane, 0, MEND_WIENER_AREA * sizeof *plane);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SIDE && share[c] != 0; y++) {
            size_t at = (size_t)mirrored(row * HOP - SIDE / 2 + y, h);
            const float *line = mend_tensor_plane(picture, c).data + at * (size_t)w;
            for (int x = 0; x < SIDE; x++)
                plane[y * SIDE + x] += share[c] * (double)line[from[x]];
        }
}

static void
see(gpointer data, int i, int thread)
{
    static const double luma[3] = {0.299, 0.587, 0.114};
    Job *job = data;
    Worker *worker = &job->workers[thread];
    int window = job->first + i;
    cut(job->degraded, window / job->columns, window % job->columns, luma, worker->desk.plane);
    mend_wiener_look(&job->looks, &worker->desk, job->seen + (size_t)window * NUMBERS);
}

/* What the network sees: the window, and behind it the mean of those around it. */
static void
look_around(const Job *job, int row, int column, float *seen)
{
    int y0 = MAX(row - AROUND, 0), y1 = MIN(row + AROUND, job->rows - 1);
    int x0 = MAX(column - AROUND, 0), x1 = MIN(column + AROUND, job->columns - 1);
    double n = (y1 - y0 + 1) * (x1 - x0 + 1);
    size_t stride = (size_t)job->columns;
    memcpy(seen, job->seen + ((size_t)row * stride + (size_t)column) * NUMBERS,
           NUMBERS * sizeof *seen);
    for (int i = 0; i < NUMBERS; i++) {
        double sum = 0;
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++)
                sum += (double)job->seen[((size_t)y * stride + (size_t)x) * NUMBERS + (size_t)i];
        seen[NUMBERS + i] = (float)(sum / n);
    }
}

/* plane, of which row and column say where it lies, joins the mean's plane c. */
static void
blend(const Job *job, int row, int column, int c, const double *plane)
{
    int w = job->mean.shape.w, h = job->mean.shape.h;
    int left = column * HOP - INNER / 2, top = row * HOP - INNER / 2;
    float *to = mend_tensor_plane(job->mean, c).data;
    for (int y = MAX(-top, 0); y < MIN(INNER, h - top); y++)
        for (int x = MAX(-left, 0); x < MIN(INNER, w - left); x++)
            to[(size_t)(top + y) * (size_t)w + (size_t)(left + x)] +=
                (float)(job->fade[y] * job->fade[x] * plane[(y + EDGE) * SIDE + x + EDGE]);
}

/* The plane in desk through its filter. */
static void
filter_plane(const Job *job, MendWienerDesk *desk)
{
    double tone = 0;
    for (int i = 0; i < MEND_WIENER_AREA; i++)
        tone += desk->plane[i] / MEND_WIENER_AREA;
    for (int i = 0; i < MEND_WIENER_AREA; i++)
        desk->plane[i] = (desk->plane[i] - tone) * job->taper[i / SIDE] * job->taper[i % SIDE];
    mend_fft_plane_forward(desk->fft, desk->plane, desk->spectrum);
    for (int i = 0; i < MEND_WIENER_POINTS; i++) {
        desk->spectrum[i].re *= desk->filter[i];
        desk->spectrum[i].im *= desk->filter[i];
    }
    mend_fft_plane_inverse(desk->fft, desk->spectrum, desk->plane);
    for (int i = 0; i < MEND_WIENER_AREA; i++)
        desk->plane[i] += tone;
}

static void
restore(gpointer data, int i, int thread)
{
    Job *job = data;
    Worker *worker = &job->workers[thread];
    MendWienerDesk *desk = &worker->desk;
    int row = job->y0 + 2 * ((job->first + i) / job->n_x);
    int column = job->x0 + 2 * ((job->first + i) % job->n_x);
    look_around(job, row, column, worker->seen);
    mend_wiener_choose(&job->choice, worker->seen, worker->scratch, worker->shares);
    double alone = worker->shares[mend_wiener_n_shares(&job->choice) - 1];
    if (!isfinite(alone)) {
        g_atomic_int_set(&job->failed, TRUE);
        return;
    }
    if (alone < AS_IT_IS)
        mend_wiener_filter(&job->choice, worker->shares, desk->filter);
    for (int c = 0; c < 3; c++) {
        const double share[3] = {c == 0, c == 1, c == 2};
        cut(job->degraded, row, column, share, desk->plane);
        if (alone < AS_IT_IS)
            filter_plane(job, desk);
        blend(job, row, column, c, desk->plane);
    }
}

/* All n windows of a pass, each of which takes as long as work of the looks that a window gets. */
static gboolean
run_pass(Job *job, int n, double work, void (*round)(gpointer data, int i, int thread),
         const MendGoOn *go_on, GError **error)
{
    int some = PATIENCE * mend_cpu_pool_threads(job->pool);
    for (job->first = 0; job->first < n; job->first += some) {
        int now = MIN(some, n - job->first);
        if (!mend_go_on_at(go_on, job->done / (job->rows * job->columns * (1 + FILTERING)), error))
            return FALSE;
        mend_cpu_pool_run(job->pool, now, round, job);
        job->done += now * work;
    }
    return TRUE;
}

/* Every second window of every second row: those of one pass do not overlap, so their threads do
 * not meet, and sums come in the same order however many there are. */
static gboolean
restore_all(Job *job, const MendGoOn *go_on, GError **error)
{
    size_t n = mend_shape_count(job->mean.shape);
    for (size_t i = 0; i < n; i += STRETCH) {
        if (!mend_go_on(go_on, error))
            return FALSE;
        memset(job->mean.data + i, 0, MIN(STRETCH, n - i) * sizeof(float));
    }
    for (int k = 0; k < 4; k++) {
        job->y0 = k / 2;
        job->x0 = k % 2;
        job->n_x = (job->columns - job->x0 + 1) / 2;
        int n_y = (job->rows - job->y0 + 1) / 2;
        if (!run_pass(job, n_y * job->n_x, FILTERING, restore, go_on, error))
            return FALSE;
    }
    return TRUE;
}

/* What is no number is the weights' fault as well: filters may be without bounds. */
static gboolean
clamp(const Job *job, const MendModelInfo *model, const MendGoOn *go_on, GError **error)
{
    size_t n = mend_shape_count(job->mean.shape);
    gboolean good = !job->failed;
    for (size_t i = 0; i < n && good; i++) {
        if (i % STRETCH == 0 && !mend_go_on(go_on, error))
            return FALSE;
        good = isfinite(job->mean.data[i]);
        job->mean.data[i] = CLAMP(job->mean.data[i], 0.0F, 1.0F);
    }
    if (!good)
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_FAILED,
            _("%s: its choice of filters gave values that are no numbers. Use another model."),
            model->path);
    return good;
}

gboolean
mend_wiener_check(const MendWeights *weights, GError **error)
{
    g_auto(MendWienerChoice) choice = {0};
    return mend_wiener_choice_open(&choice, weights, error);
}

gboolean
mend_wiener_estimate(const MendModelInfo *model, MendTensor degraded, MendTensor mean,
                     const MendGoOn *go_on, GError **error)
{
    g_autoptr(Job) job = g_new0(Job, 1);
    job->degraded = degraded;
    job->mean = mean;
    return open_job(job, model, error) &&
           run_pass(job, job->rows * job->columns, 1, see, go_on, error) &&
           restore_all(job, go_on, error) && clamp(job, model, go_on, error);
}
