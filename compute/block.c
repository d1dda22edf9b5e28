/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where big memory comes from. */
#include "compute/block.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/i18n.h"
#include "compute/spill.h"

#define ALIGNMENT   64
#define LEAST_LARGE ((size_t)16 << 20)
#define USUAL_MIB   1024
#define MOST_MIB    (1u << 30)
#define MOST_WINDOW ((size_t)256 << 20) /* of the files, in memory at a time */

/* A block that counts against MEND_MEMORY, or a file. */
typedef struct {
    void *data;
    size_t bytes;
    gboolean in_file;
} Large;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static GArray *larges;                                   /* Large; NULL where there are none */
static size_t in_memory;                                 /* bytes, of those not in files */

static void *
allocate(size_t bytes)
{
    size_t padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (padded < bytes || mend_fault("alloc"))
        return NULL;
    return aligned_alloc(ALIGNMENT, padded ? padded : ALIGNMENT);
}

static void *
fail(size_t bytes, const char *reason, GError **error)
{
    double mib = (double)bytes / (1 << 20);
    if (reason)
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_MEMORY,
            _("Not enough memory for %.1f MiB, and no room for a file: %s. Make room there, "
              "set TMPDIR to a folder on a disk, or MEND_MEMORY to how many MiB of memory "
              "may be used."),
            mib, reason);
    else
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_MEMORY,
            _("Not enough memory for %.1f MiB. Close other programs, or use a smaller tile."), mib);
    return NULL;
}

void *
mend_block_new(size_t bytes, GError **error)
{
    void *block = allocate(bytes);
    return block ? block : fail(bytes, NULL, error);
}

size_t
mend_block_available(void)
{
    g_autofree char *text = NULL;
    const char *line = NULL;
    if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
        line = strstr(text, "MemAvailable:");
    if (!line)
        return G_MAXSIZE;
    return (size_t)g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) << 10;
}

/* FALSE: MEND_MEMORY does not say, so it is the usual. */
static gboolean
get_limit(size_t *limit)
{
    guint64 mib = USUAL_MIB;
    const char *text = g_getenv("MEND_MEMORY");
    gboolean told = text && g_ascii_string_to_unsigned(text, 10, 0, MOST_MIB, &mib, NULL);
    *limit = (size_t)(told ? mib : USUAL_MIB) << 20;
    return told;
}

static void *
add(void *data, size_t bytes, gboolean in_file)
{
    const Large large = {data, bytes, in_file};
    if (!larges)
        larges = g_array_new(FALSE, FALSE, sizeof large);
    g_array_append_val(larges, large);
    in_memory += in_file ? 0 : bytes;
    return data;
}

/* With the lock held. */
static void *
new_large(size_t bytes, GError **error)
{
    g_autoptr(GError) reason = NULL;
    size_t limit, half = mend_block_available() / 2;
    gboolean told = get_limit(&limit);
    gboolean fits = bytes <= limit && in_memory <= limit - bytes && (told || bytes <= half);
    void *data = fits ? allocate(bytes) : NULL;
    if (data)
        return add(data, bytes, FALSE);
    data = mend_spill_new(bytes, CLAMP(limit / 4, LEAST_LARGE, MOST_WINDOW), &reason);
    if (data)
        return add(data, bytes, TRUE);
    data = !told && bytes <= half ? allocate(bytes) : NULL;
    return data ? add(data, bytes, FALSE) : fail(bytes, reason->message, error);
}

void *
mend_block_new_large(size_t bytes, GError **error)
{
    if (bytes < LEAST_LARGE)
        return mend_block_new(bytes, error);
    pthread_mutex_lock(&lock);
    void *data = new_large(bytes, error);
    pthread_mutex_unlock(&lock);
    return data;
}

/* Takes block out of the list. {NULL}: it is not there. */
static Large
forget(const void *block)
{
    Large found = {NULL, 0, FALSE};
    pthread_mutex_lock(&lock);
    for (guint i = 0; larges && i < larges->len && !found.data; i++) {
        if (g_array_index(larges, Large, i).data != block)
            continue;
        found = g_array_index(larges, Large, i);
        g_array_remove_index_fast(larges, i);
        in_memory -= found.in_file ? 0 : found.bytes;
    }
    if (larges && larges->len == 0)
        g_clear_pointer(&larges, g_array_unref);
    pthread_mutex_unlock(&lock);
    return found;
}

void
mend_block_free(void *block)
{
    if (!block)
        return;
    Large large = forget(block);
    if (large.in_file)
        mend_spill_free(block, large.bytes);
    else
        free(block);
}
