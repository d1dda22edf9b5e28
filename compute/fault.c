/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failure injection for tests. */
#include "compute/fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char point[48];
    int nth, count;
} Fault;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Fault faults[8];
static int n_faults = -1; /* -1: the environment was not read yet */

static void
read_environment(void)
{
    const char *text = g_getenv("MEND_FAULT");
    g_auto(GStrv) items = g_strsplit(text ? text : "", ",", 0);
    n_faults = 0;
    for (char **item = items; *item && n_faults < (int)G_N_ELEMENTS(faults); item++) {
        const char *colon = strrchr(*item, ':');
        if (!colon || colon - *item >= (ptrdiff_t)sizeof faults[0].point)
            continue;
        Fault *fault = &faults[n_faults++];
        memset(fault, 0, sizeof *fault);
        memcpy(fault->point, *item, (size_t)(colon - *item));
        fault->nth = atoi(colon + 1);
    }
}

gboolean
mend_fault(const char *point)
{
    if (g_atomic_int_get(&n_faults) == 0)
        return FALSE;
    gboolean fail = FALSE;
    pthread_mutex_lock(&lock);
    if (n_faults < 0)
        read_environment();
    for (int i = 0; i < n_faults; i++) {
        if (strcmp(faults[i].point, point) == 0 && ++faults[i].count >= faults[i].nth)
            fail = TRUE;
    }
    pthread_mutex_unlock(&lock);
    return fail;
}

void
mend_fault_reset(void)
{
    pthread_mutex_lock(&lock);
    read_environment();
    pthread_mutex_unlock(&lock);
}
