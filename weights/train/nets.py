# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditional NAFNet that Mend trains; its C twin is compute/networks/nafnet.c.

Refusion's block (published Refusion weights have the same tensor names), with two changes:
  * the attention's mean is taken over one pixel of its level instead of the whole picture, so the
    receptive field is bounded and tiles are exact ("pixel" attention; "global" is the original);
  * the output is a residual on the mean mu, zero at the start of training.
"""
import math

import torch
from torch import nn
import torch.nn.functional as F


class ChannelNorm(nn.Module):
    """Normalises over channels at each pixel; gain only (the time embedding brings the shift)."""

    def __init__(self, c):
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, c, 1, 1))

    def forward(self, x):
        y = F.layer_norm(x.permute(0, 2, 3, 1), (x.shape[1],), self.g.view(-1), None, 1e-5)
        return y.permute(0, 3, 1, 2)


def simple_gate(x, dim=1):
    a, b = x.chunk(2, dim)
    return a * b


class Attention(nn.ModuleDict):
    """Channel attention; the odd key "1" keeps the published tensor name sca.1.weight."""

    def __init__(self, c, window):
        super().__init__({"1": nn.Conv2d(c, c, 1)})
        self.window = window

    def forward(self, x):
        return x * self["1"](x.mean((2, 3), keepdim=True) if self.window == "global" else x)


class NAFBlock(nn.Module):
    def __init__(self, c, embed, window):
        super().__init__()
        self.mlp = nn.ModuleDict({"1": nn.Linear(embed // 2, 4 * c)})
        self.norm1, self.norm2 = ChannelNorm(c), ChannelNorm(c)
        self.conv1 = nn.Conv2d(c, 2 * c, 1)
        self.conv2 = nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c)
        self.sca = Attention(c, window)
        self.conv3 = nn.Conv2d(c, c, 1)
        self.conv4 = nn.Conv2d(c, 2 * c, 1)
        self.conv5 = nn.Conv2d(c, c, 1)
        self.beta = nn.Parameter(torch.full((1, c, 1, 1), 0.1))
        self.gamma = nn.Parameter(torch.full((1, c, 1, 1), 0.1))

    def forward(self, x, t):
        modulation = self.mlp["1"](simple_gate(t))[:, :, None, None]
        shift_att, scale_att, shift_ffn, scale_ffn = modulation.chunk(4, 1)
        half = modulation.dtype  # bfloat16 under autocast, but for the norms
        y = self.norm1(x).to(half) * (scale_att + 1) + shift_att
        y = self.sca(simple_gate(self.conv2(self.conv1(y))))
        x = x + self.beta.to(half) * self.conv3(y)
        y = self.norm2(x).to(half) * (scale_ffn + 1) + shift_ffn
        return x + self.gamma.to(half) * self.conv5(simple_gate(self.conv4(y)))


class ConditionalNAFNet(nn.Module):
    """forward(x, mu, degraded, t, task, context) -> the clean image; all images [N][3][H][W], t [N],
    task [N], context [N][64] or None.

    inputs is 2 (x - mu, mu) where the mean is the degraded picture itself, 3 where it is not.
    n_tasks rows of the task table are followed by one for "any task". context is 64 where the
    network takes the vector of context.py, which joins the time embedding, else 0.
    """

    def __init__(self, width=32, enc=(1, 1, 2), middle=2, dec=(1, 1, 1), inputs=2, n_tasks=0,
                 attention="pixel", context=0):
        super().__init__()
        self.config = dict(width=width, enc=list(enc), middle=middle, dec=list(dec), inputs=inputs,
                           n_tasks=n_tasks, attention=attention)
        if context:  # absent else, as in checkpoints from before there was one
            self.config["context"] = context
        w, embed = width, 4 * width
        self.time_mlp = nn.ModuleDict({"1": nn.Linear(w, 8 * w), "3": nn.Linear(embed, embed)})
        self.task_embedding = nn.Parameter(torch.zeros(n_tasks + 1, embed)) if n_tasks else None
        self.context = nn.Linear(context, embed, bias=False) if context else None
        if context:
            nn.init.zeros_(self.context.weight)
        self.intro = nn.Conv2d(3 * inputs, w, 3, padding=1)
        self.encoders, self.downs = nn.ModuleList(), nn.ModuleList()
        self.ups, self.decoders = nn.ModuleList(), nn.ModuleList()

        def stack(n, c):
            return nn.ModuleList([NAFBlock(c, embed, attention) for _ in range(n)])
        c = w
        for n in enc:
            self.encoders.append(stack(n, c))
            self.downs.append(nn.Conv2d(c, 2 * c, 2, 2))
            c *= 2
        self.middle_blks = stack(middle, c)
        for n in dec:
            self.ups.append(nn.ModuleList([nn.Conv2d(c, 2 * c, 1, bias=False)]))
            c //= 2
            self.decoders.append(stack(n, c))
        self.ending = nn.Conv2d(w, 3, 3, padding=1)
        nn.init.zeros_(self.ending.weight)
        nn.init.zeros_(self.ending.bias)

    @property
    def align(self):
        return 2 ** len(self.encoders)

    def embed(self, t, task, context):
        half = self.config["width"] // 2
        f = torch.exp(-torch.arange(half, device=t.device) * (math.log(1e4) / (half - 1)))
        a = t[:, None].float() * f
        e = self.time_mlp["1"](torch.cat([a.sin(), a.cos()], 1))
        e = self.time_mlp["3"](simple_gate(e))
        if self.task_embedding is not None:
            e = e + self.task_embedding[task]
        return e if context is None else e + self.context(context)

    def forward(self, x, mu, degraded, t, task, context=None):
        planes = [x - mu, mu] + ([degraded] if self.config["inputs"] == 3 else [])
        return mu + self.run(torch.cat(planes, 1), self.embed(t, task, context))

    def run(self, x, e):
        """All layers, for planes [N][3 inputs][H][W] and embed()'s vectors."""
        x = self.intro(x.contiguous(memory_format=torch.channels_last))
        skips = []
        for blocks, down in zip(self.encoders, self.downs):
            for block in blocks:
                x = block(x, e)
            skips.append(x)
            x = down(x)
        for block in self.middle_blks:
            x = block(x, e)
        for up, blocks in zip(self.ups, self.decoders):
            x = F.pixel_shuffle(up[0](x), 2) + skips.pop()
            for block in blocks:
                x = block(x, e)
        return self.ending(x)
