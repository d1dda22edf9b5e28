// SPDX-License-Identifier: GPL-3.0-or-later
// Pixel shuffle by 2: channel 4c + 2i + j of pixel (y, x) becomes channel c of (2y + i, 2x + j).
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push {
    MEND_PUSH_SHUFFLE
} p;

void main()
{
    uint at = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (at >= p.n * p.h * p.w)
        return;
    uint c = at % p.n, pixel = at / p.n;
    uint to = (pixel / p.w) * 4 * p.w + (pixel % p.w) * 2;
    vec4 v = load_x(pixel, c * 4, p.n * 4);
    dst[to * p.n + c] = v.x;
    dst[(to + 1) * p.n + c] = v.y;
    dst[(to + 2 * p.w) * p.n + c] = v.z;
    dst[(to + 2 * p.w + 1) * p.n + c] = v.w;
}
