# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, calls and comparisons for the tests that run inside GIMP, and their runner.

The model (made by run.py) adds SHIFT to each channel, so a restored pixel can be told from an
untouched one. A test is a function test_*; a failed assertion or an exception is a failed test."""
import importlib
import json
import struct
import sys
import time
import traceback

import gi
gi.require_version('Gimp', '3.0')
gi.require_version('Gegl', '0.4')
from gi.repository import Gegl, Gimp  # noqa: E402

SHIFT = 0.125          # what the test model adds, of full range
WIDTH, HEIGHT = 70, 50
BOX = (20, 10, 25, 30)  # the selection of most tests
OK = Gimp.PDBStatusType.SUCCESS
CALLING = Gimp.PDBStatusType.CALLING_ERROR
EXECUTION = Gimp.PDBStatusType.EXECUTION_ERROR
RGB, GRAY, INDEXED = Gimp.ImageBaseType.RGB, Gimp.ImageBaseType.GRAY, Gimp.ImageBaseType.INDEXED
PRECISION = Gimp.Precision
PRECISIONS = [PRECISION.U8_LINEAR, PRECISION.U8_NON_LINEAR, PRECISION.U16_NON_LINEAR,
              PRECISION.U32_LINEAR, PRECISION.U32_NON_LINEAR, PRECISION.HALF_LINEAR,
              PRECISION.FLOAT_LINEAR, PRECISION.FLOAT_NON_LINEAR, PRECISION.DOUBLE_NON_LINEAR]
TYPES = {(RGB, False): Gimp.ImageType.RGB_IMAGE, (RGB, True): Gimp.ImageType.RGBA_IMAGE,
         (GRAY, False): Gimp.ImageType.GRAY_IMAGE, (GRAY, True): Gimp.ImageType.GRAYA_IMAGE}
WITH_ALPHA = {RGB: Gimp.ImageType.RGBA_IMAGE, GRAY: Gimp.ImageType.GRAYA_IMAGE,
              INDEXED: Gimp.ImageType.INDEXEDA_IMAGE}
images = []


def rectangle(x, y, w, h):
    return Gegl.Rectangle.new(x, y, w, h)


def raw(drawable, fmt=None, box=None):
    """The pixels of box (all) of a drawable as bytes, in its own format or fmt."""
    box = box or (0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(rectangle(*box), 1.0, fmt, Gegl.AbyssPolicy.NONE)


def floats(drawable, fmt="R~G~B~A float", box=None):
    data = raw(drawable, fmt, box)
    return struct.unpack('=%df' % (len(data) // 4), data)


def paint(drawable, values, fmt="R~G~B~A float"):
    buffer = drawable.get_buffer()
    box = rectangle(0, 0, drawable.get_width(), drawable.get_height())
    buffer.set(box, fmt, struct.pack('=%df' % len(values), *values))
    buffer.flush()
    drawable.update(0, 0, drawable.get_width(), drawable.get_height())


def gradient(width, height, holes):
    """Smooth colours between 0.1 and 0.8; alpha in steps, with a hole where holes."""
    values = []
    for y in range(height):
        for x in range(width):
            alpha = 1.0 if not holes or x < 30 else 0.0 if x < 40 else 128 / 255
            values += [0.1 + 0.7 * x / width, 0.1 + 0.7 * y / height, 0.5, alpha]
    return values


def make(base=RGB, alpha=False, precision=PRECISION.U8_NON_LINEAR, width=WIDTH, height=HEIGHT):
    """An image with one layer "Photo" of smooth colours; returns both."""
    first = RGB if base == INDEXED else base
    image = Gimp.Image.new_with_precision(width, height, first, precision)
    images.append(image)
    layer = Gimp.Layer.new(image, "Photo", width, height, TYPES[first, alpha], 100,
                           Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    paint(layer, gradient(width, height, alpha))
    if base == INDEXED:
        assert image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE,
                                     200, False, False, "")
    image.clean_all()
    return image, layer


def select(image, box=BOX, feather=0):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    if feather:
        Gimp.Selection.feather(image, feather)
    image.clean_all()


def call(image, drawables, procedure='plug-in-mend-restore', mode=Gimp.RunMode.NONINTERACTIVE,
         **arguments):
    """Status, message and number of layers made."""
    if procedure == 'plug-in-mend-restore' and mode == Gimp.RunMode.NONINTERACTIVE:
        arguments.setdefault('task', 'noise')
    proc = Gimp.get_pdb().lookup_procedure(procedure)
    config = proc.create_config()
    config.set_property('run-mode', mode)
    config.set_property('image', image)
    config.set_core_object_array('drawables', drawables)
    for name, value in arguments.items():
        config.set_property(name, value)
    result = proc.run(config)
    status = result.index(0)
    if status != OK:
        return status, result.index(1) if result.length() > 1 else '', 0
    return status, '', result.index(2)


def restore(image, drawables, **arguments):
    """A call that must succeed; the number of layers made."""
    status, message, n_layers = call(image, drawables, **arguments)
    assert status == OK, (status, message)
    return n_layers


def refused(image, drawables, status, *words, **arguments):
    """A call that must fail, with words in its message, and leave the image as it was."""
    before = [(layer.get_name(), raw(layer)) for layer in image.get_layers()]
    got, message, _ = call(image, drawables, **arguments)
    assert got == status, (got, message)
    for word in words:
        assert word in message, (word, message)
    assert [(layer.get_name(), raw(layer)) for layer in image.get_layers()] == before
    assert not image.is_dirty()


def settings(layer):
    parasite = layer.get_parasite('mend-settings')
    assert parasite, layer.get_parasite_list()
    assert parasite.get_flags() == 3, parasite.get_flags()
    return json.loads(bytes(parasite.get_data()).decode())


def near(a, b, tolerance):
    return all(abs(x - y) <= tolerance for x, y in zip(a, b))


def shifted(values):
    """What the model makes of pixels: colours SHIFT up where there is alpha."""
    out = list(values)
    for i in range(0, len(out), 4):
        if out[i + 3] > 0:
            out[i:i + 3] = [min(v + SHIFT, 1.0) for v in out[i:i + 3]]
    return out


def offsets(layer):
    return tuple(layer.get_offsets())[-2:]


def new_image_since(known):
    """The one image that GIMP has and known has not."""
    made, = [i for i in Gimp.get_images() if i not in known]
    images.append(made)
    return made


def run(module_name):
    """Runs all tests of a module, in order; TAP on stdout."""
    module = importlib.import_module(module_name)
    tests = [(n, f) for n, f in vars(module).items() if n.startswith('test_')]
    print('1..%d' % len(tests), flush=True)
    for number, (name, function) in enumerate(tests, 1):
        started = time.monotonic()
        try:
            function()
            print('ok %d %s # %.1f s' % (number, name, time.monotonic() - started), flush=True)
        except Exception:  # a test may fail in any way
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            print('not ok %d %s' % (number, name), flush=True)
        for image in images:
            image.delete()
        images.clear()
    sys.stdout.flush()
