/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all samplers share: the walk down a time grid with one network evaluation a step. */
#include "compute/samplers/walk.h"

#include "compute/error.h"
#include "compute/i18n.h"

/* The clean picture from noise: x0 = (x - (1 - alpha) mu - sigma eps) / alpha. */
static gboolean
clean_from_noise(const MendWalk *walk, MendCoef c, const MendState *noise, MendState *out)
{
    MendTerm terms[] = {
        {1 / c.alpha, walk->x}, {-(1 - c.alpha) / c.alpha, walk->mu}, {-c.sigma / c.alpha, noise}};
    return mend_state_sum(out, terms, G_N_ELEMENTS(terms));
}

static gboolean
noise_from_clean(const MendWalk *walk, MendCoef c, const MendState *clean, MendState *out)
{
    MendTerm terms[] = {
        {1 / c.sigma, walk->x}, {(c.alpha - 1) / c.sigma, walk->mu}, {-c.alpha / c.sigma, clean}};
    return mend_state_sum(out, terms, G_N_ELEMENTS(terms));
}

/* With cos = alpha and sin = sigma / level, (x0 - mu, level eps) is the rotation of
 * (x - mu, velocity). */
static gboolean
clean_from_velocity(const MendWalk *walk, MendCoef c, MendState *q)
{
    MendTerm terms[] = {
        {c.alpha, walk->x}, {1 - c.alpha, walk->mu}, {-c.sigma / walk->s->level, q}};
    return mend_state_sum(q, terms, G_N_ELEMENTS(terms));
}

static gboolean
noise_from_velocity(const MendWalk *walk, MendCoef c, MendState *q)
{
    double level = walk->s->level, sine = c.sigma / level;
    MendTerm terms[] = {{c.alpha / level, q}, {sine / level, walk->x}, {-sine / level, walk->mu}};
    return mend_state_sum(q, terms, G_N_ELEMENTS(terms));
}

/* The network's output in q becomes the form that is integrated. FALSE: not finite. */
static gboolean
convert(const MendWalk *walk, MendCoef c, MendState *q)
{
    gboolean noise = walk->params->noise_form;
    switch (walk->net->prediction) {
    case MEND_PREDICT_VELOCITY:
        return noise ? noise_from_velocity(walk, c, q) : clean_from_velocity(walk, c, q);
    case MEND_PREDICT_CLEAN:
        if (noise)
            return noise_from_clean(walk, c, q, q);
        break;
    case MEND_PREDICT_NOISE:
        if (!noise)
            return clean_from_noise(walk, c, q, q);
        break;
    }
    return mend_state_is_finite(q);
}

/* Thresholding is of the clean picture, except as published: there, of what is integrated. */
static gboolean
threshold(MendWalk *walk, MendCoef c)
{
    const MendSamplerParams *p = walk->params;
    gboolean through_clean = p->noise_form && !p->published;
    MendState *q = &walk->q[0], *target = through_clean ? &walk->clean : q;
    if (through_clean && !clean_from_noise(walk, c, q, target))
        return FALSE;
    mend_state_threshold(target, p->threshold_ratio, p->threshold_max);
    return !through_clean || noise_from_clean(walk, c, target, q);
}

static gboolean
tell(MendWalk *walk, MendCoef c, GError **error)
{
    if (!walk->net->step)
        return TRUE;
    const MendState *clean = &walk->q[0];
    if (walk->params->noise_form) {
        clean_from_noise(walk, c, &walk->q[0], &walk->clean);
        clean = &walk->clean;
    }
    if (walk->net->step(walk->net->data, walk->step, walk->n_steps, clean))
        return TRUE;
    g_set_error(error, MEND_ERROR, MEND_ERROR_CANCELLED, _("Cancelled at step %d of %d."),
                walk->step, walk->n_steps);
    return FALSE;
}

gboolean
mend_walk_init(MendWalk *walk, int order, GError **error)
{
    const MendSamplerParams *p = walk->params;
    walk->order = order;
    MendGridParams grid = p->grid;
    grid.n_steps = p->n_steps;
    g_autofree double *times = mend_schedule_grid(walk->s, &grid, p->coef, &walk->n_steps, error);
    if (!times)
        return FALSE;
    walk->at = g_new(MendCoef, walk->n_steps + 1);
    for (int k = 0; k <= walk->n_steps; k++)
        walk->at[k] = mend_schedule_at(walk->s, times[k], p->coef);
    for (int k = 0; k < order; k++)
        if (!mend_state_init(&walk->q[k], walk->x, error))
            return FALSE;
    gboolean want_clean = p->noise_form && (walk->net->step || p->thresholding);
    return !want_clean || mend_state_init(&walk->clean, walk->x, error);
}

void
mend_walk_clear(MendWalk *walk)
{
    for (int k = 0; k < MEND_WALK_HISTORY; k++)
        mend_state_clear(&walk->q[k]);
    mend_state_clear(&walk->clean);
    g_clear_pointer(&walk->at, g_free);
}

static gboolean
not_finite(const MendWalk *walk, const char *what, const char *hint, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                _("Step %d of %d (t = %.4g): %s holds a value that is not a finite number. %s"),
                walk->step, walk->n_steps, walk->at[walk->step - 1].t, what, hint);
    return FALSE;
}

gboolean
mend_walk_evaluate(MendWalk *walk, GError **error)
{
    MendCoef c = walk->at[walk->step - 1];
    MendState oldest = walk->q[walk->order - 1];
    for (int k = walk->order - 1; k > 0; k--)
        walk->q[k] = walk->q[k - 1];
    walk->q[0] = oldest;
    if (!walk->net->predict(walk->net->data, walk->x, c.t, &walk->q[0], error))
        return FALSE;
    gboolean finite = convert(walk, c, &walk->q[0]);
    if (finite && walk->params->thresholding)
        finite = threshold(walk, c);
    if (!finite)
        return not_finite(walk, "the network's result",
                          "Compute in full precision, or check the model file.", error);
    return tell(walk, c, error);
}

gboolean
mend_walk_finish(MendWalk *walk, GError **error)
{
    const MendTerm copy = {1, &walk->q[0]};
    gboolean is_noise = walk->params->noise_form && !walk->params->published;
    if (is_noise ? clean_from_noise(walk, walk->at[walk->step - 1], &walk->q[0], walk->x)
                 : mend_state_sum(walk->x, &copy, 1))
        return TRUE;
    return not_finite(walk, "the result", "Integrate the clean picture instead of noise.", error);
}

gboolean
mend_walk_move(MendWalk *walk, const MendTerm *terms, int n_terms, double noise, GError **error)
{
    gboolean finite = mend_state_sum(walk->x, terms, n_terms);
    if (noise != 0) {
        MendState *fresh = &walk->q[walk->order - 1];
        walk->net->noise(walk->net->data, (guint32)++walk->n_draws, fresh);
        MendTerm sum[] = {{1, walk->x}, {noise, fresh}};
        finite = mend_state_sum(walk->x, sum, G_N_ELEMENTS(sum));
    }
    if (finite)
        return TRUE;
    return not_finite(walk, "the picture", "Take more steps or another sampler.", error);
}
