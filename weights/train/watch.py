# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells how a run goes: lines on the terminal, log.jsonl, curves.png and samples.png in its folder.

Nothing here touches what the training draws its samples from, so a run that is watched, however
often, ends with the same weights as one that is not.
"""
import copy
import json
import os
import sys
import time

import numpy as np
import torch

import curves
import data
import evaluate
from learner import autocast

SEED = 20  # of the held-out patches: the same for all runs, so that runs can be compared
SHOWN = 2  # patches of each task on the sample sheet
STARVED = 0.1  # share of the time spent waiting for data, above which there is a warning


def psnr_of(a, b):
    """One figure for each sample of two batches, both clipped to 0..1."""
    mse = (a.clamp(0, 1) - b.clamp(0, 1)).square().flatten(1).mean(1)
    return (-10 * torch.log10(mse + 1e-10)).tolist()


class HeldOut:
    """A few fixed patches for each task, from pictures that are never trained on."""

    def __init__(self, pictures, run, count=8):
        a = run.a
        self.a, self.device, self.batches = a, run.device, {}
        for task in a.tasks:
            smooth = [data.without_grain(v) for v in pictures] if task in data.GRAINLESS else None
            patches = data.Patches(pictures, [task], a.patch, SEED, 0, count, identity=0, each=a.patches,
                                   crop=a.crop, mean=run.estimate, smooth=smooth, context=run.vector)
            samples = [patches[i] for i in range(count)]
            self.batches[task] = torch.utils.data.default_collate(samples)
        self.inputs = {task: float(np.mean(psnr_of(batch[2], batch[0])))
                       for task, batch in self.batches.items()}

    def restored(self, net, task, n_steps, most=None):
        """The task's first patches after n_steps evaluations, computed as in training; on the CPU."""
        mean, degraded, vector = (self.batches[task][i][:most] for i in (1, 2, 4))
        seen = vector.to(self.device) if vector.shape[1] else None

        def ask(net, x, mean, degraded, t, row, _):
            x, mean, degraded = (v.to(self.device) for v in (x, mean, degraded))
            t, row = (torch.full((len(x),), v, device=self.device) for v in (t, row))
            with torch.no_grad(), autocast(self.device):
                return net(x, mean, degraded, t, row, seen).float().cpu()
        return evaluate.restore(net, mean, degraded, self.a.tasks.index(task), n_steps, SEED, ask)

    def score(self, net):
        """task -> mean PSNR at one evaluation."""
        return {task: float(np.mean(psnr_of(self.restored(net, task, 1), batch[0])))
                for task, batch in self.batches.items()}

    def rows(self, net):
        """What the sample sheet shows: for each task and patch its name and {column: [3][H][W]}."""
        for task, batch in self.batches.items():
            clean, mean, degraded = (v[:SHOWN] for v in batch[:3])
            once, five = (self.restored(net, task, n, SHOWN) for n in (1, 5))
            for i, truth in enumerate(clean):
                cells = {"degraded": degraded[i], "1 evaluation": once[i], "5 evaluations": five[i],
                         "truth": truth}
                if not torch.equal(mean[i], degraded[i]):
                    cells["mean"] = mean[i]
                yield task, {k: v.clamp(0, 1).numpy().transpose(1, 2, 0) for k, v in cells.items()}


class Watch:
    """Between begin and end of one call of the trainer: stepped() after each step, finish() at the end.

    run: the trainer's Run (its net's shape, averaged weights, arguments); held_out: pictures.
    """

    def __init__(self, run, held_out):
        self.run, self.a = run, run.a
        self.held_out = HeldOut(held_out, run) if held_out else None
        self.net = copy.deepcopy(run.net).eval().requires_grad_(False)
        self.start = self.told = self.checked = time.monotonic()
        self.seconds = self.waited = 0.0
        self.psnr, self.first = [], True
        self.warned = set()

    def warn(self, what, error):
        """Once for each thing: a full disk would otherwise fill the terminal too."""
        if what not in self.warned:
            self.warned.add(what)
            print("warning: %s: %s; the training goes on" % (what, error), file=sys.stderr, flush=True)

    def log(self, row):
        try:
            with open(os.path.join(self.a.run, "log.jsonl"), "a", encoding="utf-8") as f:
                f.write(json.dumps(row) + "\n")
        except OSError as e:
            self.warn("log.jsonl cannot be written", e.strerror)

    def stepped(self, waited, seconds, psnr, done):
        """waited: for data, part of the step's seconds; psnr: the loss; done: share of this call."""
        # The first batch waits for the workers to start: that says nothing of what follows.
        self.waited += 0 if self.first else waited
        self.seconds += seconds - waited if self.first else seconds
        self.first = False
        self.psnr.append(psnr)
        now = time.monotonic()
        if now - self.told >= self.a.tell_every:
            self.tell(done)
        if now - self.checked >= self.a.check_every:
            self.check()

    def tell(self, done):
        speed, elapsed = len(self.psnr) / self.seconds, time.monotonic() - self.start
        row = {"step": self.run.step, "seconds": round(elapsed), "psnr": round(float(np.mean(self.psnr)), 3),
               "steps_per_second": round(speed, 2),
               "megapixels_per_second": round(speed * self.a.batch * self.a.patch ** 2 / 1e6, 3),
               "waiting": round(self.waited / self.seconds, 3),
               "minutes_left": round(elapsed / 60 * (1 / max(done, 1e-3) - 1), 1)}
        self.log(row)
        print("step %d  %.2f dB  %.2f steps/s  %.3f MP/s  %.0f %% waiting  %.0f min left"
              % (row["step"], row["psnr"], row["steps_per_second"], row["megapixels_per_second"],
                 100 * row["waiting"], row["minutes_left"]), flush=True)
        if row["waiting"] > STARVED and "waiting" not in self.warned:
            self.warned.add("waiting")
            print("warning: %.0f %% of the time goes into waiting for data. More processes that prepare it "
                  "help (--workers, now %d), or more patches of one damaged crop (--patches, now %d)"
                  % (100 * row["waiting"], self.a.workers, self.a.patches), file=sys.stderr, flush=True)
        self.told = time.monotonic()
        self.seconds, self.waited, self.psnr = 0.0, 0.0, []

    def check(self):
        """Measures the averaged weights on the held-out patches; draws curves and samples."""
        begin = time.monotonic()
        if self.held_out:
            self.net.load_state_dict(self.run.ema)
            scores = self.held_out.score(self.net)
            self.log({"step": self.run.step, "held_out": scores, "input": self.held_out.inputs})
        try:
            curves.draw(os.path.join(self.a.run, "log.jsonl"), os.path.join(self.a.run, "curves.png"))
            if self.held_out:
                curves.draw_samples(self.held_out.rows(self.net), os.path.join(self.a.run, "samples.png"))
        except OSError as e:
            self.warn("curves.png and samples.png cannot be written", e.strerror or e)
        self.checked = time.monotonic()
        if self.held_out:
            print("held out: %s  (checked in %.1f s)" % (
                ", ".join("%s %.2f, now %.2f dB" % (task, self.held_out.inputs[task], v)
                          for task, v in scores.items()), self.checked - begin), flush=True)

    def finish(self):
        if self.psnr:
            self.tell(1)
        self.check()
