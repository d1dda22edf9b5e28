/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures and feature maps at the borders of compute. */
#include "compute/tensor.h"

size_t
mend_shape_count(MendShape shape)
{
    if (shape.c <= 0 || shape.h <= 0 || shape.w <= 0)
        return 0;
    return (size_t)shape.c * (size_t)shape.h * (size_t)shape.w;
}

gboolean
mend_shape_equal(MendShape a, MendShape b)
{
    return a.c == b.c && a.h == b.h && a.w == b.w;
}

MendTensor
mend_tensor_new(MendShape shape, GError **error)
{
    MendTensor tensor = {shape, NULL};
    tensor.data = mend_block_new_large(mend_shape_count(shape) * sizeof(float), error);
    return tensor;
}

void
mend_tensor_clear(MendTensor *tensor)
{
    mend_block_free(tensor->data);
    tensor->data = NULL;
}

static void
swap(float *a, float *b)
{
    float kept = *a;
    *a = *b;
    *b = kept;
}

void
mend_tensor_flip(MendTensor tensor, gboolean x, gboolean y)
{
    size_t h = (size_t)tensor.shape.h, w = (size_t)tensor.shape.w;
    float *end = tensor.data + mend_shape_count(tensor.shape);
    for (float *row = tensor.data; x && row < end; row += w)
        for (size_t i = 0; i < w / 2; i++)
            swap(&row[i], &row[w - 1 - i]);
    for (float *plane = tensor.data; y && plane < end; plane += h * w)
        for (size_t v = 0; v < h / 2; v++)
            for (size_t i = 0; i < w; i++)
                swap(&plane[v * w + i], &plane[(h - 1 - v) * w + i]);
}

MendTensor
mend_tensor_plane(MendTensor tensor, int c)
{
    size_t plane = (size_t)tensor.shape.h * (size_t)tensor.shape.w;
    return (MendTensor){{1, tensor.shape.h, tensor.shape.w}, tensor.data + (size_t)c * plane};
}
