/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that is a file: for what is too big to be held. */
#include "compute/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "compute/error.h"
#include "compute/fault.h"

#define TMPFS       0x01021994 /* kinds of file systems that are memory */
#define RAMFS       0x858458F6
#define INTERVAL_NS 10000000 /* between two looks at what is resident */

typedef struct {
    void *data;
    size_t bytes;
} Map;

/* The maps and the thread that trims them. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t stop;
    GArray *maps; /* Map; NULL where there are none, and then there is no thread */
    size_t window;
    GThread *thread;
    guint turn; /* of the present thread: one that is asked to end never serves the next maps */
} keeper = {.lock = PTHREAD_MUTEX_INITIALIZER, .stop = PTHREAD_COND_INITIALIZER};

/* Why folder cannot take a file of bytes, or NULL. Owned by the caller. */
static char *
objection(const char *folder, size_t bytes)
{
    struct statfs kind;
    struct statvfs space;
    struct rlimit most;
    if (mend_fault("spill"))
        return g_strdup_printf("%s failed on demand", folder);
    if (statfs(folder, &kind) != 0 || statvfs(folder, &space) != 0 ||
        g_access(folder, W_OK | X_OK) != 0)
        return g_strdup_printf("%s: %s", folder, g_strerror(errno));
    if ((guint32)kind.f_type == TMPFS || (guint32)kind.f_type == RAMFS)
        return g_strdup_printf("%s is in memory", folder);
    double room = (double)space.f_bavail * (double)space.f_frsize;
    if (room < (double)bytes)
        return g_strdup_printf("%s has %.1f MiB left, %.1f MiB are needed", folder,
                               room / (1 << 20), (double)bytes / (1 << 20));
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < bytes)
        return g_strdup_printf("%s: %s", folder, g_strerror(EFBIG));
    return NULL;
}

static void *
map_file(const char *folder, size_t bytes, char **reason)
{
    g_autofree char *path = g_build_filename(folder, ".mend-XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    int failure = fd < 0 ? errno : 0;
    void *data = MAP_FAILED;
    if (fd >= 0) {
        g_unlink(path);
        failure = posix_fallocate(fd, 0, (off_t)bytes);
    }
    if (!failure) {
        data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        failure = data == MAP_FAILED ? errno : 0;
    }
    if (fd >= 0)
        close(fd);
    if (!failure)
        return data;
    *reason = g_strdup_printf("%s: %s", folder, g_strerror(failure));
    return NULL;
}

static void *
try_folder(const char *folder, size_t bytes, GString *reasons)
{
    g_autofree char *reason = objection(folder, bytes);
    void *data = reason ? NULL : map_file(folder, bytes, &reason);
    if (!data)
        g_string_append_printf(reasons, "%s%s", reasons->len ? "; " : "", reason);
    return data;
}

/* Bytes of files in this process's memory; without /proc as if it were all. */
static size_t
resident(void)
{
    unsigned long files = 0;
    FILE *statm = fopen("/proc/self/statm", "re");
    int n = statm ? fscanf(statm, "%*u %*u %lu", &files) : 0;
    if (statm)
        fclose(statm);
    return n == 1 ? (size_t)files * (size_t)sysconf(_SC_PAGESIZE) : G_MAXSIZE;
}

/* What was written is in the system's cache, and by and by on the disk; nothing is lost. */
static void
trim(void)
{
    for (guint i = 0; i < keeper.maps->len; i++) {
        const Map *map = &g_array_index(keeper.maps, Map, i);
        madvise(map->data, map->bytes, MADV_DONTNEED);
    }
}

static gpointer
keep(gpointer turn)
{
    pthread_mutex_lock(&keeper.lock);
    while (keeper.maps && keeper.turn == GPOINTER_TO_UINT(turn)) {
        struct timespec when;
        clock_gettime(CLOCK_REALTIME, &when);
        when.tv_nsec += INTERVAL_NS;
        when.tv_sec += when.tv_nsec / 1000000000;
        when.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&keeper.stop, &keeper.lock, &when);
        if (keeper.maps && resident() > keeper.window)
            trim();
    }
    pthread_mutex_unlock(&keeper.lock);
    return NULL;
}

/* Where there can be no thread the system takes pages back when it must: slower, but it does. */
static void
add(void *data, size_t bytes, size_t window)
{
    const Map map = {data, bytes};
    pthread_mutex_lock(&keeper.lock);
    keeper.window = window;
    gboolean first = !keeper.maps;
    if (first)
        keeper.maps = g_array_new(FALSE, FALSE, sizeof map);
    g_array_append_val(keeper.maps, map);
    if (first)
        keeper.thread = g_thread_try_new("mend-keep", keep, GUINT_TO_POINTER(++keeper.turn), NULL);
    pthread_mutex_unlock(&keeper.lock);
}

void *
mend_spill_new(size_t bytes, size_t window, GError **error)
{
    g_autoptr(GString) reasons = g_string_new(NULL);
    const char *told = g_getenv("TMPDIR");
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "mend", NULL);
    void *data = try_folder(told && *told ? told : "/var/tmp", bytes, reasons);
    if (!data) {
        g_mkdir_with_parents(cache, 0700);
        data = try_folder(cache, bytes, reasons);
    }
    if (data)
        add(data, bytes, window);
    else
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_MEMORY, reasons->str);
    return data;
}

void
mend_spill_free(void *data, size_t bytes)
{
    GThread *thread = NULL;
    pthread_mutex_lock(&keeper.lock);
    for (guint i = 0; i < keeper.maps->len; i++) {
        if (g_array_index(keeper.maps, Map, i).data != data)
            continue;
        g_array_remove_index_fast(keeper.maps, i);
        break;
    }
    if (keeper.maps->len == 0) {
        g_clear_pointer(&keeper.maps, g_array_unref);
        thread = g_steal_pointer(&keeper.thread);
        pthread_cond_broadcast(&keeper.stop);
    }
    pthread_mutex_unlock(&keeper.lock);
    if (thread)
        g_thread_join(thread);
    munmap(data, bytes);
}
