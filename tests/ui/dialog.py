# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in's dialog in GIMP, used through AT-SPI; GIMP itself needs no window for it.

usage: dialog.py BUILD GIMP-ENV IDENTITY-MODEL MODELS SCREENSHOT.png    inside with-display
The model is one that changes nothing, with a bias in its last layer: what is restored is brighter.
For the screenshot alone the first model of the folder MODELS is taken, where there is one.
"""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

import drive

BUILD, GIMP_ENV, MODEL, MODELS, SCREENSHOT = sys.argv[1:6]
HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(os.environ["TEST_FOLDER"])
GERMAN = os.environ["LANGUAGE"] == "de"
TITLE = "Foto restaurieren" if GERMAN else "Restore Photograph"
STOP_SECONDS = 8.0  # 0.2 s and a tile, and what a busy machine and this test's looking add
ESCAPE = 0xff1b
CALLS = [{"procedure": "plug-in-mend-restore"},
         {"procedure": "plug-in-mend-restore"},
         {"procedure": "plug-in-mend-denoise", "lock": True}]


class Run:
    process = dialog = None
    shipped = next(pathlib.Path(MODELS).glob("jpeg.safetensors"), None)
    errors = open(FOLDER / "gimp.log", "w+")


def text(english, german):
    return german if GERMAN else english


def read_header(path):
    """The header of a model file as a dictionary, and where the arrays begin."""
    with open(path, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(size)), 8 + size


def write_models():
    """The identity with a brighter bias, first in the folder of models, and a shipped model."""
    data = bytearray(pathlib.Path(MODEL).read_bytes())
    header, start_of_arrays = read_header(MODEL)
    first = start_of_arrays + header["ending.bias"]["data_offsets"][0]
    data[first:first + 6] = struct.pack("<3e", 0.1, 0.1, 0.1)
    for old in (FOLDER / "models").iterdir():
        old.unlink()
    (FOLDER / "models" / "brighter.safetensors").write_bytes(data)
    if Run.shipped:
        (FOLDER / "models" / "shipped.safetensors").symlink_to(Run.shipped.resolve())


def start():
    console = next((c for c in ("gimp-console-3.0", "gimp-console-3.2", "gimp-console-3")
                    if shutil.which(c)), None)
    if not console:
        print("1..0 # SKIP no gimp-console of GIMP 3 is installed")
        sys.exit(77)
    write_models()
    passed = {name: os.environ[name] for name in
              ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE", "LANG", "LANGUAGE", "LOCPATH",
               "MEND_MODELS", "MEND_DEVICE", "GTK_THEME") if name in os.environ}
    passed["MEND_TEST_PICTURE"] = str(HERE / "scene.jpg")
    passed["MEND_TEST_CALLS"] = json.dumps(CALLS)
    passed["PYTHONDONTWRITEBYTECODE"] = "1"
    code = "exec(open(%r).read())" % str(HERE / "inside.py")
    command = [GIMP_ENV, BUILD] + ["%s=%s" % pair for pair in passed.items()]
    command += [console, "-d", "-f", "-s", "--batch-interpreter=python-fu-eval", "-b", code, "--quit"]
    Run.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=Run.errors, text=True,
                                   env=dict(os.environ, MEND_PROFILE=str(FOLDER / "profile")))


def open_dialog(title):
    app = drive.application("mend")
    Run.dialog = drive.need(app, "dialog", title, 30)
    return Run.dialog


def result():
    """What GIMP said of the call that ended."""
    line = Run.process.stdout.readline()
    assert line.startswith("{"), "GIMP said: %r" % line
    return json.loads(line)


def test_the_dialog_opens_and_previews():
    dialog = open_dialog(TITLE)
    drive.need(dialog, "label", text("Preview done", "Vorschau fertig"), 60)


def picture_middle(size, trim=48):
    """The mean colour of the picture's middle, as large as the preview without trim."""
    picture = drive.GdkPixbuf.Pixbuf.new_from_file(str(HERE / "scene.jpg"))
    w, h = (min(n, m) - 2 * trim for n, m in zip(size, (picture.get_width(), picture.get_height())))
    return drive.mean_of(picture.new_subpixbuf((picture.get_width() - w) // 2, (picture.get_height() - h) // 2,
                                               w, h))


def test_before_and_after_are_what_they_are():
    """Before is the picture, after what the model makes of it: a tenth brighter, at strength 1."""
    part = drive.need(Run.dialog, "slider", text("Before and after", "Vorher und nachher"))
    def shown(percent):
        part.queryValue().currentValue = percent
        return drive.mean_colour(part)
    before, after = shown(100), shown(0)
    middle = picture_middle(part.queryComponent().getSize())
    assert all(abs(a - b) < 2 for a, b in zip(before, middle)), (before, middle)
    assert all(20 < a - b < 27 for a, b in zip(after, before)), (before, after)
    drive.set_value(Run.dialog, "spin button", text("Strength", "Stärke"), 50)
    half = shown(0)
    assert all(8 < h - b < 15 for h, b in zip(half, before)), (before, half)
    drive.set_value(Run.dialog, "spin button", text("Strength", "Stärke"), 100)
    shown(50)


def test_everything_has_a_name():
    assert drive.check_names(Run.dialog) >= 14


def test_no_mnemonic_is_taken_twice():
    assert len(drive.check_mnemonics(Run.dialog)) >= 7


def test_tasks_without_a_model_are_grey():
    tasks = drive.items(Run.dialog, text("Task", "Aufgabe"))
    grey = [name for name, sensitive in tasks[1:] if not sensitive]  # the first: detection
    assert len(tasks) == 1 + 10 and len(grey) == 8, tasks
    assert all(text("no model", "kein Modell") in name for name in grey), grey


def take_model(begins):
    """Under Advanced, which is closed again; the preview follows."""
    advanced = text("Advanced", "Erweitert")
    drive.press(Run.dialog, advanced)
    drive.choose(Run.dialog, text("Model", "Modell"), begins)
    drive.press(Run.dialog, advanced)
    drive.need(Run.dialog, drive.BUTTON, text("Stop Preview", "Vorschau anhalten"))
    drive.need(Run.dialog, "label", text("Preview done", "Vorschau fertig"), 120)


def test_screenshot():
    if Run.shipped:
        take_model(read_header(Run.shipped)[0]["__metadata__"]["mend.label"])
    drive.screenshot(SCREENSHOT, Run.dialog)
    if Run.shipped:
        take_model(text("Automatic", "Automatisch"))


def test_ok_makes_a_layer():
    drive.choose(Run.dialog, text("Task", "Aufgabe"), text("Remove noise", "Rauschen entfernen"))
    drive.set_value(Run.dialog, "spin button", text("Strength", "Stärke"), 80)
    drive.press(Run.dialog, "OK")
    done = result()
    assert done["status"] == "success", done
    assert len(done["layers"]) == 2 and "80" in done["layers"][0], done


def test_stop_leaves_the_image_alone():
    """The second dialog begins with the settings of the first."""
    dialog = open_dialog(TITLE)
    spin = text("Strength", "Stärke")
    assert drive.value(dialog, "spin button", spin) == 80
    drive.press(dialog, text("Advanced", "Erweitert"))
    drive.set_value(dialog, "spin button", text("Steps", "Schritte"), 500)
    drive.press(dialog, "OK")
    stop = drive.need(dialog, drive.BUTTON, text("Stop", "Anhalten"))
    drive.wait("some progress", lambda: drive.value(
        dialog, "progress bar", text("Progress", "Fortschritt")) > 0)
    began = time.monotonic()
    stop.queryAction().doAction(0)
    drive.need(dialog, "label", text("Stopped", "Angehalten"))
    took = time.monotonic() - began
    print("# stopped after %.2f s" % took)
    assert took < STOP_SECONDS
    assert drive.value(dialog, "spin button", text("Steps", "Schritte")) == 500


def test_escape_stops_too():
    """And does not close the dialog while it computes; then it does."""
    drive.press(Run.dialog, "OK")
    stop = drive.need(Run.dialog, drive.BUTTON, text("Stop", "Anhalten"))
    drive.wait("the message to go", lambda: not drive.find(
        Run.dialog, "label", text("Stopped", "Angehalten")))
    drive.key(stop, ESCAPE)
    drive.need(Run.dialog, "label", text("Stopped", "Angehalten"))
    drive.press(Run.dialog, text("Cancel", "Abbrechen"))
    done = result()
    assert done["status"] == "cancel" and len(done["layers"]) == 2, done


def test_an_error_keeps_the_settings():
    """In place is impossible on a locked layer; the user changes the output and goes on."""
    dialog = open_dialog(text("Remove noise", "Rauschen entfernen"))
    assert not drive.find(dialog, "combo box", text("Task", "Aufgabe"))
    drive.choose(dialog, text("Output", "Ausgabe"), text("Change the layer", "Die Ebene selbst"))
    drive.set_value(dialog, "spin button", text("Seed", "Startwert"), 99)
    drive.press(dialog, "OK")
    locked = text("The pixels of “Photo” cannot", "Die Pixel von „Photo“ können nicht")
    drive.need(dialog, "label", locked)
    assert drive.value(dialog, "spin button", text("Seed", "Startwert")) == 99
    drive.choose(dialog, text("Output", "Ausgabe"), text("New layer", "Neue Ebene"))
    drive.press(dialog, "OK")
    done = result()
    assert done["status"] == "success" and len(done["layers"]) == 3, done


def test_gimp_ends_well():
    assert Run.process.wait(60) == 0


def test_nothing_was_complained_of():
    Run.errors.seek(0)
    drive.check_errors(Run.errors.read())


if __name__ == "__main__":
    start()
    drive.main(dict(globals()), Run)
