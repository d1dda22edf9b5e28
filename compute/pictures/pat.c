/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIMP's patterns (.pat): a header of big-endian words, a name, then 8-bit samples row by row. The
 * name is the file's, without its ending. */
#include "compute/pictures/format.h"

#include <string.h>

#define MAGIC     0x47504154u /* "GPAT" */
#define WORDS     6     /* header's size with the name, version, width, height, samples, magic */
#define NAME_MOST 1024  /* bytes of a name, with its end */
#define SIDE_MOST 10000 /* GIMP takes no larger ones */

static guint32
word(const guint8 *bytes, int i)
{
    guint32 value;
    memcpy(&value, bytes + 4 * i, 4);
    return GUINT32_FROM_BE(value);
}

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size >= 4 * WORDS && word(bytes, 5) == MAGIC;
}

static gboolean
read_pat(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    guint64 start = word(bytes, 0), w = word(bytes, 2), h = word(bytes, 3), n = word(bytes, 4);
    if (word(bytes, 1) != 1 || start < 4 * WORDS || start > size || w < 1 || h < 1 ||
        MAX(w, h) > SIDE_MOST || n < 1 || n > 4)
        return mend_picture_refuse(name, "its header of a pattern is damaged", error);
    if (size - start < w * h * n)
        return mend_picture_refuse(name, "the file is cut off: pixels are missing", error);
    if (!mend_picture_new(picture, name, w, h, (int)n, 8, error))
        return FALSE;
    for (guint64 y = 0; y < h; y++)
        mend_row_unpack(picture->pixels, (int)y, bytes + start + y * w * n, 8, 255);
    return TRUE;
}

static gboolean
put_header(MendPictureSink *sink, MendShape shape)
{
    g_autofree char *file = g_path_get_basename(sink->path);
    g_autofree char *name = g_utf8_make_valid(file, (gssize)(strlen(file) - strlen(sink->suffix)));
    size_t length = MIN(strlen(name), NAME_MOST - 1);
    const guint32 words[WORDS] = {(guint32)(4 * WORDS + length + 1),
                                  1,
                                  (guint32)shape.w,
                                  (guint32)shape.h,
                                  (guint32)shape.c,
                                  MAGIC};
    for (int i = 0; i < WORDS; i++) {
        guint32 value = GUINT32_TO_BE(words[i]);
        if (!mend_sink_put(sink, &value, sizeof value))
            return FALSE;
    }
    return mend_sink_put(sink, name, length) && mend_sink_put(sink, "", 1);
}

static const char *
misfit(const char *suffix, const MendPicture *picture)
{
    MendShape shape = picture->pixels.shape;
    (void)suffix;
    return MAX(shape.w, shape.h) > SIDE_MOST
               ? "a pattern has at most 10000 pixels a side; make it smaller"
               : NULL;
}

static gboolean
write_pat(MendPictureSink *sink, const MendPicture *picture)
{
    MendShape shape = picture->pixels.shape;
    size_t row_bytes = (size_t)shape.w * (size_t)shape.c;
    guint8 *row = mend_sink_row(sink, row_bytes);
    gboolean good = row && put_header(sink, shape);
    for (int y = 0; y < shape.h && good; y++) {
        mend_row_pack(picture->pixels, y, row, 8);
        good = mend_sink_put(sink, row, row_bytes);
    }
    mend_block_free(row);
    return good;
}

const MendPictureFormat mend_format_pat = {{".pat", NULL}, matches, read_pat, misfit, write_pat};
