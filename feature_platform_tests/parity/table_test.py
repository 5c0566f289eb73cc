"""The tables that `make parity` wrote in docs/parity.md are whole, of the pinned tsfresh, and excuse nothing else."""

import re
from importlib.metadata import version

import pytest

from feature_platform_tests.parity.cases import LENGTHS, Case
from feature_platform_tests.parity.comparison import Difference
from feature_platform_tests.parity.exceptions import PAGE
from feature_platform_tests.parity.series import named_series
from feature_platform_tests.parity.table import BEGIN, END, OTHERS, Outcome, outcome, write

WRITTEN = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def rows() -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in WRITTEN.splitlines() if line.startswith("|")]


def test_every_kind_and_class_of_lengths_is_there() -> None:
    assert rows()[0] == ["differ on", *LENGTHS]
    kinds = {row[0].strip("`"): row[1:] for row in rows() if row[0].startswith("`")}
    assert list(kinds) == list(named_series(2))
    assert {len(cells) for cells in kinds.values()} == {len(LENGTHS)}
    assert all(re.fullmatch(r"\d+", cell) for cells in kinds.values() for cell in cells)
    assert {row[0] for row in rows()} >= set(OTHERS)
    assert "not excused" not in WRITTEN
    assert f"tsfresh {version('tsfresh')} " in WRITTEN


def outcomes(found: list[Difference]) -> dict[str, Outcome]:
    case = Case("any", [("walk", named_series(2)["walk"])], {})
    return dict.fromkeys((*LENGTHS, *OTHERS), outcome(case, found, 788))


def test_a_difference_that_is_not_excused_is_written_as_such() -> None:
    wrong = Difference(0, "walk", 2, "mean", 1.0, 2.0)
    excused = Difference(0, "constant", 2, "cwt_coefficients__x", 1.0, 2.0)
    page = write(f"a\n{BEGIN}\nold\n{END}\nb\n", outcomes([wrong, excused]))
    assert "| `walk` | 0 and 1 not excused |" in page
    assert "| `constant` | 1 |" in page
    assert "| `noise` | 0 |" in page
    assert f"| {OTHERS[0]} | 1 | 788 | 0 and 1 not excused; in constant ones 1 |" in page
    assert page.startswith("a\n")
    assert page.endswith(f"{END}\nb\n")
    assert "old" not in page


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the lines"):
        write("a", outcomes([]))
