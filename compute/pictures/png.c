/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PNG by libpng: every kind is expanded to 8 or 16 bit grey or RGB, with or without alpha. */
#include "compute/pictures/format.h"

#include <png.h>
#include <string.h>

static const char xmp_key[] = "XML:com.adobe.xmp"; /* of the text that is XMP */

/* What libpng calls back with. Its errors jump to the jump buffer of the picture being read or
 * written; everything that must be freed then is in here, not in variables of the jumper. */
typedef struct {
    png_structp png;
    png_infop info;
    const guint8 *bytes;
    size_t size, at;
    MendPictureSink *sink;
    guint8 *samples; /* a row; all of them where the file is interlaced */
    size_t row_bytes;
    gboolean interlaced;
    char reason[128];
} Png;

static void
on_error(png_structp png, png_const_charp message)
{
    Png *p = png_get_error_ptr(png);
    g_strlcpy(p->reason, message, sizeof p->reason);
    png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void
pull(png_structp png, png_bytep to, size_t n)
{
    Png *p = png_get_io_ptr(png);
    if (n > p->size - p->at)
        png_error(png, "the file is cut off");
    memcpy(to, p->bytes + p->at, n);
    p->at += n;
}

static void
push(png_structp png, png_bytep from, size_t n)
{
    Png *p = png_get_io_ptr(png);
    if (!mend_sink_put(p->sink, from, n))
        png_error(png, "write");
}

static void
flush(png_structp png)
{
    (void)png;
}

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size >= 8 && png_sig_cmp(bytes, 0, 8) == 0;
}

static void
read_header(Png *p)
{
    png_set_read_fn(p->png, p, pull);
    png_set_user_limits(p->png, G_MAXINT, G_MAXINT);
    png_read_info(p->png, p->info);
    /* No byte of the file makes more than 1032 of the picture. */
    guint64 least =
        (guint64)png_get_rowbytes(p->png, p->info) / 1032 * png_get_image_height(p->png, p->info);
    if (least > p->size)
        png_error(p->png, "the file is cut off");
    png_set_expand(p->png);
    png_set_interlace_handling(p->png);
    png_read_update_info(p->png, p->info);
}

static gboolean
make_room(Png *p, const char *name, MendPicture *picture, GError **error)
{
    guint64 w = png_get_image_width(p->png, p->info), h = png_get_image_height(p->png, p->info);
    int bits = png_get_bit_depth(p->png, p->info);
    int channels = png_get_channels(p->png, p->info);
    if (!mend_picture_new(picture, name, w, h, channels, bits, error))
        return FALSE;
    p->row_bytes = png_get_rowbytes(p->png, p->info);
    p->interlaced = png_get_interlace_type(p->png, p->info) != PNG_INTERLACE_NONE;
    p->samples = mend_block_new_large((p->interlaced ? (size_t)h : 1) * p->row_bytes, error);
    return p->samples != NULL;
}

/* Row by row, but an interlaced file has its rows only at its end. */
static void
read_samples(Png *p, const MendPicture *picture)
{
    int height = picture->pixels.shape.h, most = picture->bits == 16 ? 65535 : 255;
    for (int pass = png_set_interlace_handling(p->png); pass > 0; pass--) {
        for (int y = 0; y < height; y++) {
            guint8 *row = p->samples + (p->interlaced ? (size_t)y * p->row_bytes : 0);
            png_read_row(p->png, row, NULL);
            if (pass == 1)
                mend_row_unpack(picture->pixels, y, row, picture->bits, most);
        }
    }
    png_read_end(p->png, p->info);
}

static void
read_tags(const Png *p, MendPictureTags *tags)
{
    png_charp name;
    png_bytep profile;
    png_uint_32 size;
    int compression;
    png_int_32 *w = tags->white, *c = tags->primaries;
    if (png_get_iCCP(p->png, p->info, &name, &compression, &profile, &size)) {
        tags->profile = g_bytes_new(profile, size);
        tags->profile_name = g_strdup(name);
    }
    tags->is_srgb = png_get_sRGB(p->png, p->info, &tags->intent) != 0;
    png_get_gAMA_fixed(p->png, p->info, &tags->gamma);
    png_get_cHRM_fixed(p->png, p->info, &w[0], &w[1], &c[0], &c[1], &c[2], &c[3], &c[4], &c[5]);
    png_get_pHYs(p->png, p->info, &tags->density_x, &tags->density_y, &tags->density_unit);
}

/* Of all tags only these may come after the pixels. */
static void
read_late_tags(const Png *p, MendPictureTags *tags)
{
    png_uint_32 size;
    png_bytep exif;
    png_textp texts;
    if (png_get_eXIf_1(p->png, p->info, &size, &exif))
        tags->exif = g_bytes_new(exif, size);
    int n = png_get_text(p->png, p->info, &texts, NULL);
    for (int i = 0; i < n && !tags->xmp; i++) {
        if (strcmp(texts[i].key, xmp_key) == 0 && texts[i].itxt_length > 0)
            tags->xmp = g_bytes_new(texts[i].text, texts[i].itxt_length);
    }
}

static void
write_xmp(const Png *p, GBytes *xmp)
{
    gsize size;
    const char *packet = g_bytes_get_data(xmp, &size);
    g_autofree char *text = g_strndup(packet, size);
    g_autofree char *key = g_strdup(xmp_key), *none = g_strdup("");
    png_text chunk = {.compression = PNG_ITXT_COMPRESSION_NONE,
                      .key = key,
                      .text = text,
                      .lang = none,
                      .lang_key = none};
    png_set_text(p->png, p->info, &chunk, 1);
}

static void
write_tags(const Png *p, const MendPictureTags *tags)
{
    const png_int_32 *w = tags->white, *c = tags->primaries;
    if (tags->gamma > 0)
        png_set_gAMA_fixed(p->png, p->info, tags->gamma);
    if (w[1] > 0)
        png_set_cHRM_fixed(p->png, p->info, w[0], w[1], c[0], c[1], c[2], c[3], c[4], c[5]);
    if (tags->is_srgb)
        png_set_sRGB(p->png, p->info, tags->intent);
    if (tags->profile) {
        gsize size;
        const guint8 *profile = g_bytes_get_data(tags->profile, &size);
        png_set_iCCP(p->png, p->info, tags->profile_name, PNG_COMPRESSION_TYPE_BASE, profile,
                     (png_uint_32)size);
    }
    if (tags->exif) {
        gsize size;
        gconstpointer exif = g_bytes_get_data(tags->exif, &size);
        png_set_eXIf_1(p->png, p->info, (png_uint_32)size, (png_bytep)exif); /* only read */
    }
    if (tags->xmp)
        write_xmp(p, tags->xmp);
    if (tags->density_x > 0)
        png_set_pHYs(p->png, p->info, tags->density_x, tags->density_y, tags->density_unit);
}

/* Only this function has the jump buffer, and it has no variables that change after setjmp. */
static gboolean
decode(Png *p, const char *name, MendPicture *picture, GError **error)
{
    if (setjmp(png_jmpbuf(p->png)))
        return mend_picture_refuse(name, p->reason, error);
    read_header(p);
    if (!make_room(p, name, picture, error))
        return FALSE;
    read_tags(p, &picture->tags);
    read_samples(p, picture);
    read_late_tags(p, &picture->tags);
    return TRUE;
}

static gboolean
read_png(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    Png p = {.bytes = bytes, .size = size};
    p.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &p, on_error, on_warning);
    p.info = p.png ? png_create_info_struct(p.png) : NULL;
    gboolean good =
        p.info ? decode(&p, name, picture, error)
               : mend_picture_refuse(name, "libpng does not start (out of memory?)", error);
    png_destroy_read_struct(&p.png, &p.info, NULL);
    mend_block_free(p.samples);
    return good;
}

static gboolean
encode(Png *p, const MendPicture *picture, int bits)
{
    static const int kinds[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    MendShape shape = picture->pixels.shape;
    if (setjmp(png_jmpbuf(p->png))) {
        mend_sink_fail(p->sink, p->reason);
        return FALSE;
    }
    png_set_write_fn(p->png, p, push, flush);
    png_set_user_limits(p->png, G_MAXINT, G_MAXINT);
    png_set_IHDR(p->png, p->info, (png_uint_32)shape.w, (png_uint_32)shape.h, bits,
                 kinds[shape.c - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    png_set_benign_errors(p->png, TRUE); /* about a profile: it is left out */
    write_tags(p, &picture->tags);
    png_write_info(p->png, p->info);
    for (int y = 0; y < shape.h; y++) {
        mend_row_pack(picture->pixels, y, p->samples, bits);
        png_write_row(p->png, p->samples);
    }
    png_write_end(p->png, p->info);
    return TRUE;
}

static gboolean
write_png(MendPictureSink *sink, const MendPicture *picture)
{
    Png p = {.sink = sink};
    int bits = picture->bits == 8 ? 8 : 16;
    size_t row = (size_t)picture->pixels.shape.c * (size_t)picture->pixels.shape.w;
    p.samples = mend_sink_row(sink, row * (size_t)(bits / 8));
    if (!p.samples)
        return FALSE;
    p.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &p, on_error, on_warning);
    p.info = p.png ? png_create_info_struct(p.png) : NULL;
    gboolean good = p.info && encode(&p, picture, bits);
    if (!p.info)
        mend_sink_fail(sink, "libpng does not start (out of memory?)");
    png_destroy_write_struct(&p.png, &p.info);
    mend_block_free(p.samples);
    return good;
}

const MendPictureFormat mend_format_png = {{".png", NULL}, matches, read_png, NULL, write_png};
