"""A picture of one era, drawn by Pillow and numpy.

Every era has two, and matplotlib would take longer for them than all else does for a small era, and half a second more
for its import. It draws what is drawn seldom.
"""

import io
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFont

from feature_platform.plots.palette import (
    FAINT,
    INK,
    LEVELS,
    MAXIMUM_BYTES,
    MIXED,
    MUTED,
    TINTS,
    VERMILLION,
    colours,
    fitted_png,
)  # fmt: skip
from feature_platform.plots.shortening import shortened

WIDTH = 800
SMALL, NORMAL, LARGE = 10.4, 12.5, 13.9
"""Heights of text, in pixels."""
FINE = 4
"""Lines are drawn this many times as large, and then made smaller: their edges become soft."""
LINE = 5
"""A line's width, so enlarged."""
NO_VALUE = 1
FIRST_LEVEL = 2 + TINTS * len(MIXED)

Numbers = npt.NDArray[np.float64]
Anchor = Literal["lm", "mm", "rm", "mt"]
"""Which point of a text its place is: left, middle or right, and middle or top."""


@dataclass(frozen=True)
class Box:
    """A part of a picture, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beside it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row under it."""
        return self.top + self.height


class Sketch:
    """An 800 pixel wide white picture, `height` pixels high, with a title line and a grey note under it."""

    def __init__(self, height: int, *, title: str, note: str = "", simulated: bool = False) -> None:
        self._cells = np.zeros((height, WIDTH), np.uint8)
        self._layers = {colour: Image.new("L", (WIDTH, height)) for colour in (FAINT, *MIXED)}
        self.text((10, 20), shortened(title, 78 if simulated else 100), size=LARGE, bold=True)
        if simulated:
            self.text((790, 20), "SIMULATED DATA", size=NORMAL, bold=True, colour=VERMILLION, anchor="rm")
        self.text((10, 41), shortened(note, 130), colour=MUTED)

    def text(
        self,
        place: tuple[float, float],
        text: str,
        *,
        size: float = SMALL,
        bold: bool = False,
        colour: str = INK,
        anchor: Anchor = "lm",
    ) -> None:
        """Write one line, moved until it fits between the sides; characters that the font lacks become boxes."""
        font = _font(size, bold=bold)
        left, _, right, _ = font.getbbox(text, anchor=anchor)
        across = max(min(place[0], WIDTH - right), -left)
        ImageDraw.Draw(self._layers[colour]).text((across, place[1]), text, fill=255, font=font, anchor=anchor)

    def rectangle(self, box: Box, colour: str) -> None:
        """Fill a box that has at least one pixel."""
        ImageDraw.Draw(self._layers[colour]).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=255)

    def line(self, box: Box, across: Numbers, down: Numbers, colour: str, *, flat: bool = False) -> None:
        """Draw a line through (n,) places given as shares of the box's width and height; NaN breaks it.

        A `flat` one keeps to whole rows of pixels, so that its level parts are sharp.
        """
        mask = Image.new("L", (box.width * FINE, box.height * FINE))
        draw = ImageDraw.Draw(mask)
        rows = down * (box.height - 1)
        places = FINE * np.column_stack((across * box.width, (np.rint(rows) if flat else rows) + 0.5))
        for first, after in runs_of(np.isfinite(down)):
            draw.line(places[first:after].ravel().tolist(), fill=255, width=LINE)
        self._add(box, mask, colour)

    def dots(self, box: Box, across: Numbers, down: Numbers, colour: str) -> None:
        """Draw a dot at each of (n,) places, given as for a line."""
        draw = ImageDraw.Draw(self._layers[colour])
        for x, y in zip(box.left + across * box.width, box.top + down * box.height, strict=True):
            draw.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=255)

    def bars(self, box: Box, heights: Numbers, colour: str) -> None:
        """Fill from the box's bottom up to (width,) shares of its height, one a column of pixels; NaN is none."""
        rows = np.arange(box.height)[::-1, None]
        covered = np.clip(np.nan_to_num(heights) * box.height - rows, 0, 1)
        mask = Image.fromarray((255 * covered).astype(np.uint8))
        self._layers[colour].paste(mask, (box.left, box.top))

    def matrix(self, box: Box, values: Numbers, *, bound: float) -> None:
        """Fill the box with (n_row, n_column) cells, blue at `-bound`, white at 0, red at `bound`, and grey for NaN."""
        levels = np.rint((np.clip(values, -bound, bound) / bound + 1) / 2 * (LEVELS - 1))
        indexes = np.where(np.isfinite(values), FIRST_LEVEL + np.nan_to_num(levels), NO_VALUE).astype(np.uint8)
        rows = np.arange(box.height) * len(values) // box.height
        columns = np.arange(box.width) * values.shape[1] // box.width
        self._cells[box.top : box.bottom, box.left : box.right] = indexes[np.ix_(rows, columns)]

    def png(self) -> bytes:
        """The picture, at most 60 kB."""
        cells = self._cells
        for number, layer in enumerate(self._layers.values()):
            drawn = layer.getbbox()
            if drawn is None:
                continue
            left, top, right, bottom = drawn
            tints = _TINTS[np.asarray(layer.crop(drawn))]
            # Paper is 0; the first layer is the faint one, which has no tints.
            indexes = tints + (2 + (number - 1) * TINTS - 1) if number else np.minimum(tints, 1)
            part = cells[top:bottom, left:right]
            part[tints > 0] = indexes[tints > 0]
        picture = Image.fromarray(cells)
        picture.putpalette([channel for colour in colours(TINTS) for channel in colour])
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", compress_level=6)
        png = buffer.getvalue()
        return png if len(png) <= MAXIMUM_BYTES else fitted_png(picture.convert("RGB"))

    def _add(self, box: Box, fine: Image.Image, colour: str) -> None:
        layer, place = self._layers[colour], (box.left, box.top, box.right, box.bottom)
        layer.paste(ImageChops.lighter(layer.crop(place), fine.reduce(FINE)), place)


_TINTS = np.rint(np.arange(256) * TINTS / 255).astype(np.uint8)


def runs_of(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where each stretch of true values begins, and the first place after it."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


@cache
def _font(size: float, *, bold: bool) -> ImageFont.FreeTypeFont:
    # Found without importing matplotlib, which brings the font.
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib, whose DejaVu Sans plots are labelled in, is not installed")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"DejaVuSans{'-Bold' * bold}.ttf", size, layout_engine=ImageFont.Layout.BASIC)
