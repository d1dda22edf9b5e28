/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded tensors, and how far two are apart. */
#include "tests/unit/tensors.h"

#include <math.h>

MendTensor
tensors_read(const MendWeights *file, const char *name)
{
    const MendArray *array = mend_weights_find(file, name);
    g_assert_true(array && array->n_dims == 3);
    MendShape shape = {(int)array->dims[0], (int)array->dims[1], (int)array->dims[2]};
    MendTensor tensor = mend_tensor_new(shape, NULL);
    g_assert_true(mend_array_read_f32(array, tensor.data, NULL));
    return tensor;
}

float
tensors_largest_difference(MendTensor a, MendTensor b)
{
    float largest = 0;
    g_assert_true(mend_shape_equal(a.shape, b.shape));
    for (size_t i = 0; i < mend_shape_count(a.shape); i++) {
        g_assert_true(isfinite(a.data[i]) && isfinite(b.data[i]));
        largest = MAX(largest, fabsf(a.data[i] - b.data[i]));
    }
    return largest;
}
