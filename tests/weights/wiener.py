#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mean for motion blur in training: its windows, filters and errors, and its way into a model file.

Skipped (77) where PyTorch is not installed."""
import os
import sys
import tempfile
import unittest

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as e:
    print("this Python has no %s: nothing can be trained" % e.name)
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../weights/train"))
import export  # noqa: E402
import models  # noqa: E402
import tensorfile  # noqa: E402
import train  # noqa: E402
import train_context  # noqa: E402
import train_wiener  # noqa: E402
import wiener  # noqa: E402
from degrade.common import convolve, line, path_kernel  # noqa: E402

SCENE = train_context.made_up_picture(300, 270)


def psnr(a, b):
    return -10 * np.log10(np.mean((a.astype(np.float64) - b) ** 2))


def always(path, angle):
    """A choice of one filter, whatever it sees."""
    choice = wiener.Choice()
    choice.paths.bias.data[path] = 30
    choice.others.bias.data[:] = -30
    estimator = wiener.Estimator(choice)
    turned = torch.zeros(1, len(wiener.LENGTHS) * len(wiener.FEARS) * wiener.ANGLES + len(wiener.ROUND) + 1)
    turned[0, path * wiener.ANGLES + angle] = 1
    estimator.shares = lambda parts: turned.expand(parts.shape[0] * parts.shape[1], -1)
    return estimator


class Filters(unittest.TestCase):
    def test_windows(self):
        """Where all is left as it is, it is so to rounding: windows add up, at any size."""
        choice = wiener.Choice()
        choice.others.bias.data[-1] = 60
        for h, w in ((1, 1), (96, 97), (193, 40), (300, 270)):
            part = SCENE[:h, :w]
            self.assertLess(np.abs(wiener.Estimator(choice)("motion-blur", part) - part).max(), 1e-6)

    def test_direction_and_length(self):
        """The filter for a path undoes that path, best of all; across it, it does harm."""
        length = wiener.LENGTHS.index(15) * len(wiener.FEARS)
        small = Image.fromarray(np.uint8(train_context.made_up_picture(75, 68) * 255))
        scene = np.float32(small.resize((270, 300), Image.Resampling.BICUBIC)) / 255
        for angle in (3, 18):
            kernel = path_kernel(line(15, angle * 180 / wiener.ANGLES))
            blurred = np.float32(np.clip(convolve(scene, kernel), 0, 1))
            before = psnr(blurred, scene)
            right = psnr(always(length, angle)("motion-blur", blurred), scene)
            self.assertGreater(right, before + 1)
            for path, turn in ((length, angle + 4), (length + 4, angle), (length - 4, angle)):
                other = psnr(always(path, turn % wiener.ANGLES)("motion-blur", blurred), scene)
                self.assertLess(other, right - 0.3)
            across = psnr(always(length, (angle + 12) % wiener.ANGLES)("motion-blur", blurred), scene)
            self.assertLess(across, before)

    def test_error_of_spectra(self):
        """What is trained is the squared error under the windows' fading."""
        noisy = SCENE + np.random.default_rng(1).normal(0, 0.05, SCENE.shape)
        parts, truth = (wiener.windows(v)[0].reshape(-1, wiener.N, wiener.N, 3) for v in (noisy, SCENE))
        truth = truth - truth.mean((1, 2), keepdims=True) + parts.mean((1, 2), keepdims=True)
        spectra = train_wiener.Spectra()
        power, cross, own = spectra.of(parts[:2], truth[:2])
        error = own - 2 * cross.sum((1, 2)) + power.sum((1, 2))
        fade = spectra.fade ** 2
        direct = ((parts[:2] - truth[:2]) ** 2 * fade).sum((1, 2, 3)) / (3 * fade.sum())
        np.testing.assert_allclose(error, direct, rtol=1e-9)


    def test_turned(self):
        """What is seen of a picture that is mirrored, transposed or turned is the same, in another order."""
        luma, looks = (SCENE @ wiener.LUMA)[None, :wiener.N, :wiener.N], wiener.Looks()
        square = np.zeros((1, wiener.N, wiener.N))
        square[:, :luma.shape[1], :luma.shape[2]] = luma
        seen = looks.features(square)
        for k, v in enumerate((square, square[:, ::-1], square.transpose(0, 2, 1), np.rot90(square, 1, (1, 2)))):
            order = train_wiener.turned(k).numpy()
            difference = np.abs(looks.features(v) - seen[:, :, order])
            self.assertLess(np.median(difference), 0.02 * seen.std(), k)
            if k:
                self.assertGreater(np.median(np.abs(looks.features(v) - seen)), np.median(difference))


class Training(unittest.TestCase):
    def test_it_travels(self):
        """From photographs into looks, a checkpoint, a training run, through a resume, into the model file."""
        with tempfile.TemporaryDirectory() as root:
            for i in range(2):
                picture = train_context.made_up_picture(280, 290 + i)
                Image.fromarray(np.uint8(picture * 255)).save("%s/%d.png" % (root, i))
            looks, first, run, out = (root + "/" + v for v in ("looks.npz", "w", "r", "model.safetensors"))
            train_wiener.main(["look", "--photos", root, "--looks", looks, "--crops", "14"])
            train_wiener.main(["fit", "--looks", looks, "--run", first, "--steps", "3", "--batch", "4"])
            with self.assertRaisesRegex(SystemExit, "not what `look` makes"):
                train_wiener.main(["fit", "--looks", root + "/0.png", "--run", first])
            words = ["--photos", root, "--run", run, "--tasks", "motion-blur", "--width", "8", "--enc", "0,1",
                     "--middle", "1", "--dec", "1,0", "--patch", "32", "--batch", "2", "--workers", "0",
                     "--patches", "4"]
            with self.assertRaisesRegex(SystemExit, "for motion-blur alone"):
                train.main(words + ["--steps", "1", "--tasks", "rain", "--wiener", first + "/last.pt"])
            with self.assertRaisesRegex(SystemExit, "no checkpoint"):
                train.main(words + ["--steps", "1", "--wiener", looks])
            train.main(words + ["--steps", "1", "--wiener", first + "/last.pt"])
            os.remove(first + "/last.pt")
            train.main(words + ["--steps", "2", "--resume"])
            export.main([run + "/last.pt", "-o", out, "--f32"])
            self.assertEqual(tensorfile.read(out)[1]["mend.mean"], "wiener")
            answers = []
            for path in (run + "/last.pt", out):
                net, tasks, mean, _ = models.load(path)
                self.assertEqual((net.config["inputs"], net.config["enc"], net.config["dec"]),
                                 (3, [0, 1], [1, 0]))
                answers.append(models.estimator(models.learned_of(net), tasks, mean)("motion-blur", SCENE))
            self.assertTrue(np.array_equal(*answers))
            self.assertFalse(np.array_equal(answers[0], SCENE))
            export.main(["--means-only", "motion-blur", "--wiener", out, "-o", root + "/only.safetensors"])
            net, tasks, mean, _ = models.load(root + "/only.safetensors")
            self.assertEqual((tasks, mean), (["motion-blur"], "wiener"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
