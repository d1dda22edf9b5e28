# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of image: base types, alpha, precisions, colour profiles, odd values and sizes."""
import struct

from gi.repository import Gimp

from harness import (BOX, GRAY, HEIGHT, INDEXED, PRECISION, PRECISIONS, RGB, SHIFT, WIDTH, WITH_ALPHA,
                     floats, gradient, make, near, new_image_since, offsets, paint, raw, restore,
                     select, settings, shifted)


# Of a restored colour, by what the precision can hold; near black a linear step is a big one.
TOLERANCE = {PRECISION.U8_NON_LINEAR: 1.01 / 255, PRECISION.U8_LINEAR: 3 / 255}


def check_new_layer(image, source, before, selected, tolerance):
    layers = image.get_layers()
    assert len(layers) == 2 and layers[1] == source, [x.get_name() for x in layers]
    made = layers[0]
    box = BOX if selected else (0, 0, WIDTH, HEIGHT)
    assert made.get_name() == "Photo (Remove noise)", made.get_name()
    assert made.type() == WITH_ALPHA[image.get_base_type()], made.type()
    assert (made.get_width(), made.get_height()) == box[2:]
    assert offsets(made) == box[:2]
    assert (made.get_mask() is not None) == selected
    want = shifted(floats(source, box=box))
    if image.get_base_type() != INDEXED:
        assert near(floats(made), want, tolerance)
    else:
        assert floats(made) != floats(source, box=box)
    assert raw(source) == before
    settings(made)


def check_in_place(image, source, before, selected, tolerance):
    assert image.get_layers() == [source]
    values, old = floats(source), before
    for y in range(HEIGHT):
        for x in range(WIDTH):
            i = 4 * (y * WIDTH + x)
            inside = not selected or (BOX[0] <= x < BOX[0] + BOX[2] and
                                      BOX[1] <= y < BOX[1] + BOX[3])
            got, was = values[i:i + 4], old[i:i + 4]
            if not inside or was[3] == 0:
                assert got == was, (x, y, got, was)
            elif image.get_base_type() != INDEXED:
                assert near(got, shifted(was), tolerance), (x, y, got, was)
    assert values != old


def kinds():
    return [(base, alpha) for base in (RGB, GRAY, INDEXED) for alpha in (False, True)]


def test_new_layer_of_every_kind():
    for base, alpha in kinds():
        for selected in (False, True):
            image, layer = make(base, alpha)
            if selected:
                select(image)
            before = raw(layer)
            assert restore(image, [layer]) == 1
            check_new_layer(image, layer, before, selected, 1.01 / 255)


def test_in_place_of_every_kind():
    for base, alpha in kinds():
        for selected in (False, True) if base == RGB else (True,):
            image, layer = make(base, alpha)
            if selected:
                select(image)
            before = floats(layer)
            assert restore(image, [layer], output='in-place') == 0
            check_in_place(image, layer, before, selected, 1.01 / 255)


def test_new_image_of_every_kind():
    for base, alpha in kinds():
        image, layer = make(base, alpha)
        image.set_resolution(300, 150)
        select(image)
        before, known = raw(layer), Gimp.get_images()
        assert restore(image, [layer], output='new-image') == 1
        assert raw(layer) == before and not image.is_dirty()
        made = new_image_since(known)
        assert made.get_base_type() == (RGB if base == INDEXED else base)
        assert (made.get_width(), made.get_height()) == BOX[2:]
        assert tuple(made.get_resolution())[-2:] == (300, 150), made.get_resolution()
        only, = made.get_layers()
        assert near(floats(only), shifted(floats(layer, box=BOX)), 1.01 / 255)
        settings(only)


def test_new_layer_of_every_precision():
    for precision in PRECISIONS:
        image, layer = make(precision=precision, alpha=True)
        before, alpha = raw(layer), raw(layer, 'A double')
        restore(image, [layer])
        assert raw(image.get_layers()[0], 'A double') == alpha, precision
        check_new_layer(image, layer, before, False, TOLERANCE.get(precision, 2e-3))
        assert image.get_precision() == precision


def test_strength_0_in_place_is_bit_exact():
    for precision in PRECISIONS:
        image, layer = make(precision=precision, alpha=True)
        before = raw(layer)
        restore(image, [layer], output='in-place', strength=0.0)
        assert raw(layer) == before, precision
    for base, alpha in ((GRAY, True), (INDEXED, False), (INDEXED, True)):
        image, layer = make(base, alpha)
        before = raw(layer)
        restore(image, [layer], output='in-place', strength=0.0)
        assert raw(layer) == before, (base, alpha)


def test_strength_0_new_layer_is_bit_exact():
    for precision in PRECISIONS:
        image, layer = make(precision=precision, alpha=True)
        restore(image, [layer], strength=0.0)
        made, source = image.get_layers()
        assert raw(made) == raw(source), precision


def test_half_strength_is_half_way():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    restore(image, [layer], strength=0.5)
    made, source = image.get_layers()
    want = [v + (0 if i % 4 == 3 else SHIFT / 2) for i, v in enumerate(floats(source))]
    assert near(floats(made), want, 2e-4)


def test_nan_and_out_of_range_floats():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR, alpha=True)
    values = gradient(WIDTH, HEIGHT, False)
    values[0:3] = [float('nan'), float('inf'), -float('inf')]
    values[400:403] = [3.0, 2.0, -1.0]
    paint(layer, values)
    restore(image, [layer])
    got = floats(image.get_layers()[0])
    assert all(v == v and abs(v) < 10 for v in got)
    assert near(got[400:402], [3.0, 2.0], 1e-3), got[400:403]  # above white, what was stays
    assert near(got[4:8], shifted(values[4:8]), 2e-3), got[4:8]


def test_hidden_colours_stay():
    image, layer = make(alpha=True)
    values = gradient(WIDTH, HEIGHT, True)
    hidden = 4 * 35
    values[hidden:hidden + 4] = [1.0, 0.0, 1.0, 0.0]
    paint(layer, values)
    before = floats(layer)[hidden:hidden + 4]
    restore(image, [layer], output='in-place')
    assert floats(layer)[hidden:hidden + 4] == before


def srgb_encoded(value):
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def adobe_as_network(values):
    """Native floats of an Adobe RGB image as the network gets them: other curve, same primaries."""
    return [v if i % 4 == 3 else srgb_encoded(max(v, 0) ** (563 / 256))
            for i, v in enumerate(values)]


def native(layer):
    data = raw(layer)
    return struct.unpack('=%df' % (len(data) // 4), data)


def test_colour_profile_is_kept_and_used():
    adobe = Gimp.ColorProfile.new_rgb_adobe()
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR, alpha=True)
    paint(layer, [0.05, 0.8, 0.1, 1.0] * (WIDTH * HEIGHT))
    image.set_color_profile(adobe)  # the same numbers now mean a green outside of sRGB
    known = Gimp.get_images()
    restore(image, [layer])
    assert image.get_color_profile().is_equal(adobe)
    want = shifted(adobe_as_network(native(layer)))
    assert near(adobe_as_network(native(image.get_layers()[0])), want, 2e-3)
    restore(image, [layer], output='new-image')
    made = new_image_since(known)
    assert made.get_color_profile().is_equal(adobe)
    assert near(adobe_as_network(native(made.get_layers()[0])), want, 2e-3)


def test_tiny_and_long_images():
    for width, height in ((1, 1), (1, 500), (500, 1)):
        image, layer = make(width=width, height=height)
        restore(image, [layer])
        assert near(floats(image.get_layers()[0]), shifted(floats(layer)), 1.01 / 255)
