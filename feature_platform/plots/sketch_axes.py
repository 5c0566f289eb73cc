"""Axes of a sketch: lines at the left and the bottom of a box, with marks and labels."""

from collections.abc import Sequence

from feature_platform.plots.palette import FAINT, MUTED
from feature_platform.plots.sketch import Box, Sketch
from feature_platform.plots.ticks import Tick

MARK = 4
"""A mark's length in pixels."""


def mark_across(sketch: Sketch, box: Box, ticks: Sequence[Tick], *, labelled: bool = True, line: bool = True) -> None:
    """A line under a box, and ticks at shares of its width."""
    if line:
        sketch.rectangle(Box(box.left, box.bottom, box.width, 1), FAINT)
    for share, label in ticks:
        column = min(box.left + round(share * box.width), box.right - 1)
        sketch.rectangle(Box(column, box.bottom, 1, MARK), MUTED)
        if labelled:
            sketch.text((column, box.bottom + 7), label, anchor="mt")


def mark_down(sketch: Sketch, box: Box, ticks: Sequence[Tick], *, marks: bool = True, line: bool = True) -> None:
    """A line at the left of a box, and ticks at shares of its height, from its top."""
    if line:
        sketch.rectangle(Box(box.left - 1, box.top, 1, box.height + 1), FAINT)
    for share, label in ticks:
        row = min(box.top + round(share * box.height), box.bottom - 1)
        if marks:
            sketch.rectangle(Box(box.left - MARK, row, MARK, 1), MUTED)
        sketch.text((box.left - 7, row), label, anchor="rm")
