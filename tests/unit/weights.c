/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Safetensors files: good, damaged, lying; element types. */
#include "compute/weights.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "compute/error.h"

#define F32(begin, end) "\"dtype\":\"F32\",\"data_offsets\":[" #begin "," #end "]"

/* A file of this header and n_data bytes, each of the value 0x3f. */
static GByteArray *
make(const char *header, guint n_data)
{
    GByteArray *file = g_byte_array_new();
    guint64 length = strlen(header);
    guint8 filler = 0x3f;
    for (int i = 0; i < 8; i++) {
        guint8 byte = (guint8)(length >> 8 * i);
        g_byte_array_append(file, &byte, 1);
    }
    g_byte_array_append(file, (const guint8 *)header, (guint)length);
    for (guint i = 0; i < n_data; i++)
        g_byte_array_append(file, &filler, 1);
    return file;
}

static MendWeights *
parse(const char *header, const void *data, guint n_data, GError **error)
{
    g_autoptr(GByteArray) file = make(header, n_data);
    if (data)
        memcpy(file->data + file->len - n_data, data, n_data);
    return mend_weights_parse(file->data, file->len, "test", error);
}

static const char good[] =
    "{\"__metadata__\":{\"mend.id\":\"x\"},"
    "\"b\":{" F32(0, 8) ",\"shape\":[2]},"
                        "\"a\":{" F32(8, 32) ",\"shape\":[1,3,2]},"
                                             "\"empty\":{" F32(8, 8) ",\"shape\":[0,5]},"
                                                                     "\"scalar\":{" F32(
                                                                         32,
                                                                         36) ",\"shape\":[]}}  ";

static void
test_good(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) weights = parse(good, NULL, 36, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(mend_weights_count(weights), ==, 4);
    g_assert_cmpstr(mend_weights_at(weights, 0)->name, ==, "a");
    g_assert_cmpstr(mend_weights_at(weights, 3)->name, ==, "scalar");
    const MendArray *a = mend_weights_find(weights, "a");
    g_assert_cmpint(a->n_dims, ==, 3);
    g_assert_true(a->dims[1] == 3 && a->count == 6 && a->type == MEND_F32);
    g_assert_true(mend_weights_find(weights, "scalar")->count == 1);
    g_assert_cmpstr(mend_weights_meta(weights, "mend.id"), ==, "x");
    g_assert_null(mend_weights_meta(weights, "mend.label"));
    g_assert_null(mend_weights_find(weights, "c"));
    g_assert_null(mend_weights_get(weights, "c", &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "\"c\""));
}

/* Whatever is cut off a good file, the rest is refused. */
static void
test_truncated(void)
{
    g_autoptr(GByteArray) file = make(good, 36);
    for (guint n = 0; n < file->len; n++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(mend_weights_parse(file->data, n, "cut", &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    }
}

static const struct {
    const char *header;
    guint n_data;
    const char *message;
} bad[] = {
    {"[]", 0, "no object"},
    {"7", 0, "no object"},
    {"{\"a\":7}", 0, "dtype"},
    {"{\"a\":{}}", 0, "dtype"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "unknown dtype"},
    {"{\"a\":{" F32(0, 4) "}}", 4, "no shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":1}}", 4, "no shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[-1]}}", 4, "impossible shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[1.0]}}", 4, "impossible shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[\"1\"]}}", 4, "impossible shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[2]}}", 4, "does not fit"},
    {"{\"a\":{" F32(0, 8) ",\"shape\":[1]}}", 8, "does not fit"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[4294967296,4294967296,4294967296]}}", 4, "impossible shape"},
    {"{\"a\":{" F32(0, 0) ",\"shape\":[4611686018427387904]}}", 0, "does not fit"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[9223372036854775808]}}", 4, "impossible shape"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[1,1,1,1,1,1,1,1,1]}}", 4, "dimensions"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0.0,4]}}", 4, "data_offsets"},
    {"{\"a\":{" F32(4, 0) ",\"shape\":[1]}}", 4, "bytes 4 to 0"},
    {"{\"a\":{" F32(-4, 0) ",\"shape\":[1]}}", 4, "bytes -4 to 0"},
    {"{\"a\":{" F32(0, 8) ",\"shape\":[2]}}", 4, "there are 4"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[1]}}", 8, "follow the last array"},
    {"{\"a\":{" F32(4, 8) ",\"shape\":[1]}}", 8, "unused bytes"},
    {"{\"a\":{" F32(0, 8) ",\"shape\":[2]},\"b\":{" F32(4, 8) ",\"shape\":[1]}}", 8, "overlaps"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[1]},\"b\":{" F32(0, 4) ",\"shape\":[1]}}", 4, "overlaps"},
    {"{\"a\":{" F32(0, 4) ",\"shape\":[1]},\"a\":{" F32(4, 8) ",\"shape\":[1]}}", 8, "twice"},
    {"{\"__metadata__\":7}", 0, "__metadata__"},
    {"{\"__metadata__\":{\"a\":7}}", 0, "no string"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__"},
    {"{\"a\":{\"a\":{\"a\":{}}}}", 0, "dtype"},
    {"{\"a\xff\":{}}", 0, "UTF-8"},
};

static void
test_refuses(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MendWeights) weights = parse(bad[i].header, NULL, bad[i].n_data, &error);
        g_test_message("%s: %s", bad[i].header, error ? error->message : "accepted");
        g_assert_null(weights);
        g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
        g_assert_nonnull(strstr(error->message, bad[i].message));
        g_assert_nonnull(strstr(error->message, "\"test\""));
    }
}

static void
test_lengths(void)
{
    static const guint64 lengths[] = {G_MAXUINT64, G_MAXINT64, (guint64)1 << 32, 1000, 29};
    g_autoptr(GByteArray) file = make("{\"a\":{" F32(0, 4) ",\"shape\":[1]}}", 4);
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        guint64 length = GUINT64_TO_LE(lengths[i]);
        memcpy(file->data, &length, sizeof length);
        g_autoptr(GError) error = NULL;
        g_assert_null(mend_weights_parse(file->data, file->len, "long", &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    }
}

/* [[[[... as a header: bounded depth, not a bounded stack. */
static void
test_nested(void)
{
    g_autofree char *header = g_strnfill(100000, '[');
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(header, NULL, 0, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "32 levels"));
}

static void
test_types(void)
{
    static const double values[] = {0, 1, -2.5, 0.333251953125};
    guint8 data[4 * 8 + 4 * 2 + 4 * 2 + 8];
    for (int i = 0; i < 4; i++) {
        guint16 half = mend_float_to_half((float)values[i]), bf16;
        float single = (float)values[i];
        memcpy(data + 8 * i, &values[i], 8);
        memcpy(data + 32 + 2 * i, &half, 2);
        memcpy(&bf16, (guint8 *)&single + 2, 2);
        memcpy(data + 40 + 2 * i, &bf16, 2);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) weights =
        parse("{\"d\":{\"dtype\":\"F64\",\"shape\":[4],\"data_offsets\":[0,32]},"
              "\"h\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[32,40]},"
              "\"b\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[40,48]},"
              "\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[48,56]}}",
              data, sizeof data, &error);
    g_assert_no_error(error);
    float single[4];
    double twice[4];
    for (const char *const *name = (const char *const[]){"d", "h", "b", NULL}; *name; name++) {
        const MendArray *array = mend_weights_find(weights, *name);
        g_assert_true(mend_array_read_f32(array, single, &error));
        g_assert_true(mend_array_read_f64(array, twice, &error));
        for (int i = 0; i < 4; i++) {
            double wanted = **name == 'b' && i == 3 ? 0.33203125 : values[i];
            g_assert_cmpfloat((double)single[i], ==, wanted);
            g_assert_cmpfloat(twice[i], ==, wanted);
        }
    }
    g_assert_false(mend_array_read_f32(mend_weights_find(weights, "i"), single, &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "I64"));
}

static void
test_not_finite(void)
{
    static const float values[] = {NAN, INFINITY, -INFINITY};
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        float data[3] = {1, 2, values[i]}, single[3];
        double twice[3];
        g_autoptr(MendWeights) weights =
            parse("{\"a\":{" F32(0, 12) ",\"shape\":[3]}}", data, sizeof data, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_false(mend_array_read_f32(mend_weights_at(weights, 0), single, &error));
        g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
        g_assert_nonnull(strstr(error->message, "element 2"));
        g_assert_false(mend_array_read_f64(mend_weights_at(weights, 0), twice, NULL));
    }
}

/* Every half is a float, and comes back; what lies between two halves goes to the nearer one. */
static void
test_half(void)
{
    for (guint half = 0; half < 65536; half++) {
        float value = mend_half_to_float((guint16)half);
        if ((half & 0x7fff) > 0x7c00) {
            g_assert_true(isnan(value));
            g_assert_true(isnan(mend_half_to_float(mend_float_to_half(value))));
        } else {
            g_assert_cmpuint(mend_float_to_half(value), ==, half);
        }
    }
    g_assert_cmpfloat((double)mend_half_to_float(1), ==, 0x1p-24);
    g_assert_cmpfloat((double)mend_half_to_float(0x7bff), ==, 65504);
    g_assert_cmpuint(mend_float_to_half(65519.996F), ==, 0x7bff);
    g_assert_cmpuint(mend_float_to_half(65520), ==, 0x7c00);
    g_assert_cmpuint(mend_float_to_half(1e9F), ==, 0x7c00);
    g_assert_cmpuint(mend_float_to_half(0x1p-25F), ==, 0); /* tie, to even */
    g_assert_cmpuint(mend_float_to_half(0x1.002p-25F), ==, 1);
    g_assert_cmpuint(mend_float_to_half(1 + 0x1p-11F), ==, 0x3c00); /* tie, to even */
    g_assert_cmpuint(mend_float_to_half(1 + 0x3p-11F), ==, 0x3c02);
}

/* Files with random damage: refused or read, and nothing worse. */
static void
test_damage(void)
{
    GRand *rand = g_rand_new_with_seed(5);
    g_autoptr(GByteArray) file = make(good, 36);
    for (int round = 0; round < 20000; round++) {
        g_autofree guint8 *copy = g_memdup2(file->data, file->len);
        for (int i = g_rand_int_range(rand, 1, 4); i > 0; i--)
            copy[g_rand_int_range(rand, 0, (gint32)file->len)] = (guint8)g_rand_int(rand);
        g_autoptr(MendWeights) weights = mend_weights_parse(copy, file->len, "damaged", NULL);
        for (guint i = 0; weights && i < mend_weights_count(weights); i++) {
            double values[36];
            g_assert_true(mend_weights_at(weights, i)->count <= G_N_ELEMENTS(values));
            mend_array_read_f64(mend_weights_at(weights, i), values, NULL);
        }
    }
    g_rand_free(rand);
}

/* A file that another program empties while it is open: its arrays are still there. */
static void
test_emptied(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "mend-weights-XXXXXX", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(
        g_file_get_contents("tests/golden/nafnet_tiny.weights.safetensors", &bytes, &size, NULL));
    int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, bytes, size), ==, (gssize)size);
    g_autoptr(MendWeights) weights = mend_weights_open(path, NULL);
    g_assert_nonnull(weights);
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    close(fd);
    unlink(path);
    for (guint i = 0; i < mend_weights_count(weights); i++) {
        const MendArray *array = mend_weights_at(weights, i);
        g_autofree float *values = g_new(float, array->count);
        g_assert_true(mend_array_read_f32(array, values, NULL));
    }
}

static void
test_files(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MendWeights) weights =
        mend_weights_open("tests/golden/nafnet_tiny.weights.safetensors", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(mend_weights_count(weights), ==, 122); /* six blocks of 18, and 14 */
    g_assert_null(mend_weights_open("tests/golden/nowhere.safetensors", &error));
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
    g_assert_nonnull(strstr(error->message, "nowhere.safetensors"));
    g_clear_error(&error);
    g_assert_null(mend_weights_open("tests/golden", &error)); /* a folder */
    g_assert_error(error, MEND_ERROR, MEND_ERROR_WEIGHTS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/weights/good", test_good);
    g_test_add_func("/weights/truncated", test_truncated);
    g_test_add_func("/weights/refuses", test_refuses);
    g_test_add_func("/weights/lengths", test_lengths);
    g_test_add_func("/weights/nested", test_nested);
    g_test_add_func("/weights/types", test_types);
    g_test_add_func("/weights/not-finite", test_not_finite);
    g_test_add_func("/weights/half", test_half);
    g_test_add_func("/weights/damage", test_damage);
    g_test_add_func("/weights/emptied", test_emptied);
    g_test_add_func("/weights/files", test_files);
    return g_test_run();
}
