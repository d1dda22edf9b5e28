/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for jpeg.c where Mend is built without libjpeg-turbo: says so. */
#include "compute/pictures/format.h"

#include <string.h>

static gboolean
matches(const guint8 *bytes, size_t size)
{
    return size >= 3 && memcmp(bytes, "\377\330\377", 3) == 0;
}

static gboolean
read_jpeg(const guint8 *bytes, size_t size, const char *name, MendPicture *picture, GError **error)
{
    (void)bytes;
    (void)size;
    (void)picture;
    return mend_picture_refuse(
        name, "this Mend was built without JPEG; make it a PNG, or restore it in GIMP", error);
}

static const char *
misfit(const char *suffix, const MendPicture *picture)
{
    (void)suffix;
    (void)picture;
    return "this Mend was built without JPEG; use .png";
}

/* Nothing fits, so nothing is written. */
const MendPictureFormat mend_format_jpeg = {
    {".jpg", ".jpeg", NULL}, matches, read_jpeg, misfit, NULL};
