# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures: layers and groups, sizes, new images, patterns, refusals, a stop. The model is random: its
pictures are noise, but the same noise every time, here and on the command line."""
import glob
import os
import signal
import struct
import subprocess
import tempfile

from gi.repository import Gimp, Gio

import kills
from harness import (CALLING, EXECUTION, GRAY, INDEXED, OK, PRECISION, RGB, floats, images, make,
                     new_image_since, offsets, raw, select, settings)

NAME = 'plug-in-mend-generate'
SMALL = {'width': 24, 'height': 16, 'material': 'stone', 'count': 3, 'seed': 7}


def generate(image=None, drawables=(), **arguments):
    """Status, message and number of pictures made."""
    proc = Gimp.get_pdb().lookup_procedure(NAME)
    config = proc.create_config()
    config.set_property('run-mode', Gimp.RunMode.NONINTERACTIVE)
    if image:
        config.set_property('image', image)
        config.set_core_object_array('drawables', list(drawables))
    for name, value in {**SMALL, **arguments}.items():
        config.set_property(name, value)
    result = proc.run(config)
    status = result.index(0)
    if status != OK:
        return status, result.index(1) if result.length() > 1 else '', 0
    return status, '', result.index(2)


def made(image=None, drawables=(), **arguments):
    """A call that must succeed; the pictures made."""
    status, message, n_pictures = generate(image, drawables, **arguments)
    assert status == OK, (status, message)
    return n_pictures


def refused(image, status, *words, **arguments):
    before = [(layer.get_name(), raw(layer)) for layer in image.get_layers()] if image else None
    known = Gimp.get_images()
    got, message, _ = generate(image, image.get_layers() if image else (), **arguments)
    assert got == status, (got, message)
    for word in words:
        assert word in message, (word, message)
    assert Gimp.get_images() == known
    if image:
        assert [(layer.get_name(), raw(layer)) for layer in image.get_layers()] == before
        assert not image.is_dirty()


def command_line(*words):
    """The colours of what the command line makes, picture by picture."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.environ['MEND_PROGRAM'], 'generate', '-o', os.path.join(folder, 't.png'),
                        '--size', '24x16', '--material', 'stone', '--seed', '7', '--device', 'cpu',
                        *words], check=True)
        pictures = []
        for path in sorted(glob.glob(os.path.join(folder, '*.png'))):
            images.append(Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path)))
            pictures.append(raw(images[-1].get_layers()[0], "R'G'B' u8"))
        return pictures


def same(layers, pictures):
    """Whether these are those; GIMP may round the last of 8 bits otherwise."""
    ours = [raw(layer, "R'G'B' u8") for layer in layers]
    assert [len(x) for x in ours] == [len(x) for x in pictures]
    worst = [max(abs(a - b) for a, b in zip(x, y)) for x, y in zip(ours, pictures)]
    assert max(worst) <= 1, worst
    return True


def test_layers_of_one_group():
    image, layer = make()
    assert made(image, [layer]) == 3 and image.is_dirty() and image.undo_is_enabled()
    group, below = image.get_layers()
    assert below == layer and group.is_group() and group.get_name() == "Stone, seed 7"
    layers = group.get_children()
    assert [x.get_name() for x in layers] == ["Stone %d, seed 7" % i for i in (1, 2, 3)]
    assert [x.get_visible() for x in layers] == [True, False, False]
    assert all((x.get_width(), x.get_height()) == (24, 16) for x in layers)
    assert same(layers, command_line('--count', '3'))
    assert set(raw(layers[0], "A u8")) == {255}
    found = settings(layers[1])
    assert (found['picture'], found['made'], found['seed'], found['material']) == (
        2, 'next', 7, 'stone'), found
    assert (found['procedure'], found['model'], found['method']) == (NAME, 'texture', 'dlg')


def test_settings_make_it_again():
    """As the last picture of a call with them."""
    image, layer = make()
    made(image, [layer], count=6, similarity=0.7)
    fourth = image.get_layers()[0].get_children()[3]
    found = settings(fourth)
    assert (found['count'], found['chains'], found['made']) == (4, 2, 'next'), found
    known = {p.name for p in Gimp.get_pdb().lookup_procedure(NAME).get_arguments()}
    again = {name: value for name, value in found.items() if name in known and name != 'tileable'}
    again['device'] = 'auto'  # found has its name, for people
    other, layer = make()
    made(other, [layer], tileable=found['tileable'] == 'yes', **again)
    last = other.get_layers()[0].get_children()[-1]
    assert raw(last) == raw(fourth)


def test_one_is_a_layer():
    image, layer = make()
    made(image, [layer], count=1, method='plain', tileable=False, integrator='deis-2')
    top, below = image.get_layers()
    assert below == layer and not top.is_group() and top.get_name() == "Stone 1, seed 7"
    assert same([top], command_line('--method', 'plain', '--tileable', 'no',
                                    '--integrator', 'deis-2'))


def test_inside_a_group():
    image, layer = make()
    group = Gimp.GroupLayer.new(image, "Group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    made(image, [layer], count=1)
    assert [x.get_name() for x in group.get_children()] == ["Stone 1, seed 7", "Photo"]
    image.clean_all()


def test_sizes():
    image, layer = make()
    made(image, [layer], size='image', count=1)
    top = image.get_layers()[0]
    assert (top.get_width(), top.get_height(), offsets(top)) == (70, 50, (0, 0))
    assert not top.get_mask()
    image, layer = make()
    select(image, (21, 11, 25, 31))
    made(image, [layer], size='selection', count=1)
    top = image.get_layers()[0]  # its sides are even, so that edges match
    placed = top.get_width(), top.get_height(), offsets(top)
    assert placed == (26, 32, (21, 11)), placed
    mask = floats(top.get_mask(), "Y float")
    assert mask[0] == 1 and mask[25] == 0 and sum(mask) == 25 * 31
    made(image, [top], size='selection', tileable=False, count=2)
    group = image.get_layers()[0]
    assert group.get_mask() and group.get_children()[1].get_width() == 25


def test_new_image():
    known = Gimp.get_images()
    assert made() == 3
    image = new_image_since(known)
    assert (image.get_width(), image.get_height(), len(image.get_layers())) == (24, 16, 3)
    assert same(image.get_layers(), command_line('--count', '3'))
    assert image.undo_is_enabled()
    photo, layer = make()
    known = Gimp.get_images()
    made(photo, [layer], output='new-image', size='image', count=1)
    assert not photo.is_dirty() and new_image_since(known).get_width() == 70


def test_kinds_of_images():
    plain = command_line()
    for base, precision in ((RGB, PRECISION.U16_NON_LINEAR), (RGB, PRECISION.FLOAT_LINEAR),
                            (GRAY, PRECISION.U8_NON_LINEAR), (INDEXED, PRECISION.U8_NON_LINEAR)):
        image, layer = make(base, precision=precision)
        made(image, [layer], count=1)
        top = image.get_layers()[0]
        ours = raw(top, "R'G'B' u8")
        if base == RGB:
            assert same([top], plain)
        assert max(ours) - min(ours) > 20


def read_pattern(path):
    """Name, size and colours of a .pat file, by the letter of its format."""
    with open(path, 'rb') as file:
        data = file.read()
    size, version, width, height, n, magic = struct.unpack('>5I4s', data[:24])
    assert (version, n, magic) == (1, 3, b'GPAT') and data[size - 1] == 0
    assert len(data) == size + width * height * 3
    return data[24:size - 1].decode(), (width, height), data[size:]


def test_patterns():
    folder = os.path.join(Gimp.directory(), 'patterns')
    assert made(output='pattern', count=2) == 2
    assert made(output='pattern', count=1) == 1
    names = ["Stone 1, seed 7", "Stone 1, seed 7 (2)", "Stone 2, seed 7"]
    assert sorted(os.listdir(folder)) == sorted(name + '.pat' for name in names)
    for path, expected in zip(("Stone 1, seed 7", "Stone 2, seed 7"), command_line('--count', '2')):
        name, size, data = read_pattern(os.path.join(folder, path + '.pat'))
        assert (name, size, data) == (path, (24, 16), expected)
    pattern = Gimp.Pattern.get_by_name(names[0])  # GIMP has read it
    assert pattern and tuple(pattern.get_info())[-3:-1] == (24, 16), pattern.get_info()
    for name in names:
        os.remove(os.path.join(folder, name + '.pat'))
    os.rmdir(folder)
    with open(folder, 'w', encoding='utf-8'):  # a file where the folder should be
        refused(None, EXECUTION, folder, output='pattern')
    os.remove(folder)


def test_refusals():
    image, _ = make()
    refused(image, CALLING, "soup", "stone, brick", material='soup')
    refused(image, CALLING, "2 to 1000", evaluations=1)
    refused(image, CALLING, "nonsense", "karras", integrator='nonsense')
    refused(image, CALLING, "nonsense", "dlg", method='nonsense')
    refused(image, CALLING, "nonsense", "pattern", output='nonsense')
    refused(image, CALLING, "no-such-model", model='no-such-model')
    refused(image, CALLING, "vulkan:none", device='vulkan:none')
    refused(None, CALLING, "no image", size='image')
    refused(None, CALLING, "no image", size='selection')
    select(image)
    Gimp.edit_copy(image.get_layers())
    floating = Gimp.edit_paste(image.get_layers()[0], False)[0]
    image.clean_all()
    refused(image, EXECUTION, "floating selection")
    Gimp.floating_sel_remove(floating)


def test_stops_leave_the_image_alone():
    for number in (signal.SIGKILL, signal.SIGTERM):
        image, layer = make()
        before, seen = raw(layer), []
        killer = kills.stop_soon(number, seen)
        status, message, _ = generate(image, [layer], width=1024, height=1024)
        killer.join()
        assert seen, (status, message)
        assert status == EXECUTION or number == signal.SIGKILL and status != OK, (status, message)
        assert image.get_layers() == [layer] and raw(layer) == before and not image.is_dirty()
