#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of photographs as people have them: what is broken or odd is skipped, named and counted,
or read as what it is. Skipped (77) where Pillow is not installed.
"""
import contextlib
import importlib.util
import io
import os
import sys
import tempfile
import unittest

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "..", "..", "weights", "train", "pictures.py")
spec = importlib.util.spec_from_file_location("trained_pictures", PATH)  # this file has the same name
pictures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pictures)


def ramp(height=40, width=48):
    y, x = np.mgrid[0:height, 0:width]
    return np.uint8(np.stack([5 * x, 6 * y, 2 * (x + y)], -1))


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.ramp = ramp()
        self.image = Image.fromarray(self.ramp)

    def at(self, name):
        return os.path.join(self.root, name)

    def load(self, least=32):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            found = pictures.load(self.root, least)
        return dict(found), said.getvalue()

    def assert_skipped(self, name, reason):
        """The file is skipped with its reason; a good one beside it is not."""
        self.image.save(self.at("good.png"))
        found, said = self.load()
        self.assertEqual(set(found), {"good.png"})
        self.assertIn("skipped 1 of 2 pictures: %s (" % name, said)
        self.assertRegex(said, reason)

    def write(self, name, data):
        with open(self.at(name), "wb") as f:
            f.write(data)

    def test_cut_off(self):
        for kind in ("jpg", "png"):
            with self.subTest(kind):
                self.image.save(self.at("a." + kind))
                with open(self.at("a." + kind), "rb") as f:
                    data = f.read()
                self.write("a." + kind, data[:len(data) * 2 // 3])
                self.assert_skipped("a." + kind, "(?i)truncated|damaged")
                os.remove(self.at("a." + kind))

    def test_random_damage_never_stops_the_loading(self):
        rng = np.random.default_rng(1)
        self.image.save(self.at("good.png"))
        for suffix in ("jpg", "png", "tif", "webp"):
            whole = io.BytesIO()
            self.image.save(whole, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()))
            for i in range(25):
                data = np.frombuffer(whole.getvalue(), np.uint8).copy()
                data[rng.integers(0, len(data), 12)] = rng.integers(0, 256, 12)
                self.write("%d.%s" % (i, suffix), data.tobytes())
        found, _ = self.load()
        self.assertIn("good.png", found)
        for picture in found.values():
            self.assertEqual((picture.dtype, picture.shape[2]), (np.uint8, 3))
            self.assertGreaterEqual(min(picture.shape[:2]), 32)

    def test_nothing_in_it(self):
        self.write("a.jpg", b"")
        self.assert_skipped("a.jpg", "empty")

    def test_text_named_picture(self):
        self.write("a.png", b"Dear diary")
        self.assert_skipped("a.png", "no picture, or damaged")

    def test_program_named_picture(self):
        self.write("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n")
        self.assert_skipped("a.png", "no picture, or damaged")

    def test_one_pixel(self):
        Image.new("RGB", (1, 1)).save(self.at("a.png"))
        self.assert_skipped("a.png", "1 x 1 pixels, less than 32")

    def test_bombs(self):
        """15000 x 15000 pixels in 34 kB, and a header that promises more than memory could hold."""
        Image.new("1", (15000, 15000)).save(self.at("a.png"))
        self.assert_skipped("a.png", "million")
        Image.new("1", (12500, 12500)).save(self.at("a.png"))
        self.assert_skipped("a.png", "12500 x 12500 pixels, more than 150 million")

    def test_pipe(self):
        if not hasattr(os, "mkfifo"):
            self.skipTest("no named pipes here")
        os.mkfifo(self.at("a.jpg"))
        self.assert_skipped("a.jpg", "not a plain file")

    def test_link_to_nowhere_and_circle(self):
        os.symlink("gone", self.at("a.jpg"))
        os.symlink(".", self.at("circle"))
        self.assert_skipped("a.jpg", "not a plain file")

    def test_no_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        self.image.save(self.at("a.png"))
        os.chmod(self.at("a.png"), 0)
        self.assert_skipped("a.png", "Permission denied")

    def test_formats_we_cannot_read(self):
        self.write("a.HEIC", b"\0\0\0\x18ftypheic")
        self.assert_skipped("a.HEIC", "convert them to JPEG or PNG")

    def test_transparent(self):
        self.image.convert("RGBA").save(self.at("opaque.png"))
        found, said = self.load()
        self.assertEqual(said, "")
        np.testing.assert_array_equal(found["opaque.png"], self.ramp)
        os.remove(self.at("opaque.png"))
        image = self.image.convert("RGBA")
        image.putpixel((3, 3), (0, 0, 0, 0))
        image.save(self.at("a.png"))
        self.assert_skipped("a.png", "transparent parts")

    def test_folder_named_like_a_picture(self):
        os.mkdir(self.at("x.jpg"))
        self.image.save(self.at("x.jpg/inside.PNG"))
        found, said = self.load()
        self.assertEqual((set(found), said), ({"inside.PNG"}, ""))

    def test_modes(self):
        """Each becomes 8-bit RGB that looks the same."""
        grey = np.uint16(np.mgrid[0:40, 0:48][1] * 1300)
        Image.fromarray(grey).save(self.at("deep.png"))
        Image.fromarray(np.uint8(grey >> 8)).save(self.at("grey.png"))
        self.image.quantize(256).save(self.at("palette.png"))
        self.image.convert("CMYK").save(self.at("cmyk.tif"))
        self.image.convert("CMYK").save(self.at("cmyk.jpg"), quality=95)
        found, said = self.load()
        self.assertEqual(said, "")
        for name, least in (("palette.png", 30), ("cmyk.tif", 50), ("cmyk.jpg", 30)):
            mse = np.mean((found[name] - self.ramp.astype(float)) ** 2)
            self.assertGreater(10 * np.log10(255 ** 2 / (mse + 1e-3)), least, name)
        difference = found["deep.png"].astype(int) - np.round(grey / 257.0)[..., None]
        self.assertLessEqual(np.abs(difference).max(), 0)
        self.assertEqual(found["grey.png"].shape, (40, 48, 3))

    def test_float_is_refused(self):
        Image.fromarray(np.float32(self.ramp[..., 0])).save(self.at("a.tif"))
        self.assert_skipped("a.tif", "floating-point")

    def test_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90 degrees
        self.image.save(self.at("a.jpg"), exif=exif, quality=95)
        found, _ = self.load()
        self.assertEqual(found["a.jpg"].shape, (48, 40, 3))

    def test_the_first_few_are_named(self):
        for i in range(8):
            self.write("%d.jpg" % i, b"")
        self.image.save(self.at("good.png"))
        _, said = self.load()
        self.assertIn("skipped 8 of 9 pictures: 0.jpg (empty)", said)
        self.assertIn("4.jpg (empty) and 3 more", said)

    def test_nothing_usable(self):
        with self.assertRaisesRegex(SystemExit, "no usable picture of at least 32 x 32"):
            self.load()
        with self.assertRaisesRegex(SystemExit, "is not a folder"):
            pictures.load(self.at("gone"), 32)

    def test_large_photographs_become_parts(self):
        big = Image.fromarray(np.tile(ramp(256, 256), (8, 10, 1)))
        big.save(self.at("a.png"), compress_level=1)
        big.save(self.at("b.jpg"))
        found = pictures.load(self.root, 100)
        names = [name for name, _ in found]
        self.assertEqual((names.count("a.png"), names.count("b.jpg")), (6, 6))
        for _, part in found:
            self.assertEqual(part.shape, (pictures.TILE, pictures.TILE, 3))
        for (_, part), (_, again) in zip(found, pictures.load(self.root, 100)):
            np.testing.assert_array_equal(part, again)

    def test_held_out_by_name(self):
        found = [("%d.jpg" % i, i) for i in range(1000) for _ in range(2)]
        kept, held = pictures.split(found, 0.02)
        self.assertTrue(10 <= len(set(held)) <= 32 and len(held) == 2 * len(set(held)), held)
        self.assertEqual(sorted(kept + held), sorted(v for _, v in found))
        fewer = pictures.split(found[::4], 0.02)[1]
        self.assertTrue(set(fewer) <= set(held))
        self.assertEqual(len(pictures.split(found[:6], 0.02)[1]), 2)  # at least one file
        self.assertEqual(pictures.split(found[:2], 0.5), ([0, 0], []))  # never all
        self.assertEqual(pictures.split(found, 0)[1], [])
        parts = [("%d~%d.jpg" % (i, k), i) for i in range(100) for k in range(3)]
        kept, held = pictures.split(parts, 0.1)  # the parts of one photograph go together
        self.assertTrue(held and not set(kept) & set(held))


if __name__ == "__main__":
    unittest.main(verbosity=2)
