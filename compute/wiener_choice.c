/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network that chooses filters, and their sum. In double precision: it is small. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/block.h"
#include "compute/error.h"
#include "compute/wiener_parts.h"

enum {
    ANGLES = MEND_WIENER_ANGLES,
    SEEN = 2 * MEND_WIENER_SEEN, /* of a window and around it */
    KNOTS = MEND_WIENER_KNOTS,
    TURNS = 4, /* the direction itself, as cosines and sines */
    MOST = 256 /* of any size in the file */
};
#define PREFIX    "wiener."
#define FARTHEST  sqrt(0.5) /* frequency of the last knot, cycles a pixel */
#define MOST_GAIN 50

/* An array of the file and the place for its numbers; 0 dimensions: fewer than three. */
typedef struct {
    const char *name;
    int dims[3];
    double **to;
} Part;
enum { N_PARTS = 13 };

static void
list_parts(MendWienerChoice *c, double **gain, Part parts[N_PARTS])
{
    int h = c->n_hidden, p = c->n_paths, r = c->n_round;
    const Part all[N_PARTS] = {
        {"centre", {SEEN}, &c->centre},
        {"scale", {SEEN}, &c->scale},
        {"first.weight", {h, SEEN + TURNS, 5}, &c->first},
        {"first.bias", {h}, &c->first_bias},
        {"second.weight", {h, h, 5}, &c->second},
        {"second.bias", {h}, &c->second_bias},
        {"paths.weight", {p, h, 3}, &c->paths},
        {"paths.bias", {p}, &c->paths_bias},
        {"others.weight", {r + 1, 2 * h}, &c->others},
        {"others.bias", {r + 1}, &c->others_bias},
        {"path_profiles", {p, KNOTS}, &c->path_profiles},
        {"round_profiles", {r, KNOTS}, &c->round_profiles},
        {"gain", {1, KNOTS}, gain},
    };
    memcpy(parts, all, sizeof all);
}

static size_t
count_of(const Part *part)
{
    size_t n = 1;
    for (int i = 0; i < 3; i++)
        n *= part->dims[i] ? (size_t)part->dims[i] : 1;
    return n;
}

static gboolean
refuse(const MendWeights *weights, const char *name, const char *wanted, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS,
                "%s: its mend.mean wants Wiener filters, so the array " PREFIX "%s must be %s.",
                mend_weights_path(weights), name, wanted);
    return FALSE;
}

/* The first dimension of an array: a size that the file is free to choose. */
static gboolean
read_size(const MendWeights *weights, const char *name, int least, int *size, GError **error)
{
    g_autofree char *full = g_strconcat(PREFIX, name, NULL);
    const MendArray *array = mend_weights_get(weights, full, error);
    if (!array)
        return FALSE;
    if (array->n_dims < 1 || array->dims[0] < least || array->dims[0] > MOST)
        return refuse(weights, name, least > 1 ? "of 2 to 256 rows" : "of 1 to 256 rows", error);
    *size = (int)array->dims[0];
    return TRUE;
}

static gboolean
read_part(const MendWeights *weights, const Part *part, GError **error)
{
    g_autofree char *full = g_strconcat(PREFIX, part->name, NULL);
    const MendArray *array = mend_weights_get(weights, full, error);
    if (!array)
        return FALSE;
    int n = part->dims[2] ? 3 : part->dims[1] ? 2 : 1;
    gboolean fits = array->n_dims == n;
    for (int i = 0; i < n && fits; i++)
        fits = array->dims[i] == part->dims[i];
    char wanted[64];
    snprintf(wanted, sizeof wanted, "of %d x %d x %d numbers", part->dims[0], MAX(part->dims[1], 1),
             MAX(part->dims[2], 1));
    return fits ? mend_array_read_f64(array, *part->to, error)
                : refuse(weights, part->name, wanted, error);
}

/* Where a frequency lies on a profile, in knots. */
static double
place_of(double f)
{
    return MIN(f / FARTHEST * (KNOTS - 1), KNOTS - 1);
}

static double
read_off(const double *profile, double place)
{
    int low = MIN((int)place, KNOTS - 2);
    return profile[low] + (profile[low + 1] - profile[low]) * (place - low);
}

static double
frequency(int row)
{
    int side = MEND_WIENER_SIDE;
    return (double)(row < side / 2 ? row : row - side) / side;
}

/* What the numbers of the file must be besides finite. */
static gboolean
check_numbers(const MendWienerChoice *c, const MendWeights *weights, const double *gain,
              GError **error)
{
    for (int i = 0; i < SEEN; i++)
        if (!(c->scale[i] > 0))
            return refuse(weights, "scale", "of numbers above 0", error);
    for (int i = 0; i < KNOTS; i++)
        if (!(fabs(gain[i]) < MOST_GAIN))
            return refuse(weights, "gain", "of numbers between -50 and 50", error);
    return TRUE;
}

static void
fill_tables(MendWienerChoice *c, const double *gain)
{
    for (int i = 0; i < MEND_WIENER_POINTS; i++) {
        double y = frequency(i / MEND_WIENER_HALF);
        double x = (double)(i % MEND_WIENER_HALF) / MEND_WIENER_SIDE;
        double place = place_of(hypot(x, y));
        c->gain[i] = exp(read_off(gain, place));
        c->radius[i] = (float)place;
    }
}

gboolean
mend_wiener_choice_open(MendWienerChoice *choice, const MendWeights *weights, GError **error)
{
    *choice = (MendWienerChoice){0};
    Part parts[N_PARTS];
    double *gain;
    int n_others;
    if (!read_size(weights, "first.weight", 1, &choice->n_hidden, error) ||
        !read_size(weights, "paths.weight", 1, &choice->n_paths, error) ||
        !read_size(weights, "others.weight", 2, &n_others, error))
        return FALSE;
    choice->n_round = n_others - 1;
    list_parts(choice, &gain, parts);
    size_t n = 2 * MEND_WIENER_POINTS;
    for (int i = 0; i < N_PARTS; i++)
        n += count_of(&parts[i]);
    choice->memory = mend_block_new(n * sizeof(double), error);
    double *next = choice->memory;
    gboolean good = next != NULL;
    for (int i = 0; i < N_PARTS && good; i++) {
        *parts[i].to = next;
        next += count_of(&parts[i]);
        good = read_part(weights, &parts[i], error);
    }
    if (!good || !check_numbers(choice, weights, gain, error)) {
        mend_wiener_choice_clear(choice);
        return FALSE;
    }
    choice->gain = next;
    choice->radius = (float *)(next + MEND_WIENER_POINTS);
    fill_tables(choice, gain);
    return TRUE;
}

void
mend_wiener_choice_clear(MendWienerChoice *choice)
{
    g_clear_pointer(&choice->memory, mend_block_free);
}

/* A convolution around the directions: to [n_out][ANGLES], of an odd number of taps. */
static void
turn_around(const double *weight, const double *bias, const double *from, int n_in, int n_out,
            int taps, double *to)
{
    for (int o = 0; o < n_out; o++) {
        double *row = to + o * ANGLES;
        for (int a = 0; a < ANGLES; a++)
            row[a] = bias[o];
        for (int i = 0; i < n_in; i++)
            for (int t = 0; t < taps; t++) {
                double w = weight[(o * n_in + i) * taps + t];
                const double *line = from + i * ANGLES;
                for (int a = 0, b = (t - taps / 2 + ANGLES) % ANGLES; a < ANGLES; a++) {
                    row[a] += w * line[b];
                    b = b + 1 < ANGLES ? b + 1 : 0;
                }
            }
    }
}

static void
rectify(double *v, int n)
{
    for (int i = 0; i < n; i++)
        if (v[i] < 0) /* what is no number stays so, and is found */
            v[i] = 0;
}

/* v: [SEEN + TURNS][ANGLES]. */
static void
normalise(const MendWienerChoice *c, const float *seen, double *v)
{
    for (int i = 0; i < SEEN * ANGLES; i++)
        v[i] = ((double)seen[i] - c->centre[i / ANGLES]) / c->scale[i / ANGLES];
    for (int a = 0; a < ANGLES; a++) {
        double turn = a * G_PI / ANGLES;
        double *turns = v + SEEN * ANGLES + a;
        turns[0] = cos(2 * turn);
        turns[ANGLES] = sin(2 * turn);
        turns[2 * ANGLES] = cos(4 * turn);
        turns[3 * ANGLES] = sin(4 * turn);
    }
}

/* The filters that have no direction, from means and largest values over the directions. */
static void
judge_others(const MendWienerChoice *c, const double *hidden, double *logits)
{
    int h = c->n_hidden;
    for (int o = 0; o <= c->n_round; o++)
        logits[o] = c->others_bias[o];
    for (int i = 0; i < h; i++) {
        double sum = 0, most = hidden[i * ANGLES];
        for (int a = 0; a < ANGLES; a++) {
            sum += hidden[i * ANGLES + a];
            most = MAX(most, hidden[i * ANGLES + a]);
        }
        for (int o = 0; o <= c->n_round; o++)
            logits[o] +=
                c->others[o * 2 * h + i] * sum / ANGLES + c->others[o * 2 * h + h + i] * most;
    }
}

static void
softmax(double *v, int n)
{
    double most = v[0], sum = 0;
    for (int i = 1; i < n; i++)
        most = MAX(most, v[i]);
    for (int i = 0; i < n; i++)
        sum += v[i] = exp(v[i] - most);
    for (int i = 0; i < n; i++)
        v[i] /= sum;
}

size_t
mend_wiener_scratch(const MendWienerChoice *choice)
{
    return (size_t)(SEEN + TURNS + 2 * choice->n_hidden) * ANGLES;
}

void
mend_wiener_choose(const MendWienerChoice *c, const float *seen, double *scratch, double *shares)
{
    double *v = scratch, *first = v + (SEEN + TURNS) * ANGLES;
    double *second = first + c->n_hidden * ANGLES;
    normalise(c, seen, v);
    turn_around(c->first, c->first_bias, v, SEEN + TURNS, c->n_hidden, 5, first);
    rectify(first, c->n_hidden * ANGLES);
    turn_around(c->second, c->second_bias, first, c->n_hidden, c->n_hidden, 5, second);
    rectify(second, c->n_hidden * ANGLES);
    turn_around(c->paths, c->paths_bias, second, c->n_hidden, c->n_paths, 3, shares);
    judge_others(c, second, shares + c->n_paths * ANGLES);
    softmax(shares, mend_wiener_n_shares(c));
}

/* The shares' profiles for one direction, or the round ones, as one. */
static void
add_profiles(const double *profiles, int n, const double *shares, int stride, double *sum)
{
    memset(sum, 0, KNOTS * sizeof *sum);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < KNOTS; k++)
            sum[k] += shares[i * stride] * profiles[i * KNOTS + k];
}

void
mend_wiener_filter(const MendWienerChoice *c, const double *shares, double *filter)
{
    double sum[KNOTS];
    memset(filter, 0, MEND_WIENER_POINTS * sizeof *filter);
    for (int a = 0; a < ANGLES; a++) {
        double turn = a * G_PI / ANGLES, cosine = cos(turn), sine = sin(turn);
        add_profiles(c->path_profiles, c->n_paths, shares + a, ANGLES, sum);
        for (int i = 0; i < MEND_WIENER_POINTS; i++) {
            double y = frequency(i / MEND_WIENER_HALF);
            double x = (double)(i % MEND_WIENER_HALF) / MEND_WIENER_SIDE;
            filter[i] += read_off(sum, place_of(fabs(x * cosine + y * sine)));
        }
    }
    add_profiles(c->round_profiles, c->n_round, shares + c->n_paths * ANGLES, 1, sum);
    for (int i = 0; i < MEND_WIENER_POINTS; i++)
        filter[i] = 1 + c->gain[i] * filter[i] + read_off(sum, (double)c->radius[i]);
}
