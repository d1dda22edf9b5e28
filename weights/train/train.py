#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the conditional NAFNet on any subset of the tasks, on a CPU or CUDA.

    train.py --photos DIR --tasks noise,jpeg --minutes 60 --run runs/a [--resume] [--init CHECKPOINT]

The run folder holds last.pt (all that a resume needs, replaced atomically every few minutes),
log.jsonl, curves.png and samples.png. With --steps instead of --minutes the result depends on the
seed alone. Ctrl-C or SIGTERM end the run after the step it is in, saved. make.py does all of it.
"""
import argparse
import functools
import os
import signal
import sys
import time

import numpy as np
import torch

import checkpoint
import context
import data
from degrade import TASKS
import means
import models
from learner import Learner, autocast
from nets import ConditionalNAFNet
import pictures
from process import cosine_tables
from watch import Watch
import wiener


WARM_UP = 200  # steps from the beginning of the run, not of this call: a resume changes nothing


def arguments(words=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--photos", required=True, help="folder of clean photographs")
    p.add_argument("--run", required=True, help="folder for checkpoints and the log")
    p.add_argument("--tasks", default=",".join(TASKS), help="subset of " + ",".join(TASKS))
    p.add_argument("--mean", action="store_true",
                   help="revert to a classical estimate where the task has one (means.py)")
    p.add_argument("--overview", metavar="FILE", help="revert to the learned estimate of this checkpoint\n"
                   "of train_overview.py; a resumed run has its own")
    p.add_argument("--wiener", metavar="FILE", help="revert to what filters make that this checkpoint of\n"
                   "train_wiener.py chooses (motion blur); a resumed run has its own")
    p.add_argument("--context", metavar="FILE", help="let the network see the vector of this encoder:\n"
                   "context.safetensors, a model that has one, or a checkpoint of train_context.py")
    p.add_argument("--keep-tone", action="store_true",
                   help="the truth gets the mean's tone: a network that sees 50 pixels far must not\n"
                   "judge what the whole picture told; noise, edges and detail are left to it")
    p.add_argument("--minutes", type=float, help="train for this long (default: 60)")
    p.add_argument("--steps", type=int, help="train for this many steps in all (repeatable)")
    p.add_argument("--resume", action="store_true", help="go on from RUN/last.pt")
    p.add_argument("--init", help="start from the weights of another run's checkpoint, or of a model file")
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
    p.add_argument("--identity", type=float, default=0.05, metavar="SHARE",
                   help="share of undamaged samples: a clean picture is to come back as it was")
    p.add_argument("--enough", type=float, default=60, metavar="DB",
                   help="beyond this PSNR a sample counts little (default: 60, as 8 bits have it); with\n"
                   "undamaged samples and 60 a network learns above all to leave faint damage alone")
    p.add_argument("--workers", type=int, help="processes that prepare data (default: 1, with CUDA up to 8)")
    p.add_argument("--held-out", type=float, default=0.02, metavar="SHARE",
                   help="share of the photographs to measure with and never train on")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--save-every", type=float, default=180, help="seconds")
    p.add_argument("--tell-every", type=float, default=30, help="seconds")
    p.add_argument("--check-every", type=float, default=240,
                   help="seconds between two measurements with the held-out photographs")
    a = p.parse_args(words)
    if a.steps is None and a.minutes is None:
        a.minutes = 60
    elif a.steps is not None and a.minutes is not None:
        p.error("give either --minutes or --steps")
    if a.patch < 8 or a.patch % 2 ** len(a.enc.split(",")):
        p.error("--patch %d: expected a multiple of %d" % (a.patch, 2 ** len(a.enc.split(","))))
    if a.patches > 1 and a.crop < a.patch:
        p.error("--crop %d is less than --patch %d" % (a.crop, a.patch))
    if a.wiener and a.overview:
        p.error("a network reverts to one mean: give --wiener or --overview")
    a.tasks = a.tasks.split(",")
    if len(set(a.tasks)) < len(a.tasks):
        p.error("--tasks names one twice")
    for task in a.tasks:
        if task not in TASKS:
            p.error("unknown task '%s': known are %s" % (task, ", ".join(TASKS)))
    if a.workers is None:
        a.workers = min(8, os.cpu_count() or 1) if torch.cuda.is_available() else 1
    return a


def psnr_loss(out, clean, weight=None, enough=60):
    """Mean over samples of log MSE: every sample counts by its decibels, mild damage as much as
    heavy, but hardly beyond enough. weight [N][1][H][W]: how much a pixel counts."""
    error = (out - clean).square()
    if weight is None:
        mse = error.mean((1, 2, 3))
    else:
        mse = (error * weight).sum((1, 2, 3)) / (3 * weight.sum((1, 2, 3)))
    return torch.log(mse + 10 ** (-enough / 10)).mean() * (10 / np.log(10))


def wide_mean(v, side=33):
    """Mean over the window, twice, cut off at the edges."""
    for _ in range(2):
        v = torch.nn.functional.avg_pool2d(v, side, 1, side // 2, count_include_pad=False)
    return v


def hole_weight(mean, damaged, known=0.02):
    """Where a fill differs from the damaged picture is the hole. The rest is never touched, but is
    in the sampler's state, so it counts a little."""
    hole = (mean - damaged).abs().amax(1, keepdim=True) > 1e-6
    return torch.where(hole, 1.0, known)


def learned_means(a):
    """(overview, choice of filters): the network of the learned mean, or None."""
    if not a.resume:
        return (models.load_overview(a.overview, a.tasks) if a.overview else None,
                models.load_wiener(a.wiener, a.tasks) if a.wiener else None)
    path = os.path.join(a.run, "last.pt")  # whatever became of the files since
    state = checkpoint.load(path)
    return (models.overview_from(state["overview"]) if state.get("overview") else None,
            models.wiener_from(path, state["wiener"]) if state.get("wiener") else None)


class Run(Learner):
    """Everything a checkpoint holds, and the step that changes it."""

    def __init__(self, a):
        self.a = a
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(a.seed)
        self.overview, self.wiener = learned_means(a)
        self.mean = (wiener.MEAN if self.wiener else means.names_of(a.tasks, "overview:") if self.overview
                     else means.names_of(a.tasks) if a.mean else "identity")
        self.estimate = models.estimator(self.wiener or self.overview, a.tasks, self.mean)
        sizes = [[int(n) for n in s.split(",")] for s in (a.enc, a.dec)]
        net = ConditionalNAFNet(a.width, sizes[0], a.middle, sizes[1],
                                inputs=2 if self.mean == "identity" else 3,
                                n_tasks=len(a.tasks) if len(a.tasks) > 1 else 0,
                                context=context.VECTOR if a.context else 0)
        self.encoder = context.load(a.context) if a.context and not a.resume else None
        super().__init__(net.to(self.device, memory_format=torch.channels_last), a.run, a.rate)
        self.cooling = None
        self.tables = [torch.tensor(v, dtype=torch.float32, device=self.device)[:, None, None, None]
                       for v in cosine_tables()]
        if a.init and not a.resume:
            fresh = checkpoint.adopt(self.net, a.tasks, models.starting_point(a.init))
            print("from %s%s" % (a.init, ", but for " + ", ".join(fresh) if fresh else ""))
            self.begin_average()
        if a.resume:
            self.load()

    def load(self):
        state = checkpoint.load(self.path, self.device)
        checkpoint.demand_same(self.path, state, self.a.tasks, self.net.config, self.mean)
        for part in ("net", "ema"):
            checkpoint.network(self.path, state, part)
        self.go_on(state)
        if state.get("encoder"):  # whatever became of the file since
            self.encoder = context.from_arrays({k: v.cpu() for k, v in state["encoder"].items()})
        self.cooling = state.get("cooling") if self.a.cooldown else None

    def save(self):
        super().save(tasks=self.a.tasks, config=self.net.config, mean=self.mean,
                     encoder=self.encoder and self.encoder.state_dict(),
                     overview=self.overview and self.overview.state_dict(),
                     wiener=self.wiener and self.wiener.state_dict(),
                     seed=self.a.seed, cooling=self.cooling)

    @property
    def vector(self):
        """damaged crop -> its context vector, or None."""
        return self.encoder and functools.partial(context.vector_of, self.encoder)

    def train_step(self, batch, rate):
        clean, mean, damaged, seen = (batch[i].to(self.device, non_blocking=True) for i in (0, 1, 2, 4))
        if self.a.keep_tone:
            clean = clean - wide_mean(clean - mean)
        g = torch.Generator().manual_seed(self.a.seed * 1000003 + self.step)
        n = len(clean)
        t = torch.randint(1, len(self.tables[0]), (n,), generator=g)
        t[torch.rand(n, generator=g) < self.a.last_time] = len(self.tables[0]) - 1
        task = torch.where(torch.rand(n, generator=g) < 0.1, len(self.a.tasks), batch[3])
        noise = torch.randn(clean.shape, generator=g).to(self.device)
        t, task = t.to(self.device), task.to(self.device)
        alpha, sigma = (v[t] for v in self.tables)
        x = mean + (clean - mean) * alpha + sigma * noise
        with autocast(self.device):
            out = self.net(x, mean, damaged, t, task, seen if self.encoder else None)
        weight = hole_weight(mean, damaged) if self.a.tasks == ["inpainting"] else None
        return self.update(psnr_loss(out.float(), clean, weight, self.a.enough), rate)


class Stop:
    """Within it the first SIGINT, SIGTERM or SIGHUP sets asked; the second ends the program at once."""
    asked = False

    def __enter__(self):
        self.before = {}
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                self.before[number] = signal.signal(number, self.ask)
        return self

    def ask(self, number, _frame):
        self.asked = True
        signal.signal(number, signal.SIG_DFL)

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler)


def begin_worker(_):
    """Ctrl-C reaches every process of the terminal: the workers leave it to the trainer."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def batches_of(run, kept):
    """An endless iterator of batches, or one up to --steps, from the run's step on."""
    a = run.a
    smooth = ([data.without_grain(v) for v in kept]
              if any(task in data.GRAINLESS for task in a.tasks) else None)
    count = 1 << 40 if a.steps is None else max(0, a.steps - run.step) * a.batch
    patches = data.Patches(kept, a.tasks, a.patch, a.seed, run.step * a.batch, count,
                           identity=a.identity, each=a.patches, crop=a.crop, smooth=smooth,
                           mean=run.estimate, context=run.vector)
    return iter(torch.utils.data.DataLoader(
        patches, a.batch, num_workers=a.workers, prefetch_factor=16 if a.workers else None,
        sampler=range(count), drop_last=True, worker_init_fn=begin_worker,
        pin_memory=run.device == "cuda"))


def go(run, watch, batches, stop):
    """Steps until the time or the number is reached, or stop.asked."""
    a, start, saved = run.a, time.time(), time.time()
    first = run.step

    def done():
        if a.steps is None:
            return (time.time() - start) / (a.minutes * 60)
        return (run.step - first) / (a.steps - first) if run.step < a.steps else 1
    if a.cooldown and (run.cooling is None or a.steps is None):
        run.cooling = first
    while not stop.asked and done() < 1:
        t0 = time.time()
        batch = next(batches)
        waited = time.time() - t0
        rate = a.rate * min(1, (run.step + 1) / WARM_UP)
        if a.cooldown:
            rate *= 1 - (done() if a.steps is None else (run.step - run.cooling) / (a.steps - run.cooling))
        loss = run.train_step(batch, max(0.0, rate))
        watch.stepped(waited, time.time() - t0, -loss, done())
        if time.time() - saved > a.save_every:
            try:
                run.save()
            except OSError as e:
                watch.warn("%s cannot be saved, the one before is kept" % run.path, e.strerror)
            saved = time.time()


def main(words=None):
    """Returns True where the run was asked to stop before its end."""
    a = arguments(words)
    os.makedirs(a.run, exist_ok=True)
    run = Run(a)
    found = pictures.load(a.photos, a.crop if a.patches > 1 else a.patch + data.MARGIN)
    kept, held_out = pictures.split(found, a.held_out)
    print("%d parameters, %d pictures and %d held out (%.1f GiB), %s, from step %d"
          % (sum(v.numel() for v in run.net.parameters()), len(kept), len(held_out),
             sum(v.nbytes for _, v in found) / 2 ** 30, run.device, run.step), flush=True)
    watch = Watch(run, held_out)
    with Stop() as stop:
        go(run, watch, batches_of(run, kept), stop)
    try:
        run.save()
    except OSError as e:
        raise SystemExit("%s cannot be saved: %s. It is as it was saved before"
                         % (run.path, e.strerror)) from e
    watch.finish()
    return stop.asked


if __name__ == "__main__":
    sys.exit(130 if main() else 0)
