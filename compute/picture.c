/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picture files: which format, whole files in, whole files out. */
#include "compute/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/fault.h"
#include "compute/file.h"
#include "compute/pictures/exif.h"
#include "compute/pictures/format.h"
#include "compute/pictures/xmp.h"

static const MendPictureFormat *const formats[] = {&mend_format_png, &mend_format_jpeg,
                                                   &mend_format_pnm, &mend_format_pat};

gboolean
mend_picture_refuse(const char *name, const char *reason, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot read %s: %s.", name, reason);
    return FALSE;
}

gboolean
mend_picture_new(MendPicture *picture, const char *name, guint64 width, guint64 height,
                 int channels, int bits, GError **error)
{
    if (width < 1 || height < 1 || height > G_MAXINT || width > G_MAXINT / height)
        return mend_picture_refuse(name, "it has no pixels, or more than 2147483647", error);
    picture->bits = bits;
    picture->pixels = mend_tensor_new((MendShape){channels, (int)height, (int)width}, error);
    return picture->pixels.data != NULL;
}

void
mend_picture_clear(MendPicture *picture)
{
    mend_tensor_clear(&picture->pixels);
    g_clear_pointer(&picture->tags.profile, g_bytes_unref);
    g_clear_pointer(&picture->tags.profile_name, g_free);
    g_clear_pointer(&picture->tags.exif, g_bytes_unref);
    g_clear_pointer(&picture->tags.xmp, g_bytes_unref);
    g_clear_pointer(&picture->tags.iptc, g_bytes_unref);
}

void
mend_row_unpack(MendTensor pixels, int y, const guint8 *row, int bits, int most)
{
    int c = pixels.shape.c, w = pixels.shape.w;
    for (int k = 0; k < c; k++) {
        float *to = mend_tensor_plane(pixels, k).data + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++) {
            size_t i = (size_t)x * (size_t)c + (size_t)k;
            int value = bits == 8 ? row[i] : row[2 * i] << 8 | row[2 * i + 1];
            to[x] = (float)MIN(value, most) / (float)most;
        }
    }
}

void
mend_row_pack(MendTensor pixels, int y, guint8 *row, int bits)
{
    int c = pixels.shape.c, w = pixels.shape.w;
    float most = bits == 8 ? 255.0f : 65535.0f;
    for (int k = 0; k < c; k++) {
        const float *from = mend_tensor_plane(pixels, k).data + (size_t)y * (size_t)w;
        for (int x = 0; x < w; x++) {
            size_t i = (size_t)x * (size_t)c + (size_t)k;
            float clamped = from[x] > 0.0f ? MIN(from[x], 1.0f) : 0.0f; /* a NaN is black */
            int value = (int)lrintf(clamped * most);
            if (bits == 8) {
                row[i] = (guint8)value;
            } else {
                row[2 * i] = (guint8)(value >> 8);
                row[2 * i + 1] = (guint8)(value & 255);
            }
        }
    }
}

static gboolean
read_bytes(const guint8 *bytes, size_t size, const char *path, MendPicture *picture, GError **error)
{
    size_t i = 0;
    while (i < G_N_ELEMENTS(formats) && !formats[i]->matches(bytes, size))
        i++;
    if (i == G_N_ELEMENTS(formats))
        return mend_picture_refuse(path, "it is none of PNG, JPEG, binary PPM or PGM, PFM, and PAT",
                                   error);
    if (!formats[i]->read(bytes, size, path, picture, error))
        return FALSE;
    int orientation = mend_exif_reset(&picture->tags.exif);
    mend_xmp_reset(&picture->tags.xmp);
    return orientation == 1 || mend_picture_turn(picture, orientation, error);
}

gboolean
mend_picture_read(const char *path, MendPicture *picture, GError **error)
{
    size_t size = 0;
    g_autoptr(GError) reason = NULL;
    memset(picture, 0, sizeof *picture);
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR))
        return mend_picture_refuse(path, "it is not a file", error);
    guint8 *bytes = mend_file_read(path, &size, &reason);
    if (!bytes && mend_error_is(reason, MEND_ERROR_MEMORY)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (!bytes) {
        g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot read %s.", reason->message);
        return FALSE;
    }
    gboolean good = read_bytes(bytes, size, path, picture, error);
    mend_block_free(bytes);
    if (!good)
        mend_picture_clear(picture);
    return good;
}

void
mend_sink_fail(MendPictureSink *sink, const char *reason)
{
    if (!sink->failed)
        g_set_error(sink->error, MEND_ERROR, MEND_ERROR_IMAGE, "Cannot write %s: %s.", sink->path,
                    reason);
    sink->failed = TRUE;
}

gboolean
mend_sink_put(MendPictureSink *sink, const void *bytes, size_t size)
{
    gboolean fault = mend_fault("write");
    if (!sink->failed && (fault || fwrite(bytes, 1, size, sink->file) != size))
        mend_sink_fail(sink, g_strerror(fault ? ENOSPC : errno));
    return !sink->failed;
}

guint8 *
mend_sink_row(MendPictureSink *sink, size_t bytes)
{
    guint8 *row = mend_block_new(bytes, sink->failed ? NULL : sink->error);
    if (!row)
        sink->failed = TRUE;
    return row;
}

static const MendPictureFormat *
format_for(const char *path, const char **found, GError **error)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        for (const char *const *suffix = formats[i]->suffixes; *suffix; suffix++) {
            *found = *suffix;
            if (g_str_has_suffix(lower, *suffix))
                return formats[i];
        }
    }
    g_set_error(error, MEND_ERROR, MEND_ERROR_IMAGE,
                "Cannot write %s: its name must end in .png, .jpg, .ppm, .pgm, .pfm or .pat.",
                path);
    return NULL;
}

/* Everything until the disk has it; the caller renames. A device file cannot be synced. */
static gboolean
write_file(const MendPictureFormat *format, MendPictureSink *sink, const MendPicture *picture,
           gboolean sync)
{
    gboolean good = format->write(sink, picture);
    if (good && (fflush(sink->file) != 0 || (sync && fsync(fileno(sink->file)) != 0)))
        mend_sink_fail(sink, g_strerror(errno));
    if (fclose(sink->file) != 0)
        mend_sink_fail(sink, g_strerror(errno));
    return !sink->failed;
}

/* Where path leads: symbolic links are followed, so that they stay. Owned by the caller. */
static char *
resolve(const char *path)
{
    char *real = realpath(path, NULL);
    char *copy = g_strdup(real ? real : path);
    free(real);
    return copy;
}

static gboolean
write_beside(const MendPictureFormat *format, MendPictureSink *sink, const char *target,
             const MendPicture *picture)
{
    g_autofree char *folder = g_path_get_dirname(target);
    g_autofree char *temporary = g_build_filename(folder, ".mend-XXXXXX", NULL);
    int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0666);
    struct stat old;
    if (fd >= 0 && stat(target, &old) == 0 && fchmod(fd, old.st_mode & 0777) != 0)
        g_info("%s: its permissions cannot be kept: %s", target, g_strerror(errno));
    sink->file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!sink->file) {
        mend_sink_fail(sink, g_strerror(errno));
        return FALSE;
    }
    gboolean good = write_file(format, sink, picture, TRUE);
    if (good && g_rename(temporary, target) != 0) {
        mend_sink_fail(sink, g_strerror(errno));
        good = FALSE;
    }
    if (!good)
        g_unlink(temporary);
    return good;
}

gboolean
mend_picture_writable(const char *path, GError **error)
{
    MendPictureSink sink = {.path = path, .error = error};
    if (!format_for(path, &sink.suffix, error))
        return FALSE;
    g_autofree char *target = resolve(path);
    g_autofree char *folder = g_path_get_dirname(target);
    if (g_file_test(target, G_FILE_TEST_IS_DIR))
        mend_sink_fail(&sink, "it is a folder");
    else if (g_access(folder, W_OK | X_OK) != 0)
        mend_sink_fail(&sink, g_strerror(errno));
    return !sink.failed;
}

static gboolean
fits(const MendPictureFormat *format, MendPictureSink *sink, const MendPicture *picture)
{
    const char *reason = format->misfit ? format->misfit(sink->suffix, picture) : NULL;
    if (reason)
        mend_sink_fail(sink, reason);
    return !reason;
}

gboolean
mend_picture_fits(const char *path, const MendPicture *picture, GError **error)
{
    MendPictureSink sink = {.path = path, .error = error};
    const MendPictureFormat *format = format_for(path, &sink.suffix, error);
    return format && fits(format, &sink, picture);
}

gboolean
mend_picture_write(const char *path, const MendPicture *picture, GError **error)
{
    MendPictureSink sink = {.path = path, .error = error};
    const MendPictureFormat *format = format_for(path, &sink.suffix, error);
    if (!format || !fits(format, &sink, picture))
        return FALSE;
    g_autofree char *target = resolve(path);
    gboolean exists = g_file_test(target, G_FILE_TEST_EXISTS);
    if (!exists || g_file_test(target, G_FILE_TEST_IS_REGULAR))
        return write_beside(format, &sink, target, picture);
    /* A pipe or a device cannot be replaced by a rename. */
    sink.file = g_fopen(target, "wb");
    if (sink.file)
        return write_file(format, &sink, picture, FALSE);
    mend_sink_fail(&sink, g_strerror(errno));
    return FALSE;
}

MendTensor
mend_picture_rgb(const MendPicture *picture, GError **error)
{
    MendShape shape = picture->pixels.shape;
    MendTensor rgb = mend_tensor_new((MendShape){3, shape.h, shape.w}, error);
    size_t plane = (size_t)shape.h * (size_t)shape.w;
    for (int c = 0; c < 3 && rgb.data; c++)
        memcpy(mend_tensor_plane(rgb, c).data,
               mend_tensor_plane(picture->pixels, shape.c >= 3 ? c : 0).data,
               plane * sizeof(float));
    return rgb;
}

void
mend_picture_set_rgb(MendPicture *picture, MendTensor rgb)
{
    size_t plane = (size_t)rgb.shape.h * (size_t)rgb.shape.w;
    if (picture->pixels.shape.c >= 3) {
        memcpy(picture->pixels.data, rgb.data, 3 * plane * sizeof(float));
        return;
    }
    for (size_t i = 0; i < plane; i++) {
        float r = rgb.data[i], g = rgb.data[plane + i], b = rgb.data[2 * plane + i];
        picture->pixels.data[i] = r == g && g == b ? r : (r + g + b) / 3.0f;
    }
}
