/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives every file of the folders named to a fuzz target once: the corpus as a normal test. */
#include <glib.h>

#include "tests/fuzz/fuzz.h"

int
main(int argc, char **argv)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) folder = g_dir_open(argv[i], 0, &error);
        g_assert_no_error(error);
        for (const char *name; (name = g_dir_read_name(folder)); n++) {
            g_autofree char *path = g_build_filename(argv[i], name, NULL);
            g_autofree char *text = NULL;
            gsize length;
            g_file_get_contents(path, &text, &length, &error);
            g_assert_no_error(error);
            LLVMFuzzerTestOneInput((const uint8_t *)text, length);
        }
    }
    g_print("%d inputs\n", n);
    return n > 0 ? 0 : 1;
}
