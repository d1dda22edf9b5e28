/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mend restore writes beside a result: OUT-alt-1.png, ... and OUT-uncertainty.png, as they are
 * made; what is written by then stays after an error. Thread: one at a time. */
#pragma once

#include "compute/cli.h"

G_BEGIN_DECLS

struct MendCliMore {
    const MendPicture *like;  /* borrowed: alpha, depth and tags are its; its colours may change */
    const char *out;          /* borrowed: the result's name */
    GPtrArray *alternatives;  /* char*, written so far */
    char *uncertainty;        /* written, or NULL */
    MendAlternativesInfo map; /* with it */
};

void mend_cli_more_init(MendCliMore *more, const MendPicture *like, const char *out);
void mend_cli_more_clear(MendCliMore *more); /* may be called twice */

/* FALSE where one of the files would take the place of an input or of another result (inputs and
 * outputs are those of the whole run), or the result's name says no format. */
gboolean mend_cli_more_check(const MendOptions *options, const char *out, char *const *inputs,
                             char *const *outputs, GError **error);

/* As MendRestoreHooks takes them, data being a MendCliMore. */
gboolean mend_cli_more_alternative(MendTensor picture, int number, gpointer data, GError **error);
gboolean mend_cli_more_uncertainty(MendTensor deviation, const MendAlternativesInfo *about,
                                   gpointer data, GError **error);

/* Members for the report: "alternatives", "alternative_evaluations", "uncertainty". */
void mend_cli_more_add_json(GString *json, const MendCliMore *more,
                            const MendAlternativesInfo *info);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendCliMore, mend_cli_more_clear)

G_END_DECLS
