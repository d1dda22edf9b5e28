/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over something long, in bands on several threads. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Calls band(data, begin, end), 0 <= begin < end <= n, until each item was in one band; a band has
 * grain items, the last perhaps fewer. Short passes stay on the caller's thread, long ones get
 * threads of their own (as many as MEND_THREADS or processors, at most 8), so no band may depend on
 * another. Returns when all are done. Thread: any, several at a time. */
void mend_bands_run(size_t n, size_t grain, void (*band)(gpointer data, size_t begin, size_t end),
                    gpointer data);

/* For arrays: items of a band that are worth a thread's while and fit its cache. */
#define MEND_BAND ((size_t)1 << 18)

G_END_DECLS
