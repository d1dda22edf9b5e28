# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside GIMP by dialog.py: a picture, then one dialog after the other. Prints one line of JSON
for each: the status, and the layers there are then."""
import json
import os

import gi
gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, Gio  # noqa: E402


def load():
    """The picture, with its layer named as in a photographer's image."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE,
                           Gio.File.new_for_path(os.environ["MEND_TEST_PICTURE"]))
    image.get_layers()[0].set_name("Photo")
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


photo = load()
for round_ in json.loads(os.environ["MEND_TEST_CALLS"]):
    photo.get_layers()[-1].set_lock_content(round_.pop("lock", False))
    call(photo, round_.pop("procedure"), **round_)
photo.delete()
