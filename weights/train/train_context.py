#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the context encoder (context.py): a pool of damaged pictures first, then passes over it.

    train_context.py pool --photos DIR --pool FOLDER --shards 200
    train_context.py train --pool FOLDER --run runs/context --steps 8000 [--resume] [--cooldown]
    train_context.py head --pool FOLDER --run runs/context
    train_context.py evaluate runs/context/head.pt --data DIR [--json FILE]
    train_context.py export runs/context/head.pt -o ../context.safetensors

The pool holds shards of 64 pictures, 256 x 256 pixels; shard n is a function of (seed, n), so any
number of workers may make them, each its own. DIR of evaluate has TASK/lq and TASK/gt.
"""
import argparse
import copy
import glob
import hashlib
import json
import math
import os
import time

import numpy as np
from PIL import Image
import torch
import torch.nn.functional as F

import checkpoint
from clues import N_CLUES, find_clues
import context
import data
from degrade import TASKS
from degrade.common import encode_jpeg, gaussian_blur
from evaluate import psnr
from learner import Learner
import tensorfile

SIDE = 256   # of the pool's pictures
SHARD = 64   # pictures
CROP = 96    # side of a crop in training
CLEAN = 0.25  # their share
# Damage weaker than this (dB) is hardly damage: drawn again.
WEAKEST = {"noise": 42, "jpeg": 37, "motion-blur": 33, "raindrop": 34, "shadow": 32, "rain": 30,
           "snow": 30, "haze": 26}
ENLARGED = {"noise": 0.75, "clean": 0.45}  # else 0.3
WARM_UP = 200


class Source:
    """Clean pictures as photographs come: sharp and soft, with and without grain, of any tone."""

    def __init__(self, pictures):
        self.pictures, self.smooth = pictures, {}

    def grainless(self, i):
        if i not in self.smooth:
            self.smooth[i] = data.without_grain(self.pictures[i])
        return self.smooth[i]

    def picture(self, kind, rng):
        """[256][256][3] float32."""
        i = int(rng.integers(len(self.pictures)))
        x = self.grainless(i) if rng.uniform() < (0.8 if kind == "noise" else 0.35) else self.pictures[i]
        if rng.uniform() < ENLARGED.get(kind, 0.3):
            x = data.enlarged(x, SIDE, rng)
        else:
            y0, x0 = (rng.integers(0, n - SIDE + 1) for n in x.shape[:2])
            x = x[y0:y0 + SIDE, x0:x0 + SIDE]
        x = x.astype(np.float32) / 255
        if rng.uniform() < 0.2:
            x = gaussian_blur(x, rng.uniform(0.4, 1.1))
        if rng.uniform() < 0.35:  # another exposure, contrast, colour
            grey = x.mean(-1, keepdims=True)
            x = grey + (x - grey) * rng.uniform(0.6, 1.3)
            x = np.clip(x, 0, 1) ** math.exp(rng.uniform(-0.4, 0.4)) * rng.uniform(0.75, 1)
        return np.clip(x, 0, 1).astype(np.float32)


def finished(x, rng):
    """A clean picture in 8 bits; some have been JPEG files of high quality or have a little grain."""
    if rng.uniform() < 0.2:
        x = np.clip(x + rng.normal(0, rng.uniform(0.2, 0.9) / 255, x.shape), 0, 1)
    return encode_jpeg(x, rng.integers(90, 99), int(rng.choice([0, 0, 2]))) if rng.uniform() < 0.35 else x


def sample(source, rng):
    """(picture uint8 [256][256][3], class, mean and spread of the clean picture's channels)."""
    clean_one = rng.uniform() < CLEAN
    kind = "clean" if clean_one else list(TASKS)[rng.integers(len(TASKS))]
    clean = source.picture(kind, rng)
    tone = np.concatenate([clean.mean((0, 1)), clean.std((0, 1))])
    for _ in range(2):
        x = finished(clean, rng) if clean_one else TASKS[kind](clean, rng)
        if clean_one or psnr(x * 255, clean * 255) < WEAKEST.get(kind, 99):
            break
    return (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8), context.CLASSES.index(kind), tone


def make_pool(a):
    source = Source(data.load_pictures(a.photos, SIDE))
    os.makedirs(a.pool, exist_ok=True)
    for shard in range(a.first, a.shards):
        path = os.path.join(a.pool, "%04d.npz" % shard)
        if os.path.exists(path):
            continue
        begun, samples = time.time(), []
        for i in range(SHARD):
            samples.append(sample(source, np.random.default_rng([a.seed, shard, i])))
        pictures, kinds, tones = (np.stack(v) for v in zip(*samples))
        with open(path + ".new", "wb") as f:
            np.savez(f, pictures=pictures, kinds=kinds.astype(np.int64), tones=tones.astype(np.float32))
        os.replace(path + ".new", path)
        print("%s: %d pictures in %.0f s" % (path, SHARD, time.time() - begun), flush=True)


def thumbnails(pictures):
    """uint8 [N][S][S][3] -> float16 [N][3][96][96]."""
    narrow, out = torch.from_numpy(context.resampling(SIDE)), []
    for i in range(0, len(pictures), 64):
        part = torch.from_numpy(pictures[i:i + 64]).permute(0, 3, 1, 2).float() / 255
        out.append((narrow @ part @ narrow.T).half())
    return torch.cat(out)


def shards_key(paths):
    """What tells these shards from others of the same number."""
    told = ["%s %d %d" % (os.path.basename(p), s.st_size, s.st_mtime_ns) for p, s in
            ((p, os.stat(p)) for p in paths)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


class Pool:
    """All shards of a folder in memory."""

    def __init__(self, folder):
        paths = sorted(glob.glob(os.path.join(folder, "*.npz")))
        if not paths:
            raise SystemExit("no shard in %s: make some with \"train_context.py pool\"" % folder)
        shards = [np.load(p) for p in paths]
        self.pictures, kinds, tones = (np.concatenate([s[k] for s in shards])
                                       for k in ("pictures", "kinds", "tones"))
        self.kinds, self.tones = torch.from_numpy(kinds), torch.from_numpy(tones)
        self.spread = self.tones.std(0) + 1e-3
        made = os.path.join(folder, "thumbnails-%s.npy" % shards_key(paths))
        if not os.path.exists(made):
            np.save(made, thumbnails(self.pictures).numpy())
        self.small = torch.from_numpy(np.load(made))

    def part(self, first, last):
        """Some of the pictures as a pool of their own."""
        some = copy.copy(self)
        for name in ("pictures", "kinds", "tones", "small"):
            setattr(some, name, getattr(self, name)[first:last])
        return some

    def batch(self, n, rng, n_crops=2):
        """(thumbnails, crops side by side, classes, tones) of random pictures, mirrored at random. The
        crops lie anywhere in the picture, most on JPEG's grid, as in whole files."""
        at = rng.integers(len(self.pictures), size=n)
        edge, near = CROP, []
        for _ in range(n_crops):
            y, x = rng.integers(0, SIDE - edge + 1, (2, n))
            off = np.where(rng.uniform(size=n) < 0.8, 8, 1)
            y, x = y // off * off, x // off * off
            near.append(np.stack([self.pictures[i, b:b + edge, a:a + edge]
                                  for i, b, a in zip(at, y, x)]))
        near = torch.from_numpy(np.concatenate(near, 2)).permute(0, 3, 1, 2).float() / 255
        small = self.small[at].float()
        for axis, share in ((3, 0.5), (2, 0.2)):
            flip = torch.from_numpy(rng.uniform(size=n) < share)[:, None, None, None]
            near, small = (torch.where(flip, v.flip(axis), v) for v in (near, small))
        whole = torch.channels_last
        return (small.contiguous(memory_format=whole), near.contiguous(memory_format=whole),
                self.kinds[at], self.tones[at])


class Run(Learner):
    """Everything a checkpoint holds, and the step that changes it."""

    def __init__(self, a):
        self.a = a
        torch.manual_seed(a.seed)
        net = context.ContextNet(training=True)
        if a.init:
            context.adopt(net, a.init)
        super().__init__(net, a.run, a.rate, 1e-2, 0.995)
        if a.resume:
            self.go_on(checkpoint.unpacked(self.path))

    def train_step(self, batch, spread, rate):
        small, near, kinds, tones = batch
        torch.manual_seed(self.a.seed * 1000003 + self.step)  # of the dropout: a resume changes nothing
        vector, logits = self.net(small, near)
        loss = F.cross_entropy(logits, kinds, label_smoothing=0.05)
        wrong = (self.net.clean_tone(vector) - tones) / spread
        total = loss + 0.2 * F.smooth_l1_loss(wrong, torch.zeros_like(wrong))
        self.update(total, rate)
        right = (logits.detach().argmax(1) == kinds).float().mean().item()
        return loss.item(), right, wrong.detach().square().mean().sqrt().item()


def train(a):
    torch.set_num_threads(a.threads)
    os.makedirs(a.run, exist_ok=True)
    run, pool = Run(a), Pool(a.pool)
    pool = pool.part(0, -(-len(pool.pictures) * 19 // 20))
    print("%d parameters, %d pictures, from step %d"
          % (sum(v.numel() for v in run.net.parameters()), len(pool.pictures), run.step), flush=True)
    told, first, rows = time.time(), run.step, []
    while run.step < a.steps:
        rng = np.random.default_rng([a.seed, run.step])
        done = (run.step - first) / (a.steps - first)
        rate = a.rate * min(1, (run.step + 1) / WARM_UP) * (1 - done if a.cooldown else 1)
        rows.append(run.train_step(pool.batch(a.batch, rng), pool.spread, rate))
        if time.time() - told > 30 or run.step == a.steps:
            told = time.time()
            print("step %d: loss %.3f, right %.3f, tone off by %.2f spreads"
                  % (run.step, *np.mean(rows, 0)), flush=True)
            rows = []
            run.save()
    run.save()


@torch.no_grad()
def trunk_features(net, pool, a):
    """(features, classes, tones) of a.passes looks at the pool."""
    parts, total = [], max(1, round(a.passes * len(pool.pictures) / 64))
    for i in range(total):
        small, near, kinds, tones = pool.batch(64, np.random.default_rng([a.seed, 7, i]), 4)
        parts.append((net.features(small, near), kinds, tones))
    return [torch.cat(v) for v in zip(*parts)]


def train_head(a):
    """Fits the layers after the trunks' means, to the end. The trunks stay as they are, in RUN/last.pt or
    else as they begin, and answer once: so a thousand steps cost seconds."""
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    last, saved = os.path.join(a.run, "last.pt"), {"step": 0}
    net = context.ContextNet(training=True)
    if os.path.exists(last):
        saved = checkpoint.unpacked(last)
        context.adopt(net, last)
    os.makedirs(a.run, exist_ok=True)
    net.standard.eval()
    pool = Pool(a.pool)
    n = -(-len(pool.pictures) * 19 // 20)
    pool, held = pool.part(0, n), pool.part(n, None)
    seen, kinds, tones = trunk_features(net, pool, a)
    checks = trunk_features(net, held, argparse.Namespace(passes=2, seed=a.seed + 1))
    net.standard.running_mean.copy_(seen.mean((0, 2, 3)))
    net.standard.running_var.copy_(seen.var((0, 2, 3)))
    layers = [net.mix, net.classes, net.clean_tone]
    optimizer = torch.optim.AdamW([p for v in layers for p in v.parameters()], a.rate, weight_decay=0.05)
    g = torch.Generator().manual_seed(a.seed)
    for step in range(a.steps):
        at = torch.randint(len(seen), (a.batch,), generator=g)
        for group in optimizer.param_groups:
            group["lr"] = a.rate * min(1, (step + 1) / WARM_UP) * (1 - step / a.steps)
        vector, logits = net.head(seen[at])
        wrong = (net.clean_tone(vector) - tones[at]) / pool.spread
        loss = F.cross_entropy(logits, kinds[at], label_smoothing=0.05)
        (loss + 0.2 * F.smooth_l1_loss(wrong, torch.zeros_like(wrong))).backward()
        torch.nn.utils.clip_grad_norm_([p for v in layers for p in v.parameters()], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % 500 == 0 or step + 1 == a.steps:
            with torch.no_grad():
                net.eval()
                right = (net.head(checks[0])[1].argmax(1) == checks[1]).float().mean().item()
                net.train()
                net.standard.eval()
            print("step %d: loss %.3f, right of those apart %.3f" % (step + 1, loss.item(), right),
                  flush=True)
    checkpoint.save(os.path.join(a.run, "head.pt"), {**saved, "ema": net.state_dict()})


def load_picture(path):
    return np.asarray(Image.open(path).convert("RGB"), np.float32) / 255


def pictures_below(folder):
    """(class, path): damaged pictures under their task, and each true one as "clean"."""
    for task in context.CLASSES[:-1]:
        for path in sorted(glob.glob(os.path.join(folder, task, "lq", "*.*"))):
            yield task, path
        for path in sorted(glob.glob(os.path.join(folder, task, "gt", "*.*"))):
            yield "clean", path


def evaluate(a):
    """Counts per class, and the confusion matrix: rows are the truth."""
    torch.set_num_threads(1)
    net = context.load(a.model)
    names, n = list(context.CLASSES), len(context.CLASSES)
    confusion, second, rows = np.zeros((n, n), int), np.zeros(n, int), []
    for kind, path in pictures_below(a.data):
        p = torch.softmax(net(*context.inputs(load_picture(path)))[1][0], 0).numpy()
        order, truth = np.argsort(-p), names.index(kind)
        confusion[truth, order[0]] += 1
        second[truth] += truth in order[:2]
        rows.append([os.path.relpath(path, a.data), kind, names[order[0]], round(float(p.max()), 3)])
        if a.verbose:
            print(" ".join(map(str, rows[-1])))
    count = confusion.sum(1)
    if not count.sum():
        raise SystemExit("no picture below %s: expected TASK/lq and TASK/gt" % a.data)
    first, kept = np.diag(confusion), count > 0
    print("| truth | pictures | top-1 | top-2 | " + " | ".join(names) + " |")
    print("| --- |" + " ---: |" * (n + 3))
    for i in np.nonzero(kept)[0]:
        print("| %s | %d | %d | %d | " % (names[i], count[i], first[i], second[i])
              + " | ".join(str(v) if v else "" for v in confusion[i]) + " |")
    for title, v in (("top-1", first), ("top-2", second)):
        print("%s: %.1f %% of %d pictures, %.1f %% as the mean over classes"
              % (title, 100 * v.sum() / count.sum(), count.sum(), 100 * (v[kept] / count[kept]).mean()))
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump({"classes": names, "confusion": confusion.tolist(), "top2": second.tolist(),
                       "pictures": rows}, f)


def metadata(a, step):
    return {"mend." + k: v for k, v in {
        "format": "1", "id": "context", "label": a.label, "network": "context",
        "tasks": ",".join(context.CLASSES), "licence": a.licence, "source": a.source,
        "training": a.training or ("%d steps" % step if step else "random weights")}.items()}


def made_up_picture(height, width):
    """[H][W][3] float32 that is the same on every machine."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 7 + y * 13 + c * 29 + x * y) % 256 / 255).astype(np.float32)


def write_answers(path, net):
    """What the inputs and the network are for two made-up pictures: a large and a small one."""
    arrays = {}
    for name, size in (("large", (230, 301)), ("small", (40, 64))):
        small, near = context.inputs(made_up_picture(*size))
        vector, logits = net(small, near)
        arrays.update({name + ".size": torch.tensor(size, dtype=torch.float32),
                       name + ".thumbnail": small[0, :, ::5, ::5], name + ".crops": near[0, :, ::9, ::9],
                       name + ".clues": torch.from_numpy(find_clues(small[0].numpy(), near[0].numpy())),
                       name + ".vector": vector[0], name + ".logits": logits[0]})
    tensorfile.write(path, {k: v.numpy().astype(np.float32) for k, v in arrays.items()},
                     {"made_by": "weights/train/train_context.py"})


def export(a):
    if a.tiny:
        net, step = context.random_network(True, N_CLUES), 0
    else:
        net, step = context.load(a.checkpoint), checkpoint.unpacked(a.checkpoint).get("step", 0)
    arrays = {k: v.numpy().astype(np.float32 if a.tiny else np.float16)
              for k, v in net.state_dict().items()}
    tensorfile.write(a.output, arrays, metadata(a, step))
    print("%s: %d parameters" % (a.output, sum(v.size for v in arrays.values())))
    if a.io:
        write_answers(a.io, context.load(a.output))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = p.add_subparsers(dest="command", required=True)
    pool = commands.add_parser("pool", help="damage pictures")
    pool.add_argument("--photos", required=True, help="folder of clean photographs")
    pool.add_argument("--first", type=int, default=0, help="number of the first shard")
    pool.add_argument("--shards", type=int, required=True, help="number after the last one")
    run = commands.add_parser("train", help="pass over the pool")
    run.add_argument("--run", required=True, help="folder of last.pt")
    run.add_argument("--steps", type=int, required=True, help="in all")
    run.add_argument("--batch", type=int, default=32)
    run.add_argument("--rate", type=float, default=2e-3)
    run.add_argument("--threads", type=int, default=1)
    run.add_argument("--init", help="start from a checkpoint, such as head's")
    run.add_argument("--resume", action="store_true", help="go on from RUN/last.pt")
    run.add_argument("--cooldown", action="store_true", help="let the rate fall to 0 over this call")
    head = commands.add_parser("head", help="fit what follows the trunks: RUN/last.pt, if any, to head.pt")
    head.add_argument("--run", required=True)
    head.add_argument("--passes", type=float, default=2, help="looks at each picture")
    head.add_argument("--steps", type=int, default=3000)
    head.add_argument("--batch", type=int, default=256)
    head.add_argument("--rate", type=float, default=3e-3)
    head.add_argument("--threads", type=int, default=1)
    for c in (pool, run, head):
        c.add_argument("--pool", required=True, help="folder of the shards")
        c.add_argument("--seed", type=int, default=1)
    measure = commands.add_parser("evaluate", help="top-1, top-2 and the confusion matrix")
    measure.add_argument("model", help="RUN/last.pt or a .safetensors file")
    measure.add_argument("--data", required=True, help="folder with TASK/lq and TASK/gt")
    measure.add_argument("--verbose", action="store_true", help="a line for each picture")
    measure.add_argument("--json")
    out = commands.add_parser("export", help="write a model file")
    out.add_argument("checkpoint", nargs="?")
    out.add_argument("-o", "--output", required=True)
    out.add_argument("--label", default="Detection")
    out.add_argument("--training")
    out.add_argument("--licence", default="CC-BY-SA-4.0")
    out.add_argument("--source", default="trained by the Mend project; see weights/README.md")
    out.add_argument("--tiny", action="store_true", help="random weights, a few kB, 32-bit")
    out.add_argument("--io", help="also write the answers to made-up pictures, for tests")
    a = p.parse_args()
    if a.command == "export" and (a.checkpoint is None) != a.tiny:
        p.error("give a checkpoint, or --tiny")
    return a


def main():
    a = arguments()
    {"pool": make_pool, "train": train, "head": train_head, "evaluate": evaluate, "export": export}[a.command](a)


if __name__ == "__main__":
    main()
