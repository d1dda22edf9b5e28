/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What restore.c makes beside the result: alternatives and their uncertainty, blended as the result
 * is and handed to the hooks. Used by it alone. Thread: the job's. */
#pragma once

#include "compute/alternatives.h"
#include "compute/blend.h"
#include "compute/restore.h"

G_BEGIN_DECLS

/* How many are made: those that the hooks want of the options', and as many as the map needs. */
int mend_more_count(const MendOptions *options, const MendRestoreHooks *hooks);

/* blend: its restored and result are not used. first: as in setup. */
gboolean mend_more_make(const MendAlternativesSetup *setup, const MendBlend *blend,
                        const MendOptions *options, const MendRestoreHooks *hooks,
                        MendAlternativesInfo *info, GError **error);

/* Strength 0: all are the picture, and certain. */
gboolean mend_more_copies(MendTensor picture, const MendOptions *options,
                          const MendRestoreHooks *hooks, MendAlternativesInfo *info,
                          GError **error);

G_END_DECLS
