"""Whether a feature table keeps its promises: no invented value, none forgotten, nulls for what is undefined."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from feature_platform.features.columns import COVERAGE_SUFFIX, SEPARATOR, WINDOW_START

SHOWN = 3

Found = dict[str, None]
"""Names in the order in which they were met."""


@dataclass
class _Kind:
    """What was found of one column's features."""

    bad_coverage: bool = False
    empty: bool = False
    unmarked: Found = field(default_factory=dict)
    invented: int = 0
    first_invented: datetime | None = None
    guilty: Found = field(default_factory=dict)
    forgotten: int = 0
    first_forgotten: datetime | None = None


@dataclass
class FeatureAudit:
    """Looks at a feature table some windows at a time; see `problems`."""

    names: Sequence[str]
    null_values: int = 0
    values: int = 0
    _absent: Found = field(default_factory=dict)
    _orphans: Found = field(default_factory=dict)
    _strange: Found = field(default_factory=dict)
    _kinds: dict[str, _Kind] = field(default_factory=lambda: defaultdict(_Kind))

    def add(self, table: pl.DataFrame) -> None:
        """Look at some windows, which come in order."""
        known = set(table.columns)
        self._absent |= dict.fromkeys(name for name in self.names if name not in known)
        by_kind: dict[str, list[str]] = {
            name.removesuffix(COVERAGE_SUFFIX): [] for name in table.columns if name.endswith(COVERAGE_SUFFIX)
        }
        for name in self.names:
            if name not in known:
                continue
            kind = name.partition(SEPARATOR)[0]
            if kind in by_kind:
                by_kind[kind].append(name)
            else:
                self._orphans[name] = None
        for kind, own in by_kind.items():
            self._add_kind(table, kind, own)

    def problems(self) -> list[str]:
        """What is wrong, each in words; empty where nothing is.

        A window with gaps (coverage below 1) must have no value in any feature of that column, a complete one at least
        one; an undefined feature must be null, not NaN; every feature must belong to a column with a coverage in
        [0, 1].
        """
        problems = [f"{_listed(self._absent)}: named as features, not in the table"] * bool(self._absent)
        problems += [f"{_listed(sorted(self._orphans))}: features without a coverage column"] * bool(self._orphans)
        for kind, found in self._kinds.items():
            problems += [f"{kind}: {problem}" for problem in _kind_problems(found)]
        return problems

    def strange_types(self) -> list[str]:
        """Features that are no 64-bit floats."""
        return list(self._strange)

    def _add_kind(self, table: pl.DataFrame, kind: str, own: list[str]) -> None:
        found = self._kinds[kind]
        share = table[f"{kind}{COVERAGE_SUFFIX}"]
        if share.null_count() or not share.is_between(0, 1).all():
            found.bad_coverage = True
        if not own:
            found.empty = True
            return
        columns = [table[name] for name in own]
        self._strange |= dict.fromkeys(column.name for column in columns if column.dtype != pl.Float64)
        nulls = [column.null_count() for column in columns]
        known = ~np.isnan(np.column_stack([column.to_numpy() for column in columns]))
        self.values += known.size
        self.null_values += sum(nulls)
        blanks = (~known).sum(axis=0).tolist()
        found.unmarked |= dict.fromkeys(
            name for name, null, blank in zip(own, nulls, blanks, strict=True) if blank > null
        )
        complete = (share.fill_null(0) == 1).to_numpy()
        invented, forgotten = known & ~complete[:, None], complete & ~known.any(axis=1)
        if invented.any():
            found.invented += int(invented.sum())
            found.first_invented = found.first_invented or _first(table, invented.any(axis=1))
            found.guilty |= dict.fromkeys(name for name, wrong in zip(own, invented.any(axis=0), strict=True) if wrong)
        if forgotten.any():
            found.forgotten += int(forgotten.sum())
            found.first_forgotten = found.first_forgotten or _first(table, forgotten)


def _kind_problems(found: _Kind) -> list[str]:
    if found.bad_coverage:
        return ["coverage is not between 0 and 1 in every window"]
    if found.empty:
        return ["has a coverage but no features"]
    problems = [f"NaN where null says undefined: {_listed(found.unmarked)}"] * bool(found.unmarked)
    if found.invented:
        problems.append(
            f"{found.invented} values in windows with gaps, first in {found.first_invented:%Y-%m-%d %H:%M}: "
            f"{_listed(found.guilty)}"
        )
    if found.forgotten:
        problems.append(
            f"no feature at all in {found.forgotten} complete windows, first {found.first_forgotten:%Y-%m-%d %H:%M}"
        )
    return problems


def _first(table: pl.DataFrame, windows: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> datetime:
    first: datetime = table[WINDOW_START][int(windows.argmax())]
    return first


def _listed(found: Sequence[str] | Found) -> str:
    names = list(found)
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
