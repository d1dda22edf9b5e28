/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON texts that are accepted, refused and quoted. */
#include "compute/json.h"

#include <math.h>
#include <string.h>

#include "compute/error.h"

static MendJson *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    MendJson *json = mend_json_parse(text, strlen(text), FALSE, &error);
    g_assert_no_error(error);
    return json;
}

static void
test_values(void)
{
    g_autoptr(MendJson) json =
        parse(" {\"a\": [1, -2.5e3, true, null, \"x\"], \"b\": {}, \"a\": 7}\n");
    const MendJsonValue *root = mend_json_root(json);
    const MendJsonValue *a = mend_json_member(root, "a");
    g_assert_cmpuint(mend_json_length(root), ==, 3);
    g_assert_cmpuint(mend_json_length(a), ==, 5);
    g_assert_true(a->first->is_integer);
    g_assert_cmpint(a->first->integer, ==, 1);
    g_assert_cmpfloat(a->first->next->number, ==, -2500);
    g_assert_false(a->first->next->is_integer);
    g_assert_true(a->first->next->next->boolean);
    g_assert_cmpint(a->first->next->next->next->kind, ==, MEND_JSON_NULL);
    g_assert_cmpstr(mend_json_string(a->first->next->next->next->next, ""), ==, "x");
    g_assert_cmpuint(mend_json_length(mend_json_member(root, "b")), ==, 0);
    g_assert_null(mend_json_member(root, "c"));
    g_assert_null(mend_json_member(a, "a"));
    g_assert_cmpfloat(mend_json_number(mend_json_member(root, "b"), 5), ==, 5);
    g_assert_cmpstr(mend_json_string(NULL, "none"), ==, "none");
}

static void
test_integers(void)
{
    g_autoptr(MendJson) json = parse("[9223372036854775807, -9223372036854775808, "
                                     "9223372036854775808, 9007199254740993, 1.0]");
    const MendJsonValue *at = mend_json_root(json)->first;
    g_assert_true(at->is_integer && at->integer == G_MAXINT64);
    at = at->next;
    g_assert_true(at->is_integer && at->integer == G_MININT64);
    at = at->next;
    g_assert_false(at->is_integer); /* beyond: a number all the same */
    g_assert_cmpfloat(at->number, ==, 9223372036854775808.0);
    at = at->next;
    g_assert_true(at->integer == 9007199254740993); /* exact where double is not */
    g_assert_false(at->next->is_integer);
}

static void
test_strings(void)
{
    g_autoptr(MendJson) json =
        parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e4\\u20ac\\ud83d\\ude00\", \"ä€\"]");
    const MendJsonValue *at = mend_json_root(json)->first;
    g_assert_cmpstr(at->string, ==, "\"\\/\b\f\n\r\t");
    g_assert_cmpstr(at->next->string, ==, "ä€😀");
    g_assert_cmpstr(at->next->next->string, ==, "ä€");
}

static void
test_refuses(void)
{
    /* clang-format off */
    static const char *const bad[] = {
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
        "{1:1}",
        "[1 2]", "[] []", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1e999", "nul", "True",
        "NaN", "Infinity", "-Infinity", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\u0000\"", "\"\n\"", "\"\xff\"", "\"\xc3\"", "]",
        "}",
        ",", "[1}", "\"a\\", "// a\n1",
        "11111111111111111111111111111111111111111111111111111111111111111",
    };
    /* clang-format on */
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MendJson) json = mend_json_parse(bad[i], strlen(bad[i]), FALSE, &error);
        if (json)
            g_test_message("accepted: %s", bad[i]);
        g_assert_null(json);
        g_assert_error(error, MEND_ERROR, MEND_ERROR_FAILED);
    }
}

/* Neither a NUL nor the end of the memory ends a text: its length does. */
static void
test_length(void)
{
    g_autoptr(MendJson) json = mend_json_parse("12345", 2, FALSE, NULL);
    g_assert_true(mend_json_root(json)->integer == 12);
    g_assert_null(mend_json_parse("1\0", 2, FALSE, NULL));
}

static void
test_depth(void)
{
    for (guint depth = 1; depth < 100000; depth = depth < 40 ? depth + 1 : depth * 3) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < depth; i++)
            g_string_append_c(text, '[');
        for (guint i = 0; i < depth; i++)
            g_string_append_c(text, ']');
        g_autoptr(MendJson) json = mend_json_parse(text->str, text->len, FALSE, NULL);
        g_assert_cmpint(json != NULL, ==, depth <= 32);
    }
}

static void
test_lenient(void)
{
    const char *text = "[NaN, Infinity, -Infinity, -1]";
    g_autoptr(MendJson) json = mend_json_parse(text, strlen(text), TRUE, NULL);
    const MendJsonValue *at = mend_json_root(json)->first;
    g_assert_true(isnan(at->number));
    g_assert_true(at->next->number > 0 && isinf(at->next->number));
    g_assert_true(at->next->next->number < 0 && isinf(at->next->next->number));
    g_assert_cmpfloat(at->next->next->next->number, ==, -1);
}

static void
test_quote(void)
{
    const char *text = "a \"b\" \\ \n \x01 ä";
    g_autoptr(GString) quoted = g_string_new(NULL);
    mend_json_quote(quoted, text);
    g_autoptr(MendJson) json = parse(quoted->str);
    g_assert_cmpstr(mend_json_root(json)->string, ==, text);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/integers", test_integers);
    g_test_add_func("/json/strings", test_strings);
    g_test_add_func("/json/refuses", test_refuses);
    g_test_add_func("/json/length", test_length);
    g_test_add_func("/json/depth", test_depth);
    g_test_add_func("/json/lenient", test_lenient);
    g_test_add_func("/json/quote", test_quote);
    return g_test_run();
}
