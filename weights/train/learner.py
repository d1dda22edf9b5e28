# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that learns: its optimiser, the moving average of its weights, and the step that changes
both. What trains a whole network steps, saves and resumes through it."""
import os

import numpy as np
import torch

import checkpoint


def autocast(device):
    """bfloat16 where it pays: with CUDA, and on CPUs that multiply it. Others take ten times as long
    with it as with float32."""
    cpu_has_it = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu" or cpu_has_it())


class Learner:
    """net: on its device already; path: its checkpoint, RUN/last.pt; ema: name -> averaged array."""

    def __init__(self, net, folder, rate, decay=1e-4, average=0.999):
        self.net, self.path, self.average, self.step = net, os.path.join(folder, "last.pt"), average, 0
        self.fused = next(net.parameters()).is_cuda
        self.optimizer = torch.optim.AdamW(net.parameters(), rate, betas=(0.9, 0.99), weight_decay=decay,
                                           fused=self.fused)
        self.begin_average()

    def begin_average(self):
        """At the weights as they are now."""
        self.ema = {k: v.detach().clone() for k, v in self.net.state_dict().items()}

    def state(self):
        return {"net": self.net.state_dict(), "ema": self.ema, "optimizer": self.optimizer.state_dict(),
                "step": self.step}

    def save(self, **more):
        """Raises OSError where the disk is full; then the old file is still there."""
        checkpoint.save(self.path, self.state() | more)

    def go_on(self, state):
        """From a checkpoint, whatever device it was written on."""
        try:
            self.net.load_state_dict(state["net"])
            ema = {k: state["ema"][k].to(v.device) for k, v in self.ema.items()}
            for group in state["optimizer"]["param_groups"]:
                group["fused"] = self.fused
            self.optimizer.load_state_dict(state["optimizer"])
        except (KeyError, TypeError, ValueError, RuntimeError) as e:
            raise SystemExit("%s lacks the optimiser's state, or is of another network: start a new run "
                             "from it with --init" % self.path) from e
        self.ema, self.step = ema, state["step"]

    def update(self, loss, rate):
        """One step down the gradient. Returns the loss as a number; SystemExit, before anything is
        changed, where it or the gradient is none."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        loss, norm = torch.stack([loss.detach(), norm.detach()]).tolist()
        if not np.isfinite([loss, norm]).all():
            raise SystemExit("step %d: the %s is not a number. %s is as it was saved before; go on from it "
                             "with --resume and a lower --rate, or another --seed"
                             % (self.step, "gradient" if np.isfinite(loss) else "loss", self.path))
        self.optimizer.step()
        self.step += 1
        keep = min(self.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for k, v in self.net.state_dict().items():
                if v.is_floating_point():
                    self.ema[k].lerp_(v, 1 - keep)
        return loss
