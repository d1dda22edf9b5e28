/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a whole restoration costs, in time and memory: `mend bench --megapixels`. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    const char *model;            /* a file */
    const char *device, *sampler; /* ids; NULL: as usual */
    const char *megapixels;       /* "4,100" */
    int steps, tile;              /* 0: as usual */
    gboolean json;
} MendBenchJob;

/* Restores a made-up picture of each size (4 : 3) and prints the seconds and the processor's
 * seconds a megapixel, and each by that of the first size; and the greatest resident memory, all of
 * it (VmHWM) and what no file backs (RssAnon, looked at while it runs), in MiB, -1 where there is
 * no /proc. FALSE with an error where a restoration fails or a size is no number from 0.01 to 2000.
 */
gboolean mend_bench_job(const MendBenchJob *job, GError **error);

G_END_DECLS
