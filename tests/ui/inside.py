# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside GIMP by dialog.py: a picture, then one dialog after the other. Prints one line of JSON
for each: the status, and the layers there are then."""
import json
import os

import gi
gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp  # noqa: E402

WIDTH, HEIGHT = 1200, 900


def make():
    """Smooth colours, and a little noise."""
    image = Gimp.Image.new(WIDTH, HEIGHT, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new(image, "Photo", WIDTH, HEIGHT, Gimp.ImageType.RGB_IMAGE, 100,
                           Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    rows = bytearray()
    state = 1
    for y in range(HEIGHT):
        for x in range(WIDTH):
            state = (state * 1103515245 + 12345) & 0x7fffffff
            noise = (state >> 16) % 40
            ring = ((x - 500) ** 2 + (y - 400) ** 2) // 4000 % 2 * 60
            rows += bytes((40 + x // 10 + noise, 60 + ring + noise, 150 - y // 10 + noise))
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, WIDTH, HEIGHT), "R'G'B' u8", bytes(rows))
    buffer.flush()
    layer.update(0, 0, WIDTH, HEIGHT)
    return image


def call(image, name, **arguments):
    procedure = Gimp.get_pdb().lookup_procedure(name)
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.INTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [image.get_layers()[-1]])
    for key, value in arguments.items():
        config.set_property(key, value)
    status = procedure.run(config).index(0)
    names = [layer.get_name() for layer in image.get_layers()]
    print(json.dumps({"status": status.value_nick, "layers": names}), flush=True)


photo = make()
for round_ in json.loads(os.environ["MEND_TEST_CALLS"]):
    photo.get_layers()[-1].set_lock_content(round_.pop("lock", False))
    call(photo, round_.pop("procedure"), **round_)
photo.delete()
