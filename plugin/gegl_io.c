/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GEGL buffer to planar picture and back, a strip of rows at a time. */
#include "plugin/gegl_io.h"

#include "plugin/fill.h"

#include <math.h>
#include <string.h>

enum {
    STRIP_PIXELS = 1 << 16, /* bounds the interleaved copies: 1 MiB in float */
    GRID = 64,              /* pixels; a multiple of each network's coarsest stride */
};

typedef void Block;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Block, mend_block_free)

static int
strip_rows(int width, int height)
{
    return CLAMP(STRIP_PIXELS / width, 1, height);
}

static const Babl *
with_space_of(const char *name, const Babl *format)
{
    return babl_format_with_space(name, babl_format_get_space(format));
}

/* Splits rows of R'G'B'A into planes from row y0 on; counts the pixels whose colour means nothing.
 */
static size_t
split_rows(const float *rgba, int y0, int rows, MendTensor rgb, float *known)
{
    const size_t plane = (size_t)rgb.shape.h * (size_t)rgb.shape.w;
    const size_t start = (size_t)y0 * (size_t)rgb.shape.w;
    const size_t n = (size_t)rows * (size_t)rgb.shape.w;
    size_t n_unknown = 0;
    for (size_t i = 0; i < n; i++) {
        const float *p = rgba + 4 * i;
        for (size_t c = 0; c < 3; c++)
            rgb.data[c * plane + start + i] = p[c];
        gboolean ok = p[3] > 0 && isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]);
        known[start + i] = ok ? 1.0f : 0.0f;
        n_unknown += !ok;
    }
    return n_unknown;
}

static gboolean
read_planes(MendPixels *pixels, GeglBuffer *buffer, GError **error)
{
    const GeglRectangle area = pixels->context;
    const Babl *format = with_space_of("R~G~B~A float", pixels->format);
    const int rows = strip_rows(area.width, area.height);
    const size_t strip_bytes = (size_t)rows * (size_t)area.width * 4 * sizeof(float);
    g_autoptr(Block) strip = mend_block_new(strip_bytes, error);
    if (!strip)
        return FALSE;
    pixels->rgb = mend_tensor_new((MendShape){3, area.height, area.width}, error);
    if (!pixels->rgb.data)
        return FALSE;
    g_auto(MendTensor) known = mend_tensor_new((MendShape){1, area.height, area.width}, error);
    if (!known.data)
        return FALSE;
    size_t n_unknown = 0;
    for (int y = 0; y < area.height; y += rows) {
        int n = MIN(rows, area.height - y);
        GeglRectangle part = {area.x, area.y + y, area.width, n};
        gegl_buffer_get(buffer, &part, 1.0, format, strip, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
        n_unknown += split_rows(strip, y, n, pixels->rgb, known.data);
    }
    return n_unknown == 0 || mend_fill_unknown(pixels->rgb, known, error);
}

static GeglRectangle
context_of(GeglRectangle rect, const GeglRectangle *all, int margin)
{
    int x = all->x + MAX(rect.x - margin - all->x, 0) / GRID * GRID;
    int y = all->y + MAX(rect.y - margin - all->y, 0) / GRID * GRID;
    int right = MIN(rect.x + rect.width + margin, all->x + all->width);
    int bottom = MIN(rect.y + rect.height + margin, all->y + all->height);
    return (GeglRectangle){x, y, right - x, bottom - y};
}

gboolean
mend_pixels_read(MendPixels *pixels, GeglBuffer *buffer, GeglRectangle rect, int margin,
                 GError **error)
{
    g_auto(MendPixels) fresh = {.rect = rect, .format = gegl_buffer_get_format(buffer)};
    g_return_val_if_fail(gegl_rectangle_contains(gegl_buffer_get_extent(buffer), &rect), FALSE);
    fresh.context = margin > 0 ? context_of(rect, gegl_buffer_get_extent(buffer), margin) : rect;
    size_t pixel_bytes = (size_t)babl_format_get_bytes_per_pixel(fresh.format);
    size_t bytes = (size_t)rect.width * (size_t)rect.height * pixel_bytes;
    fresh.native = mend_block_new_large(bytes, error);
    if (!fresh.native)
        return FALSE;
    gegl_buffer_get(buffer, &rect, 1.0, fresh.format, fresh.native, GEGL_AUTO_ROWSTRIDE,
                    GEGL_ABYSS_NONE);
    if (!read_planes(&fresh, buffer, error))
        return FALSE;
    mend_pixels_clear(pixels);
    *pixels = fresh;
    fresh = (MendPixels){0};
    return TRUE;
}

gboolean
mend_pixels_still(const MendPixels *pixels, GeglBuffer *buffer, int dx, int dy)
{
    const GeglRectangle *rect = &pixels->rect;
    if (gegl_buffer_get_format(buffer) != pixels->format)
        return FALSE;
    size_t row = (size_t)rect->width * (size_t)babl_format_get_bytes_per_pixel(pixels->format);
    g_autofree char *line = g_malloc(row);
    gboolean same = TRUE;
    for (int y = 0; same && y < rect->height; y++) {
        GeglRectangle part = {rect->x + dx, rect->y + dy + y, rect->width, 1};
        gegl_buffer_get(buffer, &part, 1.0, pixels->format, line, GEGL_AUTO_ROWSTRIDE,
                        GEGL_ABYSS_NONE);
        same = memcmp(line, (const char *)pixels->native + (size_t)y * row, row) == 0;
    }
    return same;
}

MendTensor
mend_pixels_crop(const MendPixels *pixels, MendTensor picture, GError **error)
{
    const GeglRectangle *rect = &pixels->rect, *area = &pixels->context;
    MendShape shape = {picture.shape.c, rect->height, rect->width};
    MendTensor kept = mend_tensor_new(shape, error);
    for (int c = 0; kept.data && c < shape.c; c++) {
        const float *from = mend_tensor_plane(picture, c).data;
        float *to = mend_tensor_plane(kept, c).data;
        for (int y = 0; y < rect->height; y++) {
            size_t row = (size_t)(rect->y - area->y + y) * (size_t)area->width;
            memcpy(to + (size_t)y * (size_t)rect->width, from + row + (rect->x - area->x),
                   (size_t)rect->width * sizeof(float));
        }
    }
    return kept;
}

gboolean
mend_pixels_take(MendPixels *pixels, MendTensor result, GError **error)
{
    MendTensor kept = mend_pixels_crop(pixels, result, error);
    if (!kept.data)
        return FALSE;
    mend_tensor_clear(&pixels->rgb);
    pixels->rgb = kept;
    return TRUE;
}

/* Puts the restored colours of n pixels from first on into rgba, but where alpha is 0, which those
 * get that are as they were. */
static void
merge_rows(const MendPixels *pixels, size_t first, size_t n, float *rgba)
{
    const size_t plane = (size_t)pixels->rect.width * (size_t)pixels->rect.height;
    for (size_t i = 0; i < n; i++) {
        float *p = rgba + 4 * i;
        gboolean changed = FALSE;
        for (size_t c = 0; c < 3 && p[3] > 0; c++) {
            float restored = pixels->rgb.data[c * plane + first + i];
            changed |= restored != p[c];
            p[c] = restored;
        }
        p[3] = changed ? p[3] : 0;
    }
}

/* Gives pixels of alpha 0 their original bytes, and the others their original alpha: neither a
 * colour that is not seen, nor one that was kept, nor a 32-bit alpha would come through float
 * unchanged. */
static void
keep_alpha(const float *rgba, const char *original, const Babl *format, size_t n, char *out)
{
    const size_t bytes = (size_t)babl_format_get_bytes_per_pixel(format);
    const size_t alpha_bytes =
        babl_format_has_alpha(format) ? bytes / (size_t)babl_format_get_n_components(format) : 0;
    for (size_t i = 0; i < n; i++) {
        size_t kept = rgba[4 * i + 3] > 0 ? alpha_bytes : bytes; /* alpha comes last */
        size_t at = (i + 1) * bytes - kept;
        memcpy(out + at, original + at, kept);
    }
}

/* Whether to is from with alpha: "R'G'B'A float" after "R'G'B' float". */
static gboolean
adds_alpha(const Babl *from, const Babl *to)
{
    const char *name = babl_format_get_encoding(from), *type = strrchr(name, ' ');
    if (!type || babl_format_get_space(from) != babl_format_get_space(to))
        return FALSE;
    g_autofree char *with = g_strdup_printf("%.*sA%s", (int)(type - name), name, type);
    return strcmp(babl_format_get_encoding(to), with) == 0;
}

/* n pixels as they were, in another format. The way babl takes to add an alpha, which it chooses by
 * speed, may change the last bits of the colour. */
static void
convert_native(const Babl *from, const char *native, const Babl *to, char *out, size_t n)
{
    babl_process(babl_fish(from, to), native, out, (long)n);
    if (!adds_alpha(from, to))
        return;
    const size_t from_bytes = (size_t)babl_format_get_bytes_per_pixel(from);
    const size_t to_bytes = (size_t)babl_format_get_bytes_per_pixel(to);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * to_bytes, native + i * from_bytes, from_bytes);
}

/* One strip in target's format. */
static void
convert_strip(const MendPixels *pixels, size_t first, size_t n, const Babl *to, float *rgba,
              char *out, char *original)
{
    const size_t from_bytes = (size_t)babl_format_get_bytes_per_pixel(pixels->format);
    const char *native = (const char *)pixels->native + first * from_bytes;
    if (!pixels->rgb.data) {
        convert_native(pixels->format, native, to, out, n);
        return;
    }
    const Babl *between = with_space_of("R~G~B~A float", pixels->format);
    babl_process(babl_fish(pixels->format, between), native, rgba, (long)n);
    merge_rows(pixels, first, n, rgba);
    babl_process(babl_fish(between, to), rgba, out, (long)n);
    convert_native(pixels->format, native, to, original, n);
    keep_alpha(rgba, original, to, n, out);
}

gboolean
mend_pixels_write(const MendPixels *pixels, GeglBuffer *target, int x, int y, GError **error)
{
    const Babl *to = gegl_buffer_get_format(target);
    const int width = pixels->rect.width, height = pixels->rect.height;
    const int rows = strip_rows(width, height);
    const size_t n = (size_t)rows * (size_t)width;
    const size_t to_bytes = (size_t)babl_format_get_bytes_per_pixel(to);
    g_autoptr(Block) rgba = mend_block_new(n * 4 * sizeof(float), error);
    g_autoptr(Block) out = rgba ? mend_block_new(n * to_bytes, error) : NULL;
    g_autoptr(Block) original = out ? mend_block_new(n * to_bytes, error) : NULL;
    if (!original)
        return FALSE;
    for (int row = 0; row < height; row += rows) {
        int part = MIN(rows, height - row);
        GeglRectangle place = {x, y + row, width, part};
        convert_strip(pixels, (size_t)row * (size_t)width, (size_t)part * (size_t)width, to, rgba,
                      out, original);
        gegl_buffer_set(target, &place, 0, to, out, GEGL_AUTO_ROWSTRIDE);
    }
    return TRUE;
}

void
mend_pixels_clear(MendPixels *pixels)
{
    g_clear_pointer(&pixels->native, mend_block_free);
    mend_tensor_clear(&pixels->rgb);
}
