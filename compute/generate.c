/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options to chains, and pictures from them in turn. */
#include "compute/generate.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/generate_budget.h"
#include "compute/i18n.h"
#include "compute/likeness.h"
#include "compute/rng.h"

#define JUMP_LEVEL 22  /* over the data's deviation */
#define NOTED      0.1 /* a likeness so far off what was asked for is told of */
#define JUMPED     (G_GUINT64_CONSTANT(1) << 32) /* origins of chains that have jumped */
#define MOVED      (G_GUINT64_CONSTANT(2) << 32) /* branches of the keys of those moved in */
#define ROUNDING   1e-9

typedef struct {
    MendChain chain;
    guint64 origin;
    MendPace pace;
} Member;

struct MendGenerator {
    MendGenerateOptions options;
    MendGenerateNetwork network;
    MendFrame frame;
    MendShape torus, picture;
    MendLevels levels;
    float *details; /* of the judge */
    MendHaarJudge haar;
    MendJudge judge;
    MendChains chains;
    MendGenerateBudget budget;
    GPtrArray *list;    /* Member, owned */
    int n_chains, *own; /* that next() goes round, and where they are in list: forks
                                 * may come between */
    guint32 turn, n_forks, n_jumps;
    MendTensor whole;                       /* where a picture is cut out; else no data */
    char *size_note, *likeness_note, *note; /* likeness_note: NULL where it is as asked for */
};

static void
free_member(gpointer data)
{
    Member *member = data;
    if (!member) /* one that was dropped */
        return;
    mend_chain_clear(&member->chain);
    g_free(member);
}

void
mend_generator_free(MendGenerator *g)
{
    if (!g)
        return;
    mend_chains_clear(&g->chains);
    g_ptr_array_unref(g->list);
    mend_levels_clear(&g->levels);
    mend_block_free(g->details);
    mend_tensor_clear(&g->whole);
    g_free(g->own);
    g_free(g->size_note);
    g_free(g->likeness_note);
    g_free(g->note);
    g_free(g);
}

static int
round_up(int side, int align)
{
    return (side + align - 1) / align * align;
}

static void
choose_shapes(MendGenerator *g, int align)
{
    const MendGenerateOptions *o = &g->options;
    g->torus = (MendShape){3, round_up(o->height, align), round_up(o->width, align)};
    g->picture = o->tileable ? g->torus : (MendShape){3, o->height, o->width};
    gboolean larger = g->torus.w != o->width || g->torus.h != o->height;
    g->size_note =
        larger && o->tileable
            ? g_strdup_printf(_("%d × %d instead of %d × %d pixels, so that the edges match."),
                              g->torus.w, g->torus.h, o->width, o->height)
            : NULL;
}

/* The chains work in the member's range, with steps for what is left to be done. What cannot be had
 * is noted. */
static void
work_for(MendGenerator *g, const Member *member)
{
    double got, kappa = mend_pace_kappa(&member->pace, member->chain.sigma, &got);
    const MendPace *pace = &member->pace;
    mend_levels_restrict(&g->levels, pace->low * (1 - ROUNDING), pace->high * (1 + ROUNDING));
    g->chains.setup.params.kappa = kappa;
    g->chains.setup.params.descent.to =
        mend_generate_lowest(&g->budget, MIN(member->chain.sigma, pace->middle));
    if (pace->passage.placed || fabs(got - pace->wanted) <= NOTED)
        return;
    g_free(g->likeness_note);
    g->likeness_note = g_strdup_printf(
        "Pictures will be %.2f alike instead of %.2f: chains with so many evaluations a picture "
        "come no nearer to that.",
        got, pace->wanted);
}

static gboolean
prepare(MendGenerator *g, const MendGenerateNetwork *network, GError **error)
{
    g->budget = mend_generate_budget(&g->options, network);
    if (!mend_generate_levels(&g->levels, network, error))
        return FALSE;
    g->details = mend_block_new_large(MAX(mend_haar_count(g->torus), 1) * sizeof(float), error);
    if (!g->details)
        return FALSE;
    g->haar = (MendHaarJudge){g->torus, network->detail, g->details};
    g->judge = mend_haar_judge(&g->haar);
    if (!mend_shape_equal(g->torus, g->picture)) {
        g->whole = mend_tensor_new(g->torus, error);
        if (!g->whole.data)
            return FALSE;
    }
    MendChainSetup setup = {&g->frame, &g->judge, &g->levels, g->torus, FALSE, g->budget.params};
    return mend_chains_init(&g->chains, &setup, error);
}

MendGenerator *
mend_generator_new(const MendGenerateOptions *options, const MendGenerateNetwork *network,
                   GError **error)
{
    if (!mend_generate_options_check(options, error))
        return NULL;
    g_autoptr(MendGenerator) g = g_new0(MendGenerator, 1);
    g->options = *options;
    g->network = *network;
    g->frame = *network->frame;
    g->list = g_ptr_array_new_with_free_func(free_member);
    g->n_chains = options->n_chains > 0 ? options->n_chains : (options->count + 3) / 4;
    g->own = g_new0(int, g->n_chains);
    choose_shapes(g, network->align);
    return prepare(g, network, error) ? g_steal_pointer(&g) : NULL;
}

MendShape
mend_generator_shape(const MendGenerator *g)
{
    return g->picture;
}

int
mend_generator_n_chains(const MendGenerator *g)
{
    return (int)g->list->len;
}

const char *
mend_generator_note(MendGenerator *g)
{
    guint n = 0;
    for (guint i = 0; i < g->list->len; i++) {
        const Member *member = g_ptr_array_index(g->list, i);
        n += member ? member->chain.n_restarts : 0;
    }
    g_autofree char *lost =
        n == 0 ? NULL
               : g_strdup_printf(
                     _("Chains left the range of pictures and were set back; times: %u."), n);
    const char *notes[] = {g->size_note, g->likeness_note, lost};
    g_autoptr(GString) all = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(notes); i++)
        if (notes[i])
            g_string_append_printf(all, "%s%s", all->len ? " " : "", notes[i]);
    g_free(g->note);
    g->note = g_strdup(all->str);
    return g->note;
}

/* Where the torus is to be made that becomes out. */
static MendState
canvas(MendGenerator *g, MendTensor out)
{
    return (MendState){FALSE, mend_shape_count(g->torus), g->whole.data ? g->whole.data : out.data};
}

static void
cut_out(const MendGenerator *g, MendTensor out)
{
    size_t width = (size_t)g->picture.w;
    for (int c = 0; g->whole.data && c < 3; c++)
        for (int y = 0; y < g->picture.h; y++)
            memcpy(mend_tensor_plane(out, c).data + (size_t)y * width,
                   mend_tensor_plane(g->whole, c).data + (size_t)y * (size_t)g->torus.w,
                   width * sizeof(float));
}

static void
finish(const MendGenerator *g, const MendChain *chain, int i, guint64 before, MendTensor out,
       MendGeneratePicture *about)
{
    cut_out(g, out);
    if (g->network.paint)
        g->network.paint(g->network.data, out);
    if (about)
        *about = (MendGeneratePicture){
            i, (int)(chain->n_evaluations - before) * mend_generate_cost(&g->network), chain->sigma,
            chain->n_restarts};
}

static void
turn_to(const MendGenerator *g, guint64 origin)
{
    if (g->network.turn)
        g->network.turn(g->network.data, origin);
}

static gboolean
learn(MendGenerator *g, Member *member, const MendState *state, GError **error)
{
    MendTensor picture = {g->torus, state->data};
    return mend_spectrum_add(&member->pace.spectrum, picture, g->details, error);
}

/* After a picture, that lies in state, from elsewhere than where the chain was: it begins anew. */
static gboolean
begin_at(MendGenerator *g, Member *member, const MendState *state, GError **error)
{
    const MendChainParams *params = &g->chains.setup.params;
    member->pace = (MendPace){.passage = {params->skip, TRUE, params->integrator->stochastic}};
    if (!learn(g, member, state, error))
        return FALSE;
    mend_pace_choose(&member->pace, &g->levels, g->options.similarity);
    work_for(g, member);
    mend_chain_settle(&g->chains, &member->chain, state, member->pace.middle);
    return TRUE;
}

/* A chain from noise with its first picture; kept, where it is to go on. */
static gboolean
start(MendGenerator *g, guint32 number, MendTensor out, MendGeneratePicture *about, GError **error)
{
    Member *member = g_new0(Member, 1);
    MendState state = canvas(g, out);
    member->origin = number;
    turn_to(g, member->origin);
    if (!mend_chain_start(&g->chains, &member->chain, (guint64)g->options.seed, number,
                          g->budget.begin, &g->budget.first, g->levels.sigma[g->levels.first],
                          &state, error) ||
        (!g->options.plain && !begin_at(g, member, &state, error))) {
        free_member(member);
        return FALSE;
    }
    finish(g, &member->chain, g->options.plain ? -1 : (int)g->list->len, 0, out, about);
    if (g->options.plain)
        free_member(member);
    else
        g_ptr_array_add(g->list, member);
    return TRUE;
}

static Member *
member_at(MendGenerator *g, int i, GError **error)
{
    Member *member = i >= 0 && i < (int)g->list->len ? g_ptr_array_index(g->list, i) : NULL;
    if (!member)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    _("There is no chain %d: %u were made, counted from 0, and some dropped."), i,
                    g->list->len);
    return member;
}

/* A chain from another range of levels, before the similarity was changed, comes into this one:
 * its picture, with noise of the middle of the range. state: scratch. */
static gboolean
move_in(MendGenerator *g, Member *member, MendState *state, GError **error)
{
    MendChain *chain = &member->chain;
    if (chain->sigma <= member->pace.high * (1 + ROUNDING) &&
        chain->sigma >= member->pace.low * (1 - ROUNDING))
        return TRUE;
    if (member->pace.passage.placed)
        mend_chain_unsettle(&g->chains, chain, state);
    else if (!mend_chain_emit(&g->chains, chain, state, error))
        return FALSE;
    chain->key = mend_rng_split(chain->key, MOVED | chain->step);
    mend_chain_settle(&g->chains, chain, state, member->pace.middle);
    member->pace.passage.placed = TRUE;
    return TRUE;
}

/* Pictures of a member, made in state. */
typedef gboolean (*Make)(MendGenerator *g, Member *member, MendState *state, GError **error);

static gboolean
walk(MendGenerator *g, Member *member, MendState *state, GError **error)
{
    turn_to(g, member->origin);
    if (member->pace.wanted != g->options.similarity)
        mend_pace_choose(&member->pace, &g->levels, g->options.similarity);
    work_for(g, member);
    if (!move_in(g, member, state, error))
        return FALSE;
    work_for(g, member);
    if (!mend_chain_next(&g->chains, &member->chain, state, error))
        return FALSE;
    member->pace.passage.placed = FALSE;
    return learn(g, member, state, error);
}

static gboolean
jump(MendGenerator *g, Member *member, MendState *state, GError **error)
{
    guint64 origin = JUMPED | g->n_jumps;
    MendIntegratorParams far = g->budget.first;
    far.from = MIN(JUMP_LEVEL * g->network.deviation, g->frame.sigma_max);
    turn_to(g, origin);
    if (!mend_chain_jump(&g->chains, &member->chain, g->budget.begin, &far, state, error))
        return FALSE;
    member->origin = origin;
    g->n_jumps++;
    return begin_at(g, member, state, error);
}

static gboolean
make_picture(MendGenerator *g, int i, Make make, MendTensor out, MendGeneratePicture *about,
             GError **error)
{
    Member *member = member_at(g, i, error);
    MendState state = canvas(g, out);
    guint64 before = member ? member->chain.n_evaluations : 0;
    if (!member || !make(g, member, &state, error))
        return FALSE;
    finish(g, &member->chain, i, before, out, about);
    return TRUE;
}

gboolean
mend_generator_go_on(MendGenerator *g, int i, MendTensor out, MendGeneratePicture *about,
                     GError **error)
{
    return make_picture(g, i, walk, out, about, error);
}

gboolean
mend_generator_jump(MendGenerator *g, int i, MendTensor out, MendGeneratePicture *about,
                    GError **error)
{
    return make_picture(g, i, jump, out, about, error);
}

gboolean
mend_generator_next(MendGenerator *g, MendTensor out, MendGeneratePicture *about, GError **error)
{
    g_return_val_if_fail(mend_shape_equal(out.shape, g->picture), FALSE);
    guint32 turn = g->options.plain ? g->turn : g->turn % (guint32)g->n_chains;
    gboolean new = g->options.plain || g->turn < (guint32)g->n_chains;
    if (new && !g->options.plain)
        g->own[turn] = (int)g->list->len;
    gboolean good = new ? start(g, turn, out, about, error)
                        : mend_generator_go_on(g, g->own[turn], out, about, error);
    g->turn += (guint32)good;
    return good;
}

int
mend_generator_copy(MendGenerator *g, int i, GError **error)
{
    const Member *member = member_at(g, i, error);
    if (!member)
        return -1;
    Member *fork = g_memdup2(member, sizeof *member);
    if (!mend_chain_fork(&member->chain, g->n_forks, &fork->chain, error)) {
        free_member(fork);
        return -1;
    }
    g->n_forks++;
    g_ptr_array_add(g->list, fork);
    return (int)g->list->len - 1;
}

gboolean
mend_generator_fork(MendGenerator *g, int i, MendTensor out, MendGeneratePicture *about,
                    GError **error)
{
    int fork = mend_generator_copy(g, i, error);
    if (fork < 0)
        return FALSE;
    if (mend_generator_go_on(g, fork, out, about, error))
        return TRUE;
    g_ptr_array_remove_index(g->list, (guint)fork);
    g->n_forks--;
    return FALSE;
}

void
mend_generator_drop(MendGenerator *g, int i)
{
    if (i >= 0 && i < (int)g->list->len)
        free_member(g_steal_pointer(&g->list->pdata[i]));
}

gboolean
mend_generator_set_similarity(MendGenerator *g, double similarity, GError **error)
{
    if (similarity == g->options.similarity)
        return TRUE;
    MendGenerateOptions wanted = g->options;
    wanted.similarity = similarity;
    if (!mend_generate_options_check(&wanted, error))
        return FALSE;
    g->options = wanted;
    return TRUE;
}
