/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean for motion blur: Wiener filters for straight paths, chosen by a small network.
 *
 * A picture is gone through in windows of 256 pixels that overlap. Straight motion over a length in
 * a direction multiplies a window's spectrum by a known profile, and so adds to the logarithm of
 * its power: dark bands across that direction, and in the cepstrum (its transform) a dip at the
 * length. Both are looked at along 24 directions. From this, and from its mean over the windows
 * around, the network says the shares of filters: profiles over the frequency along a direction,
 * several for each (they begin in training as Wiener's for a path: K (1 + r) / (K K + r),
 * K = sinc(length f)); profiles over the frequency in any direction; and leaving the window as it
 * is. Their sum is one filter, applied by one transform. weights/train/wiener.py is the twin in
 * training: equal to 1e-5 (tests/unit/wiener.c).
 *
 * In a model file: mend.mean says "wiener", and there are arrays "wiener.<name>"; S = 51 numbers
 * are seen for each direction; H hidden, P profiles for each direction, R for any (1 to 255):
 *   centre, scale [2 S] · first.weight [H][2 S + 4][5] · second.weight [H][H][5] ·
 *   paths.weight [P][H][3] · others.weight [R + 1][2 H] · each with a bias ·
 *   path_profiles [P][65], round_profiles [R][65]: what a filter adds to 1, at frequencies of
 *   0 .. sqrt(1/2) cycles a pixel · gain [1][65]: logarithm, of all paths, by frequency.
 * Convolutions go around the directions. Thread: any one; go_on is called on it. */
#pragma once

#include "compute/model.h"
#include "compute/weights.h"

G_BEGIN_DECLS

/* Whether the arrays are there, and good. MEND_ERROR_WEIGHTS names the one that is missing or does
 * not fit; MEND_ERROR_MEMORY. */
gboolean mend_wiener_check(const MendWeights *weights, GError **error);

/* The mean of a picture; degraded and mean are as for MendMean.estimate(), and so is cancelling.
 * Memory: half a byte a pixel (100 in a picture one pixel wide), 2 MiB a thread and some 5 MiB.
 * MEND_ERROR_WEIGHTS as above; MEND_ERROR_FAILED where the network answers with no number. */
gboolean mend_wiener_estimate(const MendModelInfo *model, MendTensor degraded, MendTensor mean,
                              const MendGoOn *go_on, GError **error);

G_END_DECLS
