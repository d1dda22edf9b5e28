/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DDIM (Song et al. 2021, eq. 12): Euler's method in sigma, and with eta = 1 the ancestral sampler,
 * which removes more noise than the step asks for and puts fresh noise in its place. */
#include <math.h>

#include "compute/integrators/descent.h"

gboolean
mend_ddim_step(MendDescent *d, double sigma, double next, GError **error)
{
    if (!mend_descent_evaluate(d, d->x, sigma, &d->more[0], error))
        return FALSE;
    MendTerm terms[] = {{next / sigma, d->x}, {1 - next / sigma, &d->more[0]}};
    return mend_descent_move(d, d->x, terms, G_N_ELEMENTS(terms), sigma, error);
}

gboolean
mend_ancestral_step(MendDescent *d, double sigma, double next, GError **error)
{
    double ratio = next / sigma;
    return mend_ddim_step(d, sigma, next * ratio, error) &&
           (next == 0 ||
            mend_descent_shake(d, next * sqrt(1 - ratio * ratio), &d->more[0], sigma, error));
}
