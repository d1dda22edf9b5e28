/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files. They are read, never mapped: a file that another program shortens meanwhile is then
 * an error, not the end of this process. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The bytes of a regular file, from mend_block_new_large(): free with mend_block_free(). NULL and
 * the system's error (G_FILE_ERROR; the message names the path) or MEND_ERROR_MEMORY. */
guint8 *mend_file_read(const char *path, size_t *size, GError **error);

G_END_DECLS
