#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the last layers of the context encoder (context.py) for detection: to what its trunks see, and
to clues (clues.py), of pictures as varied as photographs are.

    train_detection.py look --encoder RUN/last.pt --pool POOL --photos DIR --grounds DIR --looks FOLDER
    train_detection.py fit --encoder RUN/last.pt --looks FOLDER --run runs/detection

POOL is that of train_context.py. look writes a file for each 64 pictures, each a function of its number:
several may run, each with its --first and --last. fit writes RUN/head.pt, which train_context.py
evaluates and exports.
"""
import argparse
import glob
import math
import os

import numpy as np
from PIL import Image, ImageFilter
import torch
import torch.nn.functional as F

import checkpoint
import clues
import context
import data
from degrade import TASKS
from degrade.common import encode_jpeg
import pictures

SIDE, SHARD = 256, 64
CLEAN = 0.5             # share of clean pictures in fitting: the rest in equal parts
FAINT = ("jpeg", "inpainting")  # classes that further noise or JPEG would change
SMOOTHING = 0.05        # of the classes as truths
EXACT = FAINT + ("noise",)      # and another size


def rounded(x):
    return np.round(np.clip(x, 0, 1) * 255).astype(np.float32) / 255


def resized(x, side):
    image = Image.fromarray((x * 255 + 0.5).astype(np.uint8))
    kind = Image.Resampling.LANCZOS if side < len(x) else Image.Resampling.BICUBIC
    return np.asarray(image.resize((side, side), kind), np.float32) / 255


def log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def saved(x, rng, share):
    """Some pictures have been JPEG files of good quality."""
    return encode_jpeg(x, rng.integers(80, 99), int(rng.choice([0, 2]))) if rng.uniform() < share else x


def varied(x, kind, rng):
    """A picture of the pool, of that class, in another size, light, and file: still of that class."""
    if rng.uniform() < 0.5:
        x = x[:, ::-1]
    if rng.uniform() < 0.3:
        return x
    if rng.uniform() < 0.05:
        x = rounded(x.mean(-1, keepdims=True).repeat(3, -1))
    if kind not in EXACT and rng.uniform() < 0.35:
        x = resized(x, int(SIDE * log_uniform(rng, 1 if kind == "motion-blur" else 0.6, 1.6)))
    if kind != "jpeg" and rng.uniform() < 0.3:
        gain = (1 if kind == "inpainting" else rng.uniform(0.8, 1.05) if kind == "low-light"
                else log_uniform(rng, 0.4, 1.15))
        x = rounded(gain * x ** math.exp(rng.uniform(-0.3, 0.3)))
    if kind not in FAINT and rng.uniform() < 0.25:
        grain = rng.uniform(0.2, 0.9 if kind == "clean" else 1.5) / 255
        x = rounded(x + rng.normal(0, grain, x.shape))
    return x if kind in FAINT else saved(x, rng, 0.4)


def relit(x, rng):
    """Other exposure, up to clipped lights, contrast and colour."""
    gain = rng.uniform(0.75, 1.5) if rng.uniform() < 0.4 else log_uniform(rng, 0.35, 1.7)
    grey = x.mean(-1, keepdims=True)
    x = np.clip(grey + (x - grey) * rng.uniform(0.4, 1.4), 0, 1)
    return rounded(gain * x ** math.exp(rng.uniform(-0.4, 0.4)) * np.exp(rng.normal(0, 0.05, 3)))


def clean_picture(photos, rng):
    """A clean photograph: sharp, soft or sharpened, dark or with clipped lights, grainy, saved."""
    picture = photos[rng.integers(len(photos))]
    if rng.uniform() < 0.3:
        picture = data.without_grain(picture)
    n = int(min(min(picture.shape[:2]), SIDE * log_uniform(rng, 0.45, 2)))
    y, x = (int(rng.integers(0, v - n + 1)) for v in picture.shape[:2])
    part = Image.fromarray(resized_part(picture[y:y + n, x:x + n]))
    if rng.uniform() < 0.2:
        part = part.filter(ImageFilter.UnsharpMask(rng.uniform(0.5, 2), int(rng.uniform(30, 120)), 0))
    if rng.uniform() < 0.12:
        part = part.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1)))
    if rng.uniform() < 0.07:
        part = part.convert("L").convert("RGB")
    x = np.asarray(part, np.float32) / 255
    if rng.uniform() < 0.5:
        x = relit(x[:, ::-1], rng)
    if rng.uniform() < 0.25:
        x = rounded(x + rng.normal(0, rng.uniform(0.2, 1) / 255, x.shape))
    return moved(saved(x, rng, 0.5), rng)


def resized_part(part):
    """To SIDE, but for what is nearly of that size."""
    if 0.9 < len(part) / SIDE < 1.1:
        return part
    return (resized(part.astype(np.float32) / 255, SIDE) * 255 + 0.5).astype(np.uint8)


def moved(x, rng):
    """Some were cut after they were saved, off JPEG's grid."""
    y0, x0 = rng.integers(0, 8, 2) if rng.uniform() < 0.25 else (0, 0)
    return x[y0:, x0:]


def laid_out(texture, rng):
    """A ground of tiles of the texture, sharp in all of it as photographs of grounds are."""
    side = int(rng.choice([256, 320, 384]))
    part = int(side * rng.uniform(1, 1.6)) if rng.uniform() < 0.5 else side
    if rng.uniform() < 0.5:
        texture = texture.transpose(1, 0, 2)
    count = -(-2 * side // min(texture.shape[:2]))
    wide = np.tile(texture, (count, count, 1))
    y, x = (int(rng.integers(0, v - part + 1)) for v in wide.shape[:2])
    image = Image.fromarray(np.ascontiguousarray(wide[y:y + part, x:x + part]))
    image = image.resize((side, side), Image.Resampling.LANCZOS) if part > side else image
    if rng.uniform() < 0.5:
        image = image.filter(ImageFilter.UnsharpMask(rng.uniform(0.5, 1.5), int(rng.uniform(40, 150)), 0))
    return np.asarray(image, np.float32) / 255


def plain_ground(textures, rng):
    """A ground such as shadows are photographed on: pale or not, with a gradient of light."""
    x = laid_out(textures[rng.integers(len(textures))], rng)
    mean = x.mean((0, 1))
    x = (x - mean) * rng.uniform(0.35, 1.3) + (mean - mean.mean()) * rng.uniform(0.2, 1)
    v, u = (np.mgrid[0:len(x), 0:len(x)] / len(x) - 0.5)[..., None]
    x = (x + rng.uniform(0.3, 0.8)) * (1 + rng.uniform(-0.35, 0.35) * v + rng.uniform(-0.35, 0.35) * u)
    if rng.uniform() < 0.5:
        x = x + rng.normal(0, rng.uniform(0.3, 2.5) / 255, x.shape)
    return np.clip(x, 0, 1).astype(np.float32)


def on_ground(textures, rng):
    """(class, picture): half with a shadow."""
    kind = "shadow" if rng.uniform() < 0.5 else "clean"
    x = plain_ground(textures, rng)
    return kind, saved(rounded(TASKS[kind](x, rng) if kind != "clean" else x), rng, 0.6)


def of_pool(path, seed, shard):
    z = np.load(path)
    for i, (picture, k) in enumerate(zip(z["pictures"], z["kinds"])):
        kind = context.CLASSES[k]
        yield kind, varied(picture.astype(np.float32) / 255, kind, np.random.default_rng([seed, 9, shard, i]))


def shards(a):
    """(name, its pictures): the pool's, then clean photographs, then grounds; three to one to a half."""
    pool = sorted(glob.glob(os.path.join(a.pool, "[0-9]*.npz")))
    last = len(pool) if a.last is None else min(a.last, len(pool))
    photos, textures = (pictures.load(p, least) for p, least in ((a.photos, 128), (a.grounds, 96)))
    photos, textures = [v for _, v in photos], [v for _, v in textures]
    for n in range(a.first, last):
        yield "pool-%04d" % n, of_pool(pool[n], a.seed, n)
        rngs = [np.random.default_rng([a.seed, 21, n, i]) for i in range(SHARD)]
        if n % 3 == 0:
            yield "clean-%04d" % n, (("clean", clean_picture(photos, r)) for r in rngs)
        elif n % 6 == 1:
            yield "ground-%04d" % n, (on_ground(textures, r) for r in rngs)


@torch.no_grad()
def look(a):
    """What the trunks see of each picture, its clues, its class."""
    torch.set_num_threads(1)
    net = context.load(a.encoder)
    net.clues = None
    os.makedirs(a.looks, exist_ok=True)
    for name, samples in shards(a):
        path, rows = os.path.join(a.looks, name + ".npz"), []
        if os.path.exists(path):
            continue
        for kind, x in samples:
            small, near = context.inputs(x)
            rows.append((net.features(small, near)[0, :, 0, 0].numpy(),
                         clues.find_clues(small[0].numpy(), near[0].numpy()), context.CLASSES.index(kind)))
        seen, found, kinds = (np.stack(v) for v in zip(*rows))
        with open(path + ".new", "wb") as f:
            np.savez(f, seen=seen, clues=found, kinds=kinds)
        os.replace(path + ".new", path)
        print(path, flush=True)


def load_looks(folder):
    """(what the trunks saw, clues, classes) of all pictures, shuffled."""
    files = [np.load(p) for p in sorted(glob.glob(os.path.join(folder, "*.npz")))]
    if not files:
        raise SystemExit("no look in %s: make some with \"train_detection.py look\"" % folder)
    looks = [torch.from_numpy(np.concatenate([f[k] for f in files])) for k in ("seen", "clues", "kinds")]
    order = torch.randperm(len(looks[0]), generator=torch.Generator().manual_seed(1))
    return [v[order] for v in looks]


def new_head(encoder, seen, found, seed):
    """(the encoder's trunks with layers after them that begin anew, what these layers are given)."""
    torch.manual_seed(seed)
    old = context.load(encoder)
    net = context.ContextNet(training=True, n_clues=clues.N_CLUES)
    for part in ("wide", "near"):
        getattr(net, part).load_state_dict(getattr(old, part).state_dict())
    net.standard.eval()
    net.clues.fit(found)
    rows = torch.cat([seen[:, :, None, None], net.clues(found)], 1)
    net.standard.running_mean.copy_(rows.mean((0, 2, 3)))
    net.standard.running_var.copy_(rows.var((0, 2, 3)) + 1e-6)
    return net, rows


def draws(kinds, steps, batch, rng):
    """Rows for each step: CLEAN of them clean, the other classes in equal parts."""
    n = len(context.CLASSES)
    count = torch.bincount(kinds, minlength=n).clamp(min=1)
    share = torch.full((n,), (1 - CLEAN) / (n - 1))
    share[-1] = CLEAN
    return torch.multinomial((share / count)[kinds], steps * batch, True, generator=rng).view(steps, batch)


def probabilities(net, rows):
    with torch.no_grad():
        return torch.softmax(net.last_layers(net.standard(rows))[1].flatten(1), 1)


def accuracy(net, rows, kinds):
    """Of clean pictures, and the mean over the other classes."""
    right = (probabilities(net, rows).argmax(1) == kinds).float()
    parts = [right[kinds == k].mean().item() for k in kinds.unique()]
    return parts[-1], float(np.mean(parts[:-1] or parts))


def follow(average, layers):
    """The moving average of the weights over 100 steps, one step on."""
    if average is None:
        return [p.detach().clone() for p in layers]
    for v, p in zip(average, layers):
        v.lerp_(p.detach(), 0.01)
    return average


def fit_layers(net, rows, truths, kinds, seed, a):
    """The layers after the trunks to truths, the probabilities of each row's classes."""
    layers = [p for part in (net.mix, net.classes) for p in part.parameters()]
    optimizer, average = torch.optim.AdamW(layers, a.rate, weight_decay=0.3), None
    for step, at in enumerate(draws(kinds, a.steps, a.batch, torch.Generator().manual_seed(seed))):
        for group in optimizer.param_groups:
            group["lr"] = a.rate * min(1, (step + 1) / 50) * (1 - step / a.steps)
        x = net.standard(rows[at])
        x = F.dropout(x + a.noise * torch.randn_like(x), 0.4)
        loss = F.cross_entropy(net.last_layers(x)[1].flatten(1), truths[at])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(layers, 1.0)
        optimizer.step()
        average = follow(average, layers)
    for p, v in zip(layers, average):
        p.data.copy_(v)


def fit(a):
    """First a.teachers fits to the classes, each from another beginning, then the one that stays, to the
    mean of what they say: fits differ in what they make of pictures unlike all they know, a mean less."""
    torch.set_num_threads(a.threads)
    seen, found, kinds = load_looks(a.looks)
    n, classes = len(kinds) - len(kinds) // 12, len(context.CLASSES)
    truths = F.one_hot(kinds, classes).float() * (1 - SMOOTHING) + SMOOTHING / classes
    said = torch.zeros_like(truths)
    for seed in range(a.seed, a.seed + a.teachers + 1):
        net, rows = new_head(a.encoder, seen, found, seed)
        last = a.teachers and seed == a.seed + a.teachers
        fit_layers(net, rows[:n], said / a.teachers if last else truths, kinds[:n], seed, a)
        said += probabilities(net, rows)
        if n < len(rows):
            print("fit %d of %d, %d pictures apart: clean %.3f right, others %.3f" % (
                seed - a.seed + 1, a.teachers + 1, len(rows) - n, *accuracy(net, rows[n:], kinds[n:])),
                flush=True)
    os.makedirs(a.run, exist_ok=True)
    checkpoint.save(os.path.join(a.run, "head.pt"), {"ema": net.state_dict(), "step": a.steps})


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = p.add_subparsers(dest="command", required=True)
    see = commands.add_parser("look", help="what trunks and clues say of many pictures")
    see.add_argument("--pool", required=True, help="folder of train_context.py's shards")
    see.add_argument("--photos", required=True, help="folder of clean photographs")
    see.add_argument("--grounds", required=True, help="folder of textures")
    see.add_argument("--first", type=int, default=0, help="number of the first shard")
    see.add_argument("--last", type=int, help="number after the last one")
    last = commands.add_parser("fit", help="fit the last layers")
    last.add_argument("--run", required=True, help="folder of head.pt")
    last.add_argument("--steps", type=int, default=1500)
    last.add_argument("--batch", type=int, default=256)
    last.add_argument("--rate", type=float, default=3e-3)
    last.add_argument("--noise", type=float, default=0.4, help="on each number, in deviations")
    last.add_argument("--teachers", type=int, default=8, help="fits whose mean the last one learns")
    last.add_argument("--threads", type=int, default=1)
    for c in (see, last):
        c.add_argument("--encoder", required=True, help="checkpoint of train_context.py, or a model file")
        c.add_argument("--looks", required=True, help="folder between the two")
        c.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def main():
    a = arguments()
    {"look": look, "fit": fit}[a.command](a)


if __name__ == "__main__":
    main()
