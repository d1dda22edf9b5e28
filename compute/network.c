/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of networks. */
#include "compute/network.h"

extern const MendNetwork mend_network_nafnet;

const MendNetwork *const mend_networks[] = {&mend_network_nafnet, NULL};

const MendNetwork *
mend_network_find(const char *name)
{
    for (int i = 0; mend_networks[i]; i++)
        if (g_strcmp0(mend_networks[i]->name, name) == 0)
            return mend_networks[i];
    return NULL;
}
