# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog of plug-in-mend-generate in GIMP, used through AT-SPI; GIMP needs no window for it.

usage: textures_dialog.py BUILD GIMP-ENV TEXTURE-MODEL SCREENSHOT.png    inside with-display
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import drive

BUILD, GIMP_ENV, MODEL, SCREENSHOT = sys.argv[1:5]
HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(os.environ["TEST_FOLDER"])
GERMAN = os.environ["LANGUAGE"] == "de"
ESCAPE = 0xff1b
CALLS = [{"procedure": "plug-in-mend-generate"}] * 3


class Run:
    process = dialog = None
    errors = open(FOLDER / "gimp.log", "w+")


def text(english, german):
    return german if GERMAN else english




GENERATE = text("Generate", "Erzeugen")


def start():
    console = next((c for c in ("gimp-console-3.0", "gimp-console-3.2", "gimp-console-3")
                    if shutil.which(c)), None)
    if not console:
        print("1..0 # SKIP no gimp-console of GIMP 3 is installed")
        sys.exit(77)
    shutil.copy(MODEL, FOLDER / "models")
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


def open_dialog():
    app = drive.application("mend")
    Run.dialog = drive.need(app, "dialog", text("Generate Textures", "Texturen erzeugen"), 30)
    return Run.dialog


def result():
    """What GIMP said of the call that ended."""
    line = Run.process.stdout.readline()
    assert line.startswith("{"), "GIMP said: %r" % line
    return json.loads(line)


def keep(number):
    box = drive.need(Run.dialog, "check box", text("Keep picture %d" % number,
                                                   "Bild %d behalten" % number))
    drive.wait("picture %d" % number, lambda: drive.sensitive(box), 60)
    box.queryAction().doAction(0)


def test_the_dialog_opens():
    dialog = open_dialog()
    assert drive.check_names(dialog) >= 20
    print("# Alt with", drive.check_mnemonics(dialog))
    assert not drive.sensitive(drive.need(dialog, drive.BUTTON, "OK"))


def test_what_is_kept_becomes_a_group():
    dialog = Run.dialog
    drive.choose(dialog, "Material", text("Stone", "Stein"))
    for name, value in ((text("Width", "Breite"), 48), (text("Height", "Höhe"), 32),
                        (text("Number", "Anzahl"), 4), (text("Seed", "Startwert"), 7)):
        drive.set_value(dialog, "spin button", name, value)
    drive.press(dialog, GENERATE)
    keep(2)
    keep(4)
    drive.screenshot(SCREENSHOT, dialog)
    advanced = text("Advanced", "Erweitert")
    drive.press(dialog, advanced)
    drive.need(dialog, "combo box", text("Integrator", "Integrator"))
    assert len(drive.check_mnemonics(dialog)) >= 15  # all that there is, and can be used
    drive.press(dialog, advanced)
    drive.press(dialog, "OK")
    done = result()
    assert done["status"] == "success" and len(done["layers"]) == 2, done
    assert done["layers"][0] == text("Stone, seed 7", "Stein, Startwert 7"), done


def test_the_selected_one_becomes_a_pattern():
    dialog = open_dialog()
    assert drive.value(dialog, "spin button", text("Seed", "Startwert")) == 7
    drive.choose(dialog, text("Output", "Ausgabe"), text("Patterns", "Muster"))
    drive.press(dialog, GENERATE)
    drive.wait("a picture", lambda: drive.sensitive(drive.need(dialog, drive.BUTTON, "OK")), 60)
    drive.press(dialog, "OK")
    done = result()
    assert done["status"] == "success" and len(done["layers"]) == 2, done
    written = [p.name for p in (FOLDER / "profile/gimp/patterns").glob("*.pat")]
    assert written == [text("Stone 1, seed 7.pat", "Stein 1, Startwert 7.pat")], written


def test_leaving_in_the_middle_changes_nothing():
    dialog = open_dialog()
    for name in (text("Width", "Breite"), text("Height", "Höhe")):
        drive.set_value(dialog, "spin button", name, 2048)
    drive.press(dialog, GENERATE)
    drive.key(drive.need(dialog, drive.BUTTON, text("Stop", "Anhalten")), ESCAPE)
    done = result()
    assert done["status"] == "cancel" and len(done["layers"]) == 2, done


def test_gimp_ends_well():
    assert Run.process.wait(60) == 0


def test_nothing_was_complained_of():
    Run.errors.seek(0)
    drive.check_errors(Run.errors.read())


if __name__ == "__main__":
    start()
    drive.main(dict(globals()), Run)
