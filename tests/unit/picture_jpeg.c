/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG files: every kind that libjpeg writes, damaged ones, profiles, and writing. */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compute/error.h"
#include "compute/fault.h"
#include "compute/picture.h"
#include "tests/unit/jpegs.h"

static char *folder, *path;

static void
expect_refusal(const GByteArray *bytes, const char *words)
{
    g_auto(MendPicture) picture = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(jpeg_read(path, bytes, &picture, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_nonnull(strstr(error->message, words));
    g_assert_null(picture.pixels.data);
    g_assert_null(picture.tags.exif);
}

static void
test_every_kind(void)
{
    for (size_t k = 0; k < G_N_ELEMENTS(jpeg_kinds); k++) {
        g_auto(MendPicture) picture = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[k], NULL, 0);
        int channels = jpeg_kinds[k].n == 1 ? 1 : 3;
        double worst = 0;
        jpeg_read(path, file, &picture, &error);
        g_assert_no_error(error);
        g_assert_true(
            mend_shape_equal(picture.pixels.shape, (MendShape){channels, JPEG_H, JPEG_W}));
        g_assert_cmpint(picture.bits, ==, 8);
        for (int i = 0; i < channels * JPEG_W * JPEG_H; i++) {
            double x = i % JPEG_W / (JPEG_W - 1.0), y = i / JPEG_W % JPEG_H / (JPEG_H - 1.0);
            double black = jpeg_kinds[k].n == 4 ? jpeg_light(3, x, y) : 1;
            double expected = jpeg_light(i / (JPEG_W * JPEG_H), x, y) * black;
            worst = fmax(worst, fabs(expected - (double)picture.pixels.data[i]));
        }
        g_test_message("%s: %.4f", jpeg_kinds[k].name, worst);
        g_assert_cmpfloat(worst, <,
                          0.03); /* 0.020 was seen, where colours have a quarter of the pixels */
    }
}

static void
test_profile(void)
{
    gsize size = 150001; /* three pieces */
    guint8 *noise = g_malloc(size);
    for (gsize i = 0; i < size; i++)
        noise[i] = (guint8)(i * 2654435761u >> 13);
    g_autoptr(GBytes) profile = g_bytes_new_take(noise, size);
    g_auto(MendPicture) picture = {0}, back = {0}, without = {0};
    g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_PROGRESSIVE], profile, 2);
    g_autoptr(GByteArray) inks = jpeg_encode(&jpeg_kinds[JPEG_ADOBE], profile, 0);
    g_autofree char *name = g_build_filename(folder, "profile.JPEG", NULL);
    g_assert_true(jpeg_read(path, file, &picture, NULL));
    g_assert_cmpuint(picture.tags.density_x, ==, 30000); /* 300 a centimetre */
    g_assert_true(mend_picture_write(name, &picture, NULL));
    g_assert_true(mend_picture_read(name, &back, NULL));
    g_assert_true(back.tags.profile && g_bytes_equal(back.tags.profile, profile));
    g_assert_cmpuint(back.tags.density_x, ==, 30000);
    g_assert_cmpuint(back.tags.density_y, ==, 15000);
    g_unlink(name);
    for (guint i = 0; i + 14 < file->len; i++) /* the second piece is lost */
        if (memcmp(file->data + i, "ICC_PROFILE\0\2", 13) == 0)
            file->data[i + 12] = 9;
    g_autoptr(GError) error = NULL;
    jpeg_read(path, file, &without, &error);
    g_assert_no_error(error);
    g_assert_null(without.tags.profile);
    expect_refusal(inks, "CMYK"); /* these inks are not ours to mix */
}

/* A file cut anywhere is refused: none gets a grey lower half. */
static void
test_truncated(void)
{
    static const int some[] = {0, JPEG_YCBCR, JPEG_PROGRESSIVE, JPEG_APART};
    for (size_t i = 0; i < G_N_ELEMENTS(some); i++) {
        g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[some[i]], NULL, 0);
        for (guint n = 0; n < file->len; n += (i == 1 && n < 700) || n + 20 > file->len ? 1 : 23) {
            g_auto(MendPicture) picture = {0};
            jpeg_put(path, file->data, n);
            g_assert_false(mend_picture_read(path, &picture, NULL));
            g_assert_null(picture.pixels.data);
        }
    }
}

/* Bits turned over anywhere: read, or refused with a reason. */
static void
test_bit_flips(void)
{
    GRand *rand = g_rand_new_with_seed(5);
    g_autoptr(GBytes) exif = jpeg_exif(FALSE, 8);
    for (int i = 0; i < 400; i++) {
        g_auto(MendPicture) picture = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) file =
            i % 4 ? jpeg_encode(&jpeg_kinds[i % (int)G_N_ELEMENTS(jpeg_kinds)], exif, 1)
                  : jpeg_encode_with_exif(g_bytes_get_data(exif, NULL), 106);
        int head = i % 2 ? (int)file->len : 700;
        for (int k = 0; k <= i % 3; k++)
            file->data[g_rand_int_range(rand, 3, head)] ^=
                (guint8)(1 << g_rand_int_range(rand, 0, 8));
        if (jpeg_read(path, file, &picture, &error)) {
            g_assert_cmpuint(mend_shape_count(picture.pixels.shape), >, 0);
        } else {
            g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
            g_assert_null(picture.pixels.data);
        }
    }
    g_rand_free(rand);
}

static guint
find_scan(const GByteArray *file, int number)
{
    for (guint i = 0; i + 1 < file->len; i++)
        if (file->data[i] == 0xff && file->data[i + 1] == 0xda && --number == 0)
            return i;
    return 0;
}

/* What libjpeg itself would only warn of, or not at all. */
static void
test_damage_without_an_error(void)
{
    static const guint8 zeros[100] = {0};
    g_autoptr(GByteArray) padded = jpeg_encode(&jpeg_kinds[JPEG_YCBCR], NULL, 0);
    g_autoptr(GByteArray) end = g_byte_array_new();
    g_auto(MendPicture) picture = {0};
    g_byte_array_append(end, padded->data + padded->len - 2, 2);
    g_byte_array_set_size(padded, padded->len - 2);
    g_byte_array_append(padded, zeros, 4); /* as cameras do */
    g_byte_array_append(padded, end->data, 2);
    g_assert_true(jpeg_read(path, padded, &picture, NULL));
    g_byte_array_set_size(padded, padded->len - 2);
    g_byte_array_append(padded, zeros, sizeof zeros);
    g_byte_array_append(padded, end->data, 2);
    expect_refusal(padded, "damaged");

    g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_APART], NULL, 0);
    guint second = find_scan(file, 2), third = find_scan(file, 3);
    g_autoptr(GByteArray) many = g_byte_array_append(g_byte_array_new(), file->data, third);
    for (int i = 0; i < 256; i++)
        g_byte_array_append(many, file->data + second, third - second);
    g_byte_array_append(many, file->data + third, file->len - third);
    expect_refusal(many, "256 scans");
    g_byte_array_set_size(file, third);
    g_byte_array_append(file, end->data, 2);
    expect_refusal(file, "a colour is missing");
}

/* A few hundred bytes that say they are 65500 x 30000 pixels, which is less than the most. */
static void
test_lie_about_the_size(void)
{
    g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_PROGRESSIVE], NULL, 0);
    for (guint i = 2; i + 9 < file->len; i++)
        if (file->data[i] == 0xff && file->data[i + 1] == 0xc2)
            memcpy(file->data + i + 5, "\165\60\377\334", 4);
    expect_refusal(file, "too short for its pixels");
}

static void
test_what_does_not_fit(void)
{
    static const MendShape shapes[] = {{2, 2, 2}, {4, 2, 2}, {1, 1, 65501}, {3, 65501, 1}};
    g_autofree char *name = g_build_filename(folder, "no.jpg", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        g_auto(MendPicture) picture = {.pixels = mend_tensor_new(shapes[i], NULL), .bits = 8};
        g_autoptr(GError) before = NULL, after = NULL;
        g_assert_false(mend_picture_fits(name, &picture, &before));
        g_assert_nonnull(
            strstr(before->message, i < 2 ? "transparency; use .png" : "65500 pixels"));
        g_assert_false(mend_picture_write(name, &picture, &after));
        g_assert_cmpstr(before->message, ==, after->message);
        g_assert_false(g_file_test(name, G_FILE_TEST_EXISTS));
    }
}

/* The disk is full at each write in turn: the old file stays. */
static void
test_failed_write(void)
{
    g_auto(MendPicture)
        noise = {.pixels = mend_tensor_new((MendShape){3, 200, 200}, NULL), .bits = 8};
    g_autofree char *name = g_build_filename(folder, "keep.jpg", NULL);
    gboolean written = FALSE;
    int n = 0;
    for (size_t i = 0; i < mend_shape_count(noise.pixels.shape); i++)
        noise.pixels.data[i] = (float)((unsigned)i * 2654435761u >> 16) / 65535.0f;
    g_assert_true(g_file_set_contents(name, "old", -1, NULL));
    while (!written) {
        g_autofree char *fault = g_strdup_printf("write:%d", ++n), *text = NULL;
        g_autoptr(GError) error = NULL;
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        written = mend_picture_write(name, &noise, &error);
        if (written)
            break;
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
        g_assert_true(g_file_get_contents(name, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "old");
    }
    g_unsetenv("MEND_FAULT");
    mend_fault_reset();
    g_assert_cmpint(n, >, 3); /* it is more than one buffer */
    g_unlink(name);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mend-jpeg-XXXXXX", NULL);
    g_assert_nonnull(folder);
    path = g_build_filename(folder, "a.jpg", NULL);
    g_test_add_func("/picture-jpeg/every-kind", test_every_kind);
    g_test_add_func("/picture-jpeg/profile", test_profile);
    g_test_add_func("/picture-jpeg/truncated", test_truncated);
    g_test_add_func("/picture-jpeg/bit-flips", test_bit_flips);
    g_test_add_func("/picture-jpeg/damage-without-an-error", test_damage_without_an_error);
    g_test_add_func("/picture-jpeg/lie-about-the-size", test_lie_about_the_size);
    g_test_add_func("/picture-jpeg/what-does-not-fit", test_what_does_not_fit);
    g_test_add_func("/picture-jpeg/failed-write", test_failed_write);
    int result = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return result;
}
