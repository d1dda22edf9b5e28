/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What chains draw, against what they should: mixtures of Gaussians in 2, 16 and 256 dimensions and
 * conditional ones, at so few evaluations a picture as users take. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/dmcmc/chain.h"
#include "compute/parity/mixture.h"
#include "compute/parity/numbers.h"
#include "compute/rng.h"
#include "compute/samplers/state.h"

#define MIXTURES   "tests/golden/integrators/gmm_base.json"
#define DIRECTIONS 64
#define MOST_D     256
#define MOST_MODES 8

/* Normal numbers for the test's own use. */
static void
normal(guint64 seed, guint32 stream, size_t n, double *out)
{
    g_autofree float *values = g_new(float, n);
    mend_rng_normal((MendRng){seed, stream}, 0, 0, (MendTensor){{1, 1, (int)n}, values});
    for (size_t i = 0; i < n; i++)
        out[i] = (double)values[i];
}

/* n exact draws. */
static void
draw_exactly(const MendMixture *m, guint64 seed, int n, double *out)
{
    size_t d = (size_t)m->d;
    normal(seed, 0, (size_t)n * d, out);
    for (int i = 0; i < n; i++) {
        double u = mend_rng_uniform((MendRng){seed, (guint32)i});
        int k = 0;
        for (double sum = m->weight[0]; k < m->n - 1 && u >= sum; sum += m->weight[k])
            k++;
        for (size_t j = 0; j < d; j++)
            out[(size_t)i * d + j] =
                m->mean[(size_t)k * d + j] + m->spread[k] * out[(size_t)i * d + j];
    }
}

static int
compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* p = the sorted projections of n points on a direction. */
static void
project(const double *points, int n, size_t d, const double *direction, double *p)
{
    for (int i = 0; i < n; i++) {
        p[i] = 0;
        for (size_t j = 0; j < d; j++)
            p[i] += points[(size_t)i * d + j] * direction[j];
    }
    qsort(p, (size_t)n, sizeof *p, compare_doubles);
}

/* The sliced 2-Wasserstein distance: the root of the mean square over directions. */
static double
sliced_distance(const double *a, const double *b, int n, size_t d)
{
    g_autofree double *p = g_new(double, n), *q = g_new(double, n), *direction = g_new(double, d);
    double sum = 0;
    for (guint32 k = 0; k < DIRECTIONS; k++) {
        normal(99, k, d, direction);
        double length = 0;
        for (size_t j = 0; j < d; j++)
            length += direction[j] * direction[j];
        for (size_t j = 0; j < d; j++)
            direction[j] /= sqrt(length);
        project(a, n, d, direction, p);
        project(b, n, d, direction, q);
        for (int i = 0; i < n; i++)
            sum += (p[i] - q[i]) * (p[i] - q[i]) / n;
    }
    return sqrt(sum / DIRECTIONS);
}

/* Points belong to the nearest mode. tv: total variation of the modes' weights; spread: mean over
 * modes of variance within the mode, as a share of what it should be; sw2: to exact draws. */
typedef struct {
    double tv, sw2, spread;
    int n_evaluations; /* a picture */
} Figures;

static Figures
measure(const MendMixture *m, const double *points, int n)
{
    size_t d = (size_t)m->d;
    int count[MOST_MODES] = {0}, found = 0;
    double far[MOST_MODES] = {0};
    for (int i = 0; i < n; i++) {
        const double *x = points + (size_t)i * d;
        double least = INFINITY;
        int best = 0;
        for (int k = 0; k < m->n; k++) {
            double square = 0;
            for (size_t j = 0; j < d; j++)
                square += pow(x[j] - m->mean[(size_t)k * d + j], 2);
            if (square < least) {
                least = square;
                best = k;
            }
        }
        far[best] += least;
        count[best]++;
    }
    Figures f = {0};
    for (int k = 0; k < m->n; k++) {
        f.tv += fabs((double)count[k] / n - m->weight[k]) / 2;
        found += count[k] > 0;
        if (count[k])
            f.spread += far[k] / count[k] / (double)d / (m->spread[k] * m->spread[k]);
    }
    f.spread /= found;
    g_autofree double *exact = g_new(double, (size_t)n *d);
    draw_exactly(m, 12345, n, exact);
    f.sw2 = sliced_distance(points, exact, n, d);
    return f;
}

static void
tell(const char *what, Figures f)
{
    g_test_message("%s: %d evaluations, TV %.3f, SW2 %.4f, variance x %.2f", what, f.n_evaluations,
                   f.tv, f.sw2, f.spread);
}

static gboolean
judge_exactly(gpointer data, const MendState *w, const MendState *clean, double sigma,
              const MendLevels *levels, double *log_p, GError **error)
{
    (void)clean, (void)sigma, (void)error;
    const MendMixture *m = data;
    mend_mixture_likelihood(m, w->data, levels->sigma + levels->first, levels->end - levels->first,
                            log_p + levels->first);
    return TRUE;
}

/* How a test walks: n_chains x n_pictures are drawn. */
typedef struct {
    int n_chains, n_pictures, skip, n_levels; /* n_levels: of Karras, 2 n - 1 evaluations */
    double cap;
} Plan;

/* The network and the judge may be others than m's: a conditional test. */
static Figures
draw_by_chains(const MendMixture *m, const MendFrame *frame, const MendJudge *judge, int d,
               Plan plan, double *points)
{
    MendLevels levels;
    g_assert_true(mend_levels_init(&levels, 0.01, 50, d > 64 ? 1000 : 250, 1e-3, NULL));
    mend_levels_restrict(&levels, 0, plan.cap);
    MendChainSetup setup = {frame, judge, &levels, {1, 1, d}, TRUE, mend_chain_ours};
    setup.params.skip = plan.skip;
    setup.params.tweedie = 0.01;
    setup.params.limit = 100;
    setup.params.descent.n_levels = plan.n_levels;
    g_auto(MendChains) chains;
    g_assert_true(mend_chains_init(&chains, &setup, NULL));
    MendIntegratorParams first = setup.params.descent;
    first.n_levels = 18;
    first.from = 50;
    double picture[MOST_D];
    MendState out = {TRUE, (size_t)d, picture};
    guint64 n_evaluations = 0;
    for (int c = 0; c < plan.n_chains; c++) {
        g_auto(MendChain) chain = {0};
        g_assert_true(mend_chain_start(&chains, &chain, 1, (guint32)c,
                                       mend_integrator_find("karras"), &first, plan.cap, &out,
                                       NULL));
        g_assert_true(mend_chain_walk(&chains, &chain, 40, NULL));
        n_evaluations = chain.n_evaluations;
        for (int i = 0; i < plan.n_pictures; i++) {
            g_assert_true(mend_chain_next(&chains, &chain, &out, NULL));
            memcpy(points + (size_t)(c * plan.n_pictures + i) * (size_t)m->d, picture + (d - m->d),
                   (size_t)m->d * sizeof *points);
        }
        n_evaluations = chain.n_evaluations - n_evaluations;
        g_assert_cmpint(chain.n_restarts, ==, 0);
    }
    mend_levels_clear(&levels);
    Figures f = measure(m, points, plan.n_chains * plan.n_pictures);
    f.n_evaluations = (int)n_evaluations / plan.n_pictures;
    return f;
}

static Figures
by_chains(const MendMixture *m, Plan plan)
{
    MendFrame frame = {mend_mixture_clean, 0.01, 50, (gpointer)m, NULL};
    MendJudge judge = {judge_exactly, FALSE, (gpointer)m};
    g_autofree double *points =
        g_new(double, (size_t)plan.n_chains *(size_t)plan.n_pictures *(size_t)m->d);
    return draw_by_chains(m, &frame, &judge, m->d, plan, points);
}

/* From noise at level 50, all points at once, and cleaned once more. */
static Figures
by_plain_runs(const MendMixture *m, int n, int n_levels)
{
    size_t all = (size_t)n * (size_t)m->d;
    g_autofree double *points = g_new(double, all), *again = g_new(double, all);
    MendFrame frame = {mend_mixture_clean, 0.01, 50, (gpointer)m, NULL};
    MendIntegratorParams params = mend_chain_ours.descent;
    MendState x = {TRUE, all, points}, out = {TRUE, all, again};
    params.from = 50;
    params.n_levels = n_levels;
    normal(77, 1, all, points);
    for (size_t i = 0; i < all; i++)
        points[i] *= 50;
    int n_evaluations;
    g_assert_true(mend_integrator_run(mend_integrator_find("karras"), &params, &frame, NULL, &x,
                                      &n_evaluations, NULL));
    mend_mixture_clean((gpointer)m, &x, 0.01, &out, NULL);
    Figures f = measure(m, again, n);
    f.n_evaluations = n_evaluations + 1;
    return f;
}

/* A mixture of the recordings. */
static MendMixture
recorded(MendNumbers *numbers, const char *name)
{
    const MendJsonValue *object = mend_json_member(mend_json_root(numbers->json), name);
    size_t n = mend_numbers_count(object, "w"), all = mend_numbers_count(object, "m");
    MendMixture m = {(int)n, (int)(all / n), mend_numbers_get(numbers, object, "w", n, NULL),
                     mend_numbers_get(numbers, object, "m", all, NULL),
                     mend_numbers_get(numbers, object, "sd", n, NULL)};
    g_assert_true(m.n <= MOST_MODES && m.d <= MOST_D && m.weight && m.mean && m.spread);
    return m;
}

/* Bounds: what our own earlier runs in another language gave, mean over three seeds plus four
 * deviations or a quarter. At equal evaluations chains must be twice as good as runs from noise. */
static void
test_recorded(gconstpointer data)
{
    const struct {
        const char *name;
        double cap, tv, sw2, least, most;
    } rows[] = {{"gmm2d", 0.5, 0.07, 0.04, 1.0, 1.7}, {"gmm16d", 1, 0.10, 0.05, 0.9, 3.5}},
      *row = &rows[GPOINTER_TO_INT(data)];
    g_auto(MendNumbers) numbers;
    g_assert_true(mend_numbers_open(&numbers, MIXTURES, NULL));
    MendMixture m = recorded(&numbers, row->name);
    Figures chains = by_chains(&m, (Plan){256, 40, 4, 3, row->cap});
    Figures plain = by_plain_runs(&m, 10240, 5);
    tell("chains", chains);
    tell("plain", plain);
    g_assert_cmpint(chains.n_evaluations, ==, 10);
    g_assert_cmpint(plain.n_evaluations, ==, 10);
    g_assert_cmpfloat(chains.tv, <, row->tv);
    g_assert_cmpfloat(chains.sw2, <, row->sw2);
    g_assert_cmpfloat(chains.spread, >, row->least);
    g_assert_cmpfloat(chains.spread, <, row->most);
    g_assert_cmpfloat(chains.sw2, <, 0.5 * plain.sw2);
}

/* Modes anywhere in the unit cube of 256 dimensions. Here chains hardly change their mode, so that
 * its weights, and with them SW2, are as uncertain as 192 draws; what is made of it is better. */
static void
test_256(void)
{
    double mean[6 * 256];
    const double weight[] = {0.3, 0.25, 0.2, 0.12, 0.08, 0.05};
    const double spread[] = {0.03, 0.05, 0.04, 0.06, 0.03, 0.05};
    for (guint32 i = 0; i < G_N_ELEMENTS(mean); i++)
        mean[i] = mend_rng_uniform((MendRng){5, i});
    MendMixture m = {6, 256, weight, mean, spread};
    Figures chains = by_chains(&m, (Plan){192, 10, 5, 5, 1});
    Figures plain = by_plain_runs(&m, 1920, 8);
    tell("chains", chains);
    tell("plain", plain);
    g_assert_cmpint(chains.n_evaluations, ==, 15);
    g_assert_cmpint(plain.n_evaluations, ==, 16);
    g_assert_cmpfloat(chains.tv, <, 0.12);
    g_assert_cmpfloat(chains.sw2, <, 0.05);
    g_assert_cmpfloat(chains.spread - 1, <, 0.5 * (plain.spread - 1));
}

/* What is seen of the 16 dimensions: the first 8 of its mode's middle, with noise of deviation
 * TAU; as recorded. */
#define TAU 0.3
static const double recorded_seen[8] = {0.5046275491544479, 0.4519452586255986, 0.2872366598523224,
                                        0.8381323908634285, 0.339944570583939,  0.4000770996756909,
                                        0.6282761884855814, 0.6947471444003753};
static const double recorded_weights[6] = {0.6207952666417044,   0.0005442435253918998,
                                           0.34650310392909583,  0.018848959783125754,
                                           0.011604206887512989, 0.0017042192331691505};

/* The 8 others given what is seen. */
typedef struct {
    MendMixture m;
    double weight[MOST_MODES], mean[MOST_MODES * 8];
} Conditional;

static void
condition(const MendMixture *whole, const double *seen, Conditional *c)
{
    double sum = 0;
    c->m = (MendMixture){whole->n, 8, c->weight, c->mean, whole->spread};
    for (int k = 0; k < whole->n; k++) {
        double far = 0;
        for (int i = 0; i < 8; i++) {
            far += pow(seen[i] - whole->mean[k * 16 + i], 2);
            c->mean[k * 8 + i] = whole->mean[k * 16 + 8 + i];
        }
        c->weight[k] = whole->weight[k] * exp(-far / (2 * TAU * TAU));
        sum += c->weight[k];
    }
    for (int k = 0; k < whole->n; k++)
        c->weight[k] /= sum;
}

/* Inpainting with a network that knows what is around the hole. */
static void
test_conditional(void)
{
    g_auto(MendNumbers) numbers;
    g_assert_true(mend_numbers_open(&numbers, MIXTURES, NULL));
    MendMixture whole = recorded(&numbers, "gmm16d");
    Conditional c;
    condition(&whole, recorded_seen, &c);
    for (int k = 0; k < c.m.n; k++)
        g_assert_cmpfloat(fabs(c.weight[k] - recorded_weights[k]), <, 1e-9);
    Figures f = by_chains(&c.m, (Plan){256, 20, 4, 3, 1});
    tell("conditional", f);
    g_assert_cmpfloat(f.tv, <, 0.055);
    g_assert_cmpfloat(f.sw2, <, 0.05);
}

/* Inpainting with a network that does not, known numbers being put in: its frame answers for them
 * itself, so that they are what is seen plus noise of the present level. */
typedef struct {
    const MendMixture *whole;
    double seen[8];
} Replacement;

static gboolean
replace_known(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    const Replacement *r = data;
    mend_mixture_clean((gpointer)r->whole, w, sigma, clean, error);
    for (size_t i = 0; i < 8; i++)
        mend_state_put(clean, i, r->seen[i]);
    return TRUE;
}

/* A documented weakness, not a goal: part of the content is chosen without regard to what is
 * around, and the modes' weights are off by far more than a network that knows leaves (0.02). Who
 * makes it better finds this test failing, and changes these words. */
static void
test_replacement_is_biased(void)
{
    enum { CASES = 4 };
    g_auto(MendNumbers) numbers;
    g_assert_true(mend_numbers_open(&numbers, MIXTURES, NULL));
    MendMixture whole = recorded(&numbers, "gmm16d");
    g_autofree double *points = g_new(double, 1280 * 8);
    double point[16], noise[8], sum = 0;
    for (guint64 i = 0; i < CASES; i++) {
        Replacement r = {.whole = &whole};
        Conditional c;
        draw_exactly(&whole, 100 + i, 1, point);
        normal(200 + i, 0, 8, noise);
        for (int k = 0; k < 8; k++)
            r.seen[k] = point[k] + TAU * noise[k];
        condition(&whole, r.seen, &c);
        MendFrame frame = {replace_known, 0.01, 50, &r, NULL};
        MendJudge judge = {judge_exactly, FALSE, &whole};
        Figures f = draw_by_chains(&c.m, &frame, &judge, 16, (Plan){128, 10, 4, 3, 1}, points);
        tell("replacement", f);
        sum += f.tv / CASES;
    }
    g_assert_cmpfloat(sum, >, 0.08);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/chain-statistics/2", GINT_TO_POINTER(0), test_recorded);
    g_test_add_data_func("/chain-statistics/16", GINT_TO_POINTER(1), test_recorded);
    g_test_add_func("/chain-statistics/256", test_256);
    g_test_add_func("/chain-statistics/conditional", test_conditional);
    g_test_add_func("/chain-statistics/replacement", test_replacement_is_biased);
    return g_test_run();
}
