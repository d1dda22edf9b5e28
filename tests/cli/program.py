# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the command line share: running the program, tiny pictures, TAP."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import traceback

MEND = os.path.abspath(sys.argv[1])
GOLDEN = pathlib.Path(os.environ["MEND_MODELS"])
DENOISE = ["--task", "noise", "--device", "cpu"]
OK, FAILED, USAGE, CANCELLED, SOME = range(5)


def mend(*words, **env):
    """Runs the program; env are variables to add. The result has returncode, stdout, stderr."""
    return subprocess.run([MEND, *map(str, words)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, **env}, check=False)


def expect(result, status, message=None):
    """The exit status, and where it failed one line of message, with no trace of a crash."""
    assert result.returncode == status, "exit %d, not %d: %s" % (result.returncode, status,
                                                                 result.stderr)
    if message is not None:
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("mend: "), "not one line: " + result.stderr
        assert message in lines[0], "“%s” is not in: %s" % (message, lines[0])
    return result


def has_png():
    """Whether the program was built with libpng."""
    write_ppm("probe.ppm", 4, 4)
    good = mend("restore", "probe.ppm", "-o", "probe.png", "--model", "identity", *DENOISE).returncode == OK
    for name in ("probe.ppm", "probe.png"):
        pathlib.Path(name).unlink(missing_ok=True)
    return good


def pixels(width, height, channels=3):
    return bytes((i * 89 + i // 7) % 256 for i in range(width * height * channels))


def write_ppm(path, width=20, height=12, data=None):
    data = pixels(width, height) if data is None else data
    pathlib.Path(path).write_bytes(b"P6\n%d %d\n255\n" % (width, height) + data)
    return path


def write_pgm(path, width, height, data):
    pathlib.Path(path).write_bytes(b"P5\n%d %d\n255\n" % (width, height) + data)
    return path


def write_pfm(path, width, height, values):
    pathlib.Path(path).write_bytes(b"PF\n%d %d\n-1.0\n" % (width, height) +
                                   struct.pack("<%df" % len(values), *values))
    return path


def read_pfm(path):
    data = pathlib.Path(path).read_bytes().split(b"\n", 3)[3]
    return struct.unpack("<%df" % (len(data) // 4), data)


def write_detector(path, **logits):
    """A detection model that says the same of every picture: logits by class, 0 where not named."""
    data = bytearray((GOLDEN / "context" / "encoder.safetensors").read_bytes())
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    classes = header["__metadata__"]["mend.tasks"].split(",")
    values = {"classes.1.weight": bytes(4 * 8 * len(classes)),
              "classes.1.bias": struct.pack("<%df" % len(classes), *(
                  float(logits.get(name.replace("-", "_"), 0)) for name in classes))}
    for name, value in values.items():
        begin, end = (8 + size + v for v in header[name]["data_offsets"])
        assert end - begin == len(value), name
        data[begin:end] = value
    os.makedirs(os.path.dirname(path), exist_ok=True)
    pathlib.Path(path).write_bytes(data)


def listing(folder):
    """Everything below a folder, hidden files too, with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file()}


class Skip(Exception):
    """Raised by a test that this machine cannot run."""


def main(tests):
    """Runs each function in a folder of its own; prints TAP."""
    print("1..%d" % len(tests))
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", "-")
        with tempfile.TemporaryDirectory(prefix="mend-cli-") as folder:
            os.chdir(folder)
            try:
                test()
                print("ok %d %s" % (number, name), flush=True)
            except Skip as reason:
                print("ok %d %s # SKIP %s" % (number, name, reason), flush=True)
            except Exception:  # a failure of any kind is a failed test, and the rest still runs
                print("not ok %d %s" % (number, name))
                print("# " + traceback.format_exc().strip().replace("\n", "\n# "), flush=True)
            os.chdir("/")
