/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a drawable that will be restored, as the dialog's preview reads it. */
#include "plugin/subject.h"

#include "plugin/gegl_io.h"
#include "plugin/source.h"

#include <glib/gi18n-lib.h>

#define OUTPUT "new-layer" /* what is shown is read as for this */
#define BEHIND 0.5f        /* R'G'B' that shows through transparent pixels */

struct MendSubject {
    GimpDrawable *drawable; /* borrowed */
    MendSource source;
    const Babl *fish; /* to the display's colours; NULL where they are the same */
};

MendSubject *
mend_subject_new(GimpDrawable *drawable, GError **error)
{
    g_autoptr(MendSubject) subject = g_new0(MendSubject, 1);
    subject->drawable = drawable;
    /* What is locked can still have an output of its own: the run checks the one that is chosen. */
    if (!mend_source_check(drawable, "new-image", error) ||
        !mend_source_open(&subject->source, drawable, OUTPUT, error))
        return NULL;
    const Babl *space = babl_format_get_space(gegl_buffer_get_format(subject->source.buffer));
    if (space != babl_space("sRGB"))
        subject->fish =
            babl_fish(babl_format_with_space("R~G~B~ float", space), babl_format("R~G~B~ float"));
    return g_steal_pointer(&subject);
}

void
mend_subject_free(MendSubject *subject)
{
    if (!subject)
        return;
    mend_source_close(&subject->source);
    g_free(subject);
}

void
mend_subject_get_size(const MendSubject *subject, int *width, int *height)
{
    *width = subject->source.rect.width;
    *height = subject->source.rect.height;
}

GdkRectangle
mend_subject_get_whole(const MendSubject *subject)
{
    const GeglRectangle *all = gegl_buffer_get_extent(subject->source.buffer);
    const GeglRectangle *rect = &subject->source.rect;
    return (GdkRectangle){all->x - rect->x, all->y - rect->y, all->width, all->height};
}

gboolean
mend_subject_get_marked(const MendSubject *subject)
{
    return !gimp_selection_is_empty(gimp_item_get_image(GIMP_ITEM(subject->drawable)));
}

/* In the buffer that is read. */
static GeglRectangle
place_of(const MendSubject *subject, const GdkRectangle *area)
{
    const GeglRectangle *rect = &subject->source.rect;
    return (GeglRectangle){rect->x + area->x, rect->y + area->y, area->width, area->height};
}

MendTensor
mend_subject_read(const MendSubject *subject, const GdkRectangle *area, GError **error)
{
    g_auto(MendPixels) pixels = {0};
    if (!mend_pixels_read(&pixels, subject->source.buffer, place_of(subject, area), 0, error))
        return (MendTensor){0};
    MendTensor rgb = pixels.rgb;
    pixels.rgb.data = NULL;
    return rgb;
}

gboolean
mend_subject_read_mask(const MendSubject *subject, const GdkRectangle *area,
                       const MendOptions *options, MendTensor *mask, GError **error)
{
    GeglRectangle rect = place_of(subject, area);
    rect.x -= subject->source.dx;
    rect.y -= subject->source.dy;
    return mend_source_read_mask(subject->drawable, options, NULL, rect, mask, error);
}

/* bytes: of a pixel; grey or R'G'B', with alpha where bytes is even. */
static void
planar_from_bytes(MendTensor rgb, const guchar *pixels, int bytes)
{
    int colours = bytes < 3 ? 1 : 3;
    float *out = rgb.data;
    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < rgb.shape.h * rgb.shape.w; i++) {
            const guchar *pixel = pixels + (gsize)i * (gsize)bytes;
            float alpha = bytes % 2 == 0 ? (float)pixel[colours] / 255.0f : 1.0f;
            *out++ = alpha * (float)pixel[MIN(c, colours - 1)] / 255.0f + (1.0f - alpha) * BEHIND;
        }
    }
}

MendTensor
mend_subject_thumb(const MendSubject *subject, int width, int height, GError **error)
{
    const GeglRectangle *rect = &subject->source.rect;
    int w = 0, h = 0, bytes = 0;
    /* The bytes: gimp_drawable_get_sub_thumbnail() of GIMP 3.0.4 frees its pixels twice. */
    g_autoptr(GBytes) pixels =
        gimp_drawable_get_sub_thumbnail_data(subject->source.seen, rect->x, rect->y, rect->width,
                                             rect->height, width, height, &w, &h, &bytes);
    if (!pixels || w < 1 || h < 1 || bytes < 1 || bytes > 4 ||
        g_bytes_get_size(pixels) < (gsize)w * (gsize)h * (gsize)bytes) {
        mend_pdb_error(error, _("make a thumbnail"));
        return (MendTensor){0};
    }
    MendTensor rgb = mend_tensor_new((MendShape){3, h, w}, error);
    if (rgb.data)
        planar_from_bytes(rgb, g_bytes_get_data(pixels, NULL), bytes);
    return rgb;
}

/* Three channels of a row, one after the other in each pixel, and back. */
static void
convert_row(const MendSubject *subject, MendTensor rgb, int y, float *row)
{
    int w = rgb.shape.w;
    float *planes[3];
    for (int c = 0; c < 3; c++)
        planes[c] = mend_tensor_plane(rgb, c).data + (gsize)y * (gsize)w;
    for (int i = 0; i < 3 * w; i++)
        row[i] = planes[i % 3][i / 3];
    babl_process(subject->fish, row, row, w);
    for (int i = 0; i < 3 * w; i++)
        planes[i % 3][i / 3] = row[i];
}

/* alpha is one row's, read into row. */
static void
cover_row(const MendSubject *subject, MendTensor rgb, GeglRectangle area, int y, float *row)
{
    GeglRectangle line = {area.x, area.y + y, area.width, 1};
    gegl_buffer_get(subject->source.buffer, &line, 1.0, babl_format("A float"), row,
                    GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    for (int c = 0; c < 3; c++) {
        float *plane = mend_tensor_plane(rgb, c).data + (gsize)y * (gsize)rgb.shape.w;
        for (int x = 0; x < rgb.shape.w; x++)
            plane[x] = row[x] * plane[x] + (1.0f - row[x]) * BEHIND;
    }
}

void
mend_subject_to_display(const MendSubject *subject, int x, int y, MendTensor rgb)
{
    GeglRectangle area = {subject->source.rect.x + x, subject->source.rect.y + y, rgb.shape.w,
                          rgb.shape.h};
    gboolean alpha = babl_format_has_alpha(gegl_buffer_get_format(subject->source.buffer));
    g_autofree float *row = g_new(float, 3 * (gsize)rgb.shape.w);
    for (int i = 0; i < rgb.shape.h; i++) {
        if (subject->fish)
            convert_row(subject, rgb, i, row);
        if (alpha)
            cover_row(subject, rgb, area, i, row);
    }
}
