/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files. */
#include "compute/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "compute/block.h"

static void *
fail(const char *path, int number, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "%s: %s", path,
                g_strerror(number));
    return NULL;
}

/* The error is EIO where the file has become shorter. */
static guint8 *
read_all(FILE *file, const char *path, size_t *size, GError **error)
{
    struct stat facts;
    if (fstat(fileno(file), &facts) != 0)
        return fail(path, errno, error);
    if (!S_ISREG(facts.st_mode))
        return fail(path, S_ISDIR(facts.st_mode) ? EISDIR : EINVAL, error);
    *size = (size_t)facts.st_size;
    guint8 *bytes = mend_block_new_large(*size, error);
    if (!bytes || fread(bytes, 1, *size, file) == *size)
        return bytes;
    mend_block_free(bytes);
    return fail(path, ferror(file) ? errno : EIO, error);
}

guint8 *
mend_file_read(const char *path, size_t *size, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fail(path, errno, error);
    guint8 *bytes = read_all(file, path, size, error);
    fclose(file);
    return bytes;
}
