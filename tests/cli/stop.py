# SPDX-License-Identifier: GPL-3.0-or-later
"""Ctrl-C at each step, and a kill at any moment: nothing half-written. The program's terminal is a
pseudo-terminal, so that its progress says where it is."""
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import time

from program import CANCELLED, DENOISE, MEND, OK, Skip, expect, has_png, listing, main, write_ppm

STEPS = 3


def start(*words):
    """The program with standard error on a terminal: (process, our end of it)."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise Skip("there are no pseudo-terminals here: %s" % error) from None
    process = subprocess.Popen([MEND, *map(str, words)], stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    return process, ours


def wait_for(terminal, text, limit=60):
    """Reads until text has come, or the program has ended. What was read."""
    seen, end = b"", time.monotonic() + limit
    while text.encode() not in seen:
        assert time.monotonic() < end, "“%s” did not come: %r" % (text, seen[-200:])
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        seen += data
    return seen.decode(errors="replace")


def finish(process, terminal):
    rest = wait_for(terminal, "\0never")
    os.close(terminal)
    out = process.communicate(timeout=60)[0]
    return subprocess.CompletedProcess([], process.returncode, out, rest)


def words_for(out, side=800):
    write_ppm("in.ppm", side, side)
    return ["restore", "in.ppm", "-o", out, "--steps", STEPS, "--tile", "128", "--model", "random",
            *DENOISE]


def interrupt_at_each_step():
    words = words_for("out.ppm")
    pathlib.Path("out.ppm").write_bytes(b"old")
    before = listing(".")
    for step in range(STEPS):
        process, terminal = start(*words)
        wait_for(terminal, "step %d of %d" % (step, STEPS))
        process.send_signal(signal.SIGINT)
        result = finish(process, terminal)
        assert "mend: Stopped." in result.stderr, (step, result)
        expect(result, CANCELLED)
        assert listing(".") == before


def interrupt_between_pictures():
    write_ppm("a.ppm", 60, 60)
    words = words_for("out")
    words.insert(1, "a.ppm")
    process, terminal = start(*words)
    wait_for(terminal, "in.ppm: ")
    process.send_signal(signal.SIGINT)
    expect(finish(process, terminal), CANCELLED)
    assert sorted(listing("out")) == ["a.ppm"]


def kill_at_each_step():
    words = words_for("out.ppm")
    before = listing(".")
    for step in range(STEPS):
        process, terminal = start(*words)
        wait_for(terminal, "step %d of %d" % (step, STEPS))
        process.kill()
        assert finish(process, terminal).returncode == -signal.SIGKILL
        assert listing(".") == before


def kill_while_writing():
    """From the last tile on, at ever later moments: the old file or the new one, whole."""
    out = "out.png" if has_png() else "out.ppm"
    words = words_for(out, 700)
    words[words.index("--steps") + 1] = 1
    process, terminal = start(*words)
    assert finish(process, terminal).returncode == OK
    whole = pathlib.Path(out).read_bytes()
    outcomes = set()
    for delay in range(12):
        pathlib.Path(out).write_bytes(b"old")
        process, terminal = start(*words)
        wait_for(terminal, "100 %")
        time.sleep(delay * 0.02)
        process.kill()
        finish(process, terminal)
        found = pathlib.Path(out).read_bytes()
        assert found in (b"old", whole), "half a file of %d bytes" % len(found)
        outcomes.add(len(found))
        for name in listing("."):  # a kill may leave the new file under its hidden name only
            assert name in ("in.ppm", out) or name.startswith(".mend-"), name
            if name.startswith(".mend-"):
                os.remove(name)
    print("# outcomes: %d of 2 seen" % len(outcomes))


def interrupt_generate():
    """Within an evaluation: what is finished stays, nothing else is left."""
    process, terminal = start("generate", "-o", "t.ppm", "--device", "cpu", "--size", "256x256", "--count", "9",
                              "--chains", "1", "--steps", "9")
    wait_for(terminal, "generate: 25 %")
    process.send_signal(signal.SIGINT)
    result = finish(process, terminal)
    assert "mend: Stopped" in result.stderr, result
    expect(result, CANCELLED)
    names = sorted(listing("."))
    assert names == ["t-%d.ppm" % (i + 1) for i in range(len(names))] and 0 < len(names) < 9, names


def interrupt_bench():
    """Ctrl-C leaves a table that is whole, and the next run goes on with it."""
    for kind in ("lq", "gt"):
        os.makedirs("set/noise/" + kind)
        write_ppm("set/noise/%s/a.ppm" % kind, 300, 300)
    words = ["bench", "nfe", "set", "--model", "random", "--device", "cpu", "--samplers",
             "mr-ode-1,posterior", "--steps"]
    process, terminal = start(*words, "1,2,30")
    wait_for(terminal, "30 steps, picture 1")
    process.send_signal(signal.SIGINT)
    result = finish(process, terminal)
    assert "mend: Stopped." in result.stderr, result
    expect(result, CANCELLED)
    assert b"no verdict" in result.stdout, result.stdout
    rows = json.loads(pathlib.Path("nfe/noise.json").read_text())["rows"]
    assert [r["steps"] for r in rows] == [1, 2, 1, 2], rows
    process, terminal = start(*words, "1,2,3")
    seen = finish(process, terminal)
    expect(seen, OK)
    assert " 3 steps" in seen.stderr and " 2 steps" not in seen.stderr
    again = json.loads(pathlib.Path("nfe/noise.json").read_text())["rows"]
    assert len(again) == 6 and all(r in again for r in rows)


main([interrupt_at_each_step, interrupt_between_pictures, kill_at_each_step, kill_while_writing,
      interrupt_generate, interrupt_bench])
