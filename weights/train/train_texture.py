#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the texture network (texture.py) and exports it.

    train_texture.py train --tiles DIR --run runs/x --minutes 120 [--resume] [--cooldown]
    train_texture.py export runs/x/last.pt --tiles DIR -o ../textures.safetensors --training "..."
    train_texture.py answers MODEL -o FILE      (what a model answers, to compare the C twin with)

DIR holds folders named as in texture.py (Bricks, Wood, ...) of 128 x 128 tiles, each a whole texture.
In the run folder: last.pt, log.jsonl and samples.png, a row of pictures for each material.
"""
import argparse
import json
import os
import time

import numpy as np
from PIL import Image
import torch

import checkpoint
from export import LICENCE_OF_TEXTURES, to_arrays
from learner import Learner, autocast
import models
import pictures
import tensorfile
import texture
from train import WARM_UP

SIGMA_MIN, SIGMA_MAX = 0.02, 20.0  # trained levels
DRAWN_FROM = 10.0                  # level at which a picture begins: what is there before cannot be seen
SIZES = ("width", "enc", "middle", "dec")


class Tiles:
    """Random batches of tiles, a function of (seed, step)."""

    def __init__(self, folder, held_out=0.1):
        tiles, rows, seamless, names = texture.load(folder)
        found = [(name, i) for i, name in enumerate(names)]
        self.kept, self.held = (np.array(part, int) for part in pictures.split(found, held_out))
        self.tiles, self.rows, self.seamless, self.names = tiles, rows, seamless, names
        self.u, self.c, self.paint, self.deviation = texture.plain(self.planes(np.arange(len(tiles))))
        lively = np.clip(self.deviation[self.kept, 0].numpy() / 0.06, 0.15, 1)  # some are nearly uniform
        weight = lively / np.sqrt(np.bincount(rows)[rows[self.kept]])
        self.share = weight / weight.sum()
        self.features = texture.features(self.u, self.c, self.deviation)
        kept = self.features[self.kept]
        self.scale = torch.stack([kept.mean(0), kept.std(0) + 1e-3])

    def planes(self, which):
        """[N][3][64][64] of 0..1: the tiles at half their size."""
        v = torch.from_numpy(np.ascontiguousarray(self.tiles[which].transpose(0, 3, 1, 2)))
        return torch.nn.functional.avg_pool2d(v.float() / 255, 2)

    def batch(self, seed, step, n):
        """(plain pictures, features, material rows, seamless): shifted at random where the edges match,
        mirrored, in another exposure and tint."""
        rng = np.random.default_rng([seed, step])
        which = rng.choice(self.kept, n, p=self.share)
        v, seamless = self.u[which], self.seamless[which]
        for i in range(n):
            if seamless[i]:
                v[i] = v[i].roll(tuple(rng.integers(0, v.shape[2], 2).tolist()), (1, 2))
            if rng.uniform() < 0.5:
                v[i] = v[i].flip(2)
        gain = np.exp(rng.normal(0, 0.15, (n, 1)) + rng.normal(0, 0.05, (n, 3)))
        f = self.features[which].clone()
        f[:, :3] = (f[:, :3] * torch.from_numpy(gain.astype(np.float32))).clamp(0, 1)
        return v, f, torch.from_numpy(self.rows[which]), torch.from_numpy(seamless)


def learned_from(seamless, side):
    """[N][1][H][W]: 0 near edges that do not match."""
    inner = torch.zeros(1, 1, side, side)
    inner[..., texture.MARGIN:-texture.MARGIN, texture.MARGIN:-texture.MARGIN] = 1
    return torch.where(seamless[:, None, None, None], torch.ones_like(inner), inner)


def levels(rng, n):
    """Noise levels: mostly where pictures take shape, some from everywhere."""
    middle = np.exp(rng.normal(0.1, 1.2, n))
    anywhere = np.exp(rng.uniform(np.log(SIGMA_MIN), np.log(SIGMA_MAX), n))
    return np.clip(np.where(rng.uniform(size=n) < 0.15, anywhere, middle), SIGMA_MIN, SIGMA_MAX)


def starting_point(path):
    """What checkpoint.adopt() takes, of a checkpoint of this trainer or of a model file."""
    if not path.endswith(".safetensors"):
        return checkpoint.load(path)
    arrays, meta, _ = models.read_exported(path, ("mend.classes",))
    return {"ema": arrays, "tasks": meta["mend.classes"].split(",")}


class Run(Learner):
    """Everything a checkpoint holds, and the step that changes it."""

    def __init__(self, a, tiles):
        self.a, self.tiles = a, tiles
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(a.seed)
        size = {"width": a.width, "middle": a.middle}
        size.update((k, [int(n) for n in v.split(",")]) for k, v in (("enc", a.enc), ("dec", a.dec)))
        net = texture.TextureNet(len(texture.MATERIALS), **size)
        if a.init:
            fresh = checkpoint.adopt(net, list(texture.MATERIALS), starting_point(a.init))
            print("from %s%s" % (a.init, ", but for " + ", ".join(fresh) if fresh else ""))
        super().__init__(net.to(self.device, memory_format=torch.channels_last), a.run, a.rate)
        if a.resume:
            state = checkpoint.load(self.path, self.device)
            checkpoint.demand_same(self.path, state, list(texture.MATERIALS), net.config, "texture")
            self.go_on(state)

    def save(self):
        super().save(tasks=list(texture.MATERIALS), config=self.net.config, mean="texture",
                     scale=self.tiles.scale, seed=self.a.seed)

    def train_step(self, rate):
        seed, n = self.a.seed, self.a.batch
        clean, f, row, seamless = self.tiles.batch(seed, self.step, n)
        rng = np.random.default_rng([seed, self.step, 1])
        g = torch.Generator().manual_seed(seed * 1000003 + self.step)
        sigma = torch.from_numpy(levels(rng, n).astype(np.float32))
        f = f + 0.1 * self.tiles.scale[1] * torch.randn(f.shape, generator=g)
        seen = texture.style(f, self.tiles.scale)
        kind = torch.from_numpy(rng.uniform(size=n))
        row = torch.where(kind < 0.15, len(texture.MATERIALS), row)  # any material
        seen[kind < 0.08] = 0                                        # and of any style
        noise = torch.randn(clean.shape, generator=g)
        weight = learned_from(seamless, clean.shape[2]).to(self.device)
        clean, noise, row, seen, sigma = (v.to(self.device) for v in (clean, noise, row, seen, sigma))
        x = clean + sigma[:, None, None, None] * noise
        with autocast(self.device):
            out, skip, gain = self.net.raw(x, sigma, row, seen)
        want = (clean - skip * x) / gain
        error = ((out.float() - want).square() * weight).sum((1, 2, 3)) / (3 * weight.sum((1, 2, 3)))
        return self.update(error.mean(), rate)


def averaged(run):
    """A copy of the network with the moving average of its weights."""
    net = texture.TextureNet(len(texture.MATERIALS), **{k: run.net.config[k] for k in SIZES})
    net.load_state_dict({k: v.cpu() for k, v in run.ema.items()})
    return net.eval().requires_grad_(False)


def held_out_loss(net, tiles):
    """Mean over levels of the error of D over sigma^2 of the noise that was added, in dB."""
    which = tiles.held[:: max(1, len(tiles.held) // 24)]
    clean, row = tiles.u[which], torch.from_numpy(tiles.rows[which])
    seen = texture.style(tiles.features[which], tiles.scale)
    g, out = torch.Generator().manual_seed(5), {}
    part = (..., *[slice(texture.MARGIN, -texture.MARGIN)] * 2)
    for sigma in (0.3, 1.0, 4.0):
        s = torch.full((len(which),), sigma)
        x = clean + sigma * torch.randn(clean.shape, generator=g)
        with torch.no_grad(), autocast("cpu"):
            error = (net(x, s, row, seen) - clean)[part][:, 0].square().mean((1, 2))
        out["psnr_%g" % sigma] = round(float((-10 * torch.log10(error + 1e-6)).mean()), 3)
    return out


def sheet(net, tiles, each=6, steps=8, side=64, seed=3):
    """A row for each material there is: pictures made with the style of held-out tiles, or of any where
    none is held out, and those tiles."""
    rows, g = [], torch.Generator().manual_seed(seed)
    for row in np.unique(tiles.rows).tolist():
        own = tiles.held[tiles.rows[tiles.held] == row]
        own = own if len(own) else np.flatnonzero(tiles.rows == row)
        which = np.resize(own, each)
        seen = texture.style(tiles.features[which], tiles.scale)
        noise = torch.randn(each, 3, side, side, generator=g)
        with autocast("cpu"):
            made = texture.draw(net, noise, torch.full((each,), row), seen, steps, DRAWN_FROM)
        made = texture.painted(made.float(), tiles.c[which], tiles.paint[which])
        both = torch.cat([made, tiles.planes(which)])
        rows.append(torch.cat(list(both), 2))
    v = torch.cat(rows, 1).clamp(0, 1).permute(1, 2, 0).numpy()
    return Image.fromarray(np.uint8(np.round(v * 255)))


def look(run):
    net = averaged(run)
    sheet(net, run.tiles).save(os.path.join(run.a.run, "samples.png"))
    return held_out_loss(net, run.tiles)


def train(a):
    os.makedirs(a.run, exist_ok=True)
    run = Run(a, Tiles(a.tiles))
    print("%d parameters, %d tiles and %d held out, %d of all seamless"
          % (sum(v.numel() for v in run.net.parameters()), len(run.tiles.kept), len(run.tiles.held),
             run.tiles.seamless.sum()), flush=True)
    start = told = saved = looked = time.time()
    first, losses = run.step, []
    with open(os.path.join(a.run, "log.jsonl"), "a") as log:
        def tell(**row):
            print(json.dumps(row), flush=True)
            log.write(json.dumps(row) + "\n")
            log.flush()
        while time.time() - start < a.minutes * 60:
            left = 1 - (time.time() - start) / (a.minutes * 60)
            rate = a.rate * min(1, (run.step + 1) / WARM_UP)
            losses.append(run.train_step(rate * max(left, 0) if a.cooldown else rate))
            if time.time() - told > 30:
                told = time.time()
                tell(step=run.step, seconds=round(told - start), loss=round(float(np.mean(losses)), 4),
                     steps_per_second=round((run.step - first) / (told - start), 2))
                losses = []
            if time.time() - saved > a.save_every:
                saved = time.time()
                run.save()
            if time.time() - looked > a.look_every:
                tell(step=run.step, **look(run))
                looked = time.time()
    run.save()
    tell_last = look(run)
    print(json.dumps(tell_last))


def export(a):
    state, tiles = checkpoint.load(a.checkpoint), Tiles(a.tiles)
    net = texture.TextureNet(len(state["tasks"]), **{k: state["config"][k] for k in SIZES})
    net.load_state_dict(state["ema"])
    rows = [row for row, name in enumerate(state["tasks"]) if name not in a.leave_out.split(",")]
    kept = tiles.kept[np.isin(tiles.rows[tiles.kept], rows)]
    styles = texture.style(tiles.features[kept], state["scale"]).numpy()
    paints = torch.cat([tiles.c[kept], tiles.paint[kept].flatten(1)], 1).numpy()
    counts = np.bincount(tiles.rows[kept], minlength=len(state["tasks"]))[rows]
    meta = {"format": "1", "kind": "texture", "id": a.id, "label": a.label, "network": "nafnet",
            "attention": "pixel", "residual": "none", "classes": ",".join(state["tasks"][row] for row in rows),
            "styles": ",".join(str(n) for n in counts), "sigma_data": "1",
            "center": "0", "sigma_min": "%g" % SIGMA_MIN, "sigma_max": "%g" % DRAWN_FROM,
            "time": "%g,%g" % texture.TIME, "detail": "%.6g" % texture.detail(tiles.u[kept]),
            "licence": LICENCE_OF_TEXTURES, "source": "trained by the Mend project; see weights/README.md",
            "training": a.training or "%d steps" % state["step"]}
    table = net.task_embedding
    table.data = table.data[rows + [len(state["tasks"])]]
    arrays = to_arrays(net, np.float16) | {"styles": styles.astype(np.float16),
                                            "paints": paints.astype(np.float32)}
    tensorfile.write(a.output, arrays, {"mend." + k: v for k, v in meta.items()})
    print("%s: %d bytes" % (a.output, os.path.getsize(a.output)))


def answers(a):
    """48 x 32 random numbers through the model at level 0.3: arrays x, out (D of the last material that
    has a style, in its first) and painted, [3][32][48]."""
    arrays, meta, _ = models.read_exported(a.model, ("mend.classes", "mend.styles"))
    counts = [int(n) for n in meta["mend.styles"].split(",")]
    row = max(i for i, n in enumerate(counts) if n)
    styles, paints = arrays.pop("styles"), arrays.pop("paints")
    config = models.config_of(arrays, "pixel")
    net = texture.TextureNet(len(counts), **{k: config[k] for k in SIZES})
    net.load_state_dict(arrays)
    net.eval().requires_grad_(False)
    x = torch.randn(1, 3, 32, 48, generator=torch.Generator().manual_seed(4))
    which = sum(counts[:row])
    out = texture.held(net(x, torch.tensor([0.3]), torch.tensor([row]), styles[which][None]))
    painted = texture.painted(out, paints[which][None, :3], paints[which][3:].view(1, 3, 3))
    found = {"x": x[0], "out": out[0], "painted": painted[0]}
    tensorfile.write(a.output, {k: v.numpy() for k, v in found.items()},
                     {"made_by": "weights/train/train_texture.py"})


def main(words=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    todo = p.add_subparsers(dest="todo", required=True)
    q = todo.add_parser("train")
    q.add_argument("--tiles", required=True)
    q.add_argument("--run", required=True)
    q.add_argument("--minutes", type=float, default=60)
    q.add_argument("--resume", action="store_true")
    q.add_argument("--init", help="start from the weights of another run's checkpoint, or of a model file")
    q.add_argument("--cooldown", action="store_true", help="let the rate fall to 0 over this call")
    q.add_argument("--width", type=int, default=32)
    q.add_argument("--enc", default="1,1,1,2")
    q.add_argument("--middle", type=int, default=2)
    q.add_argument("--dec", default="1,1,1,1")
    q.add_argument("--batch", type=int, default=16)
    q.add_argument("--rate", type=float, default=1e-3)
    q.add_argument("--seed", type=int, default=1)
    q.add_argument("--save-every", type=float, default=120)
    q.add_argument("--look-every", type=float, default=600)
    q = todo.add_parser("export")
    q.add_argument("checkpoint")
    q.add_argument("--tiles", required=True)
    q.add_argument("-o", "--output", required=True)
    q.add_argument("--id", default="textures")
    q.add_argument("--label", default="Textures")
    q.add_argument("--training")
    q.add_argument("--leave-out", default="", metavar="NAMES", help="materials not good enough to offer")
    q = todo.add_parser("answers")
    q.add_argument("model")
    q.add_argument("-o", "--output", required=True)
    a = p.parse_args(words)
    {"train": train, "export": export, "answers": answers}[a.todo](a)


if __name__ == "__main__":
    main()
