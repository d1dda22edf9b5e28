/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG files to be read by tests, made by libjpeg itself: ramps of light, in many kinds of file. */
#pragma once

#include <stdio.h>

#include <jpeglib.h>

#include "compute/picture.h"

G_BEGIN_DECLS

enum { JPEG_W = 150, JPEG_H = 70 }; /* no multiple of a block's side */

typedef struct {
    const char *name;
    J_COLOR_SPACE in, stored;
    int n;                              /* samples a pixel */
    int across, down;                   /* pixels for which colours have one */
    gboolean progressive, apart, adobe; /* apart: one scan for each colour */
    int restart;                        /* blocks between markers */
} JpegKind;

enum { JPEG_YCBCR = 1, JPEG_APART = 5, JPEG_PROGRESSIVE = 6, JPEG_ADOBE = 9, JPEG_KINDS = 11 };
extern const JpegKind jpeg_kinds[JPEG_KINDS];

/* What there is to see at x, y (0..1): red, green and blue's ramps, and that of black's light. */
double jpeg_light(int c, double x, double y);

/* profile: or NULL; density_unit as in JFIF, of 300 x 150. Owned by the caller. */
GByteArray *jpeg_encode(const JpegKind *kind, GBytes *profile, int density_unit);

/* An EXIF block: orientation, resolutions, the size, a thumbnail and something of the camera's own.
 * With it at the beginning of a file. Both owned by the caller. */
GBytes *jpeg_exif(gboolean little, guint orientation);
GByteArray *jpeg_encode_with_exif(const guint8 *block, size_t size);

/* Through a file at path. */
void jpeg_put(const char *path, const guint8 *bytes, size_t size);
gboolean jpeg_read(const char *path, const GByteArray *bytes, MendPicture *picture, GError **error);

G_END_DECLS
