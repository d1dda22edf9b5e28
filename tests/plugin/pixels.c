/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plugin/gegl_io.h and fill.h on plain GEGL buffers: no GIMP is needed. */
#include "plugin/gegl_io.h"

#include "compute/error.h"
#include "compute/fault.h"
#include "plugin/fill.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 300, HEIGHT = 260 }; /* more than one strip of rows */

static const char *const formats[] = {
    "R'G'B' u8",   "R'G'B'A u8",    "RGBA u8",        "Y' u8",        "Y'A u16",
    "R'G'B'A u16", "R'G'B'A u32",   "RGBA half",      "R'G'B'A half", "RGBA float",
    "Y float",     "R'G'B'A float", "R'G'B'A double", "RGB double",   "YA double",
};

/* A buffer of random but valid pixels; seed picks them. */
static GeglBuffer *
buffer_new(const char *format, guint32 seed)
{
    GeglRectangle extent = {0, 0, WIDTH, HEIGHT};
    GeglBuffer *buffer = gegl_buffer_new(&extent, babl_format(format));
    g_autofree double *values = g_new(double, 4 * WIDTH * HEIGHT);
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    for (int i = 0; i < 4 * WIDTH * HEIGHT; i++)
        values[i] = g_rand_double_range(rand, 0.01, 0.99);
    gegl_buffer_set(buffer, &extent, 0, babl_format("R'G'B'A double"), values, GEGL_AUTO_ROWSTRIDE);
    return buffer;
}

static void
put(GeglBuffer *buffer, int x, int y, const float rgba[4])
{
    GeglRectangle place = {x, y, 1, 1};
    gegl_buffer_set(buffer, &place, 0, babl_format("R~G~B~A float"), rgba, GEGL_AUTO_ROWSTRIDE);
}

static void
get(GeglBuffer *buffer, int x, int y, float rgba[4])
{
    GeglRectangle place = {x, y, 1, 1};
    gegl_buffer_get(buffer, &place, 1.0, babl_format("R~G~B~A float"), rgba, GEGL_AUTO_ROWSTRIDE,
                    GEGL_ABYSS_NONE);
}

static gboolean
same_bytes(GeglBuffer *a, GeglBuffer *b, const GeglRectangle *rect)
{
    const Babl *format = gegl_buffer_get_format(a);
    size_t bytes =
        (size_t)(rect->width * rect->height) * (size_t)babl_format_get_bytes_per_pixel(format);
    g_autofree char *x = g_malloc(bytes), *y = g_malloc(bytes);
    gegl_buffer_get(a, rect, 1.0, format, x, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    gegl_buffer_get(b, rect, 1.0, format, y, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    return memcmp(x, y, bytes) == 0;
}

static void
test_untouched_is_exact(void)
{
    const GeglRectangle rect = {17, 11, 250, 230};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_autoptr(GeglBuffer) from = buffer_new(formats[i], 1), to = buffer_new(formats[i], 2);
        g_auto(MendPixels) pixels = {0};
        g_assert_true(mend_pixels_read(&pixels, from, rect, 64, NULL));
        mend_tensor_clear(&pixels.rgb);
        g_assert_false(same_bytes(from, to, &rect));
        g_assert_true(mend_pixels_write(&pixels, to, rect.x, rect.y, NULL));
        if (!same_bytes(from, to, &rect))
            g_error("%s is not exact", formats[i]);
    }
}

/* Alpha passes through, colours are replaced, whatever the format. */
static void
test_alpha_passes(void)
{
    const GeglRectangle rect = {3, 5, 200, 210};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (!babl_format_has_alpha(babl_format(formats[i])))
            continue;
        g_autoptr(GeglBuffer) from = buffer_new(formats[i], 3), to = buffer_new(formats[i], 4);
        g_auto(MendPixels) pixels = {0};
        g_assert_true(mend_pixels_read(&pixels, from, rect, 0, NULL));
        for (size_t k = 0; k < mend_shape_count(pixels.rgb.shape); k++)
            pixels.rgb.data[k] = 0.5f;
        g_assert_true(mend_pixels_write(&pixels, to, rect.x, rect.y, NULL));
        const Babl *alpha = babl_format("A double");
        double a = 0, b = 1;
        float rgba[4];
        for (int y = rect.y; y < rect.y + rect.height; y += 7) {
            GeglRectangle place = {rect.x + y % rect.width, y, 1, 1};
            gegl_buffer_get(from, &place, 1, alpha, &a, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
            gegl_buffer_get(to, &place, 1, alpha, &b, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
            if (a != b)
                g_error("%s: alpha %.17g became %.17g", formats[i], a, b);
            get(to, place.x, place.y, rgba);
            g_assert_cmpfloat_with_epsilon(rgba[0], 0.5, 0.006);
        }
    }
}

static void
test_context_is_kept_inside(void)
{
    g_autoptr(GeglBuffer) buffer = buffer_new("R'G'B' u8", 5);
    g_auto(MendPixels) pixels = {0};
    g_assert_true(mend_pixels_read(&pixels, buffer, (GeglRectangle){10, 200, 20, 30}, 64, NULL));
    g_assert_true(gegl_rectangle_equal(&pixels.context, GEGL_RECTANGLE(0, 128, 94, 132)));
    g_assert_cmpint(pixels.rgb.shape.c, ==, 3);
    g_assert_cmpint(pixels.rgb.shape.h, ==, 132);
    g_assert_cmpint(pixels.rgb.shape.w, ==, 94);
    float rgba[4];
    get(buffer, 7, 140, rgba);
    for (int c = 0; c < 3; c++)
        g_assert_cmpfloat(mend_tensor_plane(pixels.rgb, c).data[12 * 94 + 7], ==, rgba[c]);
}

/* A byte that is another is seen, inside of the rect only, and the rect may be told as moved. */
static void
test_still(void)
{
    const GeglRectangle rect = {10, 20, 40, 30}, inside = {49, 49, 1, 1}, outside = {50, 49, 1, 1};
    g_autoptr(GeglBuffer) buffer = buffer_new("R'G'B'A u8", 7);
    g_autoptr(GeglBuffer) other = buffer_new("R'G'B'A float", 7);
    g_auto(MendPixels) pixels = {0};
    guint8 pixel[4];
    g_assert_true(mend_pixels_read(&pixels, buffer, rect, 64, NULL));
    g_assert_true(mend_pixels_still(&pixels, buffer, 0, 0));
    g_assert_false(mend_pixels_still(&pixels, buffer, 1, 0));
    g_assert_false(mend_pixels_still(&pixels, other, 0, 0));
    pixels.rect.x -= 3;
    g_assert_true(mend_pixels_still(&pixels, buffer, 3, 0));
    pixels.rect.x += 3;
    for (int i = 0; i < 2; i++) {
        const GeglRectangle *at = i == 0 ? &outside : &inside;
        gegl_buffer_get(buffer, at, 1, NULL, pixel, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
        pixel[3] ^= 1;
        gegl_buffer_set(buffer, at, 0, NULL, pixel, GEGL_AUTO_ROWSTRIDE);
        g_assert_true(mend_pixels_still(&pixels, buffer, 0, 0) == (at == &outside));
    }
}

static void
test_take_cuts_the_rect_out(void)
{
    g_autoptr(GeglBuffer) buffer = buffer_new("R'G'B'A float", 6);
    g_autoptr(GeglBuffer) target = buffer_new("R'G'B'A float", 7);
    const GeglRectangle rect = {100, 90, 40, 50};
    g_auto(MendPixels) pixels = {0};
    g_assert_true(mend_pixels_read(&pixels, buffer, rect, 16, NULL));
    g_auto(MendTensor) result = mend_tensor_new(pixels.rgb.shape, NULL);
    for (size_t i = 0; i < mend_shape_count(result.shape); i++)
        result.data[i] = 1 - pixels.rgb.data[i];
    g_assert_true(mend_pixels_take(&pixels, result, NULL));
    g_assert_true(mend_shape_equal(pixels.rgb.shape, (MendShape){3, 50, 40}));
    g_assert_true(mend_pixels_write(&pixels, target, 5, 6, NULL));
    for (int i = 0; i < 40; i++) {
        float was[4], is[4];
        get(buffer, rect.x + i, rect.y + i, was);
        get(target, 5 + i, 6 + i, is);
        for (int c = 0; c < 3; c++)
            g_assert_cmpfloat_with_epsilon(is[c], 1 - was[c], 1e-6);
        g_assert_cmpfloat(is[3], ==, was[3]);
    }
}

static void
test_hidden_and_odd_pixels(void)
{
    g_autoptr(GeglBuffer) buffer = buffer_new("RGBA float", 8);
    const float hidden[4] = {0.9f, 0.0f, 0.8f, 0.0f}, odd[4] = {NAN, INFINITY, -INFINITY, 1.0f};
    put(buffer, 20, 20, hidden);
    put(buffer, 30, 20, odd);
    float before[4], rgba[4];
    get(buffer, 20, 20, before);
    g_auto(MendPixels) pixels = {0};
    g_assert_true(mend_pixels_read(&pixels, buffer, (GeglRectangle){10, 10, 40, 40}, 8, NULL));
    for (size_t i = 0; i < mend_shape_count(pixels.rgb.shape); i++)
        g_assert_true(pixels.rgb.data[i] >= 0 && pixels.rgb.data[i] <= 1);
    g_auto(MendTensor) same = pixels.rgb;
    pixels.rgb = (MendTensor){0};
    g_assert_true(mend_pixels_take(&pixels, same, NULL));
    g_assert_true(mend_pixels_write(&pixels, buffer, 10, 10, NULL));
    get(buffer, 20, 20, rgba);
    g_assert_cmpmem(rgba, sizeof rgba, before, sizeof before);
    get(buffer, 30, 20, rgba);
    g_assert_true(isfinite(rgba[0]) && isfinite(rgba[1]) && isfinite(rgba[2]));
}

static void
test_fill_continues_what_is_known(void)
{
    g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, 61, 83}, NULL);
    g_auto(MendTensor) known = mend_tensor_new((MendShape){1, 61, 83}, NULL);
    for (int y = 0; y < 61; y++) {
        for (int x = 0; x < 83; x++) {
            gboolean in = x < 10 || x > 70;
            known.data[y * 83 + x] = in ? 1.0f : 0.0f;
            for (int c = 0; c < 3; c++)
                mend_tensor_plane(picture, c).data[y * 83 + x] = !in ? NAN : x < 10 ? 0.2f : 0.6f;
        }
    }
    g_assert_true(mend_fill_unknown(picture, known, NULL));
    const float *row = mend_tensor_plane(picture, 1).data + 30 * 83;
    for (int x = 0; x < 83; x++)
        g_assert_true(row[x] >= 0.2f - 1e-5f && row[x] <= 0.6f + 1e-5f);
    g_assert_cmpfloat(row[5], ==, 0.2f);
    g_assert_cmpfloat_with_epsilon(row[12], 0.2, 0.1); /* near one edge, near its colour */
    g_assert_cmpfloat_with_epsilon(row[68], 0.6, 0.1);
}

static void
test_fill_of_nothing_known_is_grey(void)
{
    for (int side = 1; side < 6; side += 2) {
        g_auto(MendTensor) picture = mend_tensor_new((MendShape){3, side, 1}, NULL);
        g_auto(MendTensor) known = mend_tensor_new((MendShape){1, side, 1}, NULL);
        for (int i = 0; i < 3 * side; i++)
            picture.data[i] = NAN;
        memset(known.data, 0, (size_t)side * sizeof(float));
        g_assert_true(mend_fill_unknown(picture, known, NULL));
        for (int i = 0; i < 3 * side; i++)
            g_assert_cmpfloat(picture.data[i], ==, 0.5f);
    }
}

/* Whichever allocation fails: an error, nothing leaked, the pixels as they were before. */
static void
test_no_memory(void)
{
    g_autoptr(GeglBuffer) buffer = buffer_new("RGBA float", 9);
    const float odd[4] = {NAN, NAN, NAN, 1.0f};
    put(buffer, 15, 15, odd);
    gboolean ok = FALSE;
    for (int nth = 1; !ok; nth++) {
        g_autofree char *fault = g_strdup_printf("alloc:%d", nth);
        g_auto(MendPixels) pixels = {0};
        g_autoptr(GError) error = NULL;
        g_setenv("MEND_FAULT", fault, TRUE);
        mend_fault_reset();
        ok = mend_pixels_read(&pixels, buffer, (GeglRectangle){10, 10, 9, 9}, 4, &error) &&
             mend_pixels_write(&pixels, buffer, 10, 10, &error);
        g_assert_true(ok || mend_error_is(error, MEND_ERROR_MEMORY));
        g_assert_cmpint(nth, <, 100);
        g_assert_true(!ok || nth > 6);
    }
    g_unsetenv("MEND_FAULT");
    mend_fault_reset();
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    gegl_init(NULL, NULL);
    g_test_add_func("/pixels/untouched-is-exact", test_untouched_is_exact);
    g_test_add_func("/pixels/alpha-passes", test_alpha_passes);
    g_test_add_func("/pixels/context", test_context_is_kept_inside);
    g_test_add_func("/pixels/still", test_still);
    g_test_add_func("/pixels/take", test_take_cuts_the_rect_out);
    g_test_add_func("/pixels/hidden-and-odd", test_hidden_and_odd_pixels);
    g_test_add_func("/pixels/no-memory", test_no_memory);
    g_test_add_func("/fill/continues", test_fill_continues_what_is_known);
    g_test_add_func("/fill/nothing-known", test_fill_of_nothing_known_is_grey);
    return g_test_run();
}
