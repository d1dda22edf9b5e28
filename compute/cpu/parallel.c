/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one thread pool. */
#include "compute/cpu/parallel.h"

#include <pthread.h>

#define MAX_THREADS 256

typedef struct {
    MendCpuPool *pool;
    GThread *thread;
    int index;
} Worker;

struct MendCpuPool {
    pthread_mutex_t lock; /* not GMutex: ThreadSanitizer cannot see into GLib */
    pthread_cond_t wake, idle;
    int generation; /* counts loops; a change wakes the workers */
    int n_busy;     /* workers that have not finished this loop */
    gboolean quit;
    int n_workers;
    Worker *workers;

    void (*round)(gpointer data, int i, int thread);
    gpointer data;
    int n;
    int next; /* atomic */
};

static void
take_rounds(MendCpuPool *pool, int thread)
{
    for (;;) {
        int i = g_atomic_int_add(&pool->next, 1);
        if (i >= pool->n)
            return;
        pool->round(pool->data, i, thread);
    }
}

static gpointer
work(gpointer data)
{
    Worker *worker = data;
    MendCpuPool *pool = worker->pool;
    int seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->quit && pool->generation == seen)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->quit)
            break;
        seen = pool->generation;
        pthread_mutex_unlock(&pool->lock);
        take_rounds(pool, worker->index);
        pthread_mutex_lock(&pool->lock);
        if (--pool->n_busy == 0)
            pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

MendCpuPool *
mend_cpu_pool_new(int n_threads)
{
    MendCpuPool *pool = g_new0(MendCpuPool, 1);
    int wanted = CLAMP(n_threads, 1, MAX_THREADS) - 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    pool->workers = g_new0(Worker, MAX(wanted, 1));
    for (int i = 0; i < wanted; i++) {
        Worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->index = i + 1;
        worker->thread = g_thread_try_new("mend-cpu", work, worker, NULL);
        if (!worker->thread)
            break;
        pool->n_workers++;
    }
    return pool;
}

void
mend_cpu_pool_free(MendCpuPool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->quit = TRUE;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_workers; i++)
        g_thread_join(pool->workers[i].thread);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->idle);
    g_free(pool->workers);
    g_free(pool);
}

int
mend_cpu_pool_threads(const MendCpuPool *pool)
{
    return pool->n_workers + 1;
}

void
mend_cpu_pool_run(MendCpuPool *pool, int n, void (*round)(gpointer data, int i, int thread),
                  gpointer data)
{
    pool->round = round;
    pool->data = data;
    pool->n = n;
    g_atomic_int_set(&pool->next, 0);
    if (n < 2 || pool->n_workers == 0) { /* not worth waking anyone */
        take_rounds(pool, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->generation++;
    pool->n_busy = pool->n_workers;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    take_rounds(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->n_busy)
        pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

int
mend_cpu_default_threads(void)
{
    guint64 n;
    const char *text = g_getenv("MEND_THREADS");
    if (text && g_ascii_string_to_unsigned(text, 10, 1, MAX_THREADS, &n, NULL))
        return (int)n;
    return MIN((int)g_get_num_processors(), MAX_THREADS);
}
