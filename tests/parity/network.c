/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `mend parity network` as a program of its own, for tests. */
#include "compute/parity/parity.h"

int
main(int argc, char **argv)
{
    return mend_parity_network(argc - 1, argv + 1);
}
