/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generating on a thread: wishes in order, forks and surprises of any picture, taken back and
 * stopped at any moment. The model is random: its pictures are noise, but the same noise every
 * time. Clean under ThreadSanitizer. */
#include "compute/generate_session.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"

#define MOST 16

typedef struct {
    GThread *thread;
    GMainLoop *loop;
    MendSession *session;
    MendVariation *made[MOST]; /* by number of wish */
    int code[MOST];            /* of its error; -1: none */
    char message[512];         /* of the latest error */
    int n_events, n_progress, wanted;
    double fraction;
    int stop_at_progress; /* number of wish to be taken back when it is under way; -1 */
    gboolean free_at_event, free_at_progress;
} Listener;

static void
heard(Listener *l)
{
    g_assert_true(g_thread_self() == l->thread);
    l->n_events++;
    if (l->free_at_event)
        g_clear_pointer(&l->session, mend_session_free);
    if (l->n_events == l->wanted || l->free_at_event)
        g_main_loop_quit(l->loop);
}

static void
on_progress(int number, double fraction, const char *device, gpointer data)
{
    Listener *l = data;
    g_assert_cmpint(number, >=, 0);
    g_assert_true(fraction >= 0 && fraction <= 1);
    g_assert_true(device[0]);
    l->n_progress++;
    if (number == l->stop_at_progress)
        mend_session_drop(l->session, number);
    if (l->free_at_progress) {
        g_clear_pointer(&l->session, mend_session_free);
        g_main_loop_quit(l->loop);
    }
}

static void
on_picture(MendVariation *variation, const char *note, gpointer data)
{
    Listener *l = data;
    g_assert_nonnull(note);
    g_assert_true(variation->number < MOST && !l->made[variation->number]);
    l->made[variation->number] = variation;
    heard(l);
}

static void
on_failed(int number, const GError *error, gpointer data)
{
    Listener *l = data;
    l->code[number] = error->code;
    g_test_message("wish %d: %s", number, error->message);
    g_strlcpy(l->message, error->message, sizeof l->message);
    heard(l);
}

static MendGenerateOptions
small(void)
{
    MendGenerateOptions options;
    mend_generate_options_init(&options);
    options.width = options.height = 16;
    options.count = 4;
    g_strlcpy(options.device, "cpu", sizeof options.device);
    g_strlcpy(options.material, "stone", sizeof options.material);
    return options;
}

static void
listener_init(Listener *l, const MendGenerateOptions *options)
{
    g_autoptr(GError) error = NULL;
    *l = (Listener){
        .thread = g_thread_self(), .loop = g_main_loop_new(NULL, FALSE), .stop_at_progress = -1};
    memset(l->code, -1, sizeof l->code);
    MendSessionEvents events = {on_progress, on_picture, on_failed, l, TRUE};
    l->session = mend_session_new(options, &events, &error);
    g_assert_no_error(error);
}

static void
listener_clear(Listener *l)
{
    mend_session_free(l->session);
    int n = l->n_events;
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpint(l->n_events, ==, n);
    for (int i = 0; i < MOST; i++)
        mend_variation_free(l->made[i]);
    g_main_loop_unref(l->loop);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listener, listener_clear)

static int
wish(Listener *l, MendWishKind kind, int of, double similarity)
{
    l->wanted++;
    return mend_session_wish(l->session, &(MendWish){kind, of, similarity});
}

static void
wait_for_all(Listener *l)
{
    if (l->n_events < l->wanted)
        g_main_loop_run(l->loop);
}

static gboolean
same(const MendVariation *a, const MendVariation *b)
{
    g_assert_true(mend_shape_equal(a->pixels.shape, b->pixels.shape));
    return memcmp(a->pixels.data, b->pixels.data,
                  mend_shape_count(a->pixels.shape) * sizeof(float)) == 0;
}

typedef struct {
    float *at[MOST];
} Pictures;

static gboolean
collect(MendTensor picture, int number, const MendGeneratePicture *about, gpointer data)
{
    (void)about;
    size_t bytes = mend_shape_count(picture.shape) * sizeof(float);
    ((Pictures *)data)->at[number] = g_memdup2(picture.data, bytes);
    return TRUE;
}

/* What a job makes, whatever is forked in between. */
static void
test_next_is_what_a_job_makes(void)
{
    MendGenerateOptions options = small();
    Pictures job = {{NULL}};
    g_autoptr(GError) error = NULL;
    options.n_chains = 2;
    mend_generate(&options, &(MendGenerateHooks){collect, NULL, &job}, NULL, &error);
    g_assert_no_error(error);
    g_auto(Listener) l;
    listener_init(&l, &options);
    for (int i = 0; i < options.count; i++) {
        wish(&l, MEND_WISH_NEXT, 0, options.similarity);
        wish(&l, i % 2 ? MEND_WISH_MORE : MEND_WISH_SURPRISE, 0, 0.9);
    }
    wait_for_all(&l);
    size_t bytes = mend_shape_count(l.made[0]->pixels.shape) * sizeof(float);
    for (int i = 0; i < options.count; i++) {
        const MendVariation *v = l.made[2 * i];
        g_assert_true(memcmp(v->pixels.data, job.at[i], bytes) == 0);
        g_assert_cmpint(v->about.chain, >=, 0);
        g_assert_cmpstr(v->model, ==, "texture");
        g_assert_true(v->can_fork && v->number == 2 * i && v->options.seed == 0);
        g_free(job.at[i]);
    }
    g_assert_cmpint(l.made[0]->about.n_evaluations, ==, 19);
    g_assert_cmpint(l.made[6]->about.n_evaluations, ==, 10);
    g_assert_false(mend_session_is_busy(l.session));
}

static void
fork_around(Listener *l, const MendGenerateOptions *options)
{
    listener_init(l, options);
    wish(l, MEND_WISH_NEXT, 0, 0);     /* 0 */
    wish(l, MEND_WISH_MORE, 0, 0.4);   /* 1 */
    wish(l, MEND_WISH_MORE, 0, 0.4);   /* 2: another one */
    wish(l, MEND_WISH_MORE, 1, 0.2);   /* 3: of a fork, less like it */
    wish(l, MEND_WISH_SURPRISE, 0, 0); /* 4 */
    wish(l, MEND_WISH_SURPRISE, 0, 0); /* 5: another one */
    wish(l, MEND_WISH_MORE, 5, 0.4);   /* 6: of a surprise */
    wait_for_all(l);
}

static void
test_forks_and_surprises(void)
{
    MendGenerateOptions options = small();
    g_auto(Listener) a;
    g_auto(Listener) b;
    fork_around(&a, &options);
    fork_around(&b, &options);
    for (int i = 0; i < 7; i++) {
        g_assert_nonnull(a.made[i]);
        g_assert_true(same(a.made[i], b.made[i])); /* the same wishes, the same pictures */
        for (int j = 0; j < i; j++)
            g_assert_false(same(a.made[i], a.made[j]));
    }
    g_assert_cmpint(a.made[1]->about.n_evaluations, ==, 10);
    g_assert_cmpint(a.made[4]->about.n_evaluations, ==, 19);
    g_assert_cmpint(a.made[6]->wish.of, ==, 5);
}

/* Undo: the picture, and its chain, are gone; others stay, also those that came from it. */
static void
test_drop_what_came(void)
{
    MendGenerateOptions options = small();
    g_auto(Listener) l;
    listener_init(&l, &options);
    wish(&l, MEND_WISH_NEXT, 0, 0);
    wish(&l, MEND_WISH_MORE, 0, 0.4);
    wish(&l, MEND_WISH_MORE, 1, 0.4);
    wait_for_all(&l);
    mend_session_drop(l.session, 1);
    mend_session_drop(l.session, 99); /* never was: nothing happens */
    wish(&l, MEND_WISH_MORE, 1, 0.4);
    wish(&l, MEND_WISH_MORE, 2, 0.4);
    wish(&l, MEND_WISH_MORE, 0, 0.4);
    wait_for_all(&l);
    g_assert_cmpint(l.code[3], ==, MEND_ERROR_OPTION);
    g_assert_nonnull(strstr(l.message, "Picture 2"));
    g_assert_true(l.made[4] && l.made[5]);
}

/* Taken back while it waits, and while it is under way: no event, and the rest goes on as if it had
 * never been. */
static void
test_drop_what_has_not_come(void)
{
    MendGenerateOptions options = small();
    options.n_chains = 1;
    g_auto(Listener) plain;
    g_auto(Listener) l;
    listener_init(&plain, &options);
    wish(&plain, MEND_WISH_NEXT, 0, 0);
    wish(&plain, MEND_WISH_NEXT, 0, 0);
    wait_for_all(&plain);
    listener_init(&l, &options);
    wish(&l, MEND_WISH_NEXT, 0, 0);
    wait_for_all(&l);
    l.stop_at_progress = 1;
    wish(&l, MEND_WISH_MORE, 0, 0.4); /* 1: taken back as soon as it is heard of */
    wish(&l, MEND_WISH_MORE, 0, 0.4); /* 2: waits */
    wish(&l, MEND_WISH_NEXT, 0, 0);   /* 3 */
    mend_session_drop(l.session, 2);
    while (!l.made[3])
        g_main_context_iteration(NULL, TRUE);
    if (l.made[1]) /* it was too fast */
        g_test_message("picture 1 came before its first progress was heard");
    g_assert_null(l.made[2]);
    g_assert_true(same(l.made[3], plain.made[1]));
}

/* About the means. */
static double
likeness(const MendVariation *a, const MendVariation *b)
{
    size_t n = mend_shape_count(a->pixels.shape);
    double mean[2] = {0}, square[2] = {0}, both = 0;
    for (size_t i = 0; i < n; i++) {
        mean[0] += (double)a->pixels.data[i] / (double)n;
        mean[1] += (double)b->pixels.data[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double x = (double)a->pixels.data[i] - mean[0], y = (double)b->pixels.data[i] - mean[1];
        square[0] += x * x;
        square[1] += y * y;
        both += x * y;
    }
    return both / sqrt(square[0] * square[1]);
}

/* The chains go on as alike as is asked for by then, and say so. */
static void
test_next_with_another_similarity(void)
{
    MendGenerateOptions options = small();
    options.n_chains = 1;
    g_auto(Listener) l;
    listener_init(&l, &options);
    wish(&l, MEND_WISH_NEXT, 0, 0.4); /* 0 */
    wish(&l, MEND_WISH_NEXT, 0, 0.4); /* 1 */
    wish(&l, MEND_WISH_NEXT, 0, 0.4); /* 2 */
    wish(&l, MEND_WISH_NEXT, 0, 0.9); /* 3 */
    wish(&l, MEND_WISH_NEXT, 0, 0.9); /* 4 */
    wait_for_all(&l);
    double little = likeness(l.made[1], l.made[2]), much = likeness(l.made[3], l.made[4]);
    g_test_message("likeness %.3f, then %.3f", little, much);
    g_assert_cmpfloat(much, >, little + 0.25);
    for (int i = 0; i < 5; i++) {
        g_assert_true(l.made[i]->options.similarity == (i < 3 ? 0.4 : 0.9));
        g_assert_true(l.made[i]->changed == (i >= 3));
    }
}

static void
test_stop(void)
{
    MendGenerateOptions options = small();
    options.width = options.height = 256;
    g_auto(Listener) l;
    listener_init(&l, &options);
    for (int i = 0; i < 4; i++)
        wish(&l, MEND_WISH_NEXT, 0, 0);
    while (l.n_progress == 0 && l.n_events < l.wanted)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(l.n_progress, >, 0); /* of some of them, however busy the machine */
    int before = l.n_events;
    gint64 began = g_get_monotonic_time();
    mend_session_stop(l.session);
    g_assert_false(mend_session_is_busy(l.session)); /* nobody would tell when it is no longer */
    int progress = l.n_progress;
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpint(l.n_events + l.n_progress, ==, before + progress);
    l.wanted = before;
    wish(&l, MEND_WISH_NEXT, 0, 0); /* and it can go on */
    wait_for_all(&l);
    g_test_message("another %.3f s later", (double)(g_get_monotonic_time() - began) * 1e-6);
    g_assert_nonnull(l.made[4]);
}

static void
test_plain(void)
{
    MendGenerateOptions options = small();
    options.plain = TRUE;
    g_auto(Listener) l;
    listener_init(&l, &options);
    wish(&l, MEND_WISH_NEXT, 0, 0);
    wish(&l, MEND_WISH_MORE, 0, 0.4);
    wish(&l, MEND_WISH_SURPRISE, 0, 0);
    wait_for_all(&l);
    g_assert_true(l.made[0] && !l.made[0]->can_fork && l.made[0]->about.chain == -1);
    g_assert_cmpint(l.code[1], ==, MEND_ERROR_OPTION);
    g_assert_nonnull(l.made[2]);
    g_assert_false(same(l.made[0], l.made[2]));
}

static void
test_errors(void)
{
    MendGenerateOptions options = small();
    g_strlcpy(options.material, "soup", sizeof options.material);
    g_auto(Listener) l;
    listener_init(&l, &options);
    wish(&l, MEND_WISH_NEXT, 0, 0);
    wish(&l, MEND_WISH_SURPRISE, 0, 0);
    wait_for_all(&l);
    g_assert_cmpint(l.code[0], ==, MEND_ERROR_OPTION);
    g_assert_cmpint(l.code[1], ==, MEND_ERROR_OPTION);
    g_assert_nonnull(strstr(l.message, "stone, brick"));
    g_autoptr(GError) error = NULL;
    options.width = 4;
    g_assert_null(mend_session_new(&options, &(MendSessionEvents){.keep_chains = TRUE}, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_OPTION);
    mend_session_free(NULL);
}

static void
test_free_at_any_time(void)
{
    MendGenerateOptions options = small();
    options.width = options.height = 128;
    g_auto(Listener) at_once;
    listener_init(&at_once, &options);
    wish(&at_once, MEND_WISH_NEXT, 0, 0);
    g_clear_pointer(&at_once.session, mend_session_free);

    g_auto(Listener) in_progress;
    listener_init(&in_progress, &options);
    in_progress.free_at_progress = TRUE;
    wish(&in_progress, MEND_WISH_NEXT, 0, 0);
    g_main_loop_run(in_progress.loop);
    if (in_progress.session)
        g_test_message("it came before its first progress was heard");
    else
        g_assert_cmpint(in_progress.n_events, ==, 0);

    options.width = options.height = 16;
    g_auto(Listener) in_event;
    listener_init(&in_event, &options);
    in_event.free_at_event = TRUE;
    wish(&in_event, MEND_WISH_NEXT, 0, 0);
    wish(&in_event, MEND_WISH_NEXT, 0, 0);
    g_main_loop_run(in_event.loop);
    g_assert_cmpint(in_event.n_events, ==, 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/session/next-is-what-a-job-makes", test_next_is_what_a_job_makes);
    g_test_add_func("/session/forks-and-surprises", test_forks_and_surprises);
    g_test_add_func("/session/drop-what-came", test_drop_what_came);
    g_test_add_func("/session/drop-what-has-not-come", test_drop_what_has_not_come);
    g_test_add_func("/session/next-with-another-similarity", test_next_with_another_similarity);
    g_test_add_func("/session/stop", test_stop);
    g_test_add_func("/session/plain", test_plain);
    g_test_add_func("/session/errors", test_errors);
    g_test_add_func("/session/free-at-any-time", test_free_at_any_time);
    return g_test_run();
}
