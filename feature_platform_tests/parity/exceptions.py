"""The table of docs/parity.md: where tsfresh's own value is noise."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


def exceptions() -> set[tuple[str, str]]:
    """Pairs of calculator and kind of series; `any` stands for every kind."""
    table = PAGE.read_text(encoding="utf-8").partition("## Exceptions")[2]
    rows = re.findall(r"^\| `(\w+)` \| ([\w`, ]+) \| .+ \|$", table, flags=re.MULTILINE)
    return {(calculator, kind) for calculator, kinds in rows for kind in re.findall(r"\w+", kinds)}
