// SPDX-License-Identifier: GPL-3.0-or-later
// Depthwise 3x3 convolution, zero padding, or around the edges: an invocation makes four pixels of
// a row, four channels.
// With GATE the first half of the channels is multiplied by the second half on the way out.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint GATE = 0;

layout(push_constant) uniform Push {
    MEND_PUSH_DWCONV
} p;

const int RUN = 4;

// Pixels x0..x0+3 of row y, channels c..c+3.
vec4[RUN] filtered(int x0, int y, uint c)
{
    uint n4 = (p.n + 3) / 4;
    vec4 sum[RUN];
    [[unroll]] for (int i = 0; i < RUN; i++)
        sum[i] = weight4[9 * n4 + c / 4];
    [[unroll]] for (int dy = 0; dy < 3; dy++) {
        int sy = y + dy - 1;
        if (p.wrap != 0)
            sy = (sy + int(p.h)) % int(p.h);
        if (sy < 0 || sy >= int(p.h))
            continue;
        vec4 line[RUN + 2];
        [[unroll]] for (int i = 0; i < RUN + 2; i++) {
            int sx = x0 + i - 1;
            if (p.wrap != 0)
                sx = (sx + int(p.w)) % int(p.w);
            line[i] = sx < 0 || sx >= int(p.w) ? vec4(0.0)
                                               : load_x(uint(sy) * p.w + uint(sx), c, p.n);
        }
        [[unroll]] for (int dx = 0; dx < 3; dx++) {
            vec4 k = weight4[uint(dy * 3 + dx) * n4 + c / 4];
            [[unroll]] for (int i = 0; i < RUN; i++)
                sum[i] += k * line[i + dx];
        }
    }
    return sum;
}

void main()
{
    uint n = GATE != 0 ? p.n / 2 : p.n;
    uint n4 = (n + 3) / 4, runs = (p.w + RUN - 1) / RUN;
    uint at = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (at >= n4 * runs * p.h)
        return;
    uint c = at % n4 * 4, run = at / n4;
    int x0 = int(run % runs) * RUN, y = int(run / runs);
    vec4 sum[RUN] = filtered(x0, y, c);
    if (GATE != 0) {
        vec4 second[RUN] = filtered(x0, y, c + n);
        [[unroll]] for (int i = 0; i < RUN; i++)
            sum[i] *= second[i];
    }
    [[unroll]] for (int i = 0; i < RUN; i++) {
        if (x0 + i < int(p.w))
            store(uint(y) * p.w + uint(x0 + i), c, n, sum[i]);
    }
}
