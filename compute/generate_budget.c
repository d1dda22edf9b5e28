/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers shared out, and levels chosen for as many. */
#include "compute/generate_budget.h"

#include <math.h>
#include <string.h>

#include "compute/likeness.h"

/* Levels over the data's deviation: */
#define WIDEST       5.5  /* highest of chains */
#define NARROWEST    0.7  /* least of the middle of a chain's range */
#define LEAST_TO     0.02 /* lowest on the way down: what is left below cannot be seen in 8 bits */
#define MOST_TO      0.2
#define TO_OF_ONE    1.2  /* over the answers: few steps do better on a short way */
#define WAY          2.7  /* longest way down of a chain, as a ratio of levels, in one answer */
#define STRIDE       1.42 /* longer by that for each more */
#define LIMIT        20   /* no number of a picture is beyond */
#define N_LEVELS     400
#define LEAST_RK45   8 /* evaluations of one step of it, and one to 0; with fewer that one alone */
#define DETAIL_SPACE 2 /* levels stay above the data's own details by that */

int
mend_generate_cost(const MendGenerateNetwork *network)
{
    return MAX(network->cost, 1);
}

gboolean
mend_generate_levels(MendLevels *levels, const MendGenerateNetwork *network, GError **error)
{
    const MendFrame *frame = network->frame;
    double high = MIN(network->deviation * WIDEST, frame->sigma_max);
    double low = MAX(network->deviation * NARROWEST / sqrt(MEND_PACE_RANGE),
                     MAX(frame->sigma_min, DETAIL_SPACE * network->detail));
    return mend_levels_init(levels, MIN(low, high / MEND_PACE_RANGE), high, N_LEVELS, 0, error);
}

/* Of a way down, from where one answer makes the picture. Measured on the texture model, 10 answers
 * from noise: to 0.02 deviations, the finest octave has 1.4 times the amplitude of 41 answers; to
 * 0.12, 1.14. */
static double
lowest_level(const MendGenerateNetwork *network, int answers)
{
    double to = network->deviation * CLAMP(TO_OF_ONE / answers, LEAST_TO, MOST_TO);
    return MIN(MAX(network->frame->sigma_min, to), network->frame->sigma_max / 2);
}

/* So that its strides are not too long, which leaves noise. Measured on the texture model at a
 * similarity of 0.2 (2.4 deviations) by the amplitude of the finest octave, against 60 answers from
 * noise: in 5 answers to 0.12 deviations 1.28, to 0.22 1.03, to 0.33 0.89; in 3 to 0.2 2.2, to 0.44
 * 0.93, to 0.73 0.6. */
double
mend_generate_lowest(const MendGenerateBudget *budget, double from)
{
    const MendChainParams *params = &budget->params;
    int answers = params->integrator->cost * (params->descent.n_levels - 1);
    return MAX(budget->to, from / (WAY * pow(STRIDE, answers)));
}

/* Half of a picture's answers walk, the other half and one make the picture. */
static void
divide(int answers, MendChainParams *params)
{
    const MendIntegrator *row = params->integrator;
    gboolean adaptive = strcmp(row->name, "rk45") == 0;
    int share = (answers + 1) / 2;
    if (adaptive)
        share = answers > LEAST_RK45 ? MAX(share, LEAST_RK45) : 1;
    params->descent.n_levels = mend_integrator_levels(row, share);
    params->descent.most = share;
    params->skip =
        adaptive ? answers - share : answers - row->cost * (params->descent.n_levels - 1) - 1;
}

MendGenerateBudget
mend_generate_budget(const MendGenerateOptions *o, const MendGenerateNetwork *network)
{
    int answers = MAX(o->evaluations / mend_generate_cost(network), o->plain ? 1 : 2);
    int n_first = o->plain ? answers : MAX(answers, MEND_GENERATE_FIRST);
    MendGenerateBudget b = {.params = mend_chain_ours, .first = mend_integrator_defaults};
    b.params.integrator = mend_integrator_find(o->integrator);
    b.params.limit = LIMIT * network->deviation;
    b.params.descent = mend_integrator_defaults;
    b.params.descent.to = b.to = lowest_level(network, answers);
    divide(answers, &b.params);
    b.begin = o->plain ? b.params.integrator : mend_integrator_find("karras");
    b.first.to = lowest_level(network, n_first);
    b.first.from = network->frame->sigma_max;
    b.first.n_levels = mend_integrator_levels(b.begin, n_first);
    b.first.most = n_first;
    return b;
}
