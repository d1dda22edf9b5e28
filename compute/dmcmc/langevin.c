/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One unadjusted Langevin step at a noise level. */
#include "compute/dmcmc/langevin.h"

#include <math.h>

#include "compute/samplers/state.h"

#define LEAST_VARIANCE 0.1 /* as a share of eta */

double
mend_langevin_most(double sigma)
{
    return 2 * sigma * sigma;
}

/* mean score^2, without another state for it */
static double
mean_square_score(const MendState *w, const MendState *clean, double sigma)
{
    double sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        double off = mend_state_get(clean, i) - mend_state_get(w, i);
        sum += off * off;
    }
    return sum / (double)w->n / (sigma * sigma * sigma * sigma);
}

gboolean
mend_langevin_step(const MendState *w, const MendState *clean, double sigma, double eta,
                   gboolean corrected, const MendState *noise, MendState *out)
{
    double pull = eta / (2 * sigma * sigma), variance = eta;
    if (corrected)
        variance =
            MAX(eta - eta * eta / 4 * mean_square_score(w, clean, sigma), LEAST_VARIANCE * eta);
    MendTerm terms[] = {{1 - pull, w}, {pull, clean}, {sqrt(variance), noise}};
    return mend_state_sum(out, terms, G_N_ELEMENTS(terms));
}
