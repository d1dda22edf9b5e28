/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of options: defaults, text and back, refusals. */
#include "compute/options.h"

#include <string.h>

#include "compute/error.h"
#include "compute/generate_settings.h"
#include "compute/model.h"

static void
test_table(void)
{
    for (const MendOption *option = mend_options; option->name; option++) {
        g_assert_true(mend_option_find(option->name) == option);
        g_assert_cmpint(option->offset + option->size, <=, sizeof(MendOptions));
        g_assert_true(g_utf8_strchr(option->label, -1, '_') != NULL); /* has a mnemonic */
        g_assert_cmpint(option->scope & (MEND_FOR_CLI | MEND_FOR_GIMP), !=, 0);
        for (const MendOption *other = mend_options; other != option; other++)
            g_assert_cmpstr(other->name, !=, option->name);
    }
    g_assert_null(mend_option_find("nothing"));
    g_assert_null(mend_option_find(NULL));
}

/* No two options of the dialog share a mnemonic. */
static void
test_mnemonics(void)
{
    g_autoptr(GString) seen = g_string_new(NULL);
    for (const MendOption *option = mend_options; option->name; option++) {
        char letter = g_ascii_tolower(strchr(option->label, '_')[1]);
        g_assert_null(strchr(seen->str, letter));
        g_string_append_c(seen, letter);
    }
}

static void
test_defaults(void)
{
    MendOptions options;
    g_autoptr(GError) error = NULL;
    mend_options_init(&options);
    g_assert_false(mend_options_check(&options, &error)); /* a task must be named */
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
    g_clear_error(&error);
    mend_options_set(&options, "task", "noise", &error);
    mend_options_check(&options, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(options.strength, ==, 1);
    g_assert_cmpstr(options.output, ==, "new-layer");
}

static void
test_choices(void)
{
    for (const MendOption *option = mend_options; option->name; option++) {
        const char *label = NULL, *value;
        int n = 0;
        if (option->type != MEND_OPTION_CHOICE)
            continue;
        for (; (value = option->choice(n, &label)); n++) {
            MendOptions options;
            g_autoptr(GError) error = NULL;
            mend_options_init(&options);
            g_assert_nonnull(label);
            mend_options_set(&options, option->name, value, &error);
            g_assert_no_error(error);
            g_autofree char *got = mend_options_get(&options, option->name);
            g_assert_cmpstr(got, ==, value);
        }
        g_assert_cmpint(n, >=, 3);
    }
}

static void
test_text_and_back(void)
{
    static const char *const cases[][2] = {
        {"strength", "0.1"},
        {"strength", "1e-300"},
        {"strength", "0.3333333333333333"},
        {"strength", "0"},
        {"seed", "2147483647"},
        {"steps", "1000"},
        {"device", "vulkan:0123456789abcdef0123456789abcdef"},
        {"model", "./Ä b/ü.safetensors"},
        {"tile", "16384"},
        {"alternatives", "64"},
        {"uncertainty", "yes"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendOptions options, again;
        g_autoptr(GError) error = NULL;
        mend_options_init(&options);
        mend_options_init(&again);
        mend_options_set(&options, cases[i][0], cases[i][1], &error);
        g_assert_no_error(error);
        g_autofree char *text = mend_options_get(&options, cases[i][0]);
        mend_options_set(&again, cases[i][0], text, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(&options, sizeof options, &again, sizeof again);
    }
}

static void
test_equal(void)
{
    MendOptions a, b;
    mend_options_init(&a);
    mend_options_init(&b);
    memset(b.task, 'x', sizeof b.task); /* what stands behind a text's end does not count */
    g_assert_true(mend_options_set(&a, "task", "noise", NULL));
    g_assert_true(mend_options_set(&b, "task", "noise", NULL));
    g_assert_true(mend_options_equal(&a, &b));
    b.seed = 1;
    g_assert_false(mend_options_equal(&a, &b));
    b.seed = a.seed;
    b.uncertainty = !a.uncertainty;
    g_assert_false(mend_options_equal(&a, &b));
}

static void
test_refusals(void)
{
    static const char *const cases[][2] = {
        {"nothing", "1"},     {"task", ""},         {"task", "Noise"},
        {"task", "noise "},   {"sampler", "ddim"},  {"strength", "1.0001"},
        {"strength", "-0.1"}, {"strength", "nan"},  {"strength", "inf"},
        {"strength", ""},     {"strength", "0,5"},  {"strength", "0.5x"},
        {"steps", "-1"},      {"steps", "1001"},    {"steps", "1.5"},
        {"steps", ""},        {"seed", "-1"},       {"seed", "2147483648"},
        {"tile", "16385"},    {"output", "layer"},  {"seed", "99999999999999999999"},
        {"device", "\377"},   {"uncertainty", "1"}, {"alternatives", "65"},
    };
    g_autofree char *huge = g_strnfill(256, 'a');
    for (size_t i = 0; i <= G_N_ELEMENTS(cases); i++) {
        const char *name = i < G_N_ELEMENTS(cases) ? cases[i][0] : "model";
        const char *text = i < G_N_ELEMENTS(cases) ? cases[i][1] : huge;
        MendOptions options, before;
        g_autoptr(GError) error = NULL;
        mend_options_init(&options);
        before = options;
        g_assert_false(mend_options_set(&options, name, text, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_OPTION);
        g_assert_nonnull(strstr(error->message, name));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpmem(&options, sizeof options, &before, sizeof before);
    }
}

static void
test_check_by_hand(void)
{
    MendOptions good, bad;
    mend_options_init(&good);
    g_assert_true(mend_options_set(&good, "task", "noise", NULL));
    bad = good;
    bad.strength = 2;
    g_assert_false(mend_options_check(&bad, NULL));
    bad = good;
    bad.seed = -5;
    g_assert_false(mend_options_check(&bad, NULL));
    bad = good;
    memset(bad.sampler, 'x', sizeof bad.sampler); /* not even terminated */
    g_assert_false(mend_options_check(&bad, NULL));
    g_assert_true(mend_options_check(&good, NULL));
}

/* The other table: rows that are sound, defaults that generate, text and back, a switch. */
static void
test_generate_fields(void)
{
    MendGenerateSettings settings = {0}, copy;
    MendGenerateOptions options, usual;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) seen = g_string_new(NULL);
    mend_fields_init(mend_generate_fields, &settings);
    copy = settings;
    for (const MendOption *row = mend_generate_fields; row->name; row++) {
        char letter = g_ascii_tolower(strchr(row->label, '_')[1]);
        g_autofree char *text = mend_fields_get(mend_generate_fields, &settings, row->name);
        g_assert_cmpint(row->offset + row->size, <=, sizeof settings);
        g_assert_null(strchr(seen->str, letter));
        g_string_append_c(seen, letter);
        g_assert_cmpstr(text, ==, row->fallback);
        g_assert_true(mend_fields_set(mend_generate_fields, &copy, row->name, text, NULL));
    }
    g_assert_true(mend_generate_settings_options(&copy, 512, 512, &options, &error));
    mend_generate_options_init(&usual);
    usual.count = options.count;
    g_assert_cmpmem(&options, sizeof options, &usual, sizeof usual);
    g_assert_true(mend_fields_set(mend_generate_fields, &copy, "tileable", "no", NULL));
    g_assert_true(mend_fields_set(mend_generate_fields, &copy, "method", "plain", NULL));
    g_assert_true(mend_generate_settings_options(&copy, 40, 30, &options, NULL));
    g_assert_true(!options.tileable && options.plain && options.width == 40);
    g_assert_false(mend_fields_set(mend_generate_fields, &copy, "tileable", "maybe", &error));
    g_assert_nonnull(strstr(error->message, "yes or no"));
    g_assert_false(mend_generate_settings_options(&copy, 4, 30, &options, NULL));
    g_assert_cmpstr(mend_material_label("stone"), ==, "Stone");
    g_assert_cmpstr(mend_material_label("unheard of"), ==, "unheard of");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/options/table", test_table);
    g_test_add_func("/options/mnemonics", test_mnemonics);
    g_test_add_func("/options/defaults", test_defaults);
    g_test_add_func("/options/choices", test_choices);
    g_test_add_func("/options/text-and-back", test_text_and_back);
    g_test_add_func("/options/equal", test_equal);
    g_test_add_func("/options/refusals", test_refusals);
    g_test_add_func("/options/check-by-hand", test_check_by_hand);
    g_test_add_func("/options/generate-fields", test_generate_fields);
    return g_test_run();
}
