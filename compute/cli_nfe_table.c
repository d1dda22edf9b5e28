/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of mend bench nfe: rows, file, printing, verdict. */
#include <math.h>
#include <string.h>

#include "compute/cli.h"
#include "compute/cli_nfe.h"
#include "compute/cli_table.h"

#define FEW        5
#define MANY       100
#define PSNR_SLACK 0.1
#define SSIM_SLACK 0.005

MendNfeTable *
mend_nfe_table_new(const char *task, const char *model, const char *sha256, const char *grid)
{
    MendNfeTable *table = g_new0(MendNfeTable, 1);
    table->task = g_strdup(task);
    table->model = g_strdup(model);
    table->sha256 = g_strdup(sha256);
    table->grid = g_strdup(grid);
    table->rows = g_array_new(FALSE, TRUE, sizeof(MendNfeRow));
    return table;
}

void
mend_nfe_table_free(MendNfeTable *table)
{
    if (!table)
        return;
    char *texts[] = {table->task, table->model, table->sha256, table->grid};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_array_unref(table->rows);
    g_free(table);
}

static const MendNfeRow *
row_at(const MendNfeTable *table, guint i)
{
    return &g_array_index(table->rows, MendNfeRow, i);
}

void
mend_nfe_table_add(MendNfeTable *table, const MendNfeRow *row)
{
    guint i = 0;
    while (i < table->rows->len) {
        const MendNfeRow *other = row_at(table, i);
        if (other->sampler > row->sampler ||
            (other->sampler == row->sampler && other->steps > row->steps))
            break;
        i++;
    }
    g_array_insert_vals(table->rows, i, row, 1);
}

const MendNfeRow *
mend_nfe_table_find(const MendNfeTable *table, const char *sampler, int steps)
{
    for (guint i = 0; i < table->rows->len; i++) {
        const MendNfeRow *row = row_at(table, i);
        if (row->steps == steps && strcmp(row->sampler->name, sampler) == 0)
            return row;
    }
    return NULL;
}

#define N_KEYS 7

/* What rows of one table have in common, beside the input's scores. */
static void
keys_of(const MendNfeTable *table, MendTableKey keys[N_KEYS])
{
    const MendTableKey all[N_KEYS] = {
        {"task", table->task, 0, "another task"},
        {"model", table->model, 0, NULL},
        {"sha256", table->sha256, 0, "another model"},
        {"grid", table->grid, 0, "another grid"},
        {"crop", NULL, table->crop, "another --crop"},
        {"seed", NULL, table->seed, "another --seed"},
        {"pictures", NULL, table->n_pictures, "another number of pictures"},
    };
    memcpy(keys, all, sizeof all);
}

void
mend_nfe_table_add_json(GString *out, const MendNfeTable *table)
{
    MendTableKey keys[N_KEYS];
    keys_of(table, keys);
    mend_json_open(out, NULL, '{');
    mend_table_add_keys(out, keys, N_KEYS);
    mend_json_open(out, "input", '{');
    mend_scores_add_json(out, "", &table->input);
    g_string_append_c(out, '}');
    mend_json_open(out, "rows", '[');
    for (guint i = 0; i < table->rows->len; i++) {
        const MendNfeRow *row = row_at(table, i);
        mend_json_open(out, NULL, '{');
        mend_json_add_text(out, "sampler", row->sampler->name);
        mend_json_add_number(out, "steps", row->steps);
        mend_scores_add_json(out, "", &row->scores);
        mend_json_add_number(out, "seconds", row->seconds);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]}");
}

gboolean
mend_nfe_table_write(const MendNfeTable *table, const char *path, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    mend_nfe_table_add_json(out, table);
    g_string_append_c(out, '\n');
    return mend_table_write(path, out->str, error);
}

static MendScores
read_scores(const MendJsonValue *object)
{
    MendScores scores;
    for (int i = 0; i < MEND_N_SCORES; i++)
        scores.of[i] = mend_json_number(mend_json_member(object, mend_score_names[i]), (double)NAN);
    return scores;
}

static gboolean
read_row(gpointer data, const MendJsonValue *value)
{
    MendNfeTable *table = data;
    MendNfeRow row = {
        .sampler = mend_sampler_find(mend_json_string(mend_json_member(value, "sampler"), "")),
        .steps = (int)CLAMP(mend_json_number(mend_json_member(value, "steps"), 0), 0, 100000),
        .scores = read_scores(value),
        .seconds = mend_json_number(mend_json_member(value, "seconds"), 0),
    };
    if (!row.sampler || row.steps < 1 || mend_nfe_table_find(table, row.sampler->name, row.steps))
        return FALSE;
    mend_nfe_table_add(table, &row);
    return TRUE;
}

gboolean
mend_nfe_table_resume(MendNfeTable *table, const char *path, GError **error)
{
    MendTableKey keys[N_KEYS];
    keys_of(table, keys);
    return mend_table_resume(path, keys, N_KEYS, read_row, table, error);
}

MendNfeVerdict
mend_nfe_verdict(const MendNfeTable *table)
{
    MendNfeVerdict v = {.posterior = mend_nfe_table_find(table, "posterior", MANY)};
    for (guint i = 0; i < table->rows->len; i++) {
        const MendNfeRow *row = row_at(table, i);
        double psnr = row->scores.of[MEND_SCORE_PSNR];
        if (row->steps == FEW && g_str_has_prefix(row->sampler->name, "mr-") && isfinite(psnr) &&
            (!v.mr || psnr > v.mr->scores.of[MEND_SCORE_PSNR]))
            v.mr = row;
    }
    if (v.mr && v.posterior) {
        const double *a = v.mr->scores.of, *b = v.posterior->scores.of;
        v.psnr = a[MEND_SCORE_PSNR] - b[MEND_SCORE_PSNR];
        v.ssim = a[MEND_SCORE_SSIM] - b[MEND_SCORE_SSIM];
        v.holds = v.psnr >= -PSNR_SLACK && v.ssim >= -SSIM_SLACK;
    }
    return v;
}

GArray *
mend_nfe_table_steps(const MendNfeTable *table)
{
    GArray *steps = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; i < table->rows->len; i++) {
        gboolean known = FALSE;
        for (guint k = 0; k < steps->len; k++)
            known |= g_array_index(steps, int, k) == row_at(table, i)->steps;
        if (!known)
            g_array_append_val(steps, row_at(table, i)->steps);
    }
    g_array_sort(steps, mend_cli_by_number);
    return steps;
}

static gboolean
print_block(const MendNfeTable *table, const GArray *steps, MendScore score, const char *head,
            int digits)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *title =
        g_strdup_printf("%s (input %.*f)", head, digits, table->input.of[score]);
    g_string_append_printf(text, "%-26s", title);
    for (guint i = 0; i < steps->len; i++)
        g_string_append_printf(text, "%9d", g_array_index(steps, int, i));
    for (const MendSampler *sampler = mend_samplers; sampler->name; sampler++) {
        g_autoptr(GString) line = g_string_new(NULL);
        gboolean any = FALSE;
        for (guint i = 0; i < steps->len; i++) {
            int n = g_array_index(steps, int, i);
            const MendNfeRow *row = mend_nfe_table_find(table, sampler->name, n);
            any |= row != NULL;
            if (row)
                g_string_append_printf(line, "%9.*f", digits, row->scores.of[score]);
            else
                g_string_append_printf(line, "%9s", "-");
        }
        if (any)
            g_string_append_printf(text, "\n  %-24s%s", sampler->name, line->str);
    }
    return mend_cli_print("%s\n\n", text->str);
}

static gboolean
print_verdict(const MendNfeTable *table)
{
    MendNfeVerdict v = mend_nfe_verdict(table);
    if (!v.mr || !v.posterior)
        return mend_cli_print("%s: no verdict without an MR Sampler at %d and posterior at %d.\n",
                              table->task, FEW, MANY);
    return mend_cli_print("%s: %s at %d against posterior at %d: PSNR %+.3f dB, SSIM %+.5f: %s "
                          "%.1f dB and %.3f.\n",
                          table->task, v.mr->sampler->name, FEW, MANY, v.psnr, v.ssim,
                          v.holds ? "holds, within" : "fails, not within", PSNR_SLACK, SSIM_SLACK);
}

gboolean
mend_nfe_table_print(const MendNfeTable *table)
{
    static const struct {
        const char *head;
        MendScore score;
        int digits;
    } blocks[] = {
        {"PSNR", MEND_SCORE_PSNR, 3},         {"SSIM", MEND_SCORE_SSIM, 4},
        {"GMSD", MEND_SCORE_GMSD, 4},         {"sharp", MEND_SCORE_SHARP, 3},
        {"PSNR in hole", MEND_SCORE_HOLE, 3}, {"PSNR, GT-mean", MEND_SCORE_SAME_LUMA, 3},
    };
    g_autoptr(GArray) steps = mend_nfe_table_steps(table);
    g_autofree char *crop = table->crop ? g_strdup_printf("the %d x %d pixels in their middle",
                                                          table->crop, table->crop)
                                        : g_strdup("whole");
    gboolean good = mend_cli_print("%s: model %s, grid %s, pictures: %d, %s\n\n", table->task,
                                   table->model, table->grid, table->n_pictures, crop);
    for (size_t i = 0; i < G_N_ELEMENTS(blocks) && good; i++) {
        MendScore score = blocks[i].score;
        if (!isfinite(table->input.of[score]) ||
            (score == MEND_SCORE_SAME_LUMA && strcmp(table->task, "low-light") != 0))
            continue;
        good = print_block(table, steps, score, blocks[i].head, blocks[i].digits);
    }
    return good && print_verdict(table);
}
