# SPDX-License-Identifier: GPL-3.0-or-later
"""Alternatives and the map of uncertainty: where they go, and what they keep."""
import pathlib

from gi.repository import Gegl, Gimp

from harness import (BOX, GRAY, HEIGHT, PRECISION, WIDTH, floats, make, new_image_since,
                     offsets, paint, raw, restore, select, settings)

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
RANDOM = {'model': 'random', 'steps': 1}


def members(group):
    return [(layer.get_name(), layer.get_visible()) for layer in group.get_children()]


def alike(a, b):
    """The same but for one step in 255: GIMP does not round a colour the same way each time."""
    one, other = raw(a), raw(b)
    return len(one) == len(other) and max(abs(x - y) for x, y in zip(one, other)) <= 1


def test_a_group_above_the_layer():
    image, layer = make(alpha=True)
    restore(image, [layer], **RANDOM)
    assert restore(image, [layer], alternatives=2, uncertainty=True, **RANDOM) == 4
    plain, group, below = image.get_layers()
    assert below == layer and group.is_group() and image.is_dirty()
    assert group.get_mode() == Gimp.LayerMode.PASS_THROUGH
    shown = members(group)
    assert [name for name, _ in shown[:3]] == [
        "Photo (Remove noise) #1", "Photo (Remove noise): alternative 1",
        "Photo (Remove noise): alternative 2"], shown
    assert "uncertainty, white is ±" in shown[3][0] and "8 alternatives" in shown[3][0], shown
    assert [visible for _, visible in shown] == [True, False, False, False]
    result, first, second, spread = group.get_children()
    assert alike(result, plain)
    assert len({raw(each) for each in (result, first, second, spread)}) == 4
    alphas = {tuple(floats(each)[3::4]) for each in (result, first, second, spread)}
    assert len(alphas) == 1 and 0.0 in next(iter(alphas))
    grey = floats(spread)
    assert max(abs(grey[i] - grey[i + 2]) for i in range(0, len(grey), 4) if grey[i + 3] > 0) < 0.01


def test_settings_make_one_again():
    image, layer = make()
    restore(image, [layer], alternatives=2, variety=0.75, seed=9, **RANDOM)
    _, first, second = image.get_layers()[0].get_children()
    found = settings(second)
    assert (found['alternatives'], found['variety'], found['seed']) == (2, 0.75, 9), found
    assert settings(first)['alternatives'] == 1
    procedure = found.pop('procedure')
    found.pop('version')
    restore(image, [layer], procedure=procedure, **found)
    again = image.get_layers()[1].get_children()
    assert alike(again[2], second) and alike(again[1], first) and not alike(first, second)


def same_colours(rgb, rgba, places):
    """To the bit, of pixels as they are kept: in float, without and with alpha."""
    return all(rgb[12 * i:12 * i + 12] == rgba[16 * i:16 * i + 12] for i in places)


def test_fills_of_a_selection():
    """Only what is selected differs: the same mask for all, and known pixels to the bit."""
    fill = {'task': 'inpainting', 'model': str(GOLDEN / 'means-only.safetensors'), 'steps': 1}
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, *BOX)
    restore(image, [layer], alternatives=2, **fill)
    group = image.get_layers()[0]
    result, first, second = group.get_children()
    mask = raw(result.get_mask())
    for each in (first, second):
        assert offsets(each) == offsets(result) and raw(each.get_mask()) == mask
    x, y = offsets(result)
    box = (x, y, result.get_width(), result.get_height())
    known = [i for i, s in enumerate(floats(image.get_selection(), 'Y float', box)) if s == 0]
    before = raw(layer, box=box)
    for each in (result, first, second):
        assert known and same_colours(before, raw(each), known)


def test_a_mask_limits_each():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    channel = Gimp.Channel.new(image, 'mask', WIDTH, HEIGHT, 100, Gegl.Color.new('red'))
    image.insert_channel(channel, None, 0)
    paint(channel, [(0.0, 1.0)[i % 2] for i in range(WIDTH * HEIGHT)], 'Y float')
    restore(image, [layer], alternatives=1, mask=channel, strength=0.5, **RANDOM)
    before, after = raw(layer), raw(image.get_layers()[0].get_children()[1])
    assert same_colours(before, after, range(0, WIDTH * HEIGHT, 2))
    assert not same_colours(before, after, range(1, WIDTH * HEIGHT, 2))


def test_strength_0_is_the_picture():
    image, layer = make(alpha=True)
    restore(image, [layer], alternatives=1, uncertainty=True, strength=0.0)
    result, first, spread = image.get_layers()[0].get_children()
    assert raw(result) == raw(first) == raw(layer)
    grey = floats(spread)
    assert all(grey[i:i + 3] == (0, 0, 0) for i in range(0, len(grey), 4) if grey[i + 3] > 0)


def test_in_place_they_lie_above():
    image, layer = make(base=GRAY)
    before = raw(layer)
    assert restore(image, [layer], output='in-place', alternatives=2, **RANDOM) == 2
    group, below = image.get_layers()
    assert below == layer and raw(layer) != before
    assert [visible for _, visible in members(group)] == [False, False]


def test_in_a_new_image():
    image, layer = make()
    select(image)
    known = Gimp.get_images()
    assert restore(image, [layer], output='new-image', alternatives=1, uncertainty=True, **RANDOM) == 3
    group, = new_image_since(known).get_layers()
    assert [offsets(each) for each in group.get_children()] == [(0, 0)] * 3
    assert [each.get_width() for each in group.get_children()] == [BOX[2]] * 3
    assert image.get_layers() == [layer]


def test_several_drawables_and_groups():
    image, layer = make()
    parent = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(parent, None, 0)
    image.reorder_item(layer, parent, 0)
    other = layer.copy()
    image.insert_layer(other, None, 0)
    assert restore(image, [other, layer], alternatives=1, **RANDOM) == 4
    assert [each.is_group() for each in image.get_layers()] == [True, False, True]
    assert [each.is_group() for each in parent.get_children()] == [True, False]


def test_a_channel_has_none():
    image, layer = make()
    channel = Gimp.Channel.new(image, "c", WIDTH, HEIGHT, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    assert restore(image, [channel], alternatives=2, **RANDOM) == 0
    assert image.get_layers() == [layer]

