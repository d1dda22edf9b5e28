// SPDX-License-Identifier: GPL-3.0-or-later
// Dense convolution as one matrix product: pixels x (taps * source channels) x channels.
//
// A workgroup makes BM pixels x BN channels, sixteen terms at a time through shared memory; each
// invocation keeps TM pixels x TN vec4 of channels in registers. A 1x1 kernel on a 1x1 map is a
// linear layer. Padded source rows of the tile (5 instead of 4) keep the banks apart.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in; // (BM / TM) * (BN / 4 / TN), a multiple of 4
layout(constant_id = 1) const uint BM = 32;
layout(constant_id = 2) const uint BN = 32;
layout(constant_id = 3) const uint TM = 4;
layout(constant_id = 4) const uint TN = 1;
layout(constant_id = 5) const uint KERNEL = 1;
layout(constant_id = 6) const uint OUTPUT = 0;
layout(constant_id = 8) const bool SOURCE_ALIGNED = false; // ALIGNED is about the result

// OUTPUT: what becomes of the product.
const uint PLAIN = 0;
const uint GATE = 1;    // first half of the channels times the second half
const uint SHUFFLE = 2; // pixel shuffle by 2

// p.after: what a plain one does with the second source, y.
const uint NOTHING = 0;
const uint MUL = 1;  // y * conv
const uint ADD = 2;  // y + conv
const uint AXPY = 3; // y + gain * conv

layout(push_constant) uniform Push {
    MEND_PUSH_CONV
} p;

const uint ROW = 5;                       // vec4s of a row of tile_a
const uint BN4 = BN / 4;
const uint N_ROWS = BM / TM;              // invocations along the pixels
const uint N_COLS = BN4 / TN;             // invocations along the channels
const uint THREADS = N_ROWS * N_COLS;
const uint N_A = (BM * 4 + THREADS - 1) / THREADS;
const uint N_B = (16 * BN4 + THREADS - 1) / THREADS;

shared vec4 tile_a[BM * ROW];
shared vec4 tile_b[16 * BN4];

// Where the window of a pixel begins in the source; far outside for pixels past the end.
ivec2 window(uint pixel)
{
    if (pixel >= p.end)
        return ivec2(-0x10000000);
    return ivec2(pixel % p.w, pixel / p.w) * int(p.stride) - int(p.pad);
}

// Where a tap of the window at `at` reads.
ivec2 tapped(ivec2 at, uint tap)
{
    ivec2 s = at + ivec2(tap % KERNEL, tap / KERNEL), size = ivec2(p.w_src, p.h_src);
    return KERNEL == 1 || p.wrap == 0 || at.x < -0x8000000 ? s : (s + size * int(KERNEL)) % size;
}

float source(ivec2 at, uint term)
{
    uint tap = KERNEL == 1 ? 0 : term / p.n_src;
    ivec2 s = tapped(at, tap);
    if (term >= KERNEL * KERNEL * p.n_src || any(lessThan(s, ivec2(0))) ||
        any(greaterThanEqual(s, ivec2(p.w_src, p.h_src))))
        return 0.0;
    return src_x[(uint(s.y) * p.w_src + uint(s.x)) * p.n_src + (term - tap * p.n_src)];
}

// Four terms from `term` on of the window at `at`.
vec4 source4(ivec2 at, uint term)
{
    if (!SOURCE_ALIGNED)
        return vec4(source(at, term), source(at, term + 1), source(at, term + 2),
                    source(at, term + 3));
    uint tap = KERNEL == 1 ? 0 : term / p.n_src;
    ivec2 s = tapped(at, tap);
    if (term >= KERNEL * KERNEL * p.n_src || any(lessThan(s, ivec2(0))) ||
        any(greaterThanEqual(s, ivec2(p.w_src, p.h_src))))
        return vec4(0.0);
    return src_x4[((uint(s.y) * p.w_src + uint(s.x)) * p.n_src + (term - tap * p.n_src)) >> 2];
}

// Column of the weights, in vec4s, for column col of this group's tile. For a gate the right half
// of the tile holds the second factors of the left half's channels.
uint weight_column(uint col)
{
    if (OUTPUT == GATE) {
        uint c = gl_WorkGroupID.x * (BN4 / 2) + col % (BN4 / 2);
        return c >= p.n / 8 ? 0xffffffff : c + (col < BN4 / 2 ? 0 : p.n / 8);
    }
    return gl_WorkGroupID.x * BN4 + col;
}

void finish(uint pixel, uint c, vec4 v)
{
    if (OUTPUT == SHUFFLE) {
        uint at = (pixel / p.w) * 4 * p.w + (pixel % p.w) * 2;
        uint n = p.n / 4;
        dst[at * n + c / 4] = v.x;
        dst[(at + 1) * n + c / 4] = v.y;
        dst[(at + 2 * p.w) * n + c / 4] = v.z;
        dst[(at + 2 * p.w + 1) * n + c / 4] = v.w;
        return;
    }
    if (p.after != NOTHING) {
        vec4 y = load_y(pixel - p.first, c, p.n);
        if (p.after == MUL)
            v *= y;
        else if (p.after == ADD)
            v += y;
        else
            v = y + weight4[(KERNEL * KERNEL * p.n_src + 1) * ((p.n + 3) / 4) + c / 4] * v;
    }
    store(pixel - p.first, c, p.n, v);
}

void main()
{
    uint id = gl_LocalInvocationIndex;
    uint row = id / N_COLS, col = id % N_COLS;
    uint first = p.first + (gl_WorkGroupID.z * gl_NumWorkGroups.y + gl_WorkGroupID.y) * BM;
    uint n4 = (p.n + 3) / 4;
    uint n_terms = KERNEL * KERNEL * p.n_src;

    ivec2 at[N_A];
    [[unroll]] for (uint i = 0; i < N_A; i++)
        at[i] = window(first + (id + i * THREADS) / 4);
    vec4 sum[TM * TN];
    [[unroll]] for (uint i = 0; i < TM * TN; i++)
        sum[i] = vec4(0.0);

    for (uint term = 0; term < n_terms; term += 16) {
        [[unroll]] for (uint i = 0; i < N_A; i++) {
            uint r = (id + i * THREADS) / 4;
            if (r < BM)
                tile_a[r * ROW + id % 4] = source4(at[i], term + id % 4 * 4);
        }
        [[unroll]] for (uint i = 0; i < N_B; i++) {
            uint b = id + i * THREADS;
            uint t = term + b / BN4, c = weight_column(b % BN4);
            if (b < 16 * BN4)
                tile_b[b] = t < n_terms && c < n4 ? weight4[t * n4 + c] : vec4(0.0);
        }
        barrier();
        [[unroll]] for (uint k = 0; k < 4; k++) {
            vec4 b[4 * TN];
            [[unroll]] for (uint i = 0; i < 4; i++)
                [[unroll]] for (uint j = 0; j < TN; j++)
                    b[i * TN + j] = tile_b[(k * 4 + i) * BN4 + col + j * N_COLS];
            [[unroll]] for (uint i = 0; i < TM; i++) {
                vec4 a = tile_a[(row + i * N_ROWS) * ROW + k];
                // One statement each, so that each becomes fused multiply-adds.
                [[unroll]] for (uint j = 0; j < TN; j++) {
                    sum[i * TN + j] += a.x * b[j];
                    sum[i * TN + j] += a.y * b[TN + j];
                    sum[i * TN + j] += a.z * b[2 * TN + j];
                    sum[i * TN + j] += a.w * b[3 * TN + j];
                }
            }
        }
        barrier();
    }

    [[unroll]] for (uint i = 0; i < TM; i++) {
        uint pixel = first + row + i * N_ROWS;
        if (pixel >= p.end)
            continue;
        if (OUTPUT == GATE) {
            uint c = weight_column(col);
            if (c < n4)
                store(pixel - p.first, c * 4, p.n / 2,
                      (sum[i * TN] + weight4[n_terms * n4 + c]) *
                          (sum[i * TN + TN - 1] + weight4[n_terms * n4 + c + p.n / 8]));
            continue;
        }
        [[unroll]] for (uint j = 0; j < TN; j++) {
            uint c = weight_column(col + j * N_COLS);
            if (c < n4)
                finish(pixel, c * 4, sum[i * TN + j] + weight4[n_terms * n4 + c]);
        }
    }
}
