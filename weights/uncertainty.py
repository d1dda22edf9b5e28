#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the uncertainty map of a restoration say where it is wrong? And what do alternatives cost?

usage: uncertainty.py MEND DIR TASK [FLAGS...]

MEND is the program; DIR/lq has damaged pictures, DIR/gt the true ones of the same names, and DIR/mask,
where there is one, the holes. Restores each with 8 alternatives and a map (FLAGS, such as --variety 1,
go to mend restore) and prints a row: evaluations of the network for the result, for the first alternative
and for each next one; the root mean squares of the map and of the result's error (both of 255, in the
hole where there is one); how many independent alternatives the eight are worth; the rank correlation of
deviation and error over pixels, and over blocks of 8 x 8; PSNR of the result, of single alternatives and
of their mean. Needs numpy and Pillow."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image

COUNT = 8
BLOCK = 8


def read_pfm(path):
    kind, size, scale, data = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    values = numpy.frombuffer(data, "<f4" if float(scale) < 0 else ">f4")
    return values.reshape(height, width, 3 if kind == b"PF" else 1)[::-1].astype(float)


def read_png(path):
    return numpy.asarray(Image.open(path).convert("RGB"), float) / 255


def ranks(values):
    """From 0 on, the mean rank for equal values."""
    _, where, counts = numpy.unique(values, return_inverse=True, return_counts=True)
    return (numpy.cumsum(counts) - (counts + 1) / 2)[where]


def correlation(a, b):
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return float("nan")
    return numpy.corrcoef(ranks(a), ranks(b))[0, 1]


def blocks(values, inside):
    """Root mean squares over blocks that have pixels inside."""
    height, width = (n // BLOCK * BLOCK for n in inside.shape)
    cut = lambda x: x[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)  # noqa: E731
    n = cut(inside.astype(float)).sum((1, 3))
    sums = cut(values ** 2 * inside).sum((1, 3))
    return numpy.sqrt(sums[n > 0] / n[n > 0])


def psnr(picture, truth, inside):
    return -10 * numpy.log10(((picture.clip(0, 1) - truth)[inside] ** 2).mean())


def measure(program, folder, name, task, flags):
    """A row of figures."""
    truth = read_png(folder / "gt" / name)
    inside = numpy.ones(truth.shape[:2], bool)
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place) / "out.pfm"
        command = [program, "restore", str(folder / "lq" / name), "-o", str(out), "--task", task, "--json",
                   "--alternatives", str(COUNT), "--uncertainty", *flags]
        if (folder / "mask").is_dir() and task == "inpainting":
            command += ["--mask", str(folder / "mask" / name)]
            inside = read_png(folder / "mask" / name).mean(2) > 0.5
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        report, = json.loads(done.stdout)["results"]
        result = read_pfm(out)
        others = [read_pfm(pathlib.Path(path)) for path in report["alternatives"]]
        deviation = read_pfm(pathlib.Path(report["uncertainty"]["output"]))[..., 0]
    deviation = deviation * report["uncertainty"]["white"]
    error = numpy.sqrt(((result.clip(0, 1) - truth) ** 2).mean(2))
    rms = lambda x: 255 * numpy.sqrt((x[inside] ** 2).mean())  # noqa: E731
    cost = report["alternative_evaluations"]
    return [report["steps"], cost["first"], cost["next"], rms(deviation), rms(error),
            report["uncertainty"]["effective"], correlation(deviation[inside], error[inside]),
            correlation(blocks(deviation, inside), blocks(error, inside)), psnr(result, truth, inside),
            numpy.mean([psnr(other, truth, inside) for other in others]),
            psnr(numpy.mean(others, 0), truth, inside)]


def main(program, folder, task, *flags):
    heads = ["steps", "first", "next", "deviation", "error", "effective", "pixels", "blocks", "PSNR", "single",
             "mean"]
    print("%-12s" % "picture" + "".join("%10s" % head for head in heads))
    rows = []
    for path in sorted((pathlib.Path(folder) / "lq").iterdir()):
        rows.append(measure(program, pathlib.Path(folder), path.name, task, flags))
        print("%-12s" % path.name + "".join("%10.3f" % value for value in rows[-1]), flush=True)
    print("%-12s" % "mean" + "".join("%10.3f" % value for value in numpy.mean(rows, 0)))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
