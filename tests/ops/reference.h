/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs any graph the slow and obvious way, in double precision: what devices are compared with. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

/* inputs: as mend_plan_run() takes them. Returns the output, [C][H][W]; g_free() it. */
double *reference_run(const MendGraph *graph, const MendTensor *inputs);

G_END_DECLS
