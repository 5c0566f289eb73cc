"""The table of docs/parity.md: where tsfresh's own value is noise."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from feature_platform.features.calculators.kernel import FloatArray
from feature_platform_tests.parity.comparison import Difference
from feature_platform_tests.parity.stability import unstable_columns

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
GENERATED = "generated"
"""In the table: series of no kind of their own, each of which must show by itself that tsfresh is noise there."""


def exceptions() -> set[tuple[str, str]]:
    """Pairs of calculator and kind of series."""
    table = PAGE.read_text(encoding="utf-8").partition("## Exceptions")[2]
    rows = re.findall(r"^\| `(\w+)` \| ([\w`, ]+) \| .+ \|$", table, flags=re.MULTILINE)
    return {(calculator, kind) for calculator, kinds in rows for kind in re.findall(r"\w+", kinds)}


def unexcused(found: Iterable[Difference], series: Sequence[tuple[str, FloatArray]]) -> list[Difference]:
    """The differences that the table does not excuse, of the series that were compared."""
    excused = exceptions()
    left: list[Difference] = []
    generated: dict[str, list[Difference]] = defaultdict(list)
    for difference in found:
        if (difference.calculator, difference.series) not in excused:
            left.append(difference)
        elif difference.series == GENERATED:
            generated[difference.calculator].append(difference)
    for calculator, own in generated.items():
        positions = sorted({difference.position for difference in own})
        noise = dict(zip(positions, unstable_columns([series[at][1] for at in positions], calculator), strict=True))
        left += [difference for difference in own if difference.column not in noise[difference.position]]
    return left
