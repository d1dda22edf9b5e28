/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The best possible network for mixtures of round Gaussians. */
#include "compute/parity/mixture.h"

#include <math.h>

#include "compute/samplers/state.h"

/* far[k] = |w - mean[k]|^2 */
static void
distances(const MendMixture *m, const double *w, double *far)
{
    for (int k = 0; k < m->n; k++) {
        const double *mean = m->mean + (size_t)k * (size_t)m->d;
        far[k] = 0;
        for (int i = 0; i < m->d; i++)
            far[k] += (w[i] - mean[i]) * (w[i] - mean[i]);
    }
}

/* share may be NULL. */
static double
log_density(const MendMixture *m, const double *far, double sigma, double *share)
{
    double logs[MEND_MIXTURE_MODES], top = -INFINITY, sum = 0;
    for (int k = 0; k < m->n; k++) {
        double v = m->spread[k] * m->spread[k] + sigma * sigma;
        logs[k] = log(m->weight[k]) - 0.5 * m->d * log(2 * G_PI * v) - far[k] / (2 * v);
        top = MAX(top, logs[k]);
    }
    for (int k = 0; k < m->n; k++) {
        logs[k] = exp(logs[k] - top);
        sum += logs[k];
    }
    for (int k = 0; share && k < m->n; k++)
        share[k] = logs[k] / sum;
    return top + log(sum);
}

double
mend_mixture_shares(const MendMixture *m, const double *w, double sigma, double *share)
{
    double far[MEND_MIXTURE_MODES];
    distances(m, w, far);
    return log_density(m, far, sigma, share);
}

gboolean
mend_mixture_clean(gpointer mixture, const MendState *w, double sigma, MendState *clean,
                   GError **error)
{
    const MendMixture *m = mixture;
    (void)error;
    size_t d = (size_t)m->d;
    g_autofree double *point = g_new(double, d);
    for (size_t first = 0; first + d <= w->n; first += d) {
        double share[MEND_MIXTURE_MODES];
        for (size_t i = 0; i < d; i++)
            point[i] = mend_state_get(w, first + i);
        mend_mixture_shares(m, point, sigma, share);
        for (size_t i = 0; i < d; i++) {
            double sum = 0;
            for (int k = 0; k < m->n; k++) {
                double s2 = m->spread[k] * m->spread[k];
                sum += share[k] * (s2 * point[i] + sigma * sigma * m->mean[(size_t)k * d + i]) /
                       (s2 + sigma * sigma);
            }
            mend_state_put(clean, first + i, sum);
        }
    }
    return TRUE;
}

void
mend_mixture_likelihood(const MendMixture *m, const double *w, const double *sigma, int n,
                        double *out)
{
    double far[MEND_MIXTURE_MODES];
    distances(m, w, far);
    for (int j = 0; j < n; j++)
        out[j] = log_density(m, far, sigma[j], NULL);
}
