/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be asked of generating. */
#include "compute/error.h"
#include "compute/generate.h"

#define LEAST_SIDE    8
#define MOST_SIDE     65536
#define MOST_GUIDANCE 8

void
mend_generate_options_init(MendGenerateOptions *options)
{
    *options = (MendGenerateOptions){
        .width = 512,
        .height = 512,
        .material = "none",
        .evaluations = 10,
        .count = 1,
        .integrator = "karras",
        .tileable = TRUE,
        .similarity = 0.4,
        .guidance = 1,
        .device = "auto",
        .model = "auto",
    };
}

gboolean
mend_generate_options_check(const MendGenerateOptions *o, GError **error)
{
    const char *wrong = NULL;
    if (MIN(o->width, o->height) < LEAST_SIDE || MAX(o->width, o->height) > MOST_SIDE)
        wrong = "a side may have 8 to 65536 pixels";
    else if (o->seed < 0)
        wrong = "the seed must be 0 or more";
    else if (o->evaluations < (o->plain ? 1 : 2) || o->evaluations > 1000)
        wrong = "a picture takes 2 to 1000 evaluations, or 1 to 1000 without chains";
    else if (o->count < 1 || o->count > 1000000 || o->n_chains < 0 || o->n_chains > 4096)
        wrong = "the pictures must be 1 to 1000000 and the chains at most 4096";
    else if (!(o->similarity >= 0 && o->similarity <= 1))
        wrong = "the similarity must be 0 to 1";
    else if (!(o->guidance >= 1 && o->guidance <= MOST_GUIDANCE))
        wrong = "the guidance must be 1 to 8";
    else if (!mend_integrator_find(o->integrator))
        wrong = "there is no such integrator";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "%d pictures of %d × %d pixels with %d evaluations each and integrator %.31s: "
                    "%s.",
                    o->count, o->width, o->height, o->evaluations, o->integrator, wrong);
    return !wrong;
}
