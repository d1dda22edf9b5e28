/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Big memory: in memory up to a limit, then in files, of which little is resident. */
#include "compute/block.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "compute/error.h"
#include "compute/fault.h"

#define MIB ((size_t)1 << 20)

static char *folder; /* for the files; on the disk that the tests are built on */

/* Where block lies, by the system's table: TRUE in a file of folder. */
static gboolean
in_file(const void *block)
{
    g_autofree char *text = NULL;
    g_autofree char *start = g_strdup_printf("%lx-", (unsigned long)block);
    g_assert_true(g_file_get_contents("/proc/self/maps", &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++)
        if (g_str_has_prefix(lines[i], start))
            return strstr(lines[i], ".mend-") != NULL;
    return FALSE;
}

static gboolean
skipped(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("MEND_MEMORY", "0", TRUE);
    void *probe = mend_block_new_large(16 * MIB, &error);
    mend_block_free(probe);
    if (!g_file_test("/proc/self/maps", G_FILE_TEST_EXISTS))
        g_test_skip("no /proc");
    else if (!probe)
        g_test_skip(error->message);
    else
        return FALSE;
    return TRUE;
}

static void
test_limit(void)
{
    if (skipped())
        return;
    g_setenv("MEND_MEMORY", "50", TRUE);
    void *first = mend_block_new_large(30 * MIB, NULL), *small = mend_block_new_large(MIB, NULL);
    void *second = mend_block_new_large(30 * MIB, NULL),
         *third = mend_block_new_large(20 * MIB, NULL);
    g_assert_false(in_file(first) || in_file(small) || in_file(third));
    g_assert_true(in_file(second));
    mend_block_free(first);
    mend_block_free(second);
    second = mend_block_new_large(30 * MIB, NULL); /* there is room again */
    g_assert_false(in_file(second));
    mend_block_free(small);
    mend_block_free(second);
    mend_block_free(third);
    mend_block_free(NULL);
}

static size_t
resident(void)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/status", &text, NULL, NULL));
    return g_ascii_strtoull(strstr(text, "VmRSS:") + 6, NULL, 10) << 10;
}

/* What is written stays, though it does not stay resident; no name is left in the folder. */
static void
test_files_hold_and_let_go(void)
{
    const size_t n = 160 * MIB, step = 4096;
    if (skipped())
        return;
    size_t before = resident(), least = G_MAXSIZE;
    guint8 *block = mend_block_new_large(n, NULL);
    g_assert_true(in_file(block));
    for (size_t i = 0; i < n; i += step)
        memset(block + i, (int)(i / step % 251), step);
    for (int tries = 0; tries < 2000 && least > before + 40 * MIB; tries++) {
        least = MIN(least, resident());
        g_usleep(1000); /* the trimming thread looks now and then */
    }
    g_assert_cmpuint(least, <=, before + 40 * MIB);
    for (size_t i = 0; i < n; i += step / 2)
        g_assert_cmpint(block[i], ==, (int)(i / step % 251));
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));)
        g_assert_null(strstr(name, ".mend-"));
    mend_block_free(block);
}

static gpointer
use_blocks(gpointer data)
{
    for (int i = 0; i < 20; i++) {
        char *block = mend_block_new_large((size_t)(16 + i % 3) * MIB, NULL);
        g_assert_nonnull(block);
        block[0] = block[5 * MIB] = (char)i;
        g_usleep(300);
        g_assert_true(block[0] == (char)i && block[5 * MIB] == (char)i);
        mend_block_free(block);
    }
    return data;
}

/* The trimming thread comes and goes with the blocks. */
static void
test_threads(void)
{
    GThread *threads[4];
    if (skipped())
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("user", use_blocks, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

static void
test_no_disk(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("MEND_MEMORY", "0", TRUE);
    g_setenv("MEND_FAULT", "spill:1", TRUE);
    mend_fault_reset();
    g_assert_null(mend_block_new_large(20 * MIB, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_MEMORY);
    g_assert_nonnull(strstr(error->message, "20.0 MiB"));
    g_assert_nonnull(strstr(error->message, folder));
    g_assert_nonnull(strstr(error->message, "MEND_MEMORY"));
    g_clear_error(&error);
    g_unsetenv("MEND_MEMORY"); /* the usual limit is no law */
    mend_fault_reset();
    void *block = mend_block_new_large(20 * MIB, &error);
    g_unsetenv("MEND_FAULT");
    mend_fault_reset();
    g_assert_no_error(error);
    mend_block_free(block);
}

/* A disk is never as big as this; the message says what there is. */
static void
test_too_big_for_the_disk(void)
{
    g_autoptr(GError) error = NULL;
    g_setenv("MEND_MEMORY", "0", TRUE);
    g_assert_null(mend_block_new_large((size_t)1 << 55, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_MEMORY);
    g_assert_nonnull(strstr(error->message, folder));
    g_clear_error(&error);
    g_unsetenv("MEND_MEMORY");
    g_assert_null(mend_block_new_large(G_MAXSIZE - 5, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_MEMORY);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_get_current_dir();
    g_setenv("TMPDIR", folder, TRUE);
    g_setenv("XDG_CACHE_HOME", folder, TRUE);
    g_test_add_func("/block/limit", test_limit);
    g_test_add_func("/block/files-hold-and-let-go", test_files_hold_and_let_go);
    g_test_add_func("/block/threads", test_threads);
    g_test_add_func("/block/no-disk", test_no_disk);
    g_test_add_func("/block/too-big-for-the-disk", test_too_big_for_the_disk);
    int result = g_test_run();
    g_free(folder);
    return result;
}
