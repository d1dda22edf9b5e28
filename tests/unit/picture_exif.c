/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EXIF: pictures are turned upright, what is carried says so, no block does harm. */
#include "compute/pictures/exif.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/unit/jpegs.h"

static char *folder, *path;

/* The block as it must be written: upright, turned by a quarter where so, without a thumbnail. */
static void
check_exif(GBytes *block, gboolean little, gboolean quarter)
{
    g_autoptr(GBytes) before = jpeg_exif(little, 1);
    gsize size, n;
    const guint8 *expected = g_bytes_get_data(before, &size);
    g_autofree guint8 *wanted = g_memdup2(expected, size);
    g_assert_nonnull(block);
    const guint8 *got = g_bytes_get_data(block, &n);
    memset(wanted + 58, 0, 4);
    if (quarter) { /* the values of two neighbours each */
        memcpy(wanted + 24, expected + 36, 10);
        memcpy(wanted + 36, expected + 24, 10);
        memcpy(wanted + 66, expected + 78, 10);
        memcpy(wanted + 78, expected + 66, 10);
    }
    g_assert_cmpmem(got, n, wanted, size);
}

/* Where the corners of the picture as seen are in the stored one, x and y: top left, top right,
 * bottom left. The ramp is straight, so they say all. */
static void
check_upright(const MendPicture *picture, int orientation)
{
    static const int corner[9][3][2] = {
        [1] = {{0, 0}, {1, 0}, {0, 1}}, [2] = {{1, 0}, {0, 0}, {1, 1}},
        [3] = {{1, 1}, {0, 1}, {1, 0}}, [4] = {{0, 1}, {1, 1}, {0, 0}},
        [5] = {{0, 0}, {0, 1}, {1, 0}}, [6] = {{0, 1}, {0, 0}, {1, 1}},
        [7] = {{1, 1}, {1, 0}, {0, 1}}, [8] = {{1, 0}, {1, 1}, {0, 0}},
    };
    MendShape shape = picture->pixels.shape;
    int w = orientation >= 5 ? JPEG_H : JPEG_W, h = orientation >= 5 ? JPEG_W : JPEG_H;
    g_assert_true(mend_shape_equal(shape, (MendShape){3, h, w}));
    for (int i = 0; i < 3 * w * h; i++) {
        double v[3], x = i % w / (w - 1.0), y = i / w % h / (h - 1.0);
        for (int k = 0; k < 3; k++)
            v[k] = jpeg_light(i / (w * h), corner[orientation][k][0], corner[orientation][k][1]);
        double expected = v[0] + (v[1] - v[0]) * x + (v[2] - v[0]) * y;
        g_assert_cmpfloat(fabs(expected - (double)picture->pixels.data[i]), <, 0.03);
    }
    const MendPictureTags *tags = &picture->tags;
    g_assert_cmpuint(tags->density_x, ==, orientation >= 5 ? 5906 : 11811);
    g_assert_cmpuint(tags->density_y, ==, orientation >= 5 ? 11811 : 5906);
}

/* From each orientation, in both orders of bytes, to both formats and back. */
static void
test_orientations(void)
{
    static const char *const names[] = {"held.jpg", "held.png"};
    for (int i = 0; i < 8 * 2 * 2; i++) {
        int orientation = i / 4 + 1;
        gboolean little = i & 1;
        g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_YCBCR], NULL, 1);
        g_auto(MendPicture) stored = {0}, seen = {0}, again = {0};
        g_autofree char *name = g_build_filename(folder, names[i >> 1 & 1], NULL);
        g_autoptr(GError) error = NULL;
        g_assert_true(jpeg_read(path, file, &stored, NULL));
        stored.tags.exif = jpeg_exif(little, (guint)orientation);
        if (!mend_picture_write(name, &stored, &error)) {
            g_assert_nonnull(strstr(error->message, "built without PNG"));
            continue;
        }
        g_assert_true(mend_picture_read(name, &seen, NULL));
        check_upright(&seen, orientation);
        check_exif(seen.tags.exif, little, orientation >= 5);
        g_assert_true(mend_picture_write(name, &seen, NULL));
        g_assert_true(mend_picture_read(name, &again, NULL));
        check_upright(&again, orientation);
        check_exif(again.tags.exif, little, orientation >= 5);
        g_unlink(name);
    }
}

/* No block harms the picture: a broken one is left out, and what is carried asks for no turning. */
static void
check_block(const guint8 *block, size_t size)
{
    for (int round = 0; round < 2; round++) {
        g_auto(MendPicture) picture = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(GByteArray) file = jpeg_encode_with_exif(block, size);
        jpeg_read(path, file, &picture, &error);
        g_assert_no_error(error);
        int w = picture.pixels.shape.w;
        g_assert_true(w == JPEG_W || (w == JPEG_H && round == 0));
        if (!picture.tags.exif)
            return;
        g_autoptr(GBytes) kept = g_bytes_ref(picture.tags.exif);
        g_assert_cmpuint(g_bytes_get_size(kept), ==, size);
        if (round == 0) {
            memcpy((guint8 *)block, g_bytes_get_data(kept, NULL), size);
            continue;
        }
        g_assert_cmpmem(g_bytes_get_data(kept, NULL), size, block, size);
    }
}

static void
test_hostile_exif(void)
{
    static const struct {
        int at;
        const char *bytes;
        int n;
    } changes[] = {
        {4, "\377\377\377\377", 4},
        {4, "\0\0\0\0", 4},
        {4, "\7\0\0\0", 4},
        {4, "\145\0\0\0", 4},
        {8, "\377\377", 2},
        {8, "\0\0", 2},
        {12, "\2\0", 2},
        {18, "\0\0", 2},
        {18, "\11\0", 2},
        {18, "\377\377", 2},
        {54, "\10\0\0\0", 4},
        {54, "\12\0\0\0", 4},
        {54, "\377\377\377\377", 4},
        {58, "\10\0\0\0", 4},
        {62, "\377\377", 2},
        {0, "MM\0*", 4},
        {0, "II+\0", 4},
        {0, "MMII", 4},
    };
    GRand *rand = g_rand_new_with_seed(20);
    for (int i = 0; i < 200; i++) {
        g_autoptr(GBytes) whole = jpeg_exif(TRUE, 6);
        gsize size;
        const guint8 *bytes = g_bytes_get_data(whole, &size);
        g_autofree guint8 *block = g_memdup2(bytes, size);
        if (i < (int)G_N_ELEMENTS(changes))
            memcpy(block + changes[i].at, changes[i].bytes, (size_t)changes[i].n);
        for (int k = 0; k < 4 && i >= (int)G_N_ELEMENTS(changes); k++)
            block[g_rand_int_range(rand, 4, (int)size)] = (guint8)g_rand_int(rand);
        check_block(block, i % 2 ? size : (gsize)g_rand_int_range(rand, 0, (int)size + 1));
    }
    g_rand_free(rand);
}

/* Whatever the bytes, what is left of them asks for no turning. */
static void
test_reset_of_anything(void)
{
    GRand *rand = g_rand_new_with_seed(7);
    for (int i = 0; i < 20000; i++) {
        gsize size = (gsize)g_rand_int_range(rand, 0, 60);
        guint8 *bytes = g_malloc(size);
        for (gsize k = 0; k < size; k++)
            bytes[k] = (guint8)(g_rand_int(rand) & (i % 3 ? 15 : 255));
        if (size >= 8)
            memcpy(bytes, i % 2 ? "II*\0\10\0\0" : "MM\0*\0\0\0\10", i % 2 ? 7 : 8);
        for (gsize k = 10; k + 12 <= size && i % 4 > 1; k += 12)
            memcpy(bytes + k, i % 2 ? "\22\1\3\0" : "\1\22\0\3", 4);
        GBytes *block = g_bytes_new_take(bytes, size);
        int orientation = mend_exif_reset(&block);
        g_assert_cmpint(orientation, >=, 1);
        g_assert_cmpint(orientation, <=, 8);
        g_assert_true(block || orientation == 1);
        g_assert_cmpint(mend_exif_reset(&block), ==, 1);
        g_clear_pointer(&block, g_bytes_unref);
    }
    g_rand_free(rand);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mend-exif-XXXXXX", NULL);
    g_assert_nonnull(folder);
    path = g_build_filename(folder, "a.jpg", NULL);
    g_test_add_func("/picture-exif/orientations", test_orientations);
    g_test_add_func("/picture-exif/hostile", test_hostile_exif);
    g_test_add_func("/picture-exif/reset-of-anything", test_reset_of_anything);
    int result = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return result;
}
