"""Reading the feature store: pinned columns of eras, as known now or at an earlier time."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl
from sqlalchemy import Row, text

from feature_platform.errors import SelectionError
from feature_platform.storage.selections import Pinned, Scope
from feature_platform.store.copy_text import decoded
from feature_platform.store.database import StoreDatabase, copying

VISIBLE = """
era_id = ANY(:era_ids) AND recorded_at <= coalesce(:as_of, recorded_at)
AND (replaced_at IS NULL OR replaced_at > :as_of)
"""
SCOPE = "source = :source AND level = :level AND feature_set = :feature_set"
READ_VALUES = 4_000_000
"""Values read in one COPY: what it holds in memory as text is some 80 MB."""


@dataclass(frozen=True)
class StoredSelection:
    """A pinned selection as the store knows it."""

    version: int
    columns: tuple[str, ...]
    pinned_at: datetime

    @property
    def label(self) -> str:
        """What a selected_features manifest calls it."""
        return f"v{self.version}"


class StoredFeatures:
    """Selected features of some eras in the feature store, as known at `as_of`, by default now.

    Raises
    ------
    StoreError
        If the database cannot be reached or was not installed.
    """

    cure = "run `feature-platform store sync`, after feature_selection and selected_features"

    def __init__(self, url: str, era_ids: Sequence[str], as_of: datetime | None) -> None:
        self._database = StoreDatabase(url)
        self._asked = {"era_ids": list(era_ids), "as_of": as_of}

    @property
    def place(self) -> str:
        """Where errors say that features are looked for."""
        return f"feature store {self._database}"

    @cached_property
    def feature_sets(self) -> set[str]:
        """The sets that the eras' features are of."""
        with self._database.read() as connection:
            self._database.require_schema(connection)
            found = connection.execute(
                text(
                    "SELECT DISTINCT era_history.feature_set FROM features.era_history "  # noqa: S608 - constants
                    "JOIN features.selections USING (selection_id) "
                    f"WHERE {VISIBLE} AND pinned_at <= coalesce(:as_of, pinned_at)"
                ),
                self._asked,
            )
            return set(found.scalars())

    def latest(self, scope: Scope) -> StoredSelection | None:
        """The scope's newest version of which an era is stored."""
        as_of: Any = self._asked["as_of"]
        known = [found for found in self._selections(scope) if as_of is None or found.pinned_at <= as_of]
        return known[-1] if known else None

    def version(self, scope: Scope, number: int) -> StoredSelection:
        """One version.

        Raises
        ------
        SelectionError
            If no era of it is stored.
        """
        known = {found.version: found for found in self._selections(scope)}
        if number not in known:
            there = ", ".join(f"v{version}" for version in known) or "none"
            raise SelectionError(f"selection of {scope} has no version {number} in {self.place}; there are: {there}")
        return known[number]

    def tables(self, scope: Scope, pinned: Pinned | None) -> dict[str, pl.DataFrame]:
        """By era id `window_start`, `window_end` and a selection's columns, for the eras that have them."""
        found: dict[str, pl.DataFrame] = {}
        if pinned is None:
            return found
        with self._database.read() as connection:
            eras = connection.execute(
                text(
                    "SELECT stored_id, era_id, windows, era_start, era_end FROM features.era_history "  # noqa: S608 - constants
                    f"WHERE {VISIBLE} AND {SCOPE} AND version = :version ORDER BY era_start, era_id"
                ),
                {**self._asked, **_named(scope), "version": pinned.version},
            ).all()
            with copying(connection) as cursor:
                for some in _pieces(eras, len(pinned.columns)):
                    content = io.BytesIO()
                    # COPY takes no parameters: the driver puts them in, quoted.
                    cursor.copy_expert(cursor.mogrify(COPY, _bounds(some)), content)
                    table = decoded(content.getvalue(), pinned.columns)
                    parts = table.partition_by("place", as_dict=True, include_key=False)
                    for place, era in enumerate(some, start=1):
                        found[era.era_id] = parts.get((place,), table.clear().drop("place"))
        return found

    def _selections(self, scope: Scope) -> list[StoredSelection]:
        with self._database.read() as connection:
            rows = connection.execute(
                text(f"SELECT version, names, pinned_at FROM features.selections WHERE {SCOPE} ORDER BY version"),  # noqa: S608 - constants
                _named(scope),
            )
            return [StoredSelection(row.version, tuple(row.names), row.pinned_at.astimezone(UTC)) for row in rows]


COPY = """
COPY (
    SELECT wanted.place, (extract(epoch FROM window_start) * 1000000)::bigint,
           (extract(epoch FROM window_end) * 1000000)::bigint, values
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS wanted (stored_id, place)
    JOIN features.window_history USING (stored_id)
    WHERE window_start >= %(first)s AND window_start < %(end)s
    ORDER BY wanted.place, window_start
) TO STDOUT
"""


def _named(scope: Scope) -> dict[str, str]:
    return {"source": scope.source, "level": scope.level, "feature_set": scope.feature_set}


def _pieces(eras: Sequence[Row[Any]], width: int) -> Iterator[Sequence[Row[Any]]]:
    """Runs of eras of about `READ_VALUES` values together."""
    begin, held = 0, 0
    for place, era in enumerate(eras):
        if held and held + era.windows * width > READ_VALUES:
            yield eras[begin:place]
            begin, held = place, 0
        held += era.windows * width
    if eras[begin:]:
        yield eras[begin:]


def _bounds(eras: Sequence[Row[Any]]) -> dict[str, object]:
    """The eras' windows, and the times between which they all begin: other partitions are left alone."""
    return {
        "ids": [era.stored_id for era in eras],
        "first": min(era.era_start for era in eras),
        "end": max(era.era_end for era in eras),
    }
