/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tiles: every pixel once, on the network's grid, mirrored at the borders. */
#include "compute/tiler.h"

static const struct {
    int width, height, core, overlap, align;
} cases[] = {
    {1, 1, 512, 40, 8},    {1, 5000, 512, 40, 8},  {5000, 1, 512, 40, 8}, {512, 512, 512, 40, 8},
    {513, 600, 512, 0, 8}, {100, 37, 1, 1, 1},     {100, 37, 16, 48, 16}, {17, 9, 8, 200, 8},
    {2, 3, 8, 24, 8},      {1000, 1001, 96, 7, 4},
};

static void
test_every_pixel_once(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendTiler t = mend_tiler(cases[i].width, cases[i].height, cases[i].core, cases[i].overlap,
                                 cases[i].align);
        size_t side = (size_t)t.width;
        g_autofree int *seen = g_new0(int, side *(size_t)t.height);
        for (int k = 0; k < mend_tiler_count(&t); k++) {
            MendTile tile = mend_tiler_at(&t, k);
            g_assert_cmpint(tile.x % cases[i].align, ==, 0);
            g_assert_cmpint(tile.y % cases[i].align, ==, 0);
            g_assert_cmpint(tile.w, >=, 1);
            g_assert_cmpint(tile.h, >=, 1);
            for (int y = tile.y; y < tile.y + tile.h; y++) {
                for (int x = tile.x; x < tile.x + tile.w; x++)
                    seen[(size_t)y * side + (size_t)x]++;
            }
        }
        for (size_t k = 0; k < side * (size_t)t.height; k++)
            g_assert_cmpint(seen[k], ==, 1);
    }
}

static void
test_sides(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int align = cases[i].align;
        MendTiler t =
            mend_tiler(cases[i].width, cases[i].height, cases[i].core, cases[i].overlap, align);
        g_assert_cmpint(mend_tiler_side_w(&t), ==, t.core_w + 2 * t.overlap);
        g_assert_cmpint(mend_tiler_side_h(&t) % align, ==, 0);
        g_assert_cmpint(t.overlap, >=, cases[i].overlap);
        g_assert_cmpint(t.core_w, <, MIN(cases[i].core, cases[i].width) + align);
        g_assert_cmpint(t.core_h, <, MIN(cases[i].core, cases[i].height) + align);
    }
    /* 513 columns are two tiles of 264, not one of 512 and one of nearly nothing. */
    MendTiler even = mend_tiler(513, 8, 512, 0, 8);
    g_assert_cmpint(even.core_w, ==, 264);
}

/* The pixel that an endless mirror shows at i, found by walking. */
static int
walk(int i, int n)
{
    int at = 0, step = 1;
    if (n == 1)
        return 0;
    for (int k = 0; k < ABS(i); k++) {
        if (at + step < 0 || at + step >= n)
            step = -step;
        at += step;
    }
    return at;
}

static void
test_mirror(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendTiler t = mend_tiler(cases[i].width, cases[i].height, cases[i].core, cases[i].overlap,
                                 cases[i].align);
        g_auto(MendTensor) picture = mend_tensor_new((MendShape){2, t.height, t.width}, NULL);
        MendShape side = {2, mend_tiler_side_h(&t), mend_tiler_side_w(&t)};
        g_auto(MendTensor) dst = mend_tensor_new(side, NULL);
        for (size_t k = 0; k < mend_shape_count(picture.shape); k++)
            picture.data[k] = (float)k;
        int last = mend_tiler_count(&t) - 1;
        MendTile tile = mend_tiler_at(&t, last);
        mend_tiler_read(&t, tile, picture, dst);
        for (int y = 0; y < side.h; y += 3) {
            for (int x = 0; x < side.w; x++) {
                int px = walk(tile.x - t.overlap + x, t.width);
                int py = walk(tile.y - t.overlap + y, t.height);
                size_t from = ((size_t)t.height + (size_t)py) * (size_t)t.width + (size_t)px;
                size_t to = ((size_t)side.h + (size_t)y) * (size_t)side.w + (size_t)x;
                g_assert_cmpfloat(dst.data[to], ==, picture.data[from]);
            }
        }
    }
}

static void
test_read_then_write_copies(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        MendTiler t = mend_tiler(cases[i].width, cases[i].height, cases[i].core, cases[i].overlap,
                                 cases[i].align);
        MendShape shape = {3, t.height, t.width};
        g_auto(MendTensor) picture = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) copy = mend_tensor_new(shape, NULL);
        g_auto(MendTensor) side =
            mend_tensor_new((MendShape){3, mend_tiler_side_h(&t), mend_tiler_side_w(&t)}, NULL);
        for (size_t k = 0; k < mend_shape_count(shape); k++) {
            picture.data[k] = (float)k;
            copy.data[k] = -1;
        }
        for (int k = 0; k < mend_tiler_count(&t); k++) {
            mend_tiler_read(&t, mend_tiler_at(&t, k), picture, side);
            mend_tiler_write(&t, mend_tiler_at(&t, k), side, copy);
        }
        g_assert_cmpmem(copy.data, mend_shape_count(shape) * sizeof(float), picture.data,
                        mend_shape_count(shape) * sizeof(float));
    }
}

static void
test_whole_pads_with_zeros(void)
{
    MendTiler t = mend_tiler_whole(3, 2, 4);
    float pixels[6] = {1, 2, 3, 4, 5, 6}, expected[16] = {1, 2, 3, 0, 4, 5, 6}, got[16];
    MendTensor picture = {{1, 2, 3}, pixels}, dst = {{1, 4, 4}, got};
    g_assert_cmpint(mend_tiler_count(&t), ==, 1);
    g_assert_cmpint(mend_tiler_side_w(&t), ==, 4);
    g_assert_cmpint(mend_tiler_side_h(&t), ==, 4);
    mend_tiler_read(&t, mend_tiler_at(&t, 0), picture, dst);
    g_assert_cmpmem(got, sizeof got, expected, sizeof expected);
}

/* On a torus what lies beyond an edge is what lies at the other, however far. */
static void
test_wrap(void)
{
    MendTiler tiler = mend_tiler(6, 4, 2, 10, 2);
    tiler.wrap = TRUE;
    float picture[24], seen[22 * 22];
    for (int i = 0; i < 24; i++)
        picture[i] = (float)i;
    g_assert_cmpint(mend_tiler_side_w(&tiler), ==, 22);
    for (int k = 0; k < mend_tiler_count(&tiler); k++) {
        MendTile tile = mend_tiler_at(&tiler, k);
        mend_tiler_read(&tiler, tile, (MendTensor){{1, 4, 6}, picture},
                        (MendTensor){{1, 22, 22}, seen});
        for (int y = 0; y < 22; y++)
            for (int x = 0; x < 22; x++) {
                int from_x = (tile.x + x - 10 + 60) % 6, from_y = (tile.y + y - 10 + 40) % 4;
                g_assert_cmpfloat(seen[y * 22 + x], ==, picture[from_y * 6 + from_x]);
            }
    }
}

/* A grid that is moved: each pixel is still written once, with what was read at its place. */
static void
test_shift(void)
{
    for (int shift = 0; shift < 24; shift++) {
        MendTiler tiler = mend_tiler(6, 4, 4, 2, 2);
        tiler.wrap = TRUE;
        tiler.shift_x = shift % 6;
        tiler.shift_y = shift / 6;
        float picture[24], copy[24] = {0}, seen[8 * 8];
        int side_w = mend_tiler_side_w(&tiler), side_h = mend_tiler_side_h(&tiler);
        g_assert_cmpint(side_w * side_h, <=, 64);
        for (int i = 0; i < 24; i++)
            picture[i] = (float)(i + 1);
        for (int k = 0; k < mend_tiler_count(&tiler); k++) {
            MendTile tile = mend_tiler_at(&tiler, k);
            MendTensor window = {{1, side_h, side_w}, seen};
            mend_tiler_read(&tiler, tile, (MendTensor){{1, 4, 6}, picture}, window);
            int x = (tile.x + tiler.shift_x) % 6, y = (tile.y + tiler.shift_y) % 4;
            g_assert_cmpfloat(seen[2 * side_w + 2], ==, picture[y * 6 + x]);
            g_assert_cmpfloat(copy[y * 6 + x], ==, 0);
            mend_tiler_write(&tiler, tile, window, (MendTensor){{1, 4, 6}, copy});
        }
        g_assert_cmpmem(picture, sizeof picture, copy, sizeof copy);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tiler/every-pixel-once", test_every_pixel_once);
    g_test_add_func("/tiler/sides", test_sides);
    g_test_add_func("/tiler/mirror", test_mirror);
    g_test_add_func("/tiler/read-then-write-copies", test_read_then_write_copies);
    g_test_add_func("/tiler/whole-pads-with-zeros", test_whole_pads_with_zeros);
    g_test_add_func("/tiler/wrap", test_wrap);
    g_test_add_func("/tiler/shift", test_shift);
    return g_test_run();
}
