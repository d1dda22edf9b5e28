# SPDX-License-Identifier: GPL-3.0-or-later
"""mend bench nfe: the table, its file, its drawing, going on with what is there."""
import json
import os
import pathlib
import xml.etree.ElementTree

from program import FAILED, GOLDEN, OK, USAGE, expect, main, mend, pixels, write_ppm

WORDS = ["--model", "random", "--device", "cpu"]
SAMPLERS = {"posterior": 1, "euler-sde": 1, "euler-ode": 1, "mr-ode-1": 1, "mr-ode-2": 2,
            "mr-ode-3": 3, "mr-sde-1": 1, "mr-sde-2": 2}


def make_pairs(*tasks):
    for task in tasks:
        for kind in ("lq", "gt"):
            os.makedirs("set/%s/%s" % (task, kind))
        for name, add in (("1", 4), ("2", 10)):
            truth = bytes(v // 2 for v in pixels(20, 16))
            write_ppm("set/%s/gt/%s.ppm" % (task, name), 20, 16, truth)
            write_ppm("set/%s/lq/%s.ppm" % (task, name), 20, 16, bytes(v + add for v in truth))


def bench(*words, status=OK, message=None):
    return expect(mend("bench", "nfe", "set", *WORDS, *words), status, message)


def table_of(path="nfe/noise.json"):
    table = json.loads(pathlib.Path(path).read_text())
    return table, {(r["sampler"], r["steps"]): r for r in table["rows"]}


def whole_table():
    make_pairs("noise", "rain")
    out = bench("--steps", "1,2,5,100").stdout
    table, rows = table_of()
    assert {*rows} == {(s, n) for s, order in SAMPLERS.items() for n in (1, 2, 5, 100) if n >= order}
    assert (table["task"], table["model"], table["grid"]) == ("noise", "random", "linspace")
    assert (table["crop"], table["pictures"]) == (0, 2) and not os.path.exists("nfe/rain.json")
    for score in ("psnr", "ssim", "gmsd", "sharp"):
        assert table["input"][score] is not None
        assert all(row[score] is not None for row in rows.values())
    best = max((rows[s, 5] for s in SAMPLERS if s.startswith("mr-")), key=lambda row: row["psnr"])
    psnr, ssim = (best[k] - rows["posterior", 100][k] for k in ("psnr", "ssim"))
    verdict = "holds" if psnr >= -0.1 and ssim >= -0.005 else "fails"
    assert "noise: %s at 5 against posterior at 100: PSNR %+.3f dB, SSIM %+.5f: %s" % (
        best["sampler"], psnr, ssim, verdict) in out, out
    for n in (1, 5):  # a row is what mend eval says
        mean = json.loads(expect(mend("eval", "set/noise", "--task", "noise", *WORDS, "--json",
                                      "--steps", n, "--sampler", "mr-ode-1"), OK).stdout)["mean"]
        for score in ("psnr", "ssim", "gmsd", "sharp"):
            assert abs(mean[score] - rows["mr-ode-1", n][score]) < 1e-6, (n, score)


def other_grid():
    make_pairs("noise")
    bench("--steps", "5", "--samplers", "mr-ode-1", "--grid", "karras-n", "-o", "karras")
    bench("--steps", "5", "--samplers", "mr-ode-1")
    (one, a), (two, b) = table_of("karras/noise.json"), table_of()
    assert (one["grid"], two["grid"]) == ("karras-n", "linspace")
    assert a["mr-ode-1", 5]["psnr"] != b["mr-ode-1", 5]["psnr"]
    bench("--steps", "1", "--grid", "uniform", status=USAGE)


def drawing():
    make_pairs("noise")
    bench("--steps", "1,5", "--samplers", "posterior,mr-ode-1,mr-ode-2")
    root = xml.etree.ElementTree.parse("nfe/noise.svg").getroot()
    texts = ["".join(e.itertext()) for e in root.findall(".//{*}text")]
    for text in ("posterior", "mr-ode-2", "1", "5", "network evaluations"):
        assert text in texts, text
    assert "mr-sde-1" not in texts
    lines = [e for e in root.findall(".//{*}path") if e.get("class") == "line"]
    assert len(lines) == 4 * 3 + 3  # panels and legend
    width, height = int(root.get("width")), int(root.get("height"))
    for mark in root.findall(".//{*}circle"):
        assert 0 < float(mark.get("cx")) < width and 0 < float(mark.get("cy")) < height


def goes_on():
    make_pairs("noise", "jpeg")
    few = ["--samplers", "posterior,mr-sde-1", "--crop", "12", "--pictures", "1"]
    bench("--task", "noise", "--steps", "1,2", *few)
    table, rows = table_of()
    assert (table["crop"], table["pictures"]) == (12, 1) and not os.path.exists("nfe/jpeg.json")
    rows["posterior", 2]["psnr"] = 12.25  # to be known again
    pathlib.Path("nfe/noise.json").write_text(json.dumps(table))
    result = json.loads(bench("--steps", "2,3", "--json", *few).stdout)
    rows = table_of()[1]
    assert [(r["sampler"], r["steps"]) for r in table_of()[0]["rows"]] == [
        (s, n) for s in ("mr-sde-1", "posterior") for n in (1, 2, 3)]
    assert rows["posterior", 2]["psnr"] == 12.25 and rows["posterior", 3]["psnr"] != 12.25
    assert [t["task"] for t in result["tasks"]] == ["jpeg", "noise"]
    assert [len(t["rows"]) for t in result["tasks"]] == [4, 6]


def refusals():
    make_pairs("noise")
    bench("--steps", "1", "--samplers", "mr-ode-1")
    before = pathlib.Path("nfe/noise.json").read_bytes()
    for words, why in ((["--crop", "8"], "--crop"), (["--seed", "1"], "--seed"),
                       (["--pictures", "1"], "pictures"),
                       (["--model", GOLDEN / "identity.safetensors"], "model")):
        bench(*words, status=FAILED, message="another")
        assert why in bench(*words, status=FAILED).stderr
    assert pathlib.Path("nfe/noise.json").read_bytes() == before
    for text in (b"", b"{}", before[:-9], before.replace(b'"mr-ode-1"', b'"ddim"')):
        pathlib.Path("nfe/noise.json").write_bytes(text)
        bench(status=FAILED, message="nfe/noise.json")
    for words in (["--steps", "0"], ["--steps", "5,1"], ["--steps", ""], ["--samplers", "ddim"],
                  ["--samplers", "posterior,posterior"], ["--task", "sleet"], ["--crop", "-1"]):
        bench(*words, status=USAGE)
    assert mend("bench", "nfe").returncode == USAGE
    expect(mend("bench", "nfe", "nowhere", *WORDS), FAILED, "nowhere")
    os.remove("set/noise/gt/2.ppm")
    bench("-o", "other", status=FAILED, message="2.ppm")


main([whole_table, other_grid, drawing, goes_on, refusals])
