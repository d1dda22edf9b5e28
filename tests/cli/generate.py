# SPDX-License-Identifier: GPL-3.0-or-later
"""mend generate: sizes, names, seeds, counts, exit codes. The model "texture" is random: its pictures
are noise, but they are the same noise every time."""
import json
import pathlib
import struct

from program import FAILED, GOLDEN, OK, USAGE, expect, listing, main, mend

TINY = ["--size", "24x16", "--device", "cpu"]


def generate(*words):
    return mend("generate", *TINY, *words)


def one_picture():
    expect(generate("-o", "a.ppm"), OK)
    expect(generate("-o", "b.ppm"), OK)
    expect(generate("-o", "c.ppm", "--seed", "1"), OK)
    files = listing(".")
    assert files["a.ppm"].startswith(b"P6\n24 16\n255\n")
    assert files["a.ppm"] == files["b.ppm"] != files["c.ppm"]


def several():
    result = expect(generate("-o", "t.ppm", "--count", "5", "--steps", "8", "--json"), OK)
    report = json.loads(result.stdout)
    assert sorted(listing(".")) == ["t-%d.ppm" % i for i in range(1, 6)]
    assert len(set(listing(".").values())) == 5
    assert [r["evaluations"] for r in report["results"]] == [19, 19, 8, 8, 8], report
    assert [r["chain"] for r in report["results"]] == [0, 1, 0, 1, 0]
    assert report["evaluations"] == 62 and report["model"] == "texture"


def sizes():
    result = expect(generate("-o", "t.ppm", "--size", "25x17", "--json"), OK)
    report = json.loads(result.stdout)
    assert (report["width"], report["height"]) == (26, 18) and "instead of 25" in report["note"]
    assert "instead of 25" in result.stderr
    expect(generate("-o", "u.ppm", "--size", "25x17", "--tileable", "no"), OK)
    assert listing(".")["u.ppm"].startswith(b"P6\n25 17\n")


def seams():
    """Opposite edges of a torus are neighbours: on average they differ as others do."""
    words = ["-o", "t.ppm", "--size", "64x64", "--method", "plain", "--steps", "2", "--count", "8", "--json"]
    seams = [r["seam"] for r in json.loads(expect(generate(*words), OK).stdout)["results"]]
    assert 0.9 < sum(seams) / 8 < 1.1, seams


def windows_and_memory():
    """State in files, and windows of an evaluation, change no bit. 1184 pixels: from 16 MiB a state
    on they count against MEND_MEMORY."""
    words = ["generate", "-o", "t.ppm", "--device", "cpu", "--size", "1184x1184", "--method", "plain", "--steps", "1"]
    expect(mend(*words), OK)
    whole = pathlib.Path("t.ppm").read_bytes()
    expect(mend(*words, MEND_MEMORY="0"), OK)
    assert pathlib.Path("t.ppm").read_bytes() == whole


def bad_network():
    """One whose answers are a hundred times too large, and whose pictures are not plain, so that nothing
    holds their contrast: chains are lost, for good in the end."""
    data = bytearray((GOLDEN / "texture.safetensors").read_bytes())
    size, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    begin, end = (8 + size + v for v in header["ending.weight"]["data_offsets"])
    kind = {"F16": "e", "F32": "f"}[header["ending.weight"]["dtype"]]
    values = struct.unpack("<%d%s" % ((end - begin) // struct.calcsize(kind), kind), data[begin:end])
    data[begin:end] = struct.pack("<%d%s" % (len(values), kind), *(v * 100 for v in values))
    header["unused"] = header.pop("paints")
    text = json.dumps(header).encode()
    pathlib.Path("bad.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
    words = ["-o", "t.ppm", "--model", "bad.safetensors", "--count", "2", "--chains", "1"]
    expect(generate(*words), FAILED, "was lost 4 times: it left the range of the data")
    assert sorted(listing(".")) == ["bad.safetensors", "t-1.ppm"]


def methods_and_materials():
    """Of the second picture: a chain's first one does not know of integrator and similarity."""
    for i, words in enumerate((["--material", "stone"], ["--material", "brick"],
                               ["--method", "plain"], ["--integrator", "deis-2"], ["--integrator", "reverse-diffusion"],
                               ["--similarity", "0.9", "--steps", "2"])):
        expect(generate("-o", "%d.ppm" % i, "--count", "2", "--chains", "1", *words), OK)
    second = {data for name, data in listing(".").items() if name.endswith("-2.ppm")}
    assert len(second) == 6


def wrong_usage():
    for words, message in (
            (["--size", "24"], "512x512"), (["--size", "4x4"], "8 to 65536"),
            (["--material", "soup"], "stone, brick"), (["--integrator", "soup"], "integrator"),
            (["--method", "soup"], "plain or dlg"), (["--steps", "1"], "2 to 1000"),
            (["--similarity", "2"], "similarity"), (["--seed", "-1"], "seed"),
            (["--model", "random"], "texture"), (["--device", "abacus"], "abacus")):
        expect(generate("-o", "t.ppm", *words), USAGE, message)
    expect(mend("generate"), USAGE, "Where to?")
    expect(generate("-o", "missing/t.ppm"), FAILED, "missing")
    result = expect(generate("-o", "t.pgm", "--json"), FAILED, "colours")
    told = json.loads(result.stdout)
    assert told["results"] == [] and "colours" in told["error"], told
    assert not listing(".")


def no_model():
    pathlib.Path("empty").mkdir()
    expect(mend("generate", "-o", "t.ppm", MEND_MODELS="empty"), FAILED, "no texture model")


main([one_picture, several, sizes, seams, windows_and_memory, bad_network, methods_and_materials, wrong_usage, no_model])
