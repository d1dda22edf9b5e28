#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""NAFNet (width 32, 256 x 256): Mend on the CPU against PyTorch, in turns, two threads each.

nafnet.py MEND [--width N] [--enc N,N,..] [--rounds N] [--threads N]: MEND is the program of the
build folder. First the outputs are compared. PyTorch runs
channels_last, once with the norm as published (its own mean and variance) and once with
F.layer_norm. Exit: 0, 1 (outputs differ, or less than 1.5 times as fast as published), 77 (skip).
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

try:
    import torch
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "weights" / "train"))
import nets  # noqa: E402

GOAL = 1.5


class PublishedNorm(nets.ChannelNorm):
    """The channel norm spelled out, as in the published networks."""

    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=1, unbiased=False, keepdim=True)
        return (x - mean) * (variance + 1e-5).rsqrt() * self.g


class Published(torch.nn.Module):
    """The trained network without its residual on the mean."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, mu, t):
        return self.net(x, mu, None, t, None) - mu


def make_net(args):
    torch.manual_seed(1)
    net = nets.ConditionalNAFNet(width=args.width, enc=args.enc, middle=1,
                                 dec=[1] * len(args.enc), attention="global")
    torch.nn.init.normal_(net.ending.weight, std=0.05)
    for p in net.parameters():
        p.requires_grad_(False)
    return net.eval()


def use_published_norm(net):
    for module in net.modules():
        if type(module) is nets.ChannelNorm:
            module.__class__ = PublishedNorm


def write_safetensors(path, arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        raw = array.detach().contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.float64: "F64"}[array.dtype]
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def time_torch(net, x, mu, t, runs):
    wall, cpu = [], []
    with torch.inference_mode():
        net(x, mu, t)
        for _ in range(runs):
            start, cpu_start = time.perf_counter(), time.process_time()
            net(x, mu, t)
            wall.append((time.perf_counter() - start) * 1e3)
            cpu.append((time.process_time() - cpu_start) * 1e3)
    return min(wall), min(cpu)


def time_mend(program, weights, args, environment):
    command = [program, "bench", weights, "--size", str(args.size), "--runs", str(args.runs),
               "--device", "cpu", "--json"]
    out = subprocess.run(command, env=environment, capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"mend bench failed: {out.stderr}")
    times = json.loads(out.stdout)
    return times["best_ms"], times["processor_ms"]


def keep_best(best, key, times):
    best[key] = tuple(map(min, best.get(key, times), times))


def same_outputs(args, folder, net, environment):
    """A small picture through both."""
    x, mu = torch.rand(1, 3, 80, 96), torch.rand(1, 3, 80, 96)
    with torch.inference_mode():
        out = Published(net)(x, mu, torch.tensor([33.0]))
    write_safetensors(folder / "io.safetensors",
                      {"case0/x": x, "case0/cond": mu, "case0/out_f32": out})
    (folder / "net.json").write_text(json.dumps({"cases": [{"time": 33}]}))
    command = [args.mend, "parity", "network", folder / "net.json", folder / "net.safetensors",
               folder / "io.safetensors"]
    return subprocess.run(command, env=environment).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mend")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--enc", type=lambda s: [int(n) for n in s.split(",")],
                        default=[1, 1, 1, 1])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    environment = dict(os.environ, MEND_THREADS=str(args.threads))
    net = make_net(args)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_safetensors(folder / "net.safetensors", net.state_dict())
        if not same_outputs(args, folder, net, environment):
            sys.exit("the outputs differ")
        fast = net.to(memory_format=torch.channels_last)
        published = make_net(args).to(memory_format=torch.channels_last)
        use_published_norm(published)
        x = torch.rand(1, 3, args.size, args.size).to(memory_format=torch.channels_last)
        mu, t = torch.rand_like(x), torch.tensor([50.0])
        best = {}
        for _ in range(args.rounds):
            keep_best(best, "mend",
                      time_mend(args.mend, folder / "net.safetensors", args, environment))
            for key, one in (("published", published), ("layer_norm", fast)):
                keep_best(best, key, time_torch(Published(one), x, mu, t, args.runs))
    print(f"width {args.width}, enc {args.enc}, {args.size} x {args.size}, {args.threads} threads, "
          f"best of {args.rounds} x {args.runs}; wall clock, processor time of all threads:")
    wall, cpu = best["mend"]
    print(f"  Mend {wall:.1f} ms, {cpu:.1f} ms")
    for key, label in (("published", "norm as published"), ("layer_norm", "F.layer_norm")):
        print(f"  PyTorch {torch.__version__} channels_last, {label}: {best[key][0]:.1f} ms, "
              f"{best[key][1]:.1f} ms; Mend is {best[key][0] / wall:.2f} times as fast "
              f"({best[key][1] / cpu:.2f} by processor time)")
    return 0 if best["published"][0] >= GOAL * wall else 1


if __name__ == "__main__":
    sys.exit(main())
