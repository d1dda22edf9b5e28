/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The overview: a learned mean for damage of tone (haze, low light, shadow), which no tile shows.
 *
 * A small network sees the whole picture as a thumbnail, beside its classical estimate, and answers
 * with the clean thumbnail: with the mean of what it makes of this and of its three mirror images.
 * Between the two is taken, as far as the estimate can be trusted (MendMean.trust; by_accord it
 * hangs on whether they agree), and less is changed where the damage may not be there at all
 * (MendMean.presence). In each window of 3 x 3 pixels the best straight line from the damaged to
 * that thumbnail is found, channel by channel (He and Sun, Fast guided filter, 2015, equations 3 to
 * 5, each channel its own guide); the lines, enlarged bilinearly, are applied to the picture, whose
 * detail survives. Where the estimate is a gain (MendMean.gain) they lead from the exposed
 * thumbnail, and are applied to the picture exposed as much.
 * weights/train/overview.py is the twin in training: equal to 1e-5 (tests/unit/overview.c).
 *
 * In a model file: arrays "overview.<name>", a conditional NAFNet with global attention and a
 * residual on its mean, which takes x and mean, at t = mend.T; its task table has a row for each of
 * mend.tasks and one more, or there is one task and no table. mend.mean says "overview:exposure":
 * what follows the colon is the classical estimate. Thread: any one; go_on is called on it. */
#pragma once

#include "compute/graph.h"
#include "compute/model.h"

G_BEGIN_DECLS

/* Adds the nodes for the task of this row and finishes the graph: inputs "t" {1,1,1}, "x" and
 * "mean", output, {3,96,96} each. MEND_ERROR_WEIGHTS names the array that is missing or does not
 * fit; MEND_ERROR_SHAPE. weights are those of model's file. */
gboolean mend_overview_build(MendGraph *graph, const MendWeights *weights,
                             const MendModelInfo *model, int row, GError **error);

/* The learned mean of a picture for the task of this row; degraded and mean are as for
 * MendMean.estimate(), and so are cancelling and memory, of which it needs little more than mean's.
 * One small run on the CPU, and one pass over the rows. MEND_ERROR_WEIGHTS, _SHAPE as above;
 * MEND_ERROR_FAILED where the network answers with no number. */
gboolean mend_overview_estimate(const MendModelInfo *model, int row, MendTensor degraded,
                                MendTensor mean, const MendGoOn *go_on, GError **error);

G_END_DECLS
