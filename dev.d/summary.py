# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a meson testlog.json; prints what was skipped and why, what failed, and the closing count.

A TAP program counts as many tests as it reports; any other, one. A program that failed without a
failing line of its own (a crash, a timeout) counts one failure. Exit status 1 where anything failed.
"""
import json
import re
import sys

TAP = re.compile(r"^\s*(not ok|ok)\b[ \d]*-? ?([^#]*?)\s*(?:#\s*(SKIP|\w+)\b\s*(.*))?$", re.I | re.M)


def last_line(test):
    text = (test.get("stdout", "") + "\n" + test.get("stderr", "")).strip()
    return text.splitlines()[-1].strip().removeprefix("skipped: ").removeprefix("1..0 # SKIP ") if text else "no reason given"


def cases(test):
    """Yields (result, name, reason) of every case of one test program; result: passed, failed, skipped."""
    name, result = test["name"], test["result"]
    lines = list(TAP.finditer(test.get("stdout", "")))
    failed = 0
    for line in lines:
        verdict, case, directive, reason = line.groups()
        label = f"{name} {case}".strip()
        if directive and directive.upper() == "SKIP":
            yield "skipped", label, reason or "no reason given"
        elif verdict.lower() == "not ok":
            failed += 1
            yield "failed", label, ""
        else:
            yield "passed", label, ""
    if result in ("OK", "EXPECTEDFAIL"):
        if not lines:
            yield "passed", name, ""
    elif result == "SKIP":
        if not lines:
            yield "skipped", name, last_line(test)
    elif not failed:
        yield "failed", name, result.lower()


def main(path):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            for result, label, reason in cases(json.loads(line)):
                counts[result] += 1
                if result != "passed":
                    print(f"{result}: {label}" + (f": {reason}" if reason else ""))
    print(", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped")))
    return 1 if counts["failed"] or not sum(counts.values()) else 0


sys.exit(main(sys.argv[1]))
