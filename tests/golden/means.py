#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes means.safetensors: what weights/train/means.py answers to small pictures; numpy only.

usage: means.py FOLDER            writes the file
       means.py FOLDER --check    exit 1 where the file there has other numbers (1e-6)
Arrays: <picture>.in and <picture>.<mean>, [3][H][W]; <picture>.haze-presence, [1][1][1]. Pictures:
wide (hazy) and tall (dark), both with white strokes, a lone highlight and white along an edge;
veiled, which may be hazy; and some whose shorter side is one or two pixels.
"""
import pathlib
import sys

try:
    import numpy as np
except ImportError:
    print("no numpy for python3: the means cannot be computed anew")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "weights" / "train"))
import means
import tensorfile


def scene(rng, h, w):
    """Smooth colours with grain, between 0 and 1."""
    y, x = np.mgrid[:h, :w][..., None] / max(h, w)
    phase = rng.uniform(0, 6, 3)
    a = 0.3 + 0.3 * np.sin(9 * x + phase) * np.cos(7 * y - phase) + 0.25 * (x + y)
    return np.clip(a + 0.1 * rng.standard_normal((h, w, 3)) - 0.1, 0, 0.97)


def paint(a):
    """Strokes of white: slanted, along the edges, with a bay; and one white pixel that is no hole."""
    h, w = a.shape[:2]
    for i in range(min(h, w) - 3):
        a[i:i + 4, i + 1:i + 5] = 1
    a[:4, w - 9:] = 1
    a[h - 6:, 2:9] = 1
    a[h - 3, 9:11] = 1
    a[h - 3, 15] = 1
    return a


def make():
    rng, arrays = np.random.RandomState(3), {}
    pictures = {"wide": paint(0.35 + 0.6 * scene(rng, 16, 66)),
                "tall": paint(0.2 * scene(rng, 66, 16))}
    for name, h, w in (("one", 1, 1), ("row", 1, 19), ("column", 19, 1), ("few", 2, 3)):
        pictures[name] = scene(rng, h, w)
    pictures["veiled"] = 0.25 + 0.65 * scene(rng, 20, 24)
    for name, a in pictures.items():
        a = a.astype(np.float16)
        arrays[name + ".in"] = a.transpose(2, 0, 1)
        seen = a.astype(np.float32)
        presence = means.haze_presence(seen, means.mean_of("haze", seen, means.SMALL))
        arrays[name + ".haze-presence"] = np.full((1, 1, 1), presence, np.float32)
        for table in (means.MEANS, means.SMALL):
            for task, (mean, _) in table.items():
                answer = means.mean_of(task, a.astype(np.float32), table)
                arrays["%s.%s" % (name, mean)] = np.float32(answer).transpose(2, 0, 1)
    return arrays


def main():
    path = pathlib.Path(sys.argv[1]) / "means.safetensors"
    if sys.argv[2:] != ["--check"]:
        tensorfile.write(str(path), make(), {"made_by": "tests/golden/means.py"})
        return 0
    old, new = tensorfile.read(str(path))[0], make()
    differ = [n for n in sorted(old.keys() | new.keys()) if n not in old or n not in new
              or old[n].shape != new[n].shape or np.abs(old[n] - new[n]).max() > 1e-6]
    print("differ:", ", ".join(differ) or "none")
    return 1 if differ else 0


sys.exit(main())
