/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG by libjpeg-turbo: read at 8 bit as grey or RGB, whole or not at all. */
#include "compute/pictures/format.h"

#include <jpeglib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h> /* after jpeglib.h, which decides what numbers the messages have */

enum {
    QUALITY = 95,
    ICC = JPEG_APP0 + 2,
    MARKER_MOST = 65533,
    PROFILE_MOST = 255 * (MARKER_MOST - 14), /* in as many markers as can be counted */
    SIDE_MOST = 65500,
    SCANS_MOST = 256,    /* a file made to keep us busy has more */
    PADDING_MOST = 16,   /* bytes without meaning that some cameras leave before a marker */
    BLOCKS_A_BYTE = 32,  /* no code is shorter than a bit; the brightness may lack three in four */
    HELD_MOST = 1 << 26, /* pixels whose coefficients we hold in memory for better codes */
};

/* For the coefficients of a file that comes in several scans: some 700 megapixels in colour. */
#define SCANNED_MOST ((long)(sizeof(long) > 4 ? 4LL << 30 : 1 << 30))

/* Markers that are carried as they are: which they are, what they begin with, and where the rest
 * goes. What is longer than one marker (extended XMP) is not. */
static const struct {
    int marker;
    const char *prefix;
    unsigned prefix_bytes;
    size_t tag; /* a GBytes * of MendPictureTags */
} carried[] = {
    {JPEG_APP0 + 1, "Exif\0", 6, offsetof(MendPictureTags, exif)},
    {JPEG_APP0 + 1, "http://ns.adobe.com/xap/1.0/", 29, offsetof(MendPictureTags, xmp)},
    {JPEG_APP0 + 13, "Photoshop 3.0", 14, offsetof(MendPictureTags, iptc)},
};

/* What libjpeg calls back with, in client_data. Its errors jump; everything that must be freed then
 * is in here, not in variables of the jumper. */
typedef struct {
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_destination_mgr destination;
    jmp_buf jump;
    MendPictureSink *sink;
    guint8 *samples; /* a row */
    JOCTET *profile; /* libjpeg's malloc */
    JOCTET buffer[16384];
    char reason[JMSG_LENGTH_MAX + 32];
} Jpeg;

static void
give_up(j_common_ptr cinfo)
{
    Jpeg *p = cinfo->client_data;
    char message[JMSG_LENGTH_MAX];
    cinfo->err->format_message(cinfo, message);
    g_strlcpy(p->reason, message, sizeof p->reason);
    longjmp(p->jump, 1);
}

/* Below 0: the data is damaged, and libjpeg would go on with grey. Some of it does no harm. */
static void
on_message(j_common_ptr cinfo, int level)
{
    Jpeg *p = cinfo->client_data;
    const struct jpeg_error_mgr *e = cinfo->err;
    int code = e->msg_code;
    char message[JMSG_LENGTH_MAX];
    if (level >= 0 || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
        code == JWRN_BOGUS_ICC ||
        (code == JWRN_EXTRANEOUS_DATA && e->msg_parm.i[0] <= PADDING_MOST))
        return;
    e->format_message(cinfo, message);
    g_snprintf(p->reason, sizeof p->reason, "it is damaged (%s)", message);
    longjmp(p->jump, 1);
}

static void
on_progress(j_common_ptr cinfo)
{
    Jpeg *p = cinfo->client_data;
    if (p->in.input_scan_number <= SCANS_MOST)
        return;
    g_strlcpy(p->reason, "it has more than 256 scans", sizeof p->reason);
    longjmp(p->jump, 1);
}

static struct jpeg_error_mgr *
errors_for(Jpeg *p)
{
    jpeg_std_error(&p->errors);
    p->errors.error_exit = give_up;
    p->errors.emit_message = on_message;
    return &p->errors;
}

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\377\330\377", 3) == 0;
}

static void
read_header(Jpeg *p, const guint8 *bytes, size_t size)
{
    jpeg_create_decompress(&p->in);
    p->in.progress = &p->progress;
    jpeg_mem_src(&p->in, bytes, size);
    for (size_t i = 0; i < G_N_ELEMENTS(carried); i++)
        jpeg_save_markers(&p->in, carried[i].marker, 0xffff);
    jpeg_save_markers(&p->in, ICC, 0xffff);
    jpeg_read_header(&p->in, TRUE);
    gboolean inks = p->in.jpeg_color_space == JCS_CMYK || p->in.jpeg_color_space == JCS_YCCK;
    if (p->in.jpeg_color_space != JCS_GRAYSCALE)
        p->in.out_color_space = inks ? JCS_CMYK : JCS_RGB;
}

static void
read_density(const Jpeg *p, MendPictureTags *tags)
{
    guint32 x = p->in.X_density, y = p->in.Y_density;
    if (!p->in.saw_JFIF_marker || x == 0 || y == 0 || p->in.density_unit > 2 ||
        (p->in.density_unit == 0 && x == y))
        return;
    tags->density_unit = p->in.density_unit != 0;
    tags->density_x = p->in.density_unit == 1 ? (x * 10000 + 127) / 254 : x;
    tags->density_y = p->in.density_unit == 1 ? (y * 10000 + 127) / 254 : y;
    if (p->in.density_unit == 2) {
        tags->density_x *= 100;
        tags->density_y *= 100;
    }
}

/* The first marker of its kind; NULL: there is none. */
static GBytes *
read_carried(const Jpeg *p, size_t i)
{
    unsigned n = carried[i].prefix_bytes;
    for (const struct jpeg_marker_struct *m = p->in.marker_list; m; m = m->next) {
        if (m->marker == carried[i].marker && m->data_length > n &&
            memcmp(m->data, carried[i].prefix, n - 1) == 0) /* the last one may be anything */
            return g_bytes_new(m->data + n, m->data_length - n);
    }
    return NULL;
}

static void
read_tags(Jpeg *p, MendPictureTags *tags)
{
    unsigned size;
    read_density(p, tags);
    for (size_t i = 0; i < G_N_ELEMENTS(carried); i++)
        G_STRUCT_MEMBER(GBytes *, tags, carried[i].tag) = read_carried(p, i);
    if (jpeg_read_icc_profile(&p->in, &p->profile, &size)) {
        tags->profile = g_bytes_new(p->profile, size);
        tags->profile_name = g_strdup("ICC profile");
    }
}

/* A reason to refuse the file before memory is taken, or NULL. */
static const char *
objection(const Jpeg *p, const MendPictureTags *tags, size_t size)
{
    guint64 blocks = (guint64)p->in.image_width * p->in.image_height / 64;
    if (blocks / BLOCKS_A_BYTE > size)
        return "the file is cut off: it is too short for its pixels";
    if (p->in.out_color_space == JCS_CMYK && tags->profile)
        return "its colours are inks (CMYK) of a profile; make it RGB first, for example in GIMP";
    return NULL;
}

/* What a file of Adobe's says is how much light is left, not how much ink there is. */
static void
mix_inks(guint8 *row, size_t n, gboolean inverted)
{
    int flip = inverted ? 0 : 255;
    for (size_t i = 0; i < n; i++) {
        int black = row[4 * i + 3] ^ flip;
        for (size_t c = 0; c < 3; c++)
            row[3 * i + c] = (guint8)(((row[4 * i + c] ^ flip) * black + 127) / 255);
    }
}

static void
read_samples(Jpeg *p, const MendPicture *picture)
{
    JSAMPROW row = p->samples;
    while (p->in.output_scanline < p->in.output_height) {
        int y = (int)p->in.output_scanline;
        jpeg_read_scanlines(&p->in, &row, 1);
        if (p->in.out_color_space == JCS_CMYK)
            mix_inks(row, p->in.output_width, p->in.saw_Adobe_marker);
        mend_row_unpack(picture->pixels, y, row, 8, 255);
    }
}

/* A colour of which no scan came is grey, without a warning; its table is set by its first scan. */
static gboolean
is_complete(const Jpeg *p)
{
    for (int i = 0; i < p->in.num_components; i++)
        if (!p->in.comp_info[i].quant_table)
            return FALSE;
    return TRUE;
}

/* Only this function has the jump buffer, and it has no variables that change after setjmp. */
static gboolean
decode(Jpeg *p, const guint8 *bytes, size_t size, const char *name, MendPicture *picture,
       GError **error)
{
    if (setjmp(p->jump))
        return mend_picture_refuse(name, p->reason, error);
    read_header(p, bytes, size);
    read_tags(p, &picture->tags);
    const char *reason = objection(p, &picture->tags, size);
    if (reason)
        return mend_picture_refuse(name, reason, error);
    int channels = p->in.out_color_space == JCS_GRAYSCALE ? 1 : 3;
    if (!mend_picture_new(picture, name, p->in.image_width, p->in.image_height, channels, 8, error))
        return FALSE;
    p->samples = mend_block_new((size_t)p->in.image_width * 4, error);
    if (!p->samples)
        return FALSE;
    p->in.mem->max_memory_to_use = SCANNED_MOST;
    jpeg_start_decompress(&p->in);
    read_samples(p, picture);
    if (!is_complete(p))
        return mend_picture_refuse(name, "it is damaged (a colour is missing)", error);
    jpeg_finish_decompress(&p->in);
    return TRUE;
}

static gboolean
read_jpeg(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    Jpeg p = {.progress.progress_monitor = on_progress};
    p.in.err = errors_for(&p);
    p.in.client_data = &p;
    gboolean good = decode(&p, bytes, size, name, picture, error);
    jpeg_destroy_decompress(&p.in);
    free(p.profile);
    mend_block_free(p.samples);
    return good;
}

static void
open_buffer(j_compress_ptr cinfo)
{
    Jpeg *p = cinfo->client_data;
    p->destination.next_output_byte = p->buffer;
    p->destination.free_in_buffer = sizeof p->buffer;
}

static void
put_buffer(Jpeg *p, size_t n)
{
    if (!mend_sink_put(p->sink, p->buffer, n))
        longjmp(p->jump, 1); /* the sink has the reason */
}

static boolean
empty_buffer(j_compress_ptr cinfo)
{
    put_buffer(cinfo->client_data, G_SIZEOF_MEMBER(Jpeg, buffer));
    open_buffer(cinfo);
    return TRUE;
}

static void
close_buffer(j_compress_ptr cinfo)
{
    Jpeg *p = cinfo->client_data;
    put_buffer(p, sizeof p->buffer - p->destination.free_in_buffer);
}

static void
set_up(Jpeg *p, MendShape shape)
{
    jpeg_create_compress(&p->out);
    p->destination = (struct jpeg_destination_mgr){.init_destination = open_buffer,
                                                   .empty_output_buffer = empty_buffer,
                                                   .term_destination = close_buffer};
    p->out.dest = &p->destination;
    p->out.image_width = (JDIMENSION)shape.w;
    p->out.image_height = (JDIMENSION)shape.h;
    p->out.input_components = shape.c;
    p->out.in_color_space = shape.c == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&p->out);
    jpeg_set_quality(&p->out, QUALITY, TRUE);
    p->out.comp_info[0].h_samp_factor = p->out.comp_info[0].v_samp_factor = 1;
    p->out.optimize_coding = (guint64)shape.w * (guint64)shape.h <= HELD_MOST;
}

static void
set_density(Jpeg *p, const MendPictureTags *tags)
{
    double scale = tags->density_unit == 1 ? 0.0254 : 1;
    double x = tags->density_x * scale + 0.5, y = tags->density_y * scale + 0.5;
    if (x < 1 || y < 1 || x > G_MAXUINT16 || y > G_MAXUINT16)
        return;
    p->out.density_unit = tags->density_unit == 1; /* an inch */
    p->out.X_density = (UINT16)x;
    p->out.Y_density = (UINT16)y;
}

static void
write_carried(Jpeg *p, size_t which, GBytes *bytes)
{
    gsize size = 0;
    unsigned n = carried[which].prefix_bytes;
    const guint8 *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    if (size == 0 || size > MARKER_MOST - n)
        return;
    jpeg_write_m_header(&p->out, carried[which].marker, (unsigned)size + n);
    for (unsigned i = 0; i < n; i++)
        jpeg_write_m_byte(&p->out, carried[which].prefix[i]);
    for (gsize i = 0; i < size; i++)
        jpeg_write_m_byte(&p->out, data[i]);
}

/* What is too large for a JPEG file is left out. */
static void
write_tags(Jpeg *p, const MendPictureTags *tags)
{
    gsize size = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(carried); i++)
        write_carried(p, i, G_STRUCT_MEMBER(GBytes *, tags, carried[i].tag));
    const guint8 *data = tags->profile ? g_bytes_get_data(tags->profile, &size) : NULL;
    if (size > 0 && size <= PROFILE_MOST)
        jpeg_write_icc_profile(&p->out, data, (unsigned)size);
}

static gboolean
encode(Jpeg *p, const MendPicture *picture)
{
    JSAMPROW row = p->samples;
    if (setjmp(p->jump)) {
        mend_sink_fail(p->sink, p->reason);
        return FALSE;
    }
    set_up(p, picture->pixels.shape);
    set_density(p, &picture->tags);
    jpeg_start_compress(&p->out, TRUE);
    write_tags(p, &picture->tags);
    while (p->out.next_scanline < p->out.image_height) {
        mend_row_pack(picture->pixels, (int)p->out.next_scanline, p->samples, 8);
        jpeg_write_scanlines(&p->out, &row, 1);
    }
    jpeg_finish_compress(&p->out);
    return TRUE;
}

static const char *
misfit(const char *suffix, const MendPicture *picture)
{
    MendShape shape = picture->pixels.shape;
    (void)suffix;
    if (shape.c == 2 || shape.c == 4)
        return "a JPEG file has no transparency; use .png";
    return MAX(shape.w, shape.h) > SIDE_MOST
               ? "a JPEG file has at most 65500 pixels a side; use .png"
               : NULL;
}

static gboolean
write_jpeg(MendPictureSink *sink, const MendPicture *picture)
{
    Jpeg p = {.sink = sink};
    MendShape shape = picture->pixels.shape;
    p.samples = mend_sink_row(sink, (size_t)shape.c * (size_t)shape.w);
    if (!p.samples)
        return FALSE;
    p.out.err = errors_for(&p);
    p.out.client_data = &p;
    gboolean good = encode(&p, picture);
    jpeg_destroy_compress(&p.out);
    mend_block_free(p.samples);
    return good;
}

const MendPictureFormat mend_format_jpeg = {
    {".jpg", ".jpeg", NULL}, matches, read_jpeg, misfit, write_jpeg};
