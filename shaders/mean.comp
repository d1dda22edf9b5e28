// SPDX-License-Identifier: GPL-3.0-or-later
// Sums over pixels: a workgroup takes 32 channels and a run of pixels. Run twice: parts, then the
// parts' sum; each invocation adds few values in a row, so float32 is enough.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint THREADS = 64;

layout(push_constant) uniform Push {
    MEND_PUSH_MEAN
} p;

const uint LANES = 8; // vec4s of channels
shared vec4 part[THREADS];

void main()
{
    uint group = gl_WorkGroupID.y;
    uint c = (gl_WorkGroupID.x * LANES + gl_LocalInvocationIndex % LANES) * 4;
    uint end = min(group * p.run + p.run, p.n_pixels);
    vec4 sum = vec4(0.0);
    if (c < p.n) {
        for (uint i = group * p.run + gl_LocalInvocationIndex / LANES; i < end;
             i += THREADS / LANES)
            sum += load_x(i, c, p.n);
    }
    part[gl_LocalInvocationIndex] = sum;
    barrier();
    if (gl_LocalInvocationIndex >= LANES || c >= p.n)
        return;
    for (uint i = gl_LocalInvocationIndex + LANES; i < THREADS; i += LANES)
        sum += part[i];
    store(group, c, p.n, sum * p.factor);
}
