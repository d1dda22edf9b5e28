#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the conditional NAFNet on any subset of the tasks, on a CPU (bf16 autocast) or CUDA.

    train.py --photos DIR --tasks noise,jpeg --minutes 60 --run runs/a [--resume] [--init CHECKPOINT]

The run folder holds last.pt (all that a resume needs, replaced atomically every few minutes) and
log.jsonl. With --steps instead of --minutes the result depends on the seed alone.
"""
import argparse
import functools
import json
import os
import time

import numpy as np
import torch

import context
import data
import means
import models
from degrade import TASKS
from nets import ConditionalNAFNet
from process import cosine_tables


WARM_UP = 200  # steps from the beginning of the run, not of this call: a resume changes nothing


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--photos", required=True, help="folder of clean photographs")
    p.add_argument("--run", required=True, help="folder for checkpoints and the log")
    p.add_argument("--tasks", default=",".join(TASKS), help="subset of " + ",".join(TASKS))
    p.add_argument("--mean", action="store_true",
                   help="revert to a classical estimate where the task has one (means.py)")
    p.add_argument("--overview", metavar="FILE", help="revert to the learned estimate of this checkpoint\n"
                   "of train_overview.py; a resumed run has its own")
    p.add_argument("--context", metavar="FILE", help="let the network see the vector of this encoder:\n"
                   "context.safetensors, a model that has one, or a checkpoint of train_context.py")
    p.add_argument("--minutes", type=float, help="train for this long")
    p.add_argument("--steps", type=int, help="train for this many steps in all (repeatable)")
    p.add_argument("--resume", action="store_true", help="go on from RUN/last.pt")
    p.add_argument("--init", help="start from the weights of another run's checkpoint")
    p.add_argument("--cooldown", action="store_true", help="let the rate fall to 0 over this call")
    p.add_argument("--width", type=int, default=32)
    p.add_argument("--enc", default="1,1,2")
    p.add_argument("--middle", type=int, default=2)
    p.add_argument("--dec", default="1,1,1")
    p.add_argument("--patch", type=int, default=96, help="pixels; a multiple of 8")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--rate", type=float, default=1e-3)
    p.add_argument("--last-time", type=float, default=0.5, help="share of samples at t = T")
    p.add_argument("--patches", type=int, default=1, metavar="N",
                   help="damage a larger crop once for N patches (wide damage, dear means)")
    p.add_argument("--crop", type=int, default=256, help="pixels of such a crop")
    p.add_argument("--workers", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--save-every", type=float, default=180, help="seconds")
    a = p.parse_args()
    if (a.minutes is None) == (a.steps is None):
        p.error("give either --minutes or --steps")
    a.tasks = a.tasks.split(",")
    for task in a.tasks:
        if task not in TASKS:
            p.error("unknown task '%s': known are %s" % (task, ", ".join(TASKS)))
    return a


def psnr_loss(out, clean, weight=None):
    """Mean over samples of log MSE: every sample counts by its decibels, mild damage as much as
    heavy. weight [N][1][H][W]: how much a pixel counts."""
    error = (out - clean).square()
    if weight is None:
        mse = error.mean((1, 2, 3))
    else:
        mse = (error * weight).sum((1, 2, 3)) / (3 * weight.sum((1, 2, 3)))
    return torch.log(mse + 1e-6).mean() * (10 / np.log(10))


def hole_weight(mean, damaged, known=0.02):
    """Where a fill differs from the damaged picture is the hole. The rest is never touched, but is
    in the sampler's state, so it counts a little."""
    hole = (mean - damaged).abs().amax(1, keepdim=True) > 1e-6
    return torch.where(hole, 1.0, known)


def fitting(arrays, own):
    """Those of another network's arrays that fit this one's (task tables do not), with zeros for
    the planes of the degraded picture where the other one has none."""
    arrays = dict(arrays)
    first = "intro.weight"
    missing = own[first].shape[1] - arrays[first].shape[1]
    if missing > 0:
        arrays[first] = torch.nn.functional.pad(arrays[first], (0, 0, 0, 0, 0, missing))
    return {k: v for k, v in arrays.items() if k in own and v.shape == own[k].shape}


def overview_of(a):
    """The network of the learned mean, or None."""
    if a.resume:  # whatever became of the file since
        state = torch.load(os.path.join(a.run, "last.pt"), map_location="cpu", weights_only=True)
        return models.overview_from(state["overview"]) if state.get("overview") else None
    return models.load_overview(a.overview, a.tasks) if a.overview else None


class Run:
    """Everything a checkpoint holds, and the step that changes it."""

    def __init__(self, a):
        self.a = a
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(a.seed)
        self.overview = overview_of(a)
        self.mean = (means.names_of(a.tasks, "overview:") if self.overview
                     else means.names_of(a.tasks) if a.mean else "identity")
        self.estimate = models.estimator(self.overview, a.tasks, self.mean)
        sizes = [[int(n) for n in s.split(",")] for s in (a.enc, a.dec)]
        self.net = ConditionalNAFNet(a.width, sizes[0], a.middle, sizes[1],
                                     inputs=2 if self.mean == "identity" else 3,
                                     n_tasks=len(a.tasks) if len(a.tasks) > 1 else 0,
                                     context=context.VECTOR if a.context else 0)
        self.encoder = context.load(a.context) if a.context else None
        self.net = self.net.to(self.device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), a.rate, betas=(0.9, 0.99),
                                           weight_decay=1e-4, fused=False)
        self.step = 0
        self.tables = [torch.tensor(v, dtype=torch.float32, device=self.device)[:, None, None, None]
                       for v in cosine_tables()]
        if a.init:
            state = torch.load(a.init, map_location="cpu", weights_only=True)
            self.net.load_state_dict(fitting(state["ema"], self.net.state_dict()), strict=False)
        self.ema = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        if a.resume:
            self.load(os.path.join(a.run, "last.pt"))

    def load(self, path):
        state = torch.load(path, map_location=self.device, weights_only=True)
        mean = state.get("mean", "identity")
        if (state["tasks"], state["config"], mean) != (self.a.tasks, self.net.config, self.mean):
            raise SystemExit("%s was trained for %s with %s, mean %s; start a new run or use --init"
                             % (path, ",".join(state["tasks"]), state["config"], mean))
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.ema, self.step = state["ema"], state["step"]
        if self.encoder:  # whatever became of the file since
            self.encoder = context.from_arrays(state["encoder"])

    def save(self):
        path = os.path.join(self.a.run, "last.pt")
        torch.save({"net": self.net.state_dict(), "ema": self.ema, "step": self.step,
                    "optimizer": self.optimizer.state_dict(), "tasks": self.a.tasks,
                    "config": self.net.config, "mean": self.mean,
                    "encoder": self.encoder and self.encoder.state_dict(),
                    "overview": self.overview and self.overview.state_dict(),
                    "seed": self.a.seed}, path + ".new")
        os.replace(path + ".new", path)

    def train_step(self, batch, rate):
        clean, mean, damaged, task, seen = (v.to(self.device) for v in batch)
        g = torch.Generator().manual_seed(self.a.seed * 1000003 + self.step)
        n = len(clean)
        t = torch.randint(1, len(self.tables[0]), (n,), generator=g)
        t[torch.rand(n, generator=g) < self.a.last_time] = len(self.tables[0]) - 1
        task = torch.where(torch.rand(n, generator=g) < 0.1, len(self.a.tasks), task.cpu())
        noise = torch.randn(clean.shape, generator=g).to(self.device)
        t, task = t.to(self.device), task.to(self.device)
        alpha, sigma = (v[t] for v in self.tables)
        x = mean + (clean - mean) * alpha + sigma * noise
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(self.device, dtype=torch.bfloat16):
            out = self.net(x, mean, damaged, t, task, seen if self.encoder else None)
        weight = hole_weight(mean, damaged) if self.a.tasks == ["inpainting"] else None
        loss = psnr_loss(out.float(), clean, weight)
        if not torch.isfinite(loss):
            raise SystemExit("step %d: the loss is not a number; last.pt is the state before" % self.step)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        keep = min(0.999, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for k, v in self.net.state_dict().items():
                self.ema[k].lerp_(v, 1 - keep)
        return loss.item()


def main():
    a = arguments()
    os.makedirs(a.run, exist_ok=True)
    run = Run(a)
    pictures = data.load_pictures(a.photos, a.crop if a.patches > 1 else a.patch + data.MARGIN)
    smooth = ([data.without_grain(v) for v in pictures]
              if any(task in data.GRAINLESS for task in a.tasks) else None)
    count = (a.steps - run.step) * a.batch if a.steps else 1 << 40
    patches = data.Patches(pictures, a.tasks, a.patch, a.seed, run.step * a.batch, count,
                           each=a.patches, crop=a.crop,
                           smooth=smooth,
                           context=run.encoder and functools.partial(context.vector_of, run.encoder),
                           mean=run.estimate)
    loader = torch.utils.data.DataLoader(
        patches, a.batch, num_workers=a.workers, prefetch_factor=16 if a.workers else None,
        sampler=range(count), drop_last=True, worker_init_fn=lambda _: torch.set_num_threads(1))
    n = sum(v.numel() for v in run.net.parameters())
    print("%d parameters, %d pictures, %s, from step %d" % (n, len(pictures), run.device, run.step))
    start = saved = told = time.time()
    first, waited, losses = run.step, 0.0, []
    batches = iter(loader)
    while a.steps is None or run.step < a.steps:
        t0 = time.time()
        done = ((run.step - first) / max(1, a.steps - first) if a.steps
                else (t0 - start) / (a.minutes * 60))
        if done >= 1:
            break
        batch = next(batches)
        waited += time.time() - t0
        rate = a.rate * min(1, (run.step + 1) / WARM_UP)
        losses.append(run.train_step(batch, rate * (1 - done) if a.cooldown else rate))
        if time.time() - told > 30:
            told = time.time()
            row = {"step": run.step, "seconds": round(told - start), "loss": float(np.mean(losses)),
                   "steps_per_second": round((run.step - first) / (told - start), 2),
                   "waiting": round(waited / (told - start), 3),
                   "minutes_left": round((told - start) / 60 * (1 / max(done, 1e-3) - 1), 1)}
            print(json.dumps(row), flush=True)
            with open(os.path.join(a.run, "log.jsonl"), "a", encoding="utf-8") as log:
                log.write(json.dumps(row) + "\n")
            losses = []
        if time.time() - saved > a.save_every:
            saved = time.time()
            run.save()
    run.save()


if __name__ == "__main__":
    main()
