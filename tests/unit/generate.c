/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generating, with the ideal network of a torus field instead of weights. */
#include "compute/generate.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/rng.h"
#include "tests/unit/torus.h"

#define SIDE 32
#define N    ((size_t)3 * SIDE * SIDE)

typedef struct {
    Torus torus;
    MendFrame frame;
    MendGenerateNetwork network;
    MendGenerateOptions options;
} Field;

static void
field_clear(Field *f)
{
    torus_clear(&f->torus);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Field, field_clear)

static void
field_init(Field *f, int width, int height)
{
    *f = (Field){0};
    torus_init(&f->torus, (MendShape){3, height, width}, 0.2, 0.06);
    f->frame = (MendFrame){torus_clean, 0.01, 20, &f->torus, NULL};
    f->network = (MendGenerateNetwork){&f->frame, 0.2, 0.01, 8, 1, NULL, NULL, NULL};
    mend_generate_options_init(&f->options);
    f->options.width = width;
    f->options.height = height;
}

static MendGenerator *
generator_of(Field *f)
{
    g_autoptr(GError) error = NULL;
    MendGenerator *generator = mend_generator_new(&f->options, &f->network, &error);
    g_assert_no_error(error);
    return generator;
}

static MendGeneratePicture
next(MendGenerator *g, MendTensor out)
{
    g_autoptr(GError) error = NULL;
    MendGeneratePicture about;
    mend_generator_next(g, out, &about, &error);
    g_assert_no_error(error);
    return about;
}

static MendTensor
tensor(MendShape shape)
{
    MendTensor t = mend_tensor_new(shape, NULL);
    g_assert_nonnull(t.data);
    return t;
}

static gboolean
same(MendTensor a, MendTensor b)
{
    return memcmp(a.data, b.data, mend_shape_count(a.shape) * sizeof(float)) == 0;
}

/* Correlation of two pictures, each about the means of its channels. */
static double
likeness(MendTensor a, MendTensor b)
{
    double ab = 0, aa = 0, bb = 0;
    size_t n = mend_shape_count(a.shape) / 3;
    for (int c = 0; c < 3; c++) {
        const float *p = mend_tensor_plane(a, c).data, *q = mend_tensor_plane(b, c).data;
        double mean_p = 0, mean_q = 0;
        for (size_t i = 0; i < n; i++) {
            mean_p += (double)p[i] / (double)n;
            mean_q += (double)q[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            double x = (double)p[i] - mean_p, y = (double)q[i] - mean_q;
            ab += x * y;
            aa += x * x;
            bb += y * y;
        }
    }
    return ab / sqrt(aa * bb);
}

static void
test_shapes(void)
{
    g_auto(Field) f;
    field_init(&f, 40, 32);
    f.options.width = 35;
    f.options.height = 30;
    g_autoptr(MendGenerator) torus = generator_of(&f);
    MendShape shape = mend_generator_shape(torus);
    g_assert_true(mend_shape_equal(shape, (MendShape){3, 32, 40}));
    g_assert_nonnull(strstr(mend_generator_note(torus), "40 × 32 instead of 35 × 30"));
    f.options.tileable = FALSE;
    g_autoptr(MendGenerator) cut = generator_of(&f);
    g_assert_true(mend_shape_equal(mend_generator_shape(cut), (MendShape){3, 30, 35}));
    g_assert_cmpstr(mend_generator_note(cut), ==, "");
    g_auto(MendTensor) whole = tensor(shape);
    g_auto(MendTensor) part = tensor(mend_generator_shape(cut));
    next(torus, whole);
    next(cut, part);
    for (int y = 0; y < 30; y++) /* the same picture, cut */
        g_assert_true(memcmp(part.data + (size_t)y * 35, whole.data + (size_t)y * 40,
                             35 * sizeof(float)) == 0);
}

/* Every integrator, every budget: what a picture costs is what was asked for, and told. */
static void
test_evaluations(void)
{
    g_auto(Field) f;
    field_init(&f, 16, 16);
    g_auto(MendTensor) out = tensor(f.torus.shape);
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (int budget = 2; budget <= 24; budget += 11) {
            g_strlcpy(f.options.integrator, row->name, sizeof f.options.integrator);
            f.options.evaluations = budget;
            f.options.plain = FALSE;
            g_autoptr(MendGenerator) g = generator_of(&f);
            for (int i = 0; i < 2; i++) {
                f.torus.n_evaluations = 0;
                MendGeneratePicture about = next(g, out);
                int most = i ? budget : MAX(budget, MEND_GENERATE_FIRST);
                g_assert_cmpint(about.n_evaluations, ==, f.torus.n_evaluations);
                g_assert_cmpint(about.n_evaluations, <=, most);
                g_assert_cmpint(about.n_evaluations, >, most - 8);
            }
            f.options.plain = TRUE;
            g_autoptr(MendGenerator) plain = generator_of(&f);
            MendGeneratePicture about = next(plain, out);
            g_assert_cmpint(about.n_evaluations, <=, budget);
            g_assert_cmpint(about.chain, ==, -1);
        }
}

static void
test_seeds(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    f.options.count = 8; /* so two chains */
    g_autoptr(MendGenerator) a = generator_of(&f);
    g_autoptr(MendGenerator) b = generator_of(&f);
    f.options.seed = 1;
    g_autoptr(MendGenerator) c = generator_of(&f);
    g_auto(MendTensor) x = tensor(f.torus.shape), y = tensor(f.torus.shape);
    for (int i = 0; i < 6; i++) {
        g_assert_cmpint(next(a, x).chain, ==, i % 2);
        next(b, y);
        g_assert_true(same(x, y));
        next(c, y);
        g_assert_false(same(x, y));
    }
    g_assert_cmpint(mend_generator_n_chains(a), ==, 2);
}

/* A fork begins where its chain is, a jump anywhere, and neither disturbs the others. */
static void
test_fork_and_jump(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    f.options.similarity = 0.9;
    f.options.evaluations = 11;
    g_autoptr(MendGenerator) a = generator_of(&f);
    g_autoptr(MendGenerator) b = generator_of(&f);
    g_auto(MendTensor) here = tensor(f.torus.shape), x = tensor(f.torus.shape);
    g_auto(MendTensor) y = tensor(f.torus.shape);
    MendGeneratePicture about;
    next(a, here);
    next(b, here);
    g_assert_true(mend_generator_fork(a, 0, x, &about, NULL));
    g_assert_cmpint(about.chain, ==, 1);
    g_assert_true(mend_generator_fork(a, 0, y, &about, NULL));
    g_assert_cmpint(about.chain, ==, 2);
    g_assert_false(same(x, y));
    g_assert_cmpfloat(likeness(here, x), >, 0.5);
    g_assert_true(mend_generator_jump(a, 1, y, &about, NULL));
    g_assert_cmpfloat(fabs(likeness(x, y)), <, 0.5);
    next(a, x);
    next(b, y);
    g_assert_true(same(x, y));
    g_autoptr(GError) error = NULL;
    g_assert_false(mend_generator_fork(a, 3, x, NULL, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
}

/* How far off the mean correlation of 18 pairs may be; measured: 0.05, and 0.09 where the way down
 * adds noise of its own. */
#define ALIKE       0.08
#define ALIKE_NOISY 0.12

static double
measured_likeness(const char *integrator, double corner, int evaluations, double asked)
{
    enum { n_chains = 3, n_pairs = 6 };
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    torus_clear(&f.torus);
    torus_init(&f.torus, (MendShape){3, SIDE, SIDE}, 0.2, corner);
    f.options.similarity = asked;
    f.options.evaluations = evaluations;
    f.options.n_chains = 1;
    g_strlcpy(f.options.integrator, integrator, sizeof f.options.integrator);
    double sum = 0;
    for (int chain = 0; chain < n_chains; chain++) {
        f.options.seed = chain;
        g_autoptr(MendGenerator) g = generator_of(&f);
        g_auto(MendTensor) x = tensor(f.torus.shape), y = tensor(f.torus.shape);
        next(g, x);
        for (int i = 0; i < n_pairs; i++) {
            next(g, y);
            sum += likeness(x, y) / (n_chains * n_pairs);
            memcpy(x.data, y.data, N * sizeof(float));
        }
    }
    g_test_message("%s, corner %g, %d evaluations: asked %.2f, got %.2f", integrator, corner,
                   evaluations, asked, sum);
    return sum;
}

/* The slider means what it says, whatever the texture's grain and the number of steps. */
static void
test_similarity(void)
{
    for (double asked = 0.3; asked < 0.95; asked += 0.2) {
        g_assert_cmpfloat_with_epsilon(measured_likeness("karras", 0.06, 10, asked), asked, ALIKE);
        g_assert_cmpfloat_with_epsilon(measured_likeness("karras", 0.15, 10, asked), asked, ALIKE);
    }
    g_assert_cmpfloat_with_epsilon(measured_likeness("karras", 0.06, 21, 0.6), 0.6, ALIKE);
    g_assert_cmpfloat_with_epsilon(measured_likeness("ddim", 0.06, 10, 0.6), 0.6, ALIKE);
    g_assert_cmpfloat_with_epsilon(measured_likeness("reverse-diffusion", 0.06, 10, 0.6), 0.6,
                                   ALIKE_NOISY);
    g_assert_cmpfloat(measured_likeness("karras", 0.06, 10, 0), <, 0.3);
    g_assert_cmpfloat(measured_likeness("karras", 0.06, 10, 1), >, 0.95);
}

/* Power of the finest octave of pictures of two chains, over what is right. */
static double
measured_details(int evaluations, double similarity)
{
    enum { n_chains = 2, n_pictures = 6 };
    double sum = 0;
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    f.options.similarity = similarity;
    f.options.evaluations = evaluations;
    f.options.n_chains = n_chains;
    g_autoptr(MendGenerator) g = generator_of(&f);
    g_auto(MendTensor) x = tensor(f.torus.shape);
    for (int i = 0; i < n_chains + n_pictures; i++) {
        next(g, x);
        MendState state = {FALSE, N, x.data};
        sum += i < n_chains ? 0 : torus_band(&f.torus, &state, 0.25, 0.71) / n_pictures;
    }
    g_test_message("%d evaluations, similarity %.1f: power of details %.3f", evaluations,
                   similarity, sum);
    return sum;
}

/* Little likeness is a way down from much noise: in few evaluations it takes details along, but
 * leaves nothing of its own. Measured: at most 1.15; on ways to one low level for all, 16. */
static void
test_details(void)
{
    for (int evaluations = 6; evaluations <= 20; evaluations += 2) {
        g_assert_cmpfloat(measured_details(evaluations, 0.2), <, 1.3);
        g_assert_cmpfloat(measured_details(evaluations, 0.4), <, 1.3);
    }
    g_assert_cmpfloat(measured_details(20, 0.4), >, 0.8);
}

/* What cannot be had is said, what can is not. */
static void
test_likeness_note(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    for (int low = 0; low < 2; low++) {
        f.options.similarity = low ? 0 : 0.5;
        g_autoptr(MendGenerator) g = generator_of(&f);
        g_auto(MendTensor) x = tensor(f.torus.shape);
        for (int i = 0; i < 3; i++)
            next(g, x);
        const char *note = mend_generator_note(g);
        g_assert_true((strstr(note, "alike instead of 0.00") != NULL) == low);
        g_assert_true((note[0] == '\0') == !low);
    }
}

/* Forks of one chain, as alike as is asked for at each; the chain itself goes on as if there were
 * none. */
static void
test_similarity_of_forks(void)
{
    const double asked[] = {0.95, 0, 0.8, 0.4, 0.95};
    double got[G_N_ELEMENTS(asked)];
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    f.options.n_chains = 1;
    g_autoptr(MendGenerator) g = generator_of(&f);
    g_autoptr(MendGenerator) alone = generator_of(&f);
    g_auto(MendTensor) x = tensor(f.torus.shape), y = tensor(f.torus.shape);
    g_autoptr(GError) error = NULL;
    next(g, x);
    for (size_t k = 0; k < G_N_ELEMENTS(asked); k++) {
        g_assert_true(mend_generator_set_similarity(g, asked[k], &error));
        got[k] = 0;
        for (int i = 0; i < 8; i++) {
            g_assert_true(mend_generator_fork(g, 0, y, NULL, &error));
            got[k] += likeness(x, y) / 8;
            mend_generator_drop(g, mend_generator_n_chains(g) - 1);
        }
        g_test_message("similarity %.2f: correlation %.2f", asked[k], got[k]);
    }
    g_assert_true(got[1] < got[3] && got[3] < got[2] && got[2] < got[0]);
    for (size_t k = 0; k < G_N_ELEMENTS(asked); k++) /* of a first picture, noise hides a part */
        if (asked[k] > 0)
            g_assert_cmpfloat_with_epsilon(got[k], asked[k], ALIKE_NOISY);
    g_assert_cmpfloat_with_epsilon(got[0], got[4], 0.05);
    g_assert_true(mend_generator_set_similarity(g, f.options.similarity, &error));
    next(alone, y);
    next(alone, y);
    next(g, x);
    g_assert_true(same(x, y));
    g_assert_false(mend_generator_set_similarity(g, 2, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
}

/* A copy goes its own way from the same place; a chain that was dropped is none any more. */
static void
test_copy_and_drop(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    g_autoptr(MendGenerator) g = generator_of(&f);
    g_auto(MendTensor) x = tensor(f.torus.shape), y = tensor(f.torus.shape);
    g_autoptr(GError) error = NULL;
    next(g, x);
    int a = mend_generator_copy(g, 0, &error), b = mend_generator_copy(g, 0, &error);
    g_assert_true(a == 1 && b == 2);
    g_assert_true(mend_generator_go_on(g, a, x, NULL, &error));
    g_assert_true(mend_generator_go_on(g, b, y, NULL, &error));
    g_assert_false(same(x, y));
    mend_generator_drop(g, a);
    mend_generator_drop(g, a);
    mend_generator_drop(g, 77);
    g_assert_cmpint(mend_generator_copy(g, a, &error), ==, -1);
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    g_assert_cmpstr(mend_generator_note(g), ==, "");
    g_assert_true(mend_generator_go_on(g, b, y, NULL, NULL));
    g_assert_cmpint(mend_generator_copy(g, b, NULL), ==, 3);
}

static void
test_cancel(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    g_autoptr(MendGenerator) a = generator_of(&f);
    g_autoptr(MendGenerator) b = generator_of(&f);
    g_auto(MendTensor) x = tensor(f.torus.shape), y = tensor(f.torus.shape);
    next(a, x);
    next(b, y);
    g_autoptr(GError) error = NULL;
    f.torus.cancel_at = f.torus.n_evaluations + 3;
    g_assert_false(mend_generator_next(a, x, NULL, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_CANCELLED);
    g_assert_cmpint(f.torus.n_evaluations, ==, f.torus.cancel_at); /* not one more was asked for */
    next(a, x);
    next(b, y); /* which was never stopped */
    g_assert_true(same(x, y));
    f.torus.nan_at = f.torus.n_evaluations + 1;
    g_assert_cmpuint(next(a, x).n_restarts, ==, 1);
    g_assert_nonnull(strstr(mend_generator_note(a), "set back; times: 1"));
    f.torus.far_at = f.torus.n_evaluations + 2; /* in the walk: the picture would be out of range */
    g_assert_cmpuint(next(a, x).n_restarts, ==, 2);
    for (size_t i = 0; i < N; i++)
        g_assert_cmpfloat(fabsf(x.data[i]), <, 10);
    g_assert_nonnull(strstr(mend_generator_note(a), "set back; times: 2"));
}

static void
test_bad_options(void)
{
    g_auto(Field) f;
    field_init(&f, SIDE, SIDE);
    const MendGenerateOptions good = f.options;
    for (int i = 0; i < 9; i++) {
        g_autoptr(GError) error = NULL;
        MendGenerateOptions *o = &f.options;
        *o = good;
        o->width = i == 0 ? 7 : i == 1 ? 70000 : o->width;
        o->height = i == 2 ? -1 : o->height;
        o->seed = i == 3 ? -1 : o->seed;
        o->evaluations = i == 4 ? 1 : i == 5 ? 1001 : o->evaluations;
        o->count = i == 6 ? 0 : o->count;
        o->similarity = i == 7 ? NAN : o->similarity;
        o->integrator[0] = i == 8 ? 'x' : o->integrator[0];
        g_assert_null(mend_generator_new(o, &f.network, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    }
}

/* What the network was told last, and how often it painted. */
typedef struct {
    guint64 origin;
    int n_painted;
} Told;

static void
told_turn(gpointer data, guint64 origin)
{
    ((Told *)data)->origin = origin;
}

static void
told_paint(gpointer data, MendTensor picture)
{
    ((Told *)data)->n_painted++;
    picture.data[0] = 9;
}

/* A fork is of its parent's style, what has jumped of another; every picture is painted, once. */
static void
test_style(void)
{
    g_auto(Field) f;
    Told told = {0};
    field_init(&f, SIDE, SIDE);
    f.network.turn = told_turn;
    f.network.paint = told_paint;
    f.network.data = &told;
    f.network.cost = 2;
    f.options.n_chains = 2;
    g_autoptr(MendGenerator) g = generator_of(&f);
    g_auto(MendTensor) out = tensor(mend_generator_shape(g));
    MendGeneratePicture about;
    g_assert_cmpint(next(g, out).n_evaluations, ==, 2 * MEND_GENERATE_FIRST);
    guint64 first = told.origin;
    next(g, out);
    guint64 second = told.origin;
    g_assert_cmpuint(first, !=, second);
    g_assert_true(mend_generator_fork(g, 0, out, &about, NULL));
    g_assert_cmpuint(told.origin, ==, first);
    g_assert_cmpint(about.n_evaluations, ==, 10); /* 5 answers */
    g_assert_true(mend_generator_jump(g, 1, out, &about, NULL));
    g_assert_true(told.origin != first && told.origin != second);
    guint64 third = told.origin;
    g_assert_true(mend_generator_go_on(g, 2, out, &about, NULL));
    g_assert_cmpuint(told.origin, ==, first);
    g_assert_true(mend_generator_go_on(g, 1, out, &about, NULL));
    g_assert_cmpuint(told.origin, ==, third);
    g_assert_cmpint(told.n_painted, ==, 6);
    g_assert_cmpfloat((double)out.data[0], ==, 9);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/generate/shapes", test_shapes);
    g_test_add_func("/generate/evaluations", test_evaluations);
    g_test_add_func("/generate/seeds", test_seeds);
    g_test_add_func("/generate/fork-and-jump", test_fork_and_jump);
    g_test_add_func("/generate/similarity", test_similarity);
    g_test_add_func("/generate/details", test_details);
    g_test_add_func("/generate/likeness-note", test_likeness_note);
    g_test_add_func("/generate/similarity-of-forks", test_similarity_of_forks);
    g_test_add_func("/generate/copy-and-drop", test_copy_and_drop);
    g_test_add_func("/generate/cancel", test_cancel);
    g_test_add_func("/generate/bad-options", test_bad_options);
    g_test_add_func("/generate/style", test_style);
    return g_test_run();
}
