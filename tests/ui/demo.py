# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo of the widgets, used through AT-SPI: build/ui/mend-ui-demo without GIMP.

usage: demo.py PROGRAM SCREENSHOT.png    inside with-display
"""
import os
import pathlib
import subprocess
import sys
import time

import drive

FOLDER = pathlib.Path(os.environ["TEST_FOLDER"])
DIVIDER = "Before and after"
LEFT, RIGHT, HOME, END = 0xff51, 0xff53, 0xff50, 0xff57


class Demo:
    program, screenshot = sys.argv[1], sys.argv[2]
    errors = open(FOLDER / "demo.log", "w+")
    process = window = None


def divider():
    return drive.value(Demo.window, "slider", DIVIDER)


def test_starts():
    Demo.process = subprocess.Popen([Demo.program], stderr=Demo.errors, stdin=subprocess.DEVNULL)
    app = drive.application("mend-ui-demo")
    Demo.window = drive.wait("the window", lambda: drive.find(app, "frame", "Mend"))


def test_preview_comes_by_itself():
    drive.need(Demo.window, "label", "Preview done")


def test_everything_has_a_name():
    assert drive.check_names(Demo.window) >= 11


def test_no_mnemonic_is_taken_twice():
    assert len(drive.check_mnemonics(Demo.window)) >= 3


def test_keys_move_the_divider():
    slider = drive.need(Demo.window, "slider", DIVIDER)
    assert divider() == 50
    drive.key(slider, RIGHT)
    drive.wait("Right", lambda: divider() == 52)
    drive.key(slider, HOME)
    drive.wait("Home", lambda: divider() == 0)
    drive.key(slider, LEFT)
    drive.key(slider, END)
    drive.wait("End", lambda: divider() == 100)
    drive.key(slider, LEFT)
    drive.wait("Left", lambda: divider() == 98)
    drive.set_value(Demo.window, "slider", DIVIDER, 40)
    assert divider() == 40


def test_a_change_starts_a_new_preview():
    drive.press(Demo.window, "New seed")
    drive.need(Demo.window, drive.BUTTON, "Stop Preview")
    drive.need(Demo.window, "label", "Preview done")


def test_keys_move_the_part():
    overview = drive.need(Demo.window, ("image", "drawing area"), "Part shown")
    before = overview.description
    drive.key(overview, RIGHT)
    drive.wait("another part", lambda: overview.description != before)
    drive.need(Demo.window, drive.BUTTON, "Stop Preview")
    drive.need(Demo.window, "label", "Preview done")


def test_strength_needs_none():
    drive.set_value(Demo.window, "spin button", "Strength", 60)
    end = time.monotonic() + 1.5  # a preview that is wanted begins after 0.6 s
    while time.monotonic() < end:
        assert not drive.find(Demo.window, drive.BUTTON, "Stop Preview")


def test_a_failure_is_shown():
    drive.set_value(Demo.window, "spin button", "Seed", 13)
    drive.need(Demo.window, "label", "Seed 13 always fails")
    drive.set_value(Demo.window, "spin button", "Seed", 14)
    drive.need(Demo.window, "label", "Preview done")


def test_stop():
    drive.screenshot(Demo.screenshot, Demo.window)
    drive.press(Demo.window, "OK")
    drive.press(Demo.window, "Stop")
    drive.need(Demo.window, "label", "Stopped")


def test_nothing_was_complained_of():
    Demo.process.terminate()
    Demo.process.wait(10)
    Demo.errors.seek(0)
    drive.check_errors(Demo.errors.read())


if __name__ == "__main__":
    drive.main(dict(globals()), Demo)
