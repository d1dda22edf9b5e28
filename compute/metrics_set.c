/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances between sets: random features, Frechet, sliced Wasserstein. */
#include "compute/metrics_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"

#define SEED           20
#define FLAT           1e-4 /* no picture: rounding */
#define EVEN_DEVIATION 0.25
#define N_MAPS         3 /* beside the picture */
#define CHANNELS       16
#define MOST_TURNS     60
#define SMALL          1e-24 /* of what is off the diagonal, against all; squares */

static void
weights_of(int map, int n_before, float *weights)
{
    MendShape shape = {CHANNELS, n_before, 9};
    mend_rng_normal((MendRng){SEED, (guint32)map}, 0, 0, (MendTensor){shape, weights});
    float scale = sqrtf(2.0F / (9.0F * (float)n_before));
    for (size_t i = 0; i < mend_shape_count(shape); i++)
        weights[i] *= scale;
}

/* to += weight * from moved by (dx, dy); to is smaller by 2 both ways. */
static void
add_moved(MendTensor from, int dx, int dy, float weight, MendTensor to)
{
    for (int y = 0; y < to.shape.h; y++) {
        const float *src = from.data + (size_t)(y + dy) * (size_t)from.shape.w + (size_t)dx;
        float *dst = to.data + (size_t)y * (size_t)to.shape.w;
        for (int x = 0; x < to.shape.w; x++)
            dst[x] += weight * src[x];
    }
}

static void
convolve(MendTensor from, int map, MendTensor to)
{
    float weights[CHANNELS * CHANNELS * 9];
    size_t n = mend_shape_count(to.shape);
    weights_of(map, from.shape.c, weights);
    memset(to.data, 0, n * sizeof *to.data);
    for (int o = 0; o < CHANNELS; o++)
        for (int i = 0; i < from.shape.c; i++)
            for (int k = 0; k < 9; k++)
                add_moved(mend_tensor_plane(from, i), k % 3, k / 3,
                          weights[(o * from.shape.c + i) * 9 + k], mend_tensor_plane(to, o));
    for (size_t i = 0; i < n; i++)
        to.data[i] = MAX(to.data[i], 0.0F);
}

/* In place: the halved planes follow each other. */
static void
halve(MendTensor *map)
{
    size_t w = (size_t)map->shape.w;
    int half_w = map->shape.w / 2, half_h = map->shape.h / 2;
    float *to = map->data;
    for (int c = 0; c < map->shape.c; c++) {
        const float *plane = mend_tensor_plane(*map, c).data;
        for (int y = 0; y < half_h; y++)
            for (int x = 0; x < half_w; x++) {
                const float *p = plane + (size_t)(2 * y) * w + (size_t)(2 * x);
                *to++ = (p[0] + p[1] + p[w] + p[w + 1]) / 4;
            }
    }
    map->shape.w = half_w;
    map->shape.h = half_h;
}

/* Mean and deviation of each channel; where the next ones belong. */
static double *
describe(MendTensor map, double *features)
{
    for (int c = 0; c < map.shape.c; c++) {
        MendTensor plane = mend_tensor_plane(map, c);
        double n = (double)mend_shape_count(plane.shape), sum = 0, squares = 0;
        for (size_t i = 0; i < mend_shape_count(plane.shape); i++)
            sum += (double)plane.data[i];
        for (size_t i = 0; i < mend_shape_count(plane.shape); i++)
            squares += pow((double)plane.data[i] - sum / n, 2);
        *features++ = sum / n;
        *features++ = sqrt(squares / n);
    }
    return features;
}

gboolean
mend_features(MendTensor picture, double features[MEND_N_FEATURES], GError **error)
{
    MendShape shape = picture.shape;
    if (shape.c != 3 || MIN(shape.w, shape.h) < MEND_FEATURE_SIDE) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_SHAPE,
                    "A picture of %d × %d pixels and %d channels has no features: it must have 3 "
                    "and sides of at least %d.",
                    shape.w, shape.h, shape.c, MEND_FEATURE_SIDE);
        return FALSE;
    }
    g_auto(MendTensor) one = mend_tensor_new((MendShape){CHANNELS, shape.h, shape.w}, error);
    g_auto(MendTensor) two = {0};
    if (!one.data || !(two = mend_tensor_new(one.shape, error)).data)
        return FALSE;
    MendTensor from = {shape, one.data}, to = {shape, two.data};
    for (size_t i = 0; i < mend_shape_count(shape); i++)
        from.data[i] = 2 * picture.data[i] - 1;
    features = describe(from, features);
    for (int map = 1; map <= N_MAPS; map++) {
        if (map > 1)
            halve(&from);
        to.shape = (MendShape){CHANNELS, from.shape.h - 2, from.shape.w - 2};
        convolve(from, map, to);
        features = describe(to, features);
        MendTensor seen = to;
        to.data = from.data;
        from = seen;
    }
    return TRUE;
}

void
mend_even_tone(MendTensor picture)
{
    size_t n = mend_shape_count(picture.shape);
    double squares = 0;
    for (int c = 0; c < picture.shape.c; c++) {
        MendTensor plane = mend_tensor_plane(picture, c);
        size_t n_plane = mend_shape_count(plane.shape);
        double mean = 0;
        for (size_t i = 0; i < n_plane; i++)
            mean += (double)plane.data[i] / (double)n_plane;
        for (size_t i = 0; i < n_plane; i++) {
            plane.data[i] = (float)((double)plane.data[i] - mean);
            squares += pow((double)plane.data[i], 2);
        }
    }
    double scale = EVEN_DEVIATION / MAX(sqrt(squares / (double)n), FLAT);
    for (size_t i = 0; i < n; i++)
        picture.data[i] = (float)(0.5 + scale * (double)picture.data[i]);
}

static void
mean_of(const double *points, int n, int d, double *mean)
{
    for (int j = 0; j < d; j++) {
        mean[j] = 0;
        for (int i = 0; i < n; i++)
            mean[j] += points[(size_t)i * (size_t)d + (size_t)j] / n;
    }
}

/* d x d, symmetric */
static void
covariance_of(const double *points, int n, int d, const double *mean, double *matrix)
{
    size_t side = (size_t)d;
    memset(matrix, 0, side * side * sizeof *matrix);
    for (int i = 0; i < n; i++) {
        const double *p = points + (size_t)i * side;
        for (size_t j = 0; j < side; j++)
            for (size_t k = 0; k < side; k++)
                matrix[j * side + k] += (p[j] - mean[j]) * (p[k] - mean[k]) / (n - 1);
    }
}

/* Turns the plane of p and q by the angle of cosine c and sine s: rows of a. */
static void
turn_rows(double *a, size_t d, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < d; k++) {
        double x = a[p * d + k], y = a[q * d + k];
        a[p * d + k] = c * x - s * y;
        a[q * d + k] = s * x + c * y;
    }
}

static void
turn_columns(double *a, size_t d, size_t p, size_t q, double c, double s)
{
    for (size_t k = 0; k < d; k++) {
        double x = a[k * d + p], y = a[k * d + q];
        a[k * d + p] = c * x - s * y;
        a[k * d + q] = s * x + c * y;
    }
}

static gboolean
is_diagonal(const double *a, size_t d)
{
    double off = 0, all = 0;
    for (size_t i = 0; i < d * d; i++) {
        all += a[i] * a[i];
        off += i % (d + 1) ? a[i] * a[i] : 0;
    }
    return !(off > SMALL * all);
}

/* Jacobi's method (Golub & Van Loan, section 8.5): a, symmetric, becomes diagonal; the rows of
 * vectors (may be NULL) its eigenvectors. */
static void
diagonalize(double *a, size_t d, double *vectors)
{
    for (size_t i = 0; vectors && i < d * d; i++)
        vectors[i] = i % (d + 1) ? 0 : 1;
    for (int turn = 0; turn < MOST_TURNS && !is_diagonal(a, d); turn++)
        for (size_t p = 0; p < d; p++)
            for (size_t q = p + 1; q < d; q++) {
                double off = a[p * d + q];
                if (off == 0)
                    continue;
                double ratio = (a[q * d + q] - a[p * d + p]) / (2 * off);
                double t = (ratio < 0 ? -1 : 1) / (fabs(ratio) + hypot(1, ratio));
                double c = 1 / hypot(1, t), s = t * c;
                turn_rows(a, d, p, q, c, s);
                turn_columns(a, d, p, q, c, s);
                if (vectors)
                    turn_rows(vectors, d, p, q, c, s);
            }
}

static void
multiply(const double *a, const double *b, size_t d, double *out)
{
    memset(out, 0, d * d * sizeof *out);
    for (size_t i = 0; i < d; i++)
        for (size_t k = 0; k < d; k++)
            for (size_t j = 0; j < d; j++)
                out[i * d + j] += a[i * d + k] * b[k * d + j];
}

/* The symmetric root of a, which is destroyed. Rounding may have left values below 0. */
static void
root_of(double *a, size_t d, double *out)
{
    g_autofree double *vectors = g_new(double, d *d);
    diagonalize(a, d, vectors);
    memset(out, 0, d * d * sizeof *out);
    for (size_t k = 0; k < d; k++) {
        double root = sqrt(MAX(a[k * d + k], 0));
        for (size_t i = 0; i < d; i++)
            for (size_t j = 0; j < d; j++)
                out[i * d + j] += root * vectors[k * d + i] * vectors[k * d + j];
    }
}

double
mend_frechet(MendSets s)
{
    size_t d = (size_t)s.d, n = d * d;
    g_autofree double *mean_a = g_new(double, d), *mean_b = g_new(double, d);
    g_autofree double *a = g_new(double, n), *b = g_new(double, n), *root = g_new(double, n);
    g_autofree double *half = g_new(double, n);
    double sum = 0;
    mean_of(s.a, s.n, s.d, mean_a);
    mean_of(s.b, s.n, s.d, mean_b);
    covariance_of(s.a, s.n, s.d, mean_a, a);
    covariance_of(s.b, s.n, s.d, mean_b, b);
    for (size_t i = 0; i < d; i++)
        sum += pow(mean_a[i] - mean_b[i], 2) + a[i * (d + 1)] + b[i * (d + 1)];
    if (!isfinite(sum))
        return (double)NAN;
    root_of(a, d, root);
    multiply(root, b, d, half);
    multiply(half, root, d, a);
    diagonalize(a, d, NULL);
    for (size_t i = 0; i < d; i++)
        sum -= 2 * sqrt(MAX(a[i * (d + 1)], 0));
    return MAX(sum, 0);
}

/* d orthogonal directions of length 1, as rows: Gram and Schmidt's of random ones. */
static void
basis_of(int number, int d, double *rows)
{
    size_t side = (size_t)d;
    g_autofree float *normal = g_new(float, side *side);
    mend_rng_normal((MendRng){SEED, (guint32)(N_MAPS + 1 + number)}, 0, 0,
                    (MendTensor){{1, d, d}, normal});
    for (size_t i = 0; i < side; i++) {
        double *row = rows + i * side, length = 0;
        for (size_t k = 0; k < side; k++)
            row[k] = (double)normal[i * side + k];
        for (size_t j = 0; j < i; j++) {
            double along = 0;
            for (size_t k = 0; k < side; k++)
                along += row[k] * rows[j * side + k];
            for (size_t k = 0; k < side; k++)
                row[k] -= along * rows[j * side + k];
        }
        for (size_t k = 0; k < side; k++)
            length = hypot(length, row[k]);
        for (size_t k = 0; k < side; k++)
            row[k] /= length;
    }
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
project(const double *points, int n, int d, const double *direction, double *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = 0;
        for (int j = 0; j < d; j++)
            out[i] += points[(size_t)i * (size_t)d + (size_t)j] * direction[j];
    }
    qsort(out, (size_t)n, sizeof *out, by_value);
}

double
mend_sliced_wasserstein(MendSets s)
{
    g_autofree double *rows = g_new(double, (size_t)s.d *(size_t)s.d);
    g_autofree double *a = g_new(double, s.n), *b = g_new(double, s.n);
    double sum = 0;
    for (int number = 0; number < MEND_SLICES; number++) {
        basis_of(number, s.d, rows);
        for (int k = 0; k < s.d; k++) {
            project(s.a, s.n, s.d, rows + (size_t)k * (size_t)s.d, a);
            project(s.b, s.n, s.d, rows + (size_t)k * (size_t)s.d, b);
            for (int i = 0; i < s.n; i++)
                sum += pow(a[i] - b[i], 2) / s.n;
        }
    }
    return sqrt(sum / (MEND_SLICES * s.d));
}
