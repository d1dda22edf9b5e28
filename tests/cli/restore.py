# SPDX-License-Identifier: GPL-3.0-or-later
"""mend restore: where results go, masks, several pictures, exit codes. The model "identity" returns
the picture, so a result is known byte for byte; "random" changes it."""
import json
import os
import pathlib
import shutil
import struct
import zlib

from program import (DENOISE, FAILED, GOLDEN, OK, SOME, USAGE, Skip, expect, listing, main, mend, pixels,
                     read_pfm, write_pfm, write_pgm, write_ppm)

IDENTITY = [*DENOISE, "--model", "identity"]
RANDOM = [*DENOISE, "--model", "random"]
PROFILE = (struct.pack(">I", 232) + b"\0\0\0\0\2\0\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) +
           b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d" + bytes(52) + bytes(i * i * 7 % 251 for i in range(100)))


def one_picture():
    data = write_ppm("in.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *IDENTITY), OK)
    assert listing(".")["out.ppm"] == pathlib.Path(data).read_bytes()
    expect(mend("restore", "in.ppm", "-o", "other.ppm", *RANDOM), OK)
    assert listing(".")["other.ppm"] != listing(".")["in.ppm"]


def extreme_shapes():
    for width, height in ((1, 1), (1, 5000), (5000, 1), (3, 2)):
        write_ppm("in.ppm", width, height)
        expect(mend("restore", "in.ppm", "-o", "out.ppm", *IDENTITY), OK)
        assert listing(".")["in.ppm"] == listing(".")["out.ppm"]
        expect(mend("restore", "in.ppm", "-o", "out.ppm", *RANDOM), OK)


def nan_and_infinity():
    values = [0.25] * 27
    values[4], values[10], values[20], values[25] = float("nan"), float("inf"), -float("inf"), 3.5
    write_pfm("in.pfm", 3, 3, values)
    expect(mend("restore", "in.pfm", "-o", "out.pfm", *IDENTITY), OK)
    out = read_pfm("out.pfm")
    assert all(0 <= out[i] <= 1 for i in (4, 10, 20)), out
    assert out[25] == 3.5 and out[0] == 0.25


def strength_zero_is_the_file_itself():
    values = [float(i) / 7 - 1 for i in range(60)]
    values[3] = float("nan")
    write_pfm("in.pfm", 5, 4, values)
    expect(mend("restore", "in.pfm", "-o", "out.pfm", "--strength", "0", *RANDOM), OK)
    assert listing(".")["in.pfm"] == listing(".")["out.pfm"]


def tile_and_threads_do_not_matter():
    write_ppm("in.ppm", 90, 70)
    outs = []
    for tile, threads in ((0, "1"), (16, "1"), (48, "3")):
        expect(mend("restore", "in.ppm", "-o", "out.pfm", "--tile", tile, *RANDOM,
                    MEND_THREADS=threads), OK)
        outs.append(read_pfm("out.pfm"))
    for other in outs[1:]:
        assert max(abs(a - b) for a, b in zip(outs[0], other)) <= 1e-4


def json_report():
    write_ppm("in.ppm")
    result = expect(mend("restore", "in.ppm", "-o", "out.ppm", "--steps", "3", "--json", *RANDOM), OK)
    one, = json.loads(result.stdout)["results"]
    assert one["output"] == "out.ppm" and one["model"] == "random" and one["steps"] == 3
    assert one["device"] == "cpu" and one["sampler"] == "mr-ode-2" and one["seconds"] > 0


def several_into_a_folder():
    for name in ("a.ppm", "b.ppm"):
        write_ppm(name, 9, 8)
    expect(mend("restore", "a.ppm", "b.ppm", "-o", "new/deep", *IDENTITY), OK)
    assert sorted(listing("new/deep")) == ["a.ppm", "b.ppm"]
    expect(mend("restore", "a.ppm", "-o", "one", *IDENTITY), OK)  # no picture's name: a folder
    assert sorted(listing("one")) == ["a.ppm"]


def one_of_several_fails():
    write_ppm("a.ppm")
    write_ppm("c.ppm")
    pathlib.Path("b.ppm").write_bytes(b"P6\n5 5\n255\nshort")
    result = mend("restore", "a.ppm", "b.ppm", "c.ppm", "-o", "out", "--json", *IDENTITY)
    expect(result, SOME, "b.ppm")
    assert sorted(listing("out")) == ["a.ppm", "c.ppm"]
    assert ["error" in r for r in json.loads(result.stdout)["results"]] == [False, True, False]


def all_fail():
    pathlib.Path("a.ppm").write_bytes(b"")
    result = mend("restore", "a.ppm", "none.ppm", "-o", "out", *IDENTITY)
    assert result.returncode == FAILED and len(result.stderr.splitlines()) == 2
    assert not listing("out")


def inputs_are_safe():
    os.mkdir("sub")
    write_ppm("a.ppm")
    write_ppm("sub/a.ppm", 3, 3)
    write_ppm("b.ppm", 5, 5)
    before = listing(".")
    expect(mend("restore", "a.ppm", "b.ppm", "-o", ".", *RANDOM), USAGE, "overwritten")
    expect(mend("restore", "a.ppm", "-o", ".", *RANDOM), USAGE, "overwritten")
    expect(mend("restore", "a.ppm", "sub/a.ppm", "-o", "out", *RANDOM), USAGE, "both become")
    assert listing(".") == before
    expect(mend("restore", "a.ppm", "-o", "a.ppm", *RANDOM), OK)  # named: the user means it
    assert listing(".")["a.ppm"] != before["a.ppm"]
    os.chmod("b.ppm", 0o640)
    expect(mend("restore", "b.ppm", "-o", "b.ppm", *RANDOM), OK)
    assert os.stat("b.ppm").st_mode & 0o777 == 0o640


def mask_is_the_hole():
    """What lies in the hole does not matter: it is filled from around it, and nothing else changes."""
    side, hole = 24, range(8, 17)
    inside = [x in hole and y in hole for y in range(side) for x in range(side)]
    write_ppm("in.ppm", side, side, b"".join(b"\0\0\0" if i else b"\x60\x90\xc0" for i in inside))
    write_pgm("mask.pgm", side, side, bytes(255 if i else 0 for i in inside))
    fill = ["--task", "inpainting", "--model", "means-only", "--device", "cpu", "--mask", "mask.pgm"]
    for strength, colour in (("1", b"\x60\x90\xc0"), ("0.5", b"\x30\x48\x60"), ("0", b"\0\0\0")):
        expect(mend("restore", "in.ppm", "-o", "out.ppm", "--strength", strength, *fill), OK)
        data = listing(".")["out.ppm"][-3 * len(inside):]
        for i, hidden in enumerate(inside):
            assert data[3 * i:3 * i + 3] == (colour if hidden else b"\x60\x90\xc0"), (strength, i)


def grain_of_a_fill():
    """Texture as around the hole, in the hole alone; none where none is wanted."""
    side, hole = 64, range(24, 40)
    inside = [x in hole and y in hole for y in range(side) for x in range(side)]
    rough = bytes(120 + 37 * i * i % 19 for i in range(3 * side * side))
    write_ppm("in.ppm", side, side, rough)
    write_pgm("mask.pgm", side, side, bytes(255 if i else 0 for i in inside))
    fill = ["--task", "inpainting", "--model", "means-only", "--device", "cpu", "--mask", "mask.pgm"]
    found = {}
    for grain in ("0", "0.5", "1"):
        expect(mend("restore", "in.ppm", "-o", "out.ppm", "--grain", grain, *fill), OK)
        found[grain] = listing(".")["out.ppm"][-3 * len(inside):]
    apart = {a: [abs(x - y) for x, y in zip(found[a], found["0"])] for a in found}
    assert 2 < sum(apart["1"]) / (3 * 16 * 16) < 20, sum(apart["1"])
    assert sum(apart["0.5"]) < 0.7 * sum(apart["1"])
    assert not any(d for i, d in enumerate(apart["1"]) if not inside[i // 3])
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *fill), OK)
    assert listing(".")["out.ppm"][-3 * len(inside):] == found["1"]
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--grain", "2", *fill), USAGE, "grain")


def alternatives_beside_the_result():
    """Each a picture of its own with the result's alpha and depth, listed; the map is grey."""
    write_ppm("in.ppm", 30, 20)
    result = expect(mend("restore", "in.ppm", "-o", "out.ppm", "--alternatives", "2", "--uncertainty",
                         "--json", *RANDOM), OK)
    one, = json.loads(result.stdout)["results"]
    assert one["alternatives"] == ["out-alt-1.ppm", "out-alt-2.ppm"]
    cost = one["alternative_evaluations"]
    assert cost["next"] < cost["first"] and cost["all"] == 4 * (cost["first"] + cost["next"]), cost
    found = listing(".")
    assert sorted(found) == ["in.ppm", "out-alt-1.ppm", "out-alt-2.ppm", "out-uncertainty.ppm", "out.ppm"]
    assert len({found[name] for name in found}) == len(found)
    assert len({len(data) for data in found.values()}) == 1
    spread = one["uncertainty"]
    assert spread["output"] == "out-uncertainty.ppm" and spread["alternatives"] == 8
    assert 1 < spread["effective"] <= 8 and spread["white"] > 0
    grey = found["out-uncertainty.ppm"][-30 * 20 * 3:]
    assert grey[0::3] == grey[1::3] == grey[2::3] and max(grey) > 0
    plain = expect(mend("restore", "in.ppm", "-o", "plain.ppm", "--json", *RANDOM), OK)
    assert "alternatives" not in json.loads(plain.stdout)["results"][0]
    assert listing(".")["plain.ppm"] == found["out.ppm"]


def alternatives_of_a_hole():
    """Known pixels are the same in all, to the byte; so is a hole that a model fills one way only."""
    side, hole = 24, range(8, 17)
    inside = [x in hole and y in hole for y in range(side) for x in range(side)]
    data = write_ppm("in.ppm", side, side)
    write_pgm("mask.pgm", side, side, bytes(255 if i else 0 for i in inside))
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--task", "inpainting", "--model", "means-only",
                "--device", "cpu", "--mask", "mask.pgm", "--alternatives", "3"), OK)
    found = listing(".")
    before = pathlib.Path(data).read_bytes()[-3 * len(inside):]
    for i in range(1, 4):
        after = found["out-alt-%d.ppm" % i][-3 * len(inside):]
        for k, hidden in enumerate(inside):
            assert hidden or after[3 * k:3 * k + 3] == before[3 * k:3 * k + 3], (i, k)


def alternatives_are_refused():
    write_ppm("in.ppm")
    write_ppm("in-alt-2.ppm")
    before = listing(".")
    expect(mend("restore", "in-alt-2.ppm", "-o", "in.ppm", "--alternatives", "2", *RANDOM), USAGE,
           "overwritten")
    result = mend("restore", "in.ppm", "in-alt-2.ppm", "-o", "out", "--alternatives", "2", *RANDOM)
    expect(result, USAGE, "two results")
    assert "in.ppm" not in listing("out")
    shutil.rmtree("out")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--alternatives", "65", *RANDOM), USAGE, "alternatives")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--variety", "2", *RANDOM), USAGE, "variety")
    assert listing(".") == before


def mask_file():
    write_ppm("in.ppm", 4, 2)
    write_pgm("mask.pgm", 4, 2, bytes([0, 255, 0, 255, 0, 0, 255, 128]))
    expect(mend("restore", "in.ppm", "-o", "all.pfm", *RANDOM), OK)
    expect(mend("restore", "in.ppm", "-o", "some.pfm", "--mask", "mask.pgm", *RANDOM), OK)
    expect(mend("restore", "in.ppm", "-o", "none.pfm", "--strength", "0", *RANDOM), OK)
    full, some, none = (read_pfm(name) for name in ("all.pfm", "some.pfm", "none.pfm"))
    upper = 12  # PFM begins with the lowest row
    for x, masked in enumerate((0, 1, 0, 1)):
        for i in range(upper + 3 * x, upper + 3 * x + 3):
            assert some[i] == (full if masked else none)[i]
    half = none[9] + 128 / 255 * (full[9] - none[9])
    assert abs(some[9] - half) < 1e-6


def mask_of_wrong_size():
    write_ppm("in.ppm", 4, 2)
    write_pgm("mask.pgm", 2, 4, bytes(8))
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--mask", "mask.pgm", *RANDOM), FAILED,
           "mask.pgm has 2 × 4")
    assert "out.ppm" not in listing(".")


def mask_folder():
    os.mkdir("masks")
    for name, white in (("a.ppm", 255), ("b.ppm", 0)):
        write_ppm(name, 4, 4)
        write_ppm("masks/" + name, 4, 4, bytes([white] * 48))
    expect(mend("restore", "a.ppm", "b.ppm", "-o", "out", "--mask", "masks", *RANDOM), OK)
    assert listing("out")["b.ppm"] == listing(".")["b.ppm"]
    assert listing("out")["a.ppm"] != listing(".")["a.ppm"]
    os.remove("masks/a.ppm")
    expect(mend("restore", "a.ppm", "-o", "x.ppm", "--mask", "masks", *RANDOM), FAILED, "masks/a.ppm")


def png(path, chunks, width=5, height=4):
    """An RGB picture with chunks (name, data) before its pixels."""
    rows = pixels(3 * width, height, 1)
    data = b"".join(b"\0" + rows[y * 3 * width:(y + 1) * 3 * width] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    out = b"\x89PNG\r\n\x1a\n"
    for name, body in [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]:
        out += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    pathlib.Path(path).write_bytes(out)


def png_chunks(path):
    data, at, found = pathlib.Path(path).read_bytes(), 8, {}
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        found[name] = found.get(name, b"") + data[at + 8:at + 8 + size]
        at += size + 12
    return found


def png_keeps_colours_and_resolution():
    """A profile, or sRGB, and pixels a metre come out as they went in; so do the pixels."""
    density = (b"pHYs", struct.pack(">IIB", 11811, 5906, 1))
    for chunks in ([(b"sRGB", b"\1"), density], [(b"gAMA", struct.pack(">I", 55000)), density],
                   [(b"iCCP", b"mine\0\0" + zlib.compress(PROFILE))], []):
        png("in.png", chunks)
        result = mend("restore", "in.png", "-o", "out.png", *IDENTITY)
        if "PNG" in result.stderr:
            raise Skip("built without libpng")
        expect(result, OK)
        before, after = png_chunks("in.png"), png_chunks("out.png")
        for name, body in chunks:
            if name == b"iCCP":
                assert zlib.decompress(after[name].split(b"\0", 1)[1][1:]) == PROFILE
            else:
                assert after[name] == body, name
        if not chunks:
            assert set(after) == set(before), after.keys()
        expect(mend("restore", "in.png", "-o", "in.ppm", *IDENTITY), OK)
        expect(mend("restore", "out.png", "-o", "out.ppm", *IDENTITY), OK)
        assert pathlib.Path("in.ppm").read_bytes() == pathlib.Path("out.ppm").read_bytes()


def jpeg_markers(data):
    """What is before the first scan: (marker, data), and the rest."""
    found, at = [], 2
    while data[at + 1] != 0xda:
        size, = struct.unpack(">H", data[at + 2:at + 4])
        found.append((data[at + 1], data[at + 4:at + 2 + size]))
        at += 2 + size
    return found, data[at:]


def photograph(path, orientation, size):
    """A JPEG file as of a camera held so: a ramp down to the right, the EXIF marker first."""
    width, height = size
    write_ppm("ramp.ppm", width, height, bytes(min(255, 2 * x + 3 * y + 20 * c) for y in range(height)
                                               for x in range(width) for c in range(3)))
    result = mend("restore", "ramp.ppm", "-o", "ramp.jpg", *IDENTITY)
    if "JPEG" in result.stderr:
        raise Skip("built without libjpeg-turbo")
    expect(result, OK)
    data = pathlib.Path("ramp.jpg").read_bytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\1" + struct.pack(">HHIHHI", 0x112, 3, 1, orientation, 0, 0)
    pathlib.Path(path).write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])


def jpeg_stands_upright():
    """A folder of photographs, one of them held on its side: as JPEG, as PNG, detected, and with a mask."""
    os.mkdir("photos")
    photograph("photos/held.jpg", 6, (40, 24))
    photograph("photos/flat.JPG", 1, (40, 24))
    expect(mend("restore", "photos/held.jpg", "photos/flat.JPG", "-o", "out", *IDENTITY), OK)
    for name, size in (("held.jpg", (24, 40)), ("flat.JPG", (40, 24))):
        markers, _ = jpeg_markers(pathlib.Path("out", name).read_bytes())
        exif, = [data for marker, data in markers if marker == 0xe1]
        frame, = [data for marker, data in markers if 0xc0 <= marker <= 0xc2]
        assert exif[:6] == b"Exif\0\0" and exif[24:26] == b"\0\1", exif
        assert struct.unpack(">HH", frame[1:5]) == size[::-1]
        assert frame[7] == frame[10] == frame[13] == 0x11  # all colours in full resolution
    os.mkdir("masks")
    write_pgm("masks/held.pgm", 24, 40, bytes(24 * 40))
    expect(mend("restore", "photos/held.jpg", "-o", "masked.pfm", "--mask", "masks", *RANDOM), OK)
    expect(mend("restore", "photos/held.jpg", "-o", "held.pfm", *IDENTITY), OK)
    assert read_pfm("masked.pfm") == read_pfm("held.pfm")
    top = read_pfm("held.pfm")[-3 * 24:]  # its rows go from the bottom to the top
    assert top[0] > top[-3] + 0.2, "the stored lower left is now upper left"
    photograph("masks/held.jpg", 6, (40, 24))  # a mask held likewise
    os.remove("masks/held.pgm")
    expect(mend("restore", "photos/held.jpg", "-o", "masked.pfm", "--mask", "masks", *RANDOM), OK)
    if "PNG" not in mend("restore", "photos/held.jpg", "-o", "out.png", *IDENTITY).stderr:
        chunks = png_chunks("out.png")
        assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (24, 40)
        assert chunks[b"eXIf"] == exif[6:]


def jpeg_carries_colours():
    """A profile and the size on paper survive PNG, JPEG, PNG."""
    photograph("probe.jpg", 1, (8, 8))
    density = struct.pack(">IIB", 11811, 5906, 1)
    png("in.png", [(b"iCCP", b"mine\0\0" + zlib.compress(PROFILE)), (b"pHYs", density)])
    result = mend("restore", "in.png", "-o", "out.jpg", *IDENTITY)
    if "PNG" in result.stderr:
        raise Skip("built without libpng")
    expect(result, OK)
    markers, _ = jpeg_markers(pathlib.Path("out.jpg").read_bytes())
    assert (0xe2, b"ICC_PROFILE\0\1\1" + PROFILE) in markers
    assert markers[0][1][7:12] == b"\1" + struct.pack(">HH", 300, 150)
    expect(mend("restore", "out.jpg", "-o", "out.png", *IDENTITY), OK)
    chunks = png_chunks("out.png")
    assert zlib.decompress(chunks[b"iCCP"].split(b"\0", 1)[1][1:]) == PROFILE
    assert chunks[b"pHYs"] == density


def jpeg_is_refused_in_time():
    """What is cut off is no photograph; what is transparent has no place: told before the computation."""
    photograph("in.jpg", 1, (40, 24))
    data = pathlib.Path("in.jpg").read_bytes()
    pathlib.Path("cut.jpg").write_bytes(data[:-20])
    for words in (("restore", "cut.jpg", "-o", "out.png", *IDENTITY), ("detect", "cut.jpg")):
        expect(mend(*words), FAILED, "cut.jpg: it is damaged")
    pathlib.Path("clear.pat").write_bytes(struct.pack(">IIIII", 28, 1, 1, 1, 4) + b"GPATabc\0" + bytes(4))
    expect(mend("restore", "clear.pat", "-o", "out.jpg", *DENOISE, "--model", "nothing"), FAILED,
           "no transparency; use .png")
    assert "out.jpg" not in listing(".") and "out.png" not in listing(".")


def state_in_files():
    """A picture that is not to be held in memory: the same result, and nothing left behind."""
    os.mkdir("disk")
    write_ppm("in.ppm", 1500, 1200)
    words = ["--steps", "2", "--sampler", "mr-sde-2", *RANDOM]
    results = []
    for limit in ("0", "4000"):
        result = mend("restore", "in.ppm", "-o", "out.ppm", *words, MEND_MEMORY=limit,
                      TMPDIR=os.path.abspath("disk"), XDG_CACHE_HOME=os.path.abspath("none"))
        if "is in memory" in result.stderr:
            raise Skip("the folder for temporary files is in memory")
        expect(result, OK)
        results.append(pathlib.Path("out.ppm").read_bytes())
    assert results[0] == results[1] and not listing("disk")
    result = mend("restore", "in.ppm", "-o", "out.ppm", *RANDOM, MEND_MEMORY="0", TMPDIR="/nowhere",
                  XDG_CACHE_HOME=os.path.abspath("in.ppm"))
    expect(result, FAILED, "/nowhere")
    assert "MEND_MEMORY" in result.stderr


def grey_stays_grey():
    write_pgm("in.pgm", 5, 4, pixels(5, 4, 1))
    expect(mend("restore", "in.pgm", "-o", "out.pgm", *IDENTITY), OK)
    assert listing(".")["in.pgm"] == listing(".")["out.pgm"]
    expect(mend("restore", "in.pgm", "-o", "out.pgm", *RANDOM), OK)
    expect(mend("restore", "in.pgm", "-o", "out.ppm", *RANDOM), FAILED, "grey")


def wrong_usage():
    write_ppm("in.ppm")
    for words, message in (
            ([], "Which picture"), (["in.ppm"], "-o"), (["in.ppm", "-o", "x.ppm", "--strength", "2"],
            "strength"), (["in.ppm", "-o", "x.ppm", "--sampler", "ddim"], "mr-ode-2"),
            (["in.ppm", "-o", "x.ppm", "--steps", "1.5"], "steps"),
            (["in.ppm", "-o", "x.ppm", "--task", "sleet"], "sleet"),
            (["in.ppm", "-o", "x.ppm", "--colour", "1"], "--colour"),
            (["in.ppm", "-o", "x.ppm", "--model", "nothing"], "Installed: global, identity, means-only"),
            (["in.ppm", "-o", "x.ppm", "--model", "./nothing.safetensors"], "no model file"),
            (["in.ppm", "-o", "x.ppm", "--device", "abacus"], "cpu")):
        expect(mend("restore", *DENOISE, *words), USAGE, message)
    expect(mend("restore", "in.ppm", "-o", "x.ppm"), USAGE, "No task")
    assert sorted(listing(".")) == ["in.ppm"]


def task_without_a_model():
    write_ppm("in.ppm")
    expect(mend("restore", "in.ppm", "-o", "x.ppm", "--task", "rain"), FAILED, "rain")
    expect(mend("restore", "in.ppm", "-o", "x.ppm", "--task", "noise", MEND_MODELS="/nowhere"), FAILED,
           "/nowhere")
    path = GOLDEN / "identity.safetensors"
    expect(mend("restore", "in.ppm", "-o", "x.ppm", *DENOISE, "--model", path,
                MEND_MODELS="/nowhere"), OK)


main([one_picture, extreme_shapes, nan_and_infinity, strength_zero_is_the_file_itself,
      tile_and_threads_do_not_matter, json_report, several_into_a_folder, one_of_several_fails,
      all_fail, inputs_are_safe, mask_file, mask_is_the_hole, grain_of_a_fill, mask_of_wrong_size, mask_folder,
      alternatives_beside_the_result, alternatives_of_a_hole, alternatives_are_refused,
      png_keeps_colours_and_resolution, jpeg_stands_upright, jpeg_carries_colours,
      jpeg_is_refused_in_time, state_in_files, grey_stays_grey, wrong_usage, task_without_a_model])
