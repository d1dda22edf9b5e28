/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Denoising Langevin Gibbs: steps, levels, pictures, and what is done about lost chains. */
#include "compute/dmcmc/chain.h"

#include <math.h>
#include <string.h>

#include "compute/dmcmc/langevin.h"
#include "compute/error.h"
#include "compute/i18n.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

#define MOST_RESTARTS 3
#define DEVIATIONS    12 /* no noise is that far out: a step's own ends at 5.8 */

/* Branches of a chain's key. */
enum { START, WALK, LEVEL, PICTURE, JUMP, FORK, RESTART, ANSWER };

const MendChainParams mend_chain_ours = {
    .kappa = 1,
    .corrected = TRUE,
    .skip = 4,
    .limit = 4,
    .descent = {.n_levels = 3, .to = 0.01, .rho = 7, .tolerance = 1e-3},
};

const MendChainParams mend_chain_published = {
    .eta = 0.8,
    .argmax = TRUE,
    .lowest = TRUE,
    .tweedie = 0.01,
    .skip = 10,
    .limit = 1000,
    .descent = {.n_levels = 19,
                .to = 0.01,
                .rho = 7,
                .churn = 80,
                .churn_low = 0.05,
                .churn_high = 1,
                .churn_noise = 1.007,
                .tolerance = 1e-3},
};

void
mend_chain_clear(MendChain *chain)
{
    mend_state_clear(&chain->w);
}

static gboolean
check_setup(const MendChainSetup *s, GError **error)
{
    const MendChainParams *p = &s->params;
    const char *wrong = NULL;
    if (p->eta <= 0 && !(p->kappa > 0 && p->kappa <= G_SQRT2 + 1e-12))
        wrong = "kappa must be above 0 and at most 1.414: a longer step lets the noise grow";
    else if (!isfinite(p->eta) || p->skip < 0)
        wrong = "the step must be finite and the number of steps not below 0";
    else if (!(p->limit > 0))
        wrong = "the limit must be above 0";
    else if (mend_shape_count(s->shape) == 0)
        wrong = "the picture is empty";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "Chain with kappa = %g, eta = %g, %d steps a picture: %s.", p->kappa, p->eta,
                    p->skip, wrong);
    return !wrong;
}

gboolean
mend_chains_init(MendChains *chains, const MendChainSetup *setup, GError **error)
{
    *chains = (MendChains){.setup = *setup};
    if (!chains->setup.params.integrator)
        chains->setup.params.integrator =
            mend_integrator_find(setup->params.argmax ? "karras-sde" : "karras");
    if (!check_setup(setup, error))
        return FALSE;
    const MendState like = {setup->f64, mend_shape_count(setup->shape), NULL};
    chains->log_p = g_new(double, setup->levels->n);
    if (mend_state_init(&chains->clean, &like, error) &&
        mend_state_init(&chains->spare, &like, error) &&
        mend_state_init(&chains->good, &like, error))
        return TRUE;
    mend_chains_clear(chains);
    return FALSE;
}

void
mend_chains_clear(MendChains *chains)
{
    mend_state_clear(&chains->clean);
    mend_state_clear(&chains->spare);
    mend_state_clear(&chains->good);
    g_clear_pointer(&chains->log_p, g_free);
}

/* Normal numbers for the picture's places; those of a double picture have single precision. */
typedef struct {
    MendShape shape;
    guint64 seed;
} Noise;

static void
normal(gpointer data, guint32 stream, MendState *out)
{
    const Noise *noise = data;
    MendRng rng = {noise->seed, stream};
    if (!out->f64) {
        mend_rng_normal(rng, 0, 0, (MendTensor){noise->shape, out->data});
        return;
    }
    size_t c_n = (size_t)noise->shape.c, w_n = (size_t)noise->shape.w, h_n = (size_t)noise->shape.h;
    g_autofree float *row = g_new(float, c_n *w_n);
    for (size_t y = 0; y < h_n; y++) {
        MendShape shape = {noise->shape.c, 1, noise->shape.w};
        mend_rng_normal(rng, 0, (int)y, (MendTensor){shape, row});
        for (size_t c = 0; c < c_n; c++)
            for (size_t x = 0; x < w_n; x++)
                mend_state_put(out, (c * h_n + y) * w_n + x, (double)row[c * w_n + x]);
    }
}

static void
copy(const MendState *from, MendState *to)
{
    memcpy(to->data, from->data, from->n * (from->f64 ? sizeof(double) : sizeof(float)));
}

/* to += scale * noise of a branch of key. FALSE where that is not finite. */
static gboolean
add_noise(MendChains *chains, guint64 key, guint64 branch, guint32 stream, double scale,
          MendState *to)
{
    Noise noise = {chains->setup.shape, mend_rng_split(key, branch)};
    normal(&noise, stream, &chains->spare);
    MendTerm sum[] = {{1, to}, {scale, &chains->spare}};
    return mend_state_sum(to, sum, G_N_ELEMENTS(sum));
}

static gboolean
within(const MendState *x, double limit)
{
    for (size_t i = 0; i < x->n; i++)
        if (!(fabs(mend_state_get(x, i)) <= limit))
            return FALSE;
    return TRUE;
}

/* Chooses the chain's level. clean is NULL, or the answer at the level so far. */
static gboolean
choose_level(MendChains *chains, MendChain *chain, const MendState *clean, GError **error)
{
    const MendChainSetup *s = &chains->setup;
    if (!s->judge->judge(s->judge->data, &chain->w, clean, chain->sigma, s->levels, chains->log_p,
                         error))
        return FALSE;
    int j;
    if (s->params.argmax)
        j = mend_levels_best(s->levels, chains->log_p);
    else
        j = mend_levels_draw(
            s->levels, chains->log_p,
            mend_rng_uniform((MendRng){mend_rng_split(chain->key, LEVEL), chain->step}));
    chain->sigma = s->levels->sigma[j];
    return TRUE;
}

static double
step_length(const MendChainParams *p, MendChain *chain)
{
    double most = mend_langevin_most(chain->sigma);
    if (p->eta <= 0)
        return MIN(p->kappa * p->kappa * chain->sigma * chain->sigma, most);
    chain->n_shortened += p->eta > most;
    return MIN(p->eta, most);
}

static gboolean
lose(const MendChain *chain, const char *what, GError **error)
{
    g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                _("The chain at noise level %.4g was lost %d times: %s. Use a smaller step, or "
                  "another model."),
                chain->sigma, MOST_RESTARTS + 1, what);
    return FALSE;
}

/* Why a step or a picture could not be had: NULL where it could. With error set: for good. */
typedef const char *Fate;
static const char not_a_number[] = "the network answered with values that are no numbers";
static const char out_of_range[] = "it left the range of the data";

static void
tell(const MendFrame *frame, guint64 number)
{
    if (frame->draw)
        frame->draw(frame->data, number);
}

static Fate
move(MendChains *chains, MendChain *chain, GError **error)
{
    const MendChainSetup *s = &chains->setup;
    MendState *clean = &chains->clean, *spare = &chains->spare;
    chain->n_evaluations++;
    tell(s->frame, mend_rng_split(mend_rng_split(chain->key, ANSWER), chain->step));
    if (!s->frame->clean(s->frame->data, &chain->w, chain->sigma, clean, error))
        return "";
    if (!mend_state_is_finite(clean))
        return not_a_number;
    if (s->judge->wants_clean && !choose_level(chains, chain, clean, error))
        return "";
    Noise noise = {s->shape, mend_rng_split(chain->key, WALK)};
    normal(&noise, chain->step, spare);
    double eta = step_length(&s->params, chain);
    mend_langevin_step(&chain->w, clean, chain->sigma, eta, s->params.corrected, spare, spare);
    if (!within(spare, s->params.limit + DEVIATIONS * s->levels->sigma[s->levels->first]))
        return out_of_range;
    MendState moved = *spare;
    *spare = chain->w;
    chain->w = moved;
    if (!s->judge->wants_clean && !choose_level(chains, chain, NULL, error))
        return "";
    chain->step++;
    return NULL;
}

/* x, noisy at sigma, becomes a picture. */
static Fate
descend(MendChains *chains, MendChain *chain, const MendIntegrator *row,
        const MendIntegratorParams *params, guint64 branch, MendState *x, GError **error)
{
    const MendChainSetup *s = &chains->setup;
    MendIntegratorParams own = *params;
    if (own.from <= own.to) {
        own.to = own.from;
        own.n_levels = 1;
    }
    guint64 seed = mend_rng_split(mend_rng_split(chain->key, branch), chain->step);
    Noise own_noise = {s->shape, seed};
    MendNoise noise = {normal, &own_noise};
    g_autoptr(GError) reason = NULL;
    int n;
    tell(s->frame, seed);
    gboolean good = mend_integrator_run(row, &own, s->frame, &noise, x, &n, &reason);
    chain->n_evaluations += (guint64)n;
    if (mend_error_is(reason, MEND_ERROR_FAILED))
        return not_a_number;
    if (good) /* a picture out of range is a bad integrator's, not the chain's */
        return mend_state_is_finite(x) ? NULL : not_a_number;
    g_propagate_error(error, g_steal_pointer(&reason));
    return "";
}

static Fate
clean_again(MendChains *chains, MendChain *chain, MendState *x, GError **error)
{
    const MendChainSetup *s = &chains->setup;
    if (s->params.tweedie <= 0)
        return NULL;
    chain->n_evaluations++;
    if (!s->frame->clean(s->frame->data, x, s->params.tweedie, &chains->clean, error))
        return "";
    copy(&chains->clean, x);
    return mend_state_is_finite(x) ? NULL : not_a_number;
}

static Fate
make_picture(MendChains *chains, MendChain *chain, double sigma, MendState *x, GError **error)
{
    const MendChainParams *p = &chains->setup.params;
    MendIntegratorParams descent = p->descent;
    descent.from = sigma;
    Fate fate = descend(chains, chain, p->integrator, &descent, PICTURE, x, error);
    return fate ? fate : clean_again(chains, chain, x, error);
}

/* Where a chain is to go back to. */
typedef struct {
    double sigma;
    guint64 key;
    guint32 step;
    guint n_restarts, n_lost;
} Good;

static Good
remember(MendChains *chains, const MendChain *chain)
{
    copy(&chain->w, &chains->good);
    return (Good){chain->sigma, chain->key, chain->step, chain->n_restarts, 0};
}

static void
stand_at(MendChains *chains, MendChain *chain, const Good *good)
{
    copy(&chains->good, &chain->w);
    chain->sigma = good->sigma;
    chain->step = good->step;
}

/* FALSE, with error set, where going back has not helped. */
static gboolean
go_back(MendChains *chains, MendChain *chain, Good *good, const char *what, GError **error)
{
    stand_at(chains, chain, good);
    if (good->n_lost++ == MOST_RESTARTS)
        return lose(chain, what, error);
    chain->n_restarts++;
    chain->key = mend_rng_split(mend_rng_split(chain->key, RESTART), chain->n_restarts);
    return TRUE;
}

/* n steps, and where out is not NULL a picture, of the state that mode asks for. */
static Fate
try_window(MendChains *chains, MendChain *chain, int n, gboolean lowest, MendState *out,
           GError **error)
{
    double level = chain->sigma;
    if (out && lowest)
        copy(&chain->w, out);
    for (int i = 0; i < n; i++) {
        Fate fate = move(chains, chain, error);
        if (fate)
            return fate;
        if (out && lowest && chain->sigma < level) {
            level = chain->sigma;
            copy(&chain->w, out);
        }
    }
    if (!out)
        return NULL;
    if (!lowest) {
        level = chain->sigma;
        copy(&chain->w, out);
    }
    return make_picture(chains, chain, level, out, error);
}

static gboolean
run_window(MendChains *chains, MendChain *chain, int n, gboolean lowest, MendState *out,
           GError **error)
{
    Good good = remember(chains, chain);
    for (;;) {
        g_autoptr(GError) reason = NULL;
        Fate fate = try_window(chains, chain, n, lowest, out, &reason);
        if (!fate)
            return TRUE;
        if (reason) { /* also as if it had not been lost: done again, all is the same */
            stand_at(chains, chain, &good);
            chain->key = good.key;
            chain->n_restarts = good.n_restarts;
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        if (!go_back(chains, chain, &good, fate, error))
            return FALSE;
    }
}

gboolean
mend_chain_walk(MendChains *chains, MendChain *chain, int n, GError **error)
{
    return run_window(chains, chain, n, FALSE, NULL, error);
}

gboolean
mend_chain_emit(MendChains *chains, MendChain *chain, MendState *out, GError **error)
{
    copy(&chain->w, out);
    g_autoptr(GError) reason = NULL;
    Fate fate = make_picture(chains, chain, chain->sigma, out, &reason);
    if (reason)
        g_propagate_error(error, g_steal_pointer(&reason));
    else if (fate)
        lose(chain, fate, error);
    return !fate;
}

gboolean
mend_chain_next(MendChains *chains, MendChain *chain, MendState *out, GError **error)
{
    const MendChainParams *p = &chains->setup.params;
    return run_window(chains, chain, p->skip, p->lowest, out, error);
}

/* Nearest in ratio of those in use. */
static double
level_near(const MendLevels *levels, double sigma)
{
    int best = levels->first;
    for (int j = levels->first; j < levels->end; j++)
        if (fabs(log(levels->sigma[j] / sigma)) < fabs(log(levels->sigma[best] / sigma)))
            best = j;
    return levels->sigma[best];
}

void
mend_chain_settle(MendChains *chains, MendChain *chain, const MendState *picture, double sigma)
{
    copy(picture, &chain->w);
    chain->sigma = level_near(chains->setup.levels, sigma);
    chain->settled_key = chain->key;
    chain->settled_step = chain->step;
    add_noise(chains, chain->key, START, chain->step, chain->sigma, &chain->w);
}

void
mend_chain_unsettle(MendChains *chains, const MendChain *chain, MendState *picture)
{
    copy(&chain->w, picture);
    add_noise(chains, chain->settled_key, START, chain->settled_step, -chain->sigma, picture);
}

gboolean
mend_chain_place(MendChains *chains, MendChain *chain, guint64 key, const MendState *picture,
                 double sigma, GError **error)
{
    *chain = (MendChain){.key = key};
    if (!mend_state_init(&chain->w, &chains->clean, error))
        return FALSE;
    mend_chain_settle(chains, chain, picture, sigma);
    return TRUE;
}

/* What lies in out, noisy at params->from, becomes a picture. There is nothing to go back to. */
static gboolean
descend_or_fail(MendChains *chains, MendChain *chain, const MendIntegrator *row,
                const MendIntegratorParams *params, guint64 branch, MendState *out, GError **error)
{
    g_autoptr(GError) reason = NULL;
    Fate fate = descend(chains, chain, row, params, branch, out, &reason);
    if (reason)
        g_propagate_error(error, g_steal_pointer(&reason));
    else if (fate)
        g_set_error(error, MEND_ERROR, MEND_ERROR_FAILED,
                    _("No picture could be made from noise at level %.4g with integrator %s: %s. "
                      "Take more evaluations, another integrator or another model."),
                    params->from, row->name, fate);
    return !fate;
}

gboolean
mend_chain_start(MendChains *chains, MendChain *chain, guint64 seed, guint32 n,
                 const MendIntegrator *row, const MendIntegratorParams *params, double sigma,
                 MendState *out, GError **error)
{
    *chain = (MendChain){.key = mend_rng_split(seed, n)};
    memset(out->data, 0, out->n * (out->f64 ? sizeof(double) : sizeof(float)));
    add_noise(chains, chain->key, START, 1, params->from, out);
    if (!descend_or_fail(chains, chain, row, params, START, out, error) ||
        !mend_state_init(&chain->w, out, error))
        return FALSE;
    mend_chain_settle(chains, chain, out, sigma);
    return TRUE;
}

gboolean
mend_chain_fork(const MendChain *chain, guint32 branch, MendChain *out, GError **error)
{
    guint64 place = (guint64)chain->step << 32 | branch;
    *out = (MendChain){.sigma = chain->sigma,
                       .settled_key = chain->settled_key,
                       .settled_step = chain->settled_step,
                       .key = mend_rng_split(mend_rng_split(chain->key, FORK), place)};
    if (!mend_state_init(&out->w, &chain->w, error))
        return FALSE;
    copy(&chain->w, &out->w);
    return TRUE;
}

gboolean
mend_chain_jump(MendChains *chains, MendChain *chain, const MendIntegrator *row,
                const MendIntegratorParams *params, MendState *out, GError **error)
{
    double from = MAX(params->from, chain->sigma), level = chain->sigma;
    MendIntegratorParams own = *params;
    own.from = from;
    copy(&chain->w, out);
    add_noise(chains, chain->key, JUMP, chain->step, sqrt(from * from - level * level), out);
    if (!descend_or_fail(chains, chain, row, &own, JUMP, out, error))
        return FALSE;
    chain->key = mend_rng_split(mend_rng_split(chain->key, JUMP), chain->step);
    chain->step = 0;
    mend_chain_settle(chains, chain, out, level);
    return TRUE;
}

double
mend_chain_similarity(double eta, double sigma, double variance, int n)
{
    return pow(MAX(1 - eta / (2 * (variance + sigma * sigma)), 0), n);
}
