#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of `./dev train`: photographs in, a model file out that the program restores with.

usage: photos_to_model.py MEND    Trained, taken up again, drawn, exported, used. Skipped (77) where
PyTorch is not installed.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
    from PIL import Image
    from tiny import NETWORK, call, make_photos, photo
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

import checkpoint  # noqa: E402
import curves  # noqa: E402
import make  # noqa: E402
import train  # noqa: E402

MEND = os.path.abspath(sys.argv.pop(1))


class PhotosToModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        cls.photos = make_photos(cls.root + "/My photos", 6)
        cls.run_folder = cls.root + "/Run 1"
        cls.first = cls.make(6)
        cls.second = cls.make(12)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def make(cls, steps, *more):
        return call(make, cls.photos, "--run", cls.run_folder, "--steps", steps, "--tasks", "jpeg,haze",
                    "--mean", *NETWORK, "--tell-every", 0, *more)

    def at(self, name):
        return os.path.join(self.run_folder, name)

    def mend(self, *words):
        done = subprocess.run([MEND, *words], capture_output=True, text=True, cwd=self.root, check=False,
                              env=dict(os.environ, MEND_MODELS=self.root))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def test_the_same_command_goes_on(self):
        self.assertIn("from step 0", self.first)
        self.assertIn("from step 6", self.second)
        self.assertEqual(checkpoint.load(self.at("last.pt"))["step"], 12)

    def test_terminal(self):
        self.assertRegex(self.first, r"5 pictures and 1 held out")
        self.assertRegex(self.first, r"step 1  [\d.]+ dB  [\d.]+ steps/s  [\d.]+ MP/s  "
                                     r"\d+ % waiting  \d+ min left")
        self.assertRegex(self.first, r"held out: jpeg [\d.]+, now [\d.]+ dB, haze [\d.]+, now [\d.]+ dB")
        self.assertIn("./dev mend models", self.first)

    def test_log(self):
        rows = curves.read_log(self.at("log.jsonl"))
        self.assertEqual([r["step"] for r in rows if "psnr" in r], list(range(1, 13)))
        checks = [r for r in rows if "held_out" in r]
        self.assertEqual([r["step"] for r in checks], [6, 12])
        self.assertEqual(checks[0]["input"], checks[1]["input"])
        self.assertGreater(checks[1]["held_out"]["haze"], checks[1]["input"]["haze"])  # the mean's work

    def test_log_after_a_crash(self):
        """A line cut off is left out, and what a later call did over counts once."""
        path = self.root + "/log.jsonl"
        with open(path, "w", encoding="utf-8") as f:
            for step in (1, 2, 3, 2, 3):
                f.write(json.dumps({"step": step, "psnr": 20 + step}) + "\n")
            f.write('7\n{"psnr": 3}\n{"step": 4, "ps')
        self.assertEqual([r["step"] for r in curves.read_log(path)], [1, 2, 2, 3])
        curves.draw(path, self.root + "/curves.png")
        with Image.open(self.root + "/curves.png") as image:
            self.assertEqual(image.size, curves.PANEL)

    def test_pictures_of_the_run(self):
        with Image.open(self.at("curves.png")) as image:  # training, jpeg, haze
            self.assertEqual(image.size, (3 * curves.PANEL[0], curves.PANEL[1]))
            self.assertGreater(len(image.convert("RGB").getcolors(1 << 20)), 50)
        with Image.open(self.at("samples.png")) as image:
            self.assertEqual(image.size, (90 + 5 * 134, 24 + 4 * 150))  # five columns; two of each task
            self.assertGreater(len(image.convert("RGB").getcolors(1 << 20)), 500)

    def test_watching_changes_nothing(self):
        """Measured after every step or never: the same weights."""
        words = ["--photos", self.photos, "--steps", 4, "--tasks", "haze", "--mean", *NETWORK]
        call(train, *words, "--run", self.root + "/watched", "--check-every", 0)
        call(train, *words, "--run", self.root + "/unwatched", "--check-every", 1000)
        a, b = (checkpoint.load("%s/%s/last.pt" % (self.root, run)) for run in ("watched", "unwatched"))
        for name, v in a["net"].items():
            self.assertTrue(torch.equal(v, b["net"][name]), name)

    def test_the_model_restores(self):
        model = self.at("run-1.safetensors")
        self.assertIn(model, self.second)
        self.mend("check", model)
        photo(1).save(self.root + "/in.png")
        for task in ("jpeg", "haze"):
            self.mend("restore", "in.png", "-o", task + ".png", "--task", task, "--model", model,
                      "--device", "cpu")
            with Image.open("%s/%s.png" % (self.root, task)) as image:
                self.assertEqual(image.size, (128, 96))
        os.link(model, self.root + "/run-1.safetensors")
        listed = self.mend("models")
        self.assertIn("run-1", listed)
        self.assertRegex(listed, r"PSNR [\d.]+ dB, input [\d.]+, on held-out patches")

    def test_messages(self):
        with self.assertRaisesRegex(SystemExit, "was trained for jpeg,haze, not for snow"):
            self.make(20, "--tasks", "snow")
        with self.assertRaisesRegex(SystemExit, "gone is not a folder of photographs"):
            call(make, self.root + "/gone")


if __name__ == "__main__":
    unittest.main(verbosity=2)
