/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `mend bench` as a program of its own, for tests/bench/nafnet.py. */
#include "compute/bench.h"

int
main(int argc, char **argv)
{
    return mend_bench_main(argc - 1, argv + 1);
}
