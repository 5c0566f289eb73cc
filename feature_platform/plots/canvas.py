"""What the plots that matplotlib draws share: white paper, text that any font can draw, and a small PNG."""

import io
from functools import cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

from feature_platform.plots.palette import FAINT, INK, MUTED, PAPER, VERMILLION, fitted_png
from feature_platform.plots.shortening import shortened

WIDTH_PIXELS = 800
DPI = 100

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
    known = _known_characters()
    one_line = shortened(text, longest)
    replaced = "".join(character if ord(character) in known else "□" for character in one_line)
    return replaced.replace("$", r"\$")


def render(figure: Figure) -> bytes:
    """The figure as a PNG of at most 60 kB."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor=PAPER, bbox_inches=None, pil_kwargs={"compress_level": 1})
    return fitted_png(Image.open(buffer).convert("RGB"))
