#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws contact sheets of the degradations, for judging them by eye, and tells what they cost.

    sheet.py --photos DIR [-o FOLDER] [--tasks haze,rain] [--size 256] [--count 16]

One PNG per task: pairs of a clean and a damaged picture. Prints for each task the input PSNR
(lowest, quartiles, highest) and the milliseconds per picture.
"""
import argparse
import os
import time

import numpy as np
from PIL import Image

import data
from degrade import TASKS
from evaluate import psnr

COLUMNS = 4


def draw(pairs, size):
    rows = -(-len(pairs) // COLUMNS)
    sheet = np.zeros((rows * size, COLUMNS * 2 * size, 3), np.uint8)
    for i, (clean, damaged) in enumerate(pairs):
        y, x = i // COLUMNS * size, i % COLUMNS * 2 * size
        sheet[y:y + size, x:x + 2 * size] = np.concatenate([clean, damaged], 1)
    return Image.fromarray(sheet)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--photos", required=True)
    p.add_argument("-o", "--output", default="/tmp/mend-sheets")
    p.add_argument("--tasks", default=",".join(TASKS))
    p.add_argument("--size", type=int, default=256)
    p.add_argument("--count", type=int, default=16)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    pictures = data.load_pictures(a.photos, a.size)
    os.makedirs(a.output, exist_ok=True)
    print("%-12s %6s  input PSNR: min, 25 %%, 50 %%, 75 %%, max" % ("task", "ms"))
    for task in a.tasks.split(","):
        rng, pairs, seconds = np.random.default_rng(a.seed), [], 0
        for _ in range(a.count):
            picture = pictures[rng.integers(len(pictures))]
            y, x = (rng.integers(0, n - a.size + 1) for n in picture.shape[:2])
            clean = picture[y:y + a.size, x:x + a.size]
            start = time.process_time()
            damaged = TASKS[task](clean.astype(np.float32) / 255, rng)
            seconds += time.process_time() - start
            pairs.append((clean, np.uint8(np.round(damaged * 255))))
        levels = np.percentile([psnr(d, c) for c, d in pairs], [0, 25, 50, 75, 100])
        print("%-12s %6.1f  %s" % (task, 1000 * seconds / a.count,
                                   " ".join("%.1f" % v for v in levels)), flush=True)
        draw(pairs, a.size).save(os.path.join(a.output, task + ".png"))


if __name__ == "__main__":
    main()
