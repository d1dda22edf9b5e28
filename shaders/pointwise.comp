// SPDX-License-Identifier: GPL-3.0-or-later
// Ops that look at one pixel: an invocation makes four channels. Result and source may be the same
// memory where their shapes are equal.
#version 450
#extension GL_GOOGLE_include_directive : require
#include "shaders/common.glsl"
#include "shaders/push.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint OP = 0;

const uint GATE = 0;
const uint MUL = 1;
const uint ADD = 2;
const uint SUB = 3;
const uint AXPY = 4; // the gain is the weights
const uint CONCAT = 5;

layout(push_constant) uniform Push {
    MEND_PUSH_POINTWISE
} p;

float joined(uint pixel, uint c)
{
    if (c < p.n_x)
        return src_x[pixel * p.n_x + c];
    return c < p.n ? src_y[pixel * p.n_y + c - p.n_x] : 0.0;
}

vec4 concat(uint pixel, uint c)
{
    if (ALIGNED)
        return c < p.n_x ? load_x(pixel, c, p.n_x) : load_y(pixel, c - p.n_x, p.n_y);
    return vec4(joined(pixel, c), joined(pixel, c + 1), joined(pixel, c + 2), joined(pixel, c + 3));
}

// The second half need not begin at a multiple of 4.
vec4 gate(uint pixel, uint c)
{
    if (ALIGNED)
        return load_x(pixel, c, p.n_x) * load_x(pixel, c + p.n, p.n_x);
    vec4 v = vec4(0.0);
    for (uint i = 0; i < 4 && c + i < p.n; i++)
        v[i] = src_x[pixel * p.n_x + c + i] * src_x[pixel * p.n_x + c + i + p.n];
    return v;
}

void main()
{
    uint n4 = (p.n + 3) / 4;
    uint at = group_index() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    if (at >= n4 * p.n_pixels)
        return;
    uint pixel = at / n4, c = at % n4 * 4;
    vec4 v;
    if (OP == GATE)
        v = gate(pixel, c);
    else if (OP == CONCAT)
        v = concat(pixel, c);
    else {
        v = load_x(pixel, c, p.n);
        vec4 y = load_y(pixel * p.y_step, c, p.n);
        if (OP == MUL)
            v *= y;
        else if (OP == ADD)
            v += y;
        else if (OP == SUB)
            v -= y;
        else
            v += weight4[c / 4] * y;
    }
    store(pixel, c, p.n, v);
}
