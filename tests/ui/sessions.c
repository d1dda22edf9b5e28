/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions of one group of settings after another: what can be gone on from, and how long. No
 * display. */
#include "ui/generate_sessions.h"

#include "compute/error.h"

#define MOST 32

typedef struct {
    MendSessions *sessions;
    MendVariation *made[MOST]; /* by id */
    int n_made, n_failed, n_progress;
} Listener;

static void
on_progress(int id, double fraction, const char *device, gpointer data)
{
    (void)fraction, (void)device;
    g_assert_cmpint(id, >=, 0);
    ((Listener *)data)->n_progress++;
}

static void
on_picture(int id, MendVariation *variation, const char *note, gpointer data)
{
    Listener *l = data;
    g_assert_nonnull(note);
    g_assert_true(id >= 0 && id < MOST && !l->made[id]);
    l->made[id] = variation;
    l->n_made++;
}

static void
on_failed(int id, const GError *error, gpointer data)
{
    g_test_message("%d: %s", id, error->message);
    ((Listener *)data)->n_failed++;
}

static void
listener_init(Listener *l)
{
    *l = (Listener){.sessions = NULL};
    l->sessions = mend_sessions_new(&(MendSessionsEvents){on_progress, on_picture, on_failed, l});
}

static void
listener_clear(Listener *l)
{
    mend_sessions_free(l->sessions);
    for (int i = 0; i < MOST; i++)
        mend_variation_free(l->made[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listener, listener_clear)

/* As the dialog does with other settings. */
static void
begin(Listener *l, int side, const char *material)
{
    g_autoptr(GError) error = NULL;
    MendGenerateOptions options;
    mend_generate_options_init(&options);
    options.width = options.height = side;
    g_strlcpy(options.device, "cpu", sizeof options.device);
    g_strlcpy(options.material, material, sizeof options.material);
    mend_sessions_begin(l->sessions, &options, &error);
    g_assert_no_error(error);
    mend_sessions_trim(l->sessions);
}

static int
wish(Listener *l, MendWishKind kind, int of)
{
    return mend_sessions_wish(l->sessions, &(MendWish){kind, of, 0.4});
}

/* A picture that has come. */
static int
picture(Listener *l, MendWishKind kind, int of)
{
    int id = wish(l, kind, of);
    while (!l->made[id])
        g_main_context_iteration(NULL, TRUE);
    return id;
}

static gboolean
goes_on(Listener *l, int id)
{
    return !mend_sessions_why_not(l->sessions, id, l->made[id], MEND_WISH_MORE);
}

static void
test_the_latest_can_be_gone_on_from(void)
{
    g_auto(Listener) l;
    listener_init(&l);
    g_assert_false(mend_sessions_has_begun(l.sessions));
    int ids[MEND_SESSIONS_MOST + 1];
    for (int i = 0; i <= MEND_SESSIONS_MOST; i++) {
        begin(&l, 16, "stone");
        ids[i] = picture(&l, MEND_WISH_NEXT, 0);
        g_assert_cmpint(ids[i], ==, i);
        g_assert_cmpint(mend_sessions_number(l.sessions, ids[i]), ==, 0);
    }
    g_assert_false(goes_on(&l, ids[0]));
    for (int i = 1; i <= MEND_SESSIONS_MOST; i++)
        g_assert_true(goes_on(&l, ids[i]));
    int like = picture(&l, MEND_WISH_MORE, ids[1]);
    g_assert_cmpint(mend_sessions_number(l.sessions, like), ==, 1);
    g_assert_cmpint(l.made[like]->wish.of, ==, 0); /* its number in its session */
    mend_sessions_drop(l.sessions, ids[1]);
    g_assert_false(goes_on(&l, ids[1]));
    g_assert_true(goes_on(&l, like));
    g_assert_nonnull(mend_sessions_why_not(l.sessions, -1, NULL, MEND_WISH_MORE));
}

/* Settings of which nothing came, or nothing was kept, take no other's place. */
static void
test_nothing_left_takes_no_place(void)
{
    g_auto(Listener) l;
    listener_init(&l);
    begin(&l, 16, "stone");
    int first = picture(&l, MEND_WISH_NEXT, 0);
    for (int i = 0; i < 2; i++) {
        begin(&l, 16, "stone");
        wish(&l, MEND_WISH_NEXT, 0);
        mend_sessions_stop(l.sessions);
        begin(&l, 16, "soup"); /* there is no such material */
        wish(&l, MEND_WISH_NEXT, 0);
        while (l.n_failed == i)
            g_main_context_iteration(NULL, TRUE);
        begin(&l, 16, "stone");
        mend_sessions_drop(l.sessions, picture(&l, MEND_WISH_NEXT, 0));
    }
    begin(&l, 16, "stone");
    g_assert_true(goes_on(&l, first));
}

/* What was stopped keeps others waiting no longer: no event would tell when it is over. */
static void
test_stopped_is_not_busy(void)
{
    g_auto(Listener) l;
    listener_init(&l);
    begin(&l, 16, "stone");
    int first = picture(&l, MEND_WISH_NEXT, 0), heard = l.n_progress;
    begin(&l, 512, "stone");
    int second = wish(&l, MEND_WISH_NEXT, 0);
    g_assert_false(goes_on(&l, first));
    while (l.n_progress == heard && !l.made[second])
        g_main_context_iteration(NULL, TRUE);
    mend_sessions_stop(l.sessions);
    if (l.made[second])
        g_test_message("it came before its first progress was heard");
    g_assert_true(goes_on(&l, first));
    int before = l.n_made;
    picture(&l, MEND_WISH_MORE, first);
    g_assert_cmpint(l.n_made, ==, before + 1);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_setenv("MEND_MODELS", "tests/golden", TRUE);
    g_test_add_func("/sessions/the-latest-can-be-gone-on-from",
                    test_the_latest_can_be_gone_on_from);
    g_test_add_func("/sessions/nothing-left-takes-no-place", test_nothing_left_takes_no_place);
    g_test_add_func("/sessions/stopped-is-not-busy", test_stopped_is_not_busy);
    return g_test_run();
}
