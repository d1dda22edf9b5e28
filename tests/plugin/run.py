# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a group of tests in a headless GIMP with the plug-in of a build folder; TAP on stdout.

usage: run.py BUILD alternatives|images|layers|calls|kills|generate|batch PROGRAM
PROGRAM is the command line, whose results must be the plug-in's. Without GIMP 3, or without Python
in it, all is skipped, saying so."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
CONSOLES = ("gimp-console-3.0", "gimp-console-3.2", "gimp-console-3")
SHIFT = 0.125
# What must never be said, whatever the test; GIMP's own noise at its end is none of these.
FORBIDDEN = (r"inconsistent state", r"is invalid or out of range", r"Plug-in crashed",
             r"LibGimp\S*-CRITICAL", r"\(mend:\d+\): (?!.*gimp_flush\(\): error: Broken pipe)",
             r"AddressSanitizer|LeakSanitizer|runtime error:")
# What scripts hear on stderr, by group.
SAID = {"images": ["Mend: The image is indexed"], "calls": ["Mend: Photo: detected “Remove noise”"],
        "layers": ["is no layer, so it was restored in place", "Nothing is selected, so what is white",
                   "Remove noise: there is hardly any such damage", "has a mode or an opacity of its own"],
        "generate": ["Mend: The image is indexed"]}
TIMEOUT = 550


def skip(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def write_detector(path, kind):
    """A detection model that finds the same in every picture, with the logit 3 among eleven."""
    data = bytearray((GOLDEN / "context" / "encoder.safetensors").read_bytes())
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    for name in ("classes.1.weight", "classes.1.bias"):
        first, last = (8 + size + offset for offset in header[name]["data_offsets"])
        data[first:last] = bytes(last - first)
    at = first + 4 * header["__metadata__"]["mend.tasks"].split(",").index(kind)
    data[at:at + 4] = struct.pack("<f", 3)
    path.write_bytes(data)


def with_metadata(data, **values):
    """A model file with some of its metadata changed."""
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    header["__metadata__"].update(("mend." + key.replace("_", "."), v) for key, v in values.items())
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size:]


def write_models(folder):
    """The identity network of the golden models with SHIFT as the last layer's bias, and random.

    The first by name is what "auto" takes: it must be the identity with its shift. "everywhere" is the
    same for damage that lies all over a picture, and finds none: it changes too little."""
    data = bytearray((GOLDEN / "identity.safetensors").read_bytes())
    size, = struct.unpack("<Q", data[:8])
    bias = json.loads(data[8:8 + size])["ending.bias"]
    first, last = (8 + size + offset for offset in bias["data_offsets"])
    assert bias["dtype"] == "F16" and last - first == 6, bias
    data[first:last] = struct.pack("<3e", SHIFT, SHIFT, SHIFT)
    (folder / "1-shift.safetensors").write_bytes(data)
    (folder / "2-everywhere.safetensors").write_bytes(
        with_metadata(data, id="everywhere", everywhere_noise="255"))
    shutil.copy(GOLDEN / "random.safetensors", folder)
    shutil.copy(GOLDEN / "texture.safetensors", folder)
    write_detector(folder / "context.safetensors", "noise")
    for kind in ("clean", "snow"):
        (folder / kind).mkdir()
        write_detector(folder / kind / "0-context.safetensors", kind)


class Gimp:
    """One profile in a folder of its own; each run is a process."""

    def __init__(self, build, program, folder):
        self.build = build
        self.command_line = program
        self.profile = folder / "profile"
        self.program = next((c for c in CONSOLES if shutil.which(c)), None)
        if not self.program:
            skip("no gimp-console of GIMP 3 is installed")
        self.models = folder / "models"
        self.models.mkdir()
        write_models(self.models)

    def run(self, interpreter, source, **variables):
        """Exit status, stdout, stderr."""
        variables.setdefault("MEND_MODELS", str(self.models))
        variables.setdefault("MEND_DEVICE", "cpu")
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        variables["MEND_PROGRAM"] = str(self.command_line)
        command = [str(HERE / "gimp-env"), str(self.build)]
        command += ["%s=%s" % pair for pair in sorted(variables.items())]
        command += [self.program, "-i", "-d", "-f", "-s", "--batch-interpreter=" + interpreter,
                    "-b", source, "--quit"]
        done = subprocess.run(command, env=dict(os.environ, MEND_PROFILE=str(self.profile)),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                              check=False)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(
            errors="replace")


def forbidden(errors, allowed=()):
    """The lines of stderr that must not be there."""
    patterns = [p for p in FORBIDDEN if p not in allowed]
    return [line for line in errors.splitlines() if any(re.search(p, line) for p in patterns)]


def run_group(gimp, group):
    """A module of tests in one GIMP. It prints TAP; what goes wrong around it is one more test."""
    source = ("import sys; sys.path.insert(0, %r); import harness; harness.run(%r)"
              % (str(HERE), group))
    status, output, errors = gimp.run("python-fu-eval", source)
    if "interpreter 'python-fu-eval' is not available" in errors or status == 69:
        skip("GIMP has no Python here")
    lines = [x for x in output.splitlines() if re.match(r"(not )?ok \d|#|1\.\.\d", x)]
    planned = sum(int(x[3:]) for x in lines if x.startswith("1.."))
    results = [x for x in lines if re.match(r"(not )?ok", x)]
    bad = forbidden(errors, ("Plug-in crashed",) if group in ("generate", "kills") else ())
    whole = (status == 0 and planned > 0 and len(results) == planned and not bad
             and all(words in errors for words in SAID.get(group, [])))
    print("1..%d" % (planned + 1))
    print("\n".join(x for x in lines if not x.startswith("1..")))
    if not whole:
        print("# exit status %d, %d of %d tests" % (status, len(results), planned))
        print("\n".join("# " + x for x in bad or errors.splitlines()[-40:]))
    print("%s %d GIMP ends well and says what it should" % ("ok" if whole else "not ok",
                                                          planned + 1))
    return whole and not any(x.startswith("not") for x in results)


def write_png(path, width, height):
    """A small colour picture, 8 bits, without filters."""
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in (3 * x % 256, 5 * y % 256, 99))
                    for y in range(height))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                     + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def script(folder, task, file):
    """Script-Fu source that sets the variables of a file beside this one and loads it."""
    names = {"photo": folder / "photo.png", "out-xcf": folder / "out.xcf",
             "out-png": folder / "out.png", "task": task}
    defines = " ".join('(define %s "%s")' % pair for pair in names.items())
    return '(begin %s (load "%s"))' % (defines, HERE / file)


def run_batch(gimp, folder):
    """Script-Fu as users run it: exit status, message and files."""
    write_png(folder / "photo.png", 60, 40)
    empty = folder / "none"
    empty.mkdir()
    cases = [
        ("a batch restores a photo", "noise", {}, 0, r"\(layers 1 count 1\)"),
        ("a wrong task is an error", "nonsense", {}, 70, "“nonsense” is not possible"),
        ("no task is an error", "", {}, 70, "task"),
        ("without a model the folder is named", "noise", {"MEND_MODELS": str(empty)}, 70,
         re.escape(str(empty))),
        ("a full memory is an error", "noise", {"MEND_FAULT": "alloc:1"}, 70, "[Mm]emory"),
        ("a network that fails is an error", "noise", {"MEND_FAULT": "predict:1"}, 70, "rror"),
    ]
    for kind, words in (("clean", "Nothing seems to be wrong"), ("snow", "“snow” .*No installed model")):
        models = "%s:%s" % (gimp.models / kind, gimp.models)
        cases.append(("detection of %s is told and changes nothing" % kind, "auto",
                      {"MEND_MODELS": models}, 70, words))
    n_restore = len(cases)
    cases += [
        ("a batch draws textures", "stone", {}, 0, r"\(layers 2 count 2\)"),
        ("a wrong material is an error", "soup", {}, 70, "“soup”.*stone, brick"),
        ("without a texture model the folder is named", "stone", {"MEND_MODELS": str(empty)}, 70,
         "no texture model.*" + re.escape(str(empty))),
        ("a full memory makes no textures", "stone", {"MEND_FAULT": "alloc:60"}, 70, "[Mm]emory"),
        ("a network that fails makes none", "stone", {"MEND_FAULT": "predict:1"}, 70, "rror"),
    ]
    passed = True
    print("1..%d" % len(cases))
    for number, (name, task, variables, expected, words) in enumerate(cases, 1):
        file = "restore.scm" if number <= n_restore else "generate.scm"
        for old in folder.glob("out.*"):
            old.unlink()
        status, output, errors = gimp.run("plug-in-script-fu-eval", script(folder, task, file),
                                          **variables)
        written = sorted(p.name for p in folder.glob("out.*"))
        good = (status == expected and re.search(words, output + errors)
                and not forbidden(errors)
                and written == (["out.png", "out.xcf"] if expected == 0 else []))
        print("%s %d %s" % ("ok" if good else "not ok", number, name))
        if not good:
            print("# exit status %d, wrote %s" % (status, written))
            print("\n".join("# " + x for x in (output + errors).splitlines()))
        passed = passed and good
    return passed


def main():
    build, group, program = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    if group in ("generate", "kills") and not os.path.exists("/proc/self/stat"):
        skip("there is no /proc to find the plug-in's process in")
    with tempfile.TemporaryDirectory(prefix="mend-") as name:
        folder = pathlib.Path(name)
        gimp = Gimp(build, pathlib.Path(program).resolve(), folder)
        passed = run_batch(gimp, folder) if group == "batch" else run_group(gimp, group)
    sys.exit(0 if passed else 1)


main()
