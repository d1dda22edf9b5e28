/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ancestral sampling: x at the next time given x and the predicted clean picture (the optimal
 * reverse step of IR-SDE, Luo et al. 2023, eq. 14), for a stride of any length. */
#include <math.h>

#include "compute/samplers/walk.h"

gboolean
mend_posterior_step(MendWalk *walk, GError **error)
{
    MendCoef from = walk->at[walk->step - 1], to = walk->at[walk->step];
    double a = from.alpha / to.alpha;                /* what the stride leaves of x - mu */
    double lost = 1 - a * a;                         /* 1 - A^2 */
    double from_noise = 1 - from.alpha * from.alpha; /* 1 - B^2 */
    double to_noise = 1 - to.alpha * to.alpha;       /* 1 - C^2 */
    double x = a * to_noise / from_noise, clean = to.alpha * lost / from_noise;
    MendTerm terms[] = {{x, walk->x}, {clean, &walk->q[0]}, {1 - x - clean, walk->mu}};
    double noise = walk->s->level * sqrt(lost * to_noise / from_noise);
    return mend_walk_move(walk, terms, G_N_ELEMENTS(terms), noise, error);
}
