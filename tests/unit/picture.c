/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picture files: round trips, damaged files, and writing that never leaves half a file. */
#include "compute/picture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/error.h"
#include "compute/fault.h"

static char *folder;

static char *
in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static MendPicture
make(int c, int w, int h, int bits)
{
    MendPicture picture = {.pixels = mend_tensor_new((MendShape){c, h, w}, NULL), .bits = bits};
    unsigned most = bits == 8 ? 255 : 65535;
    for (size_t i = 0; i < mend_shape_count(picture.pixels.shape); i++)
        picture.pixels.data[i] = (float)((unsigned)i * 2654435761u % (most + 1)) / (float)most;
    return picture;
}

static gboolean
has_png(void)
{
    g_auto(MendPicture) dot = make(1, 1, 1, 8);
    g_autofree char *path = in_folder("probe.png");
    gboolean written = mend_picture_write(path, &dot, NULL);
    g_unlink(path);
    return written;
}

static void
test_round_trips(void)
{
    static const struct {
        const char *name;
        int c, bits;
    } cases[] = {
        {"a.ppm", 3, 8},  {"a.ppm", 3, 16}, {"a.pgm", 1, 8},  {"a.pgm", 1, 16}, {"a.pfm", 1, 32},
        {"A.PFM", 3, 32}, {"a.png", 1, 8},  {"a.png", 2, 8},  {"a.png", 3, 8},  {"a.png", 4, 8},
        {"A.PNG", 1, 16}, {"a.png", 2, 16}, {"a.png", 3, 16}, {"a.png", 4, 16}, {"a.pat", 1, 8},
        {"a.pat", 2, 8},  {"a.pat", 3, 8},  {"A.PAT", 4, 8},
    };
    static const int sizes[][2] = {{1, 1}, {7, 5}, {1, 300}, {300, 1}};
    gboolean png = has_png();
    for (size_t i = 0; i < G_N_ELEMENTS(cases) * G_N_ELEMENTS(sizes); i++) {
        size_t k = i / G_N_ELEMENTS(sizes);
        const int *size = sizes[i % G_N_ELEMENTS(sizes)];
        g_autofree char *lower = g_ascii_strdown(cases[k].name, -1);
        if (!png && g_str_has_suffix(lower, ".png"))
            continue;
        g_auto(MendPicture) picture = make(cases[k].c, size[0], size[1], cases[k].bits);
        g_auto(MendPicture) back = {0};
        g_autofree char *path = in_folder(cases[k].name);
        g_autoptr(GError) error = NULL;
        mend_picture_write(path, &picture, &error);
        g_assert_no_error(error);
        mend_picture_read(path, &back, &error);
        g_assert_no_error(error);
        g_assert_cmpint(back.bits, ==, cases[k].bits);
        g_assert_true(mend_shape_equal(back.pixels.shape, picture.pixels.shape));
        size_t bytes = mend_shape_count(back.pixels.shape) * sizeof(float);
        g_assert_cmpmem(back.pixels.data, bytes, picture.pixels.data, bytes);
        g_unlink(path);
    }
}

static void
test_pfm_keeps_any_float(void)
{
    float values[6] = {NAN, INFINITY, -INFINITY, -7.5f, 1e30f, 0.0f};
    MendPicture picture = {.pixels = {{3, 2, 1}, values}, .bits = 32};
    g_auto(MendPicture) back = {0};
    g_autofree char *path = in_folder("any.pfm");
    g_assert_true(mend_picture_write(path, &picture, NULL));
    g_assert_true(mend_picture_read(path, &back, NULL));
    g_assert_cmpmem(back.pixels.data, sizeof values, values, sizeof values);
    /* As 8 bit: what is no number is black, the rest is clamped. */
    g_autofree char *eight = in_folder("any.ppm");
    g_auto(MendPicture) clamped = {0};
    picture.bits = 8;
    g_assert_true(mend_picture_write(eight, &picture, NULL));
    g_assert_true(mend_picture_read(eight, &clamped, NULL));
    float expected[6] = {0, 1, 0, 0, 1, 0};
    g_assert_cmpmem(clamped.pixels.data, sizeof expected, expected, sizeof expected);
    g_unlink(path);
    g_unlink(eight);
}

static void
test_known_bytes(void)
{
    static const char text[] = "P6 # a comment\n2 1\n# another\n 100\n\0\62\144\144\62\377";
    g_autofree char *path = in_folder("known.ppm");
    g_auto(MendPicture) picture = {0};
    g_assert_true(g_file_set_contents(path, text, sizeof text - 1, NULL));
    g_assert_true(mend_picture_read(path, &picture, NULL));
    float expected[6] = {0, 1, 0.5f, 0.5f, 1, 1}; /* 255 of 100 is 1 */
    g_assert_cmpmem(picture.pixels.data, sizeof expected, expected, sizeof expected);
    g_unlink(path);
}

/* 4 x 1 pixels of 2 bits: red (transparent), green (half), blue and white from a palette. */
static void
test_png_is_expanded(void)
{
    static const guint8 palette[] = {
        137, 80,  78,  71, 13, 10,  26, 10,  0,   0,   0,   13,  73,  72,  68,  82,  0,   0,
        0,   4,   0,   0,  0,  1,   2,  3,   0,   0,   0,   132, 82,  231, 94,  0,   0,   0,
        12,  80,  76,  84, 69, 255, 0,  0,   0,   255, 0,   0,   0,   255, 255, 255, 255, 251,
        0,   96,  246, 0,  0,  0,   2,  116, 82,  78,  83,  0,   128, 155, 43,  78,  24,  0,
        0,   0,   10,  73, 68, 65,  84, 120, 156, 99,  144, 6,   0,   0,   29,  0,   28,  142,
        244, 245, 33,  0,  0,  0,   0,  73,  69,  78,  68,  174, 66,  96,  130};
    if (!has_png()) {
        g_test_skip("built without libpng");
        return;
    }
    g_autofree char *path = in_folder("palette.png");
    g_auto(MendPicture) picture = {0};
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(path, (const char *)palette, sizeof palette, NULL));
    mend_picture_read(path, &picture, &error);
    g_assert_no_error(error);
    float expected[16] = {1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 128.0f / 255.0f, 1, 1};
    g_assert_cmpint(picture.pixels.shape.c, ==, 4);
    g_assert_cmpmem(picture.pixels.data, sizeof expected, expected, sizeof expected);
    g_unlink(path);
}

static void
test_damaged_files(void)
{
    static const char *const texts[] = {
        "",
        "P",
        "P6",
        "P6\n",
        "P6\n1 1\n",
        "P6\n1 1\n255\n",
        "P6\n2 2\n255\nabc",
        "P6\n0 1\n255\nabc",
        "P6\n-1 1\n255\nabc",
        "P6\n1 1\n65536\nabcdef",
        "P6\nx 1\n255\nabc",
        "P6\n1 1\n0\nabc",
        "P6\n99999999999999999999 1\n255\nabc",
        "P6\n2147483647 2147483647\n255\na",
        "P3\n1 1\n255\n1 2 3\n",
        "PF\n1 1\n0\nabcdefghijkl",
        "PF\n1 1\nnan\nabcdefghijkl",
        "PF\n1 2\n-1\nabcdefghijkl",
        "\211PNG\r\n\032\n",
        "\211PNG\r\n\032\nxxxxxxxxxxxxxxxxx",
        "GIF89a",
        "\377\330\377\340",
    };
    g_autofree char *path = in_folder("damaged");
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(MendPicture) picture = {0};
        g_autoptr(GError) error = NULL;
        g_assert_true(g_file_set_contents(path, texts[i], -1, NULL));
        g_assert_false(mend_picture_read(path, &picture, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
        g_assert_nonnull(strstr(error->message, path));
        g_assert_null(picture.pixels.data);
    }
    g_unlink(path);
    g_auto(MendPicture) picture = {0};
    g_autoptr(GError) error = NULL;
    g_assert_false(mend_picture_read(folder, &picture, &error));
    g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
}

/* Every file cut at every byte is refused, and never read beyond its end. */
static void
test_truncated(void)
{
    static const char *const names[] = {"cut.ppm", "cut.pfm", "cut.pat", "cut.png"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(MendPicture) picture = make(3, 5, 4, i == 1 ? 32 : 8);
        g_autofree char *path = in_folder(names[i]), *bytes = NULL;
        gsize size = 0;
        if (i == 3 && !has_png())
            break;
        g_assert_true(mend_picture_write(path, &picture, NULL));
        g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        for (gsize n = 0; n < size; n++) {
            g_auto(MendPicture) back = {0};
            g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
            g_assert_false(mend_picture_read(path, &back, NULL));
        }
        g_unlink(path);
    }
}

/* Byte by byte what GIMP's documentation of the format says, with the file's name. */
static void
test_pattern_file(void)
{
    static const char header[] = "\0\0\0\x1e\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\3GPAT"
                                 "a b c";
    static const guint8 pixels[] = {0, 255, 51, 102, 204, 153};
    g_auto(MendPicture) picture = make(3, 2, 1, 8);
    g_autofree char *path = in_folder("a b c.pat"), *bytes = NULL;
    gsize size = 0;
    for (size_t i = 0; i < sizeof pixels; i++)
        picture.pixels.data[i % 3 * 2 + i / 3] = (float)pixels[i] / 255.0f;
    g_assert_true(mend_picture_write(path, &picture, NULL));
    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    g_assert_cmpmem(bytes, size - sizeof pixels, header, sizeof header);
    g_assert_cmpmem(bytes + size - sizeof pixels, sizeof pixels, pixels, sizeof pixels);
    for (int at = 0; at < 20; at += 4) { /* each word of the header far too large */
        g_auto(MendPicture) back = {0};
        g_autofree char *bad = g_memdup2(bytes, size);
        memset(bad + at, 0x7f, 4);
        g_assert_true(g_file_set_contents(path, bad, (gssize)size, NULL));
        g_assert_false(mend_picture_read(path, &back, NULL));
    }
    g_unlink(path);
    g_auto(MendPicture) wide = make(1, 10001, 1, 8);
    g_autoptr(GError) error = NULL;
    g_assert_false(mend_picture_write(path, &wide, &error));
    g_assert_nonnull(strstr(error->message, "10000 pixels"));
}

static int
files_in_folder(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    int n = 0;
    while (g_dir_read_name(dir))
        n++;
    return n;
}

/* The disk is full at each write in turn: the old file stays, nothing lies about. */
static void
test_failed_write_keeps_the_old(void)
{
    static const char *const names[] = {"keep.ppm", "keep.pfm", "keep.pat", "keep.png"};
    for (size_t i = 0; i < G_N_ELEMENTS(names) && (i < 3 || has_png()); i++) {
        g_auto(MendPicture) picture = make(3, 5, 4, i == 1 ? 32 : 8);
        g_autofree char *path = in_folder(names[i]);
        gboolean written = FALSE;
        g_assert_true(g_file_set_contents(path, "old", -1, NULL));
        for (int n = 1; !written; n++) {
            g_autofree char *fault = g_strdup_printf("write:%d", n), *text = NULL;
            g_autoptr(GError) error = NULL;
            g_setenv("MEND_FAULT", fault, TRUE);
            mend_fault_reset();
            written = mend_picture_write(path, &picture, &error);
            g_assert_cmpint(files_in_folder(), ==, 1);
            if (written)
                break;
            g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
            g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
            g_assert_cmpstr(text, ==, "old");
            g_assert_cmpint(n, <, 100);
        }
        g_unsetenv("MEND_FAULT");
        mend_fault_reset();
        g_unlink(path);
    }
}

static void
test_refused_targets(void)
{
    static const char *const names[] = {"none/a.png", "a.gif", "a", "alpha.ppm", "colour.pgm"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(MendPicture) picture = make(i == 3 ? 4 : 3, 2, 2, 8);
        g_autofree char *path = in_folder(names[i]);
        g_autoptr(GError) error = NULL;
        g_assert_false(mend_picture_write(path, &picture, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
        g_assert_nonnull(strstr(error->message, path));
    }
    g_assert_cmpint(files_in_folder(), ==, 0);
    g_auto(MendPicture) picture = make(3, 2, 2, 8);
    g_autofree char *link = in_folder("full.ppm");
    if (access("/dev/full", W_OK) == 0 && symlink("/dev/full", link) == 0) {
        g_autoptr(GError) error = NULL;
        struct stat before, after;
        g_assert_cmpint(stat("/dev/full", &before), ==, 0);
        g_assert_false(mend_picture_write(link, &picture, &error));
        g_assert_error(error, MEND_ERROR, (int)MEND_ERROR_IMAGE);
        g_assert_cmpint(stat("/dev/full", &after), ==, 0);
        g_assert_cmpuint(before.st_ino, ==, after.st_ino);
        g_unlink(link);
    }
}

/* The least that libpng takes for a profile, and bytes that cannot be packed to nearly nothing. */
static GBytes *
tiny_profile(void)
{
    guint8 profile[232] = {[3] = 232, [8] = 2};
    for (unsigned i = 132; i < sizeof profile; i++)
        profile[i] = (guint8)(i * 2654435761u >> 16);
    memcpy(profile + 12, "mntrRGB XYZ ", 12);
    memcpy(profile + 36, "acsp", 4);
    memcpy(profile + 68, "\0\0\366\326\0\1\0\0\0\0\323\55", 12); /* D50 */
    return g_bytes_new(profile, sizeof profile);
}

/* Of colours and size on paper all is written that was read, and nothing else. */
static void
test_png_tags(void)
{
    MendPictureTags cases[] = {
        {0},
        {.is_srgb = TRUE, .intent = 1, .density_x = 11811, .density_y = 5906, .density_unit = 1},
        {.gamma = 55000,
         .white = {31270, 32900},
         .primaries = {64000, 33000, 21000, 71000, 15000, 6000}},
        {.profile = tiny_profile(),
         .profile_name = g_strdup("A profile"),
         .density_x = 3,
         .density_y = 4},
    };
    g_autofree char *path = in_folder("tags.png");
    for (size_t i = 0; i < G_N_ELEMENTS(cases) && has_png(); i++) {
        g_auto(MendPicture) picture = make(3, 4, 3, 8);
        g_auto(MendPicture) back = {0};
        picture.tags = cases[i];
        g_assert_true(mend_picture_write(path, &picture, NULL));
        g_assert_true(mend_picture_read(path, &back, NULL));
        const MendPictureTags *got = &back.tags;
        g_assert_cmpint(got->is_srgb, ==, cases[i].is_srgb);
        g_assert_cmpint(got->intent, ==, cases[i].intent);
        g_assert_cmpuint(got->density_x, ==, cases[i].density_x);
        g_assert_cmpuint(got->density_y, ==, cases[i].density_y);
        g_assert_cmpint(got->density_unit, ==, cases[i].density_unit);
        g_assert_cmpstr(got->profile_name, ==, cases[i].profile_name);
        g_assert_true(!got->profile == !cases[i].profile);
        if (got->profile)
            g_assert_true(g_bytes_equal(got->profile, cases[i].profile));
        if (cases[i].gamma) {
            g_assert_cmpint(got->gamma, ==, cases[i].gamma);
            g_assert_cmpmem(got->white, sizeof got->white, cases[i].white, sizeof got->white);
            g_assert_cmpmem(got->primaries, sizeof got->primaries, cases[i].primaries,
                            sizeof got->primaries);
        }
    }
    g_unlink(path);
    if (!has_png()) {
        g_test_skip("built without libpng");
        g_bytes_unref(cases[3].profile);
        g_free(cases[3].profile_name);
    }
}

static void
test_colour_and_back(void)
{
    g_auto(MendPicture) grey = make(2, 3, 2, 8);
    g_auto(MendPicture) colour = make(4, 3, 2, 8);
    g_auto(MendTensor) from_grey = mend_picture_rgb(&grey, NULL);
    g_auto(MendTensor) from_colour = mend_picture_rgb(&colour, NULL);
    for (size_t i = 0; i < 6; i++) {
        for (size_t c = 0; c < 3; c++) {
            g_assert_cmpfloat(from_grey.data[c * 6 + i], ==, grey.pixels.data[i]);
            g_assert_cmpfloat(from_colour.data[c * 6 + i], ==, colour.pixels.data[c * 6 + i]);
            from_grey.data[c * 6 + i] = (float)(c + i);
        }
    }
    float alpha = grey.pixels.data[7];
    mend_picture_set_rgb(&grey, from_grey);
    g_assert_cmpfloat(grey.pixels.data[4], ==, 5); /* the mean of 4, 5, 6 */
    g_assert_cmpfloat(grey.pixels.data[7], ==, alpha);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mend-picture-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_test_add_func("/picture/round-trips", test_round_trips);
    g_test_add_func("/picture/pattern-file", test_pattern_file);
    g_test_add_func("/picture/pfm-keeps-any-float", test_pfm_keeps_any_float);
    g_test_add_func("/picture/known-bytes", test_known_bytes);
    g_test_add_func("/picture/png-is-expanded", test_png_is_expanded);
    g_test_add_func("/picture/damaged-files", test_damaged_files);
    g_test_add_func("/picture/truncated", test_truncated);
    g_test_add_func("/picture/failed-write-keeps-the-old", test_failed_write_keeps_the_old);
    g_test_add_func("/picture/refused-targets", test_refused_targets);
    g_test_add_func("/picture/png-tags", test_png_tags);
    g_test_add_func("/picture/colour-and-back", test_colour_and_back);
    int result = g_test_run();
    g_rmdir(folder);
    g_free(folder);
    return result;
}
