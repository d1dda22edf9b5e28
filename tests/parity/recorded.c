/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `mend parity THING` as a program of its own, for tests: RUN is the thing's function. Skips where
 * the files are not there. */
#include <stdio.h>

#include "compute/parity/parity.h"

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!g_file_test(argv[i], G_FILE_TEST_EXISTS)) {
            printf("skipped: %s is not there\n", argv[i]);
            return 77;
        }
    return RUN(argc - 1, argv + 1);
}
