# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs from a folder into memory, whatever else lies there.

What cannot be used is skipped, counted, and the first few are named with the reason. Everything else
becomes 8-bit RGB, upright. Of large photographs only some parts are kept, so that memory goes with
the number of photographs (some 3 MB each), not with their size.
"""
import hashlib
import os
import sys
import warnings

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
NOT_READ = (".heic", ".heif", ".avif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf",
            ".rw2")  # counted as skipped: who has a folder of them should hear why nothing comes of it
Image.init()
FORMATS = [f for f in ("JPEG", "PNG", "WEBP", "TIFF") if f in Image.OPEN]  # no other decoder is asked
MOST_PIXELS = 150_000_000
WHOLE = 1 << 20  # pixels up to which a picture is kept whole
TILE, TILES = 384, 6  # of a larger one: side and number of the parts
NAMED = 5


class Unusable(Exception):
    """The message is the reason, for the user."""


def to_rgb(image):
    """uint8 [H][W][3] of a decoded picture of any mode."""
    if image.mode == "F":
        raise Unusable("floating-point pixels")
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64)
        if grey.min() < 0 or grey.max() > 65535:
            raise Unusable("pixels of more than 16 bits")
        return np.repeat(np.uint8((grey + 128) // 257)[..., None], 3, 2)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            raise Unusable("transparent parts")
    return np.asarray(image.convert("RGB"))


def parts_of(picture, least, name):
    """The picture itself, or TILES squares of a large one, at places that depend on its name."""
    h, w = picture.shape[:2]
    if h * w <= WHOLE:
        return [picture]
    side = min(max(TILE, least), h, w)
    cells = [(y, x) for y in range(0, h - side + 1, side) for x in range(0, w - side + 1, side)]
    rng = np.random.default_rng(list(hashlib.sha256(name).digest()))
    chosen = rng.permutation(len(cells))[:TILES]
    return [picture[y:y + side, x:x + side].copy() for y, x in (cells[i] for i in chosen)]


def read(path, least):
    """The parts of one file that are trained on; Unusable, or whatever Pillow raises."""
    if path.lower().endswith(NOT_READ):
        raise Unusable("files of this kind are not read; convert them to JPEG or PNG")
    if not os.path.isfile(path):
        raise Unusable("not a plain file")
    if os.path.getsize(path) == 0:
        raise Unusable("empty")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of size we judge ourselves, of odd metadata nobody need hear
        with Image.open(path, formats=FORMATS) as image:
            w, h = image.size
            if w * h > MOST_PIXELS:
                raise Unusable("%d x %d pixels, more than %d million" % (w, h, MOST_PIXELS // 10 ** 6))
            if min(w, h) < least:
                raise Unusable("%d x %d pixels, less than %d" % (w, h, least))
            if w * h > 4 * WHOLE and min(w, h) >= 2 * least:
                image.draft("RGB", (w // 2, h // 2))  # a large JPEG at half its size: its blocks are halved, too
            picture = to_rgb(ImageOps.exif_transpose(image))
    return parts_of(picture, least, os.fsencode(os.path.basename(path)))


def files_below(folder):
    """Paths of everything named like a picture, sorted; links are followed, but not in circles."""
    found, seen = [], set()
    for here, folders, names in os.walk(folder, followlinks=True):
        place = os.stat(here)
        if (place.st_dev, place.st_ino) in seen:
            folders.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        found += [os.path.join(here, n) for n in names if n.lower().endswith(SUFFIXES + NOT_READ)]
    return sorted(found)


def reason_of(error):
    if isinstance(error, Image.DecompressionBombError):
        return "more than %d million pixels" % (MOST_PIXELS // 10 ** 6)
    if isinstance(error, Image.UnidentifiedImageError):
        return "no picture, or damaged"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).split("\n")[0] or type(error).__name__


def load(folder, least):
    """[(file's name, uint8 [H][W][3])], both sides >= least; of a large file several. SystemExit where
    nothing can be used."""
    if not os.path.isdir(folder):
        raise SystemExit("%s is not a folder" % folder)
    found, skipped, paths = [], [], files_below(folder)
    for path in paths:
        try:
            name = os.path.basename(path)
            found += [(name, part) for part in read(path, least)]
        except Exception as e:  # Pillow's decoders raise nearly everything on damaged files
            shown = os.fsencode(os.path.relpath(path, folder)).decode("utf-8", "replace")
            skipped.append("%s (%s)" % (shown, reason_of(e)))
    if skipped:
        more = " and %d more" % (len(skipped) - NAMED) if len(skipped) > NAMED else ""
        print("skipped %d of %d pictures: %s%s"
              % (len(skipped), len(paths), ", ".join(skipped[:NAMED]), more), file=sys.stderr)
    if not found:
        raise SystemExit("no usable picture of at least %d x %d pixels below %s" % (least, least, folder))
    return found


def split(found, share):
    """load()'s list -> (pictures to train on, pictures held out). A file is held out by a hash of its
    name up to a "~", so more photographs move none from one side to the other, and parts of one
    (PHOTO~1.jpg, PHOTO~2.jpg) go together. Of two or more at least one is held out, unless share is 0."""
    found = [(name.split("~")[0], v) for name, v in found]

    def place(name):
        return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:8], "big") / 2 ** 64
    names = sorted({name for name, _ in found}, key=place)
    held = {name for name in names[:-1] if place(name) < share}
    if share > 0 and len(names) > 1:
        held = held or set(names[:1])
    return ([v for name, v in found if name not in held], [v for name, v in found if name in held])
