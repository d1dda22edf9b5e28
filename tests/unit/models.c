/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Good model files, and copies in which bytes of the header, or of an array, are others. */
#include "tests/unit/models.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "compute/error.h"
#include "tests/unit/starved.h"

MendModelInfo *
models_open(const char *path)
{
    g_autoptr(GError) error = NULL;
    MendModelInfo *model = mend_model_read(path, &error);
    g_assert_no_error(error);
    return model;
}

char *
models_altered(const char *from, const char *place, const char *old, const char *new, guint8 fill)
{
    char *bytes, *path = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(from, &bytes, &size, NULL));
    g_assert_true(size > 8);
    guint64 header;
    memcpy(&header, bytes, 8);
    header = 8 + GUINT64_FROM_LE(header);
    char *at = g_strstr_len(bytes + 8, (gssize)header - 8, place);
    g_assert_nonnull(at);
    if (old) {
        at = g_strstr_len(at, bytes + header - at, old);
        g_assert_nonnull(at);
        memcpy(at, new, strlen(old));
    } else {
        unsigned long begin, end;
        at = g_strstr_len(at, bytes + header - at, "data_offsets");
        g_assert_cmpint(sscanf(at, "data_offsets\":[%lu,%lu]", &begin, &end), ==, 2);
        memset(bytes + header + begin, fill, end - begin);
    }
    int file = g_file_open_tmp("mend-altered-XXXXXX.safetensors", &path, NULL);
    g_assert_true(g_close(file, NULL) && g_file_set_contents(path, bytes, (gssize)size, NULL));
    g_free(bytes);
    return path;
}

typedef struct {
    ModelsEstimate estimate;
    const MendModelInfo *model;
    MendTensor picture, mean;
} Attempt;

static gboolean
attempt_asking(gpointer data, const MendGoOn *go_on, GError **error)
{
    Attempt *a = data;
    return a->estimate(a->model, a->picture, a->mean, go_on, error);
}

static gboolean
attempt(gpointer data, GError **error)
{
    return attempt_asking(data, NULL, error);
}

void
models_check_starved(ModelsEstimate estimate, const MendModelInfo *model, MendTensor picture)
{
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    Attempt data = {estimate, model, picture, mean};
    g_assert_cmpint(starved_attempts(attempt, &data, 1000), >, 4);
}

void
models_check_stopped(ModelsEstimate estimate, const MendModelInfo *model, MendTensor picture,
                     int asks)
{
    g_auto(MendTensor) mean = mend_tensor_new(picture.shape, NULL);
    Attempt data = {estimate, model, picture, mean};
    g_assert_cmpint(starved_stops(attempt_asking, &data), >, asks);
}
