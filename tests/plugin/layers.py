# SPDX-License-Identifier: GPL-3.0-or-later
"""Selections, masks, channels, groups, locks, effects, several drawables."""
import pathlib

from gi.repository import Gegl, Gimp

from harness import (BOX, CALLING, EXECUTION, HEIGHT, PRECISION, SHIFT, WIDTH, call, floats, make,
                     near, new_image_since, offsets, paint, raw, refused, restore, select, shifted)

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"


def test_soft_selection_becomes_the_mask():
    image, layer = make()
    select(image, feather=8)
    selection = image.get_selection()
    restore(image, [layer])
    made = image.get_layers()[0]
    x, y = offsets(made)
    box = (x, y, made.get_width(), made.get_height())
    mask = raw(made.get_mask())
    assert mask == raw(selection, box=box)
    assert len(set(mask)) > 10  # soft indeed


def test_a_part_is_restored_as_in_the_whole():
    """The same noise at the same pixels, and a network's levels divided alike."""
    arguments = {'model': 'random', 'sampler': 'mr-sde-2', 'steps': 3, 'seed': 5}
    image, layer = make(width=420, height=300)
    restore(image, [layer], **arguments)
    box = (231, 157, 60, 50)
    whole = raw(image.get_layers()[0], "R'G'B' u8", box)
    select(image, box)
    restore(image, [layer], **arguments)
    part = raw(image.get_layers()[1], "R'G'B' u8")
    assert len(set(whole)) > 40
    worst = max(abs(a - b) for a, b in zip(whole, part))
    assert len(part) == len(whole) and worst <= 1, worst


def test_the_selection_is_the_hole():
    """A model that only fills in: what was selected takes the colour around it."""
    fill = {'task': 'inpainting', 'model': str(GOLDEN / 'means-only.safetensors'), 'steps': 1}
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    values = [0.25, 0.5, 0.375, 1.0] * (WIDTH * HEIGHT)
    x, y, w, h = BOX
    for row in range(y, y + h):
        values[4 * (row * WIDTH + x):4 * (row * WIDTH + x + w)] = [1.0, 0.0, 0.125, 1.0] * w
    paint(layer, values)
    select(image)
    restore(image, [layer], **fill)
    made = image.get_layers()[0]
    assert near(floats(made), [0.25, 0.5, 0.375, 1.0] * (w * h), 2e-3), floats(made)[:8]
    restore(image, [layer], strength=0.5, **fill)
    made = image.get_layers()[1]
    assert near(floats(made), [0.625, 0.25, 0.25, 1.0] * (w * h), 2e-3), floats(made)[:8]


def test_a_wide_selection_goes_on_as_its_surroundings():
    """Stripes, which a smooth fill would not be; the layer around the selection is looked at."""
    fill = {'task': 'inpainting', 'model': str(GOLDEN / 'means-only.safetensors'), 'steps': 1}
    width, height, box = 200, 160, (70, 50, 60, 56)
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR, width=width, height=height)
    row = [v for x in range(width) for v in [0.75 if x % 10 < 4 else 0.25] * 3 + [1.0]]
    paint(layer, row * height)
    select(image, box)
    restore(image, [layer], **fill)
    made = floats(image.get_layers()[0])
    middle = [made[4 * (y * box[2] + x)] for y in range(12, 44) for x in range(12, 48)]
    wanted = [row[4 * (box[0] + x)] for y in range(12, 44) for x in range(12, 48)]
    off = sum(abs(a - b) for a, b in zip(middle, wanted)) / len(wanted)
    assert off < 0.02, off


def test_without_a_selection_white_is_the_hole():
    """And it is told: run.py listens. Only there pixels change."""
    fill = {'task': 'inpainting', 'model': str(GOLDEN / 'means-only.safetensors'), 'steps': 1}
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    x, y, w, h = BOX
    values = [0.25, 0.5, 0.375, 1.0] * (WIDTH * HEIGHT)
    for row in range(y, y + h):
        values[4 * (row * WIDTH + x):4 * (row * WIDTH + x + w)] = [1.0] * (4 * w)
    paint(layer, values)
    restore(image, [layer], **fill)
    made = image.get_layers()[0]
    assert near(floats(made), [0.25, 0.5, 0.375, 1.0] * (WIDTH * HEIGHT), 2e-3), floats(made)[:8]


def pixels_of(drawable, box=None):
    """Each pixel of a drawable of float RGBA as its own bytes."""
    data = raw(drawable, box=box)
    return [data[i:i + 16] for i in range(0, len(data), 16)]


def test_a_mask_in_place_of_a_selection():
    """A soft channel: what is black stays to the bit, grey takes a share, for any task."""
    image, layer = make(alpha=True, precision=PRECISION.FLOAT_NON_LINEAR)
    channel = Gimp.Channel.new(image, 'mask', WIDTH, HEIGHT, 100, Gegl.Color.new('red'))
    image.insert_channel(channel, None, 0)
    paint(channel, [(0.0, 0.5, 1.0)[i % 3] for i in range(WIDTH * HEIGHT)], 'Y float')
    restore(image, [layer], mask=channel)
    made = image.get_layers()[0]
    assert pixels_of(made)[::3] == pixels_of(layer)[::3]
    before, after = floats(layer), floats(made)
    for share, first in ((0.5, 1), (1.0, 2)):
        moved = [after[4 * i] - before[4 * i] for i in range(first, WIDTH * HEIGHT, 3)
                 if before[4 * i + 3] > 0]
        assert near(moved, [share * SHIFT] * len(moved), 0.01), (share, moved[:9])
    other, photo = make()
    refused(other, [photo], CALLING, "mask", mask=channel)


def test_known_pixels_in_a_new_image():
    """No layer mask there: the result itself keeps what is not selected, and blends the rest."""
    fill = {'task': 'inpainting', 'model': str(GOLDEN / 'means-only.safetensors'), 'steps': 1}
    image, layer = make(alpha=True, precision=PRECISION.FLOAT_NON_LINEAR)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, *BOX)
    known = Gimp.get_images()
    restore(image, [layer], output='new-image', **fill)
    made = new_image_since(known).get_layers()[0]
    _, _, x, y, right, bottom = Gimp.Selection.bounds(image)
    box = (x, y, right - x, bottom - y)
    selected = floats(image.get_selection(), 'Y float', box)
    kept = [(a, b) for a, b, s in zip(pixels_of(layer, box), pixels_of(made), selected) if s == 0]
    assert 0 < len(kept) < len(selected)
    assert all(a == b for a, b in kept)


def test_soft_selection_in_place():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    select(image, feather=8)
    before = floats(layer)
    restore(image, [layer], output='in-place')
    moved = {round(b - a, 2) for a, b in zip(before[0::4], floats(layer)[0::4])}
    assert len(moved) > 4 and max(moved) <= SHIFT + 0.01 and min(moved) >= 0, moved


def test_mask_of_the_source_is_respected():
    image, layer = make()
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    paint(mask, [0.25] * (WIDTH * HEIGHT), 'Y float')
    select(image)
    restore(image, [layer])
    assert near(floats(image.get_layers()[0].get_mask(), 'Y float'), [0.25] * (BOX[2] * BOX[3]),
                1.01 / 255)


def test_layer_mask_is_restored_in_place():
    image, layer = make()
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    paint(mask, [0.25] * (WIDTH * HEIGHT), 'Y float')
    before = raw(layer)
    assert restore(image, [mask]) == 0
    assert raw(layer) == before and image.get_layers() == [layer]
    assert min(floats(mask, 'Y float')) > 0.26


def test_channel_is_restored_in_place_or_in_a_new_image():
    image, layer = make()
    channel = Gimp.Channel.new(image, "c", WIDTH, HEIGHT, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    paint(channel, [0.25] * (WIDTH * HEIGHT), 'Y float')
    known = Gimp.get_images()
    assert restore(image, [channel], output='new-image') == 1
    made = new_image_since(known)
    assert near(floats(channel, 'Y float'), [0.25] * 9, 0.01)
    assert restore(image, [channel]) == 0
    assert min(floats(channel, 'Y float')) > 0.26


def test_a_mask_hides_in_a_new_image_too():
    image, layer = make()
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    paint(mask, [0.25 * (i % WIDTH >= 30) for i in range(WIDTH * HEIGHT)], 'Y float')
    select(image, feather=8)
    known = Gimp.get_images()
    assert restore(image, [layer], output='new-image') == 1
    made = new_image_since(known).get_layers()[0]
    bounds = Gimp.Selection.bounds(image)
    assert raw(made.get_mask()) == raw(mask, box=(bounds.x1, bounds.y1, bounds.x2 - bounds.x1,
                                                  bounds.y2 - bounds.y1))


def test_what_is_selected_is_not_judged():
    """Where a model finds none of the damage it leaves the picture, but not what somebody selected."""
    image, layer = make()
    restore(image, [layer], model='everywhere')
    assert near(floats(image.get_layers()[0]), floats(layer), 1e-6)
    select(image)
    restore(image, [layer], model='everywhere')
    part = floats(layer, box=BOX)
    assert near(floats(image.get_layers()[1]), shifted(part), 1.01 / 255)


def test_a_layer_that_is_blended_is_told_of():
    image, layer = make()
    layer.set_opacity(40)
    restore(image, [layer])  # run.py listens
    assert image.get_layers()[0].get_opacity() == 100


def test_layer_with_offsets():
    image, layer = make()
    image.resize(200, 150, 0, 0)
    layer.set_offsets(60, 40)
    select(image, (70, 50, 20, 10))
    restore(image, [layer])
    made = image.get_layers()[0]
    assert offsets(made) == (70, 50)
    assert near(floats(made), shifted(floats(layer, box=(10, 10, 20, 10))), 1.01 / 255)


def test_group_is_read_but_not_replaced():
    image, layer = make()
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    image.clean_all()
    refused(image, [group], EXECUTION, "Group", "layer group", output='in-place')
    restore(image, [group])
    made = image.get_layers()[0]
    assert made.get_name() == "Group (Remove noise)"
    assert near(floats(made), shifted(floats(layer)), 1.01 / 255)


def test_result_stays_in_the_group():
    image, layer = make()
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    restore(image, [layer])
    assert image.get_layers() == [group]
    assert [c.get_name() for c in group.get_children()] == ["Photo (Remove noise)", "Photo"]


def test_locked_pixels():
    image, layer = make()
    layer.set_lock_content(True)
    image.clean_all()
    refused(image, [layer], EXECUTION, "Photo", "locked", output='in-place')
    restore(image, [layer])
    assert len(image.get_layers()) == 2


def test_locked_group_above():
    image, layer = make()
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.set_lock_content(True)
    image.clean_all()
    refused(image, [layer], EXECUTION, "“Group” is locked", output='in-place')


def test_selection_beside_the_layer():
    image, layer = make()
    image.resize(300, HEIGHT, 0, 0)
    select(image, (200, 10, 20, 20))
    refused(image, [layer], EXECUTION, "does not touch", "Photo")


def test_floating_selection():
    image, layer = make()
    select(image)
    Gimp.edit_copy([layer])
    floating = Gimp.edit_paste(layer, True)[0]
    image.clean_all()
    got, message, _ = call(image, [layer])
    assert got == EXECUTION and "floating selection" in message, message
    Gimp.floating_sel_anchor(floating)


def add_other(image, width=40, height=30):
    """A layer that is neither of the size nor of the colours of the first."""
    other = Gimp.Layer.new(image, "Other", width, height, Gimp.ImageType.RGB_IMAGE, 100,
                           Gimp.LayerMode.NORMAL)
    image.insert_layer(other, None, 0)
    paint(other, [0.125, 0.25, 0.75, 1.0] * (width * height))
    return other


def test_several_drawables():
    image, layer = make()
    other = add_other(image)
    before = floats(other), floats(layer)
    assert restore(image, [other, layer]) == 2
    made = image.get_layers()
    assert [x.get_name() for x in made] == [
        "Other (Remove noise)", "Other", "Photo (Remove noise)", "Photo"]
    assert near(floats(made[0]), shifted(before[0]), 1.01 / 255)
    assert near(floats(made[2]), shifted(before[1]), 1.01 / 255)
    restore(image, [other, layer], output='in-place')
    assert near(floats(other), shifted(before[0]), 1.01 / 255)
    assert near(floats(layer), shifted(before[1]), 1.01 / 255)


def test_several_drawables_in_a_new_image():
    image, layer = make()
    other = add_other(image, WIDTH, HEIGHT)
    other.set_offsets(10, 5)
    known = Gimp.get_images()
    assert restore(image, [other, layer], output='new-image') == 2
    made = new_image_since(known)
    assert (made.get_width(), made.get_height()) == (WIDTH + 10, HEIGHT + 5)
    assert [(x.get_name(), offsets(x)) for x in made.get_layers()] == [
        ("Other (Remove noise)", (10, 5)), ("Photo (Remove noise)", (0, 0))]
    for own, source in zip(made.get_layers(), (other, layer)):
        assert near(floats(own), shifted(floats(source)), 1.01 / 255)


def test_one_bad_drawable_of_several_changes_nothing():
    image, layer = make()
    other = layer.copy()
    image.insert_layer(other, None, 0)
    other.set_lock_content(True)
    image.clean_all()
    refused(image, [layer, other], EXECUTION, "locked", output='in-place')


def test_layer_effects():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    below = floats(layer)
    effect = Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "")
    layer.append_filter(effect)
    restore(image, [layer])
    made = image.get_layers()[0]
    inverted = [v if i % 4 == 3 else 1 - v for i, v in enumerate(below)]
    assert near(floats(made), shifted(inverted), 2e-3)  # what is seen
    assert floats(layer) == below and len(layer.get_filters()) == 1
    restore(image, [layer], output='in-place')
    assert near(floats(layer), shifted(below), 2e-3)    # what is below
    assert len(layer.get_filters()) == 1


def test_group_effects():
    image, layer = make(precision=PRECISION.FLOAT_NON_LINEAR)
    image.resize(200, 150, 0, 0)
    layer.set_offsets(60, 40)
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.append_filter(Gimp.DrawableFilter.new(group, "gegl:invert-gamma", ""))
    select(image, (70, 50, 20, 10))
    restore(image, [group])
    made = image.get_layers()[0]
    seen = floats(layer, box=(10, 10, 20, 10))
    inverted = [v if i % 4 == 3 else 1 - v for i, v in enumerate(seen)]
    assert offsets(made) == (70, 50)
    assert near(floats(made), shifted(inverted), 2e-3)
    assert len(group.get_filters()) == 1
