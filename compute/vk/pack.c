/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights in the layout that the shaders read (shaders/push.h). */
#include <math.h>
#include <string.h>

#include "compute/tensor.h"
#include "compute/vk/program.h"

/* One row of n values, padded with zeros to whole vec4s. NULL array: all zeros. */
static gboolean
pack_row(const MendArray *array, size_t n, float *dst, GError **error)
{
    size_t padded = (n + 3) / 4 * 4;
    memset(dst, 0, padded * sizeof(float));
    return !array || mend_array_read_f32(array, dst, error);
}

/* [o][i][k][k] to [k][k][i][o padded to 4]; then the bias; then the gain, where there is one. */
static gboolean
pack_conv(const MendNodeInfo *info, const MendArray *gain, float *dst, GError **error)
{
    size_t n = (size_t)info->shape.c, padded = (n + 3) / 4 * 4;
    size_t taps = (size_t)info->k * (size_t)info->k, terms = info->weight->count / n;
    size_t n_src = terms / taps;
    float *kernel = mend_block_new(info->weight->count * sizeof(float), error);
    gboolean read = kernel && mend_array_read_f32(info->weight, kernel, error);
    for (size_t row = 0; read && row < terms; row++) {
        size_t term = row % n_src * taps + row / n_src;
        for (size_t o = 0; o < padded; o++)
            dst[row * padded + o] = o < n ? kernel[o * terms + term] : 0.0f;
    }
    mend_block_free(kernel);
    return read && pack_row(info->bias, n, dst + terms * padded, error) &&
           (!gain || pack_row(gain, n, dst + (terms + 1) * padded, error));
}

/* Row a of the table. */
static gboolean
pack_constant(const MendNodeInfo *info, float *dst, GError **error)
{
    size_t n = (size_t)info->shape.c;
    MendArray row = *info->weight;
    row.n_dims = 1;
    row.dims[0] = info->shape.c;
    row.count = n;
    row.data = (const char *)row.data + (size_t)info->a * n * mend_type_size(row.type);
    return mend_array_read_f32(&row, dst, error);
}

static void
pack_frequencies(int half, float *dst)
{
    for (int k = 0; k < (half + 3) / 4 * 4; k++)
        dst[k] = k < half ? (float)exp(-k * log(1e4) / (half - 1)) : 0.0f;
}

gboolean
mend_vk_pack(const MendGraph *graph, const MendVkPacked *packed, float *dst, GError **error)
{
    const MendNodeInfo *info = mend_graph_node(graph, packed->node);
    switch (info->op) {
    case MEND_OP_conv:
    case MEND_OP_dwconv:
        return pack_conv(info,
                         packed->gain < 0 ? NULL : mend_graph_node(graph, packed->gain)->weight,
                         dst, error);
    case MEND_OP_constant:
        return pack_constant(info, dst, error);
    case MEND_OP_sinusoid:
        pack_frequencies(info->shape.c / 2, dst);
        return TRUE;
    default:
        return pack_row(info->weight, (size_t)info->shape.c, dst, error);
    }
}
