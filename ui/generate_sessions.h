/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generating with one group of settings after another: a session for each, of which the latest stay
 * alive while their pictures are shown, so that these can be gone on from. Pictures have ids that
 * are never used twice. Thread: main. */
#pragma once

#include "compute/generate_session.h"

G_BEGIN_DECLS

/* Sessions alive at most. Each has its network (0.2 GiB for 512 x 512) and the states of its chains
 * and shown pictures (12 bytes a pixel each; in files beyond MEND_MEMORY). */
#define MEND_SESSIONS_MOST 3

typedef struct MendSessions MendSessions;

/* As MendSessionEvents, with ids; never of what was dropped or stopped. */
typedef struct {
    void (*progress)(int id, double fraction, const char *device, gpointer data);
    void (*picture)(int id, MendVariation *variation, const char *note, gpointer data);
    void (*failed)(int id, const GError *error, gpointer data);
    gpointer data;
} MendSessionsEvents;

MendSessions *mend_sessions_new(const MendSessionsEvents *events); /* copied */
void mend_sessions_free(MendSessions *sessions);                   /* NULL is allowed */

/* A session for these options, which becomes the present one. FALSE: nothing has changed. */
gboolean mend_sessions_begin(MendSessions *sessions, const MendGenerateOptions *options,
                             GError **error);
gboolean mend_sessions_has_begun(const MendSessions *sessions);
/* Ends older sessions of which nothing is left, then the oldest, where there are too many. Waits
 * for one evaluation of a tile where one is at work. */
void mend_sessions_trim(MendSessions *sessions);

/* The wish's of is an id here. NEXT is for the present session, which has begun; the others are for
 * that of the picture of, where mend_sessions_why_not() has no reason. Returns the new one's id. */
int mend_sessions_wish(MendSessions *sessions, const MendWish *wish);
/* Its number in its session, from 0. */
int mend_sessions_number(const MendSessions *sessions, int id);
/* Why nothing of that kind can be made of a picture, for the user, or NULL. id: -1 where none is
 * selected; v: NULL where it has not come. */
const char *mend_sessions_why_not(const MendSessions *sessions, int id, const MendVariation *v,
                                  MendWishKind kind);
/* As mend_session_drop(). Then older sessions of which nothing is left end. */
void mend_sessions_drop(MendSessions *sessions, int id);
/* As mend_session_stop(), of all. */
void mend_sessions_stop(MendSessions *sessions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendSessions, mend_sessions_free)

G_END_DECLS
