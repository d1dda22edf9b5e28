# SPDX-License-Identifier: GPL-3.0-or-later
"""mend detect, and --task auto. The detection models here say the same of every picture."""
import json
import math
import os

from program import (FAILED, GOLDEN, OK, SOME, USAGE, expect, listing, main, mend, write_detector,
                     write_ppm)

AUTO = ["--task", "auto", "--device", "cpu"]
SURE = math.exp(3) / (math.exp(3) + 10)  # of the class with the logit 3 among eleven


def models(**logits):
    """MEND_MODELS with the tests' models and such a detector."""
    write_detector("found/context.safetensors", **logits)
    return {"MEND_MODELS": "%s:%s" % (os.path.abspath("found"), GOLDEN)}


def findings():
    write_ppm("in.ppm", 40, 30)
    env = models(haze=3, noise=1)
    line = expect(mend("detect", "in.ppm", **env), OK).stdout
    assert line.startswith("in.ppm: haze ") and ", noise " in line, line
    result = expect(mend("detect", "in.ppm", "in.ppm", "--json", **env), OK)
    one, two = json.loads(result.stdout)["pictures"]
    assert one["findings"] == two["findings"] and len(one["findings"]) == 11
    assert 0 < one["seconds"] < 60
    assert one["findings"][0]["task"] == "haze"
    assert abs(sum(f["probability"] for f in one["findings"]) - 1) < 1e-6


def bad_pictures():
    write_ppm("in.ppm", 40, 30)
    env = models(noise=3)
    expect(mend("detect", "gone.ppm", **env), FAILED, "gone.ppm")
    expect(mend("detect", **env), USAGE, "Which picture?")
    result = expect(mend("detect", "gone.ppm", "in.ppm", "--json", **env), SOME, "gone.ppm")
    first, second = json.loads(result.stdout)["pictures"]
    assert "gone.ppm" in first["error"] and second["findings"][0]["task"] == "noise"


def automatic():
    """As if the task had been named, and the choice is told."""
    write_ppm("in.ppm", 40, 30)
    env = models(noise=3)
    expect(mend("restore", "in.ppm", "-o", "named.ppm", "--task", "noise", "--device", "cpu", "--model",
                "random", **env), OK)
    result = expect(mend("restore", "in.ppm", "-o", "auto.ppm", "--json", *AUTO, "--model", "random",
                         **env), OK)
    files = listing(".")
    assert files["named.ppm"] == files["auto.ppm"] != files["in.ppm"]
    assert "detected noise (%.0f %%)" % (SURE * 100) in result.stderr, result.stderr
    one, = json.loads(result.stdout)["results"]
    assert one["task"] == "noise" and abs(one["confidence"] - SURE) < 1e-6
    one, = json.loads(mend("restore", "in.ppm", "-o", "x.ppm", "--json", "--task", "noise", "--device",
                           "cpu", **env).stdout)["results"]
    assert one["task"] == "noise" and "confidence" not in one


def clean_pictures_are_left_alone():
    write_ppm("in.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *AUTO, **models(clean=3)), FAILED,
           "Nothing seems to be wrong with the picture (%.0f %%)" % (SURE * 100))
    assert "out.ppm" not in listing(".")


def what_no_model_does():
    write_ppm("in.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *AUTO, **models(snow=3)), FAILED,
           "The picture seems to need “snow” (%.0f %%). No installed model offers" % (SURE * 100))
    assert "out.ppm" not in listing(".")


def without_a_detection_model():
    write_ppm("in.ppm")
    for words in (("detect", "in.ppm"), ("restore", "in.ppm", "-o", "out.ppm", *AUTO)):
        expect(mend(*words), FAILED, "No installed model detects what is wrong with a picture")


def models_and_check():
    """A detection model is listed as one, and is no model to restore with."""
    env = models(noise=3)
    listed = expect(mend("models", **env), OK).stdout
    assert "detection of motion-blur, haze" in listed, listed
    result = json.loads(expect(mend("models", "--json", **env), OK).stdout)
    one, = result["detectors"]
    assert one["id"] == "context" and "noise" in one["classes"] and "clean" in one["classes"]
    assert "context" not in [m["id"] for m in result["models"]]
    assert "whole detection model" in expect(mend("check", "found/context.safetensors"), OK).stdout
    write_ppm("in.ppm")
    for model in ("context", "found/context.safetensors"):
        expect(mend("restore", "in.ppm", "-o", "out.ppm", "--task", "noise", "--model", model, **env),
               USAGE, "context")


main([findings, bad_pictures, automatic, clean_pictures_are_left_alone, what_no_model_does,
      without_a_detection_model, models_and_check])
