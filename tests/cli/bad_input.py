# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are cut, lie, or are something else; places that cannot be written. One clear line, the
right exit status, nothing left behind."""
import json
import os
import pathlib
import resource
import struct
import subprocess
import zlib

from program import (DENOISE, FAILED, GOLDEN, MEND, OK, Skip, expect, listing, main, mend, write_ppm)


def split(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


def join(path, header, data, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text) if length is None else length) + text +
                                   data)


def refused(message):
    """bad.safetensors is refused in the same way by restore and check."""
    before = listing(".")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *DENOISE, "--model", "./bad.safetensors"), FAILED,
           message)
    expect(mend("check", "bad.safetensors"), FAILED, message)
    assert listing(".") == before


def truncated_models():
    write_ppm("in.ppm")
    data = (GOLDEN / "identity.safetensors").read_bytes()
    for size in (0, 1, 7, 8, 9, 100, 2000, len(data) // 2, len(data) - 1):
        pathlib.Path("bad.safetensors").write_bytes(data[:size])
        refused("bad.safetensors")


def oversized_models():
    write_ppm("in.ppm")
    header, data = split(GOLDEN / "identity.safetensors")
    for length in (2 ** 63, 2 ** 64 - 1, 2 ** 40, len(json.dumps(header)) + len(data) + 1):
        join("bad.safetensors", header, data, length)
        refused("bad.safetensors")
    join("bad.safetensors", header, data + b"more than the header says")
    refused("bad.safetensors")


def lying_models():
    write_ppm("in.ppm")
    whole, data = split(GOLDEN / "identity.safetensors")
    def change(**entry):
        header = json.loads(json.dumps(whole))
        header["intro.weight"].update(entry)
        join("bad.safetensors", header, data)
        refused("bad.safetensors")
    shape = whole["intro.weight"]["shape"]
    begin, end = whole["intro.weight"]["data_offsets"]
    change(shape=[2 ** 62, 4])
    change(shape=[-1])
    change(shape=shape[:3])
    change(data_offsets=[begin, end + 2])
    change(data_offsets=[end, begin])
    change(data_offsets=[0, end - begin])
    change(data_offsets=[2 ** 60, 2 ** 60 + end - begin])
    change(dtype="F32")
    change(dtype="I7")
    change(dtype=5)


def networks_that_make_no_picture():
    """One grey channel comes out, and no residual ties it to the picture."""
    write_ppm("in.ppm")
    header, data = split(GOLDEN / "identity.safetensors")
    header["__metadata__"]["mend.residual"] = "none"
    parts, at = [], 0
    for name, entry in sorted((n, e) for n, e in header.items() if n != "__metadata__"):
        begin, end = entry["data_offsets"]
        if name.startswith("ending."):
            end = begin + (end - begin) // 3
            entry["shape"][0] = 1
        parts.append(data[begin:end])
        entry["data_offsets"] = [at, at + end - begin]
        at += end - begin
    join("bad.safetensors", header, b"".join(parts))
    refused("ending")


def recordings_of_no_picture():
    header, data = split(GOLDEN / "nafnet_tiny.io.safetensors")
    for name, entry in header.items():
        if name.startswith("case0/") and len(entry["shape"]) == 4:
            batch, c, h, w = entry["shape"]
            entry["shape"] = [batch, h, c, w]
    join("io.safetensors", header, data)
    result = mend("parity", "network", *(GOLDEN / ("nafnet_tiny." + end) for end in (
        "json", "weights.safetensors")), "io.safetensors")
    assert result.returncode == FAILED and "case0: failed" in result.stdout, result


def headers_that_are_no_headers():
    write_ppm("in.ppm")
    for header in (b"", b"[]", b"{", b"null", b"{\"a\": 1}", b"[" * 100000, b"{\"a\":" * 50000,
                   b"\xff\xfe{}", b"{\"__metadata__\": {\"mend.format\": 1}}"):
        join("bad.safetensors", header, b"")
        refused("bad.safetensors")


def models_full_of_nan():
    write_ppm("in.ppm")
    header, data = split(GOLDEN / "identity.safetensors")
    join("bad.safetensors", header, b"\xff\x7f" * (len(data) // 2))
    refused("bad.safetensors")
    join("bad.safetensors", header, b"\xff\x7b" * (len(data) // 2))  # finite, but overflows inside
    refused("bad.safetensors")


def models_of_something_else():
    write_ppm("in.ppm")
    header, data = split(GOLDEN / "identity.safetensors")
    def with_meta(key, value, message):
        changed = json.loads(json.dumps(header))
        changed["__metadata__"][key] = value
        join("bad.safetensors", changed, data)
        refused(message)
    with_meta("mend.network", "unet", "unet")
    with_meta("mend.mean", "oracle", "mend.mean")
    header["__metadata__"]["mend.tasks"] = "noise,jpeg,rain,snow,haze"  # more than its table has
    join("bad.safetensors", header, data)
    expect(mend("check", "bad.safetensors"), FAILED, "task_embedding")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", "--task", "haze", "--device", "cpu", "--model",
                "./bad.safetensors"), FAILED, "task_embedding")
    pathlib.Path("bad.safetensors").write_bytes(pathlib.Path("in.ppm").read_bytes())
    refused("bad.safetensors")


def a_bad_model_does_not_hide_the_good_ones():
    os.mkdir("models")
    for name in ("aaa", "zzz"):
        pathlib.Path("models", name + ".safetensors").write_bytes(b"nonsense")
    pathlib.Path("models/good.safetensors").write_bytes((GOLDEN / "identity.safetensors").read_bytes())
    write_ppm("in.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *DENOISE, MEND_MODELS="models"), OK)
    found = json.loads(mend("models", "--json", MEND_MODELS="models").stdout)
    assert len(found["models"]) == 1 and len(found["problems"]) == 2


def vast_png():
    """A whole header of 46340 x 46340 pixels, and next to nothing of them."""
    out = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", struct.pack(">IIBBBBB", 46340, 46340, 8, 6, 0, 0, 0)),
                       (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        out += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return out


def bad_pictures():
    for name, data in (("empty.png", b""), ("cut.ppm", b"P6\n9 9\n255\nabc"), ("cut.pfm", b"PF\n2 2\n-1\nx"),
                       ("huge.ppm", b"P6\n2000000000 2000000000\n255\n"), ("text.png", b"hello\n"),
                       ("head.png", b"\x89PNG\r\n\x1a\n"), ("vast.png", vast_png()), ("photo.jpg", b"\xff\xd8\xff\xe0")):
        pathlib.Path(name).write_bytes(data)
        before = listing(".")
        expect(mend("restore", name, "-o", "out.png", *DENOISE), FAILED, name)
        assert listing(".") == before
    os.mkdir("folder.png")
    expect(mend("restore", "folder.png", "-o", "out.png", *DENOISE), FAILED, "folder.png")


def places_that_cannot_be_written():
    write_ppm("in.ppm")
    pathlib.Path("file").write_bytes(b"")
    os.mkdir("folder.ppm")
    os.mkdir("locked")
    os.chmod("locked", 0o555)
    before = listing(".")
    expect(mend("restore", "in.ppm", "-o", "none/out.ppm", *DENOISE), FAILED, "none/out.ppm")
    expect(mend("restore", "in.ppm", "-o", "file/out.ppm", *DENOISE), FAILED, "file/out.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.gif", *DENOISE), FAILED, ".png")
    expect(mend("restore", "in.ppm", "in.ppm", "-o", "file", *DENOISE), FAILED, "file")
    if os.geteuid() != 0:  # root may write anywhere
        expect(mend("restore", "in.ppm", "-o", "locked/out.ppm", *DENOISE), FAILED, "locked")
    assert listing(".") == before


def full_disk():
    write_ppm("in.ppm")
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full")
    os.symlink("/dev/full", "out.ppm")
    expect(mend("restore", "in.ppm", "-o", "out.ppm", *DENOISE), FAILED, "No space left")
    assert os.path.islink("out.ppm")
    with open("/dev/full", "w", encoding="utf-8") as full:
        for words in (["models"], ["devices", "--json"], ["--help"],
                      ["restore", "in.ppm", "-o", "x.ppm", "--json", *DENOISE]):
            result = subprocess.run([MEND, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                    check=False)
            assert result.returncode == FAILED and "standard output" in result.stderr, words


def file_size_limit():
    """A real write that fails in the middle: the old result stays whole."""
    write_ppm("in.ppm", 300, 300)
    pathlib.Path("out.ppm").write_bytes(b"old")
    before = listing(".")
    def limit():
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
    result = subprocess.run([MEND, "restore", "in.ppm", "-o", "out.ppm", *DENOISE], check=False,
                            capture_output=True, text=True, preexec_fn=limit)
    expect(result, FAILED, "out.ppm")
    assert listing(".") == before


main([truncated_models, oversized_models, lying_models, networks_that_make_no_picture,
      recordings_of_no_picture, headers_that_are_no_headers, models_full_of_nan,
      models_of_something_else, a_bad_model_does_not_hide_the_good_ones, bad_pictures, places_that_cannot_be_written, full_disk, file_size_limit])
