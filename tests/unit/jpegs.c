/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG files for tests: rows through libjpeg, and an EXIF block word by word. */
#include "tests/unit/jpegs.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const JpegKind jpeg_kinds[JPEG_KINDS] = {
    {"grey", JCS_GRAYSCALE, JCS_GRAYSCALE, 1, 1, 1, 0, 0, 0, 0},
    {"4:4:4", JCS_RGB, JCS_YCbCr, 3, 1, 1, 0, 0, 0, 0},
    {"4:2:0", JCS_RGB, JCS_YCbCr, 3, 2, 2, 0, 0, 0, 0},
    {"4:2:2", JCS_RGB, JCS_YCbCr, 3, 2, 1, 0, 0, 0, 3},
    {"4:4:0", JCS_RGB, JCS_YCbCr, 3, 1, 2, 1, 0, 0, 0},
    {"4:1:1", JCS_RGB, JCS_YCbCr, 3, 4, 1, 0, 1, 0, 0},
    {"progressive", JCS_RGB, JCS_YCbCr, 3, 2, 2, 1, 0, 0, 0},
    {"RGB", JCS_RGB, JCS_RGB, 3, 1, 1, 0, 0, 1, 0},
    {"CMYK", JCS_CMYK, JCS_CMYK, 4, 1, 1, 0, 0, 0, 0},
    {"Adobe's CMYK", JCS_CMYK, JCS_CMYK, 4, 1, 1, 0, 0, 1, 0},
    {"YCCK", JCS_CMYK, JCS_YCCK, 4, 2, 2, 1, 0, 1, 0},
};
double
jpeg_light(int c, double x, double y)
{
    const double ramp[4] = {0.1 + 0.5 * x + 0.3 * y, 0.9 - 0.7 * x, 0.2 + 0.6 * y, 0.5 + 0.4 * x};
    return ramp[c];
}

static void
put_rows(struct jpeg_compress_struct *out, const JpegKind *kind)
{
    JSAMPLE samples[4 * JPEG_W];
    JSAMPROW row = samples;
    gboolean ink = kind->n == 4 && !kind->adobe;
    for (int y = 0; y < JPEG_H; y++) {
        for (int i = 0; i < kind->n * JPEG_W; i++) {
            int v = (int)lrint(
                255 * jpeg_light(i % kind->n, i / kind->n / (JPEG_W - 1.0), y / (JPEG_H - 1.0)));
            samples[i] = (JSAMPLE)(ink ? 255 - v : v);
        }
        jpeg_write_scanlines(out, &row, 1);
    }
}

GByteArray *
jpeg_encode(const JpegKind *kind, GBytes *profile, int density_unit)
{
    static const jpeg_scan_info apart[] = {
        {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct out = {.err = jpeg_std_error(&errors)};
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    jpeg_create_compress(&out);
    jpeg_mem_dest(&out, &bytes, &size);
    out.image_width = JPEG_W;
    out.image_height = JPEG_H;
    out.input_components = kind->n;
    out.in_color_space = kind->in;
    jpeg_set_defaults(&out);
    jpeg_set_colorspace(&out, kind->stored);
    jpeg_set_quality(&out, 97, TRUE);
    out.comp_info[0].h_samp_factor = kind->across;
    out.comp_info[0].v_samp_factor = kind->down;
    out.write_Adobe_marker = kind->adobe;
    out.restart_interval = (unsigned)kind->restart;
    out.density_unit = (UINT8)density_unit;
    out.X_density = 300;
    out.Y_density = 150;
    if (kind->progressive)
        jpeg_simple_progression(&out);
    if (kind->apart) {
        out.scan_info = apart;
        out.num_scans = G_N_ELEMENTS(apart);
    }
    jpeg_start_compress(&out, TRUE);
    if (profile)
        jpeg_write_icc_profile(&out, g_bytes_get_data(profile, NULL),
                               (unsigned)g_bytes_get_size(profile));
    put_rows(&out, kind);
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    GByteArray *file = g_byte_array_append(g_byte_array_new(), bytes, (guint)size);
    free(bytes);
    return file;
}

GBytes *
jpeg_exif(gboolean little, guint orientation)
{
    const guint32 words[][4] = {
        /* tag, type, count, value */
        {0x112, 3, 1, orientation}, {0x11a, 4, 1, 300}, {0x11b, 4, 1, 150},
        {0x8769, 4, 1, 62},         {0, 0, 0, 0},       {0xa002, 4, 1, JPEG_W},
        {0xa003, 4, 1, JPEG_H},
    };
    GByteArray *b = g_byte_array_new();
    g_byte_array_append(b, (const guint8 *)(little ? "II*\0\10\0\0\0\4\0" : "MM\0*\0\0\0\10\0\4"),
                        10);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const guint32 *w = words[i];
        guint16 head[2] = {(guint16)w[0], (guint16)w[1]};
        guint32 tail[2] = {w[2], w[1] == 3 && !little ? w[3] << 16 : w[3]};
        if (i == 4) { /* the thumbnail's directory, and how many entries the next one has */
            head[0] = 2;
            tail[0] = 86;
        }
        for (int k = 0; k < 2; k++) {
            head[k] = little ? GUINT16_TO_LE(head[k]) : GUINT16_TO_BE(head[k]);
            tail[k] = little ? GUINT32_TO_LE(tail[k]) : GUINT32_TO_BE(tail[k]);
        }
        if (i == 4) {
            g_byte_array_append(b, (const guint8 *)&tail[0], 4);
            g_byte_array_append(b, (const guint8 *)&head[0], 2);
        } else {
            g_byte_array_append(b, (const guint8 *)head, 4);
            g_byte_array_append(b, (const guint8 *)tail, 8);
        }
    }
    g_byte_array_append(b, (const guint8 *)"\0\0\0\0the camera's own", 20);
    return g_byte_array_free_to_bytes(b);
}

GByteArray *
jpeg_encode_with_exif(const guint8 *block, size_t size)
{
    guint8 head[10] = {0xff, 0xe1, (guint8)((size + 8) >> 8), (guint8)((size + 8) & 255), 'E', 'x',
                       'i',  'f'};
    GByteArray *file = jpeg_encode(&jpeg_kinds[JPEG_YCBCR], NULL, 0);
    GByteArray *whole = g_byte_array_append(g_byte_array_new(), file->data, 2);
    g_byte_array_append(whole, head, sizeof head);
    g_byte_array_append(whole, block, (guint)size);
    g_byte_array_append(whole, file->data + 2, file->len - 2);
    g_byte_array_unref(file);
    return whole;
}

void
jpeg_put(const char *path, const guint8 *bytes, size_t size)
{
    g_unlink(path); /* what is truncated is written to the disk before it is closed */
    FILE *file = g_fopen(path, "wb");
    g_assert_true(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

gboolean
jpeg_read(const char *path, const GByteArray *bytes, MendPicture *picture, GError **error)
{
    jpeg_put(path, bytes->data, bytes->len);
    return mend_picture_read(path, picture, error);
}
