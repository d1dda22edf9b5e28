/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where big memory comes from. Thread: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Memory: 64-byte aligned, uninitialised. The only place of compute that takes big memory, and it
 * never aborts: NULL and MEND_ERROR_MEMORY with the size in MiB.
 * Free with mend_block_free(); NULL is allowed there. */
void *mend_block_new(size_t bytes, GError **error);

/* The same for what grows with the picture. Such blocks (from 16 MiB on) are in memory while all of
 * them together take no more than the variable MEND_MEMORY says, in MiB; the others are in files
 * that have no name, on a disk, of which only a part is in memory at a time (compute/spill.h).
 * Without the variable: 1024 MiB, or half of the machine's free memory where that is less; and half
 * of the free memory where no disk takes the file. Also used like memory; uninitialised too. */
void *mend_block_new_large(size_t bytes, GError **error);
void mend_block_free(void *block);

/* Bytes that can be had without harm to other programs; G_MAXSIZE where the system does not say. */
size_t mend_block_available(void);

G_END_DECLS
