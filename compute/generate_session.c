/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A generator on its own thread. To the worker: a queue of orders, and a flag that it reads after
 * each part of the network. Back: a queue of answers, and a slot with the latest progress. */
#include "compute/generate_session.h"

#include <pthread.h>
#include <string.h>

#include "compute/error.h"
#include "compute/generate_engine.h"
#include "compute/i18n.h"

#define NOTHING (-1)

typedef struct {
    int number;
    gboolean drop; /* frees the chain of number's picture; else it is a wish */
    MendWish wish;
} Order;

typedef struct {
    int number;
    MendVariation *variation; /* or error */
    GError *error;
    char *note;
} Answer;

struct MendSession {
    int refs;       /* the handle's and one for each dispatch under way; starter's thread only */
    gboolean freed; /* no more calls to the listener; starter's thread only */
    MendSessionEvents events;
    MendGenerateOptions options;
    GMainContext *context;
    GThread *thread;
    gint cancel; /* atomic: the order under way */

    pthread_mutex_t lock; /* of what follows; not GMutex, which ThreadSanitizer cannot see into */
    pthread_cond_t more;  /* orders, or quit */
    gboolean quit;
    GQueue orders, answers;
    int n_wishes, current; /* current: number of the wish under way, or NOTHING */
    GSource *source;       /* attached and not yet dispatched, or NULL */
    gboolean has_progress;
    double fraction;
    char device[256];

    MendEngine *engine; /* the worker's, as all that follows */
    GArray *chains;     /* int, by number of wish: of its picture, or NOTHING */
    int done, expected, n_next;
    double similarity; /* of the first NEXT */
    gboolean changed;  /* another one was asked for since */
};

void
mend_variation_free(MendVariation *variation)
{
    if (!variation)
        return;
    mend_tensor_clear(&variation->pixels);
    g_free(variation);
}

static void
answer_free(gpointer data)
{
    Answer *answer = data;
    mend_variation_free(answer->variation);
    g_clear_error(&answer->error);
    g_free(answer->note);
    g_free(answer);
}

static void
unref(MendSession *s)
{
    if (--s->refs > 0)
        return;
    g_queue_clear_full(&s->orders, g_free);
    g_queue_clear_full(&s->answers, answer_free);
    g_main_context_unref(s->context);
    g_array_unref(s->chains);
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->lock);
    g_free(s);
}

static void
tell(MendSession *s, Answer *answer)
{
    if (s->freed)
        return;
    if (answer->error && s->events.failed)
        s->events.failed(answer->number, answer->error, s->events.data);
    else if (!answer->error && s->events.picture)
        s->events.picture(g_steal_pointer(&answer->variation), answer->note, s->events.data);
}

static Answer *
next_answer(MendSession *s)
{
    pthread_mutex_lock(&s->lock);
    Answer *answer = g_queue_pop_head(&s->answers);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

/* With the lock held. A wish under way that is taken back goes on until its evaluation ends. */
static gboolean
is_under_way(MendSession *s)
{
    return s->current != NOTHING && !g_atomic_int_get(&s->cancel);
}

static void
tell_progress(MendSession *s)
{
    char device[sizeof s->device];
    pthread_mutex_lock(&s->lock);
    gboolean wanted = s->has_progress && is_under_way(s) && !s->freed;
    int current = s->current;
    double fraction = s->fraction;
    memcpy(device, s->device, sizeof device);
    s->has_progress = FALSE;
    pthread_mutex_unlock(&s->lock);
    if (wanted && s->events.progress)
        s->events.progress(current, fraction, device, s->events.data);
}

/* On the starter's main context. The listener may free the session in any call. */
static gboolean
dispatch(gpointer data)
{
    MendSession *s = data;
    Answer *answer;
    s->refs++;
    pthread_mutex_lock(&s->lock);
    g_clear_pointer(&s->source, g_source_unref);
    pthread_mutex_unlock(&s->lock);
    while ((answer = next_answer(s))) {
        tell(s, answer);
        answer_free(answer);
    }
    tell_progress(s); /* last: the listener may have taken the wish back */
    unref(s);
    return G_SOURCE_REMOVE;
}

/* With the lock held. An event that waits will tell the newest state, so there is at most one. */
static void
wake(MendSession *s)
{
    if (s->source)
        return;
    s->source = g_idle_source_new();
    g_source_set_priority(s->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(s->source, dispatch, s, NULL);
    g_source_attach(s->source, s->context);
}

static gboolean
go_on(double share, gpointer data)
{
    MendSession *s = data;
    s->done += share >= 1;
    double done = s->done + (share < 1 ? share : 0);
    pthread_mutex_lock(&s->lock);
    if (s->engine && s->current != NOTHING) {
        s->has_progress = TRUE;
        s->fraction = MIN(done / MAX(s->expected, 1), 1);
        g_strlcpy(s->device, mend_engine_device(s->engine), sizeof s->device);
        wake(s);
    }
    pthread_mutex_unlock(&s->lock);
    return !g_atomic_int_get(&s->cancel);
}

static int
chain_of(const MendSession *s, int number)
{
    return number >= 0 && number < (int)s->chains->len ? g_array_index(s->chains, int, number)
                                                       : NOTHING;
}

static void
set_chain(MendSession *s, int number, int chain)
{
    const int nothing = NOTHING;
    while ((int)s->chains->len <= number)
        g_array_append_val(s->chains, nothing);
    g_array_index(s->chains, int, number) = chain;
}

/* next: TRUE where the chain goes on with the next picture of its turn, so that a copy is kept. */
static void
keep_chain(MendSession *s, int number, int chain, gboolean next)
{
    MendGenerator *g = mend_engine_generator(s->engine);
    if (chain < 0)
        return;
    if (next && s->events.keep_chains)
        set_chain(s, number, mend_generator_copy(g, chain, NULL)); /* without, it cannot fork */
    else if (!next && s->events.keep_chains)
        set_chain(s, number, chain);
    else if (!next)
        mend_generator_drop(g, chain);
}

static gboolean
make_next(MendSession *s, const Order *order, MendVariation *v, GError **error)
{
    MendGenerator *g = mend_engine_generator(s->engine);
    const MendGenerateOptions *o = &s->options;
    int n_chains = o->n_chains > 0 ? o->n_chains : (o->count + 3) / 4;
    s->expected = mend_engine_expected(s->engine, s->n_next < n_chains);
    v->options.similarity = order->wish.similarity;
    if (s->n_next == 0)
        s->similarity = order->wish.similarity;
    s->changed = s->changed || (!o->plain && s->similarity != order->wish.similarity);
    v->changed = s->changed; /* also where this fails: a chain may be at another level then */
    if (!mend_generator_set_similarity(g, order->wish.similarity, error) ||
        !mend_generator_next(g, v->pixels, &v->about, error))
        return FALSE;
    v->turn = s->n_next++;
    keep_chain(s, order->number, v->about.chain, TRUE);
    return TRUE;
}

static gboolean
make_more(MendSession *s, const Order *order, int from, MendVariation *v, GError **error)
{
    MendGenerator *g = mend_engine_generator(s->engine);
    s->expected = mend_engine_expected(s->engine, FALSE);
    if (!mend_generator_set_similarity(g, order->wish.similarity, error) ||
        !mend_generator_fork(g, from, v->pixels, &v->about, error))
        return FALSE;
    keep_chain(s, order->number, v->about.chain, FALSE);
    return TRUE;
}

static gboolean
make_surprise(MendSession *s, const Order *order, int from, MendVariation *v, GError **error)
{
    MendGenerator *g = mend_engine_generator(s->engine);
    s->expected = mend_engine_expected(s->engine, TRUE);
    int copy = mend_generator_copy(g, from, error);
    if (copy < 0)
        return FALSE;
    if (!mend_generator_jump(g, copy, v->pixels, &v->about, error)) {
        mend_generator_drop(g, copy);
        return FALSE;
    }
    keep_chain(s, order->number, copy, FALSE);
    return TRUE;
}

static gboolean
make(MendSession *s, const Order *order, MendVariation *v, GError **error)
{
    int from = chain_of(s, order->wish.of);
    if (order->wish.kind == MEND_WISH_NEXT ||
        (order->wish.kind == MEND_WISH_SURPRISE && s->options.plain))
        return make_next(s, order, v, error);
    if (from == NOTHING) {
        g_set_error(
            error, MEND_ERROR, MEND_ERROR_OPTION,
            _("Picture %d has no chain to go on from: it was dropped, or made without chains. "
              "Choose another picture, or the method DLG."),
            order->wish.of + 1);
        return FALSE;
    }
    if (order->wish.kind == MEND_WISH_MORE)
        return make_more(s, order, from, v, error);
    return make_surprise(s, order, from, v, error);
}

static MendVariation *
serve(MendSession *s, const Order *order, GError **error)
{
    s->done = 0;
    if (!s->engine && !(s->engine = mend_engine_open(&s->options, go_on, s, error)))
        return NULL;
    g_autoptr(MendVariation) v = g_new0(MendVariation, 1);
    v->options = s->options;
    v->wish = order->wish;
    v->number = order->number;
    v->pixels = mend_tensor_new(mend_generator_shape(mend_engine_generator(s->engine)), error);
    if (!v->pixels.data || !make(s, order, v, error))
        return NULL;
    mend_engine_clamp(v->pixels);
    v->can_fork = chain_of(s, order->number) != NOTHING;
    g_strlcpy(v->model, mend_engine_model(s->engine), sizeof v->model);
    g_strlcpy(v->device, mend_engine_device(s->engine), sizeof v->device);
    return g_steal_pointer(&v);
}

static void
drop_chain(MendSession *s, int number)
{
    int chain = chain_of(s, number);
    if (chain == NOTHING)
        return;
    mend_generator_drop(mend_engine_generator(s->engine), chain);
    set_chain(s, number, NOTHING);
}

/* Hands the answer over, unless its wish was taken back meanwhile. */
static void
put(MendSession *s, Answer *answer)
{
    pthread_mutex_lock(&s->lock);
    gboolean wanted = !g_atomic_int_get(&s->cancel);
    s->current = NOTHING;
    s->has_progress = FALSE;
    if (wanted) {
        g_queue_push_tail(&s->answers, answer);
        wake(s);
    }
    pthread_mutex_unlock(&s->lock);
    if (wanted)
        return;
    drop_chain(s, answer->number);
    answer_free(answer);
}

/* The next order; NULL at the end. */
static Order *
take(MendSession *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->quit && g_queue_is_empty(&s->orders))
        pthread_cond_wait(&s->more, &s->lock);
    Order *order = s->quit ? NULL : g_queue_pop_head(&s->orders);
    if (order) {
        s->current = order->drop ? NOTHING : order->number;
        g_atomic_int_set(&s->cancel, 0);
    }
    pthread_mutex_unlock(&s->lock);
    return order;
}

static gpointer
work(gpointer data)
{
    MendSession *s = data;
    Order *order;
    while ((order = take(s))) {
        if (order->drop) {
            drop_chain(s, order->number);
        } else {
            Answer *answer = g_new0(Answer, 1);
            answer->number = order->number;
            answer->variation = serve(s, order, &answer->error);
            answer->note = s->engine ? mend_engine_note(s->engine) : g_strdup("");
            put(s, answer);
        }
        g_free(order);
    }
    g_clear_pointer(&s->engine, mend_engine_free);
    return NULL;
}

MendSession *
mend_session_new(const MendGenerateOptions *options, const MendSessionEvents *events,
                 GError **error)
{
    if (!mend_generate_options_check(options, error))
        return NULL;
    MendSession *s = g_new0(MendSession, 1);
    s->refs = 1;
    s->events = *events;
    s->options = *options;
    s->context = g_main_context_ref_thread_default();
    s->chains = g_array_new(FALSE, FALSE, sizeof(int));
    s->current = NOTHING;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    s->thread = g_thread_try_new("mend-session", work, s, error);
    if (s->thread)
        return s;
    g_prefix_error(error, "Generating could not be started: ");
    unref(s);
    return NULL;
}

void
mend_session_free(MendSession *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->quit = TRUE;
    g_atomic_int_set(&s->cancel, 1);
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    g_thread_join(s->thread);
    s->freed = TRUE;
    if (s->source) { /* the worker has ended: nobody else holds the lock */
        g_source_destroy(s->source);
        g_clear_pointer(&s->source, g_source_unref);
    }
    unref(s);
}

/* With the lock held. */
static void
order(MendSession *s, Order what)
{
    g_queue_push_tail(&s->orders, g_memdup2(&what, sizeof what));
    pthread_cond_signal(&s->more);
}

int
mend_session_wish(MendSession *s, const MendWish *wish)
{
    pthread_mutex_lock(&s->lock);
    int number = s->n_wishes++;
    order(s, (Order){number, FALSE, *wish});
    pthread_mutex_unlock(&s->lock);
    return number;
}

static int
is_wish(gconstpointer item, gconstpointer number)
{
    const Order *order = item;
    return order->drop || order->number != GPOINTER_TO_INT(number);
}

static int
is_answer(gconstpointer item, gconstpointer number)
{
    return ((const Answer *)item)->number != GPOINTER_TO_INT(number);
}

void
mend_session_drop(MendSession *s, int number)
{
    gconstpointer key = GINT_TO_POINTER(number);
    pthread_mutex_lock(&s->lock);
    GList *waiting = g_queue_find_custom(&s->orders, key, is_wish);
    GList *told = g_queue_find_custom(&s->answers, key, is_answer);
    if (waiting) {
        g_free(waiting->data);
        g_queue_delete_link(&s->orders, waiting);
    } else if (s->current == number) {
        g_atomic_int_set(&s->cancel, 1);
    } else {
        order(s, (Order){.number = number, .drop = TRUE});
    }
    if (told) {
        answer_free(told->data);
        g_queue_delete_link(&s->answers, told);
    }
    pthread_mutex_unlock(&s->lock);
}

void
mend_session_stop(MendSession *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->n_wishes;
    gboolean busy = s->current != NOTHING || s->orders.length || s->answers.length;
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = 0; busy && i < n; i++) {
        gconstpointer key = GINT_TO_POINTER(i);
        if (i == s->current || g_queue_find_custom(&s->orders, key, is_wish) ||
            g_queue_find_custom(&s->answers, key, is_answer))
            g_array_append_val(open, i);
    }
    pthread_mutex_unlock(&s->lock);
    for (guint i = open->len; i > 0; i--) /* the last first: none of them begins meanwhile */
        mend_session_drop(s, g_array_index(open, int, i - 1));
}

gboolean
mend_session_is_busy(MendSession *s)
{
    pthread_mutex_lock(&s->lock);
    gboolean busy = is_under_way(s) || s->answers.length > 0;
    for (GList *link = s->orders.head; link; link = link->next)
        busy = busy || !((const Order *)link->data)->drop;
    pthread_mutex_unlock(&s->lock);
    return busy;
}
