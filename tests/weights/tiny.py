# SPDX-License-Identifier: GPL-3.0-or-later
"""What the trainer's tests share: a few made-up photographs, a tiny network, a way to call programs."""
import contextlib
import io
import os
import sys

import numpy as np
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "weights", "train"))

NETWORK = ["--width", "8", "--enc", "1,1", "--middle", "1", "--dec", "1,1", "--patch", "32",
           "--batch", "2", "--workers", "0"]


def photo(i, height=96, width=128):
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (3 + i + c)) * np.cos(y / (5 + c)) for c in range(3)]
    return Image.fromarray(np.uint8(127 + 120 * np.stack(waves, -1)))


def make_photos(folder, count=4):
    os.mkdir(folder)
    for i in range(count):
        photo(i).save("%s/%d.png" % (folder, i))
    return folder


def call(program, *words):
    """program.main() with these arguments; what it printed to either stream."""
    said, before = io.StringIO(), sys.argv
    sys.argv = [program.__name__] + [str(w) for w in words]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            program.main()
    finally:
        sys.argv = before
    return said.getvalue()
