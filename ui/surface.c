/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Float pictures as cairo surfaces. */
#include "ui/surface.h"

static guint32
byte(float value)
{
    /* Written so that NaN fails the first comparison. */
    return value > 0.0f ? (guint32)(MIN(value, 1.0f) * 255.0f + 0.5f) : 0;
}

cairo_surface_t *
mend_surface_new_blend(MendTensor before, MendTensor after, double strength, int scale)
{
    int w = before.shape.w, h = before.shape.h;
    size_t plane = (size_t)w * (size_t)h;
    float s = (float)strength;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return surface;
    unsigned char *rows = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < h; y++) {
        guint32 *row = (guint32 *)(void *)(rows + (size_t)y * (size_t)stride);
        for (int x = 0; x < w; x++) {
            guint32 pixel = 0;
            for (size_t c = 0; c < 3; c++) {
                size_t i = c * plane + (size_t)y * (size_t)w + (size_t)x;
                float b = before.data[i];
                pixel = pixel << 8 | byte(s == 0.0f ? b : b + s * (after.data[i] - b));
            }
            row[x] = pixel;
        }
    }
    cairo_surface_mark_dirty(surface);
    cairo_surface_set_device_scale(surface, scale, scale);
    return surface;
}

cairo_surface_t *
mend_surface_new(MendTensor rgb, int scale)
{
    return mend_surface_new_blend(rgb, rgb, 0.0, scale);
}
