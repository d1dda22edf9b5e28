# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a model file that says what it can do, and can do nothing: enough for the settings.

usage: model.py FILE ID LABEL OFFERED STEPS [PRESETS]    presets of the task noise;
       e.g. small.safetensors small "Small" noise,jpeg 1,2,5 mr-ode-1:1,mr-ode-2:3,mr-sde-1:9
"""
import json
import struct
import sys


def write(path, name, label, offered, steps, presets=None):
    meta = {"format": "1", "id": name, "label": label, "network": "nafnet", "tasks": "noise,jpeg",
            "offered": offered, "attention": "pixel", "residual": "mean", "mean": "identity",
            "prediction": "clean", "theta": "cosine", "tables": "shifted", "T": "100",
            "max_sigma": "0.19607843", "eps": "0.005", "sampler": "mr-ode-2", "grid": "linspace",
            "steps": steps, "licence": "CC0-1.0", "source": "test", "training": "none",
            "quality.noise": "Noise: 31.2 dB, input 25.1 dB", "quality.jpeg": ""}
    if presets:
        meta["preset.noise"] = presets
    header = {"__metadata__": {"mend." + key: value for key, value in meta.items()},
              "nothing": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(4))


if __name__ == "__main__":
    if len(sys.argv) not in (6, 7):
        sys.exit(__doc__)
    write(*sys.argv[1:])
