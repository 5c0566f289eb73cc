"""What every small plot shares: white paper, one palette, text that any font can draw, and a small PNG."""

import io
from functools import cache

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

MAXIMUM_BYTES = 60_000
"""A picture travels inside an event's metadata."""
WIDTH_PIXELS = 800
DPI = 100

INK, MUTED, FAINT, PAPER = "#222222", "#666666", "#D9D9D9", "#FFFFFF"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9"
"""Okabe and Ito's palette, which stays apart for colour-blind readers."""

LEVELS = 31
"""Colours of a heat map."""

SMALL, NORMAL = 7.5, 9.0


def new_figure(height: float, *, title: str, note: str = "", simulated: bool = False) -> Figure:
    """An 800 pixel wide white figure, `height` in inches, with a title line and a grey note under it."""
    figure = Figure(figsize=(WIDTH_PIXELS / DPI, height), dpi=DPI, facecolor=PAPER)
    top = 1 - 0.2 / height
    figure.text(
        0.012, top, drawable(title, 78 if simulated else 100), size=NORMAL + 1, weight="bold", color=INK, va="center"
    )
    if simulated:
        figure.text(0.988, top, "SIMULATED DATA", size=NORMAL, weight="bold", color=VERMILLION, ha="right", va="center")
    if note:
        figure.text(0.012, 1 - 0.41 / height, drawable(note, 130), size=SMALL, color=MUTED, va="center")
    return figure


def plain_axes(axes: Axes) -> Axes:
    """Leave an axes its left and bottom lines only, in grey."""
    axes.set_facecolor(PAPER)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=SMALL, length=2.5, width=0.6)
    return axes


def say(figure: Figure, text: str) -> None:
    """Write one sentence in the middle of a figure that has nothing to draw."""
    figure.text(0.5, 0.4, drawable(text, 110), size=NORMAL + 1, color=MUTED, ha="center", va="center")


@cache
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def drawable(text: str, longest: int) -> str:
    """Shorten a text in its middle, and replace what the font lacks, line breaks, and mathematics marks."""
    one_line = " ".join(text.split())
    if len(one_line) > longest:
        head = (longest - 1) * 2 // 3
        one_line = f"{one_line[:head]}…{one_line[len(one_line) - (longest - 1 - head) :]}"
    known = _known_characters()
    replaced = "".join(character if ord(character) in known else "□" for character in one_line)
    return replaced.replace("$", r"\$")


def render(figure: Figure) -> bytes:
    """The figure as a PNG of at most 60 kB: fewer tints first, then fewer pixels, until it fits."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAPER, bbox_inches=None, pil_kwargs={"compress_level": 1})
    picture = Image.open(buffer).convert("RGB")
    png = b""
    for tints, scale in ((12, 1.0), (6, 1.0), (3, 1.0), (3, 0.8), (3, 0.6), (2, 0.4)):
        smaller = picture.resize((round(picture.width * scale), round(picture.height * scale)))
        png = _png(smaller.quantize(palette=_palette(tints), dither=Image.Dither.NONE))
        if len(png) <= MAXIMUM_BYTES:
            break
    return png


@cache
def _palette(tints: int) -> Image.Image:
    """Every colour that plots use, each in some tints towards the paper.

    A palette fitted to the picture would lose a colour that only a few dots have, and the dots with it.
    """
    named = [to_rgb(colour) for colour in (INK, MUTED, BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY)]
    mixed = [tuple(1 - (1 - part) * (step + 1) / tints for part in colour) for colour in named for step in range(tints)]
    diverging = [
        tuple(map(float, colour[:3])) for colour in colormaps["RdBu_r"](np.linspace(0, 1, min(LEVELS, 4 * tints + 1)))
    ]
    colours = [to_rgb(PAPER), to_rgb(FAINT), *mixed, *diverging]
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(255 * part) for colour in colours for part in colour])
    return palette


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
