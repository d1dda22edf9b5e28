# SPDX-License-Identifier: GPL-3.0-or-later
"""mend eval, devices, models,
      own_models_come_first, check, parity, and the program's own words."""
import json
import math
import os
import pathlib
import subprocess

from program import (DENOISE, FAILED, GOLDEN, MEND, OK, SOME, USAGE, expect, listing, main, mend, write_pgm,
                     write_ppm)

IDENTITY = [*DENOISE, "--model", "identity"]


def make_pairs(mask=False):
    for kind in ("lq", "gt", *(["mask"] if mask else [])):
        os.makedirs("set/" + kind)
    for name, add in (("1", 4), ("2", 10)):
        write_ppm("set/gt/%s.ppm" % name, 16, 12, bytes([100] * 576))
        write_ppm("set/lq/%s.ppm" % name, 16, 12, bytes([100 + add] * 288 + [100] * 288))
        if mask:
            write_pgm("set/mask/%s.pgm" % name, 16, 12, bytes([255] * 96 + [0] * 96))


def psnr(square):
    return 10 * math.log10(255 ** 2 / square)


def eval_scores():
    make_pairs()
    result = json.loads(expect(mend("eval", "set", "--json", *IDENTITY), OK).stdout)
    assert result["count"] == 2 and result["model"] == "identity"
    for name, add in (("1.ppm", 4), ("2.ppm", 10)):
        scores = result["images"][name]
        for key in ("psnr", "input_psnr"):
            assert abs(scores[key] - psnr(add ** 2 / 2)) < 1e-6, scores
        assert scores["ssim"] == scores["input_ssim"] and 0 < scores["ssim"] < 1
        assert scores["hole_psnr"] is None
    mean = (psnr(8) + psnr(50)) / 2
    assert abs(result["mean"]["psnr"] - mean) < 1e-6
    table = expect(mend("eval", "set", *IDENTITY), OK).stdout
    assert "%.4f" % mean in table.splitlines()[-2], table


def eval_with_masks():
    make_pairs(mask=True)
    result = json.loads(expect(mend("eval", "set", "--json", "--out", "kept", *DENOISE, "--model",
                                    "random"), OK).stdout)
    assert abs(result["images"]["1.ppm"]["input_hole_psnr"] - psnr(16)) < 1e-6
    assert result["images"]["1.ppm"]["hole_psnr"] != result["images"]["1.ppm"]["input_hole_psnr"]
    kept = listing("kept")
    assert sorted(kept) == ["1.ppm", "2.ppm"]
    assert kept["1.ppm"].endswith(bytes([100] * 288))  # black in the mask: untouched


def eval_columns():
    """What the table shows follows the task; the JSON has every score."""
    make_pairs()
    keys = ("psnr", "ssim", "gmsd", "sharp", "hole_psnr", "seam", "true_seam", "edge",
            "gtmean_psnr")
    result = json.loads(expect(mend("eval", "set", "--json", *IDENTITY), OK).stdout)
    for scores in (result["mean"], *result["images"].values()):
        assert {*scores} == {*keys, *("input_" + k for k in keys), "seconds"}
        assert 0 < scores["gmsd"] < 1 and scores["sharp"] > 0
    sharp = [result["images"][n]["sharp"] for n in ("1.ppm", "2.ppm")]
    assert abs(result["mean"]["sharp"] - math.sqrt(sharp[0] * sharp[1])) < 1e-6 * sharp[1]
    head = expect(mend("eval", "set", *IDENTITY), OK).stdout.splitlines()[0]
    assert "GMSD in" in head and "sharp" in head and "hole" not in head and "GT-mean" not in head
    words = ["--device", "cpu", "--model", GOLDEN / "means-only.safetensors"]
    low = expect(mend("eval", "set", *words, "--task", "low-light"), OK).stdout.splitlines()[0]
    assert "GT-mean in" in low and "hole" not in low
    fill = json.loads(expect(mend("eval", "set", *words, "--task", "inpainting", "--json"),
                             OK).stdout)
    assert fill["images"]["1.ppm"]["input_hole_psnr"] is None  # differs by 4: no hole
    assert abs(fill["images"]["2.ppm"]["input_hole_psnr"] - psnr(100)) < 1e-6


def eval_worst_and_harm():
    make_pairs()
    words = ["eval", "set", "--worst", "1", *DENOISE, "--model", "random"]
    result = json.loads(expect(mend(*words, "--json"), OK).stdout)
    loss = {n: s["psnr"] - s["input_psnr"] for n, s in result["images"].items()}
    assert result["worst"] == [min(loss, key=loss.get)] and result["harm"] is False
    table = expect(mend(*words), OK).stdout
    assert "worst 1: %s, %+.2f dB" % (result["worst"][0], min(loss.values())) in table
    assert "worst 2" not in table
    for name in ("1", "2"):
        os.remove("set/lq/%s.ppm" % name)
    clean = json.loads(expect(mend("eval", "set", "--harm", "--json", *IDENTITY), OK).stdout)
    assert clean["harm_limit"] == 38 and clean["harmed"] == 0 and clean["mean"]["psnr"] == 100
    assert "nothing visible" in expect(mend("eval", "set", "--harm", *IDENTITY), OK).stdout
    spoilt = expect(mend("eval", "set", "--harm", *DENOISE, "--model", "random"), OK).stdout
    assert "0 of 2 keep 38 dB" in spoilt, spoilt


def with_metadata(path, **values):
    """A copy of the model "random" whose metadata has these keys too, "_" for ".", here."""
    data = (GOLDEN / "random.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    header["__metadata__"].update({"mend." + k.replace("_", "."): v for k, v in values.items()})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size:])
    return path


def presets():
    """The steps alone choose a preset; what is named by hand goes before it."""
    make_pairs()
    model = with_metadata("own.safetensors", preset_noise="mr-ode-1:2,mr-ode-3:4,mr-sde-1:6:karras-n:mirror")
    cases = {(): ("mr-ode-3", "linspace", 4), ("--steps", 1): ("mr-ode-1", "linspace", 1),
             ("--steps", 5): ("mr-ode-3", "linspace", 5), ("--steps", 6): ("mr-sde-1", "karras-n", 6),
             ("--steps", 6, "--grid", "leading"): ("mr-sde-1", "leading", 6),
             ("--steps", 6, "--sampler", "mr-sde-1"): ("mr-sde-1", "karras-n", 6),
             ("--steps", 6, "--sampler", "posterior"): ("posterior", "linspace", 6)}
    for words, expected in cases.items():
        said = json.loads(expect(mend("eval", "set", "--json", *DENOISE, "--model", "./" + model,
                                      *words), OK).stdout)
        assert (said["sampler"], said["grid"], said["steps"]) == expected, (words, said)
        assert said["mirror"] == (words == ("--steps", 6)), (words, said)
    said = json.loads(expect(mend("eval", "set", "--json", "--task", "jpeg", "--device", "cpu",
                                  "--model", "./" + model), OK).stdout)
    assert (said["sampler"], said["steps"]) == ("mr-ode-2", 2)  # this task has none of its own
    with_metadata("own.safetensors", preset_noise="mr-ode-1:2,mr-ode-3:4")
    expect(mend("check", "own.safetensors"), FAILED, "mend.preset.noise")
    with_metadata("own.safetensors", mean="exposure,identity,identity", coarse_noise="4")
    expect(mend("check", "own.safetensors"), FAILED, "mend.coarse.noise")


def eval_failures():
    expect(mend("eval", "none", *IDENTITY), FAILED, "none/lq")
    expect(mend("eval", *IDENTITY), USAGE, "folder")
    make_pairs()
    for folder in ("set/lq", "set/../set/gt"):
        expect(mend("eval", "set", "--out", folder, *IDENTITY), USAGE, "would be overwritten")
    os.remove("set/gt/1.ppm")
    result = expect(mend("eval", "set", "--json", *IDENTITY), SOME, "1.ppm")
    assert json.loads(result.stdout)["count"] == 1
    write_ppm("set/gt/2.ppm", 12, 16)
    assert mend("eval", "set", *IDENTITY).returncode == FAILED
    for name in ("1", "2"):
        os.remove("set/lq/%s.ppm" % name)
    expect(mend("eval", "set", *IDENTITY), FAILED, "no pictures")


def devices():
    listed = json.loads(expect(mend("devices", "--json"), OK).stdout)["devices"]
    assert [d["id"] for d in listed].count("cpu") == 1
    for device in listed:
        assert device["name"] and isinstance(device["score"], int)
        assert device["id"] == "cpu" or device["id"].startswith("vulkan:")
    assert "cpu" in expect(mend("devices"), OK).stdout


def models():
    listed = json.loads(expect(mend("models", "--json"), OK).stdout)["models"]
    assert [m["id"] for m in listed] == ["global", "identity", "means-only", "random"]
    assert listed[1]["bytes"] == (GOLDEN / "identity.safetensors").stat().st_size
    assert listed[1]["tasks"][0] == {"task": "noise", "offered": True, "quality": "none: for tests",
                                     "presets": listed[1]["tasks"][0]["presets"]}
    for model in listed:
        assert model["parameters"] > 1000 and model["flops_per_pixel"] > 1000
    # The picture, restored, two answers (the order is 2, the most steps are 5); an estimate more.
    assert [m["bytes_per_megapixel"] / 12e6 for m in listed] == [4, 4, 5, 4]
    assert listed[1]["tasks"][0]["presets"] == [
        {"sampler": "mr-ode-2", "steps": n, "grid": "linspace", "mirror": False} for n in (1, 2, 5)]
    text = expect(mend("models"), OK).stdout
    for words in ("identity", "M parameters", "MFLOP a pixel", "MiB a megapixel", "CC0-1.0",
                  "none: for tests"):
        assert words in text, words
    assert json.loads(expect(mend("models", "--json", MEND_MODELS="/nowhere"), OK).stdout) == {
        "models": [], "detectors": [], "textures": [], "problems": []}
    textures = json.loads(expect(mend("models", "--json"), OK).stdout)["textures"]
    assert [(t["id"], t["classes"]) for t in textures] == [("texture", ["stone", "brick"])], textures
    assert textures[0]["bytes"] > 10000 and textures[0]["training"], textures
    assert "textures of stone, brick" in text, text


def own_models_come_first():
    """A user's own model is taken for its task, and in place of one that has its id."""
    folder = pathlib.Path("data/mend/models")
    folder.mkdir(parents=True)
    with_metadata(folder / "zzz.safetensors", id="jpeg")
    env = {key: value for key, value in os.environ.items() if key != "MEND_MODELS"}
    env["XDG_DATA_HOME"] = os.path.abspath("data")
    done = subprocess.run([MEND, "models", "--json"], capture_output=True, text=True, env=env, check=True)
    found = [(m["id"], m["path"]) for m in json.loads(done.stdout)["models"]]
    assert found[0] == ("jpeg", os.path.abspath(folder / "zzz.safetensors")), found
    assert [name for name, _ in found].count("jpeg") == 1, found


def check():
    for name, radius in (("identity", 8), ("random", 8), ("global", 0)):
        path = GOLDEN / (name + ".safetensors")
        facts = json.loads(expect(mend("check", "--json", path), OK).stdout)
        assert facts["good"] is True and facts["id"] == name and facts["radius"] >= radius
        assert (facts["radius"] == 0) == (name == "global")
        assert 0 < facts["load_seconds"] < 30 and facts["flops_per_pixel"] > 1000
    path = GOLDEN / "means-only.safetensors"
    means = "haze dark-channel, low-light exposure, inpainting harmonic"
    assert "  reverts to %s\n" % means in expect(mend("check", path), OK).stdout
    assert json.loads(expect(mend("check", "--json", path), OK).stdout)["means"] == means
    text = expect(mend("check", GOLDEN / "texture.safetensors"), OK).stdout
    assert "a whole texture model" in text and "draws stone, brick" in text, text
    assert json.loads(expect(mend("check", "--json", GOLDEN / "texture.safetensors"), OK).stdout)["good"]
    pathlib.Path("bad.safetensors").write_bytes(b"")
    result = expect(mend("check", "--json", "bad.safetensors"), FAILED, "bad.safetensors")
    assert json.loads(result.stdout)["good"] is False
    expect(mend("check"), USAGE, "one model file")


def parity():
    tiny = [GOLDEN / ("nafnet_tiny." + end) for end in ("json", "weights.safetensors",
                                                        "io.safetensors")]
    assert " 0 failed" in expect(mend("parity", "network", *tiny), OK).stdout
    result = json.loads(expect(mend("parity", "network", *tiny, "--json"), OK).stdout)
    assert result["failed"] == 0 and result["passed"] == len(result["cases"]) > 0
    assert all(c["error"] <= c["bound"] for c in result["cases"])
    recorded = [GOLDEN / "sampler.json", GOLDEN / "sampler.safetensors"]
    assert " 0 failed" in expect(mend("parity", "sampler", *recorded), OK).stdout
    result = json.loads(expect(mend("parity", "sampler", *recorded, "--json"), OK).stdout)
    assert result["failed"] == 0 and result["passed"] > 0 and not result["failures"]
    assert result["groups"][0]["double"]["error"] <= result["groups"][0]["double"]["bound"]
    expect(mend("parity", "network", *tiny, "--device", "nothing"), USAGE, "nothing")
    assert mend("parity").returncode == USAGE
    assert mend("parity", "nothing").returncode == USAGE


def bench():
    words = ["bench", GOLDEN / "random.safetensors", "--size", "64", "--runs", "3"]
    assert "median" in expect(mend(*words), OK).stdout
    result = json.loads(expect(mend(*words, "--json"), OK).stdout)
    assert 0 < result["best_ms"] <= result["median_ms"] and result["size"] == 64
    assert result["processor_ms"] > 0
    told = ["bench", GOLDEN / "texture.safetensors", "--size", "64", "--runs", "1"]
    expect(mend(*told), OK)  # a network that is told its style
    assert mend("bench").returncode == USAGE
    expect(mend(*words, "--device", "nothing"), USAGE, "nothing")


def own_words():
    text = expect(mend("--help"), OK).stdout
    for command in ("restore", "eval", "devices", "models", "check", "parity", "Exit status"):
        assert command in text
    assert expect(mend("--version"), OK).stdout.startswith("mend ")
    text = expect(mend("restore", "--help"), OK).stdout
    for flag in ("--task", "--model", "--sampler", "--steps", "--seed", "--strength", "--device",
                 "--tile", "--mask", "--json", "low-light", "mr-ode-2"):
        assert flag in text, flag
    assert "--output" not in text  # that one is for GIMP
    for command in ("bench", "parity"):
        assert "mend " + command in expect(mend(command, "--help"), OK).stdout
    expect(mend("dance"), USAGE, "dance")


main([eval_scores, eval_with_masks, eval_columns, eval_worst_and_harm, presets, eval_failures, devices, models,
      own_models_come_first, check,
      parity, bench, own_words])
