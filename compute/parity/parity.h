/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons with recorded numbers of the published implementations: `mend parity THING ...`.
 * argv is what follows the thing's name. Each prints one line a case, then "N passed, N failed", and
 * returns the exit status: 0 where there were cases and all passed. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* CONFIG.json WEIGHTS.safetensors IO.safetensors [--device ID]: cases K with caseK/x, cond and
 * out_f64 (or out_f32), [batch][3][h][w]; times from the JSON. The bound is 5e-5 absolute. */
int mend_parity_network(int argc, char **argv);

G_END_DECLS
