// SPDX-License-Identifier: GPL-3.0-or-later
// Channel norm with modulation: (x - mean) / sqrt(variance + 1e-5) * gain * (1 + scale) + shift,
// the statistics over the channels of each pixel. Eight invocations share a pixel; the variance is
// taken around the mean in a second pass, which the cache serves.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 64;

layout(push_constant) uniform Push {
    MEND_PUSH_NORM
} p;

const uint SHARE = 8;
shared float part[THREADS];

// The sum of value over the invocations of a pixel.
float total(float value)
{
    barrier();
    part[gl_LocalInvocationIndex] = value;
    barrier();
    float sum = 0.0;
    uint first = gl_LocalInvocationIndex / SHARE * SHARE;
    for (uint i = 0; i < SHARE; i++)
        sum += part[first + i];
    return sum;
}

// The modulation's offsets need not be multiples of 4.
vec4 modulation(uint at, uint c)
{
    vec4 v;
    for (uint i = 0; i < 4; i++)
        v[i] = c + i < p.n ? src_y[at + c + i] : 0.0;
    return v;
}

// 1 for channels that exist.
vec4 present(uint c)
{
    return vec4(lessThan(uvec4(c, c + 1, c + 2, c + 3), uvec4(p.n)));
}

void main()
{
    uint pixel = group_index() * (THREADS / SHARE) + gl_LocalInvocationIndex / SHARE;
    uint begin = gl_LocalInvocationIndex % SHARE * 4;
    bool inside = pixel < p.n_pixels;
    float sum = 0.0;
    if (inside) {
        for (uint c = begin; c < p.n; c += SHARE * 4)
            sum += dot(load_x(pixel, c, p.n), vec4(1.0));
    }
    float mean = total(sum) / float(p.n);
    sum = 0.0;
    if (inside) {
        for (uint c = begin; c < p.n; c += SHARE * 4) {
            vec4 d = (load_x(pixel, c, p.n) - mean) * present(c);
            sum += dot(d, d);
        }
    }
    float factor = 1.0 / sqrt(total(sum) / float(p.n) + 1e-5);
    if (!inside)
        return;
    for (uint c = begin; c < p.n; c += SHARE * 4) {
        vec4 v = (load_x(pixel, c, p.n) - mean) * factor * weight4[c / 4];
        store(pixel, c, p.n, v * (1.0 + modulation(p.scale, c)) + modulation(p.shift, c));
    }
}
