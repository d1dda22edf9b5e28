/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated pictures as patterns, in the user's own folder of GIMP's patterns.
 * Thread: main only. */
#pragma once

#include "compute/generate_session.h"

G_BEGIN_DECLS

/* Writes "Stone 3, seed 7.pat", or with a number after it where there is such a file; whole or not
 * at all. GIMP sees it after mend_patterns_refresh(). The path, owned by the caller; NULL on
 * failure: MEND_ERROR_IMAGE. */
char *mend_pattern_save(const MendVariation *variation, GError **error);

void mend_patterns_refresh(void);

G_END_DECLS
