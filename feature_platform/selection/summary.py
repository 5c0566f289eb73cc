"""How many columns of each sensor and of each calculator were kept: a list of thousands of names says little."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from feature_platform.features.columns import SEPARATOR

SENSOR, CALCULATOR = 0, 1
"""Which part of a column's name."""


def kept_by(part: int, kept: Sequence[str], every: Sequence[str]) -> pl.DataFrame:
    """`name: str, kept: i64, of: i64`, in the order in which the names come among all columns."""
    total, chosen = (Counter(_part(column, part) for column in columns) for columns in (every, kept))
    return pl.DataFrame(
        [(name, chosen[name], count) for name, count in total.items()],
        schema={"name": pl.String(), "kept": pl.Int64(), "of": pl.Int64()},
        orient="row",
    )


def _part(column: str, part: int) -> str:
    parts = column.split(SEPARATOR)
    # A name without a calculator stands for itself.
    return parts[min(part, len(parts) - 1)]
