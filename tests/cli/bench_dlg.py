# SPDX-License-Identifier: GPL-3.0-or-later
"""mend bench dlg: the table, its file, its drawing, going on with what is there. The model "texture"
is random: which method is better means nothing here."""
import json
import os
import pathlib
import statistics
import xml.etree.ElementTree

from program import FAILED, OK, USAGE, expect, main, mend, write_ppm

WORDS = ["--tiles", "tiles", "--device", "cpu", "--side", "18", "--similarity", "0.9"]
FEW = ["--samples", "8", "--seeds", "2", "--integrators", "karras,rk45", "--evaluations", "10,21"]


def make_tiles(**counts):
    for material, count in counts.items():
        os.makedirs("tiles/" + material)
        for i in range(count):
            data = bytes((v * (i + 3) + v // 31) % 251 for v in range(24 * 20 * 3))
            write_ppm("tiles/%s/%d.ppm" % (material, i), 24, 20, data)


def bench(*words, status=OK, message=None):
    return expect(mend("bench", "dlg", *WORDS, *words), status, message)


def table_of(path="dlg/dlg.json"):
    table = json.loads(pathlib.Path(path).read_text())
    return table, {(r["integrator"], r["method"], r["evaluations"], r["seed"]): r for r in table["rows"]}


def whole_table():
    make_tiles(stone=3, brick=1)
    out = bench(*FEW).stdout
    table, rows = table_of()
    assert {*rows} == {(i, m, e, s) for i in ("karras", "rk45") for m in ("plain", "dlg")
                       for e in (10, 21) for s in (0, 1)} | {("held-out", "plain", 0, s) for s in (0, 1)}
    assert (table["model"], table["materials"], table["samples"]) == ("texture", 2, 8)
    for (name, method, evaluations, _), row in rows.items():
        if row["sliced"] is None:  # chains of a random network may be lost: a row without numbers
            continue
        assert row["sliced"] > 0 and row["frechet"] > 0 and row["restarts"] is not None
        assert row["spent"] <= evaluations
        if name == "karras":  # of 2 chains of 4 pictures; Karras' method takes an odd number
            each = {10: 5, 21: (8 * 21 - 2 * 19) // 8}[evaluations]
            assert row["spent"] == (evaluations - 1 + evaluations % 2 if method == "plain" else
                                    (2 * 19 + 8 * each) / 8), row
    values = [rows["karras", "plain", 10, s]["frechet"] for s in (0, 1)]
    assert "%.4f ±%.4f" % (statistics.mean(values), statistics.stdev(values)) in out, out
    for point in table["verdict"]:
        check_point(point, rows, out)
    assert len(table["verdict"]) == 4


def check_point(point, rows, out):
    """One line of the verdict, in the table and as printed, against the rows it is made of."""
    plain, dlg = ([rows[point["integrator"], m, point["evaluations"], s] for s in (0, 1)]
                  for m in ("plain", "dlg"))
    failed = [sum(r["sliced"] is None for r in part) for part in (plain, dlg)]
    assert [point["failed_plain"], point["failed_dlg"]] == failed, point
    both = [(p, d) for p, d in zip(plain, dlg) if None not in (p["sliced"], d["sliced"])]
    less = [[p[k] - d[k] for p, d in both] for k in ("sliced", "frechet")]
    nearer = bool(both) and all(statistics.mean(v) > 0 for v in less)
    better = failed[1] < failed[0] or failed[1] == failed[0] and nearer
    clear = not sum(failed) and all(abs(statistics.mean(v)) > statistics.stdev(v) for v in less)
    assert point["better"] == ("dlg" if better else "not dlg"), point
    assert point["beyond_deviations"] == ("yes" if clear else "no"), point
    where = "At 20 evaluations and fewer" if point["evaluations"] <= 20 else "Above 20 evaluations"
    part = out[out.index(where + (" DLG is better" if better else " it is not")):]
    line = part[part.index("  %s at %d:" % (point["integrator"], point["evaluations"])):].splitlines()[0]
    if both:
        assert "sliced %+.4f" % -statistics.mean(less[0]) in line, line
    if len(both) > 1:
        assert " ±%.4f," % statistics.stdev(less[0]) in line, line
    assert ("within the deviations" in line) == (not clear and not sum(failed)), line
    assert ("failed of 2: %d with DLG, %d without" % (failed[1], failed[0]) in line) == bool(sum(failed))


def failures():
    """A set that failed has no distances, and says so: it is no distance of its own."""
    make_tiles(stone=2)
    words = ["--samples", "4", "--seeds", "2", "--integrators", "karras", "--evaluations", "15"]
    bench(*words)
    for lost in ([("dlg", 0)], [("plain", 0)], [("plain", 0), ("dlg", 1)], [("dlg", 0), ("dlg", 1)]):
        table, rows = table_of()
        for method, seed in lost:
            rows["karras", method, 15, seed].update(sliced=None, frechet=None)
        os.makedirs("lost", exist_ok=True)
        pathlib.Path("lost/dlg.json").write_text(json.dumps(table))
        out = bench(*words, "-o", "lost").stdout
        assert "nan" not in out and "0000000" not in out, out
        table, rows = table_of("lost/dlg.json")
        result = json.loads(bench(*words, "-o", "lost", "--json").stdout)
        check_point(result["verdict"][0], rows, out)


def drawing():
    make_tiles(stone=1)
    bench("--samples", "4", "--seeds", "2", "--integrators", "karras", "--evaluations", "15,30")
    root = xml.etree.ElementTree.parse("dlg/dlg.svg").getroot()
    texts = ["".join(e.itertext()) for e in root.findall(".//{*}text")]
    for text in ("plain", "DLG", "15", "30", "held-out"):
        assert text in texts, texts
    kinds = [e.get("class") for e in root.findall(".//{*}path")]
    assert kinds.count("line") == 2 * 3 + 3  # panels and legend
    assert kinds.count("bar") == 2 * 3 * 2


def goes_on():
    make_tiles(stone=2)
    words = ["--samples", "4", "--seeds", "1", "--integrators", "karras"]
    bench("--evaluations", "15", *words)
    table, rows = table_of()
    rows["karras", "dlg", 15, 0]["sliced"] = 12.25  # to be known again
    pathlib.Path("dlg/dlg.json").write_text(json.dumps(table))
    result = json.loads(bench("--evaluations", "15,16", "--json", *words).stdout)
    assert result == table_of()[0] and table_of()[1]["karras", "dlg", 15, 0]["sliced"] == 12.25
    assert len(result["rows"]) == 5
    bench("--evaluations", "15,16", *words, "-o", "again")
    for key, row in table_of("again/dlg.json")[1].items():
        if key != ("karras", "dlg", 15, 0):  # the same numbers, in whatever order
            assert row["sliced"] == table_of()[1][key]["sliced"], key


def cut_up():
    """Five samples are two tori, of which one makes four."""
    make_tiles(stone=2)
    words = ["--samples", "5", "--seeds", "1", "--integrators", "karras", "--evaluations", "15"]
    bench(*words, "--torus", "36")
    table, rows = table_of()
    assert (table["side"], table["torus"]) == (18, 36)
    assert rows["karras", "dlg", 15, 0]["spent"] == (19 + 2 * 5) / 2
    bench(*words, status=FAILED, message="another --torus")
    bench(*words, "--torus", "20", "-o", "other", status=USAGE)


def refusals():
    make_tiles(stone=1, brick=1)
    few = ["--samples", "4", "--seeds", "1", "--integrators", "ddim", "--evaluations", "20"]
    bench(*few)
    before = pathlib.Path("dlg/dlg.json").read_bytes()
    for words in (["--samples", "5"], ["--length", "7"], ["--similarity", "0.5"], ["--side", "20"],
                  ["--tone", "even"]):
        bench(*few, *words, status=FAILED, message="another " + words[0])
    write_ppm("tiles/brick/more.ppm", 24, 20)
    bench(*few, status=FAILED, message="other textures")
    assert pathlib.Path("dlg/dlg.json").read_bytes() == before
    for words in (["--samples", "1"], ["--seeds", "0"], ["--side", "19"], ["--side", "16"],
                  ["--evaluations", "0"], ["--evaluations", "9"], ["--integrators", "soup"],
                  ["--similarity", "2"], ["--model", "soup"], ["--tone", "soup"]):
        bench(*few, *words, "-o", "other", status=USAGE)
    bench(*few, "--model", "random", "-o", "other", status=USAGE)
    bench(*few, "--tiles", "nowhere", "-o", "other", status=FAILED, message="nowhere")
    bench(*few, "--side", "22", "-o", "other", status=FAILED, message="24 × 20")
    os.makedirs("tiles/soup")
    bench(*few, "-o", "other", status=FAILED, message="stone, brick")
    expect(mend("bench", "dlg"), USAGE, "--tiles")


main([whole_table, failures, drawing, goes_on, cut_up, refusals])
