/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picture files for the command line and tests: PNG (8 and 16 bit; where libpng was built in),
 * JPEG (where libjpeg-turbo was), PPM/PGM (8 and 16 bit), PFM (float), GIMP's patterns PAT (8 bit).
 * Files are not trusted. Thread: safe. */
#pragma once

#include "compute/tensor.h"

G_BEGIN_DECLS

/* What a PNG or JPEG file says of its colours, its size on paper, how it was taken and what was
 * written to it: carried to the file that is written, as far as that kind of file has a place for
 * it (of colours a JPEG file has the profile alone, a PNG file has no place for IPTC). Only EXIF's
 * orientation is used. Each may be missing; {0} is all of them. */
typedef struct {
    GBytes *profile;    /* ICC */
    char *profile_name; /* with it */
    gboolean is_srgb;
    int intent;                    /* of sRGB */
    gint32 gamma;                  /* of the file, times 100000 */
    gint32 white[2], primaries[6]; /* x, y; times 100000; white[1] 0: none */
    guint32 density_x, density_y;  /* pixels a unit; 0: none */
    int density_unit;              /* 1: a metre; 0: only the ratio is known */
    GBytes *exif; /* TIFF header and directories; the orientation is 1: as the pixels lie */
    GBytes *xmp;  /* a packet: captions, ratings, rights; its orientation is 1, too */
    GBytes *iptc; /* Photoshop's resource blocks, in which IPTC's captions and rights lie */
} MendPictureTags;

typedef struct {
    MendTensor pixels; /* {1..4, h, w}: grey, grey+alpha, RGB or RGBA; 0..1, PFM any */
    int bits;          /* per sample of the file: 8, 16 or 32 (float) */
    MendPictureTags tags;
} MendPicture;

/* Format by content. At most 2^31 - 1 pixels. They are turned upright where EXIF says how the
 * picture was held. A file that ends too early or is damaged is refused, never filled up: what is
 * missing would be taken for a photograph. Inks (CMYK, a JPEG file) become (1 - ink)(1 - black),
 * and are refused where a profile says that they are others.
 * MEND_ERROR_IMAGE names the file and the reason. */
gboolean mend_picture_read(const char *path, MendPicture *picture, GError **error);
/* Format by extension (.png .jpg .jpeg .ppm .pgm .pfm .pat); values are clamped and rounded to bits
 * (PFM: as they are; JPEG: 8, quality 95, all colours in full resolution). Written beside and
 * renamed: the file is whole or not there, an old one stays on failure. */
gboolean mend_picture_write(const char *path, const MendPicture *picture, GError **error);
/* FALSE where writing cannot succeed whatever the picture: unknown extension, no such folder, or it
 * may not be written. To be asked before a long computation. */
gboolean mend_picture_writable(const char *path, GError **error);
/* FALSE where a file of this kind cannot hold this picture: transparency, colours, too many pixels
 * a side. To be asked as soon as the picture is read. */
gboolean mend_picture_fits(const char *path, const MendPicture *picture, GError **error);
void mend_picture_clear(MendPicture *picture);

/* A new {3,h,w} tensor: grey is repeated, alpha left out. */
MendTensor mend_picture_rgb(const MendPicture *picture, GError **error);
/* Puts colour back into a picture of the same size: grey is the mean of the three, alpha stays. */
void mend_picture_set_rgb(MendPicture *picture, MendTensor rgb);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendPicture, mend_picture_clear)

G_END_DECLS
