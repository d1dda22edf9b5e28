# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes safetensors files: 8 bytes of header length, a JSON header, then the arrays."""
import json
import struct

import numpy as np

import atomic

TYPES = {"F16": np.float16, "F32": np.float32, "F64": np.float64}


def write(path, arrays, metadata):
    """arrays: name -> numpy array (float16, float32 or float64); metadata: str -> str. The file
    appears under its name only when it is whole; OSError leaves what was there."""
    names = {np.dtype(v): k for k, v in TYPES.items()}
    header, at = {"__metadata__": metadata}, 0
    for name in sorted(arrays):
        a = arrays[name]
        header[name] = {"dtype": names[a.dtype], "shape": list(a.shape),
                        "data_offsets": [at, at + a.nbytes]}
        at += a.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    parts = [struct.pack("<Q", len(text)), text]
    parts += [arrays[name].astype(arrays[name].dtype.newbyteorder("<")).tobytes() for name in sorted(arrays)]
    atomic.write(path, b"".join(parts))


def read(path):
    """(arrays, metadata) of a file that write() made; the arrays are copies."""
    with open(path, "rb") as f:
        data = f.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata, arrays = header.pop("__metadata__", {}), {}
    for name, entry in header.items():
        begin, end = (8 + size + v for v in entry["data_offsets"])
        flat = np.frombuffer(data[begin:end], np.dtype(TYPES[entry["dtype"]]).newbyteorder("<"))
        arrays[name] = flat.reshape(entry["shape"]).astype(TYPES[entry["dtype"]])
    return arrays, metadata
