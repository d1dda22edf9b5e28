/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One picture of the command line: mask, progress on the terminal, the restoration itself. */
#include "compute/cli.h"

#include <stdio.h>
#include <unistd.h>

#include "compute/cli_more.h"
#include "compute/error.h"

typedef struct {
    const char *title;
    gboolean terminal; /* and there is a title */
    int percent;       /* shown last */
    MendCliMore *more; /* or NULL */
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

static gboolean
on_alternative(MendTensor picture, int number, gpointer data, GError **error)
{
    const Line *line = data;
    return mend_cli_more_alternative(picture, number, line->more, error);
}

static gboolean
on_uncertainty(MendTensor deviation, const MendAlternativesInfo *about, gpointer data,
               GError **error)
{
    const Line *line = data;
    return mend_cli_more_uncertainty(deviation, about, line->more, error);
}

/* rgb is restored in place. */
static gboolean
run(MendTensor rgb, MendTensor mask, const MendOptions *options, const char *title,
    MendCliMore *more, MendRestoreInfo *info, GError **error)
{
    Line line = {title, title && isatty(STDERR_FILENO), -1, more};
    MendRestoreHooks hooks = {.progress = show,
                              .data = &line,
                              .mask = mask,
                              .alternative = more ? on_alternative : NULL,
                              .uncertainty = more ? on_uncertainty : NULL};
    gboolean good = mend_restore(rgb, options, &hooks, rgb, info, error);
    if (line.percent >= 0)
        fputs("\r\033[K", stderr);
    if (good && mend_cli_interrupted()) {
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
        good = FALSE;
    }
    return good;
}

gboolean
mend_cli_run(MendPicture *picture, MendTensor mask, const MendOptions *options, const char *title,
             MendCliMore *more, MendRestoreInfo *info, GError **error)
{
    MendShape shape = picture->pixels.shape;
    if (shape.c >= 3) /* without a copy: alpha is the last plane */
        return run((MendTensor){{3, shape.h, shape.w}, picture->pixels.data}, mask, options, title,
                   more, info, error);
    g_auto(MendTensor) rgb = mend_picture_rgb(picture, error);
    if (!rgb.data || !run(rgb, mask, options, title, more, info, error))
        return FALSE;
    mend_picture_set_rgb(picture, rgb);
    return TRUE;
}

void
mend_cli_tell_notes(const char *path, const MendRestoreInfo *info)
{
    if (info->absent)
        fprintf(stderr,
                "mend: %s: There is hardly any %s in the picture, so it stays as it is, or nearly. "
                "What a mask marks is restored in any case.\n",
                path, info->task);
    if (info->note[0])
        fprintf(stderr, "mend: %s: %s\n", path, info->note);
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
    mend_json_add_flag(out, "mirror", info->mirror);
    mend_json_add_number(out, "seconds", info->seconds);
    mend_json_add_text(out, "note", info->note);
}
