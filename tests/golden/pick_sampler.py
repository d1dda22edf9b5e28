#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Picks a few recorded sampler runs of every group: NAME.json and NAME.safetensors here.

Usage: pick_sampler.py CASES.json TENSORS.safetensors NAME
The files are those `mend parity sampler` reads. What made them is in "meta" of the JSON.
"""
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent


def read_tensors(path):
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    arrays = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            arrays[name] = (entry["dtype"], entry["shape"], data[start + first:start + last])
    return arrays


def write_tensors(path, arrays):
    header, offset = {}, 0
    for name, (dtype, shape, data) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(a[2] for a in arrays.values()))


def key_of(case):
    """Cases of one key are alike: one is enough. None: not wanted."""
    if "error" in case:
        return None
    if "method" in case:  # the older samplers
        short = case["noises_used"] <= 20 and len(case["net_times"]) == case["n_states"] - 1
        return case["method"] if short and case["method"] in ("posterior", "sde", "ode") else None
    sampler, group, n_steps = case["sampler"], case["group"], case["nfe_actual"]
    if case["noises_used"] > 10 or n_steps < sampler["order"]:
        return None
    if group == "main":
        kind = sampler["solver_type"], sampler["order"], sampler["parameterization"]
        return kind if n_steps <= 5 else None
    return group, sampler["time_schedule"] if group == "time_schedule" else None


def main():
    record, arrays = json.loads(pathlib.Path(sys.argv[1]).read_text()), read_tensors(sys.argv[2])
    picked = {key_of(case): case for case in record["cases"]}
    picked.pop(None, None)
    cases = list(picked.values())
    n = max(case["noises_used"] for case in cases)
    dtype, shape, noise = arrays["input/noise"]
    arrays["input/noise"] = (dtype, [n] + shape[1:], noise[:len(noise) // shape[0] * n])
    owners = {"input"} | {c["id"] for c in cases} | {"coef/" + c["coef"] for c in cases if "coef" in c}
    full = {c["id"] for c in cases if c.get("group") == "main"}
    kept = {}
    for name, array in arrays.items():
        owner, what = name.rsplit("/", 1)
        if owner in owners and (what in ("final", "last_state_unclipped") or owner in full or
                                owner.startswith(("input", "coef"))):
            kept[name] = array
    write_tensors(HERE / (sys.argv[3] + ".safetensors"), kept)
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / (sys.argv[3] + ".json")).write_text(
        '{"meta": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(record["meta"]), lines))


main()
