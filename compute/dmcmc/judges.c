/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Estimators of a picture's noise level in closed form. */
#include <math.h>

#include "compute/dmcmc/levels.h"
#include "compute/samplers/state.h"

#define MEDIAN_OF_NORMAL  0.67448975019608171 /* of the magnitude */
#define MEDIAN_EFFICIENCY 0.3675              /* of the median against all squares */
#define MOST_SLOPE        0.95                /* beyond, w says next to nothing of its noise */

/* ln of the likelihood of n independent normal numbers whose mean square was found to be that. */
static double
log_likelihood(double n, double mean_square, double variance)
{
    return -n / 2 * (log(variance) + mean_square / variance);
}

size_t
mend_haar_count(MendShape shape)
{
    return mend_shape_count((MendShape){shape.c, shape.h / 2, shape.w / 2});
}

static void
haar_details(const MendHaarJudge *h, const MendState *w)
{
    size_t width = (size_t)h->shape.w, height = (size_t)h->shape.h, n = 0;
    for (size_t c = 0; c < (size_t)h->shape.c; c++)
        for (size_t y = 0; y + 1 < height; y += 2)
            for (size_t x = 0; x + 1 < width; x += 2) {
                size_t i = (c * height + y) * width + x;
                double sum = mend_state_get(w, i) - mend_state_get(w, i + 1) -
                             mend_state_get(w, i + width) + mend_state_get(w, i + width + 1);
                h->scratch[n++] = (float)(sum / 2);
            }
}

static gboolean
judge_haar(gpointer data, const MendState *w, const MendState *clean, double sigma,
           const MendLevels *levels, double *log_p, GError **error)
{
    const MendHaarJudge *h = data;
    (void)clean, (void)sigma, (void)error;
    haar_details(h, w);
    MendState details = {FALSE, mend_haar_count(h->shape), h->scratch};
    double deviation = mend_state_quantile(&details, 0.5) / MEDIAN_OF_NORMAL;
    for (int j = levels->first; j < levels->end; j++) {
        double s = levels->sigma[j], variance = s * s + h->detail * h->detail;
        log_p[j] =
            log_likelihood(MEDIAN_EFFICIENCY * (double)details.n, deviation * deviation, variance);
    }
    return TRUE;
}

MendJudge
mend_haar_judge(MendHaarJudge *judge)
{
    return (MendJudge){judge_haar, FALSE, judge};
}

/* Linear in ln sigma. */
static double
error_at(const MendResidualJudge *r, double sigma)
{
    int k = 0;
    while (k < r->n && r->sigma[k] < sigma)
        k++;
    if (k == 0 || k == r->n)
        return r->error[k == 0 ? 0 : r->n - 1];
    double share = log(sigma / r->sigma[k - 1]) / log(r->sigma[k] / r->sigma[k - 1]);
    return r->error[k - 1] + share * (r->error[k] - r->error[k - 1]);
}

/* mean (w - D)^2 */
static double
mean_square_rest(const MendState *w, const MendState *clean)
{
    double sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        double off = mend_state_get(w, i) - mend_state_get(clean, i);
        sum += off * off;
    }
    return sum / (double)w->n;
}

static gboolean
judge_residual(gpointer data, const MendState *w, const MendState *clean, double sigma,
               const MendLevels *levels, double *log_p, GError **error)
{
    const MendResidualJudge *r = data;
    (void)error;
    double found = mean_square_rest(w, clean) + error_at(r, sigma);
    for (int j = levels->first; j < levels->end; j++)
        log_p[j] = log_likelihood((double)w->n, found, levels->sigma[j] * levels->sigma[j]);
    return TRUE;
}

MendJudge
mend_residual_judge(const MendResidualJudge *judge)
{
    return (MendJudge){judge_residual, TRUE, (gpointer)judge};
}

static gboolean
judge_slope(gpointer data, const MendState *w, const MendState *clean, double sigma,
            const MendLevels *levels, double *log_p, GError **error)
{
    const MendSlopeJudge *judge = data;
    (void)error;
    double noise = 1 - CLAMP(judge->slope, 0, MOST_SLOPE);
    double variance = sigma * sigma * (1 - noise) / noise;
    double found = mean_square_rest(w, clean) / (noise * noise);
    for (int j = levels->first; j < levels->end; j++)
        log_p[j] =
            log_likelihood((double)w->n, found, variance + levels->sigma[j] * levels->sigma[j]);
    return TRUE;
}

MendJudge
mend_slope_judge(const MendSlopeJudge *judge)
{
    return (MendJudge){judge_slope, TRUE, (gpointer)judge};
}
