#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs in, a model file for Mend out: trains, takes up again what was begun, exports.

    make.py PHOTOS [train.py's arguments]

PHOTOS: a folder of clean photographs, in any sub-folders. Trains for an hour unless --minutes or
--steps say otherwise; the same command again goes on from there. The run folder (default:
runs/<name of PHOTOS> in the checkout) holds last.pt, log.jsonl, curves.png, samples.png and the model file.
`train.py --help` lists the arguments.
"""
import os
import re
import sys

import curves
import export
import train

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def name_of(path):
    """A model's id after a folder: small letters, digits, hyphens."""
    name = os.path.basename(os.path.abspath(path)).lower()
    return re.sub("[^a-z0-9]+", "-", name).strip("-") or "model"


def words_for_training(photos, rest):
    """train.py's arguments, and what they say."""
    words = ["--photos", photos, "--run", os.path.join(TOP, "runs", name_of(photos))] + rest
    a = train.arguments(words)
    if os.path.lexists(os.path.join(a.run, "last.pt")) and not a.resume:
        words.append("--resume")
    return words, a


def export_words(a, model):
    """The last measurement on held-out patches becomes the model's quality lines; what it made worse there
    is not offered, unless that is all."""
    checks = [r for r in curves.read_log(os.path.join(a.run, "log.jsonl")) if r.get("held_out")]
    quality, better = [], []
    for task, psnr in (checks[-1]["held_out"] if checks else {}).items():
        if task in a.tasks:
            line = "%s=PSNR %.1f dB, input %.1f, on held-out patches"
            quality += ["--quality", line % (task, psnr, checks[-1]["input"][task])]
            better += [task] if psnr > checks[-1]["input"][task] else []
    if better and len(better) < len(a.tasks):
        quality += ["--offered", ",".join(better)]
        print("not offered, being no better than the damaged patches: %s"
              % ", ".join(t for t in a.tasks if t not in better))
    return [os.path.join(a.run, "last.pt"), "-o", model, "--licence", "not stated",
            "--source", "trained with ./dev train, not by the Mend project"] + quality


def main(words=None):
    words = sys.argv[1:] if words is None else words
    if not words or words[0].startswith("-"):
        raise SystemExit(__doc__.strip())
    if not os.path.isdir(words[0]):
        raise SystemExit("%s is not a folder of photographs" % words[0])
    photos = os.path.abspath(words[0])
    words, a = words_for_training(photos, words[1:])
    stopped = train.main(words)
    run = os.path.abspath(a.run)
    model = os.path.join(run, name_of(run) + ".safetensors")
    export.main(export_words(a, model))
    print("""
{0}. The model file, and what can be seen of the run:
    {1}
    {2}/curves.png
    {2}/samples.png
Try it:
    ./dev mend restore PHOTO -o RESULT.png --task {3} --model {1}
Keep it, for GIMP and `mend` (lists it: ./dev mend models), before the models that come with Mend:
    mkdir -p ${{XDG_DATA_HOME:-~/.local/share}}/mend/models
    cp {1} ${{XDG_DATA_HOME:-~/.local/share}}/mend/models/
Give it to everyone who builds this checkout: copy it into weights/ instead.
The same command again trains on.""".format("Stopped early" if stopped else "Done", model, run, a.tasks[0]))
    return stopped


if __name__ == "__main__":
    sys.exit(130 if main() else 0)
