/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain around a restoration: where it walks, how its level is judged, what it costs. */
#include "compute/alternatives.h"

#include <math.h>
#include <string.h>

#include "compute/dmcmc/chain.h"
#include "compute/error.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

#define PAIR        2 /* alternatives of one chain: those of a longer one are worse */
#define SETTLE      1 /* more steps for the first of a chain, to forget that it began at a mean */
#define SKIP        2 /* steps before each */
#define LEVELS      4 /* of the way down; keeps 0.9 to 1 of a spread that can be seen */
#define LAST_LEVEL  0.01
#define LEAST       0.4 /* level of variety 0, as a share of the schedule's */
#define WIDENS      6   /* of variety 1 to that of 0 */
#define RANGE       2   /* highest level to the chain's first, and that to the lowest */
#define N_LEVELS    400
#define KAPPA       1.0
#define SAME_LEVEL  1e-9
#define STREAM_SEED 0xA17E /* the branch of the seed that is the chain's */

/* Which evaluations are remembered. */
typedef enum { NONE, NEXT, ALL } Remember;

struct MendAlternatives {
    MendAlternativesSetup setup;
    MendShape shape; /* of the chain's state: the picture's, or {3, 1, pixels of the hole} */
    guint32 *places; /* of the hole's pixels, or NULL */
    size_t n_places;
    MendTensor whole, answer; /* with a hole: what the network sees, and its clean picture */
    MendState mean, part;     /* part: a hole's alternative */
    MendScheduleFrame network;
    MendFrame frame;
    /* The latest evaluation that is remembered: a picture is made from where the chain goes on. */
    MendState w, clean;
    double sigma;
    double start; /* the level at which a chain begins */
    Remember remember;
    MendSlopeJudge slope;
    MendJudge judge;
    MendLevels levels;
    MendChains chains;
    MendChain chain;
    guint64 key;
    int n_evaluations;
    guint32 n_pictures;
    guint n_restarts; /* of chains before the present one */
};

int
mend_alternatives_cost(int n)
{
    int n_chains = (n + PAIR - 1) / PAIR;
    return n < 1 ? 0 : n_chains * (SETTLE + 1) + n * (SKIP + LEVELS - 1);
}

void
mend_alternatives_free(MendAlternatives *a)
{
    if (!a)
        return;
    mend_chain_clear(&a->chain);
    mend_chains_clear(&a->chains);
    mend_levels_clear(&a->levels);
    mend_state_clear(&a->w);
    mend_state_clear(&a->clean);
    mend_state_clear(&a->part);
    mend_schedule_frame_clear(&a->network);
    mend_tensor_clear(&a->whole);
    mend_tensor_clear(&a->answer);
    mend_block_free(a->places);
    g_free(a);
}

static MendState
state_of(MendTensor tensor)
{
    return (MendState){FALSE, mend_shape_count(tensor.shape), tensor.data};
}

static void
copy(const MendState *from, MendState *to)
{
    memcpy(to->data, from->data, from->n * sizeof(float));
}

/* The chain's numbers out of a picture, and back into one. */
static void
gather(const MendAlternatives *a, MendTensor picture, MendState *to)
{
    float *out = to->data;
    for (int c = 0; c < 3; c++) {
        const float *plane = mend_tensor_plane(picture, c).data;
        for (size_t i = 0; i < a->n_places; i++)
            *out++ = plane[a->places[i]];
    }
}

static void
scatter(const MendAlternatives *a, const MendState *from, MendTensor picture)
{
    const float *in = from->data;
    for (int c = 0; c < 3; c++) {
        float *plane = mend_tensor_plane(picture, c).data;
        for (size_t i = 0; i < a->n_places; i++)
            plane[a->places[i]] = *in++;
    }
}

/* What is known gets noise of the same level, the same for all of one alternative: the answer is a
 * function of the hole then, which the way down follows. */
static gboolean
ask_around_hole(MendAlternatives *a, const MendState *w, double sigma, MendState *clean,
                GError **error)
{
    MendState whole = state_of(a->whole), answer = state_of(a->answer);
    mend_rng_normal((MendRng){a->key, a->n_pictures}, 0, 0, a->whole);
    MendTerm noisy[] = {{1, &a->mean}, {sigma, &whole}}; /* outside the hole the mean is known */
    mend_state_sum(&whole, noisy, G_N_ELEMENTS(noisy));
    scatter(a, w, a->whole);
    if (!a->network.frame.clean(a->network.frame.data, &whole, sigma, &answer, error))
        return FALSE;
    gather(a, a->answer, clean);
    return TRUE;
}

/* The mean of dD / dw by Stein's identity, E[n D(w + s n)] = s E[trace]: the step's own noise is
 * the probe, so it costs nothing. What the step did beside its noise is known. */
static void
measure_slope(MendAlternatives *a, const MendState *w, const MendState *clean)
{
    const float *w0 = a->w.data, *clean0 = a->clean.data, *w1 = w->data, *clean1 = clean->data;
    const double pull = KAPPA * KAPPA / 2;
    double together = 0, square = 0;
    for (size_t i = 0; i < w->n; i++) {
        double from = (1 - pull) * (double)w0[i] + pull * (double)clean0[i];
        double noise = (double)w1[i] - from;
        together += noise * ((double)clean1[i] - (double)clean0[i]);
        square += noise * noise;
    }
    if (isfinite(together) && square > 0)
        a->slope.slope = MAX(together / square, 0);
}

static gboolean
is_remembered(const MendAlternatives *a, const MendState *w, double sigma)
{
    return fabs(sigma - a->sigma) <= SAME_LEVEL * sigma &&
           memcmp(w->data, a->w.data, w->n * sizeof(float)) == 0;
}

/* The chain's frame. */
static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    MendAlternatives *a = data;
    if (a->remember != NONE && is_remembered(a, w, sigma)) {
        copy(&a->clean, clean);
        return TRUE;
    }
    a->n_evaluations++;
    if (!(a->places ? ask_around_hole(a, w, sigma, clean, error)
                    : a->network.frame.clean(a->network.frame.data, w, sigma, clean, error)))
        return FALSE;
    if (a->remember != NONE) {
        measure_slope(a, w, clean);
        copy(w, &a->w);
        copy(clean, &a->clean);
        a->sigma = sigma;
    }
    if (a->remember == NEXT)
        a->remember = NONE;
    return TRUE;
}

static gboolean
find_places(MendAlternatives *a, GError **error)
{
    MendTensor hole = a->setup.hole;
    size_t n = hole.data ? mend_shape_count(hole.shape) : 0;
    for (size_t i = 0; i < n; i++)
        a->n_places += hole.data[i] > 0;
    a->shape = a->setup.first.shape;
    if (!hole.data || a->n_places == 0)
        return TRUE;
    a->shape = (MendShape){3, 1, (int)a->n_places};
    a->places = mend_block_new_large(a->n_places * sizeof *a->places, error);
    if (!a->places)
        return FALSE;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (hole.data[i] > 0)
            a->places[k++] = (guint32)i;
    a->whole = mend_tensor_new(a->setup.first.shape, error);
    if (!a->whole.data)
        return FALSE;
    a->answer = mend_tensor_new(a->setup.first.shape, error);
    return a->answer.data != NULL;
}

static gboolean
choose_levels(MendAlternatives *a, GError **error)
{
    double middle = a->setup.schedule->level * LEAST * pow(WIDENS, a->setup.variety);
    double high = MIN(middle * RANGE, a->frame.sigma_max);
    double low = MIN(MAX(high / (RANGE * RANGE), a->frame.sigma_min), high / 2);
    a->start = sqrt(low * high);
    return mend_levels_init(&a->levels, low, high, N_LEVELS, 0, error);
}

/* There is nothing to walk in: a hole without pixels. */
static gboolean
is_still(const MendAlternatives *a)
{
    return a->setup.hole.data && a->n_places == 0;
}

/* A new chain at the first restoration, which is remembered as if it had been the answer to itself:
 * then the noise that is added there is the first probe. */
static gboolean
place(MendAlternatives *a, GError **error)
{
    if (a->places)
        gather(a, a->setup.first, &a->w);
    else
        memcpy(a->w.data, a->setup.first.data, a->w.n * sizeof(float));
    copy(&a->w, &a->clean);
    a->sigma = 0;
    a->n_restarts += a->chain.n_restarts;
    mend_chain_clear(&a->chain);
    return mend_chain_place(&a->chains, &a->chain, mend_rng_split(a->key, a->n_pictures), &a->w,
                            a->start, error);
}

static gboolean
prepare(MendAlternatives *a, GError **error)
{
    const MendAlternativesSetup *s = &a->setup;
    MendState like = {FALSE, mend_shape_count(a->shape), NULL};
    if (!mend_state_init(&a->w, &like, error) || !mend_state_init(&a->clean, &like, error) ||
        (a->places && !mend_state_init(&a->part, &like, error)) ||
        !mend_schedule_frame_init(&a->network, s->schedule, s->net, &a->mean, &a->mean, error))
        return FALSE;
    a->frame =
        (MendFrame){clean_of, a->network.frame.sigma_min, a->network.frame.sigma_max, a, NULL};
    if (!choose_levels(a, error))
        return FALSE;
    MendChainParams params = mend_chain_ours;
    params.kappa = KAPPA;
    params.integrator = mend_integrator_find("mr");
    params.descent.n_levels = LEVELS;
    params.descent.to =
        MIN(MAX(LAST_LEVEL, a->frame.sigma_min), a->levels.sigma[a->levels.n - 1] / 2);
    MendChainSetup setup = {&a->frame, &a->judge, &a->levels, a->shape, FALSE, params};
    return mend_chains_init(&a->chains, &setup, error);
}

MendAlternatives *
mend_alternatives_new(const MendAlternativesSetup *setup, GError **error)
{
    g_return_val_if_fail(mend_shape_equal(setup->mean.shape, setup->first.shape), NULL);
    g_autoptr(MendAlternatives) a = g_new0(MendAlternatives, 1);
    a->setup = *setup;
    a->key = mend_rng_split(setup->seed, STREAM_SEED);
    a->judge = mend_slope_judge(&a->slope);
    a->mean = state_of(setup->mean);
    if (!find_places(a, error) || (!is_still(a) && !prepare(a, error)))
        return NULL;
    return g_steal_pointer(&a);
}

/* Steps, then a picture, whose first evaluation is also the chain's next one. */
static gboolean
walk_and_emit(MendAlternatives *a, MendState *out, GError **error)
{
    gboolean first = a->n_pictures % PAIR == 0;
    if (first && !place(a, error))
        return FALSE;
    a->remember = ALL;
    if (!mend_chain_walk(&a->chains, &a->chain, first ? SETTLE + SKIP : SKIP, error))
        return FALSE;
    a->remember = NEXT;
    return mend_chain_emit(&a->chains, &a->chain, out, error);
}

gboolean
mend_alternatives_next(MendAlternatives *a, MendTensor out, MendAlternative *about, GError **error)
{
    const MendTensor first = a->setup.first;
    g_return_val_if_fail(mend_shape_equal(out.shape, first.shape), FALSE);
    MendState all = state_of(out), *to = a->places ? &a->part : &all;
    gboolean follows = a->n_pictures % PAIR > 0;
    a->n_evaluations = 0;
    if (!is_still(a) && !walk_and_emit(a, to, error))
        return FALSE;
    if (a->setup.hole.data)
        memcpy(out.data, first.data, mend_shape_count(first.shape) * sizeof(float));
    if (a->places)
        scatter(a, to, out);
    if (a->setup.finish && !is_still(a) &&
        !a->setup.finish(out, (int)a->n_pictures + 1, a->setup.data, error))
        return FALSE;
    a->n_pictures++;
    if (about)
        *about = (MendAlternative){a->n_evaluations, a->chain.sigma,
                                   a->n_restarts + a->chain.n_restarts, follows};
    return TRUE;
}
