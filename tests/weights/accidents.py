#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen to a training run: numbers that are none, a full disk, a kill, other people's files.

A tiny network on four made-up pictures. Skipped (77) where PyTorch is not installed.
"""
import contextlib
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

try:
    import torch
    from tiny import NETWORK, call, make_photos
except ImportError as missing:
    print("skipped: %s" % missing)
    sys.exit(77)

import blend  # noqa: E402
import checkpoint  # noqa: E402
import data  # noqa: E402
import export  # noqa: E402
import models  # noqa: E402
import train  # noqa: E402


class Accidents(unittest.TestCase):
    """What may happen to a run in its hours, and what must be left then."""

    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = cls.folder.name
        cls.photos = make_photos(cls.root + "/photos")
        cls.train("a", 6, "--tasks", "jpeg,snow")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def words(cls, run, steps, *more):
        return ["--photos", cls.photos, "--run", "%s/%s" % (cls.root, run), "--steps", str(steps),
                "--held-out", "0", "--tasks", "jpeg", *NETWORK, *map(str, more)]

    @classmethod
    def train(cls, *words):
        return call(train, *cls.words(*words))

    def state(self, run):
        return checkpoint.load("%s/%s/last.pt" % (self.root, run))

    def assert_same(self, a, b):
        for part in ("net", "ema"):
            for name, v in a[part].items():
                self.assertTrue(torch.equal(v, b[part][name]), name)

    def stopped_by(self, run, what):
        """Saved at step 3, then stopped at step 5 by what the message says; goes on well after it."""
        self.train(run, 3)
        with what[0], self.assertRaisesRegex(SystemExit, "step 5: the %s is not a number" % what[1]):
            self.train(run, 9, "--resume", "--save-every", "1000")
        self.assertEqual(self.state(run)["step"], 3)
        self.train(run, 9, "--resume")
        self.assertEqual(self.state(run)["step"], 9)

    def test_loss_not_a_number(self):
        make = data.Patches.__getitem__

        def broken(patches, index):
            clean, *rest = make(patches, index)
            return (clean * (float("nan") if patches.start + index == 11 else 1), *rest)
        self.stopped_by("loss", (mock.patch.object(data.Patches, "__getitem__", broken), "loss"))

    def test_gradient_not_a_number(self):
        measure, seen = torch.nn.utils.clip_grad_norm_, []

        def broken(*words):
            seen.append(measure(*words))
            return seen[-1] * float("inf" if len(seen) == 3 else 1)
        self.stopped_by("gradient", (mock.patch("torch.nn.utils.clip_grad_norm_", broken), "gradient"))

    def test_full_disk(self):
        """Nothing longer than 20 kB can be written: the old checkpoint survives whole."""
        self.train("full", 3)
        before = self.state("full")
        run = train.Run(train.arguments(self.words("full", 9, "--resume")))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20000, limits[1]))
        try:
            with self.assertRaises(OSError):
                run.save()
            with self.assertRaisesRegex(SystemExit, "last.pt cannot be saved: File too large"):
                self.train("full", 5, "--resume")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        self.assert_same(before, self.state("full"))
        self.assertFalse(os.path.exists(self.root + "/full/last.pt.new"))

    def test_full_disk_meanwhile_is_a_warning(self):
        save, calls = checkpoint.save, []

        def failing(path, state):
            calls.append(path)
            if len(calls) < 3:
                raise OSError(28, "No space left on device")
            save(path, state)
        with mock.patch("checkpoint.save", failing):
            said = self.train("meanwhile", 4, "--save-every", "0")
        self.assertEqual(said.count("last.pt cannot be saved, the one before is kept: No space left"), 1)
        self.assertEqual(self.state("meanwhile")["step"], 4)

    def test_killed_at_any_moment(self):
        """Saved after each step and killed twice; in the end the weights are those of a whole run."""
        words = [sys.executable, train.__file__, *self.words("killed", 10 ** 6, "--save-every", "0")]
        path, steps = self.root + "/killed/last.pt", []
        for wait in (0.13, 0.31):
            child = subprocess.Popen(words + ["--resume"] * os.path.exists(path), stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL)
            child.stdout.readline()  # the trainer has begun
            before, end = os.stat(path).st_mtime_ns if os.path.exists(path) else 0, time.monotonic() + 60
            while (not os.path.exists(path) or os.stat(path).st_mtime_ns == before) and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(wait)
            child.send_signal(signal.SIGKILL)
            child.communicate()
            steps.append(self.state("killed")["step"])
        self.assertTrue(0 < steps[0] < steps[1], steps)
        self.train("killed", steps[1] + 2, "--resume")
        self.train("whole", steps[1] + 2)
        self.assert_same(self.state("whole"), self.state("killed"))

    def test_asked_to_stop(self):
        """SIGTERM: the step is finished and saved, and what is saved is part of the whole run."""
        step = train.Run.train_step

        def interrupted(run, *words):
            if run.step == 4:
                os.kill(os.getpid(), signal.SIGTERM)
            return step(run, *words)
        with mock.patch.object(train.Run, "train_step", interrupted):
            self.train("asked", 40)
        self.assertEqual(self.state("asked")["step"], 5)
        self.train("whole5", 5)
        self.assert_same(self.state("whole5"), self.state("asked"))

    def test_cooling_goes_on_where_it_was(self):
        self.train("cool", 8, "--cooldown")
        step = train.Run.train_step

        def interrupted(run, *words):
            if run.step == 4:
                signal.raise_signal(signal.SIGINT)
            return step(run, *words)
        with mock.patch.object(train.Run, "train_step", interrupted):
            self.train("cool2", 8, "--cooldown")
        self.train("cool2", 8, "--cooldown", "--resume")
        self.assert_same(self.state("cool"), self.state("cool2"))

    def test_start_from_other_tasks(self):
        """Rows of the task table go by name, "any task" to "any task"; the rest as it was."""
        self.train("init", 0, "--init", self.root + "/a/last.pt", "--tasks", "haze,snow")
        old, new = self.state("a")["ema"], self.state("init")["net"]
        self.assertGreater(old["task_embedding"].abs().max().item(), 0)
        self.assertTrue(torch.equal(new["task_embedding"][1:], old["task_embedding"][1:]))
        self.assertEqual(new["task_embedding"][0].abs().max().item(), 0)
        self.assertTrue(torch.equal(new["intro.weight"], old["intro.weight"]))
        said = self.train("init1", 0, "--init", self.root + "/a/last.pt", "--tasks", "haze", "--mean",
                          "--middle", 2)
        self.assertIn("but for middle_blks.1.", said)
        new = self.state("init1")["net"]
        self.assertTrue(torch.equal(new["ending.weight"], old["ending.weight"]))
        self.assertTrue(torch.equal(new["intro.weight"][:, :6], old["intro.weight"]))
        self.assertEqual(new["intro.weight"][:, 6:].abs().max().item(), 0)
        self.train("init2", 0, "--init", self.root + "/a/last.pt", "--tasks", "jpeg")
        row = old["task_embedding"][self.state("a")["tasks"].index("jpeg")]
        self.assertTrue(torch.equal(self.state("init2")["net"]["time_mlp.3.bias"],
                                    old["time_mlp.3.bias"] + row))

    def test_sizes_that_do_not_fit(self):
        for words, why in ((["--patch", "33"], "--patch 33"), (["--patches", "2", "--crop", "8"], "--crop 8"),
                           (["--tasks", "jpeg,jpeg"], "twice")):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
                train.arguments(["--photos", ".", "--run", "r"] + words)
            self.assertIn(why, said.getvalue())

    def test_blend(self):
        """Half way between two runs; other tasks keep their embedding, other networks are refused."""
        self.train("blended", 3, "--tasks", "jpeg,snow,rain", "--init", self.root + "/a/last.pt")
        names = [self.root + "/%s/last.pt" % run for run in ("blended", "a")]
        call(blend, *names, "--share", "0.5", "-o", self.root + "/half.pt")
        half = checkpoint.load(self.root + "/half.pt")["ema"]
        b, a = self.state("blended")["ema"], self.state("a")["ema"]
        self.assertFalse(torch.equal(a["intro.weight"], b["intro.weight"]))
        self.assertTrue(torch.allclose(half["intro.weight"],
                                       (a["intro.weight"] + b["intro.weight"]) / 2))
        self.assertTrue(torch.equal(half["task_embedding"], b["task_embedding"]))
        model = self.root + "/earlier.safetensors"  # 16-bit floats
        call(export, names[1], "-o", model)
        call(blend, names[0], model, "--share", "0.5", "-o", self.root + "/half.pt")
        again = checkpoint.load(self.root + "/half.pt")["ema"]
        self.assertTrue(torch.allclose(again["intro.weight"], half["intro.weight"], rtol=1e-2, atol=1e-4))
        with self.assertRaisesRegex(SystemExit, "other shapes"):
            blend.blend({"config": {"width": 8}, "ema": {}}, {"config": {"width": 16}, "ema": {}}, 1)

    def test_export_refuses_other_tasks(self):
        words = (self.root + "/a/last.pt", "-o", self.root + "/m.safetensors", "--offered", "rain")
        with self.assertRaisesRegex(SystemExit, "was not trained for 'rain': it knows jpeg, snow"):
            call(export, *words)
        self.assertFalse(os.path.exists(self.root + "/m.safetensors"))

    def test_damaged_files(self):
        """A sentence that names the file, from whoever opens it."""
        os.makedirs(self.root + "/bad", exist_ok=True)
        with open(self.root + "/a/last.pt", "rb") as f:
            whole = f.read()
        other, bad = self.root + "/other.pt", self.root + "/bad/last.pt"
        torch.save({"model": torch.zeros(3)}, other)
        with open(other, "rb") as f:
            foreign = f.read()
        torch.save(self.state("a") | {"config": {"width": 4}}, other)
        with open(other, "rb") as f:
            wrong = f.read()
        for part in (b"", b"text", whole[:-100], whole[:5000], foreign, wrong):
            with open(bad, "wb") as f:
                f.write(part)
            with self.assertRaisesRegex(SystemExit, "bad/last.pt"):
                self.train("bad", 9, "--resume")
            with self.assertRaisesRegex(SystemExit, "bad/last.pt"):
                call(export, bad, "-o", self.root + "/m.safetensors")
            if part != wrong:  # of another network --init takes what fits
                with self.assertRaisesRegex(SystemExit, "bad/last.pt"):
                    self.train("new", 9, "--init", bad)
        for part in (b"", b"\xff" * 40, whole[:500]):
            with open(self.root + "/m.safetensors", "wb") as f:
                f.write(part)
            with self.assertRaisesRegex(SystemExit, "m.safetensors is damaged"):
                models.load(self.root + "/m.safetensors")
        os.remove(self.root + "/m.safetensors")
        with self.assertRaisesRegex(SystemExit, "gone.pt cannot be read: No such file"):
            models.load(self.root + "/gone.pt")


if __name__ == "__main__":
    unittest.main(verbosity=2)
