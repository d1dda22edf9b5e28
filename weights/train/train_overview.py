#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the overview network (overview.py) on thumbnails of damaged photographs.

    train_overview.py --photos DIR --run runs/o --minutes 40 [--grounds DIR] [--resume] [--cooldown]

A crop is reduced before it is damaged, which is quick and alters tone no less. Half of the shadows
fall on plain grounds (--grounds: a folder of seamless textures), as most shadows do that people
want removed.
"""
import argparse
import json
import os
import time

import numpy as np
import torch

import checkpoint
from context import thumbnail
import data
from degrade import TASKS as DAMAGE
from learner import Learner, autocast
import models
import overview
import pictures
from train import WARM_UP, psnr_loss


LIGHT = 75  # of 255: the least mean of a truth in low light, where one is found
HELD_OUT = 0.02  # the photographs that train.py measures with


class Thumbnails(torch.utils.data.Dataset):
    """index -> (clean, damaged, classical [3][S][S] float32, task row), a function of the seed."""

    def __init__(self, pictures, grounds, tasks, seed, start, count, side=144):
        self.pictures, self.grounds, self.tasks = pictures, grounds, tasks
        self.seed, self.start, self.count, self.side = seed, start, count, side

    def __len__(self):
        return self.count

    def reduced(self, picture, least, rng):
        """Any part of at least `least` pixels a side, made side x side pixels."""
        h, w = (int(rng.integers(min(n, least), n + 1)) for n in picture.shape[:2])
        y, x = (int(rng.integers(0, n - m + 1)) for n, m in zip(picture.shape[:2], (h, w)))
        part = data.Image.fromarray(picture[y:y + h, x:x + w])
        return np.asarray(part.resize((self.side, self.side), data.Image.Resampling.BOX))

    def ground(self, rng):
        """A texture in another light, which is stronger on one side; sometimes two of them meet."""
        def one():
            tile = self.grounds[rng.integers(len(self.grounds))]
            return self.reduced(np.tile(tile, (2, 2, 1)), 100, rng).astype(np.float32)
        v, at = one(), np.linspace(-1, 1, self.side, dtype=np.float32)
        if rng.uniform() < 0.3:
            edge = at[:, None] * rng.uniform(-1, 1) + at[None] * rng.uniform(-1, 1)
            v = np.where((edge > rng.uniform(-0.5, 0.5))[..., None], one(), v)
        slope = at[:, None] * rng.uniform(-0.2, 0.2) + at[None] * rng.uniform(-0.2, 0.2)
        target = rng.uniform(60, 210) * (1 + rng.normal(0, 0.04, 3)) / max(v.mean(), 20)
        return np.clip(v * (1 + slope[..., None]) * target, 0, 255).astype(np.uint8)

    def photograph(self, task, rng):
        """A dark one in less light cannot be told from a bright one in much less."""
        for _ in range(5):
            small = self.reduced(self.pictures[rng.integers(len(self.pictures))], 160, rng)
            if task != "low-light" or small.mean() >= LIGHT:
                break
        return small

    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, self.start + index])
        row = int(rng.integers(len(self.tasks)))
        if self.grounds and self.tasks[row] == "shadow" and rng.uniform() < 0.5:
            small = self.ground(rng)
        else:
            small = self.photograph(self.tasks[row], rng)
        if rng.uniform() < 0.5:
            small = small[:, ::-1]
        clean = small.astype(np.float32) / 255
        if self.tasks[row] == "shadow":  # the light around it tells how bright the truth is
            clean = clean ** np.float32(np.exp(rng.uniform(-0.6, 0.5)))
        damaged = clean if rng.uniform() < 0.03 else DAMAGE[self.tasks[row]](clean, rng)
        pair = overview.thumbnails(self.tasks[row], np.float32(damaged))
        return tuple(np.ascontiguousarray(v, np.float32) for v in (thumbnail(clean), *pair)) + (row,)


class Run(Learner):
    """Everything a checkpoint holds, and the step that changes it."""

    def __init__(self, a):
        self.a, self.tasks = a, a.tasks.split(",")
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(a.seed)
        state = checkpoint.load(os.path.join(a.run, "last.pt"), self.device) if a.resume else None
        if state:  # its network, whatever it began with
            net = checkpoint.network(a.run, state, "net")
        elif a.init:
            net = models.load_overview(a.init, self.tasks).requires_grad_(True).train()
        else:
            net = overview.network(len(self.tasks))
        super().__init__(net.to(self.device, memory_format=torch.channels_last), a.run, a.rate)
        if state:
            checkpoint.demand_same(self.path, state, self.tasks, self.net.config, "identity")
            self.go_on(state)

    def save(self):
        super().save(tasks=self.tasks, config=self.net.config)

    def train_step(self, batch, rate):
        clean, damaged, classical, row = (v.to(self.device) for v in batch)
        with autocast(self.device):
            out = overview.run(self.net, damaged, classical, row)
        return self.update(psnr_loss(out.float(), clean), rate)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--photos", required=True)
    p.add_argument("--run", required=True)
    p.add_argument("--grounds", help="folder of textures for shadows to fall on")
    p.add_argument("--tasks", default=",".join(overview.TASKS))
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--batch", type=int, default=12)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--resume", action="store_true")
    p.add_argument("--init", help="start from the overview of another run, or of a model file")
    p.add_argument("--cooldown", action="store_true")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--save-every", type=float, default=60)
    a = p.parse_args()
    os.makedirs(a.run, exist_ok=True)
    run = Run(a)
    shown = pictures.split(pictures.load(a.photos, 160), HELD_OUT)[0]
    grounds = data.load_pictures(a.grounds, 100) if a.grounds else []
    loader = iter(torch.utils.data.DataLoader(
        Thumbnails(shown, grounds, run.tasks, a.seed, run.step * a.batch, 1 << 40), a.batch, num_workers=1,
        prefetch_factor=16, sampler=range(1 << 40),
        worker_init_fn=lambda _: torch.set_num_threads(1)))
    start = told = saved = time.time()
    first, waited, losses = run.step, 0.0, []
    while time.time() - start < a.minutes * 60:
        t0 = time.time()
        batch = next(loader)
        waited += time.time() - t0
        rate = a.rate * min(1, (run.step + 1) / WARM_UP)
        left = 1 - (t0 - start) / (a.minutes * 60)
        losses.append(run.train_step(batch, rate * max(left, 0) if a.cooldown else rate))
        if time.time() - told > 30:
            told = time.time()
            print(json.dumps({"step": run.step, "seconds": round(told - start),
                              "loss": round(float(np.mean(losses)), 3),
                              "steps_per_second": round((run.step - first) / (told - start), 2),
                              "waiting": round(waited / (told - start), 3)}), flush=True)
            losses = []
        if time.time() - saved > a.save_every:
            saved = time.time()
            run.save()
    run.save()


if __name__ == "__main__":
    main()
