/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for low light: one gain in linear light, the same for all pixels and channels, that
 * brings the mean luma of the picture, as displayed (sRGB-encoded, clipped at white), to TARGET. */
#include <math.h>
#include <string.h>

#include "compute/bands.h"
#include "compute/mean.h"

#define TARGET   0.45
#define MOST     64.0 /* gain; the least is 1: nothing gets darker */
#define HALVINGS 24   /* of the interval of the gain's logarithm */
#define BINS     65536
#define SOME     (16 * MEND_BAND) /* numbers between two looks at go_on */

static const double luma[] = {0.299, 0.587, 0.114};

/* What the search needs to know of a picture: how much of it (weighted by luma) lies in each bin of
 * the encoded value, and that part's mean value, for which the bin then stands. Exact where a bin
 * holds one value, as with 8 and 16 bits a channel. */
typedef struct {
    double weight[BINS], value[BINS];
} Histogram;

static MendGain
gain_of(double logarithm)
{
    return (MendGain){exp(logarithm), exp(logarithm / 2.4)};
}

/* With a gain of at least 1 a value from the curves' power part stays there, and the two powers
 * leave a linear function. */
double
mend_exposed(double y, MendGain gain)
{
    if (y > 0.04045)
        return gain.root * (y + 0.055) - 0.055;
    double light = y / 12.92 * gain.gain;
    return light <= 0.0031308 ? light * 12.92 : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

static gboolean
count(MendTensor picture, Histogram *h, const MendGoOn *go_on, GError **error)
{
    size_t n = (size_t)picture.shape.h * (size_t)picture.shape.w;
    memset(h, 0, sizeof *h);
    for (int c = 0; c < 3; c++) {
        const float *plane = mend_tensor_plane(picture, c).data;
        for (size_t i = 0; i < n; i++) {
            if (i % SOME == 0 && !mend_go_on(go_on, error))
                return FALSE;
            double y = (double)plane[i];
            int bin = (int)(y * (BINS - 1) + 0.5);
            h->weight[bin] += luma[c];
            h->value[bin] += luma[c] * y;
        }
    }
    for (int bin = 0; bin < BINS; bin++) {
        if (h->weight[bin] > 0)
            h->value[bin] /= h->weight[bin];
        h->weight[bin] /= (double)n;
    }
    return TRUE;
}

static double
mean_luma(const Histogram *h, MendGain gain)
{
    double sum = 0;
    for (int bin = 0; bin < BINS; bin++)
        if (h->weight[bin] > 0)
            sum += h->weight[bin] * MIN(mend_exposed(h->value[bin], gain), 1);
    return sum;
}

static MendGain
search(const Histogram *h)
{
    double low = 0, high = log(MOST);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (mean_luma(h, gain_of(middle)) < TARGET)
            low = middle;
        else
            high = middle;
    }
    return gain_of(low);
}

static gboolean
find_gain(MendTensor degraded, MendGain *gain, const MendGoOn *go_on, GError **error)
{
    Histogram *histogram = mend_block_new(sizeof *histogram, error);
    if (!histogram)
        return FALSE;
    gboolean good = count(degraded, histogram, go_on, error);
    if (good)
        *gain = search(histogram);
    mend_block_free(histogram);
    return good;
}

/* A pass over the numbers of a picture. */
typedef struct {
    MendTensor degraded, mean;
    MendGain gain;
    size_t first; /* number that the bands count from */
} Pass;

static void
expose(gpointer data, size_t begin, size_t end)
{
    const Pass *pass = data;
    for (size_t i = pass->first + begin; i < pass->first + end; i++)
        pass->mean.data[i] =
            (float)MIN(mend_exposed((double)pass->degraded.data[i], pass->gain), 1);
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    Pass pass = {degraded, mean, {1, 1}, 0};
    if (!find_gain(degraded, &pass.gain, go_on, error))
        return FALSE;
    size_t n = mend_shape_count(degraded.shape);
    for (; pass.first < n; pass.first += SOME) {
        if (!mend_go_on(go_on, error))
            return FALSE;
        mend_bands_run(MIN(SOME, n - pass.first), MEND_BAND, expose, &pass);
    }
    return TRUE;
}

const MendMean mend_mean_exposure = {
    .name = "exposure",
    .blurb = "one gain for the whole picture",
    .estimate = estimate,
    .trust = 0.25f,
    .gain = find_gain,
};
