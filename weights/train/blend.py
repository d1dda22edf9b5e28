#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two checkpoints of one line of training, blended: weights between theirs.

    blend.py LAST EARLIER --share 0.85 -o OUT

EARLIER may be a model file. OUT is LAST with share * LAST + (1 - share) * EARLIER for its averaged weights, ready for export.py.
It makes sense only where LAST was trained on from EARLIER (`train.py --init`): then what was
gained and what was lost on the way can be weighed. What EARLIER has in another shape or not at all,
the embedding of other tasks, stays LAST's. Training goes on from LAST, not from OUT.
"""
import argparse
import sys

import checkpoint
import models


def blend(last, earlier, share):
    """The averaged weights of two checkpoints, and the names of those that could not be blended."""
    shapes = [{"context": 0} | state["config"] | {"n_tasks": 0} for state in (last, earlier)]
    if shapes[0] != shapes[1]:
        raise SystemExit("the two networks have other shapes: %s and %s" % tuple(shapes))
    mixed, kept = {}, []
    for name, v in last["ema"].items():
        w = earlier["ema"].get(name)
        if w is None or w.shape != v.shape:
            mixed[name] = v
            kept.append(name)
        else:
            mixed[name] = share * v + (1 - share) * w
    return mixed, kept


def earlier_of(path, last):
    """What blend() takes; of an overview, where last is a checkpoint of train_overview.py."""
    if last["config"].get("attention") != "global":
        return models.starting_point(path)
    net = models.load_overview(path, last["tasks"])
    return {"ema": net.state_dict(), "config": net.config}


def main(words=None):
    p = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    p.add_argument("last", help="RUN/last.pt of the later run")
    p.add_argument("earlier", help="RUN/last.pt, or model file, it was trained on from")
    p.add_argument("--share", type=float, required=True, help="of the later weights, 0 to 1")
    p.add_argument("-o", "--output", required=True)
    a = p.parse_args(words)
    if not 0 <= a.share <= 1:
        p.error("--share must lie between 0 and 1")
    last = checkpoint.load(a.last)
    last["ema"], kept = blend(last, earlier_of(a.earlier, last), a.share)
    checkpoint.save(a.output, last)
    print("%s: %d arrays blended%s" % (a.output, len(last["ema"]) - len(kept),
                                       ", not " + ", ".join(kept) if kept else ""))


if __name__ == "__main__":
    sys.exit(main())
