/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for low light: one gain in linear light, the same for all pixels and channels, that
 * brings the mean luma of the picture, as displayed (sRGB-encoded, clipped at white), to TARGET. */
#include <math.h>
#include <string.h>

#include "compute/mean.h"

#define TARGET   0.45
#define MOST     64.0 /* gain; the least is 1: nothing gets darker */
#define HALVINGS 24   /* of the interval of the gain's logarithm */
#define BINS     65536
#define ROWS     256 /* between two looks at go_on */

static const double luma[] = {0.299, 0.587, 0.114};

/* What the search needs to know of a picture: how much of it (weighted by luma) lies in each bin of
 * the encoded value, and that part's mean value, for which the bin then stands. Exact where a bin
 * holds one value, as with 8 and 16 bits a channel. */
typedef struct {
    double weight[BINS], value[BINS];
} Histogram;

typedef struct {
    double gain, root; /* root = gain^(1/2.4) */
} Exposure;

static Exposure
exposure_of(double log_gain)
{
    return (Exposure){exp(log_gain), exp(log_gain / 2.4)};
}

/* encode(min(gain * decode(y), 1)) for the sRGB curves. With a gain of at least 1 a value from the
 * power part stays there, and the two powers leave a linear function. */
static double
exposed(double y, Exposure e)
{
    double shown;
    if (y > 0.04045) {
        shown = e.root * (y + 0.055) - 0.055;
    } else {
        double light = y / 12.92 * e.gain;
        shown = light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
    }
    return MIN(shown, 1);
}

static void
count(MendTensor picture, Histogram *h)
{
    size_t n = (size_t)picture.shape.h * (size_t)picture.shape.w;
    memset(h, 0, sizeof *h);
    for (size_t i = 0; i < 3 * n; i++) {
        double y = (double)picture.data[i], weight = luma[i / n];
        int bin = (int)(y * (BINS - 1) + 0.5);
        h->weight[bin] += weight;
        h->value[bin] += weight * y;
    }
    for (int bin = 0; bin < BINS; bin++) {
        if (h->weight[bin] > 0)
            h->value[bin] /= h->weight[bin];
        h->weight[bin] /= (double)n;
    }
}

static double
mean_luma(const Histogram *h, Exposure e)
{
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++)
        if (h->weight[bin] > 0)
            sum += h->weight[bin] * exposed(h->value[bin], e);
    return sum;
}

static Exposure
search(const Histogram *h)
{
    double low = 0, high = log(MOST);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (mean_luma(h, exposure_of(middle)) < TARGET)
            low = middle;
        else
            high = middle;
    }
    return exposure_of(low);
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    Histogram *histogram = mend_block_new(sizeof *histogram, error);
    if (!histogram)
        return FALSE;
    count(degraded, histogram);
    Exposure e = search(histogram);
    mend_block_free(histogram);
    size_t n = mend_shape_count(degraded.shape), some = (size_t)degraded.shape.w * ROWS;
    for (size_t i = 0; i < n; i++) {
        if (i % some == 0 && !mend_go_on(go_on, error))
            return FALSE;
        mean.data[i] = (float)exposed((double)degraded.data[i], e);
    }
    return TRUE;
}

const MendMean mend_mean_exposure = {
    .name = "exposure",
    .blurb = "one gain for the whole picture",
    .estimate = estimate,
    .trust = 0.5f,
};
