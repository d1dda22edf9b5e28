/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions, and which of them each picture belongs to. */
#include "ui/generate_sessions.h"

#include <glib/gi18n-lib.h>

typedef struct {
    MendSessions *owner;
    MendSession *session;
    GArray *ids; /* int, by number of wish */
} Run;

typedef struct {
    Run *run; /* NULL: ended, or nothing is left of the wish */
    int number;
    gboolean come; /* the picture */
} Place;

struct MendSessions {
    MendSessionsEvents events;
    GPtrArray *runs; /* Run; the last is the present one */
    GArray *places;  /* Place, by id */
};

static Place *
place_of(const MendSessions *s, int id)
{
    return id >= 0 && id < (int)s->places->len ? &g_array_index(s->places, Place, id) : NULL;
}

static int
id_of(const Run *run, int number)
{
    return g_array_index(run->ids, int, number);
}

static void
on_progress(int number, double fraction, const char *device, gpointer data)
{
    const Run *run = data;
    run->owner->events.progress(id_of(run, number), fraction, device, run->owner->events.data);
}

static void
on_picture(MendVariation *variation, const char *note, gpointer data)
{
    const Run *run = data;
    int id = id_of(run, variation->number);
    place_of(run->owner, id)->come = TRUE;
    run->owner->events.picture(id, variation, note, run->owner->events.data);
}

static void
on_failed(int number, const GError *error, gpointer data)
{
    const Run *run = data;
    int id = id_of(run, number);
    place_of(run->owner, id)->run = NULL;
    run->owner->events.failed(id, error, run->owner->events.data);
}

static void
run_free(gpointer data)
{
    Run *run = data;
    mend_session_free(run->session);
    g_array_unref(run->ids);
    g_free(run);
}

MendSessions *
mend_sessions_new(const MendSessionsEvents *events)
{
    MendSessions *s = g_new0(MendSessions, 1);
    s->events = *events;
    s->runs = g_ptr_array_new_with_free_func(run_free);
    s->places = g_array_new(FALSE, FALSE, sizeof(Place));
    return s;
}

void
mend_sessions_free(MendSessions *s)
{
    if (!s)
        return;
    g_ptr_array_unref(s->runs);
    g_array_unref(s->places);
    g_free(s);
}

static Run *
present(const MendSessions *s)
{
    return s->runs->len > 0 ? s->runs->pdata[s->runs->len - 1] : NULL;
}

gboolean
mend_sessions_begin(MendSessions *s, const MendGenerateOptions *options, GError **error)
{
    Run *run = g_new0(Run, 1);
    MendSessionEvents events = {on_progress, on_picture, on_failed, run, TRUE};
    run->owner = s;
    run->ids = g_array_new(FALSE, FALSE, sizeof(int));
    run->session = mend_session_new(options, &events, error);
    if (!run->session) {
        run_free(run);
        return FALSE;
    }
    g_ptr_array_add(s->runs, run);
    return TRUE;
}

gboolean
mend_sessions_has_begun(const MendSessions *s)
{
    return present(s) != NULL;
}

static void
end(MendSessions *s, Run *run)
{
    for (guint i = 0; i < s->places->len; i++) {
        Place *place = place_of(s, (int)i);
        if (place->run == run)
            place->run = NULL;
    }
    g_ptr_array_remove(s->runs, run);
}

static gboolean
is_used(const MendSessions *s, const Run *run)
{
    for (guint i = 0; i < s->places->len; i++)
        if (place_of(s, (int)i)->run == run)
            return TRUE;
    return FALSE;
}

/* Of those before the present one. */
static void
end_unused(MendSessions *s)
{
    for (guint i = s->runs->len; i > 1; i--) {
        Run *run = s->runs->pdata[i - 2];
        if (!is_used(s, run))
            end(s, run);
    }
}

void
mend_sessions_trim(MendSessions *s)
{
    end_unused(s);
    while (s->runs->len > MEND_SESSIONS_MOST)
        end(s, s->runs->pdata[0]);
}

int
mend_sessions_wish(MendSessions *s, const MendWish *wish)
{
    const Place *from = wish->kind == MEND_WISH_NEXT ? NULL : place_of(s, wish->of);
    Run *run = from ? from->run : present(s);
    MendWish what = *wish;
    int id = (int)s->places->len;
    g_return_val_if_fail(run, -1);
    what.of = from ? from->number : 0;
    Place place = {run, mend_session_wish(run->session, &what), FALSE};
    g_array_append_val(run->ids, id);
    g_array_append_val(s->places, place);
    return id;
}

int
mend_sessions_number(const MendSessions *s, int id)
{
    return place_of(s, id)->number;
}

static gboolean
is_another_busy(const MendSessions *s, const Run *than)
{
    for (guint i = 0; i < s->runs->len; i++) {
        const Run *run = s->runs->pdata[i];
        if (run != than && mend_session_is_busy(run->session))
            return TRUE;
    }
    return FALSE;
}

const char *
mend_sessions_why_not(const MendSessions *s, int id, const MendVariation *v, MendWishKind kind)
{
    const Place *place = place_of(s, id);
    if (!place)
        return _("Select a picture first");
    if (!v)
        return _("This picture is still being made");
    if (!place->run)
        return _("The settings were changed more than twice since this picture: to save memory, "
                 "what it takes to go on from it was given up");
    if (is_another_busy(s, place->run))
        return _("Pictures with other settings are still being made: wait for them, or stop");
    if (v->can_fork || (v->options.plain && kind == MEND_WISH_SURPRISE))
        return NULL;
    return v->options.plain ? _("Only pictures of chains can be gone on from: choose that method, "
                                "under Advanced")
                            : _("There was not enough memory to keep what this takes");
}

void
mend_sessions_drop(MendSessions *s, int id)
{
    Place *place = place_of(s, id);
    Run *run = place ? g_steal_pointer(&place->run) : NULL;
    if (!run)
        return;
    mend_session_drop(run->session, place->number);
    end_unused(s);
}

void
mend_sessions_stop(MendSessions *s)
{
    for (guint i = 0; i < s->runs->len; i++)
        mend_session_stop(((Run *)s->runs->pdata[i])->session);
    for (guint i = 0; i < s->places->len; i++) {
        Place *place = place_of(s, (int)i);
        if (!place->come)
            place->run = NULL;
    }
}
