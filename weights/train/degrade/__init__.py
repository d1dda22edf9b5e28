# SPDX-License-Identifier: GPL-3.0-or-later
"""How clean pictures are damaged for training: one function per task.

Each takes a picture (float32 [H][W][3], sRGB-encoded, 0..1) and a numpy Generator, and returns the
damaged picture of the same shape, its values whole 255ths. Lengths are in pixels of a picture of
some 250 to 600 pixels.
"""
from .camera import jpeg, low_light, noise
from .motion import motion_blur
from .scene import inpainting, raindrop, shadow
from .weather import haze, rain, snow

TASKS = {"jpeg": jpeg, "noise": noise, "motion-blur": motion_blur, "haze": haze,
         "low-light": low_light, "raindrop": raindrop, "rain": rain, "shadow": shadow,
         "snow": snow, "inpainting": inpainting}
