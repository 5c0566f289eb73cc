"""What an import could not read: counted by cause without end, listed up to a limit."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from feature_platform.storage.readings import REJECTS_SCHEMA

MAXIMUM_LISTED = 10_000
MAXIMUM_TEXT = 200

UNREADABLE_NUMBER = "unreadable_number"
UNREADABLE_TIME = "unreadable_time"
SKIPPED_LOCAL_TIME = "skipped_local_time"
NON_FINITE = "non_finite"
RAGGED_ROW = "ragged_row"
MALFORMED_QUOTES = "malformed_quotes"
WHOLE_ROWS = (UNREADABLE_TIME, SKIPPED_LOCAL_TIME, RAGGED_ROW, MALFORMED_QUOTES)


@dataclass
class Rejects:
    """The rejects of one file. A row whose time or width is unusable counts once, for it has no cell to keep."""

    unit: str
    counts: Counter[str] = field(default_factory=Counter)
    _tables: list[pl.DataFrame] = field(default_factory=list)
    _listed: int = 0

    @property
    def total(self) -> int:
        """How many there are, listed or not."""
        return self.counts.total()

    @property
    def rows(self) -> int:
        """How many of them are whole rows."""
        return sum(self.counts[cause] for cause in WHOLE_ROWS)

    @property
    def room(self) -> int:
        """How many more would be listed."""
        return MAXIMUM_LISTED - self._listed

    def add(self, cause: str, lines: pl.Series, texts: pl.Series, column: str) -> None:
        """Take rejects of one cause and column by their line numbers and texts."""
        if lines.is_empty():
            return
        self.counts[cause] += len(lines)
        taken = min(len(lines), self.room)
        if taken > 0:
            self._listed += taken
            self._tables.append(
                pl.DataFrame(
                    {
                        "file": [self.unit] * taken,
                        "line": lines.head(taken).cast(pl.Int64),
                        "column": [column] * taken,
                        "text": texts.head(taken).cast(pl.String).str.slice(0, MAXIMUM_TEXT),
                        "cause": [cause] * taken,
                    },
                    schema=REJECTS_SCHEMA,
                )
            )

    def table(self) -> pl.DataFrame:
        """The list, by line, as `REJECTS_SCHEMA`."""
        return pl.concat([REJECTS_SCHEMA.to_frame(), *self._tables]).sort("line", maintain_order=True)

    def details(self) -> dict[str, int | bool]:
        """How much of the rejects the list shows."""
        return {"rejects_listed": self._listed, "rejects_list_is_complete": self._listed == self.total}
