/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Philox4x32-10 and normal numbers from it, the same to the last bit on every machine. */
#include "compute/rng.h"

#include <math.h>
#include <string.h>

#include "compute/bands.h"

#define BATCH 32 /* pixels: small loops of known length become vector code */

void
mend_philox4x32(const guint32 counter[4], const guint32 key[2], guint32 out[4])
{
    guint32 c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    guint32 k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        guint64 p0 = (guint64)0xD2511F53U * c0;
        guint64 p1 = (guint64)0xCD9E8D57U * c2;
        c0 = (guint32)(p1 >> 32) ^ c1 ^ k0;
        c1 = (guint32)p1;
        c2 = (guint32)(p0 >> 32) ^ c3 ^ k1;
        c3 = (guint32)p0;
        k0 += 0x9E3779B9U; /* Weyl sequence: golden ratio, sqrt(3) - 1 */
        k1 += 0xBB67AE85U;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* -ln(u) for u = (bits + 1/2) / 2^23, bits < 2^23, by ln m = 2 artanh((m - 1) / (m + 1)).
 * Only exactly rounded operations, so no C library's logarithm shows in the noise. */
static inline float
minus_log(guint32 bits)
{
    float u = ((float)bits + 0.5F) * 0x1p-23F;
    guint32 word;
    memcpy(&word, &u, sizeof word);
    /* exponent and mantissa such that sqrt(1/2) <= m < sqrt(2) */
    gint32 exponent = (gint32)(word - 0x3F3504F3U) >> 23;
    word -= (guint32)exponent << 23;
    float m;
    memcpy(&m, &word, sizeof m);
    float s = (m - 1) / (m + 1), s2 = s * s;
    float series = 1 + s2 * (1.0F / 3 + s2 * (1.0F / 5 + s2 * (1.0F / 7 + s2 * (1.0F / 9))));
    return -((float)exponent * 0.693147181F + 2 * s * series);
}

/* Two independent normal numbers: Box-Muller with the angle pi / 4 + psi, |psi| <= pi / 4, and the
 * quadrant from two sign bits. sin and cos of the sum are (cos psi +- sin psi) / sqrt(2), which
 * takes the sqrt(2) out of the radius sqrt(-2 ln u). */
static inline void
normal_pair(guint32 a, guint32 b, float *first, float *second)
{
    float radius = sqrtf(MAX(minus_log(a >> 9), 0));
    float psi = (float)((gint32)(b >> 8) - 0x800000) * (float)(G_PI_4 * 0x1p-23);
    float p2 = psi * psi;
    float sine = psi * (1 - p2 / 6 * (1 - p2 / 20 * (1 - p2 / 42 * (1 - p2 / 72))));
    float cosine = 1 - p2 / 2 * (1 - p2 / 12 * (1 - p2 / 30 * (1 - p2 / 56 * (1 - p2 / 90))));
    float sign_first = 1 - 2 * (float)(b & 1), sign_second = 1 - (float)(b & 2);
    *first = sign_first * radius * (cosine + sine);
    *second = sign_second * radius * (cosine - sine);
}

/* Channels 4 block ... 4 block + 3 of n <= BATCH pixels from (x, y) on. */
static void
normal_batch(MendRng rng, guint32 x, guint32 y, guint32 block, float out[4][BATCH])
{
    const guint32 key[2] = {(guint32)rng.seed, (guint32)(rng.seed >> 32)};
    guint32 bits[4][BATCH];
    for (guint32 i = 0; i < BATCH; i++) {
        guint32 word[4];
        mend_philox4x32((guint32[4]){x + i, y, block, rng.stream}, key, word);
        for (int j = 0; j < 4; j++)
            bits[j][i] = word[j];
    }
    for (int i = 0; i < BATCH; i++)
        normal_pair(bits[0][i], bits[1][i], &out[0][i], &out[1][i]);
    for (int i = 0; i < BATCH; i++)
        normal_pair(bits[2][i], bits[3][i], &out[2][i], &out[3][i]);
}

typedef struct {
    MendRng rng;
    int x0, y0;
    MendTensor dst;
} Fill;

static void
fill_rows(gpointer data, size_t begin, size_t end)
{
    const Fill *fill = data;
    const MendShape shape = fill->dst.shape;
    const size_t width = (size_t)shape.w, plane = width * (size_t)shape.h;
    for (int block = 0; 4 * block < shape.c; block++) {
        int n_channels = MIN(4, shape.c - 4 * block);
        float *first = fill->dst.data + (size_t)block * 4 * plane;
        for (size_t y = begin; y < end; y++)
            for (int x = 0; x < shape.w; x += BATCH) {
                float values[4][BATCH];
                size_t n = (size_t)MIN(BATCH, shape.w - x);
                normal_batch(fill->rng, (guint32)fill->x0 + (guint32)x,
                             (guint32)fill->y0 + (guint32)y, (guint32)block, values);
                for (int c = 0; c < n_channels; c++)
                    memcpy(first + (size_t)c * plane + y * width + (size_t)x, values[c],
                           n * sizeof(float));
            }
    }
}

void
mend_rng_normal(MendRng rng, int x0, int y0, MendTensor dst)
{
    Fill fill = {rng, x0, y0, dst};
    mend_bands_run((size_t)dst.shape.h, MEND_BAND / 8 / (size_t)MAX(dst.shape.w, 1), fill_rows,
                   &fill);
}

/* Counters whose third word no channel reaches. */
#define SPLIT   0xFFFFFFFEU
#define UNIFORM 0xFFFFFFFFU

static guint64
word_of(guint64 seed, const guint32 counter[4])
{
    const guint32 key[2] = {(guint32)seed, (guint32)(seed >> 32)};
    guint32 out[4];
    mend_philox4x32(counter, key, out);
    return (guint64)out[1] << 32 | out[0];
}

guint64
mend_rng_split(guint64 seed, guint64 branch)
{
    return word_of(seed, (guint32[4]){(guint32)branch, (guint32)(branch >> 32), SPLIT, 0});
}

double
mend_rng_uniform(MendRng rng)
{
    guint64 word = word_of(rng.seed, (guint32[4]){0, 0, UNIFORM, rng.stream});
    return (double)(word >> 11) * 0x1p-53;
}
