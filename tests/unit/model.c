/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Model files: every key of the metadata, the search, the choice. */
#include "compute/model.h"

#include <glib/gstdio.h>
#include <string.h>

#include "compute/error.h"
#include "compute/json.h"

static char *folder;

static const char *const whole[][2] = {
    {"mend.format", "1"},
    {"mend.id", "tiny"},
    {"mend.label", "A tiny one"},
    {"mend.network", "nafnet"},
    {"mend.tasks", "noise,jpeg"},
    {"mend.offered", "jpeg"},
    {"mend.attention", "pixel"},
    {"mend.residual", "mean"},
    {"mend.mean", "identity"},
    {"mend.prediction", "clean"},
    {"mend.theta", "cosine"},
    {"mend.tables", "shifted"},
    {"mend.T", "100"},
    {"mend.max_sigma", "50"},
    {"mend.eps", "0.005"},
    {"mend.sampler", "mr-ode-2"},
    {"mend.grid", "linspace"},
    {"mend.steps", "1,2,5"},
    {"mend.licence", "CC0-1.0"},
    {"mend.quality.jpeg", "good"},
};

/* A model file with one array and the metadata above, but key has another value, or is left out
 * where value is NULL; a key that is not above is added. Owned by the caller. */
static char *
write_model(const char *name, const char *key, const char *value)
{
    g_autoptr(GString) text = g_string_new("{\"__metadata__\":{");
    gboolean first = TRUE, added = key != NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        gboolean other = g_strcmp0(whole[i][0], key) == 0;
        added = added && !other;
        if (other && !value)
            continue;
        if (!first)
            g_string_append_c(text, ',');
        first = FALSE;
        mend_json_quote(text, whole[i][0]);
        g_string_append_c(text, ':');
        mend_json_quote(text, other ? value : whole[i][1]);
    }
    if (added)
        mend_json_add_text(text, key, value);
    g_string_append(text, "},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
    while (text->len % 8)
        g_string_append_c(text, ' ');
    guint64 size = GUINT64_TO_LE((guint64)text->len);
    g_string_prepend_len(text, (const char *)&size, 8);
    g_string_append_len(text, "\0\0\0\0", 4);
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
    return path;
}

static void
test_whole(void)
{
    g_autofree char *path = write_model("whole.safetensors", NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(MendModelInfo) info = mend_model_read(path, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(info->id, ==, "tiny");
    g_assert_cmpstr(info->path, ==, path);
    g_assert_true(info->residual);
    g_assert_false(info->global_attention);
    g_assert_cmpint(info->schedule.T, ==, 100);
    g_assert_cmpfloat(info->schedule.eps, ==, 0.005);
    g_assert_cmpint(info->prediction, ==, MEND_PREDICT_CLEAN);
    g_assert_cmpint(info->grid, ==, MEND_GRID_LINSPACE);
    g_assert_cmpint(info->steps[2], ==, 5);
    g_assert_cmpstr(info->quality[0], ==, "");
    g_assert_cmpstr(info->quality[1], ==, "good");
    g_assert_cmpint(mend_model_task_row(info, "jpeg"), ==, 1);
    g_assert_cmpint(mend_model_task_row(info, "rain"), ==, -1);
    g_assert_cmpint(mend_model_task_row(info, NULL), ==, -1);
    g_assert_true(mend_model_has_task(info, "jpeg"));
    g_assert_false(mend_model_has_task(info, "noise"));
    g_unlink(path);
}

static void
expect_refusal(const char *key, const char *value)
{
    g_autofree char *path = write_model("bad.safetensors", key, value);
    g_autoptr(GError) error = NULL;
    g_autoptr(MendModelInfo) info = mend_model_read(path, &error);
    g_assert_null(info);
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, key));
    g_assert_nonnull(strstr(error->message, path));
    g_unlink(path);
}

static void
test_missing_keys(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        if (!g_str_has_prefix(whole[i][0], "mend.quality."))
            expect_refusal(whole[i][0], NULL);
    }
}

static void
test_wrong_values(void)
{
    static const char *const cases[][2] = {
        {"mend.format", "2"},
        {"mend.id", ""},
        {"mend.label", "two\nlines"},
        {"mend.tasks", ""},
        {"mend.tasks", "noise,"},
        {"mend.tasks", "noise,noise"},
        {"mend.tasks", "Noise"},
        {"mend.offered", "rain"},
        {"mend.attention", "window"},
        {"mend.residual", "yes"},
        {"mend.mean", "dark-channel"},
        {"mend.prediction", "x0"},
        {"mend.theta", "sine"},
        {"mend.tables", "0"},
        {"mend.T", "0"},
        {"mend.T", "1e9"},
        {"mend.T", "nan"},
        {"mend.max_sigma", "-1"},
        {"mend.max_sigma", "inf"},
        {"mend.eps", "1"},
        {"mend.eps", "0"},
        {"mend.sampler", "ddim"},
        {"mend.grid", "uniform"},
        {"mend.steps", "1,2"},
        {"mend.steps", "1,2,3,4"},
        {"mend.steps", "0,1,2"},
        {"mend.steps", "1,2,9999"},
        {"mend.steps", "1,,2"},
        {"mend.mean", "oracle"},
        {"mend.mean", "identity,oracle"},
        {"mend.mean", "exposure,identity,identity"},
        {"mend.mean", "overview:wiener,identity"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_refusal(cases[i][0], cases[i][1]);
}

static void
test_means(void)
{
    static const char *const cases[][3] = {
        {"identity", "identity", "identity"},
        {"dark-channel,identity", "dark-channel", "identity"},
        {"exposure,harmonic", "exposure", "harmonic"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = write_model("means.safetensors", "mend.mean", cases[i][0]);
        g_autoptr(MendModelInfo) info = mend_model_read(path, NULL);
        g_assert_nonnull(info);
        g_assert_cmpstr(info->means[0]->name, ==, cases[i][1]);
        g_assert_cmpstr(info->means[1]->name, ==, cases[i][2]);
        g_unlink(path);
    }
}

/* A number for a task that the model has. */
static void
test_numbers(void)
{
    g_autofree char *path = write_model("dct.safetensors", "mend.dct.jpeg", "1.5");
    g_autoptr(MendModelInfo) info = mend_model_read(path, NULL);
    g_assert_nonnull(info);
    g_assert_cmpfloat(info->dct[0], ==, 0);
    g_assert_cmpfloat(info->dct[1], ==, 1.5);
    expect_refusal("mend.dct.jpeg", "-1");
    expect_refusal("mend.dct.jpeg", "11");
    expect_refusal("mend.dct.jpeg", "nan");
    expect_refusal("mend.dct.jpeg", "much");
    g_unlink(path);
    expect_refusal("mend.dct.rain", "1");
    g_autofree char *other = write_model("dct.safetensors", "mend.everywhere.noise", "4.5");
    g_autoptr(MendModelInfo) judged = mend_model_read(other, NULL);
    g_assert_nonnull(judged);
    g_assert_cmpfloat(judged->everywhere[0], ==, 4.5);
    g_assert_cmpfloat(judged->everywhere[1], ==, 0);
    expect_refusal("mend.everywhere.noise", "256");
    g_unlink(other);
    g_autofree char *small = write_model("dct.safetensors", "mend.coarse.jpeg", "16");
    g_autoptr(MendModelInfo) coarse = mend_model_read(small, NULL);
    g_assert_nonnull(coarse);
    g_assert_cmpint(coarse->coarse[0], ==, 0);
    g_assert_cmpint(coarse->coarse[1], ==, 16);
    static const char *const wrong[] = {"0", "1", "2.5", "17", "-4", "nan"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        expect_refusal("mend.coarse.jpeg", wrong[i]);
    g_unlink(small);
}

static void
test_presets(void)
{
    g_autofree char *path = write_model("presets.safetensors", "mend.preset.jpeg",
                                        "mr-ode-1:1,mr-ode-3:4,mr-sde-2:9:karras-n");
    g_autoptr(GError) error = NULL;
    g_autoptr(MendModelInfo) info = mend_model_read(path, &error);
    g_assert_no_error(error);
    const MendPreset *noise = info->presets[0].at, *jpeg = info->presets[1].at;
    for (int i = 0; i < MEND_N_PRESETS; i++) { /* from mend.sampler, mend.grid, mend.steps */
        g_assert_cmpstr(noise[i].sampler->name, ==, "mr-ode-2");
        g_assert_cmpint(noise[i].steps, ==, info->steps[i]);
        g_assert_cmpint(noise[i].grid, ==, MEND_GRID_LINSPACE);
    }
    g_assert_cmpstr(jpeg[1].sampler->name, ==, "mr-ode-3");
    g_assert_cmpint(jpeg[1].steps, ==, 4);
    g_assert_cmpint(jpeg[1].grid, ==, MEND_GRID_LINSPACE);
    g_assert_cmpint(jpeg[2].grid, ==, MEND_GRID_KARRAS_N);
    g_unlink(path);
    expect_refusal("mend.preset.jpeg", "mr-ode-1:1,mr-ode-1:2");
    expect_refusal("mend.preset.jpeg", "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3\n");
    expect_refusal("mend.preset.jpeg", "");
    expect_refusal("mend.preset.rain", "mr-ode-1:1,mr-ode-1:2,mr-ode-1:3");
}

static void
test_list(void)
{
    g_autofree char *one = write_model("a-one.safetensors", "mend.id", "one");
    g_autofree char *two = write_model("b-two.safetensors", "mend.offered", "noise,jpeg");
    g_autofree char *twice = write_model("c-twice.safetensors", "mend.id", "one");
    g_autofree char *bad = write_model("d-bad.safetensors", "mend.T", "-1");
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) models = mend_models_list(&problems);
    g_assert_cmpuint(models->len, ==, 2);
    g_assert_cmpstr(((MendModelInfo *)models->pdata[0])->path, ==, one);
    g_assert_cmpstr(((MendModelInfo *)models->pdata[1])->path, ==, two);
    g_assert_cmpuint(problems->len, ==, 1);
    g_assert_nonnull(strstr(problems->pdata[0], bad));
    const char *const all[] = {one, two, twice, bad};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        g_unlink(all[i]);
    g_autoptr(GPtrArray) none = mend_models_list(NULL);
    g_assert_cmpuint(none->len, ==, 0);
}

static void
test_choose(void)
{
    g_autofree char *one = write_model("a-one.safetensors", "mend.id", "one");
    g_autofree char *two = write_model("b-two.safetensors", "mend.offered", "noise,jpeg");
    const struct {
        const char *task, *name, *id;
        int code;
    } cases[] = {
        {"jpeg", "auto", "one", 0},
        {"noise", "auto", "tiny", 0}, /* the first that offers it */
        {"noise", NULL, "tiny", 0},
        {"noise", "", "tiny", 0},
        {"noise", "one", "one", 0}, /* named: what it can do counts, not what it offers */
        {"jpeg", two, "tiny", 0},
        {"rain", "auto", NULL, MEND_ERROR_WEIGHTS},
        {"rain", "one", NULL, MEND_ERROR_OPTION},
        {"rain", one, NULL, MEND_ERROR_OPTION},
        {"noise", "three", NULL, MEND_ERROR_OPTION},
        {"noise", "./three.safetensors", NULL, MEND_ERROR_OPTION},
        {"sleet", "auto", NULL, MEND_ERROR_OPTION},
        {NULL, "auto", NULL, MEND_ERROR_OPTION},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MendModelInfo) info = mend_model_choose(cases[i].task, cases[i].name, &error);
        if (cases[i].id) {
            g_assert_no_error(error);
            g_assert_cmpstr(info->id, ==, cases[i].id);
        } else {
            g_assert_null(info);
            g_assert_error(error, MEND_ERROR, cases[i].code);
        }
    }
    g_unlink(one);
    g_unlink(two);
}

/* A real file, cut at every length, is refused and never read beyond its end. */
static void
test_truncated(void)
{
    g_autofree char *bytes = NULL, *path = g_build_filename(folder, "cut.safetensors", NULL);
    gsize size = 0;
    g_assert_true(g_file_get_contents("tests/golden/identity.safetensors", &bytes, &size, NULL));
    for (gsize n = 0; n < size; n += n < 4096 ? 37 : 2999) {
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
        g_autoptr(MendModelInfo) info = mend_model_read(path, &error);
        g_assert_null(info);
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_WEIGHTS);
    }
    g_unlink(path);
}

static void
test_tasks(void)
{
    static const struct {
        const char *id, *verb;
    } known[] = {
        {"motion-blur", "deblur"}, {"haze", "dehaze"},     {"jpeg", "dejpeg"},
        {"low-light", "brighten"}, {"noise", "denoise"},   {"raindrop", "deraindrop"},
        {"rain", "derain"},        {"shadow", "deshadow"}, {"snow", "desnow"},
        {"inpainting", "inpaint"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_true(mend_task_find(known[i].id) == &mend_tasks[i]);
        g_assert_cmpstr(mend_tasks[i].verb, ==, known[i].verb);
    }
    g_assert_null(mend_tasks[G_N_ELEMENTS(known)].id);
    g_assert_null(mend_task_find("sleet"));
    g_assert_null(mend_task_find(NULL));
}

int
main(int argc, char **argv)
{
    folder = g_dir_make_tmp("mend-model-XXXXXX", NULL);
    g_setenv("MEND_MODELS", folder, TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/model/whole", test_whole);
    g_test_add_func("/model/missing-keys", test_missing_keys);
    g_test_add_func("/model/wrong-values", test_wrong_values);
    g_test_add_func("/model/means", test_means);
    g_test_add_func("/model/presets", test_presets);
    g_test_add_func("/model/numbers", test_numbers);
    g_test_add_func("/model/list", test_list);
    g_test_add_func("/model/choose", test_choose);
    g_test_add_func("/model/truncated", test_truncated);
    g_test_add_func("/model/tasks", test_tasks);
    int result = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return result;
}
