#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The learned mean: its lines, what counts in it, its training, and networks that revert to it.
Skipped (77) where PyTorch is not installed.
"""
import os
import shutil
import sys
import tempfile
import unittest

try:
    import numpy as np
    from PIL import Image
    import torch
    from tiny import call
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

import blend  # noqa: E402
import checkpoint  # noqa: E402
import export  # noqa: E402
import means  # noqa: E402
import models  # noqa: E402
import overview  # noqa: E402
import tensorfile  # noqa: E402
import train  # noqa: E402
import train_context  # noqa: E402
import train_overview  # noqa: E402


class Overview(unittest.TestCase):
    """The learned mean: its lines, its training, and restoration networks that revert to it."""

    def test_lines_undo_a_change_of_tone(self):
        """Where gain and offset are the same everywhere, the lines are these, damped a little."""
        rng = np.random.default_rng(4)
        clean = rng.uniform(0.1, 0.9, (3, 24, 24))
        slope, offset = overview.lines(0.5 * clean + 0.1, clean)
        self.assertLess(np.abs(slope - 2).max(), 0.2)
        self.assertLess(np.abs(slope * (0.5 * clean + 0.1) + offset - clean).max(), 0.02)

    def test_enlarging_keeps_a_ramp(self):
        ramp = (np.arange(96) + 0.5)[None].repeat(96, 0) / 96
        for n in (1, 37, 96, 500):
            wide = overview.enlarged(ramp, n, 1)
            wanted = np.clip((np.arange(n) + 0.5) / n, 0.5 / 96, 95.5 / 96)
            self.assertLess(np.abs(wide[7] - wanted).max(), 1e-12)

    def test_estimates_count_where_they_agree(self):
        """Shadow's does as far as it lightens what the network does too, by as much."""
        rng = np.random.default_rng(5)
        damaged = rng.uniform(0.1, 0.3, (3, 96, 96)).astype(np.float32)
        left, right = damaged.copy(), damaged.copy()
        left[..., :48] *= 2
        right[..., 48:] *= 2
        for a, b, wanted in ((left, left, 1), (left, right, 0), (left, 2 * damaged, 0.5),
                             (damaged, damaged, 0), (damaged / 2, damaged / 2, 0)):
            self.assertAlmostEqual(overview.accord(damaged, a, b), wanted, delta=0.02)
        self.assertEqual(overview.trust_in("shadow", damaged, left, right), 0)
        self.assertAlmostEqual(overview.trust_in("shadow", damaged, left, left), 0.65)
        self.assertEqual(overview.trust_in("haze", damaged, left, right), 0.5)

    def test_shadow_that_is_hardly_lightened_is_none(self):
        picture = np.full((96, 96, 3), (0.1, 0.2, 0.3), np.float32)
        for rows, light, wanted in ((0, 1, 0), (1, 1, 1), (1, 0.25, 0.5), (50, 0.19, 0), (50, -1, 0)):
            clean = picture.copy()
            clean[:rows] = (clean[:rows] + 0.02) * np.exp(light) - 0.02
            self.assertAlmostEqual(means.shadow_presence(picture, clean), wanted, delta=1e-4)

    def test_golden_picture_is_worth_looking_at(self):
        """What tests/unit/overview.c compares: the estimates differ, the shadow's counts in part, and
        the gain is large and leaves some brighter than white."""
        golden = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/overview")
        picture = tensorfile.read(golden + "/model.io.safetensors")[0]["picture"].transpose(1, 2, 0)
        net, tasks, _, _ = models.load(golden + "/model.safetensors")
        damaged, classical = overview.thumbnails("shadow", picture)
        learned = overview.answer(net.overview, damaged, classical, tasks.index("shadow")).clip(0, 1)
        self.assertGreater(overview.trust_in("shadow", damaged, classical, learned), 0.1)
        self.assertLess(overview.trust_in("shadow", damaged, classical, learned), 0.5)
        guide, exposed = overview.shown("low-light", damaged, picture)
        self.assertGreater(np.median(exposed / picture), 3)
        self.assertGreater(guide.max(), 1.2)

    def test_it_travels(self):
        """From its trainer into a checkpoint, through a resume, into the model file, and back."""
        with tempfile.TemporaryDirectory() as root:
            Image.fromarray(np.uint8(train_context.made_up_picture(192, 170) * 255)).save(
                root + "/0.png")
            first, run, out = root + "/o", root + "/r", root + "/model.safetensors"
            call(train_overview, "--photos", root, "--run", first, "--minutes", 0.01, "--batch", 2)
            words = ("--photos", root, "--run", run, "--tasks", "shadow,haze", "--width", 8, "--enc",
                     "1", "--middle", 1, "--dec", "1", "--patch", 32, "--batch", 2, "--workers", 0,
                     "--patches", 4, "--crop", 96)
            with self.assertRaisesRegex(SystemExit, "not trained for 'rain'"):
                call(train, *words, "--steps", 1, "--tasks", "rain", "--overview", first + "/last.pt")
            call(train, *words, "--steps", 2, "--overview", first + "/last.pt")
            os.remove(first + "/last.pt")
            call(train, *words, "--steps", 3, "--resume")
            call(export, run + "/last.pt", "-o", out, "--f32")
            mean = tensorfile.read(out)[1]["mend.mean"]
            self.assertEqual(mean, "overview:shadow-match,overview:dark-channel-small")
            picture = train_context.made_up_picture(45, 70)
            answers = []
            for path in (run + "/last.pt", out):
                net, tasks, mean, _ = models.load(path)
                self.assertEqual(net.config["inputs"], 3)
                answers.append(models.estimator(net.overview, tasks, mean)("haze", picture))
            self.assertTrue(np.array_equal(*answers))
            self.assertFalse(np.array_equal(answers[0], means.mean_of("haze", picture)))
            again = root + "/again"
            call(train, *words, "--steps", 0, "--tasks", "haze,shadow", "--run", again, "--init", out,
                 "--overview", out)
            begun, before = (checkpoint.load(v + "/last.pt")["ema"] for v in (again, run))
            self.assertTrue(torch.equal(begun["ending.weight"], before["ending.weight"]))
            self.assertTrue(torch.equal(begun["task_embedding"][[1, 0]], before["task_embedding"][:2]))

    def test_its_training_goes_on(self):
        """A resume adds steps to the same network, other tasks are refused, a model file is a start;
        a texture for shadows to fall on is used for half of them."""
        with tempfile.TemporaryDirectory() as root:
            Image.fromarray(np.uint8(train_context.made_up_picture(192, 170) * 255)).save(
                root + "/0.png")
            words = ("--photos", root, "--run", root + "/o", "--batch", 2)
            call(train_overview, *words, "--minutes", 0.01, "--grounds", root)
            first = checkpoint.load(root + "/o/last.pt")
            os.rename(root + "/o/last.pt", root + "/first.pt")
            shutil.copy(root + "/first.pt", root + "/o/last.pt")
            call(train_overview, *words, "--minutes", 0.01, "--resume")
            last = checkpoint.load(root + "/o/last.pt")
            self.assertGreater(last["step"], first["step"])
            call(blend, root + "/o/last.pt", root + "/first.pt", "--share", 0.5, "-o", root + "/half.pt")
            half, a, b = (v["ema"]["ending.weight"] for v in (checkpoint.load(root + "/half.pt"), first, last))
            self.assertFalse(torch.equal(a, b))
            self.assertTrue(torch.allclose(half, (a + b) / 2))
            with self.assertRaisesRegex(SystemExit, "not for haze"):
                call(train_overview, *words, "--minutes", 0, "--resume", "--tasks", "haze")
            call(train_overview, *words, "--minutes", 0, "--run", root + "/p", "--init",
                 root + "/o/last.pt", "--tasks", "shadow,haze")
            begun, before = (checkpoint.load(root + v)["ema"] for v in ("/p/last.pt", "/o/last.pt"))
            self.assertTrue(torch.equal(begun["ending.weight"], before["ending.weight"]))
            self.assertTrue(torch.equal(begun["task_embedding"][0], before["task_embedding"][2]))
        plain = [np.full((128, 128, 3), 128, np.uint8)]
        photos = [np.uint8(train_context.made_up_picture(192, 170) * 255)]
        samples = train_overview.Thumbnails(photos, plain, ["shadow"], 1, 0, 40)
        smooth = sum(np.abs(np.diff(samples[i][0], axis=2)).max() < 0.1 for i in range(40))
        self.assertTrue(5 < smooth < 35, smooth)

    def test_truths_in_low_light_are_light(self):
        """Of a dark photograph and a light one mostly the light one; other tasks take both."""
        photos = [np.full((192, 170, 3), value, np.uint8) for value in (30, 150)]
        for task, least, most in (("low-light", 36, 40), ("haze", 8, 32)):
            samples = train_overview.Thumbnails(photos, [], [task], 1, 0, 40)
            light = sum(samples[i][0].mean() > 0.4 for i in range(40))
            self.assertTrue(least <= light <= most, (task, light))


if __name__ == "__main__":
    unittest.main(verbosity=2)
