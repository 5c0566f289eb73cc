"""Ridge lines through the maxima of rows, from the last row to the first, as scipy's `find_peaks_cwt` draws them.

Lines stand in the order in which they began. Each has `FIELDS` numbers: the place of its last maximum, the rows since,
how many maxima it has, its lowest row, and the place of its first maximum there.
"""

from feature_platform.features.calculators.kernel import IntArray

LAST, GAP, LENGTH, ROW, PLACE = range(5)
FIELDS = 5

WIDEST_GAP = 1
"""A line ends with more rows in a row than this without a maximum near it."""


def extend_lines(lines: IntArray, count: int, maxima: IntArray, row: int, nearest: IntArray) -> int:
    """Carry `count` lines on through a row's maxima, which begin lines where none is near; how many there are then.

    `maxima` holds places after their number; `nearest` is work space for a number per place.
    """
    for i in range(nearest.shape[0]):
        nearest[i] = -1
    # From the last line to the first: of several at one place, the first is found.
    for k in range(count - 1, -1, -1):
        lines[FIELDS * k + GAP] += 1
        nearest[lines[FIELDS * k + LAST]] = k
    reach = (row + 1) // 4
    for i in range(maxima[0]):
        place = maxima[1 + i]
        line = line_near(nearest, place, reach)
        if line < 0:
            line = count
            count += 1
            lines[FIELDS * line + LENGTH] = 0
            lines[FIELDS * line + ROW] = row + 1
        if lines[FIELDS * line + ROW] != row:
            lines[FIELDS * line + ROW] = row
            lines[FIELDS * line + PLACE] = place
        lines[FIELDS * line + LAST] = place
        lines[FIELDS * line + GAP] = 0
        lines[FIELDS * line + LENGTH] += 1
    return count


def line_near(nearest: IntArray, place: int, reach: int) -> int:
    """The line nearest to a place, the first of two as near; -1 if there is none within reach."""
    for distance in range(reach + 1):
        left = nearest[place - distance] if place >= distance else -1
        right = nearest[place + distance] if place + distance < nearest.shape[0] else -1
        if left >= 0 and right >= 0:
            return min(left, right)
        if left >= 0 or right >= 0:
            return max(left, right)
    return -1


def copy_line(lines: IntArray, source: int, target: int) -> None:
    """Move a line up in the list."""
    for field in range(FIELDS):
        lines[FIELDS * target + field] = lines[FIELDS * source + field]
