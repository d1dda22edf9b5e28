#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Picks a few recorded sampler runs of every group: sampler.json and sampler.safetensors here.

Usage: pick_sampler.py CASES.json TENSORS.safetensors
The files are those `mend parity sampler` reads. What made them is in "meta" of the JSON.
"""
import json
import pathlib
import struct
import sys

N_NOISES = 10  # pictures of noise kept; cases that draw more are left out
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


def pick(cases):
    """Of the main group each solver and form, of time_schedule each grid, of the others one."""
    picked = {}
    for case in cases:
        sampler, group = case["sampler"], case["group"]
        if "error" in case or case["noises_used"] > N_NOISES or \
                case["nfe_actual"] < sampler["order"]:
            continue
        key = [group]
        if group == "main":
            if case["nfe_actual"] > 5:
                continue
            key += [sampler["solver_type"], sampler["order"], sampler["parameterization"]]
        if group == "time_schedule":
            key += [sampler["time_schedule"]]
        picked[tuple(key)] = case
    return list(picked.values())


def main():
    record, arrays = json.loads(pathlib.Path(sys.argv[1]).read_text()), read_tensors(sys.argv[2])
    cases = pick(record["cases"])
    dtype, shape, noise = arrays["input/noise"]
    arrays["input/noise"] = (dtype, [N_NOISES] + shape[1:], noise[:len(noise) // shape[0] * N_NOISES])
    owners = {"input"} | {c["id"] for c in cases} | {"coef/" + c["coef"] for c in cases}
    main_ids = {c["id"] for c in cases if c["group"] == "main"}
    kept = {}
    for name, array in arrays.items():
        owner, what = name.rsplit("/", 1)
        if owner in owners and (what not in ("states", "q") or owner in main_ids):
            kept[name] = array
    write_tensors(HERE / "sampler.safetensors", kept)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "sampler.json").write_text(
        '{"meta": %s,\n"cases": [\n%s\n]}\n' % (json.dumps(record["meta"]), lines))


main()
