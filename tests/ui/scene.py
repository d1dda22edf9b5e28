# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the picture that the dialog's test opens: a lake between hills, as a badly compressed JPEG.

usage: scene.py SCENE.jpg    needs numpy and Pillow; scene.jpg beside this file was made by it
"""
import sys

import numpy
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1000, 750
SCALE = 2        # of the drawing, for smooth edges
QUALITY = 10     # of the JPEG
SHORE = 0.64     # where the water begins, of the height
RANDOM = numpy.random.default_rng(7)
W, H = WIDTH * SCALE, HEIGHT * SCALE
Y, X = numpy.mgrid[0:H, 0:W].astype(numpy.float32)
X, Y = X / W, Y / H


def fractal(nx, ny, octaves, gain=0.5):
    """Smooth random numbers, about -1..1, with nx by ny waves at the coarsest."""
    total, weight = numpy.zeros((H, W), numpy.float32), 1.0
    for octave in range(octaves):
        grid = RANDOM.standard_normal((int(ny * 2 ** octave) + 2, int(nx * 2 ** octave) + 2))
        face = Image.fromarray(grid.astype(numpy.float32))
        total += weight * numpy.asarray(face.resize((W, H), Image.Resampling.BICUBIC))
        weight *= gain
    return total / 2


def colour(*rgb):
    return numpy.array(rgb, numpy.float32) / 255


def mix(a, b, share):
    return a + (b - a) * share[..., None]


def smooth(low, high, value):
    t = numpy.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def sky():
    picture = mix(colour(88, 142, 206), colour(226, 228, 224), smooth(0.0, 0.55, Y))
    glow = numpy.exp(-((X - 0.74) ** 2 * 5 + (Y - 0.36) ** 2 * 16))
    picture = mix(picture, colour(255, 232, 190), 0.7 * glow)
    clouds = smooth(0.02, 0.9, fractal(3, 9, 7) + 0.35 - 1.6 * numpy.abs(Y - 0.17))
    light = colour(250, 246, 240) - 0.16 * smooth(0, 1, fractal(4, 10, 6))[..., None]
    return mix(picture, light, 0.85 * clouds)


def ridge(picture, base, height, waves, near, far, haze):
    """A range of hills: lit from the right, the more haze the paler."""
    line = fractal(waves, 1, 8)[H // 2]
    top = base - height * (0.5 + 0.5 * line[None, :])
    slope = numpy.gradient(fractal(waves * 2, 5, 7, 0.5), axis=1) * 75
    face = mix(near, far, smooth(-0.9, 0.9, slope + 0.16 * fractal(90, 90, 4, 0.8)))
    face = mix(face, colour(206, 218, 228), numpy.full((H, W), haze, numpy.float32))
    return mix(picture, face, smooth(-0.0007, 0.0007, Y - top))


def conifer(draw, x, foot, height):
    """One tree, as many short strokes from the stem down and out."""
    draw.line([(x, foot), (x, foot - height)], fill=(46, 38, 30), width=max(2, int(height / 30)))
    for _ in range(int(height * 2.6)):
        share = RANDOM.random() ** 0.7
        reach = height * 0.21 * share * RANDOM.uniform(-1, 1)
        at = foot - height * (1 - share * 0.93)
        lit = RANDOM.uniform(0.65, 1.0) + 0.35 * (reach > 0)
        green = tuple(int(v * lit) for v in (42, 68, 40))
        draw.line([(x + reach * 0.35, at), (x + reach, at + height * 0.035)], fill=green,
                  width=max(2, int(height / 70)))


def cabin(draw, x, foot, size):
    """Planked walls, a tiled roof, lit windows."""
    def box(left, top, right, bottom, fill):
        draw.rectangle([x + left * size, foot - bottom * size, x + right * size, foot - top * size],
                       fill=fill)

    box(0, 0, 1.5, 0.62, (126, 66, 48))
    for plank in range(15):
        shade = int(RANDOM.uniform(-16, 16))
        box(plank * 0.1, 0, plank * 0.1 + 0.085, 0.62, (140 + shade, 72 + shade, 52 + shade))
    for row in range(12):
        top, inset = 0.60 + row * 0.045, row * 0.028
        for tile in range(34):
            left = -0.12 + inset + tile * (1.74 - 2 * inset) / 34
            shade = int(RANDOM.uniform(-14, 14))
            box(left, top, left + 0.046, top + 0.043, (84 + shade, 80 + shade, 84 + shade))
    box(0.95, 1.0, 1.1, 1.32, (112, 96, 88))
    for left in (0.18, 1.08):
        box(left - 0.03, 0.19, left + 0.29, 0.49, (238, 232, 220))
        box(left, 0.22, left + 0.26, 0.46, (66, 84, 104))
        box(left + 0.12, 0.22, left + 0.14, 0.46, (238, 232, 220))
        box(left, 0.33, left + 0.26, 0.35, (238, 232, 220))
    box(0.62, 0, 0.88, 0.47, (238, 232, 220))
    box(0.65, 0, 0.85, 0.44, (62, 88, 74))


def shore(picture):
    """What stands at the water: a meadow, trees, a cabin."""
    line = SHORE - 0.012 - 0.012 * fractal(5, 1, 6)[H // 3][None, :]
    grass = mix(colour(92, 112, 50), colour(156, 158, 84),
                smooth(-0.8, 0.8, fractal(120, 160, 3, 0.9)))
    picture = mix(picture, grass, smooth(-0.001, 0.001, Y - line))
    face = Image.fromarray((numpy.clip(picture, 0, 1) * 255).astype(numpy.uint8))
    draw = ImageDraw.Draw(face)
    foot = SHORE * H
    for x in numpy.sort(RANDOM.uniform(0, 1, 46)):
        if not 0.42 < x < 0.64:
            conifer(draw, x * W, foot - RANDOM.uniform(4, 26), RANDOM.uniform(0.10, 0.24) * H)
    cabin(draw, 0.46 * W, foot - 10, 0.105 * W)
    conifer(draw, 0.655 * W, foot - 2, 0.27 * H)
    conifer(draw, 0.425 * W, foot - 2, 0.20 * H)
    return numpy.asarray(face, numpy.float32) / 255


def water(picture):
    """Below the shore its mirror image, torn by ripples that grow towards the viewer."""
    depth = numpy.clip((Y - SHORE) / (1 - SHORE), 0, 1)
    ripples = fractal(7, 150, 3, 0.7) * (0.3 + depth)
    row = numpy.clip((2 * SHORE - Y) * H + ripples * 16, 0, SHORE * H - 3).astype(int)
    column = numpy.clip(X * W + ripples * 7, 0, W - 1).astype(int)
    mirror = picture[row, column] * 0.82
    mirror = mix(mirror, colour(40, 74, 92), 0.16 + 0.3 * depth)
    mirror += 0.06 * numpy.clip(ripples, 0, 2)[..., None]
    return mix(picture, mirror, smooth(-0.0005, 0.0005, Y - SHORE))


def reeds(picture):
    """In front, sharp against the water."""
    face = Image.fromarray((numpy.clip(picture, 0, 1) * 255).astype(numpy.uint8))
    draw = ImageDraw.Draw(face)
    for x in numpy.concatenate([RANDOM.normal(0.1, 0.07, 220), RANDOM.normal(0.93, 0.06, 160)]):
        lit, height = RANDOM.uniform(0.6, 1.3), RANDOM.uniform(0.08, 0.3) * H
        lean = RANDOM.normal(0, 0.09) * height
        fill = tuple(int(v * lit) for v in (120, 118, 62))
        points = [(x * W + lean * t * t, H - height * t) for t in numpy.linspace(0, 1, 9)]
        draw.line(points, fill=fill, width=int(RANDOM.integers(2, 6)))
        if RANDOM.random() < 0.2:
            tip, tall = points[-1], 0.03 * H
            draw.ellipse([tip[0] - 7, tip[1] - tall, tip[0] + 7, tip[1] + tall], fill=(92, 60, 36))
    return numpy.asarray(face, numpy.float32) / 255


def main(path):
    picture = sky()
    picture = ridge(picture, 0.50, 0.22, 3, colour(84, 98, 122), colour(190, 190, 196), 0.45)
    picture = ridge(picture, 0.55, 0.16, 4, colour(58, 78, 84), colour(142, 150, 128), 0.28)
    picture = ridge(picture, 0.62, 0.13, 5, colour(36, 58, 44), colour(112, 122, 74), 0.10)
    picture = reeds(water(shore(picture)))
    face = Image.fromarray((numpy.clip(picture, 0, 1) * 255 + 0.5).astype(numpy.uint8))
    face.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(path, quality=QUALITY)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
