#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a checkpoint or an exported model on pairs of pictures: DIR/lq and DIR/gt, 8 bit.

    evaluate.py MODEL --data DIR --task noise [--steps 1,2,5] [--save FOLDER] [--json FILE]

PSNR over all pixels and channels; SSIM with an 11 x 11 Gaussian window, sigma 1.5, its valid part,
mean over channels. The sampler is the MR probability-flow ODE of order 2 on predicted data, with
exact coefficients on a uniform time grid; the last evaluation's clean prediction is the result.
`mend eval` measures the same with the C program.
"""
import argparse
import json
import os

import numpy as np
from PIL import Image
import torch

import context
import means
import models
from process import cosine_tables

MARGIN = 48  # pixels mirrored around the picture at each evaluation


def coefficients(t, T=100, level=50 / 255):
    """alpha, sigma, lambda at a fractional time: the integral of theta is interpolated, the rest
    follows from it."""
    log_alpha = np.interp(t, np.arange(T + 1), np.log(cosine_tables(T)[0]))
    alpha = np.exp(log_alpha)
    sigma = level * np.sqrt(-np.expm1(2 * log_alpha))
    return alpha, sigma, np.log(alpha / sigma)


def predict(net, x, mean, degraded, t, row, seen=None):
    """The network on a picture of any size: mirrored margins, sides rounded up to its stride."""
    h, w = x.shape[-2:]
    pad = [MARGIN, MARGIN + -w % net.align, MARGIN, MARGIN + -h % net.align]

    def widen(v):
        wide = np.pad(v[0].numpy(), ((0, 0), pad[2:], pad[:2]), mode="reflect")
        return torch.from_numpy(wide)[None].contiguous(memory_format=torch.channels_last)
    out = net(widen(x), widen(mean), widen(degraded), torch.tensor([t]), torch.tensor([row]),
              seen)
    return out[..., MARGIN:MARGIN + h, MARGIN:MARGIN + w].float()


def restore(net, mean, degraded, row, n_steps, seed, ask=None):
    """Pictures [1][3][H][W]; n_steps evaluations at T, T (1 - 1/n), ..., T/n. ask: what to call instead
    of predict(), which then may take batches."""
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
    x, last = mean + 50 / 255 * noise, None
    encoder = getattr(net, "encoder", None)
    picture = degraded[0].permute(1, 2, 0).numpy()
    seen = context.vector_of(encoder, picture)[None] if encoder else None
    for k in range(n_steps):
        t = 100 * (1 - k / n_steps)
        clean = (ask or predict)(net, x, mean, degraded, t, row, seen)
        if k == n_steps - 1:
            return clean
        a0, s0, l0 = coefficients(t)
        a1, s1, l1 = coefficients(100 * (1 - (k + 1) / n_steps))
        h = l1 - l0
        p1 = np.expm1(-h)
        update = p1 * clean
        if last is not None:
            update = update - (p1 / h + 1) * (clean - last[0]) * (h / (l0 - last[1]))
        x = s1 / s0 * x - a1 * update + (1 - s1 / s0 + s1 / s0 * a0 - a1) * mean
        last = clean, l0


def psnr(a, b):
    mse = np.mean((a.astype(np.float64) - b) ** 2)
    return 100.0 if mse == 0 else 10 * np.log10(255 ** 2 / mse)


def _window_mean(v):
    k = np.exp(-np.arange(-5, 6) ** 2 / 4.5)
    k /= k.sum()
    v = sum(w * v[i:len(v) - 10 + i] for i, w in enumerate(k))
    return sum(w * v[:, i:v.shape[1] - 10 + i] for i, w in enumerate(k))


def ssim(a, b):
    x, y = a.astype(np.float64), b.astype(np.float64)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = _window_mean(x), _window_mean(y)
    vx, vy = _window_mean(x * x) - mx * mx, _window_mean(y * y) - my * my
    covariance = _window_mean(x * y) - mx * my
    return np.mean((2 * mx * my + c1) * (2 * covariance + c2)
                   / ((mx * mx + my * my + c1) * (vx + vy + c2)))


def load_picture(path):
    return np.asarray(Image.open(path).convert("RGB"))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("model", help="RUN/last.pt or a .safetensors file")
    p.add_argument("--plain", action="store_true",
                   help="a checkpoint's weights as they are, not their moving average")
    p.add_argument("--data", required=True, help="folder with lq/ and gt/")
    p.add_argument("--task", required=True, help="row of the task table, or any")
    p.add_argument("--steps", default="1,2,5")
    p.add_argument("--overview", metavar="FILE",
                   help="revert to the learned mean of this file (default: to the model's own)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--save", help="folder for the results of the last step count, PNG")
    p.add_argument("--json", help="file for the figures of each picture")
    a = p.parse_args()
    net, tasks, mean_name, step = models.load(a.model, a.plain)
    if a.overview:
        net.overview = models.load_overview(a.overview, tasks)
        mean_name = means.names_of(tasks, "overview:")
    estimate = models.estimator(models.learned_of(net), tasks, mean_name)
    rows = {task: i for i, task in enumerate(tasks)} | {"any": len(tasks) if len(tasks) > 1 else 0}
    if a.task not in rows:
        p.error("the network knows the tasks %s, not '%s'" % (", ".join(tasks), a.task))
    steps = [int(n) for n in a.steps.split(",")]
    table = {}
    for name in sorted(os.listdir(os.path.join(a.data, "lq"))):
        lq, gt = (load_picture(os.path.join(a.data, d, name)) for d in ("lq", "gt"))
        picture = lq.astype(np.float32) / 255
        mean = estimate(a.task, picture) if estimate else picture
        degraded, mean = (torch.from_numpy(v.transpose(2, 0, 1)[None].copy())
                          for v in (picture, mean))
        outs = [restore(net, mean, degraded, rows[a.task], n, a.seed) for n in steps]
        results = [lq] + [(out[0].clamp(0, 1) * 255).round().numpy().astype(np.uint8)
                          .transpose(1, 2, 0) for out in ([mean] if estimate else []) + outs]
        table[name] = [[float(psnr(r, gt)), float(ssim(r, gt))] for r in results]
        print(name, " ".join("%.2f/%.3f" % tuple(v) for v in table[name]), flush=True)
        if a.save:
            os.makedirs(a.save, exist_ok=True)
            Image.fromarray(results[-1]).save(os.path.join(a.save, name))
    average = np.mean(list(table.values()), 0)
    heads = ["input"] + (["mean"] if estimate else [])
    heads += ["%d step%s" % (n, "s" if n > 1 else "") for n in steps]
    print("%s, %d pictures, checkpoint step %d, PSNR / SSIM:" % (a.task, len(table), step))
    print("  " + " | ".join("%s %.2f / %.4f" % (h, *v) for h, v in zip(heads, average)))
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump({"task": a.task, "step": step, "columns": heads, "pictures": table}, f)


if __name__ == "__main__":
    main()
