#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trainer: repeatable, resumable, deaf to broken pictures, and what it exports can be read.

Trains a tiny network on four made-up pictures. Skipped (77) where PyTorch is not installed.
"""
import os
import sys
import tempfile
import unittest

try:
    import numpy as np
    from PIL import Image
    import torch
    from tiny import NETWORK, call, make_photos
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

import checkpoint  # noqa: E402
import context  # noqa: E402
import data  # noqa: E402
from degrade import TASKS  # noqa: E402
import evaluate  # noqa: E402
import export  # noqa: E402
import means  # noqa: E402
import models  # noqa: E402
import pictures  # noqa: E402
import tensorfile  # noqa: E402
import train  # noqa: E402
import train_context  # noqa: E402
import train_detection  # noqa: E402


class Trainer(unittest.TestCase):
    tasks = "noise,jpeg"

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        cls.photos = make_photos(os.path.join(cls.root, "photos"))
        with open(cls.photos + "/empty.jpg", "wb"):
            pass
        cls.said = cls.train("a", 20)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def train(cls, run, steps, *more):
        return call(train, *cls.words(run, steps), *more)

    @classmethod
    def words(cls, run, steps):
        return ["--photos", cls.photos, "--run", os.path.join(cls.root, run), "--steps", str(steps),
                "--tasks", cls.tasks, "--held-out", "0"] + NETWORK

    def state(self, run):
        path = os.path.join(self.root, run, "last.pt")
        return torch.load(path, map_location="cpu", weights_only=True)

    def assert_same(self, a, b):
        a, b = self.state(a), self.state(b)
        self.assertEqual(a["step"], b["step"])
        for part in ("net", "ema"):
            for name in a[part]:
                self.assertTrue(torch.equal(a[part][name], b[part][name]), name)

    def test_learns(self):
        start = torch.load(os.path.join(self.root, "a", "last.pt"), weights_only=True)
        self.assertEqual(start["step"], 20)
        self.assertGreater(start["net"]["ending.weight"].abs().max().item(), 0)  # zero at the start

    def test_broken_pictures_are_counted(self):
        self.assertIn("skipped 1 of 5 pictures: empty.jpg (empty)", self.said)
        self.assertIn("4 pictures and 0 held out", self.said)

    def test_same_seed_same_weights(self):
        self.train("b", 20)
        self.assert_same("a", "b")

    def test_other_seed_other_weights(self):
        self.train("c", 20, "--seed", 2)
        a, c = self.state("a")["net"], self.state("c")["net"]
        self.assertFalse(torch.equal(a["intro.weight"], c["intro.weight"]))

    def test_resume_is_the_same_as_no_break(self):
        self.train("d", 10)
        self.assertEqual(self.state("d")["step"], 10)
        self.train("d", 20, "--resume")
        self.assert_same("a", "d")

    def test_workers_change_nothing(self):
        self.train("e", 20, "--workers", 2)
        self.assert_same("a", "e")

    def test_resume_refuses_what_it_was_not(self):
        with self.assertRaisesRegex(SystemExit, "trained for .* another network: width 8 instead of 16"):
            self.train("a", 30, "--resume", "--width", 16)
        with self.assertRaisesRegex(SystemExit, "was trained for %s, not for rain,jpeg" % self.tasks):
            self.train("a", 30, "--resume", "--tasks", "rain,jpeg")

    def test_pooled_crops_are_a_function_of_the_index(self):
        found = [v for _, v in pictures.load(self.photos, 96)]
        whole = data.Patches(found, ["jpeg"], 32, 1, 0, 400, each=3, crop=96)
        late = data.Patches(found, ["jpeg"], 32, 1, 150, 250, each=3, crop=96)
        for index in (150, 151, 191, 192, 399):
            for a, b in zip(whole[index][:3], late[index - 150][:3]):
                self.assertTrue(torch.equal(a, b))

    def test_export_is_readable(self):
        out = os.path.join(self.root, "model.safetensors")
        checkpoint_of_a = os.path.join(self.root, "a", "last.pt")
        for times in ("much", "-1", "10.5", "nan", "0"):
            with self.assertRaisesRegex(SystemExit, "--dct noise=.*above 0, up to 10"):
                call(export, checkpoint_of_a, "-o", out, "--dct", "noise=" + times)
        with self.assertRaisesRegex(SystemExit, "--everywhere noise=256.*up to 255"):
            call(export, checkpoint_of_a, "-o", out, "--everywhere", "noise=256")
        with self.assertRaisesRegex(SystemExit, "--preset noise=.*even STEPS"):
            call(export, checkpoint_of_a, "-o", out,
                 "--preset", "noise=mr-ode-2:1,mr-ode-2:2,mr-ode-2:3:linspace:mirror")
        for factor in ("1", "2.5"):
            with self.assertRaisesRegex(SystemExit, "--coarse noise=.*a whole number from 2"):
                call(export, checkpoint_of_a, "-o", out, "--coarse", "noise=" + factor)
        with self.assertRaisesRegex(SystemExit, "--steps 1,2: expected three"):
            call(export, checkpoint_of_a, "-o", out, "--steps", "1,2")
        said = call(export, checkpoint_of_a, "-o", out,
                    "--offered", "noise", "--quality", "noise=38.0 dB",
                    "--dct", "noise=1.25", "--everywhere", "noise=4.5", "--coarse", "noise=4",
                    "--preset", "noise=mr-ode-2:1,mr-ode-2:2:linspace:mirror,mr-sde-1:5:karras-n")
        self.assertIn("sha256", said)
        arrays, meta = tensorfile.read(out)
        ema = self.state("a")["ema"]
        self.assertEqual(set(arrays), set(ema))
        for name, v in arrays.items():
            self.assertEqual(v.dtype, np.float16)
            np.testing.assert_allclose(v, ema[name].numpy(), rtol=1e-3, atol=1e-7)
        keys = ("format id label network tasks offered attention residual mean prediction theta "
                "tables T max_sigma eps sampler grid steps licence source training quality.noise "
                "preset.noise dct.noise everywhere.noise coarse.noise "
                "quality." + self.tasks.split(",")[1]).split()
        self.assertEqual(set(meta), {"mend." + k for k in keys})
        self.assertEqual((meta["mend.tasks"], meta["mend.offered"]), (self.tasks, "noise"))
        self.assertEqual([meta["mend.%s.noise" % key] for key in ("dct", "everywhere", "coarse")],
                         ["1.25", "4.5", "4"])
        net = models.load(checkpoint_of_a)[0]
        self.assertEqual(models.load(out)[0].config, net.config)
        plain = models.load(checkpoint_of_a, plain=True)[0]
        self.assertFalse(torch.equal(plain.intro.weight, net.intro.weight))
        self.assertFalse(os.path.exists(out + ".new"))

    def test_evaluation_of_a_perfect_network(self):
        """Where every clean prediction is the truth, so is the result, for any number of steps."""
        truth = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(3))
        mean = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(4))
        seen, before = [], evaluate.predict

        def perfect(net, x, mean, degraded, t, row, vector):
            alpha, sigma, _ = evaluate.coefficients(t)
            seen.append(((x - mean - (truth - mean) * alpha) / sigma).std().item())
            return truth
        evaluate.predict = perfect
        try:
            for n in (1, 2, 5):
                self.assertTrue(torch.equal(evaluate.restore(None, mean, mean, 0, n, 0), truth))
        finally:
            evaluate.predict = before
        self.assertEqual(len(seen), 8)
        for std in seen:  # the state has the noise that the process has at its time
            self.assertAlmostEqual(std, 1, delta=0.05)


class TrainerWithMeans(Trainer):
    """The same with a classical mean, several patches from a crop, and the third input."""
    tasks = "noise,haze"

    @classmethod
    def words(cls, run, steps):
        return super().words(run, steps) + ["--mean", "--patches", "3", "--crop", "64"]


class Context(unittest.TestCase):
    """The context encoder: its inputs, its training, and restoration networks that see its vector."""

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        cls.photos, cls.pool = (os.path.join(cls.root, n) for n in ("photos", "pool"))
        os.mkdir(cls.photos)
        picture = train_context.made_up_picture(256, 260)
        Image.fromarray(np.uint8(picture * 255)).save(cls.photos + "/0.png")
        train_context.SHARD, before = 3, train_context.SHARD
        try:
            call(train_context, "pool", "--photos", cls.photos, "--pool", cls.pool, "--shards", 2)
        finally:
            train_context.SHARD = before
        Image.fromarray(np.uint8(255 - picture * 255)).save(cls.photos + "/held-out.png")
        cls.train("a", 4)
        cls.tiny = os.path.join(cls.root, "tiny.safetensors")
        call(train_context, "export", "--tiny", "-o", cls.tiny)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def train(cls, run, steps, *more):
        return call(train_context, "train", "--pool", cls.pool, "--run",
                    os.path.join(cls.root, run), "--steps", steps, "--batch", 4, *more)

    def test_inputs_show_the_whole_picture(self):
        """A ramp's thumbnail is the same ramp to half a pixel, whatever the size."""
        for h, w in ((96, 96), (250, 1031), (50, 97), (1, 3)):
            ramp = np.broadcast_to((np.arange(w, dtype=np.float32)[:, None] + 0.5) / w, (h, w, 3))
            small, near = context.inputs(ramp)
            self.assertEqual((tuple(small.shape), tuple(near.shape)),
                             ((1, 3, 96, 96), (1, 3, 256, 256)))
            wanted = (torch.arange(96) + 0.5) / 96
            self.assertLess((small[0, 1, 7] - wanted).abs().max().item(), 0.5 / w + 1e-6)
        pixels = context.crop_pixels(400)
        self.assertEqual((pixels[0], pixels[127], pixels[128]), (32, 159, 232))
        self.assertEqual(sorted(set(context.crop_pixels(5))), [0, 1, 2, 3, 4])

    def test_training_is_repeatable_and_resumable(self):
        self.train("b", 2)
        self.train("b", 4, "--resume")
        a, b = (torch.load(os.path.join(self.root, r, "last.pt"), weights_only=True) for r in "ab")
        self.assertEqual(a["step"], 4)
        for name, v in a["ema"].items():
            self.assertTrue(torch.equal(v, b["ema"][name]), name)

    def test_export_and_evaluation(self):
        out, pairs = os.path.join(self.root, "out.safetensors"), os.path.join(self.root, "pairs")
        call(train_context, "export", os.path.join(self.root, "a", "last.pt"), "-o", out)
        arrays, meta = tensorfile.read(out)
        self.assertEqual(meta["mend.tasks"].split(","), list(context.CLASSES))
        self.assertEqual(set(context.CLASSES[:-1]), set(TASKS))
        self.assertFalse([n for n in arrays if n.startswith("clean_tone")])
        self.assertLess(sum(v.size for v in arrays.values()), 300000)
        for part in ("lq", "gt"):
            os.makedirs(os.path.join(pairs, "noise", part))
            Image.fromarray(np.uint8(train_context.made_up_picture(40, 50) * 255)).save(
                os.path.join(pairs, "noise", part, "1.png"))
        said = call(train_context, "evaluate", out, "--data", pairs)
        self.assertIn("of 2 pictures", said)
        self.assertIn("| noise | 1 |", said)

    def test_a_detector_is_told_clues(self):
        """From looks at pictures of all kinds to a model file that carries the clues' statistics."""
        encoder, looks = os.path.join(self.root, "a", "last.pt"), os.path.join(self.root, "looks")
        run, out = os.path.join(self.root, "d"), os.path.join(self.root, "detector.safetensors")
        train_detection.SHARD, before = 3, train_detection.SHARD
        try:
            call(train_detection, "look", "--encoder", encoder, "--pool", self.pool, "--photos",
                 self.photos, "--grounds", self.photos, "--looks", looks)
        finally:
            train_detection.SHARD = before
        self.assertEqual(len(os.listdir(looks)), 4)  # two of the pool, clean ones, grounds
        call(train_detection, "fit", "--encoder", encoder, "--looks", looks, "--run", run, "--steps", 3,
             "--batch", 8, "--teachers", 1)
        call(train_context, "export", os.path.join(run, "head.pt"), "-o", out)
        net = context.load(out)
        self.assertGreater(net.clues.mean.abs().max().item(), 0)
        small, near = context.inputs(train_context.made_up_picture(60, 70))
        self.assertTrue(torch.isfinite(net(small, near)[1]).all())
        net.clues.mean += 1
        self.assertFalse(torch.equal(net(small, near)[1], context.load(out)(small, near)[1]))

    def test_training_goes_on_from_a_file(self):
        net, path = context.ContextNet(training=True), os.path.join(self.root, "unfinished.safetensors")
        arrays = {k: v.numpy() for k, v in net.state_dict().items() if v.is_floating_point()}
        tensorfile.write(path, arrays, {})
        again = context.ContextNet(training=True)
        context.adopt(again, path)
        for name, v in net.state_dict().items():
            self.assertTrue(torch.equal(v, again.state_dict()[name]), name)
        tensorfile.write(path, dict(list(arrays.items())[1:]), {})
        with self.assertRaisesRegex(SystemExit, "no checkpoint of train_context.py"):
            context.adopt(again, path)

    def test_a_network_with_context(self):
        """The encoder travels: into the checkpoint, into the model file, and back."""
        run, out = os.path.join(self.root, "c"), os.path.join(self.root, "model.safetensors")
        words = ("--photos", self.photos, "--run", run, "--tasks", "jpeg", "--width", 8, "--enc", "1",
                 "--middle", 1, "--dec", "1", "--patch", 32, "--batch", 2, "--workers", 0,
                 "--context", self.tiny)
        self.assertRegex(call(train, *words, "--steps", 4), r"held out: jpeg [\d.]+, now [\d.]+ dB")
        call(train, *words, "--steps", 6, "--resume")
        call(export, os.path.join(run, "last.pt"), "-o", out, "--f32")
        saved, loaded = models.load(os.path.join(run, "last.pt"))[0], models.load(out)[0]
        self.assertGreater(saved.context.weight.abs().max().item(), 0)  # zero at the start
        picture = train_context.made_up_picture(60, 70)
        vectors = [context.vector_of(n, picture)
                   for n in (context.load(self.tiny), saved.encoder, loaded.encoder)]
        for v in vectors[1:]:
            self.assertTrue(torch.equal(v, vectors[0]))
        x = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(5))
        words = x, x, x, torch.tensor([50.0]), torch.tensor([0])
        with_it, without = loaded(*words, vectors[0][None]), loaded(*words)
        self.assertTrue(torch.equal(saved(*words, vectors[0][None]), with_it))
        self.assertFalse(torch.equal(without, with_it))


class Targets(unittest.TestCase):
    """What the loss compares with, and where."""

    def test_the_tone_is_the_means_and_the_detail_the_truths(self):
        clean = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(5))
        mean = 0.6 * torch.ones_like(clean)
        kept = clean - train.wide_mean(clean - mean)
        self.assertLess((kept.mean() - 0.6).abs(), 0.01)
        self.assertGreater(np.corrcoef(kept.flatten(), clean.flatten())[0, 1], 0.99)
        self.assertLess((train.wide_mean(mean) - mean).abs().max(), 2e-5)

    def test_an_error_counts_in_the_hole(self):
        degraded = torch.zeros(1, 3, 16, 16)
        mean = degraded.clone()
        mean[..., :4, :4] = 0.5
        weight = train.hole_weight(mean, degraded)
        self.assertEqual(weight.shape, (1, 1, 16, 16))
        inside, outside = mean.clone(), mean.clone()
        inside[..., 0, 0] += 0.1
        outside[..., 9, 9] += 0.1
        lost = [float(train.psnr_loss(v, mean, weight)) for v in (inside, outside)]
        self.assertGreater(lost[0] - lost[1], 10)  # fifty times as much, 17 dB

    def test_beyond_enough_nothing_is_won(self):
        clean = torch.zeros(1, 3, 8, 8)
        good, better = clean + 10 ** (-42 / 20), clean + 10 ** (-55 / 20)
        self.assertAlmostEqual(float(train.psnr_loss(good, clean)), -42, delta=0.1)
        self.assertAlmostEqual(float(train.psnr_loss(good, clean, enough=42)), -39, delta=0.1)
        self.assertAlmostEqual(float(train.psnr_loss(better, clean, enough=42)), -41.8, delta=0.1)


class Means(unittest.TestCase):
    def setUp(self):
        y, x = np.mgrid[0:70, 0:90]
        ramps = [0.2 + 0.006 * x, 0.8 - 0.007 * y, 0.1 + 0.003 * (x + y)]
        self.ramp = np.float32(np.stack(ramps, -1))
        waves = np.stack([np.sin(x / (2 + c)) * np.sin(y / (3 + c)) for c in range(3)], -1)
        self.scene = np.float32(0.45 + 0.45 * waves)

    def test_hole_is_filled_and_nothing_else(self):
        """A linear ramp is harmonic, so away from the picture's edges the fill is exact."""
        damaged = self.ramp.copy()
        damaged[20:45, 30:52] = 1
        damaged[60, 80] = 1  # a lone highlight is no hole
        mean = means.mean_of("inpainting", damaged)
        hole = means.white_hole(damaged)
        self.assertEqual(hole.sum(), 25 * 22)
        self.assertTrue(np.array_equal(mean[~hole], damaged[~hole]))
        self.assertLess(np.abs(mean - self.ramp)[hole].max(), 2e-3)

    def test_haze_is_lifted(self):
        """Where the method's assumptions hold: something dark everywhere, and a piece of sky."""
        t = np.linspace(0.9, 0.3, 70, dtype=np.float32)[:, None, None]
        hazy = self.scene * t + np.float32(0.9) * (1 - t)
        hazy[60:] = 0.9
        mean = means.mean_of("haze", hazy)
        before, after = (np.abs(v - self.scene)[:50].mean() for v in (hazy, mean))
        self.assertLess(after, 0.5 * before)

    def test_exposure_reaches_its_target(self):
        mean = means.mean_of("low-light", self.scene * np.float32(0.1))
        self.assertAlmostEqual(float((mean @ means.LUMA).mean()), 0.45, delta=1e-4)

    def test_a_file_of_means_only(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/sharpen.safetensors"
            export.main(["--means-only", "motion-blur", "-o", path])
            net, tasks, mean, _ = models.load(path)
        self.assertEqual((tasks, mean), (["motion-blur"], "unsharp"))
        x, m, y = torch.rand(3, 1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
        self.assertTrue(torch.equal(net(x, m, y, torch.tensor([50.0]), torch.tensor([0])), m))
        with self.assertRaisesRegex(SystemExit, "no classical estimate for 'noise'"):
            export.main(["--means-only", "noise", "-o", path])

    def test_other_tasks_keep_the_picture(self):
        self.assertIs(means.mean_of("noise", self.scene), self.scene)
        self.assertEqual(means.names_of(["noise", "jpeg"]), "identity")
        self.assertEqual(means.names_of(["noise", "haze"]), "identity,dark-channel")


class Degradations(unittest.TestCase):
    def test_all_ten(self):
        """Shape, type and range are kept; the same seed damages alike."""
        names = {"motion-blur", "haze", "jpeg", "low-light", "noise", "raindrop", "rain", "shadow",
                 "snow", "inpainting"}
        self.assertEqual(set(TASKS), names)
        y, x = np.mgrid[0:48, 0:64]
        clean = np.stack([0.5 + 0.4 * np.sin(x / (4 + c) + y / 7) for c in range(3)], -1)
        clean = np.float32(np.round(clean * 255) / 255)
        for name, damage in TASKS.items():
            changed = 0
            for seed in range(8):
                a, b = (damage(clean, np.random.default_rng(seed)) for _ in range(2))
                self.assertEqual((a.shape, a.dtype), (clean.shape, clean.dtype), name)
                self.assertTrue(a.min() >= 0 and a.max() <= 1, name)
                self.assertTrue(np.array_equal(a, b), name)
                self.assertLess(np.abs(a * 255 - np.round(a * 255)).max(), 1e-3, name)
                changed += not np.array_equal(a, clean)
            self.assertGreater(changed, 4, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
