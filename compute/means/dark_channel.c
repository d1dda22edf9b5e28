/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for haze: He, Sun and Tang, Single image haze removal using dark channel prior (2009),
 * eqs. 5 (dark channel), 12 (transmission) and 16 (radiance); the air's light is the mean of the
 * pixels that section 4.4 chooses from. The transmission is smoothed by their guided filter (Guided
 * image filtering, 2013, eqs. 5, 6 and 8) with the luma as guide. */
#include <math.h>
#include <string.h>

#include "compute/mean.h"

#define OMEGA     0.9  /* of the haze is removed */
#define EPS       1e-3 /* of the guided filter */
#define LEAST_T   0.1  /* transmission */
#define LEAST_AIR 0.1
#define BRIGHTEST 1000 /* one pixel in so many, by dark channel, shows the air's light */

#define DARKEST  20   /* one window in so many is as dark as a picture is said to be */
#define WHITEST  100  /* one pixel in so many is white */
#define DARKNESS 0.3  /* what being dark nowhere counts, beside what the network changes */
#define NO_HAZE  0.16 /* of that evidence: there is none, or surely some; see presence() */
#define A_HAZE   0.22

typedef struct {
    int patch;  /* radius of the dark channel's window; patch + 1 is a power of two */
    int smooth; /* radius of the guided filter's window */
} Windows;

typedef struct {
    int w, h;
    Windows windows;
    size_t n;            /* w * h */
    const float *rgb[3]; /* of the picture */
    float *out;          /* three planes */
    double air[3];
    float *t; /* transmission, before it is smoothed */
    float *slope, *offset;
} Haze;

/* a[i] = min(a[i], b[i]), in rising order: b may be a later part of a. */
static void
lower(float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = b[i] < a[i] ? b[i] : a[i];
}

/* Minimum over 2 patch + 1 values that are stride apart, cut off at both ends, for the stride
 * sequences that n values hold. First a[i] is made the least of the patch + 1 values from i on, by
 * doubling; then two such stretches make a window. */
static void
least_along(float *a, size_t n, size_t stride, size_t patch)
{
    for (size_t step = stride; step <= patch * stride; step *= 2)
        if (step < n)
            lower(a, a + step, n - step);
    for (size_t i = n; i-- > stride;) {
        size_t from = i >= patch * stride ? i - patch * stride : i % stride;
        a[i] = a[from] < a[i] ? a[from] : a[i];
    }
}

static void
least_around(const Haze *haze, float *plane)
{
    size_t w = (size_t)haze->w, patch = (size_t)haze->windows.patch;
    for (int y = 0; y < haze->h; y++)
        least_along(plane + (size_t)y * w, w, 1, patch);
    least_along(plane, haze->n, w, patch);
}

/* Least of the channels, divided by the air's light, around each pixel. */
static void
dark_channel(const Haze *haze, const double air[3], float *dark)
{
    for (size_t i = 0; i < haze->n; i++) {
        double r = (double)haze->rgb[0][i] / air[0], g = (double)haze->rgb[1][i] / air[1];
        double b = (double)haze->rgb[2][i] / air[2], rg = MIN(r, g);
        dark[i] = (float)MIN(rg, b);
    }
    least_around(haze, dark);
}

/* The nth (from 1) of the values by size, largest first. The bits of floats that are not negative
 * are in the order of the floats, so each pass finds eight more of the answer's bits; a -0, whose
 * are not, becomes 0 by adding it. */
static float
nth_largest(const float *a, size_t count, size_t nth)
{
    guint32 found = 0, mask = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        size_t counts[256] = {0};
        for (size_t i = 0; i < count; i++) {
            float value = a[i] + 0.0f;
            guint32 bits;
            memcpy(&bits, &value, sizeof bits);
            if ((bits & mask) == found)
                counts[bits >> shift & 255]++;
        }
        guint32 digit = 255;
        while (counts[digit] < nth)
            nth -= counts[digit--];
        found |= digit << shift;
        mask |= 255u << shift;
    }
    float value;
    memcpy(&value, &found, sizeof value);
    return value;
}

static void
find_air(Haze *haze)
{
    static const double one[] = {1, 1, 1};
    dark_channel(haze, one, haze->t);
    float least = nth_largest(haze->t, haze->n, MAX(1, haze->n / BRIGHTEST));
    double sums[3] = {0};
    size_t count = 0;
    for (size_t i = 0; i < haze->n; i++) {
        if (haze->t[i] < least)
            continue;
        count++;
        for (int c = 0; c < 3; c++)
            sums[c] += (double)haze->rgb[c][i];
    }
    for (int c = 0; c < 3; c++)
        haze->air[c] = MAX(sums[c] / (double)count, LEAST_AIR);
}

static double
guide_at(const Haze *haze, size_t i)
{
    return 0.299 * (double)haze->rgb[0][i] + 0.587 * (double)haze->rgb[1][i] +
           0.114 * (double)haze->rgb[2][i];
}

/* One pass of windows over the picture: n values a pixel are averaged over the square window around
 * it, cut off at the edges. */
typedef struct {
    int n;
    void (*add)(const Haze *haze, int y, double sign, double *columns); /* row y, to each column */
    void (*use)(const Haze *haze, int y, const double *means);
} Pass;

static void
average_row(const Haze *haze, const Pass *pass, int n_rows, const double *columns, double *means)
{
    double sums[4] = {0};
    int smooth = haze->windows.smooth;
    for (int x = -smooth; x < haze->w; x++) {
        int in = x + smooth, out = x - smooth - 1;
        for (int k = 0; k < pass->n && in < haze->w; k++)
            sums[k] += columns[pass->n * in + k];
        for (int k = 0; k < pass->n && out >= 0; k++)
            sums[k] -= columns[pass->n * out + k];
        int n_columns = MIN(in, haze->w - 1) - MAX(out, -1);
        for (int k = 0; k < pass->n && x >= 0; k++)
            means[pass->n * x + k] = sums[k] / ((double)n_rows * n_columns);
    }
}

static gboolean
run_pass(const Haze *haze, const Pass *pass, const MendGoOn *go_on, GError **error)
{
    size_t n = (size_t)pass->n * (size_t)haze->w;
    double *columns = mend_block_new(2 * n * sizeof *columns, error);
    if (!columns)
        return FALSE;
    double *means = columns + n;
    gboolean good = TRUE;
    memset(columns, 0, n * sizeof *columns);
    int smooth = haze->windows.smooth;
    for (int y = -smooth; y < haze->h && good; y++) {
        int in = y + smooth, out = y - smooth - 1;
        if (in < haze->h)
            pass->add(haze, in, 1, columns);
        if (out >= 0)
            pass->add(haze, out, -1, columns);
        if (y < 0)
            continue;
        average_row(haze, pass, MIN(in, haze->h - 1) - MAX(out, -1), columns, means);
        pass->use(haze, y, means);
        if (y % 256 == 0)
            good = mend_go_on(go_on, error);
    }
    mend_block_free(columns);
    return good;
}

static void
add_moments(const Haze *haze, int y, double sign, double *columns)
{
    size_t at = (size_t)y * (size_t)haze->w;
    for (int x = 0; x < haze->w; x++, at++, columns += 4) {
        double g = guide_at(haze, at), t = (double)haze->t[at];
        columns[0] += sign * g;
        columns[1] += sign * t;
        columns[2] += sign * g * g;
        columns[3] += sign * g * t;
    }
}

/* t = slope * guide + offset, the best fit in each window. */
static void
fit(const Haze *haze, int y, const double *m)
{
    size_t at = (size_t)y * (size_t)haze->w;
    for (int x = 0; x < haze->w; x++, at++, m += 4) {
        double slope = (m[3] - m[0] * m[1]) / (m[2] - m[0] * m[0] + EPS);
        haze->slope[at] = (float)slope;
        haze->offset[at] = (float)(m[1] - slope * m[0]);
    }
}

static void
add_fits(const Haze *haze, int y, double sign, double *columns)
{
    size_t at = (size_t)y * (size_t)haze->w;
    for (int x = 0; x < haze->w; x++, at++, columns += 2) {
        columns[0] += sign * (double)haze->slope[at];
        columns[1] += sign * (double)haze->offset[at];
    }
}

static void
clear_haze(const Haze *haze, int y, const double *m)
{
    size_t at = (size_t)y * (size_t)haze->w;
    for (int x = 0; x < haze->w; x++, at++, m += 2) {
        double t = MAX(m[0] * guide_at(haze, at) + m[1], LEAST_T);
        for (int c = 0; c < 3; c++) {
            double clear = ((double)haze->rgb[c][at] - haze->air[c]) / t + haze->air[c];
            haze->out[(size_t)c * haze->n + at] = (float)CLAMP(clear, 0, 1);
        }
    }
}

static const Pass fitting = {4, add_moments, fit};
static const Pass clearing = {2, add_fits, clear_haze};

static gboolean
clear(Windows windows, MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    Haze haze = {.w = degraded.shape.w, .h = degraded.shape.h, .windows = windows};
    haze.out = mean.data;
    haze.n = (size_t)haze.h * (size_t)haze.w;
    for (int c = 0; c < 3; c++)
        haze.rgb[c] = mend_tensor_plane(degraded, c).data;
    g_auto(MendTensor) planes = mend_tensor_new(degraded.shape, error);
    if (!planes.data)
        return FALSE;
    haze.t = planes.data;
    haze.slope = planes.data + haze.n;
    haze.offset = planes.data + 2 * haze.n;
    find_air(&haze);
    if (!mend_go_on(go_on, error))
        return FALSE;
    dark_channel(&haze, haze.air, haze.t);
    for (size_t i = 0; i < haze.n; i++)
        haze.t[i] = (float)(1 - OMEGA * (double)haze.t[i]);
    return run_pass(&haze, &fitting, go_on, error) && run_pass(&haze, &clearing, go_on, error);
}

static gboolean
estimate(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    return clear((Windows){7, 30}, degraded, mean, go_on, error);
}

static const Windows small = {3, 10};

static gboolean
estimate_small(MendTensor degraded, MendTensor mean, const MendGoOn *go_on, GError **error)
{
    return clear(small, degraded, mean, go_on, error);
}

/* The darkest twentieth of the windows beside white. */
static double
darkest(MendTensor degraded, MendTensor scratch)
{
    static const double one[] = {1, 1, 1};
    Haze haze = {.w = degraded.shape.w, .h = degraded.shape.h, .windows = small};
    haze.n = (size_t)haze.h * (size_t)haze.w;
    for (int c = 0; c < 3; c++)
        haze.rgb[c] = mend_tensor_plane(degraded, c).data;
    float *dark = scratch.data, *light = scratch.data + haze.n;
    dark_channel(&haze, one, dark);
    for (size_t i = 0; i < haze.n; i++) {
        float rg = MAX(haze.rgb[0][i], haze.rgb[1][i]);
        light[i] = MAX(rg, haze.rgb[2][i]);
    }
    double black = (double)nth_largest(dark, haze.n, haze.n - haze.n / DARKEST);
    double white = (double)nth_largest(light, haze.n, MAX(1, haze.n / WHITEST));
    return black / MAX(white, LEAST_AIR);
}

/* Haze lies over all of a picture, so hardly anything in it is black, and much changes without
 * it. */
static double
presence(MendTensor degraded, MendTensor clean, MendTensor scratch)
{
    size_t n = mend_shape_count(degraded.shape);
    double change = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)clean.data[i] - (double)degraded.data[i];
        change += d * d;
    }
    double evidence = DARKNESS * darkest(degraded, scratch) + sqrt(change / (double)n);
    return mend_smooth_step(evidence, NO_HAZE, A_HAZE);
}

const MendMean mend_mean_dark_channel = {
    .name = "dark-channel",
    .blurb = "haze cleared by the dark channel prior",
    .estimate = estimate,
    .trust = 0.5f,
};

const MendMean mend_mean_dark_channel_small = {
    .name = "dark-channel-small",
    .blurb = "the same on a thumbnail, with smaller windows",
    .estimate = estimate_small,
    .trust = 0.5f,
    .presence = presence,
};
