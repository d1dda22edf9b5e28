/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One picture of the command line: mask, progress on the terminal, the restoration itself. */
#include "compute/cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/error.h"

typedef struct {
    const char *title;
    gboolean terminal; /* and there is a title */
    int percent;       /* shown last */
} Line;

static gboolean
show(const MendProgress *progress, gpointer data)
{
    Line *line = data;
    int percent = (int)(progress->fraction * 100);
    if (line->terminal && percent != line->percent) {
        line->percent = percent;
        fprintf(stderr, "\r\033[K%s: %d %%, step %d of %d on %s", line->title, percent,
                progress->step, progress->n_steps, progress->device);
        if (progress->seconds_left >= 0)
            fprintf(stderr, ", %.0f s left", progress->seconds_left);
    }
    return !mend_cli_interrupted();
}

MendTensor
mend_cli_read_mask(const char *path, MendShape shape, GError **error)
{
    g_auto(MendPicture) picture = {0};
    MendTensor mask = {0};
    if (!mend_picture_read(path, &picture, error))
        return mask;
    MendShape got = picture.pixels.shape;
    if (got.w != shape.w || got.h != shape.h) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                    "The mask %s has %d × %d pixels, its picture %d × %d. They must be equal.",
                    path, got.w, got.h, shape.w, shape.h);
        return mask;
    }
    g_auto(MendTensor) rgb = mend_picture_rgb(&picture, error);
    if (!rgb.data)
        return mask;
    mask = mend_tensor_new((MendShape){1, shape.h, shape.w}, error);
    size_t n = mask.data ? mend_shape_count(mask.shape) : 0;
    for (size_t i = 0; i < n; i++)
        mask.data[i] = (rgb.data[i] + rgb.data[n + i] + rgb.data[2 * n + i]) / 3.0f;
    return mask;
}

/* White is how models for inpainting know the hole (compute/means/harmonic.c). */
static void
paint_hole(MendTensor picture, MendTensor mask)
{
    size_t n = mend_shape_count(mask.shape);
    for (size_t i = 0; i < 3 * n; i++)
        if (mask.data[i % n] > 0)
            picture.data[i] = 1;
}

static MendTensor
copy_of(MendTensor from, GError **error)
{
    MendTensor copy = mend_tensor_new(from.shape, error);
    if (copy.data)
        memcpy(copy.data, from.data, mend_shape_count(from.shape) * sizeof(float));
    return copy;
}

/* to = from where the mask is black, to where it is white and strength is 1. */
static void
keep_unmasked(MendTensor from, MendTensor mask, float strength, MendTensor to)
{
    size_t n = mend_shape_count(mask.shape);
    for (size_t i = 0; i < 3 * n; i++) {
        float m = strength * mask.data[i % n];
        if (!(m > 0))
            to.data[i] = from.data[i];
        else if (m < 1)
            to.data[i] = from.data[i] + m * (to.data[i] - from.data[i]);
    }
}

/* rgb is restored in place. */
static gboolean
run(MendTensor rgb, MendTensor mask, const MendOptions *options, const char *title,
    MendRestoreInfo *info, GError **error)
{
    Line line = {title, title && isatty(STDERR_FILENO), -1};
    MendRestoreHooks hooks = {.progress = show, .data = &line};
    g_auto(MendTensor) from = mask.data ? copy_of(rgb, error) : (MendTensor){0};
    if (mask.data && !from.data)
        return FALSE;
    /* The strength counts from what came, not from the white. */
    gboolean hole = mask.data && strcmp(options->task, "inpainting") == 0 && options->strength > 0;
    MendOptions own = *options;
    if (hole) {
        paint_hole(rgb, mask);
        own.strength = 1;
    }
    gboolean good = mend_restore(rgb, &own, &hooks, rgb, info, error);
    if (line.percent >= 0)
        fputs("\r\033[K", stderr);
    if (good && mend_cli_interrupted()) {
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
        good = FALSE;
    }
    if (good && mask.data)
        keep_unmasked(from, mask, hole ? (float)options->strength : 1, rgb);
    return good;
}

gboolean
mend_cli_run(MendPicture *picture, MendTensor mask, const MendOptions *options, const char *title,
             MendRestoreInfo *info, GError **error)
{
    MendShape shape = picture->pixels.shape;
    if (shape.c >= 3) /* without a copy: alpha is the last plane */
        return run((MendTensor){{3, shape.h, shape.w}, picture->pixels.data}, mask, options, title,
                   info, error);
    g_auto(MendTensor) rgb = mend_picture_rgb(picture, error);
    if (!rgb.data || !run(rgb, mask, options, title, info, error))
        return FALSE;
    mend_picture_set_rgb(picture, rgb);
    return TRUE;
}

void
mend_cli_add_info(GString *out, const MendRestoreInfo *info)
{
    mend_json_add_text(out, "task", info->task);
    if (info->confidence > 0)
        mend_json_add_number(out, "confidence", info->confidence);
    mend_json_add_text(out, "model", info->model);
    mend_json_add_text(out, "device", info->device_id);
    mend_json_add_text(out, "device_name", info->device);
    mend_json_add_text(out, "sampler", info->sampler);
    mend_json_add_text(out, "grid", info->grid);
    mend_json_add_number(out, "steps", info->steps);
    mend_json_add_number(out, "seconds", info->seconds);
    mend_json_add_text(out, "note", info->note);
}
