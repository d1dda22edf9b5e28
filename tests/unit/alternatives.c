/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Further restorations, with a network that is a formula: what the damaged picture leaves open is
 * known exactly, so the alternatives' mean, spread and modes are. */
#include "compute/alternatives.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/samplers/state.h"

#define W     48
#define H     32
#define PLANE (W * H)
#define ALL   (3 * PLANE)
#define MU    0.6f

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MendSchedule, mend_schedule_clear)

/* x_0 of a number is, with probability `second`, mean + gap, else mean, with a deviation that goes
 * by its row. In a known pixel it is the mean. */
typedef struct {
    MendSchedule schedule;
    MendDenoiser net;
    MendTensor first, mean, hole;
    float second, gap;
    int n_evaluations, cancel_at;
} World;

static const double deviations[] = {0, 0.02, 0.05, 0.1, 0.2};

static double
deviation_of(const World *world, size_t i)
{
    if (world->hole.data && !(world->hole.data[i % PLANE] > 0))
        return 0;
    return world->gap > 0 ? 0.02 : deviations[i % PLANE / W % G_N_ELEMENTS(deviations)];
}

static gboolean
predict(gpointer data, const MendState *x, double t, MendState *out, GError **error)
{
    World *world = data;
    MendCoef c = mend_schedule_at(&world->schedule, t, MEND_COEF_EXACT);
    if (++world->n_evaluations == world->cancel_at) {
        g_set_error_literal(error, MEND_ERROR, MEND_ERROR_CANCELLED, "Stopped.");
        return FALSE;
    }
    for (size_t i = 0; i < ALL; i++) {
        double middle = (double)world->first.data[i], spread = deviation_of(world, i);
        double level = c.sigma / c.alpha, v = spread * spread, whole = v + level * level;
        double mu = (double)MU, w = mu + (mend_state_get(x, i) - mu) / c.alpha, far = w - middle;
        double gap = spread > 0 ? (double)world->gap : 0, beyond = far - gap;
        double odds = (double)world->second / (1 - (double)world->second) *
                      exp((far * far - beyond * beyond) / (2 * whole));
        double share = gap > 0 ? odds / (1 + odds) : 0;
        double clean = middle + (v * far + level * level * gap * share) / whole;
        double eps = (mend_state_get(x, i) - mu - c.alpha * (clean - mu)) / c.sigma;
        mend_state_put(out, i, world->net.prediction == MEND_PREDICT_NOISE ? eps : clean);
    }
    return TRUE;
}

static void
world_init(World *world)
{
    *world = (World){.second = 0.3f};
    g_assert_true(mend_schedule_init(&world->schedule, &mend_schedule_defaults, NULL));
    world->net = (MendDenoiser){MEND_PREDICT_CLEAN, predict, NULL, NULL, world};
    world->first = mend_tensor_new((MendShape){3, H, W}, NULL);
    world->mean = mend_tensor_new((MendShape){3, H, W}, NULL);
    for (size_t i = 0; i < ALL; i++) {
        world->first.data[i] = 0.2f + 0.5f * (float)(i % W) / W;
        world->mean.data[i] = MU;
    }
}

/* A box; around it the mean is what is known. */
static void
dig(World *world)
{
    world->hole = mend_tensor_new((MendShape){1, H, W}, NULL);
    for (size_t i = 0; i < PLANE; i++)
        world->hole.data[i] = i % W >= 10 && i % W < 30 && i / W >= 5 && i / W < 25 ? 0.5f : 0.0f;
    for (size_t i = 0; i < ALL; i++)
        if (!(world->hole.data[i % PLANE] > 0))
            world->mean.data[i] = world->first.data[i];
}

static void
world_clear(World *world)
{
    mend_schedule_clear(&world->schedule);
    mend_tensor_clear(&world->first);
    mend_tensor_clear(&world->mean);
    mend_tensor_clear(&world->hole);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static MendAlternatives *
around(World *world, double variety, guint64 seed)
{
    g_autoptr(GError) error = NULL;
    MendAlternativesSetup setup = {.schedule = &world->schedule,
                                   .net = &world->net,
                                   .mean = world->mean,
                                   .first = world->first,
                                   .hole = world->hole,
                                   .variety = variety,
                                   .seed = seed};
    MendAlternatives *alternatives = mend_alternatives_new(&setup, &error);
    g_assert_no_error(error);
    return alternatives;
}

static MendAlternative
next(MendAlternatives *alternatives, MendTensor out)
{
    g_autoptr(GError) error = NULL;
    MendAlternative about;
    mend_alternatives_next(alternatives, out, &about, &error);
    g_assert_no_error(error);
    return about;
}

/* Mean distance from the right mean, and deviation over the right one, of the numbers of each
 * deviation. */
typedef struct {
    double off[G_N_ELEMENTS(deviations)], spread[G_N_ELEMENTS(deviations)];
} Figures;

static Figures
measure(World *world, double variety, int n, double *level)
{
    g_autofree double *sum = g_new0(double, ALL), *squares = g_new0(double, ALL);
    g_auto(MendTensor) out = mend_tensor_new(world->first.shape, NULL);
    g_autoptr(MendAlternatives) alternatives = around(world, variety, 3);
    *level = 0;
    for (int k = 0; k < n; k++) {
        *level += next(alternatives, out).sigma / n;
        for (size_t i = 0; i < ALL; i++) {
            double off = (double)out.data[i] - (double)world->first.data[i];
            sum[i] += off;
            squares[i] += off * off;
        }
    }
    Figures f = {0};
    int counts[G_N_ELEMENTS(deviations)] = {0};
    for (size_t i = 0; i < ALL; i++) {
        size_t g = i % PLANE / W % G_N_ELEMENTS(deviations);
        if (deviation_of(world, i) != deviations[g])
            continue;
        counts[g]++;
        f.off[g] += sum[i] / n;
        f.spread[g] += squares[i] / n;
    }
    for (size_t g = 0; g < G_N_ELEMENTS(deviations); g++) {
        f.off[g] /= counts[g];
        f.spread[g] = sqrt(f.spread[g] / counts[g]);
    }
    return f;
}

/* Bounds: four evaluations leave some 5 % of a spread out, most where it is smallest against the
 * level; the chain's steps, whose noise is the same for all pixels, another few. Deviations below
 * the last level (0.01) are not asked for: they cannot be seen. */
static void
check(World *world, double variety, int n, const char *what)
{
    double level;
    Figures f = measure(world, variety, n, &level);
    for (size_t g = 0; g < G_N_ELEMENTS(deviations); g++) {
        double right = deviations[g];
        g_test_message("%s, variety %.1f, level %.3f: deviation %.2f: %.4f, mean off by %.4f", what,
                       variety, level, right, f.spread[g], f.off[g]);
        g_assert_cmpfloat(fabs(f.off[g]), <, 0.002 + 0.05 * right);
        if (right > 0)
            g_assert_cmpfloat(fabs(f.spread[g] / right - 1), <, right < 0.03 ? 0.25 : 0.13);
        else
            g_assert_cmpfloat(f.spread[g], <, 1e-3);
    }
}

static void
test_posterior(void)
{
    g_auto(World) world;
    world_init(&world);
    check(&world, 0.5, 150, "clean");
    check(&world, 1, 150, "clean");
    world.net.prediction = MEND_PREDICT_NOISE;
    check(&world, 0.5, 150, "noise");
}

/* Known numbers stay to the bit, and neither they nor their number change what the hole gets. */
static void
test_hole(void)
{
    g_auto(World) world;
    world_init(&world);
    dig(&world);
    check(&world, 0.5, 200, "hole");
    g_autoptr(MendAlternatives) alternatives = around(&world, 0.5, 1);
    g_auto(MendTensor) out = mend_tensor_new(world.first.shape, NULL);
    for (int k = 0; k < 3; k++) {
        next(alternatives, out);
        int n_changed = 0;
        for (size_t i = 0; i < ALL; i++) {
            gboolean same = memcmp(&out.data[i], &world.first.data[i], sizeof(float)) == 0;
            n_changed += !same;
            g_assert_true(same || world.hole.data[i % PLANE] > 0);
        }
        g_assert_cmpint(n_changed, >, 3 * 20 * 20 / 2);
    }
    memset(world.hole.data, 0, PLANE * sizeof(float));
    world.n_evaluations = 0;
    g_autoptr(MendAlternatives) still = around(&world, 0.5, 1);
    g_assert_cmpint(next(still, out).n_evaluations, ==, 0);
    g_assert_cmpint(memcmp(out.data, world.first.data, ALL * sizeof(float)), ==, 0);
    g_assert_cmpint(world.n_evaluations, ==, 0);
}

/* Each number of the hole is one of two things, 0.25 apart: both are met, as often as is right. The
 * first restoration knows but one. */
static void
test_modes(void)
{
    g_auto(World) world;
    world_init(&world);
    dig(&world);
    world.gap = 0.25f;
    g_autoptr(MendAlternatives) alternatives = around(&world, 1, 5);
    g_auto(MendTensor) out = mend_tensor_new(world.first.shape, NULL);
    double n = 0, n_second = 0, squares = 0;
    for (int k = 0; k < 60; k++) {
        next(alternatives, out);
        for (size_t i = 0; i < ALL; i++) {
            if (!(world.hole.data[i % PLANE] > 0))
                continue;
            double far = (double)(out.data[i] - world.first.data[i]);
            gboolean second = far > (double)world.gap / 2;
            n_second += second;
            far -= second ? (double)world.gap : 0;
            squares += far * far;
            n++;
        }
    }
    g_test_message("second mode %.3f of %.3f, deviation %.4f of 0.02", n_second / n,
                   (double)world.second, sqrt(squares / n));
    g_assert_cmpfloat(fabs(n_second / n - (double)world.second), <, 0.07);
    g_assert_cmpfloat(sqrt(squares / n), <, 0.04);
}

/* What each costs is what the network was asked, and what was foretold. */
static void
test_cost_and_seeds(void)
{
    g_auto(World) world;
    world_init(&world);
    g_autoptr(MendAlternatives) a = around(&world, 0.5, 1);
    g_autoptr(MendAlternatives) b = around(&world, 0.5, 1);
    g_autoptr(MendAlternatives) c = around(&world, 0.5, 2);
    g_auto(MendTensor) x = mend_tensor_new(world.first.shape, NULL);
    g_auto(MendTensor) y = mend_tensor_new(world.first.shape, NULL);
    g_auto(MendTensor) z = mend_tensor_new(world.first.shape, NULL);
    memcpy(z.data, world.first.data, ALL * sizeof(float));
    for (int k = 0; k < 4; k++) {
        world.n_evaluations = 0;
        MendAlternative about = next(a, x);
        g_assert_cmpint(about.n_evaluations, ==, world.n_evaluations);
        g_assert_cmpint(about.n_evaluations, ==,
                        mend_alternatives_cost(k + 1) - mend_alternatives_cost(k));
        g_assert_cmpuint(about.n_restarts, ==, 0);
        next(b, y);
        g_assert_cmpint(memcmp(x.data, y.data, ALL * sizeof(float)), ==, 0);
        g_assert_cmpint(memcmp(x.data, z.data, ALL * sizeof(float)), !=, 0); /* the one before */
        next(c, y);
        g_assert_cmpint(memcmp(x.data, y.data, ALL * sizeof(float)), !=, 0);
        memcpy(z.data, x.data, ALL * sizeof(float));
    }
    g_assert_cmpint(mend_alternatives_cost(2) - mend_alternatives_cost(1), ==, 5);
}

static void
test_cancel(void)
{
    g_auto(World) world;
    world_init(&world);
    g_auto(MendTensor) out = mend_tensor_new(world.first.shape, NULL);
    for (int at = 1; at <= mend_alternatives_cost(2); at++) {
        g_autoptr(MendAlternatives) alternatives = around(&world, 0.5, 1);
        g_autoptr(GError) error = NULL;
        world.n_evaluations = 0;
        world.cancel_at = at;
        gboolean good = mend_alternatives_next(alternatives, out, NULL, &error);
        good = good && mend_alternatives_next(alternatives, out, NULL, &error);
        g_assert_false(good);
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
        g_assert_cmpint(world.n_evaluations, ==, at);
        next(alternatives, out);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/alternatives/posterior", test_posterior);
    g_test_add_func("/alternatives/hole", test_hole);
    g_test_add_func("/alternatives/modes", test_modes);
    g_test_add_func("/alternatives/cost-and-seeds", test_cost_and_seeds);
    g_test_add_func("/alternatives/cancel", test_cancel);
    return g_test_run();
}
