/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recorded run of the published samplers, as its JSON describes it. Thread: safe. */
#pragma once

#include "compute/json.h"
#include "compute/sampler.h"

G_BEGIN_DECLS

typedef struct {
    const char *id, *group; /* borrowed from the JSON, as is coef */
    const char *skip;       /* why there is nothing to compare (static text), or NULL */

    const MendSampler *sampler;
    MendScheduleParams schedule;
    MendSamplerParams params;
    MendPrediction prediction;
    gboolean two_peaks; /* the clean pictures: see MendIdeal */
    double t_scale;     /* network time per step of the schedule */
    gboolean baseline;  /* a run of one step at each training step, result not clipped */
    const char *coef;   /* name of the recorded time grid and coefficients, or NULL */
    const MendJsonValue *net_times; /* the recorded network times, or NULL */
    double single_bound;            /* how far single precision may be off */
} MendSamplerCase;

/* FALSE and MEND_ERROR_OPTION where the description cannot be understood; id and group are set as
 * far as they are there. */
gboolean mend_sampler_case_read(MendSamplerCase *out, const MendJsonValue *json, GError **error);

G_END_DECLS
