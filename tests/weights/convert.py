#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Published PyTorch weights become a model file with which the program computes the same.

usage: convert.py MEND GOLDEN    Skipped (77) where PyTorch is not installed.
"""
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
    from tiny import call, photo
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

import convert  # noqa: E402
import tensorfile  # noqa: E402

MEND, GOLDEN = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))


class Convert(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        arrays = tensorfile.read(GOLDEN + "/nafnet_tiny.weights.safetensors")[0]
        cls.arrays = {k: torch.from_numpy(v) for k, v in arrays.items()}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def saved(self, state):
        torch.save(state, self.at("published.pth"))
        return self.at("published.pth")

    def mend(self, *words):
        done = subprocess.run([MEND, *words], capture_output=True, text=True, check=False,
                              env=dict(os.environ, MEND_MODELS=self.folder.name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def refused(self, state, why):
        with self.assertRaisesRegex(SystemExit, why):
            convert.main([self.saved(state), "-o", self.at("no.safetensors"), "--tasks", "rain"])
        self.assertFalse(os.path.exists(self.at("no.safetensors")))

    def test_the_program_computes_what_the_published_network_does(self):
        path = self.saved({"params": {"module." + k: v for k, v in self.arrays.items()}, "epoch": 3})
        call(convert, path, "-o", self.at("mine.safetensors"), "--tasks", "rain,snow", "--f32")
        said = self.mend("parity", "network", GOLDEN + "/nafnet_tiny.json", self.at("mine.safetensors"),
                         GOLDEN + "/nafnet_tiny.io.safetensors")
        self.assertIn("passed", said)
        photo(1).save(self.at("wet.png"))
        said = self.mend("restore", self.at("wet.png"), "-o", self.at("dry.png"), "--task", "rain",
                         "--steps", "2", "--json")
        self.assertIn('"mine"', said)
        self.assertTrue(os.path.exists(self.at("dry.png")))

    def test_what_it_was_trained_with_is_said(self):
        path = self.saved(self.arrays)
        call(convert, path, "-o", self.at("mine.safetensors"), "--tasks", "rain", "--max-sigma", "10",
             "--licence", "CC BY 4.0")
        meta = tensorfile.read(self.at("mine.safetensors"))[1]
        self.assertEqual((meta["mend.max_sigma"], meta["mend.licence"], meta["mend.prediction"]),
                         ("10", "CC BY 4.0", "noise"))
        self.assertIn("tasks rain", self.mend("check", self.at("mine.safetensors")))

    def test_other_networks_are_refused(self):
        self.refused({"net": self.arrays, "ema": self.arrays, "step": 1, "tasks": ["rain"], "config": {}},
                     "export.py is for it")
        self.refused({"init_conv.weight": torch.zeros(4)}, "U-Net")
        self.refused({"epoch": 3}, "holds no arrays, but: epoch")
        self.refused({k: v for k, v in self.arrays.items() if k != "ending.bias"}, "ending.bias")
        self.refused(dict(self.arrays, more=torch.zeros(1)), "more")
        self.refused(dict(self.arrays, **{"intro.weight": torch.zeros(8, 9, 3, 3)}), "x - mean and mean")
        self.refused(dict(self.arrays, **{"ending.bias": torch.full((3,), 1e9)}), "not finite")

    def test_damaged_files_are_refused(self):
        for name in ("bad.pth", "bad.safetensors"):
            with open(self.at(name), "wb") as f:
                f.write(b"\x08\0\0\0\0\0\0\0nonsense")
            with self.assertRaisesRegex(SystemExit, "damaged"):
                convert.main([self.at(name), "-o", self.at("no.safetensors"), "--tasks", "rain"])


if __name__ == "__main__":
    unittest.main()
