/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several unit tests do to an estimate or a job: take its memory away, and stop it. */
#pragma once

#include "compute/mean.h"

/* Calls attempt while the first, the second, ... block it takes, and all later ones, cannot be had,
 * until it succeeds, as it must within `most` calls. Each failure before must be
 * MEND_ERROR_MEMORY. Returns how often it was called. */
int starved_attempts(gboolean (*attempt)(gpointer data, GError **error), gpointer data, int most);

/* Calls attempt, which must succeed, and then again for each time it asked whether to go on,
 * saying no that time: each must be MEND_ERROR_CANCELLED, at once. Returns how often it asked. */
int starved_stops(gboolean (*attempt)(gpointer data, const MendGoOn *go_on, GError **error),
                  gpointer data);

/* For MendGoOn, data being an int: counts it down, and says no at 0. */
gboolean starved_go_on(gpointer data);
