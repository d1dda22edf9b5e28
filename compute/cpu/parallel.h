/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread pool: a loop whose rounds are handed out one by one. Waiting is passive. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MendCpuPool MendCpuPool;

/* n_threads counts the caller, who works too. Where the system refuses threads there are fewer. */
MendCpuPool *mend_cpu_pool_new(int n_threads);
void mend_cpu_pool_free(MendCpuPool *pool);
int mend_cpu_pool_threads(const MendCpuPool *pool);

/* Calls round(data, i, thread) for all i below n, each once, in any order; thread is below
 * mend_cpu_pool_threads() and no two rounds that run at a time share one. Returns when all are
 * done. From one thread at a time, and not from within a round. */
void mend_cpu_pool_run(MendCpuPool *pool, int n, void (*round)(gpointer data, int i, int thread),
                       gpointer data);

/* MEND_THREADS where it is a number from 1 to 256, else the number of processors. */
int mend_cpu_default_threads(void);

G_END_DECLS
