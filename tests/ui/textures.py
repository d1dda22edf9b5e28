# SPDX-License-Identifier: GPL-3.0-or-later
"""The widgets for generating, used through AT-SPI: build/ui/mend-ui-demo --textures, without GIMP.

usage: textures.py PROGRAM TEXTURE-MODEL    inside with-display
The model is random and small: its pictures are noise, and come at once.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import drive

PROGRAM, MODEL = sys.argv[1:3]
FOLDER = pathlib.Path(os.environ["TEST_FOLDER"])
MODELS = FOLDER / "textures"


class Demo:
    errors = open(FOLDER / "demo.log", "w+")
    process = window = None


def start():
    Demo.process = subprocess.Popen([PROGRAM, "--textures"], stderr=Demo.errors,
                                    stdin=subprocess.DEVNULL,
                                    env=dict(os.environ, MEND_MODELS=str(MODELS)))
    app = drive.application("mend-ui-demo")
    Demo.window = drive.wait("the window", lambda: drive.find(app, "frame", "Mend"))


def end():
    Demo.process.terminate()
    Demo.process.wait(10)
    drive.wait("the program to go", lambda: not any(
        app is not None and app.name == "mend-ui-demo" for app in drive.pyatspi.Registry.getDesktop(0)))


def pictures():
    """The names of all that the gallery shows, in order."""
    return [node.name for node in drive.walk(Demo.window)
            if (node.name or "").startswith("Picture ") and node.getRoleName() != "check box"]


def come(*captions):
    """Waits until exactly these pictures are there."""
    wanted = ["Picture %s, not kept" % c if "kept" not in c else "Picture " + c for c in captions]
    drive.wait("pictures %s; there are %s" % (wanted, pictures()),
               lambda: pictures() == wanted, 60)


def toggle(name):
    drive.need(Demo.window, "check box", name).queryAction().doAction(0)


def test_without_a_model_it_says_what_to_do():
    MODELS.mkdir()
    start()
    drive.need(Demo.window, "label", "No texture model is installed. Put one")
    assert str(MODELS) in drive.need(Demo.window, "label", "No texture model").name
    assert not drive.sensitive(drive.need(Demo.window, drive.BUTTON, "Generate"))
    end()
    shutil.copy(MODEL, MODELS)


def test_starts():
    start()
    assert drive.check_names(Demo.window) >= 18
    assert len(drive.check_mnemonics(Demo.window)) >= 10
    names = [name for name, _ in drive.items(Demo.window, "Material")]
    assert names == ["Any material", "Stone", "Brick"], names
    sizes = drive.items(Demo.window, "Size")
    assert [sensitive for _, sensitive in sizes] == [True, True, False], sizes
    assert "1500 × 1000" in sizes[1][0], sizes
    assert not drive.sensitive(drive.need(Demo.window, drive.BUTTON, "More Like This"))


def test_the_gallery_fills():
    for name, value in (("Width", 24), ("Height", 16), ("Number", 3)):
        drive.set_value(Demo.window, "spin button", name, value)
    drive.press(Demo.window, "Generate")
    come("1", "2", "3")
    drive.press(Demo.window, "Generate More")
    come("1", "2", "3", "4", "5", "6")


def test_more_like_this_and_surprise():
    drive.press(Demo.window, "More Like This")  # of the first, which is selected
    come("1", "2", "3", "4", "5", "6", "7, like 1")
    drive.press(Demo.window, "Surprise")
    come("1", "2", "3", "4", "5", "6", "7, like 1", "8, from 1")


def test_undo_drops_forks_only():
    """And none that is kept."""
    toggle("Keep picture 8")
    drive.press(Demo.window, "Undo")
    drive.wait("the seventh to go", lambda: len(pictures()) == 7 and "8" in pictures()[-1])
    assert not drive.sensitive(drive.need(Demo.window, drive.BUTTON, "Undo"))
    toggle("Keep picture 8")
    drive.press(Demo.window, "Undo")
    come("1", "2", "3", "4", "5", "6")
    assert not drive.sensitive(drive.need(Demo.window, drive.BUTTON, "Undo"))


def test_the_seam_can_be_looked_at():
    toggle("Offset by half")
    assert drive.find(Demo.window, ("drawing area", "image"), "Selected picture")


def test_other_settings_begin_anew_and_leave_what_is_kept():
    toggle("Keep picture 2")
    come("1", "2, kept", "3", "4", "5", "6")
    drive.choose(Demo.window, "Material", "Brick")
    drive.press(Demo.window, "Generate")
    come("2, kept", "1", "2", "3")


def select(name):
    """The picture of that name, as the gallery's keys do."""
    grid = drive.wait("the gallery", lambda: next(
        (node for node in drive.walk(Demo.window) if node.name == "Pictures"), None))
    names = [grid.getChildAtIndex(i).name for i in range(grid.childCount)]
    grid.querySelection().clearSelection()
    assert grid.querySelection().selectChild(names.index(name)), names


def more():
    return drive.need(Demo.window, drive.BUTTON, "More Like This")


def test_what_is_kept_of_other_settings_can_be_gone_on_from():
    select("Picture 2, kept")
    drive.press(Demo.window, "More Like This")
    come("2, kept", "1", "2", "3", "9, like 2")
    drive.press(Demo.window, "Undo")
    come("2, kept", "1", "2", "3")


def test_but_not_for_ever():
    kept = ["2, kept"]
    for seed, number in ((1, 1), (2, 3)):
        toggle("Keep picture %d" % number)
        kept.append("%d, kept" % number)
        drive.set_value(Demo.window, "spin button", "Seed", seed)
        drive.press(Demo.window, "Generate")
        come(*kept + ["1", "2", "3"])
        select("Picture 2, kept")
        drive.wait("what is possible", lambda can=seed < 2: drive.sensitive(more()) == can)
    assert more().description.startswith("The settings were changed"), more().description
    toggle("Keep picture 1")
    toggle("Keep picture 3")


def test_stop():
    """Nothing that has not come comes any more, and it can go on."""
    drive.set_value(Demo.window, "spin button", "Width", 2048)
    drive.set_value(Demo.window, "spin button", "Height", 2048)
    drive.press(Demo.window, "Generate")
    drive.press(Demo.window, "Stop")
    drive.need(Demo.window, "label", "Stopped")
    come("2, kept")
    drive.set_value(Demo.window, "spin button", "Width", 16)
    drive.set_value(Demo.window, "spin button", "Height", 16)
    drive.press(Demo.window, "Generate")
    come("2, kept", "1", "2", "3")


def test_an_error_is_shown():
    drive.set_value(Demo.window, "spin button", "Evaluations", 1)
    drive.press(Demo.window, "Generate")
    drive.need(Demo.window, "label", "3 pictures of 16 × 16 pixels with 1 evaluations")
    drive.press(Demo.window, "Advanced")
    drive.choose(Demo.window, "Method", "Each picture from noise")
    drive.press(Demo.window, "Generate")
    come("2, kept", "1", "2", "3")
    assert not drive.sensitive(drive.need(Demo.window, drive.BUTTON, "More Like This"))


def test_nothing_was_complained_of():
    end()
    Demo.errors.seek(0)
    drive.check_errors(Demo.errors.read())


if __name__ == "__main__":
    drive.main(dict(globals()), Demo)
