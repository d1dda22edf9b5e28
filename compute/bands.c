/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over something long, in bands on several threads. */
#include "compute/bands.h"

#include "compute/cpu/parallel.h"

#define MOST_THREADS 8 /* memory, not arithmetic, is what such passes wait for */
#define LEAST_BANDS  4 /* for each thread: starting one takes about as long as a tenth of a band */

typedef struct {
    void (*band)(gpointer data, size_t begin, size_t end);
    gpointer data;
    size_t n, grain;
} Pass;

static void
run_band(gpointer data, int i, int thread G_GNUC_UNUSED)
{
    const Pass *pass = data;
    size_t begin = (size_t)i * pass->grain;
    pass->band(pass->data, begin, MIN(begin + pass->grain, pass->n));
}

void
mend_bands_run(size_t n, size_t grain, void (*band)(gpointer data, size_t begin, size_t end),
               gpointer data)
{
    Pass pass = {band, data, n, MAX(MAX(grain, 1), n / G_MAXINT + 1)};
    int n_bands = (int)((n + pass.grain - 1) / pass.grain);
    int n_threads = MIN(n_bands / LEAST_BANDS, MOST_THREADS);
    if (n_threads > 1) /* asking the system takes longer than a short pass */
        n_threads = MIN(n_threads, mend_cpu_default_threads());
    if (n_threads < 2) {
        for (int i = 0; i < n_bands; i++)
            run_band(&pass, i, 0);
        return;
    }
    MendCpuPool *pool = mend_cpu_pool_new(n_threads);
    mend_cpu_pool_run(pool, n_bands, run_band, &pass);
    mend_cpu_pool_free(pool);
}
