"""The colours of every plot, and PNGs of them that are small enough for an event's metadata."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageColor

MAXIMUM_BYTES = 60_000
"""A picture travels inside an event's metadata."""

INK, MUTED, FAINT, PAPER = "#222222", "#666666", "#D9D9D9", "#FFFFFF"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
"""Okabe and Ito's palette, which stays apart for colour-blind readers."""
MIXED = (INK, MUTED, BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)
"""What text and lines are drawn in: with soft edges, so in tints towards the paper."""
TINTS = 12

LEVELS = 31
"""Colours of a heat map."""
RED_TO_BLUE = (
    *("#053061", "#2166AC", "#4393C3", "#92C5DE", "#D1E5F0", "#F7F7F7"),
    *("#FDDBC7", "#F4A582", "#D6604D", "#B2182B", "#67001F"),
)
"""ColorBrewer's RdBu, from below zero to above."""

RGB = tuple[int, int, int]


def rgb(colour: str) -> RGB:
    """Red, green and blue of `#RRGGBB`, 0 to 255."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def diverging(count: int) -> list[RGB]:
    """`count` colours from the lowest to the highest value."""
    anchors = np.array([rgb(colour) for colour in RED_TO_BLUE])
    places = np.linspace(0, len(anchors) - 1, count)
    channels = [np.interp(places, range(len(anchors)), channel).round().astype(int).tolist() for channel in anchors.T]
    return list(zip(*channels, strict=True))


@cache
def colours(tints: int) -> tuple[RGB, ...]:
    """Paper, faint, each of `MIXED` from its palest tint to itself, and the colours of a heat map.

    A palette fitted to the picture would lose a colour that only a few dots have, and the dots with it.
    """
    mixed = [_tint(colour, (step + 1) / tints) for colour in MIXED for step in range(tints)]
    return rgb(PAPER), rgb(FAINT), *mixed, *diverging(min(LEVELS, 4 * tints + 1))


def _tint(colour: str, share: float) -> RGB:
    red, green, blue = (round(255 - (255 - part) * share) for part in rgb(colour))
    return red, green, blue


@cache
def palette(tints: int) -> Image.Image:
    """A picture to quantize by."""
    held = Image.new("P", (1, 1))
    held.putpalette([part for colour in colours(tints) for part in colour])
    return held


def fitted_png(picture: Image.Image) -> bytes:
    """The picture as a PNG of at most 60 kB: fewer tints first, then fewer pixels, until it fits."""
    png = b""
    for tints, scale in ((TINTS, 1.0), (6, 1.0), (3, 1.0), (3, 0.8), (3, 0.6), (2, 0.4)):
        smaller = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        buffer = io.BytesIO()
        quantized = smaller.quantize(palette=palette(tints), dither=Image.Dither.NONE)
        quantized.save(buffer, format="PNG", optimize=True)
        png = buffer.getvalue()
        if len(png) <= MAXIMUM_BYTES:
            break
    return png
