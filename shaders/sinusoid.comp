// SPDX-License-Identifier: GPL-3.0-or-later
// Time embedding: [sin(t f_k), cos(t f_k)]. The built-in functions may be off by 2^-11 and are
// not specified at all beyond pi, so the angle is reduced and expanded here.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;

layout(push_constant) uniform Push {
    MEND_PUSH_SINUSOID
} p;

// Taylor on [-pi/4, pi/4]: the first term left out is below 3e-9 of the value.
float sine(float x)
{
    float s = x * x;
    return x * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s / 362880.0))));
}

float cosine(float x)
{
    float s = x * x;
    return 1.0 + s * (-0.5 + s * (1.0 / 24.0 + s * (-1.0 / 720.0 + s * (1.0 / 40320.0 -
                                                                        s / 3628800.0))));
}

// sin(x + quarter * pi / 2). pi / 2 is taken off in three parts, the first two short enough that
// their products with n are exact for |x| up to some thousands.
float wave(float x, int quarter)
{
    precise float n = floor(x * 0.636619772 + 0.5);
    precise float r = x - n * 1.5703125;
    r = r - n * 4.837512969970703125e-4;
    r = r - n * 7.54978995489188216e-8;
    int q = (int(n) + quarter) & 3;
    float v = (q & 1) == 0 ? sine(r) : cosine(r);
    return q < 2 ? v : -v;
}

void main()
{
    uint i = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (i >= p.n)
        return;
    uint k = i % (p.n / 2);
    dst[i] = wave(src_x[0] * weight4[k / 4][k % 4], i < p.n / 2 ? 0 : 1);
}
