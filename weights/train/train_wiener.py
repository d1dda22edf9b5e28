#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the choice of filters against motion blur (wiener.py).

    train_wiener.py look --photos DIR --looks LOOKS [--crops 1500] [--seed 1]     (some 4 minutes of a core)
    train_wiener.py fit --looks LOOKS,LOOKS2 --run runs/wiener [--steps 2000]     (some 12 minutes)

look damages crops of 256 pixels and keeps, of some windows of each, what the network sees and the two
spectra that the error of any filter follows from. fit needs nothing else. The last crops of the last file,
of the same photographs, are held out.
RUN/last.pt then holds the network, for `train.py --wiener` and `export.py --wiener`.
"""
import argparse
import os
import time

import numpy as np
import torch

import checkpoint
import data
from degrade.motion import motion_blur
import models
import pictures
import wiener
from wiener import HALF, INNER, N

EACH = 5           # windows of a crop
CROP = 256
IDENTITY = 0.08    # share of crops that are not blurred
FOLDED = (N // 2, N // 4 + 1)
LEAST = 1e-5       # errors below that of 8 bits count less and less


def fold(v):
    """[n][N][HALF] -> FOLDED: sums over 2 x 2 frequencies, which is enough for filters this smooth."""
    v = v.reshape(len(v), N // 2, 2, HALF).sum(2)
    v = np.concatenate([v, np.zeros((len(v), N // 2, 1))], 2)
    return v.reshape(len(v), N // 2, N // 4 + 1, 2).sum(3)


def folded_frequencies():
    i, j = np.arange(FOLDED[0]), np.arange(FOLDED[1])
    fy = np.where(i < N // 4, 2 * i + 0.5, 2 * i - N + 0.5) / N
    fx = np.minimum(2 * j + 0.5, N / 2) / N
    return [v.ravel() for v in np.meshgrid(fy, fx, indexing="ij")]


def sample(found, rng):
    """(clean, blurred) crop."""
    picture = found[rng.integers(len(found))]
    if rng.uniform() < data.ENLARGED["motion-blur"]:
        clean = data.enlarged(picture, CROP, rng)
    else:
        y, x = (rng.integers(0, n - CROP + 1) for n in picture.shape[:2])
        clean = picture[y:y + CROP, x:x + CROP]
    if rng.uniform() < 0.5:
        clean = clean[:, ::-1]
    if rng.uniform() < 0.5:
        clean = clean.transpose(1, 0, 2)
    clean = clean.astype(np.float32) / 255
    return clean, clean if rng.uniform() < IDENTITY else motion_blur(clean, rng)


class Spectra:
    """Of windows of a crop, faded so that their power counts as they will be blended."""

    def __init__(self):
        edge = (N - INNER) // 2
        fade = np.zeros((N, N, 1))
        fade[edge:-edge, edge:-edge, 0] = np.sqrt(wiener.hann(INNER)[:, None] * wiener.hann(INNER))
        twice = np.full(HALF, 2.0)
        twice[0] = twice[-1] = 1
        self.fade, self.scale = fade, twice / (N * N * 3 * (fade ** 2).sum())

    def of(self, blurred, clean):
        """(|Y|^2, Re(conj(Y) G)) folded, and the sum of |G|^2."""
        tone = blurred.mean((1, 2), keepdims=True)
        y, g = (np.fft.rfft2((v - tone) * self.fade, axes=(1, 2)) for v in (blurred, clean))
        power, cross = (np.abs(y) ** 2).sum(3), (np.conj(y) * g).real.sum(3)
        return (fold(power * self.scale), fold(cross * self.scale),
                ((np.abs(g) ** 2).sum(3) * self.scale).sum((1, 2)))


def look(a):
    torch.set_num_threads(1)
    found = pictures.split(pictures.load(a.photos, CROP), 0.02)[0]
    looks, spectra, kept, start = wiener.Looks(), Spectra(), [], time.time()
    for i in range(a.crops):
        rng = np.random.default_rng([a.seed, i])
        clean, blurred = sample(found, rng)
        parts, truth = (wiener.windows(v)[0] for v in (blurred, clean))
        seen = wiener.with_surroundings(np.stack([looks.features(row @ wiener.LUMA) for row in parts]))
        parts, truth, seen = (v.reshape(-1, *v.shape[2:]) for v in (parts, truth, seen))
        some = rng.permutation(len(parts))[:EACH]
        kept.append((seen[some], *spectra.of(parts[some], truth[some])))
        if i % 100 == 99:
            print("%d of %d crops, %.2f s each" % (i + 1, a.crops, (time.time() - start) / (i + 1)), flush=True)
    names = ("seen", "power", "cross", "truth")
    np.savez(a.looks, **{k: np.concatenate(v).astype(np.float32) for k, v in zip(names, zip(*kept))})


def turned(k):
    """Order of the directions when a picture is left alone, mirrored, transposed or turned."""
    a, quarter = torch.arange(wiener.ANGLES), wiener.ANGLES // 2
    return (a, -a % wiener.ANGLES, (quarter - a) % wiener.ANGLES, (quarter + a) % wiener.ANGLES)[k]


class Looked:
    """The files of look, one after the other."""

    def __init__(self, paths):
        try:
            files = [np.load(path) for path in paths]
            self.seen, power, cross, self.truth = (
                torch.from_numpy(np.concatenate([f[k] for f in files]))
                for k in ("seen", "power", "cross", "truth"))
        except Exception as e:  # numpy raises nearly everything on damaged files
            raise SystemExit("%s: not what `look` makes, or cut off (%s)" % (", ".join(paths), e)) from e
        self.power, self.cross = power.flatten(1), cross.flatten(1)
        self.n = len(self.truth) // EACH

    def gain(self, choice, frequencies, crops, k=0):
        """Mean over crops of the decibels by which the error changes. k: of turned(); the network sees
        directions in that order, and what it chooses is put back for the spectra."""
        at = (crops[:, None] * EACH + torch.arange(EACH)).flatten()
        power, cross, truth = self.power[at], self.cross[at], self.truth[at]
        n, n_paths, order = len(at), choice.paths.out_channels, turned(k)
        shares = choice(self.seen[at][:, :, order])
        paths = torch.zeros(n, n_paths, wiener.ANGLES)
        paths[:, :, order] = shares[:, :n_paths * wiener.ANGLES].view(n, n_paths, -1)
        others = shares[:, n_paths * wiener.ANGLES:-1]
        h = 1 + torch.cat([paths.flatten(1), others], 1) @ choice.filters(*frequencies)
        after = truth - 2 * (cross * h).sum(1) + (power * h * h).sum(1)
        before = truth - 2 * cross.sum(1) + power.sum(1)
        before, after = (v.clamp(min=0).view(-1, EACH).mean(1) + LEAST for v in (before, after))
        return 10 * torch.log10(before / after).mean()


def fit(a):
    torch.manual_seed(a.seed)
    looked, choice = Looked(a.looks.split(",")), wiener.Choice()
    if a.init:
        choice.load_state_dict(models.load_wiener(a.init, ["motion-blur"]).state_dict())
    else:
        choice.centre.copy_(looked.seen.mean((0, 2)))
        choice.scale.copy_(looked.seen.std((0, 2)) + 1e-3)
    frequencies, held = folded_frequencies(), max(1, looked.n // 12)
    if looked.n < 2:
        raise SystemExit("%s holds one crop: there is nothing to learn from" % a.looks)
    tables = [choice.path_profiles, choice.round_profiles, choice.gain]
    others = [v for v in choice.parameters() if all(v is not t for t in tables)]
    optimizer = torch.optim.AdamW([{"params": others, "lr": a.rate},
                                   {"params": tables, "lr": 1.5 * a.rate, "weight_decay": 0}])
    rates, start = [group["lr"] for group in optimizer.param_groups], time.time()
    for step in range(a.steps):
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * min(1, (step + 1) / 50) * (1 - step / a.steps)
        crops, k = torch.randint(0, looked.n - held, (a.batch,)), int(torch.randint(4, ()))
        gain = looked.gain(choice, frequencies, crops, k)
        if not torch.isfinite(gain):
            raise SystemExit("step %d: the gain is not a number" % step)
        optimizer.zero_grad()
        (-gain).backward()
        torch.nn.utils.clip_grad_norm_(choice.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99 or step + 1 == a.steps:
            with torch.no_grad():
                apart = looked.gain(choice, frequencies, torch.arange(looked.n - held, looked.n))
            print("step %d  gain %.2f dB, held out %.2f dB  %.2f s a step"
                  % (step + 1, gain, apart, (time.time() - start) / (step + 1)), flush=True)
            os.makedirs(a.run, exist_ok=True)
            checkpoint.save(os.path.join(a.run, "last.pt"), {"wiener": choice.state_dict(), "step": step + 1})


def arguments(words=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    s = p.add_subparsers(required=True)
    one = s.add_parser("look")
    one.add_argument("--photos", required=True)
    one.add_argument("--looks", required=True, help="the file that is made, .npz")
    one.add_argument("--crops", type=int, default=1500)
    one.set_defaults(run_it=look)
    two = s.add_parser("fit")
    two.add_argument("--looks", required=True, help="files of look, with commas")
    two.add_argument("--run", required=True)
    two.add_argument("--steps", type=int, default=2000)
    two.add_argument("--batch", type=int, default=64, help="crops")
    two.add_argument("--init", help="start from this checkpoint, or a model file that has one")
    two.add_argument("--rate", type=float, default=2e-3)
    two.set_defaults(run_it=fit)
    for part in (one, two):
        part.add_argument("--seed", type=int, default=1)
    return p.parse_args(words)


def main(words=None):
    a = arguments(words)
    a.run_it(a)


if __name__ == "__main__":
    main()
