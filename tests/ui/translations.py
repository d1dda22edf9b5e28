# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that users see is in POTFILES.in and in every translation.

usage: translations.py CHECKOUT
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MARKED = re.compile(r'\b(_|N_|C_|Q_|NC_|ngettext)\(\s*"')
XGETTEXT = ["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--keyword=C_:1c,2",
            "--keyword=NC_:1c,2", "--keyword=ngettext:1,2", "--files-from=-", "--output"]


def lines(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def main(top):
    for program in ("xgettext", "msgcmp"):
        if not shutil.which(program):
            print("1..0 # SKIP %s is not installed" % program)
            return 77
    named = lines(top / "po" / "POTFILES.in")
    languages = " ".join(lines(top / "po" / "LINGUAS")).split()
    marked = sorted(str(path.relative_to(top)) for room in ("compute", "plugin", "ui")
                    for path in (top / room).rglob("*.c") if MARKED.search(path.read_text()))
    print("1..%d" % (1 + len(languages)))
    same = marked == sorted(named)
    print("%s 1 - po/POTFILES.in" % ("ok" if same else "not ok"))
    for name in sorted(set(marked) ^ set(named)):
        print("# %s: %s" % (name, "is missing" if name in marked else "has no marked text"))
    with tempfile.TemporaryDirectory() as folder:
        template = str(pathlib.Path(folder) / "mend.pot")
        subprocess.run(XGETTEXT + [template], input="\n".join(marked), text=True, cwd=top, check=True)
        for number, language in enumerate(languages, 2):
            done = subprocess.run(["msgcmp", str(top / "po" / (language + ".po")), template],
                                  capture_output=True, text=True, check=False)
            print("%s %d - po/%s.po" % ("not ok" if done.returncode else "ok", number, language))
            for line in done.stderr.splitlines():
                print("# " + line)
            if done.returncode:
                print("# To do: ninja -C build mend-pot mend-update-po, then fill in po/%s.po" % language)
            same = same and not done.returncode
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
