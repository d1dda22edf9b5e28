/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures and feature maps at the borders of compute. */
#include "compute/tensor.h"

#include <stdlib.h>

#include "compute/error.h"
#include "compute/fault.h"

#define ALIGNMENT 64

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

void *
mend_block_new(size_t bytes, GError **error)
{
    void *block = NULL;
    size_t padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded >= bytes && !mend_fault("alloc"))
        block = aligned_alloc(ALIGNMENT, padded ? padded : ALIGNMENT);
    if (!block)
        g_set_error(error, MEND_ERROR, MEND_ERROR_MEMORY,
                    "Not enough memory for %.1f MiB. Close other programs, or use a smaller tile.",
                    (double)bytes / (1 << 20));
    return block;
}

void
mend_block_free(void *block)
{
    free(block);
}

MendTensor
mend_tensor_new(MendShape shape, GError **error)
{
    MendTensor tensor = {shape, NULL};
    tensor.data = mend_block_new(mend_shape_count(shape) * sizeof(float), error);
    return tensor;
}

void
mend_tensor_clear(MendTensor *tensor)
{
    mend_block_free(tensor->data);
    tensor->data = NULL;
}

MendTensor
mend_tensor_plane(MendTensor tensor, int c)
{
    size_t plane = (size_t)tensor.shape.h * (size_t)tensor.shape.w;
    return (MendTensor){{1, tensor.shape.h, tensor.shape.w}, tensor.data + (size_t)c * plane};
}
