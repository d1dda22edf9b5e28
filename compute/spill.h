/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that is a file: for what is too big to be held. Used by block.c alone. Thread: safe.
 *
 * The file lies in $TMPDIR (without it /var/tmp), or in Mend's folder of the user's cache where the
 * first is in memory itself, full or closed. Its name is taken away and its room on the disk taken
 * at once, so nothing stays behind and a full disk is seen here, not in the middle of a job.
 *
 * While there are such blocks a thread looks, every few milliseconds, how much of all files is
 * resident, and lets go of their pages where that is above the window: a page goes to the system's
 * cache, which it gives to others when it wants, and comes back when it is touched. So whoever
 * walks over a picture needs to know nothing of this. A disk that fails while a block is used ends
 * the process, as with swap. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Zeros, aligned to pages. window: bytes of all files together that may stay resident; that of the
 * latest call counts. NULL and MEND_ERROR_MEMORY, with each folder's reason, where no disk takes
 * it. */
void *mend_spill_new(size_t bytes, size_t window, GError **error);
void mend_spill_free(void *data, size_t bytes);

G_END_DECLS
