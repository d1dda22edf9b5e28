/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The MR Sampler's ODE of order 2 (arXiv 2502.07856, data prediction) in the common frame, where
 * the mean drops out: the clean picture is a line in ln sigma through its two latest answers. Of
 * all integrators it keeps the spread of pictures best at four evaluations. */
#include <math.h>

#include "compute/integrators/descent.h"

gboolean
mend_reverting_step(MendDescent *d, double sigma, double next, GError **error)
{
    MendState older = d->more[1];
    d->more[1] = d->more[0];
    d->more[0] = older;
    if (!mend_descent_evaluate(d, d->x, sigma, &d->more[0], error))
        return FALSE;
    double keep = next / sigma, bend = 0;
    if (next > 0 && d->step > 0) {
        double h = log(sigma / next), before = log(d->levels[d->step - 1] / sigma);
        bend = (1 - (1 - keep) / h) * h / before;
    }
    MendTerm terms[] = {{keep, d->x}, {1 - keep + bend, &d->more[0]}, {-bend, &d->more[1]}};
    return mend_descent_move(d, d->x, terms, G_N_ELEMENTS(terms), sigma, error);
}
