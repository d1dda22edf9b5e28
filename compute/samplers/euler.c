/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Euler's method on the reverse SDE of IR-SDE (Luo et al. 2023, eq. 7) and on its ODE: the
 * yardstick. A step of any length goes by the integral of theta over it. */
#include <math.h>

#include "compute/samplers/walk.h"

gboolean
mend_euler_step(MendWalk *walk, GError **error)
{
    MendCoef from = walk->at[walk->step - 1], to = walk->at[walk->step];
    double level = walk->s->level;
    double d = log(to.alpha / from.alpha); /* the integral of theta dt */
    /* score * g^2 dt = -2 level^2 d eps / sigma, half of it in the ODE; eps from the clean one */
    double pull = (walk->params->sde ? 2 : 1) * d * level * level / (from.sigma * from.sigma);
    MendTerm terms[] = {{1 + d - pull, walk->x},
                        {-d + pull * (1 - from.alpha), walk->mu},
                        {pull * from.alpha, &walk->q[0]}};
    double noise = walk->params->sde ? -level * sqrt(2 * d) : 0;
    return mend_walk_move(walk, terms, G_N_ELEMENTS(terms), noise, error);
}
