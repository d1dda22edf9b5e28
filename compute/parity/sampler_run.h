/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded sampler run done again and compared. Thread: one run at a time per recording. */
#pragma once

#include "compute/parity/recording.h"
#include "compute/parity/sampler_case.h"

G_BEGIN_DECLS

/* Runs the case on the network of the recording and puts the largest absolute difference into
 * *worst (infinite where something is not a number). In double precision everything recorded is
 * compared: the result, states, converted predictions, network times, coefficients; in single
 * precision the result. FALSE where the run itself fails or the recording does not fit it. */
gboolean mend_sampler_case_run(const MendSamplerCase *c, MendRecording *rec, gboolean f64,
                               double *worst, GError **error);

G_END_DECLS
