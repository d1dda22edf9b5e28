/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of mend bench dlg: rows, file, means over seeds, printing, verdict. */
#include <math.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/cli_dlg.h"
#include "compute/cli_table.h"

#define FEW      20
#define HELD_OUT "held-out"
#define N_KEYS   10

static const char *const score_keys[MEND_N_DLG] = {"sliced", "frechet", "spent", "seconds",
                                                   "restarts"};

void
mend_dlg_table_init(MendDlgTable *table, const char *sha256, const MendDlgSets *sets,
                    const MendDlgPlan *plan)
{
    *table = (MendDlgTable){
        .model = g_strdup(sets->texture->model->id),
        .sha256 = g_strdup(sha256),
        .tiles = g_strdup(sets->sum),
        .side = sets->side,
        .torus = sets->torus,
        .n_samples = sets->n_samples,
        .n_tiles = sets->n_tiles,
        .n_materials = sets->n_materials,
        .length = plan->length,
        .similarity = plan->similarity,
        .even = sets->even,
        .rows = g_array_new(FALSE, TRUE, sizeof(MendDlgRow)),
    };
}

void
mend_dlg_table_clear(MendDlgTable *table)
{
    g_clear_pointer(&table->model, g_free);
    g_clear_pointer(&table->sha256, g_free);
    g_clear_pointer(&table->tiles, g_free);
    g_clear_pointer(&table->rows, g_array_unref);
}

static const MendDlgRow *
row_at(const MendDlgTable *table, guint i)
{
    return &g_array_index(table->rows, MendDlgRow, i);
}

const MendDlgRow *
mend_dlg_table_find(const MendDlgTable *table, const MendDlgRow *like)
{
    for (guint i = 0; i < table->rows->len; i++) {
        const MendDlgRow *row = row_at(table, i);
        if (row->integrator == like->integrator && row->chains == like->chains &&
            row->evaluations == like->evaluations && row->seed == like->seed)
            return row;
    }
    return NULL;
}

MendDlgMean
mend_dlg_mean(const MendDlgTable *table, const MendIntegrator *integrator, gboolean chains,
              int evaluations, MendDlgScore score)
{
    MendDlgMean mean = {0};
    double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (guint i = 0; i < table->rows->len; i++) {
            const MendDlgRow *row = row_at(table, i);
            if (row->integrator != integrator || row->chains != chains ||
                row->evaluations != evaluations || !isfinite(row->of[score]))
                continue;
            mean.n += pass == 0;
            sum += pass == 0 ? row->of[score] : 0;
            squares += pass == 0 ? 0 : pow(row->of[score] - sum / mean.n, 2);
        }
    mean.mean = mean.n ? sum / mean.n : (double)NAN;
    mean.spread = mean.n > 1 ? sqrt(squares / (mean.n - 1)) : 0;
    return mean;
}

/* One integrator with so many evaluations: DLG against runs from noise. Both have the same
 * materials, styles and held-out crops in each seed, so the differences of each seed count: they
 * vary much less than the distances. */
typedef struct {
    const MendIntegrator *integrator;
    int evaluations;
    int n;           /* seeds that have both */
    int failed[2];   /* of these: runs from noise, chains that have no distances */
    gboolean better; /* DLG: failed less often, or as often and nearer in both distances */
    gboolean clear;  /* by more than the differences' deviation, in both; none failed */
    MendDlgMean less[MEND_DLG_FRECHET + 1]; /* how much less far: from noise - DLG */
} Point;

/* Welford's sums. */
static void
add_difference(MendDlgMean *mean, double *squares, double less)
{
    double off = less - mean->mean;
    mean->mean += off / ++mean->n;
    *squares += off * (less - mean->mean);
    mean->spread = mean->n > 1 ? sqrt(*squares / (mean->n - 1)) : 0;
}

static gboolean
has_distances(const MendDlgRow *row)
{
    return isfinite(row->of[MEND_DLG_SLICED]) && isfinite(row->of[MEND_DLG_FRECHET]);
}

/* The seed of a row with chains, where there is one without. */
static void
add_seed(const MendDlgTable *table, const MendDlgRow *chains, Point *p,
         double squares[MEND_DLG_FRECHET + 1])
{
    MendDlgRow like = *chains;
    like.chains = FALSE;
    const MendDlgRow *plain = mend_dlg_table_find(table, &like);
    if (!plain)
        return;
    gboolean had[] = {has_distances(plain), has_distances(chains)};
    p->n++;
    for (int i = 0; i < 2; i++)
        p->failed[i] += !had[i];
    for (int score = 0; score <= MEND_DLG_FRECHET && had[0] && had[1]; score++)
        add_difference(&p->less[score], &squares[score], plain->of[score] - chains->of[score]);
}

static Point
compare(const MendDlgTable *table, const MendIntegrator *integrator, int evaluations)
{
    Point p = {.integrator = integrator, .evaluations = evaluations};
    double squares[MEND_DLG_FRECHET + 1] = {0};
    for (guint i = 0; i < table->rows->len; i++) {
        const MendDlgRow *row = row_at(table, i);
        if (row->integrator == integrator && row->chains && row->evaluations == evaluations)
            add_seed(table, row, &p, squares);
    }
    gboolean nearer = TRUE;
    p.clear = p.failed[0] + p.failed[1] == 0;
    for (int score = 0; score <= MEND_DLG_FRECHET; score++) {
        MendDlgMean *less = &p.less[score];
        nearer = nearer && less->mean > 0;
        p.clear = p.clear && less->n > 1 && fabs(less->mean) > less->spread;
        if (less->n == 0)
            less->mean = (double)NAN;
    }
    p.better = p.failed[1] < p.failed[0] || (p.failed[1] == p.failed[0] && nearer);
    return p;
}

/* The different numbers of evaluations (int), rising. */
static GArray *
budgets_of(const MendDlgTable *table)
{
    GArray *budgets = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; i < table->rows->len; i++) {
        gboolean known = row_at(table, i)->integrator == NULL;
        for (guint k = 0; k < budgets->len && !known; k++)
            known = g_array_index(budgets, int, k) == row_at(table, i)->evaluations;
        if (!known)
            g_array_append_val(budgets, row_at(table, i)->evaluations);
    }
    g_array_sort(budgets, mend_cli_by_number);
    return budgets;
}

static void
keys_of(const MendDlgTable *table, MendTableKey keys[N_KEYS])
{
    const MendTableKey all[N_KEYS] = {
        {"model", table->model, 0, NULL},
        {"sha256", table->sha256, 0, "another model"},
        {"tiles", table->tiles, 0, "other textures"},
        {"materials", NULL, table->n_materials, "another number of materials"},
        {"side", NULL, table->side, "another --side"},
        {"torus", NULL, table->torus, "another --torus"},
        {"samples", NULL, table->n_samples, "another --samples"},
        {"length", NULL, table->length, "another --length"},
        {"similarity", NULL, table->similarity, "another --similarity"},
        {"tone", table->even ? "even" : "own", 0, "another --tone"},
    };
    memcpy(keys, all, sizeof all);
}

static void
add_row(GString *out, const MendDlgRow *row)
{
    mend_json_open(out, NULL, '{');
    mend_json_add_text(out, "integrator", row->integrator ? row->integrator->name : HELD_OUT);
    mend_json_add_text(out, "method", row->chains ? "dlg" : "plain");
    mend_json_add_number(out, "evaluations", row->evaluations);
    mend_json_add_number(out, "seed", row->seed);
    for (int i = 0; i < MEND_N_DLG; i++)
        mend_json_add_number(out, score_keys[i], row->of[i]);
    g_string_append_c(out, '}');
}

static void
add_verdict(GString *out, const MendDlgTable *table)
{
    g_autoptr(GArray) budgets = budgets_of(table);
    mend_json_open(out, "verdict", '[');
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (guint k = 0; k < budgets->len; k++) {
            Point p = compare(table, row, g_array_index(budgets, int, k));
            if (p.n == 0)
                continue;
            mend_json_open(out, NULL, '{');
            mend_json_add_text(out, "integrator", row->name);
            mend_json_add_number(out, "evaluations", p.evaluations);
            mend_json_add_text(out, "better", p.better ? "dlg" : "not dlg");
            mend_json_add_text(out, "beyond_deviations", p.clear ? "yes" : "no");
            mend_json_add_number(out, "failed_plain", p.failed[0]);
            mend_json_add_number(out, "failed_dlg", p.failed[1]);
            mend_json_add_number(out, "sliced_less", p.less[MEND_DLG_SLICED].mean);
            mend_json_add_number(out, "frechet_less", p.less[MEND_DLG_FRECHET].mean);
            g_string_append_c(out, '}');
        }
    g_string_append_c(out, ']');
}

void
mend_dlg_table_add_json(GString *out, const MendDlgTable *table)
{
    MendTableKey keys[N_KEYS];
    keys_of(table, keys);
    mend_json_open(out, NULL, '{');
    mend_table_add_keys(out, keys, N_KEYS);
    add_verdict(out, table);
    mend_json_open(out, "rows", '[');
    for (guint i = 0; i < table->rows->len; i++)
        add_row(out, row_at(table, i));
    g_string_append(out, "]}");
}

static gboolean
read_row(gpointer data, const MendJsonValue *value)
{
    MendDlgTable *table = data;
    const char *name = mend_json_string(mend_json_member(value, "integrator"), "");
    double evaluations = mend_json_number(mend_json_member(value, "evaluations"), -1);
    double seed = mend_json_number(mend_json_member(value, "seed"), -1);
    MendDlgRow row = {
        .integrator = mend_integrator_find(name),
        .chains = strcmp(mend_json_string(mend_json_member(value, "method"), ""), "dlg") == 0,
        .evaluations = (int)CLAMP(evaluations, -1, 100000),
        .seed = (int)CLAMP(seed, -1, 100000),
    };
    for (int i = 0; i < MEND_N_DLG; i++)
        row.of[i] = mend_json_number(mend_json_member(value, score_keys[i]), (double)NAN);
    gboolean good = row.integrator ? row.evaluations > 0 : strcmp(name, HELD_OUT) == 0;
    if (!good || row.seed < 0 || mend_dlg_table_find(table, &row))
        return FALSE;
    g_array_append_val(table->rows, row);
    return TRUE;
}

gboolean
mend_dlg_table_resume(MendDlgTable *table, const char *path, GError **error)
{
    MendTableKey keys[N_KEYS];
    keys_of(table, keys);
    return mend_table_resume(path, keys, N_KEYS, read_row, table, error);
}

static void
append_mean(GString *out, MendDlgMean mean, int width, int digits)
{
    g_autofree char *text = mean.n ? g_strdup_printf("%.*f", digits, mean.mean) : g_strdup("-");
    if (mean.n > 1 && isfinite(mean.spread)) {
        char *both = g_strdup_printf("%s ±%.*f", text, digits, mean.spread);
        g_free(text);
        text = both;
    }
    glong wide = g_utf8_strlen(text, -1);
    g_string_append_printf(out, "%*s%s", MAX(width - (int)wide, 1), "", text);
}

static gboolean
print_block(const MendDlgTable *table, const GArray *budgets, MendDlgScore score, const char *head,
            int digits)
{
    int width = score <= MEND_DLG_FRECHET ? 17 : 9;
    g_autoptr(GString) text = g_string_new(head);
    if (score <= MEND_DLG_FRECHET) {
        g_string_append(text, "; of held-out textures among themselves:");
        append_mean(text, mend_dlg_mean(table, NULL, FALSE, 0, score), 0, digits);
    }
    g_string_append_printf(text, "\n%-26s", "");
    for (guint i = 0; i < budgets->len; i++)
        g_string_append_printf(text, "%*d", width, g_array_index(budgets, int, i));
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (int chains = 0; chains < 2; chains++) {
            gboolean any = FALSE;
            g_autoptr(GString) line = g_string_new(NULL);
            for (guint i = 0; i < budgets->len; i++) {
                int n = g_array_index(budgets, int, i);
                MendDlgMean mean = mend_dlg_mean(table, row, chains, n, score);
                any |= mean.n > 0;
                append_mean(line, mean, width, digits);
            }
            if (any)
                g_string_append_printf(text, "\n  %-18s %-5s%s", row->name,
                                       chains ? "dlg" : "plain", line->str);
        }
    return mend_cli_print("%s\n\n", text->str);
}

/* Each distance's gain with its deviation, and how often there was none. */
static void
append_point(GString *out, const Point *p)
{
    static const char *const names[] = {"sliced", "Frechet"};
    g_string_append_printf(out, "\n  %s at %d:", p->integrator->name, p->evaluations);
    for (int score = 0; score <= MEND_DLG_FRECHET && p->less[0].n; score++) {
        g_string_append_printf(out, "%s %s %+.4f", score ? "," : "", names[score],
                               -p->less[score].mean);
        if (p->less[score].n > 1)
            g_string_append_printf(out, " ±%.4f", p->less[score].spread);
    }
    if (p->failed[0] + p->failed[1])
        g_string_append_printf(out, " (failed of %d: %d with DLG, %d without)", p->n, p->failed[1],
                               p->failed[0]);
    else if (p->n > 1 && !p->clear)
        g_string_append(out, " (within the deviations)");
}

static gboolean
print_verdict(const MendDlgTable *table, const GArray *budgets, gboolean few)
{
    g_autoptr(GString) better = g_string_new(NULL);
    g_autoptr(GString) worse = g_string_new(NULL);
    for (const MendIntegrator *row = mend_integrators; row->name; row++)
        for (guint k = 0; k < budgets->len; k++) {
            int n = g_array_index(budgets, int, k);
            Point p = compare(table, row, n);
            if (p.n > 0 && (n <= FEW) == few)
                append_point(p.better ? better : worse, &p);
        }
    if (!better->len && !worse->len)
        return !few || mend_cli_print("No verdict without both methods at %d evaluations or "
                                      "fewer.\n",
                                      FEW);
    const char *where = few ? "At 20 evaluations and fewer" : "Above 20 evaluations";
    return mend_cli_print(
               "%s DLG is better, nearer in both distances by seed or lost less often:%s\n", where,
               better->len ? better->str : " nowhere.") &&
           mend_cli_print("%s it is not:%s\n", where, worse->len ? worse->str : " nowhere.");
}

gboolean
mend_dlg_table_print(const MendDlgTable *table)
{
    static const struct {
        const char *head;
        MendDlgScore score;
        int digits;
    } blocks[] = {
        {"Sliced Wasserstein distance", MEND_DLG_SLICED, 4},
        {"Frechet distance", MEND_DLG_FRECHET, 4},
        {"Evaluations a torus, beginnings of chains included", MEND_DLG_SPENT, 2},
    };
    g_autoptr(GArray) budgets = budgets_of(table);
    gboolean good = mend_cli_print(
        "model %s, %d pictures of %d x %d from tori of %d, %s, %d materials; held-out tiles: %d; "
        "at most %d tori a chain, similarity %g\n\n",
        table->model, table->n_samples, table->side, table->side, table->torus,
        table->even ? "their tones made even" : "in their own tones", table->n_materials,
        table->n_tiles, table->length, table->similarity);
    for (size_t i = 0; i < G_N_ELEMENTS(blocks) && good; i++)
        good = print_block(table, budgets, blocks[i].score, blocks[i].head, blocks[i].digits);
    return good && print_verdict(table, budgets, TRUE) && print_verdict(table, budgets, FALSE);
}
