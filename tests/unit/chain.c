/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chains on torus fields: what they promise of bits, of levels, and of failure. */
#include "compute/dmcmc/chain.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"
#include "tests/unit/starved.h"
#include "tests/unit/torus.h"

#define SIDE 32
#define N    ((size_t)3 * SIDE * SIDE)

/* Chains with the network, the exact judge and pictures' memory. */
typedef struct {
    Torus torus;
    MendFrame frame;
    MendJudge judge;
    MendLevels levels;
    MendChains chains;
    float pixels[2][3 * SIDE * SIDE];
    MendState a, b;
} Field;

static void
field_clear(Field *f)
{
    torus_clear(&f->torus);
    mend_levels_clear(&f->levels);
    mend_chains_clear(&f->chains);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Field, field_clear)

static void
field_init(Field *f, const MendChainParams *params, double low, double high)
{
    *f = (Field){0};
    torus_init(&f->torus, (MendShape){3, SIDE, SIDE}, 0.2, 0.06);
    f->frame = (MendFrame){torus_clean, 0.01, 50, &f->torus, NULL};
    f->judge = (MendJudge){torus_judge, FALSE, &f->torus};
    f->a = (MendState){FALSE, N, f->pixels[0]};
    f->b = (MendState){FALSE, N, f->pixels[1]};
    g_assert_true(mend_levels_init(&f->levels, low, high, 300, 0, NULL));
    MendChainSetup setup = {&f->frame, &f->judge, &f->levels, f->torus.shape, FALSE, *params};
    g_assert_true(mend_chains_init(&f->chains, &setup, NULL));
}

/* A chain at an exact picture. */
static void
place(Field *f, MendChain *chain, guint64 key, double sigma)
{
    torus_draw(&f->torus, key + 1000, 0, &f->a);
    g_assert_true(mend_chain_place(&f->chains, chain, key, &f->a, sigma, NULL));
}

static gboolean
same(const MendState *a, const MendState *b)
{
    return memcmp(a->data, b->data, a->n * sizeof(float)) == 0;
}

static void
test_bits(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    g_auto(MendChain) one = {0}, two = {0}, fork = {0}, other = {0};
    place(&f, &one, 7, 0.5);
    place(&f, &two, 7, 0.5);
    g_assert_true(same(&one.w, &two.w));
    g_assert_true(mend_chain_walk(&f.chains, &one, 6, NULL));
    g_assert_true(mend_chain_walk(&f.chains, &two, 2, NULL)); /* other portions, same steps */
    g_assert_true(mend_chain_walk(&f.chains, &two, 4, NULL));
    g_assert_true(same(&one.w, &two.w) && one.sigma == two.sigma);

    g_assert_true(mend_chain_emit(&f.chains, &one, &f.a, NULL));
    g_assert_true(mend_chain_emit(&f.chains, &one, &f.b, NULL));
    g_assert_true(same(&f.a, &f.b));
    g_assert_true(same(&one.w, &two.w)); /* and the chain stays as it was */

    g_assert_true(mend_chain_fork(&one, 0, &fork, NULL));
    g_assert_true(mend_chain_fork(&one, 1, &other, NULL));
    g_assert_true(same(&fork.w, &one.w));
    g_assert_true(mend_chain_walk(&f.chains, &one, 1, NULL));
    g_assert_true(mend_chain_walk(&f.chains, &fork, 1, NULL));
    g_assert_true(mend_chain_walk(&f.chains, &other, 1, NULL));
    g_assert_false(same(&fork.w, &one.w) || same(&fork.w, &other.w) || same(&one.w, &other.w));
}

/* The picture under the noise can be had back, of a fork too, and put under other noise. */
static void
test_settle(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    g_auto(MendChain) chain = {0}, fork = {0};
    place(&f, &chain, 3, 0.5);
    g_assert_true(mend_chain_fork(&chain, 0, &fork, NULL));
    for (int k = 0; k < 2; k++) {
        mend_chain_unsettle(&f.chains, k ? &fork : &chain, &f.b);
        for (size_t i = 0; i < N; i++)
            g_assert_cmpfloat(fabs(mend_state_get(&f.a, i) - mend_state_get(&f.b, i)), <, 1e-6);
    }
    mend_chain_settle(&f.chains, &fork, &f.b, 0.1);
    g_assert_cmpfloat_with_epsilon(fork.sigma, 0.1, 0.001);
    double sum = 0;
    for (size_t i = 0; i < N; i++)
        sum += pow(mend_state_get(&fork.w, i) - mend_state_get(&f.a, i), 2) / N;
    g_assert_cmpfloat_with_epsilon(sqrt(sum), 0.1, 0.01);
}

/* A chain that hardly steps hardly moves. */
static void
test_small_steps(void)
{
    MendChainParams params = mend_chain_ours;
    params.kappa = 1e-6;
    g_auto(Field) f;
    field_init(&f, &params, 0.05, 1);
    g_auto(MendChain) chain = {0};
    place(&f, &chain, 1, 0.5);
    memcpy(f.pixels[1], chain.w.data, sizeof f.pixels[1]);
    g_assert_true(mend_chain_walk(&f.chains, &chain, 3, NULL));
    for (size_t i = 0; i < N; i++)
        g_assert_cmpfloat(fabs(mend_state_get(&f.b, i) - mend_state_get(&chain.w, i)), <, 1e-4);
}

/* As published the level drifts to (1 + 400 eta^2 / 2)^(1/4) = 2.67 of itself; corrected it stays.
 * There are 3072 numbers. */
static void
test_drift(void)
{
    const double bounds[2][2] = {{2.4, 3.0}, {0.8, 1.25}};
    for (int corrected = 0; corrected < 2; corrected++) {
        MendChainParams params = mend_chain_published;
        params.eta = 0.5;
        params.corrected = corrected;
        g_auto(Field) f;
        field_init(&f, &params, 0.05, 20);
        g_auto(MendChain) chain = {0};
        place(&f, &chain, 3, 1);
        g_assert_true(mend_chain_walk(&f.chains, &chain, 400, NULL));
        g_test_message("level %g after 400 steps", chain.sigma);
        g_assert_cmpfloat(chain.sigma, >, bounds[corrected][0]);
        g_assert_cmpfloat(chain.sigma, <, bounds[corrected][1]);
        g_assert_cmpint(chain.n_restarts, ==, 0);
    }
}

/* Square of the jump over the wrap, as a share of that inside. */
static double
seam(const MendState *x)
{
    double inside = 0, across = 0;
    for (size_t row = 0; row < N / SIDE; row++)
        for (size_t i = 0; i < SIDE; i++) {
            double here = mend_state_get(x, row * SIDE + i);
            double jump = mend_state_get(x, row * SIDE + (i + 1) % SIDE) - here;
            *(i == SIDE - 1 ? &across : &inside) += jump * jump;
        }
    return across / inside * (SIDE - 1);
}

/* A stream of textures at 11 evaluations each: power in four bands and the seam are right, and
 * pictures far apart have nothing in common. Bounds: 24 x 3 planes leave a tenth of uncertainty in
 * the lowest band; what is asked of the finest is what so few evaluations give (the other way,
 * from noise, they are off by a factor of 4 and more). */
static void
test_torus(void)
{
    enum { PICTURES = 24 };
    g_auto(Field) f;
    MendChainParams params = mend_chain_ours;
    params.descent.n_levels = 4;
    field_init(&f, &params, 0.1, 0.6);
    const double bands[] = {0.01, 0.08, 0.16, 0.3, 0.71};
    double power[4] = {0}, jump = 0, first = 0, last = 0;
    g_auto(MendChain) chain = {0};
    place(&f, &chain, 11, 0.4);
    g_assert_true(mend_chain_walk(&f.chains, &chain, 20, NULL));
    g_autofree float *history = g_new(float, PICTURES *N);
    for (int i = 0; i < PICTURES; i++) {
        guint64 before = chain.n_evaluations;
        g_assert_true(mend_chain_next(&f.chains, &chain, &f.b, NULL));
        g_assert_cmpint(chain.n_evaluations - before, ==, 11);
        for (int k = 0; k < 4; k++)
            power[k] += torus_band(&f.torus, &f.b, bands[k], bands[k + 1]) / PICTURES;
        jump += seam(&f.b) / PICTURES;
        memcpy(history + (size_t)i * N, f.b.data, N * sizeof(float));
    }
    for (int i = 0; i + 12 < PICTURES; i++)
        for (size_t k = 0; k < N; k++) {
            double here = (double)history[(size_t)i * N + k] - 0.5;
            first += here * ((double)history[(size_t)(i + 1) * N + k] - 0.5);
            last += here * ((double)history[(size_t)(i + 12) * N + k] - 0.5);
        }
    first /= 12.0 * (double)N * 0.04;
    last /= 12.0 * (double)N * 0.04;
    g_test_message("power %.2f %.2f %.2f %.2f, seam %.3f, correlation %.2f, %.2f", power[0],
                   power[1], power[2], power[3], jump, first, last);
    for (int k = 0; k < 4; k++) {
        g_assert_cmpfloat(power[k], >, 0.7);
        g_assert_cmpfloat(power[k], <, 2);
    }
    g_assert_cmpfloat(fabs(jump - 1), <, 0.1);
    g_assert_cmpfloat(first, >, last + 0.1);
    g_assert_cmpfloat(fabs(last), <, 0.25);
}

/* With the estimators instead of the exact judge the level still is the picture's: the exact one
 * agrees, within four standard deviations of the estimate and of the draw. */
static void
test_estimators(void)
{
    double sigma[12], error[12];
    g_autofree float *scratch = g_new(float, N);
    for (int which = 0; which < 2; which++) {
        g_auto(Field) f;
        field_init(&f, &mend_chain_ours, 0.1, 1);
        for (int i = 0; i < 12; i++) {
            sigma[i] = 0.1 * pow(10, i / 11.0);
            error[i] = torus_error(&f.torus, sigma[i]);
        }
        MendHaarJudge haar = {f.torus.shape, 0.05, scratch};
        MendResidualJudge residual = {12, sigma, error};
        f.judge = which ? mend_residual_judge(&residual) : mend_haar_judge(&haar);
        g_auto(MendChain) chain = {0};
        place(&f, &chain, 5, 0.4);
        g_assert_true(mend_chain_walk(&f.chains, &chain, 100, NULL));
        g_autofree double *log_p = g_new(double, f.levels.n);
        torus_judge(&f.torus, &chain.w, NULL, 0, &f.levels, log_p, NULL);
        double right = f.levels.sigma[mend_levels_best(&f.levels, log_p)];
        g_test_message("level %g after 100 steps, in truth %g", chain.sigma, right);
        g_assert_cmpfloat(fabs(chain.sigma / right - 1), <, which ? 0.08 : 0.24);
        g_assert_cmpint(chain.n_restarts, ==, 0);
    }
}

/* As published: the least noisy state, extra cleaning, argmax; and from noise alone. */
static void
test_published(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_published, 0.01, 50);
    g_auto(MendChain) chain = {0};
    MendIntegratorParams first = f.chains.setup.params.descent;
    first.from = 50;
    g_assert_true(mend_chain_start(&f.chains, &chain, 1, 0, mend_integrator_find("karras-sde"),
                                   &first, 0.5, &f.a, NULL));
    g_assert_cmpint(chain.n_evaluations, ==, 37);
    g_assert_true(mend_chain_next(&f.chains, &chain, &f.a, NULL));
    g_assert_cmpint(chain.n_evaluations, ==, 37 + 10 + 37 + 1);
    g_assert_cmpint(chain.n_shortened, >, 0); /* 0.8 is too long for level 0.5 */
}

static void
test_jump(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    g_auto(MendChain) chain = {0};
    place(&f, &chain, 2, 0.3);
    double level = chain.sigma, product = 0;
    memcpy(f.pixels[0], chain.w.data, sizeof f.pixels[0]);
    MendIntegratorParams far = f.chains.setup.params.descent;
    far.from = 5;
    far.n_levels = 10;
    g_assert_true(
        mend_chain_jump(&f.chains, &chain, mend_integrator_find("karras"), &far, &f.b, NULL));
    g_assert_cmpfloat(chain.sigma, ==, level);
    g_assert_cmpint(chain.n_evaluations, ==, 19);
    for (size_t i = 0; i < N; i++)
        product += (mend_state_get(&f.a, i) - 0.5) * (mend_state_get(&f.b, i) - 0.5);
    g_assert_cmpfloat(fabs(product) / (double)N / 0.04, <, 0.5);
    g_assert_true(mend_chain_next(&f.chains, &chain, &f.b, NULL));
}

/* Once is made good, and counted; always is an error. */
static void
test_lost(void)
{
    for (int out_of_range = 0; out_of_range < 2; out_of_range++) {
        g_auto(Field) f;
        field_init(&f, &mend_chain_ours, 0.05, 1);
        g_auto(MendChain) chain = {0};
        place(&f, &chain, 4, 0.5);
        if (out_of_range)
            f.torus.far_at = 3;
        else
            f.torus.nan_at = 3;
        g_assert_true(mend_chain_next(&f.chains, &chain, &f.b, NULL));
        g_assert_cmpint(chain.n_restarts, ==, 1);
        g_assert_cmpint(chain.n_evaluations, ==, 3 + 9);
        f.torus.variance[1] = NAN; /* from now on */
        memcpy(f.pixels[0], chain.w.data, sizeof f.pixels[0]);
        double level = chain.sigma;
        g_autoptr(GError) error = NULL;
        g_assert_false(mend_chain_next(&f.chains, &chain, &f.b, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_FAILED);
        g_assert_nonnull(strstr(error->message, "no numbers"));
        g_assert_true(same(&f.a, &chain.w) && chain.sigma == level);
    }
}

/* At once, and the chain goes on as if it had not been asked; also where it was lost before. */
static void
test_cancel(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    for (int i = 2; i < 20; i++) {
        g_auto(MendChain) chain = {0}, whole = {0};
        int at = i / 2;
        place(&f, &chain, 6, 0.5);
        place(&f, &whole, 6, 0.5);
        g_autoptr(GError) error = NULL;
        f.torus.n_evaluations = 0;
        f.torus.cancel_at = at;
        f.torus.nan_at = i % 2 ? at - 1 : 0;
        g_assert_false(mend_chain_next(&f.chains, &chain, &f.a, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(f.torus.n_evaluations, ==, at);
        f.torus.cancel_at = f.torus.nan_at = 0;
        g_assert_true(same(&chain.w, &whole.w) && chain.sigma == whole.sigma);
        g_assert_true(mend_chain_walk(&f.chains, &chain, 4, NULL));
        g_assert_true(mend_chain_walk(&f.chains, &whole, 4, NULL));
        g_assert_true(same(&chain.w, &whole.w) && chain.key == whole.key);
    }
}

static void
test_refused(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    const double kappas[] = {0, -1, 1.5, NAN};
    for (size_t i = 0; i < G_N_ELEMENTS(kappas); i++) {
        g_autoptr(GError) error = NULL;
        MendChainSetup setup = f.chains.setup;
        MendChains chains;
        setup.params.kappa = kappas[i];
        g_assert_false(mend_chains_init(&chains, &setup, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    }
}

static gboolean
try_chains(gpointer data, GError **error)
{
    Field *f = data;
    MendChains chains;
    g_auto(MendChain) chain = {0}, fork = {0};
    torus_draw(&f->torus, 1, 0, &f->a);
    if (!mend_chains_init(&chains, &f->chains.setup, error))
        return FALSE;
    gboolean good = mend_chain_place(&chains, &chain, 1, &f->a, 0.5, error) &&
                    mend_chain_fork(&chain, 0, &fork, error) &&
                    mend_chain_next(&chains, &chain, &f->b, error);
    mend_chains_clear(&chains);
    return good;
}

static void
test_memory(void)
{
    g_auto(Field) f;
    field_init(&f, &mend_chain_ours, 0.05, 1);
    g_assert_cmpint(starved_attempts(try_chains, &f, 100), >, 5);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/chain/bits", test_bits);
    g_test_add_func("/chain/settle", test_settle);
    g_test_add_func("/chain/small-steps", test_small_steps);
    g_test_add_func("/chain/drift", test_drift);
    g_test_add_func("/chain/torus", test_torus);
    g_test_add_func("/chain/estimators", test_estimators);
    g_test_add_func("/chain/published", test_published);
    g_test_add_func("/chain/jump", test_jump);
    g_test_add_func("/chain/lost", test_lost);
    g_test_add_func("/chain/cancel", test_cancel);
    g_test_add_func("/chain/refused", test_refused);
    g_test_add_func("/chain/memory", test_memory);
    return g_test_run();
}
