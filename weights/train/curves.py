# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a run: curves.png from its log.jsonl, samples.png from restored patches. Pillow alone.

    curves.py runs/a        draws runs/a/curves.png again
"""
import io
import json
import math
import os
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import atomic

SCALE = 2  # curves are drawn larger and reduced: Pillow's lines are not smooth by themselves
PANEL, COLUMNS = (400, 240), 3
INK, GREY, PALE, LINE, FAINT = "#222222", "#777777", "#dddddd", "#1f6fb4", "#b5d0e8"


def font(size):
    try:
        return ImageFont.load_default(size)
    except (TypeError, OSError, ImportError):  # Pillow before 10.1, or without FreeType
        return ImageFont.load_default()


def save(image, path):
    whole = io.BytesIO()
    image.save(whole, "PNG")
    atomic.write(path, whole.getbuffer())


def read_log(path):
    """Rows as dicts. A line cut off by a crash is left out; where a run was taken up again from an
    earlier step, so is what the later rows do over."""
    rows = []
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
            step = row["step"] + 0
        except (ValueError, KeyError, TypeError):
            continue
        while rows and rows[-1]["step"] > step:
            rows.pop()
        rows.append(row)
    return rows


def ticks(low, high, most=5):
    """Round numbers between low and high, at most `most` and one."""
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def short(v):
    return "%gk" % (v / 1000) if v >= 10000 else "%g" % round(v, 6)


def smoothed(values, share=0.04):
    """Running mean over some of the latest values: where the noisy curve is heading."""
    n = max(1, int(len(values) * share))
    total = np.cumsum(np.concatenate([[0], values]))
    i = np.arange(1, len(values) + 1)
    return (total[i] - total[np.maximum(i - n, 0)]) / np.minimum(i, n)


def panel(title, steps, series, last_step, dashed=None):
    """One graph. series: (values, colour) pairs over steps; dashed: a level to compare with."""
    w, h = (v * SCALE for v in PANEL)
    image = Image.new("RGB", (w, h), "white")
    d = ImageDraw.Draw(image)
    small, large = font(10 * SCALE), font(12 * SCALE)
    left, top, right, bottom = 44 * SCALE, 30 * SCALE, w - 14 * SCALE, h - 24 * SCALE
    d.text((left, 8 * SCALE), title, INK, large)
    every = [v for values, _ in series for v in values] + ([] if dashed is None else [dashed])
    low, high = np.percentile(every, 2), max(every)
    low = min(low, every[-1]) if dashed is None else min(low, dashed)
    edge = max(0.05 * (high - low), (0.5 - (high - low)) / 2)
    low, high = low - edge, high + edge

    def at(step, v):
        y = bottom - (v - low) / (high - low) * (bottom - top)
        return left + step / max(1, last_step) * (right - left), min(max(y, top), bottom)
    for v in ticks(low, high):
        y = at(0, v)[1]
        d.line((left, y, right, y), PALE, SCALE)
        d.text((left - 5 * SCALE, y), short(v), GREY, small, anchor="rm")
    for v in ticks(0, max(1, last_step)):
        d.text((at(v, low)[0], bottom + 5 * SCALE), short(v), GREY, small, anchor="mt")
    if dashed is not None:
        y = at(0, dashed)[1]
        for x in range(left, right, 12 * SCALE):
            d.line((x, y, min(x + 6 * SCALE, right), y), GREY, SCALE)
    for values, colour in series:
        points = [at(step, v) for step, v in zip(steps, values)]
        d.line(points, colour, 2 * SCALE, joint="curve")
        x, y = points[-1]
        d.ellipse((x - 2 * SCALE, y - 2 * SCALE, x + 2 * SCALE, y + 2 * SCALE), colour)
    return image.resize(PANEL, Image.Resampling.LANCZOS)


def draw(log, path):
    """curves.png: the training loss as PSNR, and for each task the held-out patches' PSNR at one
    evaluation, with the input's as a dashed line. Nothing is drawn while the log is empty."""
    rows = read_log(log)
    trained = [(r["step"], r["psnr"]) for r in rows if "psnr" in r]
    checks = [r for r in rows if r.get("held_out")]
    last = max([r["step"] for r in rows], default=0)
    panels = []
    if trained:
        steps, values = zip(*trained)
        panels.append(panel("training, PSNR in dB", steps,
                            [(values, FAINT), (smoothed(values), LINE)], last))
    for task in checks[-1]["held_out"] if checks else ():
        steps, values = zip(*[(r["step"], r["held_out"][task]) for r in checks if task in r["held_out"]])
        start = checks[-1]["input"][task]
        panels.append(panel("%s: %.2f dB held out, input %.2f" % (task, values[-1], start), steps,
                            [(values, LINE)], last, start))
    if not panels:
        return
    columns = min(COLUMNS, len(panels))
    size = columns * PANEL[0], -(-len(panels) // columns) * PANEL[1]
    sheet = Image.new("RGB", size, "white")
    for i, p in enumerate(panels):
        sheet.paste(p, (i % columns * PANEL[0], i // columns * PANEL[1]))
    save(sheet, path)


def cell_of(picture, side):
    image = Image.fromarray(np.uint8(np.round(picture * 255)))
    return image.resize((side, side), Image.Resampling.NEAREST)


def draw_samples(rows, path):
    """samples.png. rows: (task, {column: picture [P][P][3] of 0..1}) pairs; below each cell its PSNR
    against the truth."""
    rows = list(rows)
    heads = [h for h in ("degraded", "mean", "1 evaluation", "5 evaluations", "truth")
             if any(h in cells for _, cells in rows)]
    patch = len(rows[0][1]["truth"])
    side = patch * -(-128 // patch)
    left, top, gap, foot = 90, 24, 6, 16
    sheet = Image.new("RGB", (left + len(heads) * (side + gap), top + len(rows) * (side + foot + gap)),
                      "white")
    d, text = ImageDraw.Draw(sheet), font(11)
    for j, head in enumerate(heads):
        d.text((left + j * (side + gap), 6), head, INK, text)
    for i, (task, cells) in enumerate(rows):
        y = top + i * (side + foot + gap)
        d.text((6, y + side // 2), task, INK, text)
        for j, head in enumerate(heads):
            if head not in cells:
                continue
            x = left + j * (side + gap)
            sheet.paste(cell_of(cells[head], side), (x, y))
            if head != "truth":
                mse = max(float(np.mean((cells[head] - cells["truth"]) ** 2)), 1e-10)
                d.text((x, y + side + 2), "%.2f dB" % (-10 * math.log10(mse)), GREY, text)
    save(sheet, path)


if __name__ == "__main__":
    draw(*(os.path.join(sys.argv[1], name) for name in ("log.jsonl", "curves.png")))
