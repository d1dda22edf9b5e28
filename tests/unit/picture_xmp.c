/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XMP and IPTC: captions and rights reach the file that is written; no packet asks for turning. */
#include "compute/pictures/xmp.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/jpegs.h"

static char *folder, *path;

static GBytes *
reset(const char *text, gsize size)
{
    GBytes *packet = g_bytes_new(text, size);
    mend_xmp_reset(&packet);
    g_assert_cmpuint(g_bytes_get_size(packet), ==, size);
    return packet;
}

static void
test_orientation(void)
{
    static const char *const texts[][2] = {
        {"<a tiff:Orientation=\"6\" b=\"6\"/>", "<a tiff:Orientation=\"1\" b=\"6\"/>"},
        {"<tiff:Orientation>8</tiff:Orientation>", "<tiff:Orientation>1</tiff:Orientation>"},
        {"tiff:Orientation = '3'", "tiff:Orientation = '1'"},
        {"tiff:Orientation='12'", "tiff:Orientation='12'"},
        {"tiff:Orientation=", "tiff:Orientation="},
        {"tiff:Orientation6", "tiff:Orientation6"},
        {"tiff:Orientation=\"6", "tiff:Orientation=\"1"},
        {"tiff:Orientation", "tiff:Orientation"},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GBytes) packet = reset(texts[i][0], strlen(texts[i][0]));
        g_assert_cmpmem(g_bytes_get_data(packet, NULL), g_bytes_get_size(packet), texts[i][1],
                        strlen(texts[i][1]));
    }
    GBytes *none = NULL;
    mend_xmp_reset(&none);
    g_assert_null(none);
}

static void
check_bytes(GBytes *got, const char *expected)
{
    g_assert_nonnull(got);
    g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), expected, strlen(expected));
}

/* Through a file of each kind; the packet of a picture held on its side comes back upright. */
static void
check_kept(const char *suffix, gboolean keeps_iptc)
{
    g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_YCBCR], NULL, 1);
    g_auto(MendPicture) picture = {0}, again = {0};
    g_autofree char *name = g_strconcat(path, suffix, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(jpeg_read(path, file, &picture, NULL));
    picture.tags.xmp = g_bytes_new_static("<tiff:Orientation>6 Gr\303\274\303\237e", 27);
    picture.tags.iptc = g_bytes_new_static("8BIM\4\4 caption", 14);
    if (!mend_picture_write(name, &picture, &error)) {
        g_assert_nonnull(strstr(error->message, "built without PNG"));
        return;
    }
    g_assert_true(mend_picture_read(name, &again, NULL));
    check_bytes(again.tags.xmp, "<tiff:Orientation>1 Gr\303\274\303\237e");
    if (keeps_iptc)
        check_bytes(again.tags.iptc, "8BIM\4\4 caption");
    g_assert_null(again.tags.exif);
    g_unlink(name);
}

static void
test_kept(void)
{
    check_kept(".jpg", TRUE);
    check_kept(".png", FALSE);
}

/* What no marker holds is left out, and the picture written all the same. */
static void
test_too_large(void)
{
    enum { MARKER = 65533, PREFIX = 29 };
    for (gsize more = 0; more < 2; more++) {
        g_autoptr(GByteArray) file = jpeg_encode(&jpeg_kinds[JPEG_YCBCR], NULL, 1);
        g_auto(MendPicture) picture = {0}, again = {0};
        gsize size = MARKER - PREFIX + more;
        g_assert_true(jpeg_read(path, file, &picture, NULL));
        picture.tags.xmp = g_bytes_new_take(g_strnfill(size, 'x'), size);
        g_assert_true(mend_picture_write(path, &picture, NULL));
        g_assert_true(mend_picture_read(path, &again, NULL));
        g_assert_cmpuint(again.tags.xmp ? g_bytes_get_size(again.tags.xmp) : 0, ==,
                         more ? 0 : size);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("mend-xmp-XXXXXX", NULL);
    g_assert_nonnull(folder);
    path = g_build_filename(folder, "a.jpg", NULL);
    g_test_add_func("/picture-xmp/orientation", test_orientation);
    g_test_add_func("/picture-xmp/kept", test_kept);
    g_test_add_func("/picture-xmp/too-large", test_too_large);
    int result = g_test_run();
    g_unlink(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return result;
}
