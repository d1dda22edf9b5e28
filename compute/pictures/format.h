/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a kind of picture file must be able to do. picture.c has the table of them and does the
 * files; a format sees bytes. Thread: safe. */
#pragma once

#include <stdio.h>

#include "compute/error.h"
#include "compute/picture.h"

G_BEGIN_DECLS

/* Where a format writes. path is for messages. The first error sticks. */
typedef struct {
    FILE *file;
    const char *path;
    const char *suffix; /* the one of the format's suffixes that path ends with, in any case */
    GError **error;
    gboolean failed;
} MendPictureSink;

typedef struct {
    const char *suffixes[4]; /* ".png", with the dot, lower case, NULL-terminated */
    gboolean (*matches)(const guint8 *bytes, size_t size);
    /* Fills an empty picture; name is for messages (MEND_ERROR_IMAGE). */
    gboolean (*read)(const guint8 *bytes, size_t size, const char *name, MendPicture *picture,
                     GError **error);
    /* Why a file of this suffix cannot hold the picture, and what to do; NULL: it can. The hook
     * itself is NULL where any picture will do. */
    const char *(*misfit)(const char *suffix, const MendPicture *picture);
    /* Is asked for pictures that fit only. */
    gboolean (*write)(MendPictureSink *sink, const MendPicture *picture);
} MendPictureFormat;

extern const MendPictureFormat mend_format_png;  /* refuses where libpng is not built in */
extern const MendPictureFormat mend_format_jpeg; /* refuses where libjpeg-turbo is not built in */
extern const MendPictureFormat mend_format_pnm;  /* P5, P6, PF, Pf */
extern const MendPictureFormat mend_format_pat;  /* GIMP's patterns */

/* FALSE where the file takes no more: the disk is full, or mend_fault("write"). */
gboolean mend_sink_put(MendPictureSink *sink, const void *bytes, size_t size);
/* Memory for a row; NULL fails the sink. Free with mend_block_free(). */
guint8 *mend_sink_row(MendPictureSink *sink, size_t bytes);
/* Sets the sink's error: "Cannot write PATH: reason". */
void mend_sink_fail(MendPictureSink *sink, const char *reason);

/* Makes room for a picture; refuses what is empty or has more than 2^31 - 1 pixels. */
gboolean mend_picture_new(MendPicture *picture, const char *name, guint64 width, guint64 height,
                          int channels, int bits, GError **error);
/* Sets "NAME: reason" and returns FALSE. */
gboolean mend_picture_refuse(const char *name, const char *reason, GError **error);

/* Interleaved samples, big-endian where bits is 16, of one row: to and from the planes. most is the
 * value that means 1.0 (255, 65535, or a PNM file's own). */
void mend_row_unpack(MendTensor pixels, int y, const guint8 *row, int bits, int most);
void mend_row_pack(MendTensor pixels, int y, guint8 *row, int bits);

G_END_DECLS
