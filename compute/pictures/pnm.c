/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PGM and PPM (8 and 16 bit, binary) and PFM (float). A header of words, then the samples. */
#include "compute/pictures/format.h"

#include <string.h>

typedef struct {
    const guint8 *at, *end;
} Words;

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size > 2 && bytes[0] == 'P' && strchr("56Ff", bytes[1]) && g_ascii_isspace(bytes[2]);
}

/* The next word of the header, with the one white character after it eaten. */
static gboolean
next_word(Words *words, char *word, size_t room)
{
    while (words->at < words->end && (g_ascii_isspace(*words->at) || *words->at == '#')) {
        gboolean comment = *words->at == '#';
        words->at++;
        while (comment && words->at < words->end && *words->at != '\n')
            words->at++;
    }
    size_t n = 0;
    while (words->at < words->end && !g_ascii_isspace(*words->at) && n + 1 < room)
        word[n++] = (char)*words->at++;
    word[n] = '\0';
    if (n == 0 || words->at == words->end || !g_ascii_isspace(*words->at))
        return FALSE;
    words->at++;
    return TRUE;
}

static gboolean
next_number(Words *words, double least, double most, double *number)
{
    char word[32], *end = NULL;
    if (!next_word(words, word, sizeof word))
        return FALSE;
    *number = g_ascii_strtod(word, &end);
    return *end == '\0' && *number >= least && *number <= most;
}

/* Rows of a PFM file go from the bottom to the top. */
static void
read_floats(const guint8 *bytes, gboolean little, MendTensor pixels)
{
    int w = pixels.shape.w, h = pixels.shape.h;
    size_t plane = (size_t)w * (size_t)h, c = (size_t)pixels.shape.c;
    for (int y = h - 1; y >= 0; y--) {
        float *row = pixels.data + (size_t)y * (size_t)w;
        for (size_t i = 0; i < (size_t)w * c; i++, bytes += 4) {
            guint32 raw;
            memcpy(&raw, bytes, 4);
            raw = little ? GUINT32_FROM_LE(raw) : GUINT32_FROM_BE(raw);
            memcpy(row + i % c * plane + i / c, &raw, 4);
        }
    }
}

static gboolean
read_pfm(Words *words, const char *name, int channels, MendPicture *picture, GError **error)
{
    double w, h, scale;
    if (!next_number(words, 1, G_MAXINT, &w) || !next_number(words, 1, G_MAXINT, &h) ||
        !next_number(words, -1e30, 1e30, &scale) || scale == 0)
        return mend_picture_refuse(name, "its PFM header is damaged", error);
    double needed = w * h * channels * 4;
    if ((double)(words->end - words->at) < needed)
        return mend_picture_refuse(name, "the file is cut off: pixels are missing", error);
    if (!mend_picture_new(picture, name, (guint64)w, (guint64)h, channels, 32, error))
        return FALSE;
    read_floats(words->at, scale < 0, picture->pixels);
    return TRUE;
}

static gboolean
read_pnm(Words *words, const char *name, int channels, MendPicture *picture, GError **error)
{
    double w, h, most;
    if (!next_number(words, 1, G_MAXINT, &w) || !next_number(words, 1, G_MAXINT, &h) ||
        !next_number(words, 1, 65535, &most))
        return mend_picture_refuse(name, "its PNM header is damaged", error);
    int sample_bytes = most > 255 ? 2 : 1, bits = 8 * sample_bytes;
    if ((double)(words->end - words->at) < w * h * channels * sample_bytes)
        return mend_picture_refuse(name, "the file is cut off: pixels are missing", error);
    if (!mend_picture_new(picture, name, (guint64)w, (guint64)h, channels, bits, error))
        return FALSE;
    size_t row_bytes = (size_t)w * (size_t)channels * (size_t)sample_bytes;
    for (int y = 0; y < picture->pixels.shape.h; y++)
        mend_row_unpack(picture->pixels, y, words->at + (size_t)y * row_bytes, bits, (int)most);
    return TRUE;
}

static gboolean
read_any(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    Words words = {bytes, bytes + size};
    char magic[3];
    if (!next_word(&words, magic, sizeof magic))
        return mend_picture_refuse(name, "it has no header", error);
    int channels = magic[1] == '6' || magic[1] == 'F' ? 3 : 1;
    return (g_ascii_isdigit(magic[1]) ? read_pnm : read_pfm)(&words, name, channels, picture,
                                                             error);
}

static gboolean
write_pfm(MendPictureSink *sink, MendTensor pixels)
{
    int c = pixels.shape.c, w = pixels.shape.w, h = pixels.shape.h;
    g_autofree char *header = g_strdup_printf("%s\n%d %d\n-1.0\n", c == 3 ? "PF" : "Pf", w, h);
    size_t plane = (size_t)w * (size_t)h, n = (size_t)w * (size_t)c;
    guint8 *row = mend_sink_row(sink, n * 4);
    gboolean good = row && mend_sink_put(sink, header, strlen(header));
    for (int y = h - 1; y >= 0 && good; y--) {
        const float *from = pixels.data + (size_t)y * (size_t)w;
        for (size_t i = 0; i < n; i++) {
            guint32 raw;
            memcpy(&raw, from + i % (size_t)c * plane + i / (size_t)c, 4);
            raw = GUINT32_TO_LE(raw);
            memcpy(row + 4 * i, &raw, 4);
        }
        good = mend_sink_put(sink, row, n * 4);
    }
    mend_block_free(row);
    return good;
}

static gboolean
write_pnm(MendPictureSink *sink, MendTensor pixels, int bits)
{
    int c = pixels.shape.c, w = pixels.shape.w, h = pixels.shape.h;
    g_autofree char *header =
        g_strdup_printf("P%c\n%d %d\n%d\n", c == 3 ? '6' : '5', w, h, bits == 8 ? 255 : 65535);
    size_t row_bytes = (size_t)w * (size_t)c * (size_t)(bits / 8);
    guint8 *row = mend_sink_row(sink, row_bytes);
    gboolean good = row && mend_sink_put(sink, header, strlen(header));
    for (int y = 0; y < h && good; y++) {
        mend_row_pack(pixels, y, row, bits);
        good = mend_sink_put(sink, row, row_bytes);
    }
    mend_block_free(row);
    return good;
}

static const char *
misfit(const char *suffix, const MendPicture *picture)
{
    int channels = picture->pixels.shape.c;
    if (channels == 2 || channels == 4)
        return "this kind of file has no transparency; use .png";
    if (channels == 1 && strcmp(suffix, ".ppm") == 0)
        return "the picture is grey; use .pgm or .png";
    if (channels == 3 && strcmp(suffix, ".pgm") == 0)
        return "the picture has colours; use .ppm or .png";
    return NULL;
}

static gboolean
write_any(MendPictureSink *sink, const MendPicture *picture)
{
    if (strcmp(sink->suffix, ".pfm") == 0)
        return write_pfm(sink, picture->pixels);
    return write_pnm(sink, picture->pixels, picture->bits == 8 ? 8 : 16);
}

const MendPictureFormat mend_format_pnm = {
    {".ppm", ".pgm", ".pfm", NULL}, matches, read_any, misfit, write_any};
