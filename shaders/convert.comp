// SPDX-License-Identifier: GPL-3.0-or-later
// Planar [n][n_pixels] to NHWC [n_pixels][n], or back. Neighbours walk along the planes.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint TO_PLANAR = 0;

layout(push_constant) uniform Push {
    MEND_PUSH_CONVERT
} p;

void main()
{
    uint planar = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (planar >= p.n * p.n_pixels)
        return;
    uint nhwc = planar % p.n_pixels * p.n + planar / p.n_pixels;
    if (TO_PLANAR != 0)
        dst[planar] = src_x[nhwc];
    else
        dst[nhwc] = src_x[planar];
}
