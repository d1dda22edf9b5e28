/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A texture model found, opened, and in the hands of a generator: what a job and a session share.
 * Thread: one. */
#pragma once

#include "compute/generate.h"

G_BEGIN_DECLS

typedef struct MendEngine MendEngine;

/* After each part of an evaluation: share is of that evaluation, 1 at its end. FALSE:
 * MEND_ERROR_CANCELLED. */
typedef gboolean (*MendEngineGoOn)(double share, gpointer data);

/* MEND_ERROR_OPTION (also: no such model or material), MEND_ERROR_WEIGHTS (no texture model is
 * installed, or a bad one), MEND_ERROR_MEMORY, and a device's. go_on may be NULL. */
MendEngine *mend_engine_open(const MendGenerateOptions *options, MendEngineGoOn go_on,
                             gpointer data, GError **error);
void mend_engine_free(MendEngine *engine); /* NULL is allowed */

/* All borrowed. */
MendGenerator *mend_engine_generator(MendEngine *engine);
const char *mend_engine_model(const MendEngine *engine);  /* id */
const char *mend_engine_device(const MendEngine *engine); /* name, at present */
/* What the user should know so far, or "". Owned by the caller. */
char *mend_engine_note(MendEngine *engine);
/* Evaluations that a picture is expected to cost: first of a chain, or after a jump, and later. */
int mend_engine_expected(const MendEngine *engine, gboolean first);

/* What a generator needs of a texture model that is open; both are borrowed. */
MendGenerateNetwork mend_engine_network(const MendTextureInfo *info, MendTexture *texture);

/* A picture brought into 0..1, where networks may leave it a little. */
void mend_engine_clamp(MendTensor picture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MendEngine, mend_engine_free)

G_END_DECLS
