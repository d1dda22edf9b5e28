# SPDX-License-Identifier: GPL-3.0-or-later
"""One undo step, in the GIMP that people see: Edit ▸ Undo, once, brings back the image as it was.

usage: undo.py BUILD GIMP-ENV MODEL TEXTURE-MODEL    inside with-display
Scripts cannot undo, so the menu of GIMP's window is used, through AT-SPI; undo_inside.py makes the
image and says what became of it.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import drive

BUILD, GIMP_ENV, MODEL, TEXTURE = sys.argv[1:5]
HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(os.environ["TEST_FOLDER"])


class Run:
    process = None
    errors = open(FOLDER / "gimp.log", "w+")


def start():
    program = next((c for c in ("gimp-3.0", "gimp-3.2", "gimp-3") if shutil.which(c)), None)
    if not program:
        print("1..0 # SKIP no gimp of GIMP 3 is installed")
        sys.exit(77)
    code = "exec(open(%r).read())" % str(HERE / "undo_inside.py")
    command = [GIMP_ENV, BUILD, program, "-n", "-s", "-d", "-f",
               "--batch-interpreter=python-fu-eval", "-b", code]
    Run.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=Run.errors, text=True, bufsize=1,
                                   env=dict(os.environ, MEND_PROFILE=str(FOLDER / "profile"),
                                            MEND_TEST_MODEL=str(pathlib.Path(MODEL).resolve()),
                                            MEND_TEST_TEXTURE=str(pathlib.Path(TEXTURE).resolve()),
                                            PYTHONDONTWRITEBYTECODE="1"))


def told():
    """The next line that undo_inside.py writes; GIMP writes others."""
    for line in Run.process.stdout:
        if line.startswith("{"):
            return json.loads(line)
    raise AssertionError("GIMP ended")


def undo_once():
    """Through the menu; then the script inside goes on."""
    app = drive.application("gimp")
    item = drive.wait("Edit ▸ Undo", lambda: next(
        (node for node in drive.walk(app) if node.getRoleName() == "menu item"
         and (node.name or "").startswith("Undo") and drive.sensitive(node)), None), 60)
    print("# " + item.name)
    item.queryAction().doAction(0)
    (FOLDER / "undone").touch()


def check(output):
    done = told()
    assert done["output"] == output and done["status"] == "success" and done["dirty"], done
    assert done["changed"], done
    undo_once()
    done = told()
    assert not done["changed"] and not done["dirty"], done


def test_new_layers():
    check("new-layer")


def test_in_place():
    check("in-place")


def test_textures():
    check("textures")


def test_nothing_was_complained_of():
    Run.errors.seek(0)
    drive.check_errors(Run.errors.read())


if __name__ == "__main__":
    start()
    drive.main(dict(globals()), Run)
