/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `mend parity THING` as a program of its own, for tests: RUN is the thing's function. Skips where
 * the files are not there, or not the kernels that MEND_CPU names. */
#include <stdio.h>
#include <string.h>

#include "compute/cpu/kernels.h"
#include "compute/parity/parity.h"

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!g_file_test(argv[i], G_FILE_TEST_EXISTS)) {
            printf("skipped: %s is not there\n", argv[i]);
            return 77;
        }
    const char *isa = g_getenv("MEND_CPU");
    if (isa && strcmp(mend_cpu_choose()->name, isa) != 0) {
        printf("skipped: this processor has no %s\n", isa);
        return 77;
    }
    return RUN(argc - 1, argv + 1);
}
