# SPDX-License-Identifier: GPL-3.0-or-later
"""Every header alone: compiles each one as the only include of a file, in C and (compute/) in C++.

usage: alone.py CHECKOUT INCLUDES COMPILER...   INCLUDES: folders to search, with `:` between; TAP.
"""
import pathlib
import shlex
import subprocess
import sys

# pkg-config name that the headers of a room need.
NEEDS = {"compute": "glib-2.0", "ui": "gtk+-3.0", "plugin": "gimpui-3.0"}


def flags(package):
    """The compiler flags of PACKAGE, or None where it is not installed."""
    answer = subprocess.run(["pkg-config", "--cflags", package], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return None
    # As system folders: a warning inside GTK or GIMP is not ours.
    return ["-isystem" + flag[2:] if flag.startswith("-I") else flag for flag in shlex.split(answer.stdout)]


def main(top, includes, compiler):
    top = pathlib.Path(top)
    language = ["-x", "c++", "-std=gnu++17"] if "++" in compiler[-1] else ["-x", "c", "-std=gnu11"]
    rooms = {"compute"} if "++" in compiler[-1] else set(NEEDS)
    search = [f"-I{folder}" for folder in includes.split(":")]
    number = failed = 0
    for room in sorted(rooms):
        needed = flags(NEEDS[room])
        for header in sorted((top / room).rglob("*.h")):
            name = header.relative_to(top).as_posix()
            number += 1
            if needed is None:
                print(f"ok {number} {name} # SKIP {NEEDS[room]} is not installed")
                continue
            command = [*compiler, *language, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                       *search, *needed, "-"]
            # A header of macros alone leaves nothing to compile, which ISO C forbids.
            answer = subprocess.run(command, input=f'#include "{name}"\nextern int something;\n',
                                    capture_output=True, text=True, check=False)
            failed += answer.returncode != 0
            print(f"{'ok' if answer.returncode == 0 else 'not ok'} {number} {name}")
            for line in answer.stderr.splitlines():
                print(f"# {line}")
    print(f"1..{number}")
    return 1 if failed or not number else 0


sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
