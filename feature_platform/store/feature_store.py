"""Writing the feature store: an era's values flip in one transaction, and carry the hash of their manifest."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import polars as pl
from sqlalchemy import Connection, text

from feature_platform.errors import StorageError, StoreError
from feature_platform.storage.selections import PinnedSelection
from feature_platform.store.copy_text import encoded
from feature_platform.store.database import StoreDatabase, copying
from feature_platform.store.era_values import EraValues
from feature_platform.store.held_eras import HeldEra, held_eras

Outcome = Literal["written", "unchanged", "overtaken"]

COPY = "COPY features.window_values (stored_id, era_id, window_start, window_end, values) FROM STDIN"
INSERT = """
INSERT INTO features.era_versions (
    era_id, selection_id, manifest_version, features_version, data_version, data_revision, era_start, era_end, windows,
    recorded_at)
VALUES (
    :era_id, :selection_id, :manifest_version, :features_version, :data_version, :data_revision, :era_start, :era_end,
    :windows, :recorded_at)
RETURNING stored_id
"""
COUNT = """
SELECT (SELECT count(*) FROM features.era_history WHERE source = :source)
     + (SELECT count(*) FROM features.selections WHERE source = :source)
"""
DELETED_AT_ONCE = 500


class FeatureStore:
    """The feature store as a worker writes it.

    Raises
    ------
    StoreError
        From every method, if the database cannot be reached, was not installed, or refuses.
    """

    def __init__(self, url: str) -> None:
        self._database = StoreDatabase(url)
        self._partitioned: set[int] = set()

    def __str__(self) -> str:
        return str(self._database)

    def put(self, wanted: EraValues, table: pl.DataFrame, *, still_wanted: Callable[[], bool]) -> Outcome:
        """Make a table the era's current values, all at once; versions of other features are replaced by it.

        `still_wanted` is asked while no other writer can touch the era: where a newer manifest was committed since,
        nothing is written, and its own writer's values stand.
        """
        era_id = wanted.era.era_id
        _check(wanted, table)
        self._ensure_partitions(wanted.era.start, wanted.era.end - timedelta.resolution)
        with self._database.write() as connection:
            self._database.require_schema(connection)
            _lock(connection, era_id)
            if not still_wanted():
                return "overtaken"
            held = held_eras(connection, [era_id])
            stays = any(version.is_of(wanted) for version in held)
            outdated = [version for version in held if version.gives_way_to(wanted)]
            since = _since(wanted, outdated)
            _replace(connection, outdated, since)
            if not stays:
                _insert(connection, wanted, since, table)
        return "unchanged" if stays and not outdated else "written"

    def held(self, source: str | None = None) -> list[HeldEra]:
        """All versions that are current, of one source or all."""
        with self._database.read() as connection:
            self._database.require_schema(connection)
            return held_eras(connection, source=source)

    def withdraw(self, era_ids: Iterable[str], moment: datetime) -> None:
        """Make eras hold nothing from a moment on; what was before stays for `as_of`."""
        for era_id in era_ids:
            with self._database.write() as connection:
                _lock(connection, era_id)
                _replace(connection, held_eras(connection, [era_id]), moment)

    def mark_superseded(self, moments: Mapping[str, datetime | None]) -> None:
        """Tell the views which eras a later cut replaced, and when; None for those that are current."""
        with self._database.write() as connection:
            connection.execute(
                text(
                    "UPDATE features.era_versions AS held SET superseded_at = told.moment "
                    "FROM unnest(CAST(:ids AS text[]), CAST(:moments AS timestamptz[])) AS told (era_id, moment) "
                    "WHERE held.era_id = told.era_id AND held.superseded_at IS DISTINCT FROM told.moment"
                ),
                {"ids": list(moments), "moments": list(moments.values())},
            )

    def prune(self, before: datetime) -> int:
        """Delete what was replaced before a moment, which only the owner may; returns how many versions of eras."""
        return self._delete("replaced_at < :bound", before)

    def count(self, source: str) -> int:
        """Versions of a source's eras, replaced ones too, and of its selections."""
        with self._database.read() as connection:
            self._database.require_schema(connection)
            found: int = connection.execute(text(COUNT), {"source": source}).scalar_one()
        return found

    def remove(self, source: str) -> None:
        """Delete all that is held of a source, which only the owner may; whoever is interrupted removes it again."""
        self._delete(
            "selection_id IN (SELECT selection_id FROM features.selection_lists WHERE source = :bound)", source
        )
        with self._database.write() as connection:
            connection.execute(text("DELETE FROM features.selection_lists WHERE source = :source"), {"source": source})

    def _delete(self, condition: str, bound: object) -> int:
        """Delete the versions of eras that a condition holds for, some per transaction; returns how many."""
        deleted = 0
        while True:
            with self._database.write() as connection:
                self._database.require_schema(connection)
                ids = list(
                    connection.execute(
                        text(
                            "DELETE FROM features.era_versions WHERE stored_id IN (SELECT stored_id "  # noqa: S608 - constants
                            f"FROM features.era_versions WHERE {condition} LIMIT :most) RETURNING stored_id"
                        ),
                        {"bound": bound, "most": DELETED_AT_ONCE},
                    ).scalars()
                )
                connection.execute(text("DELETE FROM features.window_values WHERE stored_id = ANY(:ids)"), {"ids": ids})
            deleted += len(ids)
            if len(ids) < DELETED_AT_ONCE:
                return deleted

    def _ensure_partitions(self, first: datetime, last: datetime) -> None:
        years = set(range(first.year, last.year + 1))
        if years <= self._partitioned:
            return
        # In a transaction of its own: writers that hold an era must not wait for each other to make a partition.
        with self._database.write() as connection:
            self._database.require_schema(connection)
            connection.execute(text("SELECT features.ensure_partitions(:first, :last)"), {"first": first, "last": last})
        self._partitioned |= years


def _check(wanted: EraValues, table: pl.DataFrame) -> None:
    absent = [name for name in wanted.selection.columns if name not in table.columns]
    if absent:
        raise StorageError(
            f"era {wanted.era.era_id}: its selected features lack {absent[0]!r} of selection {wanted.selection.label}; "
            "materialize selected_features of that era again"
        )


def _since(wanted: EraValues, outdated: Sequence[HeldEra]) -> datetime:
    """Features are known before they are projected; a projection made anew is known from when it was made."""
    anew = any(
        version.features_version == wanted.manifest.input_version
        and version.manifest_version != wanted.manifest.version
        for version in outdated
    )
    return wanted.manifest.recorded_at if anew else wanted.since


def _lock(connection: Connection, era_id: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"features {era_id}"})


def _replace(connection: Connection, versions: Sequence[HeldEra], moment: datetime) -> None:
    connection.execute(
        text(
            "UPDATE features.era_versions SET replaced_at = greatest(recorded_at, :moment) WHERE stored_id = ANY(:ids)"
        ),
        {"moment": moment, "ids": [version.stored_id for version in versions]},
    )


def _insert(connection: Connection, wanted: EraValues, since: datetime, table: pl.DataFrame) -> None:
    era, manifest, names = wanted.era, wanted.manifest, wanted.selection.columns
    stored_id = connection.execute(
        text(INSERT),
        {
            "era_id": era.era_id,
            "selection_id": _selection_id(connection, wanted.selection),
            "manifest_version": manifest.version,
            "features_version": manifest.input_version,
            "data_version": manifest.data_version,
            "data_revision": manifest.data_revision,
            "era_start": era.start,
            "era_end": era.end,
            "windows": table.height,
            "recorded_at": since,
        },
    ).scalar_one()
    with copying(connection) as cursor:
        for piece in encoded(table, names, stored_id, era.era_id):
            cursor.copy_expert(COPY, io.BytesIO(piece))


def _selection_id(connection: Connection, selection: PinnedSelection) -> int:
    scope = {"source": selection.scope.source, "level": selection.scope.level, "set": selection.scope.feature_set}
    connection.execute(
        text(
            "INSERT INTO features.selection_lists (source, level, feature_set, version, names, pinned_at) "
            "VALUES (:source, :level, :set, :version, :names, :pinned_at) ON CONFLICT DO NOTHING"
        ),
        {
            **scope,
            "version": selection.version,
            "names": list(selection.columns),
            "pinned_at": selection.pinned_at,
        },
    )
    found = connection.execute(
        text(
            "SELECT selection_id, names FROM features.selection_lists WHERE source = :source AND level = :level "
            "AND feature_set = :set AND version = :version"
        ),
        {**scope, "version": selection.version},
    ).one()
    if tuple(found.names) != selection.columns:
        raise StoreError(
            f"selection {selection.label} of {selection.scope} is in the feature store with other columns: another "
            "deployment writes there; give each a database of its own"
        )
    selection_id: int = found.selection_id
    return selection_id
