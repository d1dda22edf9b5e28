/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for png.c where Mend is built without libpng: says so. */
#include "compute/pictures/format.h"

#include <string.h>

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "\211PNG\r\n\032\n", 8) == 0;
}

static gboolean
read_png(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    (void)bytes;
    (void)size;
    (void)picture;
    return mend_picture_refuse(name, "this Mend was built without PNG; use .ppm or .pfm", error);
}

static const char *
misfit(const char *suffix, const MendPicture *picture)
{
    (void)suffix;
    (void)picture;
    return "this Mend was built without PNG; use .ppm or .pfm";
}

/* Nothing fits, so nothing is written. */
const MendPictureFormat mend_format_png = {{".png", NULL}, matches, read_png, misfit, NULL};
