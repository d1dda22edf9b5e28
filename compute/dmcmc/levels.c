/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise levels, and choosing among them. */
#include "compute/dmcmc/levels.h"

#include <math.h>

#include "compute/error.h"

#define MAX_LEVELS 100000

gboolean
mend_levels_init(MendLevels *levels, double low, double high, int n, double last, GError **error)
{
    *levels = (MendLevels){0};
    if (!(low > 0 && high > low && isfinite(high)) || n < 2 || n > MAX_LEVELS ||
        !(last >= 0 && last < 1)) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "%d noise levels from %g to %g: there must be 2 to %d, the first above 0.", n,
                    low, high, MAX_LEVELS);
        return FALSE;
    }
    *levels = (MendLevels){n, g_new(double, n), 0, n};
    for (int j = 0; j < n; j++)
        levels->sigma[j] = low * pow(high / low, 1 + j * (last - 1) / (n - 1));
    return TRUE;
}

void
mend_levels_clear(MendLevels *levels)
{
    g_clear_pointer(&levels->sigma, g_free);
}

void
mend_levels_restrict(MendLevels *levels, double low, double high)
{
    levels->first = 0;
    levels->end = levels->n;
    while (levels->first < levels->n - 1 && levels->sigma[levels->first] > high)
        levels->first++;
    while (levels->end > levels->first + 1 && levels->sigma[levels->end - 1] < low)
        levels->end--;
}

int
mend_levels_best(const MendLevels *levels, const double *log_p)
{
    int best = levels->first;
    for (int j = levels->first + 1; j < levels->end; j++)
        if (log_p[j] > log_p[best])
            best = j;
    return best;
}

int
mend_levels_draw(const MendLevels *levels, const double *log_p, double uniform)
{
    int best = mend_levels_best(levels, log_p);
    double sum = 0, upto = 0;
    for (int j = levels->first; j < levels->end; j++)
        sum += exp(log_p[j] - log_p[best]);
    for (int j = levels->first; j < levels->end; j++) {
        upto += exp(log_p[j] - log_p[best]);
        if (uniform * sum < upto)
            return j;
    }
    return best; /* only where rounding, or a log_p that is no number, left nothing else */
}
