/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons with recorded numbers of the published implementations: `mend parity THING ...`.
 * argv is what follows the thing's name. Each prints one line a case, then "N passed, N failed",
 * or with --json one object, and returns the exit status: 0 where all of some cases passed. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* CONFIG.json WEIGHTS.safetensors IO.safetensors [--device ID]: cases K with caseK/x, cond and
 * out_f64 (or out_f32), [batch][3][h][w]; times from the JSON. The bound is 5e-5 absolute. */
int mend_parity_network(int argc, char **argv);

/* CASES.json TENSORS.safetensors: runs of the published MR Sampler, or of the older samplers where
 * those take every training step. Arrays in double precision: every number recorded is compared in
 * double (bound 1e-9), and the results in single precision too (bound 10 times what the published
 * single run was off, + 1e-5). Arrays in single precision: the latter only, and the inputs come
 * from the file beside it with f64 for f32 in its name. Cases that cannot be compared are counted
 * apart, by reason. Prints a line a group instead of one a case. */
int mend_parity_sampler(int argc, char **argv);

/* FILE.json...: runs of EDM, of DMCMC and DEIS, of integrators behind a mean-reverting schedule,
 * and steps of a published chain, on mixtures of Gaussians (gmm_base.json beside them). The bounds
 * are 1e-9 in double and 5e-5 in single precision; 1e-6 in double where the recording held noise
 * levels in single. What is not offered here is counted apart, by reason. A line a group. */
int mend_parity_integrators(int argc, char **argv);

G_END_DECLS
