# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside GIMP by undo.py: restores two layers of a shown image at once, in each way, and writes
a line of JSON before and after the user's Undo."""
import json
import os
import pathlib
import time

import gi
gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp  # noqa: E402

UNDONE = pathlib.Path(os.environ["TEST_FOLDER"]) / "undone"
SIZE = 64


def state(image):
    """All that the user would see of it."""
    box = Gegl.Rectangle.new(0, 0, SIZE, SIZE)
    return [(layer.get_name(), layer.get_buffer().get(box, 1.0, None, Gegl.AbyssPolicy.NONE))
            for layer in image.get_layers()]


def restore(image, output):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-mend-restore")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_layers())
    for name, value in {"task": "noise", "output": output, "sampler": "mr-sde-1",
                        "steps": 1, "model": os.environ["MEND_TEST_MODEL"]}.items():
        config.set_property(name, value)
    return procedure.run(config).index(0).value_nick


def generate(image):
    """Three layers in a group."""
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-mend-generate")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_selected_layers())
    for name, value in {"count": 3, "width": 24, "height": 16,
                        "model": os.environ["MEND_TEST_TEXTURE"]}.items():
        config.set_property(name, value)
    return procedure.run(config).index(0).value_nick


def tell(image, before, **more):
    print(json.dumps({"changed": state(image) != before, "dirty": image.is_dirty(), **more}),
          flush=True)


photo = Gimp.Image.new(SIZE, SIZE, Gimp.ImageBaseType.RGB)
for title in ("One", "Two"):
    new = Gimp.Layer.new(photo, title, SIZE, SIZE, Gimp.ImageType.RGB_IMAGE, 100,
                         Gimp.LayerMode.NORMAL)
    new.fill(Gimp.FillType.FOREGROUND)
    photo.insert_layer(new, None, 0)
Gimp.Display.new(photo)
photo.clean_all()
for way in ("new-layer", "in-place", "textures"):
    kept = state(photo)
    status = generate(photo) if way == "textures" else restore(photo, way)
    Gimp.displays_flush()
    tell(photo, kept, output=way, status=status)
    while not UNDONE.exists():
        time.sleep(0.1)
    UNDONE.unlink()
    end = time.monotonic() + 20  # the menu's action runs after its answer
    while time.monotonic() < end and (photo.is_dirty() or state(photo) != kept):
        time.sleep(0.1)
    tell(photo, kept)
