#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the tiny model files of the tests, from a seed: numpy only.

usage: models.py FOLDER            writes identity, random, global, means-only, texture .safetensors
       models.py FOLDER --check    exit 1 where a file there is not what this script makes
identity    the last layer is zero, so the network returns its mean: the picture itself
random      every array random, answers differ by about 0.1 from the mean
global      as random, but its attention looks at the whole picture
means-only  as identity, but its means are the classical ones, and it sees the picture too
texture     random, sees x alone; of no use but for its form
"""
import pathlib
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("no numpy for python3: the files cannot be made anew")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "weights" / "train"))
import tensorfile

WIDTH, TASKS = 8, ("noise", "jpeg", "inpainting")


def draw(rng, *shape, scale=1.0):
    """Random numbers, small where many inputs are summed."""
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    return (rng.standard_normal(shape) * scale / np.sqrt(fan_in)).astype(np.float16)


def block(rng, arrays, name, c, embed):
    for layer, shape in (("mlp.1", (4 * c, embed // 2)), ("conv1", (2 * c, c, 1, 1)),
                         ("conv2", (2 * c, 1, 3, 3)), ("sca.1", (c, c, 1, 1)),
                         ("conv3", (c, c, 1, 1)), ("conv4", (2 * c, c, 1, 1)),
                         ("conv5", (c, c, 1, 1))):
        arrays["%s.%s.weight" % (name, layer)] = draw(rng, *shape)
        arrays["%s.%s.bias" % (name, layer)] = draw(rng, shape[0], scale=0.1)
    for gain in ("norm1.g", "norm2.g", "beta", "gamma"):
        arrays["%s.%s" % (name, gain)] = (1 + draw(rng, 1, c, 1, 1, scale=0.2)).astype(np.float16)


def network(rng, n_tasks, seen):
    w, embed, arrays = WIDTH, 4 * WIDTH, {}
    for name, shape in (("time_mlp.1", (8 * w, w)), ("time_mlp.3", (embed, embed)),
                        ("intro", (w, seen, 3, 3)), ("downs.0", (2 * w, w, 2, 2)),
                        ("ending", (3, w, 3, 3))):
        arrays[name + ".weight"] = draw(rng, *shape)
        arrays[name + ".bias"] = draw(rng, shape[0], scale=0.1)
    arrays["ending.weight"] = draw(rng, 3, w, 3, 3, scale=0.05)
    arrays["task_embedding"] = draw(rng, n_tasks + 1, embed)
    arrays["ups.0.0.weight"] = draw(rng, 4 * w, 2 * w, 1, 1)
    for name, c in (("encoders.0.0", w), ("middle_blks.0", 2 * w), ("decoders.0.0", w)):
        block(rng, arrays, name, c, embed)
    return arrays


def metadata(name, attention, tasks, offered, mean):
    meta = {"format": "1", "id": name, "label": "Test: " + name, "network": "nafnet",
            "tasks": ",".join(tasks), "offered": offered, "attention": attention,
            "residual": "mean", "mean": mean, "prediction": "clean", "theta": "cosine",
            "tables": "shifted", "T": "100", "max_sigma": "50", "eps": "0.005",
            "sampler": "mr-ode-2", "grid": "linspace", "steps": "1,2,5", "licence": "CC0-1.0",
            "source": "tests/golden/models.py", "training": "none",
            "quality.noise": "none: for tests"}
    return {"mend." + key: value for key, value in meta.items()}


def make_means_only(folder):
    tasks = "haze,low-light,inpainting"
    arrays = network(np.random.RandomState(8), 3, 9)
    arrays["ending.weight"] *= 0
    arrays["ending.bias"] *= 0
    tensorfile.write(str(folder / "means-only.safetensors"), arrays,
                     metadata("means-only", "pixel", tasks.split(","), tasks,
                              "dark-channel,exposure,harmonic"))


def make_texture(folder):
    rng = np.random.RandomState(9)
    arrays = network(rng, 2, 3)
    arrays["context.weight"] = draw(rng, 4 * WIDTH, 64)
    arrays["styles"] = draw(rng, 3, 64, scale=8.0)
    arrays["paints"] = np.float32([[0.5, 0.4, 0.3, 0.2, 0, 0.1, 0.2, 0.1, 0, 0.1, 0, -0.1],
                                   [0.2, 0.3, 0.1, 0.1, 0, 0, 0, 0.1, 0, 0, 0, 0.1],
                                   [0.6, 0.2, 0.2, 0.2, 0, 0, 0.1, 0.1, 0, 0, 0, 0.1]])
    meta = {"format": "1", "kind": "texture", "id": "texture", "label": "Test: texture",
            "network": "nafnet", "attention": "pixel", "residual": "none",
            "classes": "stone,brick", "styles": "2,1", "sigma_data": "1", "center": "0", "sigma_min": "0.02",
            "sigma_max": "20", "time": "50,100", "detail": "0.03", "licence": "CC0-1.0",
            "source": "tests/golden/models.py", "training": "none"}
    tensorfile.write(str(folder / "texture.safetensors"), arrays,
                     {"mend." + key: value for key, value in meta.items()})


def make(folder):
    for name in ("identity", "random", "global"):
        arrays = network(np.random.RandomState(7), len(TASKS), 6)
        if name == "identity":
            arrays["ending.weight"] *= 0
            arrays["ending.bias"] *= 0
        attention = "global" if name == "global" else "pixel"
        tensorfile.write(str(folder / (name + ".safetensors")), arrays,
                         metadata(name, attention, TASKS, "noise,jpeg", "identity"))
    make_means_only(folder)
    make_texture(folder)


def main():
    folder = pathlib.Path(sys.argv[1])
    if sys.argv[2:] != ["--check"]:
        make(folder)
        return 0
    with tempfile.TemporaryDirectory() as made:
        make(pathlib.Path(made))
        differ = [p.name for p in sorted(pathlib.Path(made).iterdir())
                  if p.read_bytes() != (folder / p.name).read_bytes()]
    print("differ:", ", ".join(differ) or "none")
    return 1 if differ else 0


sys.exit(main())
