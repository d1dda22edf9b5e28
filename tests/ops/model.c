/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files made up in memory, for tests. */
#include "tests/ops/model.h"

Model
model_new(guint32 seed)
{
    return (Model){g_string_new("{"), g_string_new(NULL), g_rand_new_with_seed(seed)};
}

void
model_add(Model *model, const char *name, double scale, const gint64 *dims)
{
    gsize begin = model->data->len, count = 1;
    g_string_append_printf(model->header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                           model->header->len > 1 ? "," : "", name);
    for (int i = 0; dims[i]; i++) {
        g_string_append_printf(model->header, "%s%d", i ? "," : "", (int)dims[i]);
        count *= (gsize)dims[i];
    }
    for (gsize i = 0; i < count; i++) {
        float value = (float)g_rand_double_range(model->rand, -scale, scale);
        g_string_append_len(model->data, (const char *)&value, sizeof value);
    }
    g_string_append_printf(model->header, "],\"data_offsets\":[%u,%u]}", (guint)begin,
                           (guint)model->data->len);
}

MendWeights *
model_finish(Model *model)
{
    g_autoptr(GError) error = NULL;
    g_string_append_c(model->header, '}');
    g_autoptr(GString) file = g_string_new(NULL);
    for (int i = 0; i < 8; i++)
        g_string_append_c(file, (char)((guint64)model->header->len >> 8 * i));
    g_string_append_len(file, model->header->str, (gssize)model->header->len);
    g_string_append_len(file, model->data->str, (gssize)model->data->len);
    g_string_free(model->header, TRUE);
    g_string_free(model->data, TRUE);
    g_rand_free(model->rand);
    MendWeights *weights = mend_weights_parse(file->str, file->len, "made up", &error);
    g_assert_no_error(error);
    return weights;
}
