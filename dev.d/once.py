# SPDX-License-Identifier: GPL-3.0-or-later
"""A compilation database in which each C file of ours is compiled once, tests left out: for tools that
would look at it as often as it is. usage: once.py COMMANDS.json OUT.json; prints the files."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as commands:
    once = {c["file"]: c for c in json.load(commands) if c["file"].endswith(".c") and "/tests/" not in c["file"]}
with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump(list(once.values()), out)
print("\n".join(sorted(once)))
