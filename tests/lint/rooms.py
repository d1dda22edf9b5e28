# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the rooms apart and the files small: include directions, forbidden words, sizes, first lines.

usage: rooms.py CHECKOUT    one line per finding, TAP at the end; ARCHITECTURE.md says why.
"""
import os
import pathlib
import re
import sys

# What a room may include beside the C library and GLib: other libraries' headers, then ours, each by
# pattern. Inner rooms first.
STANDARD = r"(math|std\w+|string|errno|inttypes|float|limits|locale|setjmp|signal|time|unistd|fcntl|dlfcn|" \
           r"pthread|sys/\w+|glib|glib-unix|glib-object|glib/[\w-]+)\.h$"
ROOMS = {
    "compute/vk": (r"vulkan/\w+\.h", r"compute/(?!cpu/|cli|parity/)|shaders/"),
    "compute/cpu": (r"(cblas|openblas_config|immintrin|arm_neon)\.h", r"compute/(?!vk/|cli|parity/)"),
    "compute/integrators": (r"$^", r"compute/(integrators/\w+|samplers/state|integrator|frame|sampler|error)\.h"),
    "compute/dmcmc": (r"$^", r"compute/(dmcmc/\w+|samplers/state|integrator|frame|sampler|rng|tensor|error|i18n)\.h"),
    "compute/samplers": (r"$^", r"compute/(samplers/\w+|sampler|schedule|rng|bands|tensor|error|i18n)\.h"),
    "compute/means": (r"$^", r"compute/(mean|bands|tensor|error)\.h"),
    "compute/networks": (r"$^", r"compute/(networks/\w+|network|graph|weights|tensor|json|error)\.h"),
    "compute": (r"(png|jpeglib|jerror|cblas)\.h", r"compute/"),
    "ui": (r"(gtk/gtk|gtk/gtk-a11y|gdk/gdk\w*|atk/atk|cairo)\.h",
           r"ui/|compute/(options|detect|job|restore|model|backend|tensor|picture|error|sampler|fault|"
           r"generate_se\w+|texture)\.h|config\.h"),
    "plugin": (r"(gtk/gtk|gegl|babl/babl|libgimp/gimp(ui)?)\.h",
               r"plugin/|ui/|compute/(?!vk/|cpu/|networks/|weights\.h)|config\.h"),
    "shaders": (r"$^", r"(shaders/)?\w+\.(h|glsl)$"),
    "tests": (r".*", r".*"),
}
# Words of a room that must not know another one.
FORBIDDEN = {
    "compute": r"\b([Gg]imp|[Gg]egl|[Gg]tk|[Gg]dk|GObject|g_object|GFile|GInputStream)(_|[A-Z]|\b)",
    "ui": r"\b([Gg]imp|[Gg]egl)(_|[A-Z])|\b(Vk|vk)[A-Z]\w",
    "plugin": r"\b(Vk|vk)[A-Z]\w",
    "shaders": r"\b([Gg]imp|[Gg]tk)(_|[A-Z])",
}
OUTSIDE_VK = r"\b(Vk|vk)[A-Z]\w|\bVK_[A-Z]"
SOURCES = {".c", ".h", ".def", ".comp", ".glsl", ".py", ".sh", ".scm", ".build", ""}
MAX_LINES, MAX_COLUMNS, MAX_FUNCTION = 500, 100, 80


def files(top):
    """Every text file of ours below TOP, the build folders and other people's licence left out."""
    skipped = {".git", "__pycache__", ".cache", "runs"}
    for folder, folders, names in os.walk(top):
        here = pathlib.Path(folder)
        folders[:] = [f for f in folders if f not in skipped and not (here == top and f.startswith("build"))]
        for name in names:
            path = here / name
            if name != "LICENSE" and name[0] != "." and path.suffix in SOURCES | {".md", ".po", ".txt"}:
                yield path


def room_of(name):
    return next((room for room in ROOMS if name.startswith(room + "/")), None)


def check_includes(name, lines):
    room = room_of(name)
    if room is None:
        return
    system, ours = ROOMS[room]
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        allowed = f"{STANDARD}|{system}" if match[1] == "<" else ours
        if not re.match(allowed, match[2]):
            yield number, f"{room}/ may not include {match[1]}{match[2]}"
        elif match[1] == '"' and "/" not in match[2] and room != "shaders":
            yield number, f'"{match[2]}" is not written from the root'


def without_comments(lines):
    """The lines with comments blanked: a comment may name what the code must not use."""
    text = "\n".join(lines)
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S).split("\n")


def check_words(name, lines):
    if not name.endswith((".c", ".h", ".comp", ".glsl")) or name.startswith("tests/"):
        return
    rules = [FORBIDDEN.get(name.split("/")[0])]
    if name.startswith("compute/") and not name.startswith("compute/vk/"):
        rules.append(OUTSIDE_VK)
    for number, line in enumerate(without_comments(lines), 1):
        for rule in filter(None, rules):
            match = re.search(rule, line)
            if match:
                yield number, f"\"{match[0]}\" is a word of another room"


def check_functions(name, lines):
    if not name.endswith(".c"):
        return
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > MAX_FUNCTION:
                yield start, f"a function of {number - start - 1} lines (at most {MAX_FUNCTION})"
            start = None


def check_text(name, lines, machine):
    first = lines[1] if lines and lines[0].startswith("#!") and len(lines) > 1 else lines[0] if lines else ""
    if not name.endswith((".md", ".txt", ".po")) and lines and "SPDX-License-Identifier: GPL-3.0-or-later" not in first:
        yield 1, "no SPDX-License-Identifier in the first line"
    if len(lines) > MAX_LINES and not name.endswith(".po"):
        yield len(lines), f"{len(lines)} lines (at most {MAX_LINES})"
    for number, line in enumerate(lines, 1):
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "a blank at the end of the line"
        if len(line) > MAX_COLUMNS and name.endswith((".c", ".h", ".comp", ".glsl")):
            yield number, f"{len(line)} columns (at most {MAX_COLUMNS})"
        if re.search(machine, line):
            yield number, "a path of somebody's machine"
        if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not name.startswith("tests/lint/"):
            yield number, "work left to do belongs into an issue"


def main(top):
    top = pathlib.Path(top).resolve()
    own = {re.escape(p) for p in (top.parts[1], "root") if p not in ("tmp", "var", "opt", "usr", "srv", "mnt")}
    machine = r"(?<![\w.~}$)-])/(" + "|".join(sorted(own)) + r")/[\w.]" if top.parts[1] != "home" else r"/home/\w"
    checked = failed = 0
    for path in sorted(files(top)):
        name = path.relative_to(top).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [*check_includes(name, lines), *check_words(name, lines), *check_functions(name, lines),
                 *check_text(name, lines, machine)]
        checked += 1
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} {checked} {name}")
        for number, message in found:
            print(f"# {name}:{number}: {message}")
    print(f"1..{checked}")
    return 1 if failed or not checked else 0


sys.exit(main(sys.argv[1]))
