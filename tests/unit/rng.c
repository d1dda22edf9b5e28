/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Philox against the known answers of Random123, and the manners of the normal numbers. */
#include "compute/rng.h"

#include <math.h>
#include <string.h>

static void
test_known_answers(void)
{
    static const struct {
        guint32 counter[4], key[2], expected[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{G_MAXUINT32, G_MAXUINT32, G_MAXUINT32, G_MAXUINT32},
         {G_MAXUINT32, G_MAXUINT32},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint32 out[4];
        mend_philox4x32(rows[i].counter, rows[i].key, out);
        g_assert_cmpmem(out, sizeof out, rows[i].expected, sizeof out);
    }
}

static MendTensor
draw(guint64 seed, guint32 stream, int x0, int y0, MendShape shape)
{
    MendTensor tensor = mend_tensor_new(shape, NULL);
    g_assert_nonnull(tensor.data);
    mend_rng_normal((MendRng){seed, stream}, x0, y0, tensor);
    return tensor;
}

/* A crop's noise is the crop of the noise, also across the inner batches and beyond 4 channels. */
static void
test_crop(void)
{
    g_auto(MendTensor) whole = draw(7, 3, 0, 0, (MendShape){6, 50, 101});
    g_auto(MendTensor) crop = draw(7, 3, 29, 11, (MendShape){5, 20, 67});
    for (int c = 0; c < crop.shape.c; c++)
        for (int y = 0; y < crop.shape.h; y++)
            g_assert_cmpmem(mend_tensor_plane(crop, c).data + y * 67, 67 * sizeof(float),
                            mend_tensor_plane(whole, c).data + (y + 11) * 101 + 29,
                            67 * sizeof(float));
}

/* What the numbers are, so that a picture made today can be made again in another year. */
static void
test_frozen(void)
{
    static const float expected[4] = {0x1.690736p-1F, 0x1.787e9cp+0F, -0x1.bf6ba2p-1F,
                                      0x1.2472d4p-1F};
    g_auto(MendTensor) tensor =
        draw(G_GUINT64_CONSTANT(0x123456789abcdef), 2, 5, 9, (MendShape){4, 1, 1});
    g_assert_cmpmem(tensor.data, sizeof expected, expected, sizeof expected);
}

static double
correlation(MendTensor a, MendTensor b)
{
    double sum = 0;
    size_t n = mend_shape_count(a.shape);
    for (size_t i = 0; i < n; i++)
        sum += (double)a.data[i] * (double)b.data[i];
    return sum / (double)n;
}

/* Every part of the counter and key matters, and what differs in one is independent: of n = 40000
 * products the mean has standard deviation 0.005; five of them is the bound. */
static void
test_independence(void)
{
    const MendShape shape = {1, 200, 200};
    g_auto(MendTensor) base = draw(1, 1, 0, 0, shape);
    g_auto(MendTensor) seed = draw(2, 1, 0, 0, shape);
    g_auto(MendTensor) high = draw(G_GUINT64_CONSTANT(1) << 32 | 1, 1, 0, 0, shape);
    g_auto(MendTensor) stream = draw(1, 2, 0, 0, shape);
    g_auto(MendTensor) right = draw(1, 1, 1, 0, shape);
    g_auto(MendTensor) down = draw(1, 1, 0, 1, shape);
    g_auto(MendTensor) channels = draw(1, 1, 0, 0, (MendShape){9, 200, 200});
    MendTensor others[] = {seed,
                           high,
                           stream,
                           right,
                           down,
                           mend_tensor_plane(channels, 1),
                           mend_tensor_plane(channels, 2),
                           mend_tensor_plane(channels, 3),
                           mend_tensor_plane(channels, 4),
                           mend_tensor_plane(channels, 8)};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpfloat(fabs(correlation(base, others[i])), <, 0.025);
    g_assert_cmpfloat_with_epsilon(correlation(base, base), 1, 0.035);
}

static int
compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov: for n = 10^6 the distance exceeds 0.002 with probability below 10^-3, and
 * the seed is fixed. Each channel takes another path through Box-Muller. */
static void
test_distribution(void)
{
    g_auto(MendTensor) tensor = draw(99, 0, -500, 100000, (MendShape){4, 1000, 1000});
    for (int c = 0; c < 4; c++) {
        float *values = mend_tensor_plane(tensor, c).data;
        const size_t n = 1000000;
        qsort(values, n, sizeof *values, compare_floats);
        double worst = 0;
        for (size_t i = 0; i < n; i++) {
            double ideal = erfc(-(double)values[i] / G_SQRT2) / 2;
            worst = MAX(worst, fabs(ideal - ((double)i + 0.5) / (double)n));
        }
        g_assert_cmpfloat(worst, <, 0.002);
        g_assert_cmpfloat((double)values[0], <, -4.5);
        g_assert_cmpfloat((double)values[n - 1], >, 4.5);
    }
}

/* Branches of branches have nothing to do with each other, nor with the seed. */
static void
test_split(void)
{
    enum { BRANCHES = 1000 };
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    guint64 seeds[2 * BRANCHES];
    for (guint64 i = 0; i < BRANCHES; i++) {
        seeds[2 * i] = mend_rng_split(7, i);
        seeds[2 * i + 1] = mend_rng_split(seeds[2 * i], i);
        g_assert_true(g_hash_table_add(seen, &seeds[2 * i]));
        g_assert_true(g_hash_table_add(seen, &seeds[2 * i + 1]));
    }
    g_assert_cmpuint(mend_rng_split(7, 3), ==, seeds[6]);
}

/* Mean and variance of [0, 1) within four standard errors. */
static void
test_uniform(void)
{
    enum { COUNT = 20000 };
    double sum = 0, squares = 0;
    for (guint32 i = 0; i < COUNT; i++) {
        double u = mend_rng_uniform((MendRng){9, i});
        g_assert_true(u >= 0 && u < 1);
        sum += (u - 0.5) / COUNT;
        squares += (u - 0.5) * (u - 0.5) / COUNT;
    }
    g_assert_cmpfloat(fabs(sum), <, 4 * sqrt(1.0 / 12 / COUNT));
    g_assert_cmpfloat(fabs(squares - 1.0 / 12), <, 4 * sqrt(1.0 / 180 / COUNT));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rng/known-answers", test_known_answers);
    g_test_add_func("/rng/frozen", test_frozen);
    g_test_add_func("/rng/crop", test_crop);
    g_test_add_func("/rng/independence", test_independence);
    g_test_add_func("/rng/distribution", test_distribution);
    g_test_add_func("/rng/split", test_split);
    g_test_add_func("/rng/uniform", test_uniform);
    return g_test_run();
}
