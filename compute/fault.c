/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Failure injection for tests. */
#include "compute/fault.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char point[48];
    int nth, last, count;
} Fault;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Fault faults[8];
static gint n_faults = -1; /* atomic; -1: the environment was not read yet */

/* With the lock held. n_faults changes once, at the end: it is read without the lock. */
static void
read_environment(void)
{
    const char *text = g_getenv("MEND_FAULT");
    g_auto(GStrv) items = g_strsplit(text ? text : "", ",", 0);
    int n = 0;
    for (char **item = items; *item && n < (int)G_N_ELEMENTS(faults); item++) {
        const char *colon = strrchr(*item, ':');
        if (!colon || colon - *item >= (ptrdiff_t)sizeof faults[0].point)
            continue;
        Fault *fault = &faults[n++];
        memset(fault, 0, sizeof *fault);
        memcpy(fault->point, *item, (size_t)(colon - *item));
        fault->last = INT_MAX;
        sscanf(colon + 1, "%d-%d", &fault->nth, &fault->last);
    }
    g_atomic_int_set(&n_faults, n);
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
        Fault *fault = &faults[i];
        if (strcmp(fault->point, point) == 0 && ++fault->count >= fault->nth)
            fail |= fault->count <= fault->last;
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
