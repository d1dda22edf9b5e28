#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texture trainer: what is done to tiles, a short run that goes on, and its model file."""
import os
import pathlib
import sys
import tempfile
import unittest

try:
    import torch
    import numpy as np
    from PIL import Image
except ImportError as e:
    print("no %s for python3: the trainer cannot be tested" % e.name)
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights" / "train"))
import tensorfile  # noqa: E402
import texture  # noqa: E402
import train_texture  # noqa: E402

SIDE = texture.SIDE


def tile(rng, period):
    """Stripes in two colours with grain; their ends meet where the period divides the side."""
    wave = np.sin(2 * np.pi * np.arange(SIDE) / period)[None, :, None]
    v = 128 + wave * [60, 40, 10] + rng.normal(0, 6, (SIDE, SIDE, 1)) + rng.normal(0, 2, (SIDE, SIDE, 3))
    return np.uint8(np.clip(v, 0, 255))


class Textures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder, rng = cls.temporary.name + "/tiles", np.random.default_rng(1)
        for kind, count in (("Bricks", 6), ("Wood", 5), ("Unheard", 1)):
            os.makedirs(cls.folder + "/" + kind)
            for i in range(count):
                picture = Image.fromarray(tile(rng, 32 if i else 50))
                picture.save("%s/%s/%d.png" % (cls.folder, kind, i))
        Image.new("RGB", (64, 32)).save(cls.folder + "/Bricks/small.png")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_plain_and_painted(self):
        v = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
        v[:, 1] = 0.7 * v[:, 0] + 0.1
        v[3] = 0.25  # of one colour
        u, c, a, _ = texture.plain(v)
        self.assertLess((texture.painted(u, c, a) - v).abs().max(), 1e-5)
        self.assertLess(u.mean((2, 3)).abs().max(), 1e-3)
        self.assertLess((u[:3, 0].std((1, 2)) - 1).abs().max(), 1e-2)
        self.assertTrue(torch.isfinite(texture.features(*texture.plain(v)[:2], texture.plain(v)[3])).all())

    def test_tiles(self):
        tiles = train_texture.Tiles(self.folder, held_out=0.2)
        self.assertEqual(len(tiles.rows), 11)  # the small one and the unknown folder are not there
        names = [os.path.splitext(n)[0] for n in tiles.names]
        for name, seamless in zip(names, tiles.seamless):
            self.assertEqual(bool(seamless), not name.endswith("/0"), name)
        self.assertTrue(set(tiles.kept).isdisjoint(tiles.held))
        again = train_texture.Tiles(self.folder, held_out=0.2)
        for a, b in zip(tiles.batch(3, 5, 4), again.batch(3, 5, 4)):
            self.assertTrue(torch.equal(a, b))
        weight = train_texture.learned_from(torch.tensor([True, False]), SIDE)
        self.assertEqual(float(weight[0].mean()), 1)
        self.assertEqual(float(weight[1, 0, texture.MARGIN - 1].sum()), 0)

    def test_no_seam_in_the_network(self):
        """What is moved around the torus comes out moved."""
        torch.manual_seed(1)
        net = texture.TextureNet(2, width=8, enc=[1, 1], middle=1, dec=[1, 1]).eval()
        torch.nn.init.normal_(net.ending.weight, std=0.1)
        x, s = torch.randn(1, 3, 16, 24), torch.tensor([0.5])
        row, style = torch.tensor([1]), torch.randn(1, 64)
        moved = net(x.roll((4, 8), (2, 3)), s, row, style).roll((-4, -8), (2, 3))
        self.assertLess((moved - net(x, s, row, style)).abs().max(), 1e-5)

    def test_run_and_file(self):
        run, model = self.temporary.name + "/run", self.temporary.name + "/model.safetensors"
        words = ["train", "--tiles", self.folder, "--run", run, "--width", "8", "--enc", "1,1", "--dec", "1,1",
                 "--middle", "1", "--batch", "2", "--minutes", "0.02", "--look-every", "1"]
        train_texture.main(words)
        first = torch.load(run + "/last.pt", weights_only=True)["step"]
        self.assertGreater(first, 0)
        train_texture.main(words + ["--resume", "--cooldown"])
        self.assertGreater(torch.load(run + "/last.pt", weights_only=True)["step"], first)
        self.assertTrue(os.path.exists(run + "/samples.png"))
        train_texture.main(["export", run + "/last.pt", "--tiles", self.folder, "-o", model])
        arrays, meta = tensorfile.read(model)
        counts = [int(n) for n in meta["mend.styles"].split(",")]
        self.assertEqual(arrays["styles"].shape, (sum(counts), 64))
        self.assertEqual(arrays["paints"].shape, (sum(counts), 12))
        less_path = self.temporary.name + "/less.safetensors"
        train_texture.main(["export", run + "/last.pt", "--tiles", self.folder, "-o", less_path,
                            "--leave-out", "paving,wood"])
        less, meta = tensorfile.read(less_path)
        names = meta["mend.classes"].split(",")
        self.assertEqual((len(names), names[:2]), (len(texture.MATERIALS) - 2, ["brick", "stone"]))
        self.assertEqual(len(less["task_embedding"]), len(names) + 1)
        self.assertTrue(np.array_equal(less["task_embedding"][-1], arrays["task_embedding"][-1]))
        self.assertEqual(len(less["styles"]), counts[0])
        again = self.temporary.name + "/again"
        train_texture.main([again if word == run else word for word in words]
                           + ["--init", less_path, "--rate", "1e-7"])  # so slow that it stays
        begun = torch.load(again + "/last.pt", weights_only=True)
        weight = "middle_blks.0.conv1.weight"
        moved = (begun["net"][weight] - torch.from_numpy(np.float32(less[weight]))).abs().max()
        self.assertLess(moved, 1e-3)
        train_texture.main(["answers", model, "-o", model + ".io"])
        self.assertTrue(np.isfinite(tensorfile.read(model + ".io")[0]["painted"]).all())

    def test_nothing_to_learn_from(self):
        with self.assertRaisesRegex(SystemExit, "no tile of 128 x 128"):
            texture.load(self.temporary.name + "/none")


if __name__ == "__main__":
    unittest.main(verbosity=2)
