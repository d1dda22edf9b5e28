#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Picks a part of the recorded runs of integrators: files of the same names in integrators/ here.

Usage: pick_integrators.py FOLDER
The files are those `mend parity integrators` reads. What made them is in their "note".
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent / "integrators"
# Of each file: which runs, by name; in the plane, in 16 dimensions. What is no run stays.
RUN = re.compile(r".*_(N|budget)\d+$|official.*|tweedie.*|reference.*")
WANTED = {
    "gmm_base.json": (r"", r""),
    "dlg_steps.json": (r"", r""),
    "edm_traj.json": (r"heun_det_N5|heun_sto_N10|ddim_iddpm_N10|euler_edmgrid_N10", r"heun_det_N5"),
    "dmcmc_kar.json": (r"kar[12]_N(4|6)", r"kar[12]_N4"),
    "deis_traj.json": (r"(tab|rhoab|ddim_closed|coef_tab[13]).*_N5|rhork_2heun_budget10", r"tab[23]_N5"),
    "mr_traj.json": (r".*_N5", r""),
}


def pick(runs, wanted):
    return {name: run for name, run in runs.items() if not RUN.match(name) or re.fullmatch(wanted, name)}


def main():
    for name, (plane, space) in WANTED.items():
        record = json.loads((pathlib.Path(sys.argv[1]) / name).read_text())
        if "gmm2d" in record:
            record["gmm2d"] = pick(record["gmm2d"], plane)
            record["gmm16d"] = pick(record["gmm16d"], space)
        else:
            record = pick(record, plane)
        text = json.dumps(record, separators=(",", ":"))
        (HERE / name).write_text(re.sub(r'(\]\]?,|\},)"', r'\1\n"', text) + "\n")


main()
