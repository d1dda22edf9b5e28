# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails on demand (MEND_FAULT): memory and disk at every request in turn, the network, the
graphics driver at each call. The program ends in one clear line, or goes on on the CPU."""
import json
import pathlib

from program import (DENOISE, FAILED, OK, USAGE, Skip, expect, has_png, listing, main, mend, read_pfm, write_ppm)

RANDOM = [*DENOISE, "--model", "random"]


def until_it_works(point, words, limit, message):
    """Fails the N-th request and all later ones, for N = 1, 2, ... The old result stays."""
    write_ppm("in.ppm")
    out = pathlib.Path(words[words.index("-o") + 1])
    out.write_bytes(b"old")
    before = listing(".")
    for n in range(1, limit):
        result = mend(*words, MEND_FAULT="%s:%d" % (point, n))
        if result.returncode == OK:
            assert out.read_bytes() != b"old"
            return n
        expect(result, FAILED, message)
        assert listing(".") == before
    raise AssertionError("still failing at the %dth %s" % (limit, point))


def no_memory():
    n = until_it_works("alloc", ["restore", "in.ppm", "-o", "out.ppm", *RANDOM], 400, "memory")
    assert n > 5, n


def no_memory_in_other_commands():
    write_ppm("in.ppm")
    for n in range(1, 30):
        for words in (["check", "x"], ["models", "--json"], ["devices"]):
            result = mend(*words, MEND_FAULT="alloc:%d" % n)
            assert result.returncode in (OK, FAILED), (words, n, result)


def full_disk():
    for name in ("out.ppm", "out.pfm", *["out.png"] * has_png()):
        until_it_works("write", ["restore", "in.ppm", "-o", name, *RANDOM], 60, name)


def failing_network():
    write_ppm("in.ppm", 40, 40)
    for n in (1, 2, 8):
        expect(mend("restore", "in.ppm", "-o", "out.ppm", "--tile", "20", *RANDOM,
                    MEND_FAULT="predict:%d" % n), FAILED, "failed")
    assert sorted(listing(".")) == ["in.ppm"]


def vulkan_device():
    devices = json.loads(mend("devices", "--json").stdout)["devices"]
    found = [d["id"] for d in devices if d["id"].startswith("vulkan:")]
    if not found:
        raise Skip("no Vulkan device here")
    return found[-1]


def no_vulkan():
    """Without loader or driver the CPU is there; a device that was named is missed aloud."""
    write_ppm("in.ppm")
    for env in ({"MEND_FAULT": "vk.dlopen:1"}, {"MEND_FAULT": "vk.vkCreateInstance:1"},
                {"VK_ICD_FILENAMES": "/nowhere.json", "VK_DRIVER_FILES": "/nowhere.json"}):
        devices = json.loads(mend("devices", "--json", **env).stdout)["devices"]
        assert [d["id"] for d in devices] == ["cpu"], devices
        expect(mend("restore", "in.ppm", "-o", "out.ppm", "--task", "noise", **env), OK)
        expect(mend("restore", "in.ppm", "-o", "none.ppm", "--task", "noise", "--device",
                    "vulkan:0", **env), USAGE, "cpu")
    assert sorted(listing(".")) == ["in.ppm", "out.ppm"]


def failing_driver():
    """The device is lost before, in and between the steps: the CPU goes on with the same result."""
    device = vulkan_device()
    write_ppm("in.ppm", 30, 20)
    words = ["restore", "in.ppm", "--task", "noise", "--model", "random", "--steps", "2", "--json"]
    expect(mend(*words, "-o", "cpu.pfm", "--device", "cpu"), OK)
    for point in ("vkCreateDevice:1", "vkAllocateMemory:1", "vkAllocateMemory:2", "vkMapMemory:1",
                  "vkCreateComputePipelines:1", "vkAllocateDescriptorSets:1", "vkQueueSubmit:1",
                  "vkQueueSubmit:2", "vkQueueSubmit:3", "vkWaitForFences:2", "vkWaitForFences:3"):
        result = expect(mend(*words, "-o", "out.pfm", "--device", device,
                             MEND_FAULT="vk." + point), OK)
        one, = json.loads(result.stdout)["results"]
        assert one["device"] == "cpu" and "the CPU goes on" in one["note"], (point, one)
        both = zip(read_pfm("cpu.pfm"), read_pfm("out.pfm"))
        assert max(abs(a - b) for a, b in both) <= 2e-3, point  # steps done before were the device's



def full_graphics_memory():
    """A smaller tile is tried before the device is given up."""
    device = vulkan_device()
    write_ppm("in.ppm", 200, 150)
    words = ["restore", "in.ppm", "--task", "noise", "--model", "random", "--steps", "1", "--json"]
    expect(mend(*words, "-o", "cpu.pfm", "--device", "cpu"), OK)
    result = expect(mend(*words, "-o", "out.pfm", "--device", device,
                         MEND_FAULT="vk.vkAllocateMemory:2-2"), OK)
    one, = json.loads(result.stdout)["results"]
    assert one["device"] == device and one["note"] == "", one
    assert max(abs(a - b) for a, b in zip(read_pfm("cpu.pfm"), read_pfm("out.pfm"))) <= 2e-3


main([no_memory, no_memory_in_other_commands, full_disk, failing_network, no_vulkan, failing_driver,
      full_graphics_memory])
