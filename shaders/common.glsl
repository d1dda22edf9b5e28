// SPDX-License-Identifier: GPL-3.0-or-later
// Bindings and access by four channels, shared by all shaders.
//
// Binding 0 is the result, 1 and 2 the sources, 3 the weights. Feature maps are NHWC float32.
// Where the channel counts are multiples of 4 (ALIGNED) an access is one vec4, else up to four
// floats. Weights are always padded to 4.

layout(constant_id = 7) const bool ALIGNED = false;

layout(std430, binding = 0) buffer Dst {
    float dst[];
};
layout(std430, binding = 0) buffer Dst4 {
    vec4 dst4[];
};
layout(std430, binding = 1) readonly buffer SrcX {
    float src_x[];
};
layout(std430, binding = 1) readonly buffer SrcX4 {
    vec4 src_x4[];
};
layout(std430, binding = 2) readonly buffer SrcY {
    float src_y[];
};
layout(std430, binding = 2) readonly buffer SrcY4 {
    vec4 src_y4[];
};
layout(std430, binding = 3) readonly buffer Weights4 {
    vec4 weight4[];
};

// Channels c..c+3 of one pixel; those from n on are 0.
vec4 load_x(uint pixel, uint c, uint n)
{
    uint at = pixel * n + c;
    if (ALIGNED)
        return src_x4[at >> 2];
    return vec4(src_x[at], c + 1u < n ? src_x[at + 1u] : 0.0, c + 2u < n ? src_x[at + 2u] : 0.0,
                c + 3u < n ? src_x[at + 3u] : 0.0);
}

vec4 load_y(uint pixel, uint c, uint n)
{
    uint at = pixel * n + c;
    if (ALIGNED)
        return src_y4[at >> 2];
    return vec4(src_y[at], c + 1u < n ? src_y[at + 1u] : 0.0, c + 2u < n ? src_y[at + 2u] : 0.0,
                c + 3u < n ? src_y[at + 3u] : 0.0);
}

void store(uint pixel, uint c, uint n, vec4 v)
{
    uint at = pixel * n + c;
    if (ALIGNED) {
        dst4[at >> 2] = v;
        return;
    }
    for (uint i = 0u; i < 4u && c + i < n; i++)
        dst[at + i] = v[i];
}

// A dispatch of more groups than one dimension allows is folded into x and y.
uint group_index()
{
    return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
}
