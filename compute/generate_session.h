/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generating on a worker thread, wish by wish, heard on the main context of the thread that started
 * it. Wishes are served in their order; each is for one picture.
 * Thread: use from one thread, the one that made it. */
#pragma once

#include "compute/generate.h"

G_BEGIN_DECLS

typedef enum {
    MEND_WISH_NEXT,     /* one more, of the chains in turn */
    MEND_WISH_MORE,     /* like the picture of: its chain forks; not where plain */
    MEND_WISH_SURPRISE, /* the picture of's chain jumps somewhere else; plain: one more */
} MendWishKind;

typedef struct {
    MendWishKind kind;
    int of;            /* number of a wish whose picture came; not for NEXT */
    double similarity; /* 0..1, of MORE: to the picture of; of NEXT: to the one before it of its
                        * chain, whatever the session's options say */
} MendWish;

/* A picture with all that is to be told of how it was made. */
typedef struct {
    MendTensor pixels;           /* {3, h, w}, 0..1 */
    MendGenerateOptions options; /* the session's; of NEXT with the wish's similarity */
    MendWish wish;
    int turn;         /* of NEXT: how many of these came before it */
    gboolean changed; /* one of these, or one that was stopped, had another similarity: the options
                       * alone do not make it again */
    int number;       /* of the wish: from 0, one more for each */
    MendGeneratePicture about;
    gboolean can_fork;            /* it may be the of of another wish */
    char model[128], device[256]; /* id, name */
} MendVariation;

void mend_variation_free(MendVariation *variation); /* NULL is allowed */

typedef struct MendSession MendSession;

/* Called on the starter's thread-default main context, never after mend_session_free(). Progress is
 * latest-wins: a slow listener misses some and never slows the worker. Each may be NULL. */
typedef struct {
    /* fraction: of the wish number's picture; device: what computes. */
    void (*progress)(int number, double fraction, const char *device, gpointer data);
    /* Owned by the callee. note: what the user should know so far, or "". */
    void (*picture)(MendVariation *variation, const char *note, gpointer data);
    void (*failed)(int number, const GError *error, gpointer data);
    gpointer data;
    gboolean keep_chains; /* pictures keep their chains, for MORE and SURPRISE: a state for each */
} MendSessionEvents;

/* options are checked and copied; the model is opened by the worker, for the first wish. NULL:
 * MEND_ERROR_OPTION, or the thread cannot be started. */
MendSession *mend_session_new(const MendGenerateOptions *options, const MendSessionEvents *events,
                              GError **error);
/* Stops within one evaluation of a tile, waits for that, frees. NULL is allowed. */
void mend_session_free(MendSession *session);

/* Returns at once, with the wish's number. Either picture() or failed() follows. */
int mend_session_wish(MendSession *session, const MendWish *wish);
/* Takes a wish back, whatever has become of it: waiting, under way (ends within one evaluation of a
 * tile), or a picture that came (its chain is freed, it can be no wish's of). No event follows. */
void mend_session_drop(MendSession *session, int number);
/* The same for all wishes whose pictures have not come. */
void mend_session_stop(MendSession *session);
/* A wish waits, is under way, or has an event to come; not one that was taken back. */
gboolean mend_session_is_busy(MendSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendVariation, mend_variation_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendSession, mend_session_free)

G_END_DECLS
